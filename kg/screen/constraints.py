"""The constraints that the fast engine may judge: a list of what is allowed, all else is not.

An entry is here because both engines were read and tried for it (`tests/test_screen.py` holds a
pair of graphs for each constraint of SHACL Core), in the forms of its value that are checked here.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Final

from pyoxigraph import NamedNode

from kg import terms
from kg.screen import forms
from kg.screen.look import Look, Seen, Slip, together
from kg.screen.paths import Values, values_of
from kg.screen.rules import NOTES, SEVERITY, TARGETS, Rules, Said, Term, UnscreenableError

_SH: Final = terms.SH
_DEEPEST: Final = 6

_SEVERITIES: Final = {NamedNode(_SH + name) for name in ("Violation", "Warning", "Info")}
_SHAPES: Final = {_SH + "NodeShape": False, _SH + "PropertyShape": True}
_STRUCTURE: Final = NOTES | TARGETS | {_SH + "path", SEVERITY, terms.TYPE.value}


@dataclass(frozen=True, slots=True)
class Use:
    """What a shape is asked for.

    `nested`: somebody asks whether it is conformed to, rather than for its results. `listed`: it is
    the value of another shape's `sh:property`. `trail`: the shapes that led to it.
    """

    nested: bool = False
    listed: bool = False
    trail: tuple[Term, ...] = ()


_ALONE: Final = Use()


@dataclass(frozen=True, slots=True)
class At:
    """Where a constraint stands: its shape, what the shape says, its value nodes, and its use."""

    rules: Rules
    said: Said
    values: Values
    seen: Seen
    use: Use

    @property
    def has_path(self) -> bool:
        """Whether the shape is a property shape."""
        return _SH + "path" in self.said

    def inner(self, shape: Term, *, nested: bool = True) -> Look:
        """How a shape looks that judges the value nodes of this one."""
        look = look_of(
            self.rules,
            shape,
            self.rules.of_subject(shape),
            self.values.seen,
            Use(nested or self.use.nested, not nested, self.use.trail),
        )
        return look.after(self.values.steps)


def look_of(
    rules: Rules,
    shape: Term,
    said: Said,
    seen: Seen,
    use: Use = _ALONE,
) -> Look:
    """How a shape, or a part of what is said of it, looks at a node of which `seen` is shown.

    Raises `UnscreenableError` when anything in it is not on the list.
    """
    if shape in use.trail:
        raise UnscreenableError("it refers to itself")
    if len(use.trail) >= _DEEPEST or not said:
        raise UnscreenableError("it refers to shapes too deep" if said else "it says nothing")
    _check_kind(said, use.nested)
    paths = said.get(_SH + "path", (None,))
    if len(paths) > 1:
        raise UnscreenableError("two paths")
    values = values_of(rules, paths[0], seen)
    at = At(rules, said, values, seen, replace(use, trail=(*use.trail, shape)))
    parts = [values.look]
    for predicate, objects in said.items():
        if predicate in _STRUCTURE:
            continue
        if predicate not in _CONSTRAINTS:
            raise UnscreenableError(predicate)
        parts += [_CONSTRAINTS[predicate](at, value) for value in objects]
        if len(objects) > 1 and predicate not in _MANY:
            raise UnscreenableError(f"{predicate}, twice")
    return together(parts)


def _check_kind(said: Said, nested: bool) -> None:
    kinds = [terms.text_of(kind) for kind in said.get(terms.TYPE.value, ())]
    if any(_SHAPES.get(kind) is not (_SH + "path" in said) for kind in kinds):
        raise UnscreenableError("its type")
    severities = said.get(SEVERITY, ())
    if len(severities) > 1 or not _SEVERITIES.issuperset(severities):
        raise UnscreenableError(SEVERITY)
    # The reference engine, allowing warnings, takes a nested shape that warns for conformed to.
    if nested and any(terms.text_of(s) != _SH + "Violation" for s in severities):
        raise UnscreenableError(f"{SEVERITY} of a nested shape")


def _missing(at: At, slip: Slip) -> Slip:
    """The slip that missing values make."""
    return Slip.NONE if at.values.whole else slip


def _each(check: Callable[[At, Term], Slip | None]) -> Callable[[At, Term], Look]:
    """A constraint of each value node, or of their number: one that is missing hides a result."""

    def look(at: At, value: Term) -> Look:
        return Look((check(at, value) or Slip.NONE) | _missing(at, Slip.HIDES))

    return look


def _needs_path(at: At) -> None:
    if not at.has_path:
        raise UnscreenableError("a node shape with a constraint of property shapes")


def _exact(at: At) -> bool:
    """Whether the shape itself says that its values are written as exact numbers."""
    return any(terms.text_of(t) in forms.NUMBERS for t in at.said.get(_SH + "datatype", ()))


def _class(at: At, value: Term) -> Look:
    forms.iri(value)
    slip = (Slip.NONE if at.values.seen is Seen.ALL else Slip.ADDS) | _missing(at, Slip.HIDES)
    reads = frozenset({terms.TYPE.value, terms.SUBCLASS_OF.value})
    return Look(slip, reads=reads).after(at.values.steps)


def _least(at: At, value: Term) -> Look:
    _needs_path(at)
    forms.count(value)
    return Look(_missing(at, Slip.ADDS))


def _most(at: At, value: Term) -> None:
    _needs_path(at)
    forms.count(value)


def _range(at: At, value: Term) -> Slip:
    forms.bound(value)
    if not _exact(at):
        raise UnscreenableError("a range of values that need not be exact numbers")
    return Slip.ADDS


def _least_length(_: At, value: Term) -> Slip:
    forms.count(value)
    # The reference engine lets a blank node pass when the least length is 0.
    return Slip.ADDS


def _pattern(at: At, value: Term) -> Slip:
    if _SH + "flags" in at.said:
        raise UnscreenableError("a pattern with flags")
    forms.pattern(value)
    return Slip.ADDS


def _language_in(at: At, value: Term) -> None:
    for tag in at.rules.items(value):
        forms.language(tag)


def _unique_lang(at: At, value: Term) -> None:
    _needs_path(at)
    forms.true(value)


def _in(at: At, value: Term) -> None:
    for item in at.rules.items(value):
        forms.node(item)


def _has_value(at: At, value: Term) -> Look:
    forms.node(value)
    return Look(_missing(at, Slip.ADDS))


def _pair(slip: Slip) -> Callable[[At, Term], Look]:
    """Values beside those of another property of the focus node."""

    def look(at: At, value: Term) -> Look:
        known = at.values.whole and at.seen is not Seen.SOME
        return Look(Slip.NONE if known else slip, reads=frozenset({forms.iri(value)}))

    return look


def _order(at: At, value: Term) -> Look:
    _needs_path(at)
    # A guard stands beside the shape, under the same shape (`kg.screen.split`).
    if not _exact(at) or not at.use.listed:
        raise UnscreenableError("an order of values that need not be exact numbers")
    look = _pair(Slip.HIDES)(at, value)
    return look.but(look.slip | Slip.ADDS)


def _closed(at: At, value: Term) -> Look:
    if at.has_path:
        raise UnscreenableError("a property shape that is closed")
    forms.true(value)
    # The reference engine lets `a rdfs:Resource` pass.
    return Look(Slip.ADDS if at.seen is not Seen.SOME else Slip.BOTH, reads=None)


def _ignored(at: At, value: Term) -> Look:
    if _SH + "closed" not in at.said:
        raise UnscreenableError("properties to ignore in a shape that is not closed")
    for name in at.rules.items(value):
        forms.iri(name)
    return Look()


def _property(at: At, value: Term) -> Look:
    if _SH + "path" not in at.rules.of_subject(value):
        raise UnscreenableError("a property shape without a path")
    look = at.inner(value, nested=False)
    return look.but(look.slip | _missing(at, Slip.HIDES))


def _node(at: At, value: Term) -> Look:
    look = at.inner(value)
    return look.but(look.slip | _missing(at, Slip.HIDES))


def _not(at: At, value: Term) -> Look:
    look = at.inner(value)
    return look.but(look.slip.turned | _missing(at, Slip.HIDES))


def _members(at: At, value: Term) -> Look:
    members = at.rules.items(value)
    if not members or len(set(members)) < len(members):
        raise UnscreenableError("a list of shapes that is empty, or names one twice")
    look = together(at.inner(member) for member in members)
    return look.but(look.slip | _missing(at, Slip.HIDES))


def _xone(at: At, value: Term) -> Look:
    look = _members(at, value)
    return look.but(Slip.BOTH if look.slip else Slip.NONE)


def _qualified(at: At, value: Term) -> Look:
    _needs_path(at)
    look = at.inner(value)
    least, most = (_SH + f"qualified{name}Count" in at.said for name in ("Min", "Max"))
    if not least and not most:
        raise UnscreenableError("a qualified shape without a count")
    slip = look.slip | _missing(at, Slip.ADDS) if least else Slip.NONE
    slip |= look.slip.turned | _missing(at, Slip.HIDES) if most else Slip.NONE
    return look.but(slip)


def _qualified_count(at: At, value: Term) -> Look:
    if _SH + "qualifiedValueShape" not in at.said:
        raise UnscreenableError("a qualified count of nothing")
    forms.count(value)
    return Look()


_CONSTRAINTS: Final[Mapping[str, Callable[[At, Term], Look]]] = {
    _SH + name: look
    for name, look in {
        "class": _class,
        "datatype": _each(lambda _, value: forms.datatype(value)),
        "nodeKind": _each(lambda _, value: forms.node_kind(value)),
        "minCount": _least,
        "maxCount": _each(_most),
        **{f"{end}{kind}clusive": _each(_range) for end in ("min", "max") for kind in ("In", "Ex")},
        "minLength": _each(_least_length),
        "maxLength": _each(lambda _, value: forms.count(value)),
        "pattern": _each(_pattern),
        "languageIn": _each(_language_in),
        "uniqueLang": _each(_unique_lang),
        "equals": _pair(Slip.BOTH),
        "disjoint": _pair(Slip.HIDES),
        "lessThan": _order,
        "lessThanOrEquals": _order,
        "in": _each(_in),
        "hasValue": _has_value,
        "closed": _closed,
        "ignoredProperties": _ignored,
        "property": _property,
        "node": _node,
        "not": _not,
        "and": _members,
        "or": _members,
        "xone": _xone,
        "qualifiedValueShape": _qualified,
        "qualifiedMinCount": _qualified_count,
        "qualifiedMaxCount": _qualified_count,
    }.items()
}
_MANY: Final = frozenset(
    _SH + n for n in ("class", "hasValue", "property", "node", "not", "and", "or", "xone")
)

# The predicates that may be said of a shape.
ALLOWED: Final = _STRUCTURE.union(_CONSTRAINTS)
