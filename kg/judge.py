"""Quads and shapes → results: a fast engine screens, the reference engine judges.

The fast engine is shown the graph part by part, and flags the focus nodes that may not conform: it
may flag too many, never too few. Those alone the reference engine judges, each with all that the
shapes can see from there. What the fast engine must not judge, by `kg.screen`, the reference engine
judges on the whole graph. Without the fast engine, all nodes are as if flagged.
"""

from __future__ import annotations

import contextlib
from collections.abc import Collection, Iterable, Iterator, Sequence
from functools import cached_property
from pathlib import Path
from typing import Final, TypeAlias

from pyoxigraph import BlankNode, Literal, NamedNode, Quad, RdfFormat, Store, parse

from kg import terms
from kg.context import is_iri
from kg.screen import Screen, ScreenError, focused, split_shapes
from kg.screen.look import Look
from kg.validate import Result, run_reference

# Focus nodes that the reference engine is given at once.
CHUNK: Final = 200
_TARGET: Final = terms.SH + "target"
_LINKED: Final = _TARGET + "ObjectsOf"
_MOST_KNOWN: Final = 20_000
_TYPE: Final = str(terms.TYPE)

Node: TypeAlias = NamedNode | BlankNode | Literal


class Judge:
    """Shapes, ready to judge a graph in a store, part by part.

    `folder` is where the shapes are, for messages. The store has the ontology as well; `said` is
    what belongs to the graph and is not there.
    """

    def __init__(
        self,
        rules: Sequence[Quad],
        folder: Path,
        store: Store,
        said: Sequence[Quad] = (),
        *,
        fast: bool,
    ) -> None:
        self._folder = folder
        self._store = store
        self._said = said
        self._fast = fast
        self._split = split_shapes(rules)
        self._known: dict[str, bytes] = {}

    @property
    def rest(self) -> tuple[Quad, ...]:
        """The shapes that are to be judged on the whole graph, all at once."""
        return self._split.reference.quads

    def flag(self, lines: Sequence[str]) -> set[str]:
        """The focus nodes that may not conform, of those that lines of N-Quads describe.

        The lines have all triples of a subject. What they only refer to is looked up in the store.
        Each node is named as `kg.screen.node_text` does.
        """
        own, outside, linked = set[str](), set[str](), set[str]()
        links = self._linked
        subject = ""
        for line in lines:
            head, predicate, object_, _ = line.split(" ", 3)
            if head != subject:
                own.add(subject := head)
            if object_[0] == "<" and predicate != _TYPE:
                outside.add(object_)
            if predicate in links:
                linked.add(object_of(line))
        known = map(self._describe, outside - own) if self._fast else ()
        data = b"".join(["".join(lines).encode(), self._classes, *known])
        found = self._flagged(self._local, data)
        if found is None:
            return {*map(_named, own), *linked}
        mine = {node for node in found if f"<{node}>" in own or node in own}
        return mine | {node for node in linked if node in found or node[0] == '"'}

    def targets(self) -> Iterator[str]:
        """The focus nodes of those shapes that have to see more than a part; see `flag_nodes`."""
        for quad in self._split.whole.quads:
            name, value = quad.predicate.value, quad.object
            if not name.startswith(_TARGET) or not isinstance(value, NamedNode):
                continue
            found: Iterable[object] = (value,)
            match name.removeprefix(_TARGET):
                case "Class":
                    quads = (self._store.quads_for_pattern(None, terms.TYPE, c, None)
                             for c in self._below(value))  # fmt: skip
                    found = (q.subject for some in quads for q in some)
                case "SubjectsOf":
                    found = (q.subject for q in self._store.quads_for_pattern(None, value, None))
                case "ObjectsOf":
                    found = (q.object for q in self._store.quads_for_pattern(None, value, None))
            yield from map(_text, found)

    def flag_nodes(self, nodes: Collection[str]) -> set[str]:
        """Those of some nodes that may not conform to shapes that have to see more than a part."""
        quads = self._around(nodes, self._split.whole.look) if self._fast else ()
        data = "".join(f"{quad} .\n" for quad in quads).encode()
        found = self._flagged(self._whole, data)
        return set(nodes) if found is None else found & set(nodes)

    def onlookers(self, before: Store, touched: Iterable[str]) -> set[str] | None:
        """The nodes whose results may be others than they were in a store before this one.

        `touched` are the nodes that may be described otherwise. None when that can be any node.
        """
        look = self._split.screened.look
        if look.backward or look.beyond is None:
            return None
        changed: set[str] = set()
        for text in touched:
            reads = look.beyond | {terms.SUBCLASS_OF.value}
            new, old = (_facts(store, text, reads) for store in (self._store, before))
            if any(predicate == terms.SUBCLASS_OF for predicate, _ in new ^ old):
                return None
            if new != old:
                changed.add(text)
        found: set[str] = set()
        for _ in range(look.reach):
            quads = (self._store.quads_for_pattern(None, None, NamedNode(iri)) for iri in changed)
            changed = {_text(quad.subject) for some in quads for quad in some} - found
            found |= changed
        return found

    def graph_lines(self, graph: str) -> list[str]:
        """The lines of a graph, those of a subject together."""
        quads = self._store.quads_for_pattern(None, None, None, NamedNode(graph))
        return sorted(f"{quad} .\n" for quad in quads)

    def node_lines(self, nodes: Iterable[str]) -> list[str]:
        """The lines of some nodes, those of each together; a literal has none."""
        iris = [NamedNode(text) for text in sorted(nodes) if is_iri(text)]
        return [
            f"{quad} .\n" for iri in iris for quad in self._store.quads_for_pattern(iri, None, None)
        ]

    def judge(self, nodes: Collection[str]) -> list[Result]:
        """The results at some focus nodes, of all shapes but the rest."""
        quads = list(self._around(nodes, self._split.screened.look))
        rules = focused(self._split.screened.quads, quads, nodes)
        return run_reference(quads, rules, self._folder)

    @cached_property
    def _local(self) -> Screen | None:
        return Screen(self._split.local.quads) if self._fast else None

    @cached_property
    def _whole(self) -> Screen | None:
        return Screen(self._split.whole.quads) if self._fast else None

    @cached_property
    def _linked(self) -> frozenset[str]:
        """The properties whose values are focus nodes, wherever these are described."""
        return frozenset(
            str(quad.object)
            for quad in self._split.screened.quads
            if quad.predicate.value == _LINKED
        )

    @cached_property
    def _subclasses(self) -> list[Quad]:
        return list(self._store.quads_for_pattern(None, terms.SUBCLASS_OF, None, None))

    @cached_property
    def _classes(self) -> bytes:
        return "".join(f"{quad} .\n" for quad in self._subclasses).encode()

    def _below(self, class_: NamedNode) -> Iterator[NamedNode]:
        done: set[object] = set()
        todo: list[object] = [class_]
        while todo:
            found = todo.pop()
            if found not in done and isinstance(found, NamedNode):
                done.add(found)
                todo += [q.subject for q in self._subclasses if q.object == found]
                yield found

    def _describe(self, bracketed: str) -> bytes:
        """What the store says of an IRI, as lines."""
        known = self._known.get(bracketed)
        if known is None:
            if len(self._known) >= _MOST_KNOWN:
                self._known.clear()
            quads = self._store.quads_for_pattern(NamedNode(bracketed[1:-1]), None, None, None)
            known = self._known[bracketed] = "".join(f"{quad} .\n" for quad in quads).encode()
        return known

    def _flagged(self, screen: Screen | None, data: bytes) -> set[str] | None:
        """The nodes that the fast engine flags; None where it cannot tell."""
        if screen:
            with contextlib.suppress(ScreenError):
                return screen.flagged(data)
        return None

    def _around(self, nodes: Iterable[str], look: Look) -> Iterator[Quad]:
        """All triples that a shape can see from some nodes when it looks so far."""
        yield from self._subclasses
        yield from self._said
        now: set[object] = {_term(text) for text in nodes}
        for node in now:
            for name in self._linked:
                yield from self._store.quads_for_pattern(None, NamedNode(name[1:-1]), node)  # type: ignore[arg-type]
        seen = set(now)
        for _ in range(look.reach + 1):
            beyond: set[object] = set()
            for node in now:
                if isinstance(node, NamedNode | BlankNode):
                    for quad in self._store.quads_for_pattern(node, None, None, None):
                        beyond.add(quad.object)
                        yield quad
                for name in (look.reads or ()) if look.backward else ():
                    for quad in self._store.quads_for_pattern(None, NamedNode(name), node):  # type: ignore[arg-type]
                        beyond.add(quad.subject)
                        yield quad
            now = beyond - seen
            seen |= now


