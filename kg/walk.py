"""The nodes of a YAML or JSON sheet → quads, by JSON-LD's rules (JSON-LD 1.1 API, expansion).

What JSON-LD drops in silence (unknown keys, bad IRIs, nulls) is a problem here, with its place.
"""

from __future__ import annotations

from typing import Final

from pyoxigraph import Literal, NamedNode, Quad

from kg import terms
from kg.context import Context, ContextError, Term, is_iri
from kg.errors import Problem, did_you_mean
from kg.found import Block, Found
from kg.iris import nested_iri
from kg.literals import is_value_object, plain_literal, read_value_object, unwrap_set
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
        # Nothing refers to a node of which only problems were found: one report is enough.
        return iri if block.values or not nested else ""

    def _identify(self, node: Mapping, context: Context, nested: str) -> tuple[str, Mark]:
        ids = [(key, value) for key, value in node.entries if context.alias(key.text) == "@id"]
        if not ids:
            if not nested:
                self._problem(node.mark, "a node at the top of a sheet needs an `id`", "missing-id")
            return nested, node.mark
        for key, _ in ids[1:]:
            self._problem(key.mark, f"`{key.text}` gives this node a second id", "duplicate-key")
        key, value = ids[0]
        if not isinstance(value, Scalar) or value.kind is not Kind.TEXT or not value.text:
            self._problem(value.mark, f"`{key.text}` must be one IRI", "invalid-iri")
            return nested, key.mark
        return self._reference(value, context, vocab=False) or nested, key.mark

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
        # A key or a prefix expands to an IRI as well, but to none of a class.
        other = item.text in context.keys or item.text in context.prefixes
        if is_iri(iri) and not context.unknown_prefix(item.text) and not other:
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
        name = self._known_key(key, context)
        term = context.term(name)
        if term is None:
            return
        inner = self._scoped(context, name, key.mark)
        # Values are coerced as the property's own context says (Value Expansion, section 5.3).
        term = inner.coercion_of(name, term)
        nested_in = self._scoped(outer, name, key.mark)
        value = unwrap_set(value, inner)
        if isinstance(value, Sequence) and not value.items:
            self._problem(key.mark, f"`{key.text}` has no value; leave it out", "empty-value")
        for item in items(value):
            if isinstance(item, Mapping) and not is_value_object(item, inner, term):
                discriminator = fingerprint(item) if isinstance(value, Sequence) else ""
                nested = nested_iri(block.subject, name, discriminator)
                own = self._own_context(item, nested_in)
                iri = self._node(item, own, nested, self._ontology.ranges.get(term.iri, ""))
                object_: NamedNode | Literal | None = NamedNode(iri) if iri else None
                self._link(block, key, term, object_, item.mark)
            elif isinstance(item, Mapping):
                for literal, mark in read_value_object(item, inner, self._problem):
                    self._link(block, key, term, literal, mark)
            elif isinstance(item, Scalar):
                # A single value is found at its key, one of several at its own place.
                mark = item.mark if isinstance(value, Sequence) else key.mark
                self._link(block, key, term, self._scalar(key, item, term, inner), mark)

    def _known_key(self, key: Scalar, context: Context) -> str:
        """The key itself; a misspelt one is reported and read as what it must have meant."""
        prefix = context.unknown_prefix(key.text)
        is_class = key.text in context.types
        other = is_class or key.text in context.prefixes
        if context.term(key.text) and not prefix and not other:
            return key.text
        hint = did_you_mean(key.text, context.keys)
        end = f"; did you mean `{hint}`?" if hint else ""
        if is_class:
            end = f"; it names a class: write `type: {key.text}`"
        elif key.text == "<<":
            end = "; YAML merge keys are not supported"
        elif prefix:
            end = f"; the prefix `{prefix}` is not declared"
        self._problem(key.mark, f"unknown key `{key.text}`{end}", "unknown-key")
        return hint

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
            other = Block(object_.value, mark, whole=False)
            self._found.blocks.append(other)
            self._triple(other, term.iri, NamedNode(block.subject), mark, mark)
        else:
            self._problem(mark, f"`{key.text}` must be a node, not a plain value", "not-a-node")

    def _triple(
        self, block: Block, predicate: str, object_: NamedNode | Literal, key: Mark, mark: Mark
    ) -> None:
        block.add(predicate, object_, key, mark)
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
        return plain_literal(item, term)

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
        elif not item.text:
            message = "an empty text names nothing; give an IRI"
        elif not is_iri(iri):
            message = f"`{item.text}` is not a valid IRI"
        elif not (is_iri(item.text) or vocab or ":" in item.text or iri.startswith(context.base)):
            message = f"`{item.text}` leads out of <{context.base}>; write the IRI in full"
        else:
            return iri
        self._problem(item.mark, message, "invalid-iri")
        return ""
