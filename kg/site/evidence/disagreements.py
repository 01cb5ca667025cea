"""A disagreement: its sides next to each other, and in what respect they differ.

Nothing here says which side is right.
"""

from __future__ import annotations

from dataclasses import dataclass

from pyoxigraph import NamedNode

from kg import terms
from kg.site.content import Content
from kg.site.evidence.findings import reading_order
from kg.site.evidence.reading import Facts, le, rest_of
from kg.view import Place, Property, Value, View


@dataclass(frozen=True, slots=True)
class Side:
    """One side: what is said, and where."""

    thing: Value
    kind: Value | None
    places: tuple[Place, ...]


@dataclass(frozen=True, slots=True)
class Respect:
    """A property with what each side has for it; `differs` when not all have the same."""

    name: str
    iri: str
    values: tuple[tuple[Value, ...], ...]

    @property
    def differs(self) -> bool:
        """Whether two sides tell it, and not alike; notes are told apart by nobody."""
        told = {values for values in self.values if values}
        return len(told) > 1 and self.iri != terms.NOTE.value


@dataclass(frozen=True, slots=True)
class DisagreementPage:
    """A disagreement: its sides in the order in which they are read, and what each tells."""

    dimensions: tuple[Value, ...]
    reason: str
    sides: tuple[Side, ...]
    respects: tuple[Respect, ...]


# Where something is said has a place of its own on the page, and the rest says nothing to a reader
# who compares.
_LEFT_OUT = frozenset(
    {le(n).value for n in ("evidence", "certainty", "supports", "disputes", "leavesOpen",
                           "leadsTo")}
    | {terms.DCTERMS + "identifier", terms.P_VALUE.value, terms.P_VALUE_BELOW.value}
)  # fmt: skip


def disagreement_page(facts: Facts, node: NamedNode) -> DisagreementPage:
    """A disagreement with its sides, in the order in which they are read."""
    nodes = {side: facts.reader.places(side) for side in facts.nodes(node, le("side"))}
    ordered = sorted(nodes, key=lambda side: reading_order(nodes[side]))
    told = [_told(facts, side) for side in ordered]
    return DisagreementPage(
        dimensions=facts.values(node, le("dimension")),
        reason=facts.text(node, le("reason")),
        sides=tuple(
            Side(facts.reader.value(side), facts.one(side, terms.TYPE), nodes[side])
            for side in ordered
        ),
        respects=tuple(
            Respect(name, iri, tuple(one.get(iri, Property("", ())).values for one in told))
            for iri, name in dict.fromkeys((iri, p.name) for one in told for iri, p in one.items())
        ),
    )


def _told(facts: Facts, side: NamedNode) -> dict[str, Property]:
    """What a side says of itself, by property."""
    return {p.iri: p for p in facts.reader.properties(side) if p.iri not in _LEFT_OUT}


def disagreement_values(content: Content, view: View) -> dict[str, object]:
    """What the page of a disagreement shows."""
    page = disagreement_page(Facts(content), NamedNode(view.iri))
    own = (le("side"), le("dimension"), le("reason"))
    return {"disagreement": page, "view": rest_of(view, own, ())}
