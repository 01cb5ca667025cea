"""The values of a YAML or JSON sheet (JSON-LD 1.1 API, value expansion)."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from pyoxigraph import Literal, NamedNode

from kg import terms
from kg.context import Context, Term, is_iri, is_language_tag
from kg.sheets import Kind, Mapping, Mark, Node, Scalar
from kg.sheets.nodes import items

Complain = Callable[[Mark, str, str], None]
"""Takes the place, the words and the rule of a problem."""


def plain_literal(item: Scalar, term: Term) -> Literal:
    """The literal that a single value is: typed as its key says, else as its syntax says."""
    if term.coercion:
        return Literal(item.text, datatype=NamedNode(term.coercion))
    if item.kind is not Kind.TEXT:
        return Literal(item.text, datatype=NamedNode(_native_type(item)))
    return Literal(item.text, language=term.language) if term.language else Literal(item.text)


def is_value_object(node: Mapping, context: Context, term: Term) -> bool:
    """Whether a mapping is a value with its type or language, or a map from language to texts."""
    return term.by_language or any(context.alias(key.text) == "@value" for key, _ in node.entries)


def read_value_object(
    item: Mapping, context: Context, complain: Complain
) -> Iterator[tuple[Literal, Mark]]:
    """The literals of a value object, or of a map from language to texts, with their places."""
    parts = {context.alias(key.text): value for key, value in item.entries}
    if "@value" in parts:
        yield from _typed(item, parts, context, complain)
        return
    for tag, texts in item.entries:
        for text in items(texts):
            yield from _tagged(text, tag, complain)


def unwrap_set(node: Node, context: Context) -> Node:
    """The values of a `@set` object, which says nothing but that there are several."""
    if isinstance(node, Mapping) and len(node.entries) == 1:
        key, value = node.entries[0]
        if context.alias(key.text) == "@set":
            return value
    return node


def _typed(
    item: Mapping, parts: dict[str, Node], context: Context, complain: Complain
) -> Iterator[tuple[Literal, Mark]]:
    value, language, type_ = (parts.get(k) for k in ("@value", "@language", "@type"))
    odd = set(parts) - {"@value", "@language", "@type"} or (language and type_)
    if odd or len(parts) < len(item.entries) or not all(map(_is_text, parts.values())):
        message = "a value has `@value` and either `@type` or `@language`, each one text"
        complain(item.mark, message, "value-object")
    elif isinstance(language, Scalar) and value:
        yield from _tagged(value, language, complain)
    elif isinstance(value, Scalar) and isinstance(type_, Scalar):
        datatype = context.expand(type_.text, vocab=True)
        # Text with a language has its own syntax; without the language it would be no literal.
        if (
            is_iri(datatype)
            and not context.unknown_prefix(type_.text)
            and datatype != terms.RDF + "langString"
        ):
            yield Literal(value.text, datatype=NamedNode(datatype)), value.mark
        else:
            complain(type_.mark, f"`{type_.text}` is not a datatype", "value-object")
    elif isinstance(value, Scalar):
        yield plain_literal(value, Term("")), value.mark


def _is_text(node: Node) -> bool:
    return isinstance(node, Scalar) and node.kind is not Kind.NULL


def _tagged(text: Node, tag: Scalar, complain: Complain) -> Iterator[tuple[Literal, Mark]]:
    if not isinstance(text, Scalar) or text.kind is not Kind.TEXT:
        complain(text.mark, "a value with a language must be text", "language")
    elif is_language_tag(tag.text):
        yield Literal(text.text, language=tag.text), text.mark
    else:
        complain(tag.mark, f"`{tag.text}` is not a language tag (BCP 47)", "language")


def _native_type(item: Scalar) -> str:
    """The datatype JSON-LD gives a native JSON value (JSON-LD 1.1 API, section 8.2.2)."""
    if item.kind is Kind.BOOLEAN:
        return terms.XSD + "boolean"
    whole = not any(char in item.text for char in ".eE")
    return terms.XSD + ("integer" if whole else "double")
