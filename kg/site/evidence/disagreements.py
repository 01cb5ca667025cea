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
    """One side: what is said, and where. `properties` are all that it says of itself."""

    thing: Value
    kind: Value | None
    study: Value | None
    properties: tuple[Property, ...]
    hedges: tuple[str, ...]
    places: tuple[Place, ...]
    documents: tuple[Value, ...]


@dataclass(frozen=True, slots=True)
class DisagreementPage:
    """A disagreement; `compared` are the names of what at least two sides tell."""

    dimensions: tuple[Value, ...]
    reason: str
    sides: tuple[Side, ...]
    compared: tuple[str, ...]


# Where something is said has a place of its own on the page, and the rest says nothing to a reader
# who compares.
_LEFT_OUT = frozenset(
    {le(n).value for n in ("study", "evidence", "certainty", "supports", "disputes", "leavesOpen",
                           "leadsTo")}
    | {terms.DCTERMS + "identifier", terms.P_VALUE.value, terms.P_VALUE_BELOW.value}
)  # fmt: skip


def disagreement_page(facts: Facts, node: NamedNode) -> DisagreementPage:
    """A disagreement with its sides, in the order in which they are read."""
    sides = [_side(facts, side) for side in facts.nodes(node, le("side"))]
    ordered = tuple(sorted(sides, key=lambda side: reading_order(side.places)))
    names: dict[str, int] = {}
    for side in ordered:
        for name in dict.fromkeys(p.name for p in side.properties):
            names[name] = names.get(name, 0) + 1
    return DisagreementPage(
        dimensions=facts.values(node, le("dimension")),
        reason=facts.text(node, le("reason")),
        sides=ordered,
        compared=tuple(name for name, count in names.items() if count > 1),
    )


def _side(facts: Facts, node: NamedNode) -> Side:
    places = facts.reader.places(node)
    sources = dict.fromkeys(place.source for place in places if place.source)
    return Side(
        thing=facts.reader.value(node),
        kind=facts.one(node, terms.TYPE),
        study=facts.one(node, le("study")),
        properties=tuple(p for p in facts.reader.properties(node) if p.iri not in _LEFT_OUT),
        hedges=facts.hedges(places),
        places=places,
        documents=tuple(facts.reader.value(NamedNode(source)) for source in sources),
    )


def disagreement_values(content: Content, view: View) -> dict[str, object]:
    """What the page of a disagreement shows."""
    page = disagreement_page(Facts(content), NamedNode(view.iri))
    own = (le("side"), le("dimension"), le("reason"))
    return {"disagreement": page, "view": rest_of(view, own, ())}
