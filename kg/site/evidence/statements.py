"""Statements in the order of the text: what a document says, paragraph by paragraph."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from pyoxigraph import NamedNode

from kg import terms
from kg.errors import printable
from kg.site.content import Content
from kg.site.evidence.reading import Facts, le, rest_of
from kg.view import Place, Value, View

_LANGUAGE: Final = NamedNode(terms.DCTERMS + "language")

# More than a page can show; the data have them all.
MOST_SAID: Final = 3000


@dataclass(frozen=True, slots=True)
class Said:
    """One statement at one place of a document. `study` is the one it reports."""

    statement: Value
    kind: Value | None
    place: Place
    study: Value | None


@dataclass(frozen=True, slots=True)
class Paragraph:
    """What is said in one paragraph, in order; '' where the paragraph is not told."""

    number: str
    said: tuple[Said, ...]

    @property
    def anchor(self) -> str:
        """The paragraph's place on the page of its document."""
        return f"p{self.number}" if self.number.isalnum() and self.number.isascii() else "p"


@dataclass(frozen=True, slots=True)
class DocumentPage:
    """A document: how to know the file, and what it says.

    `counts` are the statements and other things that it speaks of, by class; `passages` how many
    places they were read at; `hedges` how many passages have each hedge, the firmest first. `more`
    is how much of what it says is not on the page, as there is too much.
    """

    file_name: str
    sha256: str
    language: str
    paragraphs: tuple[Paragraph, ...]
    counts: tuple[tuple[Value, int], ...]
    hedges: tuple[tuple[str, int], ...]
    passages: int
    more: int
    studies: tuple[Value, ...]


def document_page(facts: Facts, node: NamedNode) -> DocumentPage:
    """All that was read in a document."""
    said = _said_in(facts, node)
    kinds: dict[Value, set[Value]] = {}
    hedges: dict[str, set[str]] = {}
    firmness: dict[str, int] = {}
    for one in said:
        if one.kind:
            kinds.setdefault(one.kind, set()).add(one.statement)
        hedges.setdefault(one.place.hedge, set()).add(one.place.iri)
        firmness[one.place.hedge] = facts.firmness(one.place)
    ranked = sorted(hedges, key=lambda text: (-firmness[text], text))
    studies = {one.study for one in said if one.study} | {
        one.statement for one in said if facts.is_a(_node(one.statement), terms.STUDY)
    }
    return DocumentPage(
        file_name=printable(facts.text(node, terms.FILE_NAME)),
        sha256=facts.text(node, terms.SHA256),
        language=facts.text(node, _LANGUAGE),
        paragraphs=tuple(_paragraphs(said[:MOST_SAID])),
        counts=tuple((kind, len(kinds[kind])) for kind in sorted(kinds, key=lambda v: v.text)),
        hedges=tuple((text, len(hedges[text])) for text in ranked if text),
        passages=len({one.place.iri for one in said}),
        more=max(len(said) - MOST_SAID, 0),
        studies=tuple(sorted(studies, key=lambda value: value.text)),
    )


def _node(value: Value) -> NamedNode:
    assert isinstance(value.term, NamedNode)
    return value.term


def _said_in(facts: Facts, document: NamedNode) -> list[Said]:
    found = []
    for passage in facts.subjects(terms.HAS_SOURCE, document):
        place = facts.reader.place(passage)
        for statement in facts.subjects(terms.HAS_PASSAGE, passage):
            found.append(
                Said(
                    facts.reader.value(statement),
                    facts.one(statement, terms.TYPE),
                    place,
                    facts.one(statement, le("study")),
                )
            )
    return sorted(found, key=_order)


def _order(said: Said) -> tuple[int, int, int, str, str]:
    place = said.place
    numbers = [int(n) if n.isdecimal() and len(n) < 19 else 0
               for n in (place.paragraph, place.start, place.end)]  # fmt: skip
    return numbers[0], numbers[1], numbers[2], said.statement.text, _node(said.statement).value


def _paragraphs(said: Iterable[Said]) -> Iterable[Paragraph]:
    together: dict[str, list[Said]] = {}
    for one in said:
        together.setdefault(one.place.paragraph, []).append(one)
    for number, ones in together.items():
        yield Paragraph(number, tuple(ones))


def document_values(content: Content, view: View) -> dict[str, object]:
    """What the page of a document shows."""
    page = document_page(Facts(content), NamedNode(view.iri))
    own = (terms.FILE_NAME, terms.SHA256, _LANGUAGE)
    # What refers to a document are the passages in it, and they are on the page.
    passages = {said.place.iri for part in page.paragraphs for said in part.said}
    statements = {said.statement.iri for part in page.paragraphs for said in part.said}
    return {"document": page, "view": rest_of(view, own, passages | statements)}
