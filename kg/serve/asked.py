"""What a request of the SPARQL 1.1 Protocol asks for, and in which formats.

https://www.w3.org/TR/sparql11-protocol/#query-operation
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Final, NamedTuple
from urllib.parse import parse_qsl

from pyoxigraph import NamedNode

from kg.formats import RDF_FORMATS, RESULT_FORMATS, Format, called, choose
from kg.results import Dataset
from kg.serve.problems import RefusedError

METHODS: Final = "GET, HEAD, POST, OPTIONS"
HTML: Final = "text/html; charset=utf-8"
_FORM: Final = "application/x-www-form-urlencoded"
_QUERY: Final = "application/sparql-query"
_UPDATE: Final = "application/sparql-update"
_MOST_PARAMETERS: Final = 1000
# What is wanted is remembered, and should not be remembered at any length.
_LONGEST_FORMAT: Final = 200
_CHARSET: Final = re.compile(r";\s*charset\s*=\s*\"?([^\s;\"]*)", re.IGNORECASE)
# The formats on offer, the best first; a client that does not mind gets the first one.
_SOLUTIONS: Final = tuple(RESULT_FORMATS[name] for name in ("json", "xml", "csv", "tsv"))
_GRAPHS: Final = tuple(
    RDF_FORMATS[name] for name in ("turtle", "ntriples", "jsonld", "rdfxml", "trig", "nquads")
)


@dataclass(frozen=True, slots=True)
class Asked:
    """What is asked: `text` is None where only the service itself is asked for."""

    text: str | None
    dataset: Dataset | None = None
    format: str = ""


def read_get(query_string: bytes) -> Asked:
    """What a GET asks for; raises `RefusedError`."""
    return _asked(_parameters(query_string))


def read_post(query_string: bytes, content_type: str, body: bytes) -> Asked:
    """What a POST asks for, of either kind; raises `RefusedError`."""
    type_ = content_type.partition(";")[0].strip().lower()
    if type_ not in (_FORM, _QUERY, _UPDATE):
        raise RefusedError(415, f"a query is posted as {_FORM} or as {_QUERY}")
    charset = _CHARSET.search(content_type)
    if charset and charset[1].lower() not in ("utf-8", "utf8", "us-ascii"):
        raise RefusedError(415, f"the charset must be UTF-8, not {charset[1]}")
    pairs = _parameters(query_string)
    if type_ == _FORM:
        pairs += _parameters(body)
    else:
        pairs.append(("query" if type_ == _QUERY else "update", _decode(body)))
    asked = _asked(pairs)
    if asked.text is None:
        raise RefusedError(400, "there is no `query`")
    return asked


def _parameters(data: bytes) -> list[tuple[str, str]]:
    try:
        return parse_qsl(
            data.decode("ascii"), keep_blank_values=True, errors="strict",
            max_num_fields=_MOST_PARAMETERS,
        )  # fmt: skip
    except UnicodeDecodeError:
        raise RefusedError(400, "parameters must be UTF-8, percent-encoded") from None
    except ValueError:
        raise RefusedError(400, f"there are more than {_MOST_PARAMETERS} parameters") from None


def _decode(body: bytes) -> str:
    try:
        return body.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise RefusedError(400, f"the query is not UTF-8: {error}") from None


def _asked(pairs: Sequence[tuple[str, str]]) -> Asked:
    values: dict[str, list[str]] = {}
    for name, value in pairs:
        values.setdefault(name, []).append(value)
    queries = values.get("query", [])
    if "update" in values:
        if queries:
            raise RefusedError(400, "`query` and `update` exclude each other")
        raise RefusedError(403, "updates are refused: this endpoint is read-only")
    if len(queries) > 1:
        raise RefusedError(400, "there is more than one `query`")
    dataset = Dataset(_graphs(values, "default-graph-uri"), _graphs(values, "named-graph-uri"))
    if not queries and dataset != Dataset():
        raise RefusedError(400, "there is no `query`")
    formats = [*values.get("format", []), *values.get("output", [])]
    return Asked(
        queries[0] if queries else None,
        dataset if dataset != Dataset() else None,
        formats[0][:_LONGEST_FORMAT] if formats else "",
    )


def _graphs(values: Mapping[str, list[str]], name: str) -> tuple[str, ...]:
    graphs = tuple(dict.fromkeys(values.get(name, ())))
    for iri in graphs:
        try:
            NamedNode(iri)
        except ValueError as error:
            raise RefusedError(400, f"`{name}` must be an IRI: {error}") from None
    return graphs


class Form(NamedTuple):
    """A format by its name, and the content type that it goes by."""

    format: str
    type: str


class Wanted(NamedTuple):
    """How an answer of either kind is to be written; None where no format is acceptable.

    For HTML, which people read, it is the format of what the page is made from.
    """

    solutions: Form | None
    graph: Form | None

    def type_of(self, graph: bool) -> str:
        """The content type of one kind of answer; "" when that is not acceptable."""
        form = self.graph if graph else self.solutions
        return form.type if form else ""


@lru_cache(maxsize=128)
def read_wanted(accept: str, format_: str, html: bool) -> Wanted:
    """What a client wants; `html` says whether there are pages at all.

    `?format=` wins over the Accept header. Raises `RefusedError`.

    >>> read_wanted("text/csv;q=0.5, text/turtle, */*;q=0.1", "", False).solutions
    Form(format='csv', type='text/csv; charset=utf-8; header=present')
    >>> read_wanted("text/csv", "jsonld", True)
    Wanted(solutions=None, graph=Form(format='jsonld', type='application/ld+json'))
    """
    forms = [
        _called(format_, formats, html) if format_ else _accepted(accept, formats, html)
        for formats in (_SOLUTIONS, _GRAPHS)
    ]
    if not any(forms):
        if format_:
            names = ", ".join(f.name for f in (*_SOLUTIONS, *_GRAPHS))
            raise RefusedError(400, f"there is no format `{format_}`; choose {names}")
        types = ", ".join(f.media_type for f in (*_SOLUTIONS, *_GRAPHS))
        raise RefusedError(406, f"an answer can be had as {types}")
    return Wanted(*forms)


def _accepted(accept: str, formats: Sequence[Format], html: bool) -> Form | None:
    known = {format_.media_type: format_ for format_ in formats}
    for format_ in formats:
        for alias in format_.aliases:
            known.setdefault(alias, format_)
    chosen = choose(accept, [*known, "text/html"] if html else list(known))
    if chosen is None:
        return None
    return _form(known.get(chosen, formats[0]), chosen)


def _called(name: str, formats: Sequence[Format], html: bool) -> Form | None:
    name = name.strip().lower()
    if html and name in ("html", "text/html"):
        return _form(formats[0], "text/html")
    format_ = called(name, formats)
    return _form(format_, format_.media_type) if format_ else None


def _form(format_: Format, media_type: str) -> Form:
    parameters = "; charset=utf-8" if media_type.startswith("text/") else ""
    if media_type == "text/csv":
        parameters += "; header=present"
    return Form(format_.name, media_type + parameters)
