"""Stock queries as pages: what each answers, its parameters as a form, the answer, the SPARQL.

The form needs no script: it asks the page's own address. Where the site is only files, the page
shows the answer for the parameters' defaults, and says how to ask for another.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any, Final
from urllib.parse import urlencode

from pyoxigraph import QueryTriples, Store, Variable

from kg.catalogue import Parameter, StockQuery, load_catalogue
from kg.errors import KgError, QueryError
from kg.names import Names
from kg.results import run_query, write_standard
from kg.site.content import Content
from kg.site.pages import Page
from kg.site.reference.answers import Answer, read_answer
from kg.sparql import refuse_federation

_SOLUTIONS: Final = ("html", "csv", "json", "rq")
_GRAPH: Final = ("html", "turtle", "jsonld", "ntriples", "rq")
# What is sure to be an address of its own, beside those of the formats.
_NAME: Final = re.compile(r"[A-Za-z0-9_-]+")
_INPUTS: Final = {"integer": "number", "date": "date"}


@dataclass(frozen=True, slots=True)
class Field:
    """A parameter in the form: `value` is what the answer shown is for."""

    parameter: Parameter
    value: str
    input: str


class Queries:
    """The section of the stock queries: a list, and a page for each."""

    def __init__(self, content: Content) -> None:
        self._content = content
        folder = content.project.queries
        catalogue = load_catalogue(folder) if folder.is_dir() else {}
        self._queries = {
            f"queries/{name}": query for name, query in catalogue.items() if _NAME.fullmatch(name)
        }
        self._names = Names(content.store, content.context)
        self._graphs = {path for path, query in self._queries.items() if _gives_graph(query)}

    def pages(self) -> Iterator[Page]:
        """The list, where there is a query, and each query."""
        if self._queries:
            yield Page("queries", "page", title="Queries")
        for path, query in self._queries.items():
            formats = _GRAPH if path in self._graphs else _SOLUTIONS
            yield Page(path, "query", formats, title=query.title)

    def bind(self, page: Page, params: Mapping[str, str]) -> tuple[str, dict[Variable, Any]]:
        """A query's text, and its parameters as terms: those given, else the defaults.

        Raises `QueryError` for a parameter that it does not have or a value of another type, and
        `UnknownNameError` for a thing that is not there.
        """
        query = self._queries[page.path]
        bindings = query.bind(params, self._names.resolve)
        return query.text, bindings

    def render(self, page: Page, format_: str, params: Mapping[str, str]) -> bytes:
        """The list, a query's text, or its answer, evaluated here and now without limits."""
        if page.path == "queries":
            return self._list(page)
        if format_ == "rq":
            return self._queries[page.path].text.encode()
        if format_ != "html":
            return self._evaluate(page, format_, params)
        try:
            results = self._evaluate(page, self._shown(page), params)
        except KgError as error:
            return self.render_answer(page, params, b"", str(error))
        return self.render_answer(page, params, results)

    def _shown(self, page: Page) -> str:
        return "turtle" if page.path in self._graphs else "json"

    def _evaluate(self, page: Page, format_: str, params: Mapping[str, str]) -> bytes:
        text, bindings = self.bind(page, params)
        refuse_federation(text)
        content = self._content
        answer = run_query(content.store, text, bindings, content.project.base)
        pieces: list[bytes] = []
        write_standard(answer, format_, content.context, pieces.append)
        return b"".join(pieces)

    def render_answer(
        self, page: Page, params: Mapping[str, str], results: bytes, problem: str = ""
    ) -> bytes:
        """A query's page with its answer: SPARQL JSON results, or Turtle where it is a graph.

        With a `problem`, the page says what is wrong in the place of the answer.
        """
        query = self._queries[page.path]
        answer = Answer() if problem else read_answer(self._content, results, self._shown(page))
        formats = ("html", "rq") if problem else page.formats
        asked = {p.name: params[p.name] for p in query.params if p.name in params}
        return self._content.html(
            "query.html",
            replace(page, formats=formats),
            query.title,
            crumbs=[("Queries", "queries/")],
            description=query.description,
            query=query,
            fields=[_field(parameter, params) for parameter in query.params],
            asked="?" + urlencode(asked) if asked else "",
            answer=answer,
            problem=problem,
            endpoint="sparql" in self._content.where,
            text="\n".join(line for line in query.text.splitlines() if line[:2] != "#+").strip(),
            example=urlencode({"query": query.text}),
        )

    def _list(self, page: Page) -> bytes:
        return self._content.html(
            "queries.html",
            page,
            page.title,
            queries=[(path, query) for path, query in self._queries.items()],
            description="Questions that are ready to be asked, with their answers.",
            endpoint="sparql" in self._content.where,
        )

    def titles(self) -> list[tuple[str, StockQuery]]:
        """Every query with its path."""
        return list(self._queries.items())


def _field(parameter: Parameter, params: Mapping[str, str]) -> Field:
    value = params.get(parameter.name, parameter.default)
    return Field(parameter, value, _INPUTS.get(parameter.type, "text"))


def _gives_graph(query: StockQuery) -> bool:
    """Whether the answer is a graph; asked of an empty store, which costs nothing."""
    try:
        refuse_federation(query.text)
        return isinstance(run_query(Store(), query.text, {}, "https://example.org/"), QueryTriples)
    except QueryError:
        return False
