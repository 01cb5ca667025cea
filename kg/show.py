"""One thing and what is said about it, as plain values; `kg.show_text` puts them on a terminal.

Works on any entity, study, document, hypothesis or term of the ontology alike: what it says of
itself, where it was read, and everything that refers to it, by kind. What refers to a node nested
in another counts as the other's. An intervention or a preparation stands for what it gives or
contains, so that findings on 100 mg of magnesium are found under magnesium.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import replace
from itertools import islice
from typing import Final

from pyoxigraph import NamedNode, Quad, Store

from kg import terms
from kg.context import Context
from kg.dumps.layout import Layout, term_order
from kg.names import label_of, label_term
from kg.terms import text_of
from kg.things import is_under
from kg.view import Group, Mention, Place, Property, Term, Text, Value, View

_STANDS_FOR: Final = (terms.GIVEN, terms.CONTAINS)
_IN_HEAD: Final = {
    terms.TYPE, terms.PREF_LABEL, terms.LABEL, terms.ALT_LABEL, terms.DEFINITION, terms.HAS_PASSAGE,
}  # fmt: skip
STATEMENTS: Final = [
    terms.LE + "Finding", terms.LE + "Mechanism", terms.LE + "Characteristic",
    terms.LE + "Recommendation", terms.LE + "Limitation", terms.LE + "Correspondence",
]  # fmt: skip
# What tells one statement from the next; the rest is there when it is shown itself.
_TELLING: Final = {
    terms.LE + name
    for name in (
        "subject", "relation", "object", "appliesTo", "quantity", "location", "study", "population",
        "exposure", "outcome", "comparator", "direction", "valence", "significance", "nullKind",
        "scope", "pValue", "pValueBelow", "reported",
    )
}  # fmt: skip
# Enough to read; who wants all of them asks by a query.
_MOST_REFERENCES: Final = 20_000
_MOST_MENTIONS: Final = 500
_NUMBERS: Final = {terms.LE + "pValue", terms.LE + "pValueBelow"}


def view(store: Store, context: Context, node: NamedNode) -> View:
    """All that the store has on `node`, which `kg.names.resolve` finds."""
    return Reader(store, context).view(node)


def describe(store: Store, node: NamedNode) -> list[Quad]:
    """The concise description of a node: its own statements and those of the nodes nested in it.

    What refers to the node is not part of it.
    """
    quads: list[Quad] = []
    todo, seen = [node], {node}
    while todo:
        for quad in store.quads_for_pattern(todo.pop(), None, None, None):
            quads.append(quad)
            nested = quad.object
            if isinstance(nested, NamedNode) and is_under(nested, node) and nested not in seen:
                seen.add(nested)
                todo.append(nested)
    return quads


class Reader:
    """Reads a store that does not change, and remembers labels."""

    def __init__(self, store: Store, context: Context) -> None:
        self._store = store
        self._context = context
        self._layout = Layout.of(context)
        self._keys = {t.iri: key for key in reversed(context.keys) if (t := context.term(key))}
        self._graphs = set(store.named_graphs())
        self._dataset = NamedNode(context.base)
        self._texts: dict[NamedNode, str] = {}

    def view(self, node: NamedNode) -> View:
        """All that the store has on a node."""
        kinds = self.kinds(node)
        found = label_term(self._store, node)
        label = Text.of(found) if found is not None else ""
        labels = {
            Text.of(value)
            for predicate in (terms.PREF_LABEL, terms.LABEL, terms.ALT_LABEL)
            for value in self.objects(node, predicate)
        }
        return View(
            iri=node.value,
            name=self._context.shorten(node.value),
            label=label,
            kinds=tuple(map(self.text, kinds)),
            other_labels=tuple(sorted(labels - {label})),
            definition=_joined(self.objects(node, terms.DEFINITION)),
            properties=tuple(self.properties(node)),
            places=self.places(node),
            groups=tuple(self.groups(node)),
            kind_iris=tuple(kind.value for kind in kinds),
        )

    def objects(self, node: NamedNode, predicate: NamedNode) -> list[Term]:
        """The values that a node has for a property, each once, in the order of terms."""
        quads = self._store.quads_for_pattern(node, predicate, None, None)
        found = {q.object for q in quads if isinstance(q.object, Term)}
        return sorted(found, key=term_order)

    def kinds(self, node: NamedNode) -> list[NamedNode]:
        """The classes of a node."""
        return [kind for kind in self.objects(node, terms.TYPE) if isinstance(kind, NamedNode)]

    def text(self, node: NamedNode) -> str:
        """A node as its label, else as it was reported, else its short name."""
        if node not in self._texts:
            reported = [text_of(value) for value in self.objects(node, terms.REPORTED)]
            short = self._context.shorten(node.value)
            self._texts[node] = label_of(self._store, node) or "; ".join(reported) or short
        return self._texts[node]

    def property_name(self, iri: str) -> str:
        """The label of a property, else the words of its key, else its short name."""
        key = re.sub(r"(?<=[a-z])(?=[A-Z])", " ", self._keys.get(iri, "")).lower()
        return label_of(self._store, NamedNode(iri)) or key or self._context.shorten(iri)

    def _said(self, node: NamedNode) -> list[NamedNode]:
        """The properties of a node that are not in the head of a view, in the layout's order."""
        quads = self._store.quads_for_pattern(node, None, None, None)
        said = {quad.predicate for quad in quads} - _IN_HEAD
        return sorted(said, key=lambda predicate: self._layout.property_order(predicate.value))

    def properties(self, node: NamedNode) -> Iterator[Property]:
        """All that a node says, what is nested in it included."""
        for predicate in self._said(node):
            values = []
            for object_ in self.objects(node, predicate):
                value = self.value(object_)
                if isinstance(object_, NamedNode) and is_under(object_, node):
                    value = replace(value, parts=tuple(self.properties(object_)))
                values.append(value)
            yield Property(self.property_name(predicate.value), tuple(values), predicate.value)

    def _telling(self, node: NamedNode, known: set[NamedNode]) -> Iterator[Property]:
        """What tells a statement from others, without what is `known` from its being listed."""
        said = self._said(node)
        for predicate in said:
            number = predicate.value in _NUMBERS and terms.REPORTED in said
            if predicate.value in _TELLING and not number:
                objects = [o for o in self.objects(node, predicate) if o not in known]
                if objects:
                    name = self.property_name(predicate.value)
                    yield Property(name, tuple(map(self.value, objects)), predicate.value)

    def value(self, term: Term) -> Value:
        """A term as a person reads it."""
        if not isinstance(term, NamedNode):
            return Value(text_of(term), term=term)
        text, name = self.text(term), self._context.shorten(term.value)
        return Value(text, "" if name == text else name, term=term)

    def places(self, node: NamedNode) -> tuple[Place, ...]:
        """Where a node was read, in reading order."""
        passages = [p for p in self.objects(node, terms.HAS_PASSAGE) if isinstance(p, NamedNode)]
        return tuple(sorted(map(self.place, passages), key=_place_order))

    def place(self, passage: NamedNode) -> Place:
        """What a passage says of where it is."""

        def one(subject: NamedNode, predicate: NamedNode) -> str:
            values = self.objects(subject, predicate)
            return ", ".join(
                self.text(v) if isinstance(v, NamedNode) else text_of(v) for v in values
            )

        selectors = self.objects(passage, terms.HAS_SELECTOR)
        selector = next((s for s in selectors if isinstance(s, NamedNode)), passage)
        sources = self.objects(passage, terms.HAS_SOURCE)
        return Place(
            document=one(passage, terms.HAS_SOURCE),
            paragraph=one(passage, terms.PARAGRAPH),
            start=one(selector, terms.START),
            end=one(selector, terms.END),
            hedge=one(passage, terms.HEDGE),
            iri=passage.value,
            source=next((s.value for s in sources if isinstance(s, NamedNode)), ""),
        )

    def groups(self, node: NamedNode) -> Iterator[Group]:
        """What refers to a node, by kind: statements first."""
        roles: defaultdict[NamedNode, set[NamedNode]] = defaultdict(set)
        targets: defaultdict[NamedNode, set[NamedNode]] = defaultdict(set)
        for owner, predicate, target in islice(self.references(node), _MOST_REFERENCES):
            roles[owner].add(predicate)
            targets[owner].add(target)
        by_kind: defaultdict[str, list[NamedNode]] = defaultdict(list)
        for owner in sorted(roles, key=term_order):
            kinds = self.kinds(owner)
            by_kind[kinds[0].value if kinds else ""].append(owner)
        for kind in sorted(by_kind, key=_kind_order):
            owners = by_kind[kind]
            mentions = [
                self._mention(owner, roles[owner], targets[owner], node, said=kind in STATEMENTS)
                for owner in owners[:_MOST_MENTIONS]
            ]
            name = self.text(NamedNode(kind)) if kind else "of no kind"
            yield Group(name, tuple(mentions), len(owners) - len(mentions), kind)

    def _mention(
        self,
        owner: NamedNode,
        roles: set[NamedNode],
        targets: set[NamedNode],
        node: NamedNode,
        *,
        said: bool,
    ) -> Mention:
        named = sorted((self.property_name(role.value), role.value) for role in roles)
        return Mention(
            subject=self.value(owner),
            roles=tuple(dict.fromkeys(name for name, _ in named)),
            through=tuple(sorted(self.text(target) for target in targets - {node})),
            properties=tuple(self._telling(owner, targets)) if said else (),
            places=self.places(owner) if said else (),
            role_iris=tuple(iri for _, iri in named),
        )

    def references(self, node: NamedNode) -> Iterator[tuple[NamedNode, NamedNode, NamedNode]]:
        """What refers to the node, by which property, and to the node or what stands for it."""
        todo, seen = [node], {node}
        while todo:
            target = todo.pop()
            for quad in self._store.quads_for_pattern(None, None, target, None):
                subject = quad.subject
                described = subject in self._graphs or quad.graph_name == self._dataset
                if described or not isinstance(subject, NamedNode):
                    continue  # the build speaks of the thing there, not the sheets
                owner = self.owner(subject)
                if owner != node:
                    yield owner, quad.predicate, target
                if quad.predicate in _STANDS_FOR and subject not in seen:
                    seen.add(subject)
                    todo.append(subject)

    def owner(self, node: NamedNode) -> NamedNode:
        """The node that this one is nested in, or itself."""
        iri = node.value
        end = iri.find("/", iri.find("://") + 3)
        while 0 < end < len(iri) - 1:
            parent = NamedNode(iri[:end])
            if next(self._store.quads_for_pattern(parent, None, node, None), None):
                return self.owner(parent)
            end = iri.find("/", end + 1)
        return node


def _joined(texts: list[Term]) -> str:
    """Texts as one, which has a language where they all have the same."""
    joined = Text(" ".join(map(text_of, texts)))
    languages = {Text.of(text).language for text in texts}
    joined.language = languages.pop() if len(languages) == 1 else ""
    return joined


def _place_order(place: Place) -> tuple[str, int, int]:
    start, end = (int(n) if n.isdecimal() else 0 for n in (place.start, place.end))
    return place.document, start, end


def _kind_order(kind: str) -> tuple[int, str]:
    """Statements first, in the order a reader of evidence looks for them."""
    return (STATEMENTS.index(kind) if kind in STATEMENTS else len(STATEMENTS)), kind
