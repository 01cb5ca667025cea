"""Two versions of the data → what differs, thing by thing.

Graphs are compared one at a time, so that what is the same in both takes no memory for long. What
moved from one sheet to another has not changed.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Final

from pyoxigraph import NamedNode, Store, Triple

from kg import terms
from kg.context import is_iri
from kg.diff.changes import Change, Diff, Entry, Kind, Term, Thing
from kg.diff.pairs import Row, pair_parts, pair_values
from kg.names import label_of
from kg.things import data_graphs, is_data_graph, is_provenance, is_retired, is_under

# How long a chain of renamed things, each referring to the next, is followed.
_ROUNDS: Final = 16


@dataclass
class Side:
    """One version of the data: a store, the base of its IRIs, and what it is called."""

    name: str
    store: Store
    base: str
    _wholes: dict[NamedNode, tuple[NamedNode, NamedNode] | None] = field(default_factory=dict)

    def triples(self, graph: NamedNode) -> Iterator[Triple]:
        """What one sheet says."""
        for quad in self.store.quads_for_pattern(None, None, None, graph):
            if not is_provenance(quad.subject, self.base):
                yield quad.triple

    def has(self, triple: Triple) -> bool:
        """Whether any sheet says this."""
        pattern = (triple.subject, triple.predicate, triple.object)
        return any(
            is_data_graph(quad.graph_name, self.base)
            for quad in self.store.quads_for_pattern(*pattern, None)
        )

    def describes(self, node: NamedNode) -> bool:
        """Whether any sheet says anything of a node."""
        return any(
            is_data_graph(quad.graph_name, self.base)
            for quad in self.store.quads_for_pattern(node, None, None, None)
        )

    def whole(self, node: NamedNode) -> tuple[NamedNode, NamedNode] | None:
        """The node that this one is nested in, and by which property; None for a thing."""
        if node not in self._wholes:
            around = [
                (quad.subject, quad.predicate)
                for quad in self.store.quads_for_pattern(None, None, node, None)
                if isinstance(quad.subject, NamedNode) and is_under(node, quad.subject)
            ]
            nearest = max(around, key=lambda p: (p[0].value, p[1].value), default=None)
            self._wholes[node] = nearest
        return self._wholes[node]

    def owner(self, node: NamedNode) -> NamedNode:
        """The thing that a node is part of, or the node itself."""
        while whole := self.whole(node):
            node = whole[0]
        return node

    def place(self, node: NamedNode) -> tuple[tuple[str, ...], NamedNode]:
        """The properties that lead to a node from its owner, and the first node on that way."""
        path: list[str] = []
        part = node
        while whole := self.whole(node):
            part, (node, predicate) = node, whole
            path.insert(0, predicate.value)
        return tuple(path), part


def compare(old: Side, new: Side, graphs: Iterable[NamedNode] | None = None) -> Diff:
    """What was added, removed, renamed, retired and changed from one version to the other.

    `graphs` are those that differ, where that is known; else all are compared.
    """
    removed, added = _differences(old, new, graphs)
    gone, come = _by_owner(old, removed), _by_owner(new, added)
    kinds = {node: _kind(node, old, new) for node in gone.keys() | come.keys()}
    renamed = _renames(gone, come, kinds)
    made = set(renamed.values())
    entries = []
    for node in sorted(kinds, key=lambda node: node.value):
        kind = kinds[node]
        others: tuple[str, ...] = ()
        out, into = gone.get(node, []), come.get(node, [])
        if node in made:
            continue  # told with what it was before
        if node in renamed:
            kind, others = Kind.RENAMED, (renamed[node].value,)
            into = [*come[renamed[node]], *into]
        elif kind is Kind.RETIRED:
            found = new.store.quads_for_pattern(node, terms.REPLACED_BY, None, None)
            others = tuple(sorted({terms.text_of(quad.object) for quad in found}))
        told = kind in (Kind.ADDED, Kind.REMOVED, Kind.CHANGED)
        changes = _changes(old, new, out, into) if told else ()
        side = new if kind in (Kind.ADDED, Kind.CHANGED) else old
        thing = _thing(side, node)
        triples = (tuple(sorted(out, key=str)), tuple(sorted(into, key=str)))
        entries.append(Entry(kind, thing, changes, *triples, others))
    return Diff(old.name, new.name, tuple(entries), _labels(old, new, entries))


def _differences(
    old: Side, new: Side, graphs: Iterable[NamedNode] | None
) -> tuple[set[Triple], set[Triple]]:
    removed: set[Triple] = set()
    added: set[Triple] = set()
    if graphs is None:
        graphs = {*data_graphs(old.store, old.base), *data_graphs(new.store, new.base)}
    for graph in sorted(graphs, key=terms.text_of):
        if not is_data_graph(graph, new.base):
            continue
        mine = set(old.triples(graph))
        for triple in new.triples(graph):
            if triple in mine:
                mine.discard(triple)
            else:
                added.add(triple)
        removed |= mine
    # A triple may have moved to another sheet, or two sheets may have said it.
    return {t for t in removed if not new.has(t)}, {t for t in added if not old.has(t)}


def _by_owner(side: Side, triples: Iterable[Triple]) -> dict[NamedNode, list[Triple]]:
    found: defaultdict[NamedNode, list[Triple]] = defaultdict(list)
    for triple in triples:
        if isinstance(triple.subject, NamedNode):
            found[side.owner(triple.subject)].append(triple)
    return found


def _kind(node: NamedNode, old: Side, new: Side) -> Kind:
    if not old.describes(node):
        return Kind.ADDED
    if not new.describes(node):
        return Kind.REMOVED
    return (
        Kind.RETIRED
        if is_retired(new.store, node) and not is_retired(old.store, node)
        else Kind.CHANGED
    )


def _renames(
    gone: dict[NamedNode, list[Triple]],
    come: dict[NamedNode, list[Triple]],
    kinds: dict[NamedNode, Kind],
) -> dict[NamedNode, NamedNode]:
    """Old IRI → new IRI, of things that say the same as before, as no other thing does.

    Things that refer to a renamed one are looked at again, under its new name.
    """
    left = {node for node in gone if kinds[node] in (Kind.REMOVED, Kind.RETIRED)}
    here = {node for node in come if kinds[node] is Kind.ADDED}
    renamed: dict[NamedNode, NamedNode] = {}
    for _ in range(_ROUNDS):
        before: defaultdict[frozenset[str], list[NamedNode]] = defaultdict(list)
        after: defaultdict[frozenset[str], list[NamedNode]] = defaultdict(list)
        for node in left - renamed.keys():
            before[_content(node, gone[node], renamed)].append(node)
        for node in here - set(renamed.values()):
            after[_content(node, come[node], {})].append(node)
        certain = {
            nodes[0]: after[content][0]
            for content, nodes in before.items()
            if content and len(nodes) == len(after.get(content, ())) == 1
        }
        if not certain:
            break
        renamed |= certain
    return renamed


def _content(
    node: NamedNode, triples: list[Triple], renamed: dict[NamedNode, NamedNode]
) -> frozenset[str]:
    """What a thing says, whatever its own IRI; nothing when that is no more than its class."""

    def written(term: Term) -> str:
        if isinstance(term, NamedNode):
            if term == node or is_under(term, node):
                return f"<{term.value[len(node.value) :]}>"
            return str(renamed.get(term, term))
        return str(term)

    if all(triple.predicate == terms.TYPE for triple in triples):
        return frozenset()
    return frozenset(f"{written(t.subject)} {t.predicate} {written(t.object)}" for t in triples)


def _changes(
    old: Side, new: Side, removals: list[Triple], additions: list[Triple]
) -> tuple[Change, ...]:
    before, after = _rows(old, removals), _rows(new, additions)
    found = pair_values(pair_parts(before, after), after)
    return tuple(sorted(found, key=lambda c: (c.path[0], c.part, c.path, str(c.old), str(c.new))))


def _rows(side: Side, triples: list[Triple]) -> list[Row]:
    """The values that triples give; a link to a part says no more than the part itself."""
    said = {triple.subject for triple in triples}
    rows = []
    for subject, predicate, value in triples:
        if isinstance(subject, NamedNode) and not (value in said and is_under(value, subject)):
            path, part = side.place(subject)
            rows.append(Row((*path, predicate.value), part, subject, value))
    return rows


def _thing(side: Side, node: NamedNode) -> Thing:
    types = side.store.quads_for_pattern(node, terms.TYPE, None, None)
    classes = {quad.object for quad in types if isinstance(quad.object, NamedNode)}
    named = sorted((class_.value, label_of(side.store, class_)) for class_ in classes)
    return Thing(node.value, label_of(side.store, node), tuple(named))


def _labels(old: Side, new: Side, entries: list[Entry]) -> dict[str, str]:
    values = {value for e in entries for c in e.changes for value in (c.old, c.new)}
    nodes = {value for value in values if isinstance(value, NamedNode)}
    nodes |= {NamedNode(iri) for entry in entries for iri in entry.others if is_iri(iri)}
    found = {n.value: label_of(new.store, n) or label_of(old.store, n) for n in nodes}
    return {iri: label for iri, label in sorted(found.items()) if label}
