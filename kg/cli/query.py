"""`kg query`."""

from __future__ import annotations

import json
import re
import shutil
import sys
from pathlib import Path
from typing import Any

import click

from kg.answer import QueryLimits, Send, run_limited
from kg.catalogue import StockQuery, find_query, load_catalogue, parse_query
from kg.cli.shared import Session
from kg.context import load_context
from kg.errors import QueryError, printable
from kg.names import resolve
from kg.results import GRAPH_FORMATS, SOLUTION_FORMATS, run_query, write_answer
from kg.sparql import refuse_federation
from kg.store import open_release

_MAX_QUERY = 1 << 20
# The width of a table that goes to a file or a pipe.
_PIPE_WIDTH = 200


@click.command("query")
@click.argument("name", required=False)
@click.option("--list", "list_", is_flag=True, help="List the stock queries.")
@click.option("--describe", is_flag=True, help="Say what NAME answers, and its parameters.")
@click.option(
    "-p", "--param", "params", multiple=True, metavar="NAME=VALUE", help="Set a parameter."
)
@click.option(
    "-f",
    "--file",
    type=click.Path(path_type=Path, exists=True, dir_okay=False, allow_dash=True),
    help="Run the query in this file.",
)
@click.option(
    "--format",
    "format_",
    type=click.Choice(sorted({*SOLUTION_FORMATS, *GRAPH_FORMATS})),
    default=None,
    show_default="table, or turtle for a graph",
    help="How to write the answer.",
)
@click.option("--timeout", type=click.FloatRange(min=0.1), default=60, show_default=True,
              metavar="SECONDS", help="Stop a query that takes longer.")  # fmt: skip
@click.option("--memory", type=click.IntRange(min=256), default=4096, show_default=True,
              metavar="MIB", help="Stop a query that needs more memory.")  # fmt: skip
@click.option("--json", "as_json", is_flag=True, help="The list, or the answer, as JSON.")
@click.pass_context
def command(ctx: click.Context, /, **options: Any) -> None:
    """Run a stock query by NAME, or one of your own from a file or standard input (`-`).

    A query sees all graphs as one. Parameters that are things take an IRI, a CURIE, an identifier
    such as mineral/magnesium, or just magnesium where that is unambiguous.

    \b
    kg query --list
    kg query evidence-for-outcome -p outcome=pain
    kg query p-values --format csv
    echo 'SELECT * { ?s ?p ?o } LIMIT 5' | kg query -
    """
    session = Session.of(ctx)
    catalogue = load_catalogue(session.project.queries)
    if options["list_"]:
        click.echo(
            _list_json(catalogue)
            if options["as_json"]
            else printable(_list(catalogue), lines=True),
            nl=False,
        )
        return
    query = _chosen(options["name"], options["file"], catalogue)
    if options["describe"]:
        click.echo(printable(_describe(query), lines=True), nl=False)
        return
    limits = QueryLimits(seconds=options["timeout"], memory=options["memory"])
    format_ = options["format_"] or ("json" if options["as_json"] else "")
    work = _work(session, query, _pairs(options["params"]), format_)
    for data in run_limited(work, limits):
        sys.stdout.buffer.write(data)
    sys.stdout.buffer.flush()


def _work(session: Session, query: StockQuery, values: dict[str, str], format_: str) -> Any:
    """What the child process does; it opens the store itself, as a store survives no fork."""
    refuse_federation(query.text)
    project = session.project
    release = open_release(project.build)
    width = shutil.get_terminal_size().columns if sys.stdout.isatty() else _PIPE_WIDTH

    def work(send: Send) -> None:
        context = load_context(project.ontology / "context.jsonld", project.base)
        store = release.open_store()
        bindings = query.bind(values, lambda text: resolve(store, context, text))
        answer = run_query(store, query.text, bindings, project.base)
        write_answer(store, answer, format_, context, width, send)

    return work


def _chosen(name: str | None, file: Path | None, catalogue: dict[str, StockQuery]) -> StockQuery:
    if (name is None) == (file is None):
        raise click.UsageError("Name a stock query, or give one with --file or `-`; not both.")
    if file is None and name != "-":
        return find_query(catalogue, str(name))
    if file is None or str(file) == "-":
        data = sys.stdin.buffer.read(_MAX_QUERY + 1)
    else:
        with file.open("rb") as source:
            data = source.read(_MAX_QUERY + 1)
    if len(data) > _MAX_QUERY:
        raise QueryError(f"a query may be {_MAX_QUERY} bytes long")
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise QueryError(f"the query is not UTF-8: {error}") from error
    if not re.search(r"^#\+", text, re.MULTILINE):
        return StockQuery("query", "", "", (), text)
    try:
        return parse_query("query", text)
    except ValueError as error:
        raise QueryError(f"the query's own description: {error}") from error


def _pairs(params: tuple[str, ...]) -> dict[str, str]:
    values: dict[str, str] = {}
    for param in params:
        name, equals, value = param.partition("=")
        if not equals or not name:
            raise click.BadParameter(f"`{param}` is not NAME=VALUE", param_hint="--param")
        if name in values:
            raise click.BadParameter(f"`{name}` is set twice", param_hint="--param")
        values[name] = value
    return values


def _list(catalogue: dict[str, StockQuery]) -> str:
    width = max((len(name) for name in catalogue), default=0)
    return "".join(
        f"{query.name:<{width}}  {query.title}"
        + (f" ({', '.join(p.name for p in query.params)})" if query.params else "")
        + "\n"
        for query in catalogue.values()
    )


def _list_json(catalogue: dict[str, StockQuery]) -> str:
    listed = [
        {
            "name": query.name,
            "title": query.title,
            "description": query.description,
            "params": [
                {
                    "name": parameter.name,
                    "type": parameter.type,
                    "default": parameter.default or None,
                    "example": parameter.example or None,
                    "description": parameter.description,
                }
                for parameter in query.params
            ],
        }
        for query in catalogue.values()
    ]
    return json.dumps(listed, indent=2, ensure_ascii=False) + "\n"


def _describe(query: StockQuery) -> str:
    lines = [query.title, "", query.description]
    for parameter in query.params:
        default = f" [default: {parameter.default}]" if parameter.default else ""
        example = f" (for example {parameter.example})" if parameter.example else ""
        lines.append(
            f"  {parameter.name} ({parameter.type}): {parameter.description}{example}{default}"
        )
    return "\n".join(lines) + "\n"
