"""`kg export`."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from kg.cli.shared import Session
from kg.context import load_context
from kg.dumps import choose_graphs, dump, quads_of, write_file
from kg.formats import RDF_FORMATS
from kg.store import open_release


@click.command("export")
@click.option(
    "--format",
    "format_",
    type=click.Choice(list(RDF_FORMATS)),
    show_default="as the extension of FILE says, or turtle",
    help="What to write.",
)
@click.option(
    "-g",
    "--graph",
    "graphs",
    multiple=True,
    metavar="GRAPH",
    help="Only this graph: the path of its sheet, or its IRI. May be given several times.",
)
@click.option(
    "-o",
    "--output",
    type=click.Path(path_type=Path, dir_okay=False, allow_dash=True),
    default=Path("-"),
    metavar="FILE",
    help="Where to write; the file is replaced whole or not at all.",
    show_default="standard output",
)
@click.pass_context
def command(ctx: click.Context, format_: str | None, graphs: tuple[str, ...], output: Path) -> None:
    """Write the graph in a standard format.

    All graphs of the current release, the ontology's among them, or those named with --graph.
    N-Quads and TriG keep the graphs apart; the other formats hold their union. The same release
    always gives the same bytes.

    \b
    kg export > everything.ttl
    kg export --graph facts/documents/000.yaml --format jsonld
    kg export -o dump.nq
    """
    session = Session.of(ctx)
    by_extension = {f".{f.extension}": name for name, f in RDF_FORMATS.items()}
    name = format_ or by_extension.get(output.suffix.lower(), "turtle")
    project = session.project
    store = open_release(project.build).open_store()
    context = load_context(project.ontology / "context.jsonld", project.base)
    quads = quads_of(store, choose_graphs(store, context, graphs))
    data = dump(quads, RDF_FORMATS[name], context)
    if str(output) == "-":
        sys.stdout.buffer.write(data)
        sys.stdout.buffer.flush()
    else:
        write_file(output, data)
        session.say(f"{output}: {len(quads)} quads as {RDF_FORMATS[name].title}")
