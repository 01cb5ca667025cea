"""The values of ordinary records as text, each kind read in its own way.

Everything is asked of `kg.context.Context`, as `kg.walk.Walk` asks it. What is kept for the next
record is bounded, as records come in any number.
"""

from __future__ import annotations

import re
from typing import Final, Protocol

from pyoxigraph import Literal

from kg import terms
from kg.context import Context, Term, is_iri
from kg.iris import resolve_iri
from kg.ontology import Ontology
from kg.plan.lexical import Datatype, quoted

# References that are their base and themselves, without any further ado.
_PLAIN: Final = re.compile(r"[\w~-][\w~/-]*(?:\.[\w~-][\w~/-]*)*", re.ASCII)
# How many values are kept, and of how many characters.
_MOST: Final = 1 << 16
_LONGEST: Final = 128


class Unusual(Exception):  # noqa: N818 - nothing need be wrong
    """What ordinary records do not have; `kg.walk.Walk` knows what to make of it."""


class Number(str):
    """The text of a JSON number."""

    __slots__ = ()


class Values(Protocol):
    """How values are read. What is `known` need not be read again."""

    known: dict[str, str]

    def read(self, text: str) -> str:
        """What a text is, as N-Quads; raises `Unusual`, and `ValueError` where it is no term."""

    def native(self, value: Number | bool) -> str:
        """What a number or a truth value is, as N-Quads; raises as `read` does."""


class References:
    """Values that are IRIs: with `vocab`, what is a term for a start."""

    def __init__(self, vocabulary: Vocabulary, context: Context, *, vocab: bool) -> None:
        self.known = vocabulary.new_known()
        self._vocabulary = vocabulary
        self._context = context
        self._vocab = vocab
        base = context.base
        self._joins = not vocab and resolve_iri(base, "a/b") == f"{base}a/b"

    def read(self, text: str) -> str:
        """The IRI in angle brackets."""
        joins = self._joins and _PLAIN.fullmatch(text)
        iri = self._context.base + text if joins else self._resolve(text)
        if self._vocabulary.is_foreign(iri):
            raise Unusual
        return self._vocabulary.keep(self.known, text, f"<{iri}>")

    def _resolve(self, text: str) -> str:
        """As `Walk` does it, which has words for what is refused here."""
        context, vocab = self._context, self._vocab
        iri = context.resolve(text, vocab=vocab)
        if not text.isprintable() or text.startswith("_:") or context.unknown_prefix(text):
            raise Unusual
        if not text or not is_iri(iri):
            raise Unusual
        if not (vocab or ":" in text or is_iri(text) or iri.startswith(context.base)):
            raise Unusual
        return iri

    def native(self, _value: Number | bool) -> str:
        """No IRI is a number."""
        raise Unusual


class Typed:
    """Values of one datatype."""

    def __init__(self, vocabulary: Vocabulary, datatype: str) -> None:
        self.known = vocabulary.new_known()
        self._vocabulary = vocabulary
        self._datatype = Datatype(datatype)

    def read(self, text: str) -> str:
        """The literal in canonical form."""
        if self._vocabulary.is_foreign(text):
            raise Unusual
        return self._vocabulary.keep(self.known, text, self._datatype.write(text))

    def native(self, value: Number | bool) -> str:
        """The literal of what JSON writes without quotation marks."""
        text = value if isinstance(value, Number) else "true" if value else "false"
        return self.known.get(text) or self.read(text)


class Texts:
    """Values that are text, in a language or none; few come twice, so none is kept."""

    def __init__(self, vocabulary: Vocabulary, language: str) -> None:
        self.known: dict[str, str] = {}
        self._vocabulary = vocabulary
        self._end = str(Literal("", language=language))[2:] if language else ""

    def read(self, text: str) -> str:
        """The literal, with its language."""
        if self._vocabulary.is_foreign(text):
            raise Unusual
        return quoted(text) + self._end

    def native(self, value: Number | bool) -> str:
        """The literal that the syntax says, as `kg.literals.plain_literal` does."""
        if isinstance(value, bool):
            local = "boolean"
        else:
            local = "double" if any(char in value for char in ".eE") else "integer"
        return self._vocabulary.typed(terms.XSD + local).native(value)


class Vocabulary:
    """The ways to read values, each made once, and what the ontology has to say of them."""

    def __init__(self, ontology: Ontology) -> None:
        self._namespaces = ontology.namespaces
        self._terms = ontology.known
        self._references: dict[tuple[Context, bool], References] = {}
        self._typed: dict[str, Typed] = {}
        self._texts: dict[str, Texts] = {}
        self._known: list[dict[str, str]] = []
        self._kept = 0

    def is_foreign(self, text: str) -> bool:
        """Whether that looks like a term of the ontology and is none."""
        return text.startswith(self._namespaces) and text not in self._terms

    def new_known(self) -> dict[str, str]:
        """A place to `keep` values in."""
        self._known.append({})
        return self._known[-1]

    def keep(self, known: dict[str, str], text: str, object_: str) -> str:
        """Keep what a text was found to be, and give it; all is forgotten when it is too much."""
        if len(text) <= _LONGEST:
            if self._kept >= _MOST:
                for each in self._known:
                    each.clear()
                self._kept = 0
            known[text] = object_
            self._kept += 1
        return object_

    def values(self, term: Term, context: Context) -> Values:
        """How the values of a key with this meaning are read in this context."""
        if term.is_reference:
            return self.references(context, vocab=term.coercion == "@vocab")
        if term.coercion:
            return self.typed(term.coercion)
        if term.language not in self._texts:
            self._texts[term.language] = Texts(self, term.language)
        return self._texts[term.language]

    def references(self, context: Context, *, vocab: bool) -> References:
        """How references are read in this context."""
        key = (context, vocab)
        if key not in self._references:
            self._references[key] = References(self, context, vocab=vocab)
        return self._references[key]

    def typed(self, datatype: str) -> Typed:
        """How the values of this datatype are read."""
        if datatype not in self._typed:
            self._typed[datatype] = Typed(self, datatype)
        return self._typed[datatype]
