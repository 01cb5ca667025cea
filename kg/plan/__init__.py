"""The fast path: an ordinary JSON record → lines of N-Quads, by a plan made of the context.

Whatever is unusual, above all what is wrong, is left to `kg.walk.Walk`, which knows places. What
is written here is what `Walk` would have said, to the byte.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass, field
from typing import Any, Final, NoReturn

from kg.context import Context, ContextError
from kg.ontology import Ontology
from kg.plan.scopes import Property, Scope, Scopes, Special
from kg.plan.values import Number, Unusual
from kg.sheets import Limits

_DEEPEST: Final = 32
"""Levels of values that a record may have here, whatever the project's limits allow."""


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        raise Unusual
    return found


def _refuse(_word: str) -> NoReturn:
    raise Unusual


_DECODER: Final = json.JSONDecoder(
    object_pairs_hook=_object, parse_float=Number, parse_int=Number, parse_constant=_refuse
)
# As `kg.sheets.nodes.fingerprint` does.
_ENCODE: Final = json.JSONEncoder(sort_keys=True, ensure_ascii=True).encode


@dataclass(slots=True)
class Record:
    r"""What a record says.

    `lines` are its quads, canonical, each `<s> <p> <o> <g> .\n`, in no order, and may repeat.
    `subjects` are the IRIs of the nodes it describes, one for each description, in order.
    """

    lines: list[str] = field(default_factory=list)
    subjects: list[str] = field(default_factory=list)


class Plan:
    r"""A context and an ontology, made ready to compile ordinary records fast.

    >>> from kg.sheets import Limits
    >>> context = Context.parse({"id": "@id", "name": "https://e.org/#name"}, "https://e.org/")
    >>> plan = Plan(context, Ontology("https://e.org/#", (), ()))
    >>> plan.compile('{"id": "a", "name": "Iron"}', "https://e.org/graph/a", Limits()).lines
    ['<https://e.org/a> <https://e.org/#name> "Iron" <https://e.org/graph/a> .\n']
    """

    def __init__(self, context: Context, ontology: Ontology) -> None:
        self._scopes = Scopes(context, ontology)

    def compile(self, text: str, graph: str, limits: Limits) -> Record | None:
        """What one JSON text says in the graph; None where anything is unusual."""
        if _may_hold_more(text, limits.nodes):
            return None
        writer = _Writer(graph, self._scopes)
        try:
            writer.top(_DECODER.decode(text), min(limits.depth, _DEEPEST))
        except (Unusual, ContextError, ValueError, RecursionError):
            # A `ValueError` is bad JSON, or a term that pyoxigraph refuses.
            return None
        return writer.record


def _may_hold_more(text: str, nodes: int) -> bool:
    """Whether the text may hold more values than that, as `kg.sheets.nodes.Builder` counts."""
    if len(text) < nodes:
        return False
    # Each value and key follows one of these; a text of 256 characters counts once more.
    return 1 + sum(map(text.count, "[{,:")) + len(text) // 256 > nodes


class _Writer:
    """Writes one record down. `left` is always how many levels may yet open."""

    def __init__(self, graph: str, scopes: Scopes) -> None:
        self.record = Record()
        self._scopes = scopes
        self._end = f" <{graph}> .\n"

    def top(self, value: Any, left: int) -> None:
        """A node, a list of them, or an object with nothing but `@graph`."""
        if left < 2:
            raise Unusual
        many = type(value) is list
        for item in value if many else (value,):
            if type(item) is not dict:
                raise Unusual
            if "@graph" not in item:
                self._node(item, self._scopes.top, "", "", left - many)
            elif len(item) == 1:
                self.top(item["@graph"], left - many - 1)
            else:
                raise Unusual

    def _node(self, node: dict[str, Any], scope: Scope, nested: str, class_: str, left: int) -> str:
        """Write a node and give its IRI in angle brackets.

        `nested` is the IRI it gets when it has no id; `class_` what is said when it has no type.
        """
        # The node opens a level, and the values of a key may open another one.
        if left < 2:
            raise Unusual
        name = ""
        types: Any = None
        described: list[tuple[Property, Any]] = []
        known, keys = True, scope.keys
        for key, value in node.items():
            property_ = keys.get(key) or scope.learn(key)
            if type(property_) is Property:
                described.append((property_, value))
            elif property_ is Special.ID:
                if name or type(value) is not str:
                    raise Unusual
                name = scope.ids.known.get(value) or scope.ids.read(value)
            elif property_ is Special.UNKNOWN:
                known = False
            elif types is None and value is not None:
                types = value
            else:
                raise Unusual
        if known and types is None and not described:
            if not (name and nested):
                raise Unusual
            return name
        name = name or nested
        subject = name[1:-1]
        if not subject or self._scopes.reserve(subject):
            raise Unusual
        self.record.subjects.append(subject)
        if types is not None:
            typed = self._types(name, types, scope)
            if typed is not scope:
                described, known = list(typed.read_again(node, scope)), True
        elif class_:
            self.record.lines.append(f"{name}{class_}{self._end}")
        if not known:
            raise Unusual
        self._properties(name, described, left - 1)
        return name

    def _types(self, name: str, types: Any, scope: Scope) -> Scope:
        """Write the classes of a node; gives the scope that its keys are read in."""
        typed = scope
        items = types if type(types) is list else (types,)
        if not items:
            raise Unusual
        for item in items:
            if type(item) is not str:
                raise Unusual
            class_ = scope.classes.get(item) or scope.learn_class(item)
            self.record.lines.append(f"{name}{class_}{self._end}")
            typed = typed.within.get(item) or typed.enter_class(item)
        return typed

    def _properties(self, name: str, described: list[tuple[Property, Any]], left: int) -> None:
        """Write what is said of the node called `name`."""
        lines, end = self.record.lines, self._end
        for property_, value in described:
            if type(value) is str:
                # As nearly all are: a way of their own is worth it.
                values = property_.values
                object_ = values.known.get(value) or values.read(value)
                lines.append(f"{name}{property_.predicate}{object_}{end}")
                continue
            many = type(value) is list
            if many and not value:
                raise Unusual
            for item in value if many else (value,):
                object_ = self._object(name, property_, item, many, left - many)
                lines.append(f"{name}{property_.predicate}{object_}{end}")

    def _object(self, name: str, property_: Property, item: Any, many: bool, left: int) -> str:
        """What one value is, of `many` or alone, as N-Quads."""
        kind = type(item)
        if kind is dict:
            return self._nested(name, property_, item, many, left)
        values = property_.values
        if kind is str:
            return values.known.get(item) or values.read(item)
        if kind is Number or kind is bool:
            return values.native(item)
        raise Unusual

    def _nested(
        self, name: str, property_: Property, node: dict[str, Any], many: bool, left: int
    ) -> str:
        scope = property_.nested or self._scopes.enter(property_)
        property_.check(node)
        end = ""
        if many and scope.id_keys.isdisjoint(node):
            end = f"/{hashlib.sha256(_ENCODE(node).encode()).hexdigest()[:8]}"
        nested = f"{name[:-1]}/{property_.local}{end}>"
        return self._node(node, scope, nested, property_.class_, left)
