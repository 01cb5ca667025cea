"""The nodes of a YAML or JSON sheet → quads, by JSON-LD's rules (JSON-LD 1.1 API, expansion).

What JSON-LD drops in silence (unknown keys, bad IRIs, nulls) is a problem here, with its place.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Final

from pyoxigraph import Literal, NamedNode, Quad

from kg import terms
from kg.context import Context, ContextError, Term, is_iri
from kg.errors import Problem, did_you_mean
from kg.iris import nested_iri
from kg.ontology import Ontology
from kg.sheets import Kind, Mapping, Mark, Node, Scalar, Sequence, Sheet
from kg.sheets.nodes import fingerprint, items, plain

_REFUSED: Final = {
    "@list": "a list has no place in the data: its links would be blank nodes",
    "@included": "write the nodes as a list at the top of the sheet",
    "@nest": "write the keys directly",
    "@index": "leave it out",
    "@json": "JSON values are not facts",
    "@reverse": "declare the reverse property in the context",
    "@graph": "a sheet is one graph; `@graph` is understood at the top of a sheet only",
    "@value": "a value with its type or language stands under a property",
}


@dataclass(slots=True)
class Block:
    """One description of a subject: where it is, and each property's key and values."""

    subject: str
    mark: Mark
    keys: dict[str, Mark] = field(default_factory=dict)
    values: dict[str, list[tuple[str, Mark]]] = field(default_factory=dict)

    def add(self, predicate: str, value: str, key: Mark, mark: Mark) -> None:
        """Note that `value` is given for `predicate`."""
        self.keys.setdefault(predicate, key)
        self.values.setdefault(predicate, []).append((value, mark))


@dataclass(slots=True)
class Found:
    """What a sheet was found to say: quads, the places of all of it, and what is wrong."""

    quads: list[Quad] = field(default_factory=list)
    blocks: list[Block] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)


