"""Quads → the JSON-LD that a page carries in itself."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from typing import Any

from markupsafe import Markup
from pyoxigraph import BlankNode, Literal, NamedNode, Quad, Triple

from kg import terms
from kg.dumps.layout import term_order
from kg.site.render import script_data


def embedded(quads: Iterable[Quad]) -> Markup:
    """Quads in expanded form (JSON-LD 1.1, section 9): it needs no context, so it stays small.

    >>> iron = NamedNode("https://example.org/iron")
    >>> print(embedded([Quad(iron, terms.PREF_LABEL, Literal("Iron", language="en"))]))
    [{"@id":"https://example.org/iron","http://www.w3.org/2004/02/skos/core#prefLabel":[{"@value":"Iron","@language":"en"}]}]
    """
    nodes: defaultdict[str, defaultdict[str, list[Any]]] = defaultdict(lambda: defaultdict(list))
    triples = {quad.triple for quad in quads}
    for triple in sorted(triples, key=_order):
        node = nodes[_id(triple.subject)]
        if triple.predicate == terms.TYPE and isinstance(triple.object, NamedNode):
            node["@type"].append(triple.object.value)
        else:
            node[triple.predicate.value].append(_value(triple.object))
    return script_data([{"@id": id_, **node} for id_, node in nodes.items()])


def _order(triple: Triple) -> tuple[Any, ...]:
    return term_order(triple.subject), triple.predicate.value, term_order(triple.object)


def _value(term: NamedNode | BlankNode | Literal | Triple) -> dict[str, str]:
    if not isinstance(term, Literal):
        return {"@id": _id(term)}
    value = {"@value": term.value}
    if term.language:
        value["@language"] = term.language
    elif term.datatype.value != terms.XSD + "string":
        value["@type"] = term.datatype.value
    return value


def _id(term: NamedNode | BlankNode | Literal | Triple) -> str:
    return str(term) if isinstance(term, BlankNode) else terms.text_of(term)
