"""A hypothesis: what speaks for it, what against it, what found nothing, what leaves it open, why.

Each statement is taken as it is said. A statement that disputes a hypothesis because a study looked
and found no difference stands apart from one that found the opposite.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from pyoxigraph import NamedNode

from kg import terms
from kg.site.evidence.findings import FindingRow, finding_rows
from kg.site.evidence.reading import Facts, le, node_of
from kg.site.evidence.studies import Twin, twins_of
from kg.view import Value

NOT_TOLD: Final = "not told"
_NO_DIFFERENCE: Final = le("direction-no-difference")


@dataclass(frozen=True, slots=True)
class Bearing:
    """The statements that bear on a hypothesis in one way.

    `key` names the way in code, `title` to people; `sense` says what it means. `total` is how many
    there are, `rows` are as many of them as a page can show.
    """

    key: str
    title: str
    sense: str
    total: int
    rows: tuple[FindingRow, ...]


@dataclass(frozen=True, slots=True)
class Dimension:
    """One respect in which statements may differ: what those of each bearing have in it."""

    name: str
    values: tuple[tuple[str, ...], ...]

    @property
    def differs(self) -> bool:
        """Whether more than one value occurs."""
        return len({value for values in self.values for value in values}) > 1


@dataclass(frozen=True, slots=True)
class Clash:
    """A disagreement among the statements shown."""

    disagreement: Value
    dimensions: tuple[Value, ...]
    reason: str


@dataclass(frozen=True, slots=True)
class HypothesisPage:
    """A hypothesis. `bearings` are always all four; `dimensions` those that anything is told of.

    `twice` are two of the studies shown that are probably one: what both found counts double.
    """

    exposure: tuple[Value, ...]
    outcome: tuple[Value, ...]
    population: tuple[Value, ...]
    certainty: str
    rated_by: str
    bearings: tuple[Bearing, ...]
    dimensions: tuple[Dimension, ...]
    clashes: tuple[Clash, ...]
    twice: tuple[tuple[Value, Twin], ...]

    @property
    def shown(self) -> tuple[Bearing, ...]:
        """The bearings that something has."""
        return tuple(bearing for bearing in self.bearings if bearing.rows)


def hypothesis_page(facts: Facts, node: NamedNode) -> HypothesisPage:
    """All statements that bear on a hypothesis."""
    against = facts.subjects(le("disputes"), node)
    null = [one for one in against if _found_nothing(facts, one)]
    sides = {
        "for": facts.subjects(le("supports"), node),
        "against": [one for one in against if one not in null],
        "null": null,
        "open": facts.subjects(le("leavesOpen"), node),
    }
    bearings = tuple(
        Bearing(key, title, sense, len(sides[key]), finding_rows(facts, sides[key]))
        for key, title, sense in _SIDES
    )
    return HypothesisPage(
        exposure=facts.values(node, le("exposure")),
        outcome=facts.values(node, le("outcome")),
        population=facts.values(node, le("population")),
        certainty=facts.text(node, terms.CERTAINTY),
        rated_by=facts.text(node, le("ratedBy")),
        bearings=bearings,
        dimensions=_dimensions([bearing.rows for bearing in bearings if bearing.rows]),
        clashes=_clashes(facts, [one for side in sides.values() for one in side]),
        twice=_twice(facts, [row for bearing in bearings for row in bearing.rows]),
    )


_SIDES: Final = (
    ("for", "For", "Said to support it."),
    ("against", "Against", "Said to dispute it."),
    ("null", "No difference found",
     "Said to dispute it, as a difference was looked for and none was found."),
    ("open", "Left open", "Bears on it, and speaks neither for nor against it."),
)  # fmt: skip


def _found_nothing(facts: Facts, node: NamedNode) -> bool:
    """Whether a statement says that there is no difference, whatever that absence means."""
    directions = facts.nodes(node, le("direction"))
    return _NO_DIFFERENCE in directions or bool(facts.nodes(node, le("nullKind")))


def _dimensions(sides: Sequence[Sequence[FindingRow]]) -> tuple[Dimension, ...]:
    """In what statements may differ, with the values of each side; what nobody tells is out."""
    found = []
    for name, read in _RESPECTS:
        told = [[read(row) or [NOT_TOLD] for row in rows] for rows in sides]
        values = tuple(tuple(dict.fromkeys(v for texts in side for v in texts)) for side in told)
        if {value for side in values for value in side} != {NOT_TOLD}:
            found.append(Dimension(name, values))
    return tuple(found)


def _texts(values: Sequence[Value]) -> list[str]:
    return [value.text for value in values]


def _one(text: str) -> list[str]:
    return [text] if text else []


# What a reader compares first when results differ.
_RESPECTS: Final = (
    ("population", lambda row: _texts([row.population]) if row.population else []),
    ("scope", lambda row: _one(row.scope)),
    ("what was given", lambda row: [t.text for g in row.exposure for t in g.substances]),
    ("dose", lambda row: [g.dose for g in row.exposure if g.dose]),
    ("duration", lambda row: [g.duration for g in row.exposure if g.duration]),
    ("compared with", lambda row: _texts([g.thing for g in row.comparator])),
    ("measure", lambda row: _texts(row.measurement)),
    ("study design", lambda row: _one(", ".join(row.design))),
    ("kind of statement", lambda row: _texts([row.kind]) if row.kind else []),
    ("hedge", lambda row: list(row.hedges)),
    ("document", lambda row: [place.document for place in row.places]),
)  # fmt: skip


def _clashes(facts: Facts, statements: Sequence[NamedNode]) -> tuple[Clash, ...]:
    """The disagreements that two of the statements, or more, are sides of."""
    sides: dict[NamedNode, int] = {}
    for one in dict.fromkeys(statements):
        for disagreement in facts.subjects(le("side"), one):
            sides[disagreement] = sides.get(disagreement, 0) + 1
    return tuple(
        Clash(
            facts.reader.value(one),
            facts.values(one, le("dimension")),
            facts.text(one, le("reason")),
        )
        for one in sorted(sides, key=lambda node: node.value)
        if sides[one] > 1
    )


def _twice(facts: Facts, rows: Sequence[FindingRow]) -> tuple[tuple[Value, Twin], ...]:
    """Each study of the rows with another of them that it is probably the same as, once."""
    studies = {row.study.iri: row.study for row in rows if row.study}
    found: dict[str, tuple[Value, Twin]] = {}
    for study in studies.values():
        node = node_of(study)
        for twin in twins_of(facts, node) if node else ():
            if twin.other.iri in studies:
                found.setdefault(twin.correspondence.iri, (study, twin))
    return tuple(found.values())
