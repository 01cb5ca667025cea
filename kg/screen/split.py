"""A shapes graph → what the fast engine may screen, and what only the reference engine judges."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from pyoxigraph import BlankNode, Literal, NamedNode, Quad

from kg import terms
from kg.screen.constraints import ALLOWED, look_of
from kg.screen.forms import NODE_KINDS, NUMBERS, SAFE_FORMS
from kg.screen.look import Look, Seen, Slip
from kg.screen.patterns import fast_pattern
from kg.screen.rules import (
    FIRST,
    NIL,
    NOTES,
    REST,
    SEVERITY,
    SHAPE_LISTS,
    SHAPE_VALUED,
    TARGETS,
    Rules,
    Said,
    Term,
    UnscreenableError,
)

_PROPERTY: Final = terms.SH + "property"
_PATH: Final = terms.SH + "path"
_NODE: Final = terms.SH + "node"
_DISJOINT: Final = terms.SH + "qualifiedValueShapesDisjoint"
_CLOSED: Final = terms.SH + "closed"
_DATATYPE: Final = terms.SH + "datatype"
_PATTERN: Final = terms.SH + "pattern"
_ORDERS: Final = (terms.SH + "lessThan", terms.SH + "lessThanOrEquals")
_SHAPE_TYPES: Final = {NamedNode(terms.SH + name) for name in ("NodeShape", "PropertyShape")}
# All that is known of a shape when it is found and reported, rather than what it asks.
_HEAD: Final = TARGETS | NOTES | {SEVERITY, terms.TYPE.value}


# The terms of SHACL that bear on nothing but the shape that they are said of.
_VOCABULARY: Final = frozenset(
    {
        *ALLOWED,
        *NODE_KINDS,
        *(kind.value for kind in _SHAPE_TYPES),
        *(terms.SH + name for name in ("Violation", "Warning", "Info", "PropertyGroup")),
        *(terms.SH + name + "Path" for name in ("inverse", "alternative", "zeroOrOne")),
        *(terms.SH + name + "Path" for name in ("zeroOrMore", "oneOrMore")),
    }
)
_NOTHING: Final = Look()
_UNKNOWN: Final = Look(Slip.BOTH, reads=None, beyond=None)


@dataclass(frozen=True, slots=True)
class Unit:
    """A shape with targets, or one `sh:property` of it, and how it is to be judged.

    `shape` and `part` are the IRIs ('' for a part that is the shape itself, or a blank node).
    `look`: how it looks at a part of the graph in which all triples of a focus node are shown.
    `screened`: the fast engine may judge it; `local`: even by that part of the graph, hiding
    nothing. `reason`: why not, when it is not screened.
    """

    shape: str
    part: str
    look: Look
    screened: bool
    local: bool
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Part:
    """A shapes graph of its own, and how it looks at the graph that it judges."""

    quads: tuple[Quad, ...] = ()
    look: Look = _NOTHING


@dataclass(frozen=True, slots=True)
class Split:
    """A shapes graph by who may judge it, and on what.

    `local`: for the fast engine, batch by batch; `whole`: for the fast engine, on the finished
    graph; `reference`: for the reference engine. What the fast engine flags by `local` or `whole`
    is to be judged again by `screened`, both of them as they were written: it may flag too much,
    never too little.
    """

    local: Part
    whole: Part
    screened: Part
    reference: Part
    units: tuple[Unit, ...]


def split_shapes(rules: Sequence[Quad]) -> Split:
    """Split a shapes graph by who may judge it.

    >>> from pyoxigraph import RdfFormat, parse
    >>> text = '''@prefix sh: <http://www.w3.org/ns/shacl#> . @prefix ex: <http://example.org/> .
    ... ex:S sh:targetClass ex:C ; sh:property ex:S-p , ex:S-q .
    ... ex:S-p sh:path ex:p ; sh:minCount 1 .
    ... ex:S-q sh:path [ sh:oneOrMorePath ex:q ] ; sh:maxCount 1 .'''
    >>> split = split_shapes(list(parse(text, format=RdfFormat.TURTLE)))
    >>> [(unit.part[-3:], unit.local, unit.reason) for unit in split.units]
    [('S-p', True, ''), ('S-q', False, 'a path that repeats, or is not well formed')]
    """
    index = Rules.of(rules)
    strange = _strange(index)
    local, whole = _Writer(index, fast=True), _Writer(index, fast=True)
    screened, reference = _Writer(index, fast=False), _Writer(index, fast=False)
    units = []
    for root, said, part in _pieces(index):
        unit, whole_look = _judge(index, root, said, part, strange)
        units.append(unit)
        if unit.local:
            local.add(root, said, unit.look)
        elif unit.screened:
            whole.add(root, said, whole_look)
        (screened if unit.screened else reference).add(root, said, whole_look)
    if strange:
        everything = Part(tuple(rules), _UNKNOWN)
        return Split(Part(), Part(), Part(), everything, tuple(units))
    return Split(local.part(), whole.part(), screened.part(), reference.part(), tuple(units))


def _strange(index: Rules) -> str:
    """A term of SHACL, outside of any shape with targets, that might bear on all shapes."""
    roots = {root for root, _, _ in _pieces(index)}
    held = set(roots)
    todo = list(roots)
    while todo:
        for objects in index.of_subject(todo.pop()).values():
            new = {o for o in objects if o in index.said} - held
            held |= new
            todo += new
    for subject in index.said.keys() - held:
        for predicate, objects in index.of_subject(subject).items():
            for term in (predicate, *(o.value for o in objects if isinstance(o, NamedNode))):
                if term.startswith(terms.SH) and term not in _VOCABULARY:
                    return term
    return ""


def _is_root(said: Said) -> bool:
    types = said.get(terms.TYPE.value, ())
    aims = any(name.startswith(terms.SH + "target") for name in said)
    # A shape that is a class as well has its instances for focus nodes.
    shape = any(name.startswith(terms.SH) for name in said) or not _SHAPE_TYPES.isdisjoint(types)
    return aims or (shape and any(not terms.text_of(t).startswith(terms.SH) for t in types))


def _pieces(index: Rules) -> Iterator[tuple[Term, Said, str]]:
    """Each shape with targets, in the pieces that can be judged apart; the IRI of each piece."""
    used = {
        value
        for said in index.said.values()
        for name, objects in said.items()
        if name in SHAPE_VALUED or name == FIRST
        for value in objects
    }
    for root, said in index.said.items():
        if not _is_root(said):
            continue
        # What is said of siblings, and what others see in the shape, would be lost in pieces.
        siblings = {n for part in said.get(_PROPERTY, ()) for n in index.of_subject(part)}
        if root in used or _CLOSED in said or _PATH in said or _DISJOINT in siblings:
            yield root, said, ""
            continue
        head = {name: objects for name, objects in said.items() if name in _HEAD}
        own = {name: objects for name, objects in said.items() if name != _PROPERTY}
        if own != head or _PROPERTY not in said:
            yield root, own, ""
        for value in said.get(_PROPERTY, ()):
            part = value.value if isinstance(value, NamedNode) else ""
            yield root, {**head, _PROPERTY: (value,)}, part


def _judge(index: Rules, root: Term, said: Said, part: str, strange: str) -> tuple[Unit, Look]:
    """The unit, and how it looks at the whole graph."""
    name = root.value if isinstance(root, NamedNode) else ""
    try:
        if strange:
            raise UnscreenableError(f"{strange} in the shapes")
        # An object is a focus node where the link to it is, which is seldom where its triples are.
        linked = terms.SH + "targetObjectsOf" in said
        aim = _aim(said)
        near = aim | look_of(index, root, said, Seen.SOME if linked else Seen.OWN)
        far = aim | look_of(index, root, said, Seen.ALL)
    except UnscreenableError as error:
        return Unit(name, part, _UNKNOWN, False, False, str(error)), _UNKNOWN
    if Slip.HIDES in far.slip:
        reason = "under a negation, the engines differ"
        return Unit(name, part, near, False, False, reason), far
    local = Slip.HIDES not in near.slip and not near.backward
    return Unit(name, part, near, True, local), far


def _aim(said: Said) -> Look:
    """What finding the focus nodes reads; raises `UnscreenableError`."""
    reads: set[str] = set()
    for name, objects in said.items():
        if name.startswith(terms.SH + "target") and name not in TARGETS:
            raise UnscreenableError(name)
        if name in TARGETS:
            for value in objects:
                if not isinstance(value, NamedNode):
                    raise UnscreenableError(f"{name} of what is no IRI")
                if name == terms.SH + "targetClass":
                    reads |= {terms.TYPE.value, terms.SUBCLASS_OF.value}
                elif name != terms.SH + "targetNode":
                    reads.add(value.value)
    return Look(reads=frozenset(reads))


class _Writer:
    """Collects the triples of pieces as one shapes graph; `fast`: as the fast engine is to read it.

    Then what is only said of results is left out, patterns are written in its syntax, and guards
    stand where it takes more values than the reference engine.
    """

    def __init__(self, index: Rules, *, fast: bool) -> None:
        self._index = index
        self._fast = fast
        self._quads: dict[Quad, None] = {}
        self._look = Look()

    def part(self) -> Part:
        """What was collected."""
        return Part(tuple(self._quads), self._look)

    def add(self, root: Term, said: Said, look: Look) -> None:
        """Take in one piece of a shape with all that it refers to."""
        self._look |= look
        self._write(root, said)
        done = {root}
        todo = list(self._next(said))
        while todo:
            node = todo.pop()
            if node in done:
                continue
            done.add(node)
            inner = self._index.of_subject(node)
            # Where it is a focus node's shape itself, it is a piece of its own.
            rest = {n: o for n, o in inner.items() if not n.startswith(terms.SH + "target")}
            self._write(node, rest)
            todo += self._next(rest)

    def _next(self, said: Said) -> Iterable[Term]:
        for name, objects in said.items():
            for value in objects:
                if value in self._index.said and (
                    not self._fast or name in SHAPE_VALUED or isinstance(value, BlankNode)
                ):
                    yield value
                if self._fast and name in SHAPE_LISTS:
                    yield from self._index.items(value)

    def _write(self, node: Term, said: Said) -> None:
        for name, objects in said.items():
            if self._fast and (name in NOTES or name == SEVERITY):
                continue
            for value in objects:
                if self._fast and name == _PATTERN:
                    value = Literal(fast_pattern(terms.text_of(value)))
                if self._fast and name == _PROPERTY and _PATH in said:
                    self._wrap(node, value)
                    continue
                self._put(node, name, value)
                if self._fast and name == _DATATYPE and terms.text_of(value) in SAFE_FORMS:
                    self._put(node, _PATTERN, Literal(SAFE_FORMS[terms.text_of(value)]))
                if self._fast and name == _PROPERTY:
                    self._guard(node, value)

    def _wrap(self, node: Term, part: Term) -> None:
        """Have the results of a property's property told of the focus node, not of its values."""
        wrapper = BlankNode()
        self._put(node, _NODE, wrapper)
        self._put(wrapper, _PROPERTY, part)
        self._guard(wrapper, part)

    def _guard(self, node: Term, part: Term) -> None:
        """Have the other side of an order be exact numbers, too: others the engines round."""
        said = self._index.of_subject(part)
        for other in {other for name in _ORDERS for other in said.get(name, ())}:
            guard, first, second = BlankNode(), BlankNode(), BlankNode()
            self._put(node, _PROPERTY, guard)
            self._put(guard, _PATH, other)
            self._put(guard, _DATATYPE, first)
            for cell, item, rest in ((first, 0, second), (second, 1, NIL)):
                self._put(cell, FIRST, NamedNode(NUMBERS[item]))
                self._put(cell, REST, rest)

    def _put(self, subject: Term, predicate: str, value: Term) -> None:
        if not isinstance(subject, Literal):
            self._quads[Quad(subject, NamedNode(predicate), value)] = None
