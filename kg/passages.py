"""Passages of documents, and whether they still are where the data says.

A passage is a document, a start and an end in Unicode code points, and the SHA-256 of the UTF-8
bytes of the text between them, so that whoever has the document can check it and nobody needs to
hand it on. The place is a Web Annotation `oa:TextPositionSelector`.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

from pyoxigraph import NamedNode, Store

from kg import terms
from kg.context import is_iri
from kg.errors import ConfigError, Problem, Severity
from kg.iris import hash_of
from kg.places import Places

# How much text to search, per passage, for one that has moved: bytes hashed, about a second.
_SEARCH_BUDGET = 200_000_000


@dataclass(frozen=True, slots=True)
class PassageCheck:
    """How many passages were right, wrong, or not looked at, and every problem found."""

    checked: int
    wrong: int
    not_checked: int
    problems: tuple[Problem, ...] = ()


@dataclass(frozen=True, slots=True)
class _Document:
    iri: str
    file_name: str
    sha256: str


@dataclass(frozen=True, slots=True)
class _Passage:
    iri: str
    document: str
    start: int
    end: int
    sha256: str
    paragraph: str


def check_passages(store: Store, folder: Path, places: Places) -> PassageCheck:
    """Check every document in a store, and every passage of it, against the files of a folder.

    A document that is not there leaves its passages unchecked (a warning); a changed document and
    a wrong passage are errors of their own kinds, and a passage that is found elsewhere says where.
    Nothing of the text itself is ever part of a message. Raises `ConfigError` without the folder.
    One document is in memory at a time.
    """
    if not folder.is_dir():
        raise ConfigError(f"{folder} is not a folder; it should hold the documents")
    found: list[Problem] = []
    sources = store.quads_for_pattern(None, terms.HAS_SOURCE, None, None)
    left = {terms.text_of(quad.subject) for quad in sources}
    checked = wrong = 0
    for document in _documents(store):
        text = _read(document, folder, found)
        if text is None:
            continue
        for passage in _passages(store, document):
            if passage.iri not in left:
                continue
            left.remove(passage.iri)
            checked += 1
            complaint = _complaint(passage, text)
            if complaint:
                wrong += 1
                found.append(_problem(passage.iri, terms.SHA256, complaint, "wrong-passage"))
    places.recall(subjects={hash_of(problem.focus) for problem in found})
    problems = []
    for problem in found:
        name, mark = places.find(problem.focus, problem.path)
        problems.append(replace(problem, file=name, line=mark.line, column=mark.column, path=""))
    return PassageCheck(checked, wrong, len(left), tuple(problems))


def _problem(
    focus: str, key: NamedNode, message: str, rule: str, severity: Severity = Severity.ERROR
) -> Problem:
    """A problem at a key of a node, of which it is not known yet where that is written."""
    return Problem("", 0, 0, message, rule, severity, focus=focus, path=key.value)


def _read(document: _Document, folder: Path, problems: list[Problem]) -> str | None:
    """The text of a document, or None when it is not there or not text; says what is wrong."""

    def complain(key: NamedNode, message: str, rule: str, severity: Severity) -> None:
        problems.append(_problem(document.iri, key, message, rule, severity))

    # Only a plain name is looked up: data must not be able to point out of the folder.
    path = folder / document.file_name
    plain = (
        document.file_name not in ("", ".", "..")
        and Path(document.file_name).name == document.file_name
    )
    if not plain or not _is_file(path):
        message = (
            f"document `{document.file_name}` is not in {folder}; its passages are not checked"
        )
        complain(terms.FILE_NAME, message, "document-missing", Severity.WARNING)
        return None
    try:
        data = path.read_bytes()
        text = data.decode("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        message = f"document `{document.file_name}` cannot be read: {error}"
        complain(terms.FILE_NAME, message, "document-unreadable", Severity.ERROR)
        return None
    digest = hashlib.sha256(data).hexdigest()
    if document.sha256 and digest != document.sha256:
        message = f"document `{document.file_name}` has changed: its SHA-256 is now {digest}"
        complain(terms.SHA256, message, "document-changed", Severity.ERROR)
    return text


def _is_file(path: Path) -> bool:
    try:
        return path.is_file()
    except OSError:  # a name longer than a file system takes
        return False


def _complaint(passage: _Passage, text: str) -> str:
    """What is wrong with a passage, or '' when its text is where it should be."""
    if 0 <= passage.start < passage.end <= len(text):
        if _digest(text[passage.start : passage.end]) == passage.sha256:
            paragraph = _paragraph(text, passage.start)
            right = passage.paragraph in ("", str(paragraph))
            return "" if right else f"the passage stands in paragraph {paragraph}"
        fault = f"the text at {passage.start}-{passage.end} is not the one that was read"
    else:
        fault = f"{passage.start}-{passage.end} is outside the text, which ends at {len(text)}"
    length = passage.end - passage.start
    moved = _search(text, length, passage.sha256) if length > 0 else None
    if moved is not None:
        return f"{fault}; it is now at {moved}-{moved + length}"
    return f"{fault}, nor is that found elsewhere"


def _search(text: str, length: int, digest: str) -> int | None:
    """Where a text of this length and SHA-256 starts; None when nowhere, or too far to search."""
    for start in range(min(len(text) - length + 1, _SEARCH_BUDGET // length)):
        if _digest(text[start : start + length]) == digest:
            return start
    return None


def _paragraph(text: str, start: int) -> int:
    """The paragraph that a place is in: its line among those that are not blank, from 1."""
    before = text[:start].split("\n")
    line_end = text.find("\n", start)
    here = before[-1] + text[start : line_end if line_end >= 0 else None]
    return sum(1 for line in [*before[:-1], here] if line.strip())


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8")).hexdigest()


def _documents(store: Store) -> Iterator[_Document]:
    names = {
        terms.text_of(quad.subject): terms.text_of(quad.object)
        for quad in store.quads_for_pattern(None, terms.FILE_NAME, None, None)
    }
    for iri, name in sorted(names.items()):
        yield _Document(iri, name, _literal(store, iri, terms.SHA256))


def _passages(store: Store, document: _Document) -> Iterator[_Passage]:
    """Every resource with this source and a selector; what lacks a part is the shapes' business."""
    node = NamedNode(document.iri)
    quads = store.quads_for_pattern(None, terms.HAS_SOURCE, node, None)
    for iri in sorted({terms.text_of(quad.subject) for quad in quads}):
        selector = _literal(store, iri, terms.HAS_SELECTOR)
        start, end = _literal(store, selector, terms.START), _literal(store, selector, terms.END)
        whole = start.isdecimal() and end.isdecimal() and len(start) < 18 and len(end) < 18
        first, last = (int(start), int(end)) if whole else (-1, -1)
        digest, paragraph = (_literal(store, iri, key) for key in (terms.SHA256, terms.PARAGRAPH))
        yield _Passage(iri, document.iri, first, last, digest, paragraph)


def _literal(store: Store, subject: str, predicate: NamedNode) -> str:
    """The value of a property, an IRI as well; the greatest of several, and '' for none."""
    if not is_iri(subject):
        return ""
    found = store.quads_for_pattern(NamedNode(subject), predicate, None, None)
    return max((terms.text_of(quad.object) for quad in found), default="")
