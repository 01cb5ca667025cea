"""What differs between two versions of the data, as plain values."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from enum import Enum

from pyoxigraph import BlankNode, Literal, NamedNode, Triple

Term = NamedNode | BlankNode | Literal | Triple


class Kind(Enum):
    """What became of a thing, in the order in which it is told."""

    ADDED = "added"
    REMOVED = "removed"
    RENAMED = "renamed"
    RETIRED = "retired"
    CHANGED = "changed"


@dataclass(frozen=True, slots=True)
class Thing:
    """A thing by its IRI, with its label ('' for none) and the IRIs and labels of its classes."""

    iri: str
    label: str
    classes: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Change:
    """A value of a property before and after; None where there is none.

    `path` holds the IRIs of the properties that lead to the value, from the thing down through what
    is nested in it. `part` is the IRI of the node nested directly in the thing, in which the value
    is, and `node` that of the node that has it; the thing's own where nothing is nested.
    """

    path: tuple[str, ...]
    part: str
    node: str
    old: Term | None
    new: Term | None


@dataclass(frozen=True, slots=True)
class Entry:
    """All that happened to one thing.

    `others` are the IRIs that stand for it now, when it was renamed or retired. `removals` and
    `additions` are the triples, of the thing and of what is nested in it.
    """

    kind: Kind
    thing: Thing
    changes: tuple[Change, ...]
    removals: tuple[Triple, ...]
    additions: tuple[Triple, ...]
    others: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Diff:
    """The differences between two versions; `old` and `new` say in words which ones.

    `labels` has a label for every IRI among the values that has one.
    """

    old: str
    new: str
    entries: tuple[Entry, ...]
    labels: dict[str, str]

    def of(self, kind: Kind) -> Iterator[Entry]:
        """The entries of one kind, in the order of their IRIs."""
        return (entry for entry in self.entries if entry.kind is kind)

    @property
    def counts(self) -> dict[str, int]:
        """How many things there are of every kind.

        >>> Diff("a", "b", (), {}).counts
        {'added': 0, 'removed': 0, 'renamed': 0, 'retired': 0, 'changed': 0}
        """
        return {kind.value: sum(1 for _ in self.of(kind)) for kind in Kind}
