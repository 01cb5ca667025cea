"""Answers of queries → bytes: the standard formats, and a table for people."""

from __future__ import annotations

import contextlib
import itertools
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
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
    serialize,
)

from kg.answer import Send, no_connections
from kg.context import Context
from kg.dumps import dump
from kg.dumps.layout import Layout
from kg.errors import QueryError, QuerySyntaxError
from kg.formats import RDF_FORMATS, RESULT_FORMATS
from kg.names import label_of
from kg.sparql import names_graphs
from kg.table import Cell, format_rows
from kg.terms import text_of

Answer = QuerySolutions | QueryBoolean | QueryTriples
"""What the engine gives: solutions, yes or no, or the triples of a graph; computed when read."""

_PIECE: Final = 1 << 16
GRAPH_FORMATS: Final = ("turtle", "ntriples", "jsonld", "rdfxml")
SOLUTION_FORMATS: Final = ("table", *RESULT_FORMATS)


@dataclass(frozen=True, slots=True)
class Dataset:
    """The graphs, by IRI, that a query is asked of, in the place of those that it names itself."""

    default: tuple[str, ...] = ()
    named: tuple[str, ...] = ()


def run_query(
    store: Store,
    query: str,
    bindings: Mapping[Variable, Any],
    base: str,
    dataset: Dataset | None = None,
    connected: bool = False,
) -> Answer:
    """Evaluate SPARQL 1.1, with some variables bound to terms.

    The default graph is what the dataset has, else what the query's FROM clauses name, else the
    union of all graphs. No connection is opened unless `connected`. Raises `QuerySyntaxError` with
    the parser's words and place, and `QueryError` for a bound variable that is not selected.
    """
    if not query.strip():
        raise QueryError("not valid SPARQL 1.1: the query is empty")
    graphs: dict[str, Any] = {}
    if dataset is not None:
        graphs["default_graph"] = [NamedNode(iri) for iri in dataset.default]
        graphs["named_graphs"] = [NamedNode(iri) for iri in dataset.named]
    elif not names_graphs(query):
        # The engine would let this win over the query's own FROM clauses.
        graphs["use_default_graph_as_union"] = True
    try:
        with _alone(connected):
            return store.query(query, base_iri=base, substitutions=dict(bindings) or None, **graphs)
    except SyntaxError as error:
        raise QuerySyntaxError.of(error.msg) from error
    except (ValueError, RuntimeError, OSError) as error:
        raise QueryError(str(error)) from error


def write_answer(
    store: Store,
    answer: Answer,
    format_: str,
    context: Context,
    width: int,
    send: Send,
) -> None:
    """Write an answer for the command line; '' is a table for solutions and Turtle for a graph.

    Raises `QueryError` for a format that cannot hold this kind of answer.
    """
    if isinstance(answer, QueryTriples):
        name = format_ or "turtle"
        if name not in GRAPH_FORMATS:
            raise QueryError(f"the answer is a graph: choose {', '.join(GRAPH_FORMATS)}")
        write_standard(answer, name, context, send)
        return
    name = format_ or "table"
    if name not in SOLUTION_FORMATS:
        raise QueryError(f"the answer is a table: choose {', '.join(SOLUTION_FORMATS)}")
    if name != "table":
        write_standard(answer, name, context, send)
    elif isinstance(answer, QueryBoolean):
        send(b"yes\n" if answer else b"no\n")
    else:
        send(format_table(store, answer, context, width).encode())


def write_standard(
    answer: Answer,
    name: str,
    context: Context,
    send: Send,
    most_sorted: int | None = None,
    connected: bool = False,
) -> None:
    """Write an answer in a standard format that can hold it, piece by piece as it is computed.

    A graph is sorted and laid out as every dump is, unless it has more than `most_sorted` triples:
    then it leaves as it comes.
    """
    output: Any = _Output(send)
    if isinstance(answer, QueryBoolean) and name in ("csv", "tsv"):
        output.write(b"true" if answer else b"false")
    else:
        with _evaluating(connected):
            if isinstance(answer, QueryTriples):
                _write_graph(answer, name, context, output, most_sorted)
            else:
                answer.serialize(output, RESULT_FORMATS[name].results)
    output.close()


def _alone(connected: bool) -> contextlib.AbstractContextManager[None]:
    return contextlib.nullcontext() if connected else no_connections()


@contextlib.contextmanager
def _evaluating(connected: bool = False) -> Iterator[None]:
    """Where an answer is read, and thus computed: without connections, and errors in words."""
    try:
        with _alone(connected):
            yield
    except (RuntimeError, OSError, ValueError) as error:
        raise QueryError(str(error)) from error


def _write_graph(
    triples: QueryTriples, name: str, context: Context, output: Any, most_sorted: int | None
) -> None:
    first = list(itertools.islice(triples, most_sorted))
    rest = next(triples, None)
    if rest is None:
        quads = [Quad(t.subject, t.predicate, t.object) for t in first]
        output.write(dump(quads, RDF_FORMATS[name], context))
        return
    layout = Layout.of(context)
    every = itertools.chain(first, [rest], triples)
    prefixes = {} if name == "jsonld" else layout.prefixes
    serialize(every, output, RDF_FORMATS[name].rdf, prefixes=prefixes)


class _Output:
    """A file that passes on what is written, in pieces worth a message, and ends with a newline."""

    def __init__(self, send: Send) -> None:
        self._send = send
        self._data = bytearray()
        self._last = b"\n"

    def write(self, data: bytes) -> int:
        self._data += data
        self._last = data[-1:] or self._last
        if len(self._data) >= _PIECE:
            self._pass_on()
        return len(data)

    def flush(self) -> None:
        """Nothing: a serializer flushes when it likes, and a piece is passed on when it is full."""

    def close(self) -> None:
        if self._last != b"\n":
            self._data += b"\n"
        self._pass_on()

    def _pass_on(self) -> None:
        if self._data:
            self._send(bytes(self._data))
            self._data.clear()


def format_table(store: Store, answer: QuerySolutions, context: Context, width: int) -> str:
    """Solutions as rows for a terminal, each IRI as its label and its short name."""
    names = [variable.value for variable in answer.variables]
    cells: dict[str, Cell] = {}
    with _evaluating():
        solutions = list(answer)
    rows = [
        [_cell(store, solution[name], context, cells) for name in names] for solution in solutions
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
