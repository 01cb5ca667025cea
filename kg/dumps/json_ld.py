"""JSON-LD, compacted with the project's context: one object for each node, nothing to fetch."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any

from pyld import jsonld
from pyoxigraph import Literal, NamedNode, Triple

from kg import terms
from kg.context import Context
from kg.dumps.layout import Description, Layout, Object
from kg.errors import KgError


class _Processor(jsonld.JsonLdProcessor):  # type: ignore[misc]
    """The library's algorithm, which looks through the whole context for every identifier.

    The same ones come again and again; what was found for one is remembered.
    """

    def __init__(self) -> None:
        super().__init__()
        self._known: dict[tuple[object, ...], Any] = {}
        self._contexts: dict[int, Any] = {}

    def _compact_iri(self, active_ctx: Any, iri: Any, *args: Any, **options: Any) -> Any:
        if args or options.get("value") is not None:
            return super()._compact_iri(active_ctx, iri, *args, **options)
        # Kept, so that no other context gets the same number.
        self._contexts[id(active_ctx)] = active_ctx
        key = (id(active_ctx), iri, *sorted(options.items()))
        if key not in self._known:
            self._known[key] = super()._compact_iri(active_ctx, iri, **options)
        return self._known[key]


def write_json_ld(triples: Iterable[Triple], layout: Layout, context: Context) -> str:
    """The triples as a JSON-LD document that carries the context.

    Identifiers are whole IRIs: not every reader resolves against a base that a document only
    states. Numbers are text that the context types, so that they stay what they are. Raises
    `KgError` for a triple about a triple, which JSON-LD 1.1 has no form for.
    """
    expanded = [_expanded(description) for description in layout.describe(triples)]
    options = {"graph": True, "skipExpansion": True}
    try:
        source = {"@context": _with_base(context, None)}
        compacted = _Processor().compact(expanded, source, options)
    except jsonld.JsonLdError as error:
        raise KgError(f"JSON-LD cannot hold this: {error}; choose another format") from error
    nodes = [_ordered(node, layout, context) for node in compacted.get("@graph", [])]
    source = _with_base(context, context.base)
    head = _lines(source, "  ") if isinstance(source, dict) else json.dumps(source, indent=2)
    body = ",\n".join("    " + _indented(node) for node in nodes)
    graph = f"[\n{body}\n  ]" if nodes else "[]"
    return f'{{\n  "@context": {head},\n  "@graph": {graph}\n}}\n'


def _with_base(context: Context, base: str | None) -> Any:
    """The context's own text with an absolute base, as its own may be relative to the project's."""
    if not isinstance(context.source, dict):
        return [*context.source, {"@base": base}]
    version = {key: value for key, value in context.source.items() if key == "@version"}
    return version | {"@base": base} | context.source | {"@base": base}


def _expanded(description: Description) -> dict[str, Any]:
    """A node in expanded form (JSON-LD 1.1, section 4.5); lists stay as data has them."""
    subject, properties = description
    node: dict[str, Any] = {"@id": _id(subject)}
    for predicate, objects in properties:
        if predicate == terms.TYPE:
            classes = [_id(o) for o in objects if not isinstance(o, Literal)]
            node |= {"@type": classes} if classes else {}
            objects = [o for o in objects if isinstance(o, Literal)]
        if objects:
            node[predicate.value] = [_value(o) for o in objects]
    return node


def _value(term: Object) -> dict[str, str]:
    if not isinstance(term, Literal):
        return {"@id": _id(term)}
    if term.language:
        return {"@value": term.value, "@language": term.language}
    if term.datatype.value == terms.XSD + "string":
        return {"@value": term.value}
    return {"@value": term.value, "@type": term.datatype.value}


def _id(term: Object) -> str:
    if isinstance(term, Triple):
        raise KgError(f"JSON-LD cannot hold a triple about the triple `{term}`")
    return term.value if isinstance(term, NamedNode) else str(term)


def _ordered(node: dict[str, Any], layout: Layout, context: Context) -> dict[str, Any]:
    """The node with its keys in the layout's order, the identifier before all."""

    def order(key: str) -> tuple[int, str]:
        keyword = context.alias(key)
        if keyword.startswith("@"):
            return -1, keyword
        term = context.term(key)
        return layout.property_order(term.iri if term else key)

    return {key: node[key] for key in sorted(node, key=order)}


def _lines(mapping: dict[str, Any], indent: str) -> str:
    """A JSON object with one key a line."""
    lines = [f"{indent}  {_plain(key)}: {_plain(value)}" for key, value in mapping.items()]
    return "{\n" + ",\n".join(lines) + f"\n{indent}}}"


def _indented(node: dict[str, Any]) -> str:
    return json.dumps(node, indent=2, ensure_ascii=False).replace("\n", "\n    ")


def _plain(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False)
