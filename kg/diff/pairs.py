"""Which new value stands for which old one, and which new part for which old part.

A node of a list has its content in its name, so that any change to it looks as if one node had gone
and another had come.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from typing import Final, NamedTuple

from pyoxigraph import Literal, NamedNode

from kg import terms
from kg.diff.changes import Change, Term

# Comparing every old node of a list with every new one; more than this many would take long.
_COMPARISONS: Final = 250_000


class Row(NamedTuple):
    """A value, the properties that lead to it, the node that has it, and the part that is in.

    The part is the node nested directly in the thing, or the thing itself.
    """

    path: tuple[str, ...]
    part: NamedNode
    node: NamedNode
    value: Term


_Facts = dict[tuple[str, NamedNode], set[tuple[tuple[str, ...], Term]]]
"""By property and part: what the part says, as paths and values."""


def pair_parts(before: list[Row], after: list[Row]) -> list[Row]:
    """The old rows, each under the part that stands now where its own stood.

    Of the parts that went and came under one property, those that share most are taken to be one.
    """
    kept = {row.part for row in before} & {row.part for row in after}
    old, new = _facts(before, kept), _facts(after, kept)
    scores: list[tuple[int, str, str]] = []
    for property_ in sorted({where for where, _ in old} & {where for where, _ in new}):
        left = [part for where, part in old if where == property_]
        right = [part for where, part in new if where == property_]
        only = len(left) == len(right) == 1
        if len(left) * len(right) > _COMPARISONS:
            continue
        for one in left:
            for other in right:
                shared = old[property_, one] & new[property_, other]
                telling = sum(path[-1] != terms.TYPE.value for path, _ in shared)
                if telling or only:
                    scores.append((-telling, one.value, other.value))
    names: dict[str, str] = {}
    taken: set[str] = set()
    for _, one_iri, other_iri in sorted(scores):
        if one_iri not in names and other_iri not in taken:
            names[one_iri] = other_iri
            taken.add(other_iri)
    return [
        row._replace(part=NamedNode(names.get(row.part.value, row.part.value))) for row in before
    ]


def _facts(rows: Iterable[Row], kept: set[NamedNode]) -> _Facts:
    """What each part says, by the property it stands under; of the parts that are not `kept`."""
    found: _Facts = defaultdict(set)
    for row in rows:
        if len(row.path) > 1 and row.part not in kept:
            found[row.path[0], row.part].add((row.path, row.value))
    return found


def pair_values(before: Iterable[Row], after: Iterable[Row]) -> Iterator[Change]:
    """Old and new values of one property of one part, as changes; what is in both is none."""
    places: defaultdict[tuple[tuple[str, ...], NamedNode], tuple[dict[Term, str], dict[Term, str]]]
    places = defaultdict(lambda: ({}, {}))
    for rows, side in ((before, 0), (after, 1)):
        for row in rows:
            places[row.path, row.part][side][row.value] = row.node.value
    for (path, part), (old, new) in places.items():
        left, right = old.keys() - new.keys(), new.keys() - old.keys()
        for one, other in _pairs(left, right):
            node = new[other] if other is not None else old[one]  # type: ignore[index]
            yield Change(path, part.value, node, one, other)


def _pairs(left: set[Term], right: set[Term]) -> Iterator[tuple[Term | None, Term | None]]:
    """One old and one new value are a pair, of a language or at all; others stay single."""
    if not (len(left) == len(right) == 1):
        by_language: defaultdict[str, tuple[set[Term], set[Term]]]
        by_language = defaultdict(lambda: (set(), set()))
        for terms_, side in ((left, 0), (right, 1)):
            for term in terms_:
                language = term.language if isinstance(term, Literal) else None
                by_language[language or ""][side].add(term)
        groups = list(by_language.values())
    else:
        groups = [(left, right)]
    for olds, news in groups:
        if len(olds) == len(news) == 1:
            yield next(iter(olds)), next(iter(news))
        else:
            yield from ((term, None) for term in olds)
            yield from ((None, term) for term in news)
