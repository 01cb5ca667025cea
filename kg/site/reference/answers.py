"""Answers of queries as pages show them: things by their names, with links to their pages."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any, Final

from kg.context import is_iri
from kg.site.content import Content

MOST_ROWS: Final = 1000
_MOST_TEXT: Final = 1 << 18


@dataclass(frozen=True, slots=True)
class Cell:
    """A term of a solution: a thing by its name, or a text in a language; '' where it is open."""

    text: str = ""
    iri: str = ""
    language: str = ""


@dataclass(frozen=True, slots=True)
class Answer:
    """An answer: solutions, or yes or no (`truth`), or a graph written as text.

    `total` is how many solutions there are; `rows` are the first of them.
    """

    columns: tuple[str, ...] = ()
    rows: tuple[tuple[Cell, ...], ...] = ()
    total: int = 0
    truth: bool | None = None
    graph: str = ""


def read_answer(content: Content, results: bytes, format_: str = "json") -> Answer:
    """SPARQL JSON results, or a graph in another format, as a page shows them.

    Results that were cut off are shown as text.
    """
    if format_ != "json":
        return Answer(graph=results[:_MOST_TEXT].decode("utf-8", errors="replace"))
    try:
        found: Any = json.loads(results)
        if "boolean" in found:
            return Answer(truth=bool(found["boolean"]))
        columns = tuple(found["head"]["vars"])
        bindings = found["results"]["bindings"]
    except (ValueError, KeyError, TypeError):
        return Answer(graph=results[:_MOST_TEXT].decode("utf-8", errors="replace"))
    names: dict[str, str] = {}
    rows = tuple(
        tuple(_cell(content, binding.get(column), names) for column in columns)
        for binding in bindings[:MOST_ROWS]
    )
    return Answer(columns, rows, len(bindings))


def _cell(content: Content, term: Any, names: dict[str, str]) -> Cell:
    if term is None:
        return Cell()
    value = term.get("value", "")
    if term.get("type") == "uri":
        if value not in names:
            names[value] = content.name_of(value) if is_iri(value) else value
        return Cell(names[value], value)
    if term.get("type") == "bnode":
        return Cell(f"_:{value}")
    if not isinstance(value, str):  # a triple term
        return Cell(json.dumps(value, ensure_ascii=False))
    return Cell(value, "", str(term.get("xml:lang", "")))