class Walk:
    """Walks the nodes of a YAML or JSON sheet and writes down quads, places and problems."""

    def __init__(self, sheet: Sheet, graph: NamedNode, ontology: Ontology) -> None:
        self._sheet = sheet
        self._graph = graph
        self._ontology = ontology
        self._found = Found()

    def run(self, context: Context) -> Found:
        """Walk every node of the sheet, starting in the project's context."""
        for root in self._sheet.nodes:
            self._top(root, context)
        return self._found

    def _problem(self, mark: Mark, message: str, rule: str) -> None:
        self._found.problems.append(Problem(self._sheet.name, *mark, message, rule))

    def _top(self, node: Node, context: Context) -> None:
        """A node at the top of a sheet, a list of them, or an object with `@graph`."""
        for item in items(node):
            if not isinstance(item, Mapping):
                if not (isinstance(item, Scalar) and item.kind is Kind.NULL):
                    message = "a sheet holds nodes (keys with values), not plain values"
                    self._problem(item.mark, message, "not-a-node")
                continue
            inner = self._own_context(item, context)
            graph = item.get("@graph")
            if graph is None:
                self._node(item, inner, "")
                continue
            for key, _ in item.entries:
                if inner.alias(key.text) not in ("@graph", "@context"):
                    message = "beside `@graph` only `@context` may stand: a sheet is one graph"
                    self._problem(key.mark, message, "named-graph")
            self._top(graph, inner)

    def _own_context(self, node: Mapping, context: Context) -> Context:
        """The context of a node that may bring its own `@context`."""
        own = node.get("@context")
        if own is None:
            return context
        try:
            return context.extended(plain(own))
        except ContextError as error:
            self._problem(own.mark, f"this context cannot be used: {error}", "context")
            return context

    def _node(self, node: Mapping, context: Context, nested: str, range_: str = "") -> str:
        """Write down a node object and give its IRI; '' when it has none.

        `nested` is the IRI it gets when it has no `id`; `range_` the class it is in when it has
        no `type`.
        """
        iri, mark = self._identify(node, context, nested)
        if not iri:
            return ""
        described = [
            (key, value)
            for key, value in node.entries
            if context.alias(key.text) not in ("@id", "@context")
        ]
        if not described:
            if not nested:
                self._problem(mark, "this node says nothing but its id", "empty-node")
            return iri
        block = Block(iri, mark)
        self._found.blocks.append(block)
        typed = self._types(block, node, context, range_)
        for key, value in described:
            if context.alias(key.text) != "@type":
                self._property(block, key, value, typed, context)
        return iri

    def _identify(self, node: Mapping, context: Context, nested: str) -> tuple[str, Mark]:
        for key, value in node.entries:
            if context.alias(key.text) == "@id":
                if not isinstance(value, Scalar) or value.kind is not Kind.TEXT or not value.text:
                    self._problem(value.mark, f"`{key.text}` must be one IRI", "invalid-iri")
                    return nested, key.mark
                return self._reference(value, context, vocab=False) or nested, key.mark
        if not nested:
            self._problem(node.mark, "a node at the top of a sheet needs an `id`", "missing-id")
        return nested, node.mark

    def _types(self, block: Block, node: Mapping, context: Context, range_: str) -> Context:
        """Write down the node's classes; gives the context that its keys are read in."""
        found = False
        inner = context
        for key, value in node.entries:
            if context.alias(key.text) != "@type":
                continue
            for item in items(value):
                iri = self._type(item, context)
                found = True
                if iri:
                    self._triple(block, terms.TYPE.value, NamedNode(iri), key.mark, item.mark)
                    inner = self._scoped(inner, item.text, item.mark)  # type: ignore[union-attr]
        if not found and range_:
            self._triple(block, terms.TYPE.value, NamedNode(range_), block.mark, block.mark)
        return inner

    def _type(self, item: Node, context: Context) -> str:
        if not isinstance(item, Scalar):
            self._problem(item.mark, "a type must be the name of a class", "unknown-type")
            return ""
        iri = context.expand(item.text, vocab=True)
        if is_iri(iri) and not context.unknown_prefix(item.text):
            return iri
        hint = did_you_mean(item.text, context.types)
        end = f"; did you mean `{hint}`?" if hint else ""
        self._problem(item.mark, f"unknown type `{item.text}`{end}", "unknown-type")
        return context.expand(hint, vocab=True) if hint else ""

    def _scoped(self, context: Context, name: str, mark: Mark) -> Context:
        try:
            return context.scope(name)
        except ContextError as error:
            self._problem(mark, f"the context of `{name}` cannot be used: {error}", "context")
            return context

    def _property(
        self, block: Block, key: Scalar, value: Node, context: Context, outer: Context
    ) -> None:
        """Write down all values of one key; `outer` is the context without those of types."""
        keyword = context.alias(key.text)
        if keyword.startswith("@"):
            advice = _REFUSED.get(keyword, "JSON-LD has no such keyword")
            self._problem(key.mark, f"`{key.text}` cannot be used here: {advice}", "keyword")
            return
        term = self._term(key, context)
        if term is None:
            return
        inner = self._scoped(context, key.text, key.mark)
        # Values are coerced as the property's own context says (Value Expansion, section 5.3).
        term = inner.coercion_of(key.text, term)
        nested_in = self._scoped(outer, key.text, key.mark)
        value = _unwrap_set(value, inner)
        if isinstance(value, Sequence) and not value.items:
            self._problem(key.mark, f"`{key.text}` has no value; leave it out", "empty-value")
        for item in items(value):
            if isinstance(item, Mapping) and not _is_value_object(item, inner, term):
                discriminator = fingerprint(item) if isinstance(value, Sequence) else ""
                nested = nested_iri(block.subject, key.text, discriminator)
                own = self._own_context(item, nested_in)
                iri = self._node(item, own, nested, self._ontology.ranges.get(term.iri, ""))
                object_: NamedNode | Literal | None = NamedNode(iri) if iri else None
                self._link(block, key, term, object_, item.mark)
            elif isinstance(item, Mapping):
                for literal, mark in self._value_object(item, inner):
                    self._link(block, key, term, literal, mark)
            elif isinstance(item, Scalar):
                # A single value is found at its key, one of several at its own place.
                mark = item.mark if isinstance(value, Sequence) else key.mark
                self._link(block, key, term, self._scalar(key, item, term, inner), mark)

    def _term(self, key: Scalar, context: Context) -> Term | None:
        """What a key means; a misspelt one is reported and read as what it must have meant."""
        term = context.term(key.text)
        prefix = context.unknown_prefix(key.text)
        if term and not prefix:
            return term
        hint = did_you_mean(key.text, context.keys)
        end = f"; did you mean `{hint}`?" if hint else ""
        if key.text == "<<":
            end = "; YAML merge keys are not supported"
        elif prefix:
            end = f"; the prefix `{prefix}` is not declared"
        self._problem(key.mark, f"unknown key `{key.text}`{end}", "unknown-key")
        return context.term(hint) if hint else None

    def _link(
        self,
        block: Block,
        key: Scalar,
        term: Term,
        object_: NamedNode | Literal | None,
        mark: Mark,
    ) -> None:
        if object_ is None:
            return
        if not term.reverse:
            self._triple(block, term.iri, object_, key.mark, mark)
        elif isinstance(object_, NamedNode):
            other = Block(object_.value, mark)
            self._found.blocks.append(other)
            self._triple(other, term.iri, NamedNode(block.subject), mark, mark)
        else:
            self._problem(mark, f"`{key.text}` must be a node, not a plain value", "not-a-node")

    def _triple(
        self, block: Block, predicate: str, object_: NamedNode | Literal, key: Mark, mark: Mark
    ) -> None:
        block.add(predicate, object_.value, key, mark)
        subject = NamedNode(block.subject)
        self._found.quads.append(Quad(subject, NamedNode(predicate), object_, self._graph))

    def _scalar(
        self, key: Scalar, item: Scalar, term: Term, context: Context
    ) -> NamedNode | Literal | None:
        if item.kind is Kind.NULL:
            self._problem(item.mark, f"`{key.text}` has no value; leave it out", "empty-value")
            return None
        if term.is_reference:
            if item.kind is not Kind.TEXT:
                message = f"`{key.text}` must be an IRI, got {item.text}"
                self._problem(item.mark, message, "invalid-iri")
                return None
            iri = self._reference(item, context, vocab=term.coercion == "@vocab")
            return NamedNode(iri) if iri else None
        if term.coercion:
            return Literal(item.text, datatype=NamedNode(term.coercion))
        if item.kind is Kind.TEXT:
            if term.language:
                return Literal(item.text, language=term.language)
            return Literal(item.text)
        return Literal(item.text, datatype=NamedNode(_native_type(item)))

    def _reference(self, item: Scalar, context: Context, *, vocab: bool) -> str:
        """The IRI that a scalar names; '' when it is none, which is reported."""
        prefix = context.unknown_prefix(item.text)
        iri = context.resolve(item.text, vocab=vocab)
        if item.text.startswith("_:"):
            message = f"blank nodes are not used in data; give `{item.text}` an id of its own"
        elif prefix:
            hint = did_you_mean(prefix, context.prefixes)
            end = f"; did you mean `{hint}`?" if hint else ""
            message = f"the prefix `{prefix}` in `{item.text}` is not declared{end}"
        elif is_iri(iri):
            return iri
        else:
            message = f"`{item.text}` is not a valid IRI"
        self._problem(item.mark, message, "invalid-iri")
        return ""

    def _value_object(self, item: Mapping, context: Context) -> Iterator[tuple[Literal, Mark]]:
        """A literal with its own type or language, or a map from language to texts."""
        parts: dict[str, Node] = {context.alias(key.text): v for key, v in item.entries}
        if "@value" not in parts:
            for tag, texts in item.entries:
                for text in items(texts):
                    if isinstance(text, Scalar):
                        yield from self._tagged(text, tag)
            return
        value, language, type_ = (parts.get(k) for k in ("@value", "@language", "@type"))
        odd = set(parts) - {"@value", "@language", "@type"} or (language and type_)
        if odd or not all(isinstance(v, Scalar) for v in parts.values()):
            message = "a value has `@value` and either `@type` or `@language`, each one text"
            self._problem(item.mark, message, "value-object")
        elif isinstance(value, Scalar) and isinstance(language, Scalar):
            yield from self._tagged(value, language)
        elif isinstance(value, Scalar) and isinstance(type_, Scalar):
            datatype = context.expand(type_.text, vocab=True)
            if is_iri(datatype):
                yield Literal(value.text, datatype=NamedNode(datatype)), value.mark
            else:
                self._problem(type_.mark, f"`{type_.text}` is not a datatype", "value-object")
        elif isinstance(value, Scalar):
            native = value.kind is not Kind.TEXT
            datatype = _native_type(value) if native else terms.XSD + "string"
            yield Literal(value.text, datatype=NamedNode(datatype)), value.mark

    def _tagged(self, text: Scalar, tag: Scalar) -> Iterator[tuple[Literal, Mark]]:
        try:
            yield Literal(text.text, language=tag.text), text.mark
        except ValueError:
            self._problem(tag.mark, f"`{tag.text}` is not a language tag (BCP 47)", "language")


def _unwrap_set(node: Node, context: Context) -> Node:
    """The values of a `@set` object, which says nothing but that there are several."""
    if isinstance(node, Mapping) and len(node.entries) == 1:
        key, value = node.entries[0]
        if context.alias(key.text) == "@set":
            return value
    return node


def _is_value_object(node: Mapping, context: Context, term: Term) -> bool:
    if term.by_language:
        return True
    return any(context.alias(key.text) == "@value" for key, _ in node.entries)


def _native_type(item: Scalar) -> str:
    """The datatype JSON-LD gives a native JSON value (JSON-LD 1.1 API, section 8.2.2)."""
    if item.kind is Kind.BOOLEAN:
        return terms.XSD + "boolean"
    whole = not any(char in item.text for char in ".eE")
    return terms.XSD + ("integer" if whole else "double")