def object_of(line: str) -> str:
    """The object of a line of N-Quads, named as a focus node is.

    >>> object_of("<urn:s> <urn:p> <urn:o> <urn:g> ."), object_of('<urn:s> <urn:p> "a b" <urn:g> .')
    ('urn:o', '"a b"')
    """
    object_, *graph = line.split(" ", 2)[2].rsplit(" ", 2)[:-1]
    # In the default graph, what stands last before the dot is the end of the object.
    return f"{object_} {graph[0]}" if graph and '"' in graph[0] else _named(object_)


def _facts(store: Store, text: str, predicates: Collection[str]) -> set[tuple[object, object]]:
    """What a store says of an IRI with some properties."""
    quads = store.quads_for_pattern(NamedNode(text), None, None, None) if is_iri(text) else ()
    return {(q.predicate, q.object) for q in quads if q.predicate.value in predicates}


def _named(text: str) -> str:
    """A term of N-Quads as a focus node is named."""
    return text[1:-1] if text[0] == "<" else text


def _text(term: object) -> str:
    return term.value if isinstance(term, NamedNode) else str(term)


def _term(text: str) -> Node:
    if text.startswith("_:"):
        return BlankNode(text[2:])
    if is_iri(text):
        return NamedNode(text)
    [quad] = parse(f"<urn:s> <urn:p> {text} .", format=RdfFormat.N_TRIPLES)
    assert isinstance(quad.object, Literal)
    return quad.object
