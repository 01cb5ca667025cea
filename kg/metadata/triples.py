"""Triples about a release: collected without blank nodes, under IRIs of their own."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Sequence
from typing import Any

from pyoxigraph import Literal, NamedNode, Quad

from kg import terms
from kg.iris import local_name, slug

Value = NamedNode | Literal | Sequence[NamedNode | Literal] | None


class Triples:
    """What is said of a dataset, in the graph that its base names.

    >>> said = Triples("https://example.org/")
    >>> said.say(said.node("publisher"), {terms.FOAF + "name": Literal("Somebody")})
    >>> [quad.subject.value for quad in said.quads()]
    ['https://example.org/metadata/publisher']
    """

    def __init__(self, base: str, language: str = "en") -> None:
        self.dataset = NamedNode(base)
        self._language = language
        self._said: dict[Quad, None] = {}

    def node(self, *parts: str) -> NamedNode:
        """The IRI of something that metadata alone speaks of."""
        return NamedNode(f"{self.dataset.value}metadata/{'/'.join(parts)}")

    def text(self, text: str) -> Literal | None:
        """A text in the dataset's language; nothing for none."""
        return Literal(text, language=self._language) if text else None

    def texts(self, texts: Iterable[str]) -> list[NamedNode | Literal]:
        """Texts in the dataset's language, without the empty ones."""
        return [literal for text in texts if (literal := self.text(text))]

    def say(self, subject: NamedNode, facts: dict[str, Value]) -> None:
        """Say something of a subject: property → value, or values; None says nothing."""
        for predicate, value in facts.items():
            values: Iterable[Any] = value if isinstance(value, list | tuple) else [value]
            for object_ in values:
                if object_ is not None:
                    quad = Quad(subject, NamedNode(predicate), object_, self.dataset)
                    self._said[quad] = None

    def a(self, subject: NamedNode, *classes: str) -> NamedNode:
        """Say what a subject is, and give it back."""
        self.say(subject, {terms.TYPE.value: [NamedNode(class_) for class_ in classes]})
        return subject

    def quads(self) -> list[Quad]:
        """All that was said, each once."""
        return list(self._said)


def named(iri: str) -> NamedNode | None:
    """A node, or None where there is no IRI."""
    return NamedNode(iri) if iri else None


def number(value: int, datatype: str = "integer") -> Literal:
    """A whole number."""
    return Literal(str(value), datatype=NamedNode(terms.XSD + datatype))


def name_of(text: str) -> str:
    """A short name for any text, one segment: readable where the text is plain, never shared.

    >>> name_of("Linked Evidence")
    'linked-evidence'
    """
    short = slug(text)
    digest = hashlib.sha256(text.encode()).hexdigest()[:12]
    plain = re.fullmatch(r"[A-Za-z0-9]+(?: [A-Za-z0-9]+)*", text) and len(text) < 60
    return short if plain else "-".join(filter(None, (short[:60], digest)))


def key_of(iri: str) -> str:
    """A short name for an IRI, one segment, that depends on nothing but the IRI.

    >>> key_of("https://example.org/ontology#Mineral")
    'mineral-1285e5d43011'
    """
    digest = hashlib.sha256(iri.encode()).hexdigest()[:12]
    return "-".join(filter(None, (slug(local_name(iri.rstrip("/#_"))), digest)))
