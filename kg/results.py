"""Answers of queries → bytes: the standard formats, and a table for people."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Final

from pyoxigraph import (
    BlankNode,
    NamedNode,
    Quad,
    QueryBoolean,
    QuerySolutions,
    QueryTriples,
    Store,
    Variable,
)

from kg.answer import Send, no_connections
from kg.context import Context
from kg.dumps import dump
from kg.errors import QueryError
from kg.formats import RDF_FORMATS, RESULT_FORMATS
from kg.names import label_of
from kg.table import Cell, format_rows
from kg.terms import text_of

GRAPH_FORMATS: Final = ("turtle", "ntriples", "jsonld", "rdfxml")
SOLUTION_FORMATS: Final = ("table", *RESULT_FORMATS)


def run_query(
    store: Store, query: str, bindings: dict[Variable, Any], base: str
) -> QuerySolutions | QueryBoolean | QueryTriples:
    """Evaluate SPARQL 1.1 over the union of all graphs, with some variables bound to terms.

    Raises `QueryError` with the parser's words and place, or when a bound variable is not selected.
    """
    try:
        with no_connections():
            return store.query(
                query,
                base_iri=base,
                use_default_graph_as_union=True,
                substitutions=bindings or None,
            )
    except SyntaxError as error:
        raise QueryError(f"not valid SPARQL 1.1: {error.msg}") from error
    except (ValueError, RuntimeError, OSError) as error:
        raise QueryError(str(error)) from error


def write_answer(
    store: Store,
    answer: QuerySolutions | QueryBoolean | QueryTriples,
    format_: str,
    context: Context,
    width: int,
    send: Send,
) -> None:
    """Write an answer in a format; '' is a table for solutions and Turtle for a graph.

    Raises `QueryError` for a format that cannot hold this kind of answer.
    """
    if isinstance(answer, QueryTriples):
        name = format_ or "turtle"
        if name not in GRAPH_FORMATS:
            raise QueryError(f"the answer is a graph: choose {', '.join(GRAPH_FORMATS)}")
        quads = [Quad(t.subject, t.predicate, t.object) for t in _evaluated(answer)]
        send(dump(quads, RDF_FORMATS[name], context))
        return
    name = format_ or "table"
    if name not in SOLUTION_FORMATS:
        raise QueryError(f"the answer is a table: choose {', '.join(SOLUTION_FORMATS)}")
    if name != "table":
        send(_standard(answer, name))
    elif isinstance(answer, QueryBoolean):
        send(b"yes\n" if answer else b"no\n")
    else:
        send(format_table(store, answer, context, width).encode())


def _standard(answer: QuerySolutions | QueryBoolean, name: str) -> bytes:
    if isinstance(answer, QueryBoolean) and name in ("csv", "tsv"):
        return b"true\n" if answer else b"false\n"
    try:
        with no_connections():
            data = answer.serialize(format=RESULT_FORMATS[name].results) or b""
    except (RuntimeError, OSError, ValueError) as error:
        raise QueryError(str(error)) from error
    return data if data.endswith(b"\n") else data + b"\n"


def _evaluated(items: Iterable[Any]) -> list[Any]:
    """The items of an answer; an error while evaluating becomes a `QueryError`."""
    try:
        with no_connections():
            return list(items)
    except (RuntimeError, OSError, ValueError) as error:
        raise QueryError(str(error)) from error


def format_table(store: Store, answer: QuerySolutions, context: Context, width: int) -> str:
    """Solutions as rows for a terminal, each IRI as its label and its short name."""
    names = [variable.value for variable in answer.variables]
    cells: dict[str, Cell] = {}
    rows = [
        [_cell(store, solution[name], context, cells) for name in names]
        for solution in _evaluated(answer)
    ]
    return format_rows(names, rows, width) + "\n"


def _cell(store: Store, term: Any, context: Context, cells: dict[str, Cell]) -> Cell:
    if term is None:
        return "", ""
    if not isinstance(term, NamedNode):
        return (f"_:{term.value}" if isinstance(term, BlankNode) else text_of(term)), ""
    if term.value not in cells:
        label, short = label_of(store, term), context.shorten(term.value)
        cells[term.value] = (label, short) if label else (short, "")
    return cells[term.value]
