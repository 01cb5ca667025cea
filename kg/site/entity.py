"""What a page tells of any thing, put in the order in which a person asks for it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

from pyoxigraph import NamedNode

from kg import terms
from kg.iris import local_name
from kg.show import STATEMENTS
from kg.site.content import Content
from kg.site.evidence.findings import finding_rows
from kg.site.evidence.reading import Facts
from kg.things import is_data_graph
from kg.view import Group, Mention, View

_ELSEWHERE: Final = frozenset(
    (
        *(terms.SKOS + f"{kind}Match" for kind in ("exact", "close", "broad", "narrow", "related")),
        terms.OWL + "sameAs", terms.RDFS + "seeAlso",
    )
)  # fmt: skip
_MECHANISM: Final = terms.LE + "Mechanism"
_SUBJECT: Final = terms.LE + "subject"
_OBJECT: Final = terms.LE + "object"


def entity_parts(content: Content, view: View) -> dict[str, Any]:
    """What is said of a thing by kind, what it says itself, where it is used and comes from."""
    findings = [m for g in view.groups if g.iri == terms.FINDING.value for m in g.mentions]
    mechanisms = [m for g in view.groups if g.iri == _MECHANISM for m in g.mentions]
    tables = (terms.FINDING.value, _MECHANISM)
    nodes = [NamedNode(mention.subject.iri) for mention in findings]
    return {
        "elsewhere": [p for p in view.properties if p.iri in _ELSEWHERE],
        "own": [p for p in view.properties if p.iri not in _ELSEWHERE],
        "findings": finding_rows(Facts(content), nodes) if nodes else (),
        "mechanisms": _by_side(mechanisms),
        "statements": [g for g in view.groups if g.iri in STATEMENTS and g.iri not in tables],
        "uses": [g for g in view.groups if g.iri not in STATEMENTS],
        "finding_class": terms.FINDING.value,
        "mechanism_class": _MECHANISM,
        "anchor_of": anchor_of,
        "jumps": _jumps(view),
        "sheets": _sheets(content, view.iri),
    }


def _by_side(mentions: Sequence[Mention]) -> list[tuple[str, str, list[Mention]]]:
    """Mechanisms that go out from a thing, that come in, and that it has another part in."""
    found: dict[str, list[Mention]] = {"out": [], "in": [], "other": []}
    for mention in mentions:
        out, into = _SUBJECT in mention.role_iris, _OBJECT in mention.role_iris
        found["out" if out else "in" if into else "other"].append(mention)
    titles = {"out": "What it does", "in": "What acts on it", "other": "Where else it comes in"}
    return [(side, titles[side], found[side]) for side in found if found[side]]


def _jumps(view: View) -> list[tuple[str, str, str, int]]:
    """The groups on the page, with their anchors, as a reader finds them."""

    def count(group: Group) -> int:
        return len(group.mentions) + group.more

    return [(anchor_of(group), group.kind, group.iri, count(group)) for group in view.groups]


def anchor_of(group: Group) -> str:
    """The anchor of a group of mentions: the name of its kind."""
    if group.iri in (terms.FINDING.value, _MECHANISM):
        return f"kind-{local_name(group.iri).lower()}"
    return "kind-" + "".join(c if c.isalnum() else "-" for c in group.iri or group.kind)


def _sheets(content: Content, iri: str) -> list[str]:
    """The graphs, one for each sheet, that describe a thing."""
    node = NamedNode(iri)
    graphs = {q.graph_name for q in content.store.quads_for_pattern(node, None, None, None)}
    named = (graph for graph in graphs if isinstance(graph, NamedNode))
    return sorted(graph.value for graph in named if is_data_graph(graph, content.project.base))
