"""Property paths (SHACL 2.3.1) that both engines walk alike, and how far they lead.

An inverse path only of a predicate: the reference engine walks that of a sequence in the wrong
order. Neither `sh:zeroOrMorePath` nor `sh:oneOrMorePath`: over a chain of a few thousand links the
fast engine takes minutes for them.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from pyoxigraph import BlankNode, NamedNode

from kg import terms
from kg.screen.look import Look, Seen
from kg.screen.rules import FIRST, Rules, Term, UnscreenableError

_INVERSE: Final = terms.SH + "inversePath"
_ALTERNATIVE: Final = terms.SH + "alternativePath"
_OPTIONAL: Final = terms.SH + "zeroOrOnePath"
# The reference engine gives up at ten levels, and each item of a list is one.
_MOST_PARTS: Final = 8


@dataclass(frozen=True, slots=True)
class Values:
    """The value nodes of a shape, seen from its focus node.

    `steps` away at most; `whole` when none can be missing; `seen`: which of their own triples are
    shown; `look`: what finding them reads.
    """

    steps: int
    whole: bool
    seen: Seen
    look: Look


def values_of(rules: Rules, path: Term | None, seen: Seen) -> Values:
    """The value nodes at a focus node of which `seen` is shown; raises `UnscreenableError`.

    Without a path, as in a node shape, the focus node is its own value.
    """
    if path is None:
        return Values(0, True, seen, Look())
    walk = _walk(rules, path)
    if walk.parts > _MOST_PARTS:
        raise UnscreenableError("a long path")
    whole = seen is Seen.ALL or (seen is Seen.OWN and walk.longest <= 1 and not walk.backward)
    further = walk.reads if walk.longest > 1 or walk.backward else frozenset()
    look = Look(
        reach=max(walk.longest - 1, 0),
        backward=walk.backward,
        reads=walk.reads,
        beyond=further,
    )
    return Values(walk.longest, whole, seen if seen is Seen.ALL else Seen.SOME, look)


@dataclass(frozen=True, slots=True)
class _Walk:
    longest: int
    parts: int
    backward: bool
    reads: frozenset[str]


def _walk(rules: Rules, path: Term, depth: int = 0) -> _Walk:
    if isinstance(path, NamedNode):
        return _Walk(1, 1, False, frozenset({path.value}))
    said = rules.of_subject(path)
    if not isinstance(path, BlankNode) or depth > _MOST_PARTS:
        raise UnscreenableError("a path that is none")
    if FIRST in said:
        steps = _parts(rules, path, depth)
        longest = sum(step.longest for step in steps)
    elif set(said) == {_ALTERNATIVE} and len(said[_ALTERNATIVE]) == 1:
        steps = _parts(rules, said[_ALTERNATIVE][0], depth)
        longest = max(step.longest for step in steps)
    elif set(said) == {_INVERSE} and len(said[_INVERSE]) == 1:
        if not isinstance(said[_INVERSE][0], NamedNode):
            raise UnscreenableError("an inverse path of more than a predicate")
        steps = [_walk(rules, said[_INVERSE][0], depth + 1)]
        longest = 1
    elif set(said) == {_OPTIONAL} and len(said[_OPTIONAL]) == 1:
        steps = [_walk(rules, said[_OPTIONAL][0], depth + 1)]
        longest = steps[0].longest
    else:
        raise UnscreenableError("a path that repeats, or is not well formed")
    return _Walk(
        longest,
        1 + sum(step.parts for step in steps),
        _INVERSE in said or any(step.backward for step in steps),
        frozenset().union(*(step.reads for step in steps)),
    )


def _parts(rules: Rules, head: Term, depth: int) -> list[_Walk]:
    items = rules.items(head)
    if len(items) < 2:
        raise UnscreenableError("a path that is not well formed")
    return [_walk(rules, item, depth + 1) for item in items]
