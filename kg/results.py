"""Answers of queries → bytes: the standard formats, and a table for people."""

from __future__ import annotations

import io
from collections.abc import Iterable, Sequence
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

from kg.answer import Send
from kg.context import Context
from kg.dumps import dump
from kg.errors import QueryError
from kg.formats import RDF_FORMATS, RESULT_FORMATS
from kg.names import label_of
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
        return store.query(
            query, base_iri=base, use_default_graph_as_union=True, substitutions=bindings or None
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
        data = answer.serialize(format=RESULT_FORMATS[name].results) or b""
    except (RuntimeError, OSError, ValueError) as error:
        raise QueryError(str(error)) from error
    return data if data.endswith(b"\n") else data + b"\n"


def _evaluated(items: Iterable[Any]) -> Iterable[Any]:
    """The items of an answer; an error while evaluating becomes a `QueryError`."""
    try:
        yield from items
    except (RuntimeError, OSError, ValueError) as error:
        raise QueryError(str(error)) from error


def format_table(store: Store, answer: QuerySolutions, context: Context, width: int) -> str:
    """Solutions as columns that fit `width`, each IRI as its label and its short name."""
    names = [variable.value for variable in answer.variables]
    labels: dict[str, str] = {}
    rows = [
        [_cell(store, solution[name], context, labels) for name in names]
        for solution in _evaluated(answer)
    ]
    return _render(names, rows, width)


def _cell(store: Store, term: Any, context: Context, labels: dict[str, str]) -> str:
    if term is None:
        return ""
    if not isinstance(term, NamedNode):
        return f"_:{term.value}" if isinstance(term, BlankNode) else text_of(term)
    if term.value not in labels:
        label, short = label_of(store, term), context.shorten(term.value)
        labels[term.value] = f"{label}\n{short}" if label else short
    return labels[term.value]


def _render(names: Sequence[str], rows: Sequence[Sequence[str]], width: int) -> str:
    from rich import box
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    table = Table(box=box.SIMPLE_HEAD, show_lines=False, pad_edge=False)
    for name in names:
        table.add_column(name, overflow="fold")
    for row in rows:
        table.add_row(*(Text(_printable(cell)) for cell in row))
    out = io.StringIO()
    Console(file=out, width=width, color_system=None, legacy_windows=False).print(table)
    lines = (line.rstrip() for line in out.getvalue().splitlines())
    count = f"{len(rows)} row{'' if len(rows) == 1 else 's'}"
    return "\n".join(line for line in lines if line) + f"\n{count}\n"


def _printable(text: str) -> str:
    """The text with control characters made visible: data must not steer a terminal."""
    return "".join(c if c.isprintable() or c == "\n" else "\ufffd" for c in text)
