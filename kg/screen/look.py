"""On which side the fast engine may err when it judges by a shape, and how far the shape looks.

May the fast engine, on the part of the graph that it is shown, find more than the reference engine
finds on the whole (`Slip.ADDS`), or less (`Slip.HIDES`)? Only what hides nothing may be screened.
The answer is put together from below:

- Some constraints both engines judge alike; with others the fast one is the stricter, as it checks
  how a value is written.
- Where not all triples of a node are shown, values of a path may be missing. That adds results of
  `sh:minCount` and `sh:hasValue`, and hides those of whatever is said of each value, or of too
  many. Types that are not shown add results of `sh:class`.
- `sh:and`, `sh:or`, `sh:node`, `sh:property` and `sh:qualifiedMinCount` pass on what the shape in
  them adds or hides; `sh:not` and `sh:qualifiedMaxCount` turn it round: what is added inside, they
  hide. `sh:xone` does both, so that the shapes in it must neither add nor hide.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from enum import Enum, IntFlag


class Slip(IntFlag):
    """The sides on which a verdict may err."""

    NONE = 0
    ADDS = 1
    HIDES = 2
    BOTH = 3

    @property
    def turned(self) -> Slip:
        """What becomes of it under a negation.

        >>> Slip.ADDS.turned.name
        'HIDES'
        """
        return Slip((self & Slip.ADDS) << 1 | (self & Slip.HIDES) >> 1)


class Seen(Enum):
    """Which triples of a node the fast engine is shown."""

    ALL = "all of the graph"
    OWN = "all of which the node is the subject"
    SOME = "some or none"


@dataclass(frozen=True, slots=True)
class Look:
    """How a shape, a constraint or a path looks at the graph.

    `reach`: how many steps the nodes of which it reads triples are away from the focus node, at
    most; 0 is the focus node itself. `backward`: it reads triples against their direction.
    `reads`: the predicates of the triples it reads; None for all. `beyond`: those of the triples
    that it reads of other nodes than the focus node.
    """

    slip: Slip = Slip.NONE
    reach: int = 0
    backward: bool = False
    reads: frozenset[str] | None = frozenset()
    beyond: frozenset[str] | None = frozenset()

    def __or__(self, other: Look) -> Look:
        """Both together.

        >>> (Look(Slip.ADDS) | Look(reach=2)).reach
        2
        """
        return Look(
            self.slip | other.slip,
            max(self.reach, other.reach),
            self.backward or other.backward,
            _both(self.reads, other.reads),
            _both(self.beyond, other.beyond),
        )

    def but(self, slip: Slip) -> Look:
        """The same with another slip."""
        return replace(self, slip=slip)

    def after(self, steps: int) -> Look:
        """The same from a node so many steps further on.

        >>> Look(reads=frozenset({"urn:p"})).after(1).beyond
        frozenset({'urn:p'})
        """
        beyond = _both(self.beyond, self.reads) if steps else self.beyond
        return replace(self, reach=self.reach + steps, beyond=beyond)


def _both(one: frozenset[str] | None, other: frozenset[str] | None) -> frozenset[str] | None:
    return None if one is None or other is None else one | other


def together(looks: Iterable[Look]) -> Look:
    """All of them together."""
    found = Look()
    for look in looks:
        found |= look
    return found
