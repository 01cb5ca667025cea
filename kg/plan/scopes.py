"""What keys and classes mean in a context: looked up once, and kept as text to put together.

Everything is asked of `kg.context.Context`, as `kg.walk.Walk` asks it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sized
from dataclasses import dataclass
from enum import Enum
from typing import Any, Final

from pyoxigraph import NamedNode

from kg import terms
from kg.context import Context
from kg.iris import local_name
from kg.ontology import Ontology
from kg.plan.values import Unusual, Values, Vocabulary

_LOCAL: Final = re.compile(r"[\w-]+", re.ASCII)
_TYPED: Final = f" {terms.TYPE} "
# What is kept at most, as any IRI may be a key: names of a scope, their characters, scopes.
_NAMES: Final = 1 << 12
_LONGEST: Final = 256
_SCOPES: Final = 64


class Special(Enum):
    """What keys mean that are no properties.

    `UNKNOWN` ones, or keywords with no place in a node, may still mean something in the context
    that the type of a node brings.
    """

    ID = "@id"
    TYPE = "@type"
    UNKNOWN = ""


_KEYWORDS: Final = {"@id": Special.ID, "@type": Special.TYPE}


@dataclass(slots=True, eq=False)
class Property:
    """What any other key means within a scope.

    `predicate` has a blank on both sides. `local` names nodes nested here, '' where there are none;
    `class_` is the predicate and the class that they have when the ontology says one, and `nested`
    their scope, once there was one. `inner` is the context of values, `outer` that of nodes.
    """

    predicate: str
    values: Values
    local: str
    class_: str
    inner: Context
    outer: Context
    nested: Scope | None = None

    def check(self, node: dict[str, Any]) -> None:
        """Raises `Unusual` for what is a value, not a node, to the inner context."""
        # A context that is both refuses keywords by itself.
        if self.inner is not self.outer:
            for key in node:
                if self.inner.alias(key) in ("@value", "@set"):
                    raise Unusual


class Scope:
    """The keys and classes of nodes in one context; `outer` is that context without its types."""

    def __init__(self, scopes: Scopes, context: Context, outer: Context) -> None:
        self.keys: dict[str, Property | Special] = {}
        self.id_keys: set[str] = set()
        self.classes: dict[str, str] = {}
        self.within: dict[str, Scope] = {}
        self.ids = scopes.vocabulary.references(context, vocab=False)
        self._scopes = scopes
        self._context = context
        self._outer = outer

    def learn(self, key: str) -> Property | Special:
        """What a new key means; raises `Unusual`."""
        _check_name(key, self.keys)
        keyword = self._context.alias(key)
        if keyword == "@id":
            self.id_keys.add(key)
        if keyword.startswith("@"):
            self.keys[key] = _KEYWORDS.get(keyword, Special.UNKNOWN)
        else:
            self.keys[key] = self._property(key) or Special.UNKNOWN
        return self.keys[key]

    def _property(self, key: str) -> Property | None:
        context, vocabulary = self._context, self._scopes.vocabulary
        if key in context.types or key in context.prefixes or context.unknown_prefix(key):
            return None
        term = context.term(key)
        if term is None or term.reverse or term.by_language:
            return None
        inner, outer = context.scope(key), self._outer.scope(key)
        term = inner.coercion_of(key, term)
        class_ = self._scopes.ranges.get(term.iri, "")
        if vocabulary.is_foreign(term.iri):
            return None
        local = local_name(key)
        nests = _LOCAL.fullmatch(local) and not vocabulary.is_foreign(class_)
        return Property(
            predicate=f" {NamedNode(term.iri)} ",
            values=vocabulary.values(term, inner),
            local=local if nests else "",
            class_=f"{_TYPED}{NamedNode(class_)}" if class_ else "",
            inner=inner,
            outer=outer,
        )

    def learn_class(self, name: str) -> str:
        """The predicate and the class that a new type means; raises `Unusual` or `ValueError`."""
        _check_name(name, self.classes)
        context = self._context
        iri = context.expand(name, vocab=True)
        known = name in context.keys or name in context.prefixes
        if known or context.unknown_prefix(name) or self._scopes.vocabulary.is_foreign(iri):
            raise Unusual
        self.classes[name] = f"{_TYPED}{NamedNode(iri)}"
        return self.classes[name]

    def enter_class(self, name: str) -> Scope:
        """The scope of the keys of nodes of a new class; often this one."""
        _check_name(name, self.within)
        self.within[name] = self._scopes.of(self._context.scope(name), self._outer)
        return self.within[name]

    def read_again(self, node: dict[str, Any], outer: Scope) -> Iterator[tuple[Property, Any]]:
        """The properties here of a node whose id and types were read in the outer scope."""
        for key, value in node.items():
            if outer.keys[key] not in (Special.ID, Special.TYPE):
                property_ = self.keys.get(key) or self.learn(key)
                if not isinstance(property_, Property):
                    raise Unusual
                yield property_, value


def _check_name(name: str, names: Sized) -> None:
    """Raises `Unusual` for a name that is not worth to be kept among these."""
    if len(names) >= _NAMES or len(name) > _LONGEST or not name.isprintable():
        raise Unusual


class Scopes:
    """The scopes of a context and of those within it, each made once."""

    def __init__(self, context: Context, ontology: Ontology) -> None:
        self.vocabulary = Vocabulary(ontology)
        self.ranges = ontology.ranges
        self._base = context.base
        ours = (context.base + end for end in ("graph/", "software/", "metadata/", "queries/"))
        self._reserved = (*ontology.namespaces, *ours)
        self._terms = ontology.known
        self._made: dict[tuple[Context, Context], Scope] = {}
        self.top = self.of(context, context)

    def reserve(self, iri: str) -> bool:
        """Whether no record may describe that."""
        return iri in self._terms or iri.startswith(self._reserved) or iri == self._base

    def of(self, context: Context, outer: Context) -> Scope:
        """The scope of a context; raises `Unusual` when contexts within contexts make too many."""
        key = (context, outer)
        if key not in self._made:
            if len(self._made) >= _SCOPES:
                raise Unusual
            self._made[key] = Scope(self, context, outer)
        return self._made[key]

    def enter(self, property_: Property) -> Scope:
        """The scope of nodes nested under a property; raises `Unusual` where there are none."""
        if not property_.local:
            raise Unusual
        property_.nested = self.of(property_.outer, property_.outer)
        return property_.nested
