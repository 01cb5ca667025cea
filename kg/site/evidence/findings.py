"""Findings as a clinician reads them: who was studied, what was compared, and what came out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from pyoxigraph import NamedNode

from kg import terms
from kg.site.evidence.reading import Facts, le, node_of
from kg.site.render import duration
from kg.view import Place, Value

# More than a page can show; the data have them all.
MOST_ROWS: Final = 500
_TRENDS: Final = {
    le("direction-higher"): "up",
    le("direction-lower"): "down",
    le("direction-no-difference"): "level",
    le("direction-mixed"): "mixed",
}
_SENSES: Final = {le("valence-better"): "better", le("valence-worse"): "worse"}
_FILLINGS: Final = {
    le("significance-significant"): "full",
    le("significance-not-significant"): "empty",
}


@dataclass(frozen=True, slots=True)
class Given:
    """What people took or were compared by: the thing itself, how much of it, and for how long."""

    thing: Value
    substances: tuple[Value, ...] = ()
    dose: str = ""
    duration: str = ""
    route: str = ""

    @property
    def amount(self) -> str:
        """How much for how long, and by which route; '' when no amount is told."""
        told = [part for part in (self.dose, self.duration) if part]
        return ", ".join([*told, self.route] if told and self.route else told)


@dataclass(frozen=True, slots=True)
class FindingRow:
    """One finding. `sample` is how many people it is about, as far as told.

    `relation` tells an effect from a difference between groups and from what merely goes together.
    `subgroup_of` is the population that its own was picked from; `null` what an absent difference
    means; `statistic` what was printed. Of direction, valence and significance there are the words
    and, for a mark, what they come to: `trend` is up, down, level, mixed or none; `sense` better,
    worse or empty; `filling` full, empty or open (not told).
    """

    finding: Value
    kind: Value | None
    study: Value | None
    design: tuple[str, ...]
    sample: str
    population: Value | None
    subgroup_of: Value | None
    scope: str
    exposure: tuple[Given, ...]
    exposure_measurement: tuple[Value, ...]
    comparator: tuple[Given, ...]
    outcome: tuple[Value, ...]
    measurement: tuple[Value, ...]
    relation: str
    direction: str
    valence: str
    significance: str
    null: str
    statistic: str
    trend: str
    sense: str
    filling: str
    hedges: tuple[str, ...]
    places: tuple[Place, ...]

    @property
    def partial(self) -> bool:
        """Whether it is about a part of the people studied, and not to be read as about all."""
        return self.subgroup_of is not None

    @property
    def brief(self) -> tuple[str, ...]:
        """The finding in as few words as stand beside a mark.

        The exposure is among them: a higher number with one may be a lower one with another.
        """
        result = ", ".join(text for text in (self.direction, self.valence) if text)
        kind = self.kind.text if self.kind else "statement"
        given = ", ".join(thing.text for g in self.exposure for thing in g.substances or (g.thing,))
        words = (
            f"{given}: {result or kind}" if given else result or kind,
            self.relation,
            self.statistic or self.significance,
            self.scope if self.subgroup_of else "",
            ", ".join(self.hedges),
        )
        return tuple(word for word in words if word)


def finding_row(facts: Facts, node: NamedNode) -> FindingRow:
    """A statement, read as a finding; what it does not say is empty."""
    study, population = facts.one(node, le("study")), facts.one(node, le("population"))
    study_node = node_of(study) if study else None
    people = node_of(population) if population else None
    places = facts.reader.places(node)
    return FindingRow(
        finding=facts.reader.value(node),
        kind=facts.one(node, terms.TYPE),
        study=study,
        design=tuple(v.text for v in facts.values(study_node, le("design"))) if study_node else (),
        sample=_sample(facts, people, study_node),
        population=population,
        subgroup_of=facts.one(people, le("subgroupOf")) if people else None,
        scope=facts.text(node, le("scope")),
        exposure=given(facts, node, le("exposure")),
        exposure_measurement=facts.values(node, le("exposureMeasurement")),
        comparator=given(facts, node, le("comparator")),
        outcome=facts.values(node, le("outcome")),
        measurement=facts.values(node, le("measurement")),
        relation=facts.text(node, le("relationKind")),
        direction=facts.text(node, le("direction")),
        valence=facts.text(node, le("valence")),
        significance=facts.text(node, terms.SIGNIFICANCE),
        null=facts.text(node, le("nullKind")),
        statistic=_statistic(facts, node),
        trend=_known(facts, node, "direction", _TRENDS, "none"),
        sense=_known(facts, node, "valence", _SENSES, ""),
        filling=_known(facts, node, "significance", _FILLINGS, "open"),
        hedges=facts.hedges(places),
        places=places,
    )


def finding_rows(facts: Facts, nodes: Sequence[NamedNode]) -> tuple[FindingRow, ...]:
    """Findings as rows, in the order in which they are read; of very many the first by IRI."""
    rows = [finding_row(facts, node) for node in nodes[:MOST_ROWS]]
    return tuple(sorted(rows, key=lambda row: reading_order(row.places)))


def reading_order(places: tuple[Place, ...]) -> tuple[bool, str, int, int]:
    """Sort key: by document, then by where it is first said; what is nowhere comes last."""
    if not places:
        return True, "", 0, 0
    first = places[0]
    return False, first.source, _number(first.start), _number(first.end)


def given(facts: Facts, node: NamedNode, predicate: NamedNode) -> tuple[Given, ...]:
    """The exposures, comparators or arms of a node, with amounts where they are interventions."""
    found = []
    for value in facts.values(node, predicate):
        thing = node_of(value)
        if thing is None:
            found.append(Given(value))
            continue
        found.append(
            Given(
                value,
                facts.values(thing, terms.GIVEN),
                dose=", ".join(quantity(facts, dose) for dose in facts.nodes(thing, le("dose"))),
                duration=", ".join(map(duration, facts.literals(thing, le("duration")))),
                route=facts.text(thing, le("route")),
            )
        )
    return tuple(found)


def quantity(facts: Facts, node: NamedNode) -> str:
    """A quantity as it was reported, else as its number or interval with the unit."""
    reported = facts.text(node, terms.REPORTED)
    if reported:
        return reported
    unit = facts.text(node, le("unit"))
    value = facts.text(node, le("value"))
    if not value:
        low, high = facts.text(node, le("lower")), facts.text(node, le("upper"))
        over = "over " if facts.text(node, le("lowerExclusive")) == "true" else "at least "
        under = "under " if facts.text(node, le("upperExclusive")) == "true" else "at most "
        if low and high:
            value = f"{low} to {high}"
        else:
            value = f"{over}{low}" if low else f"{under}{high}" if high else ""
    return f"{value} {unit}".strip() if unit != "1" else value


def _known(
    facts: Facts, node: NamedNode, name: str, table: Mapping[NamedNode, str], otherwise: str
) -> str:
    """What the value of a property comes to, by a table."""
    found = (table.get(value) for value in facts.nodes(node, le(name)))
    return next((text for text in found if text), otherwise)


def _sample(facts: Facts, people: NamedNode | None, study: NamedNode | None) -> str:
    """How many people a finding is about: those of its population, else those of its study.

    The number of a whole study is not that of a subgroup.
    """
    size = le("sampleSize")
    own = facts.text(people, size) if people else ""
    if own or study is None or (people and facts.nodes(people, le("subgroupOf"))):
        return own
    whole = people is None or people in facts.nodes(study, le("population"))
    return facts.text(study, size) if whole else ""


def _statistic(facts: Facts, node: NamedNode) -> str:
    reported = facts.text(node, terms.REPORTED)
    if reported:
        return reported
    value, below = facts.text(node, terms.P_VALUE), facts.text(node, terms.P_VALUE_BELOW)
    return f"P = {value}" if value else f"P < {below}" if below else ""


def _number(text: str) -> int:
    return int(text[:18]) if text.isascii() and text.isdigit() else 0
