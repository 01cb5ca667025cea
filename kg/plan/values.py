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
# How many values of one kind are kept, and of how many characters.
_MOST: Final = 1 << 15
_LONGEST: Final = 256


class Unusual(Exception):  # noqa: N818 - nothing need be wrong
    """What ordinary records do not have; `kg.walk.Walk` knows what to make of it."""


class Number(str):
    """The text of a JSON number."""

    __slots__ = ()


class Known(dict[str, str]):
    """What values were found to be, as N-Quads; forgotten when there are too many."""

    def keep(self, text: str, object_: str) -> str:
        """Remember what `text` is, and give it."""
        if len(text) <= _LONGEST:
            if len(self) >= _MOST:
                self.clear()
            self[text] = object_
        return object_


class Values(Protocol):
    """How values are read. What is `known` need not be read again."""

    known: Known

    def read(self, text: str) -> str:
        """What a text is, as N-Quads; raises `Unusual`, and `ValueError` where it is no term."""

    def native(self, value: Number | bool) -> str:
        """What a number or a truth value is, as N-Quads; raises as `read` does."""


class References:
    """Values that are IRIs: with `vocab`, what is a term for a start."""

    def __init__(self, vocabulary: Vocabulary, context: Context, *, vocab: bool) -> None:
        self.known = Known()
        self._vocabulary = vocabulary
        self._context = context
        self._vocab = vocab
        base = context.base
        self._joins = not vocab and resolve_iri(base, "a/b") == f"{base}a/b"

    def read(self, text: str) -> str:
        """The IRI in angle brackets."""
        joins = self._joins and _PLAIN.fullmatch(text)
        iri = self._context.base + text if joins else self._resolve(text)
        self._vocabulary.refuse_foreign(iri)
        return self.known.keep(text, f"<{iri}>")

    def _resolve(self, text: str) -> str:
        """As `Walk` does it, which has words for what is refused here."""
        context, vocab = self._context, self._vocab
        iri = context.resolve(text, vocab=vocab)
        if not text or text.startswith("_:") or context.unknown_prefix(text) or not is_iri(iri):
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
        self.known = Known()
        self._vocabulary = vocabulary
        self._datatype = Datatype(datatype)

    def read(self, text: str) -> str:
        """The literal in canonical form."""
        self._vocabulary.refuse_foreign(text)
        return self.known.keep(text, self._datatype.write(text))

    def native(self, value: Number | bool) -> str:
        """The literal of what JSON writes without quotation marks."""
        text = value if isinstance(value, Number) else "true" if value else "false"
        return self.known.get(text) or self.read(text)


class Texts:
    """Values that are text, in a language or none; few come twice, so none is kept."""

    def __init__(self, vocabulary: Vocabulary, language: str) -> None:
        self.known = Known()
        self._vocabulary = vocabulary
        self._end = str(Literal("", language=language))[2:] if language else ""

    def read(self, text: str) -> str:
        """The literal, with its language."""
        self._vocabulary.refuse_foreign(text)
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

    def refuse_foreign(self, text: str) -> None:
        """Raises `Unusual` for what looks like a term of the ontology and is none."""
        if text.startswith(self._namespaces) and text not in self._terms:
            raise Unusual

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
