"""`kg export`."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from kg.cli.shared import Session
from kg.context import load_context
from kg.downloads import facts_of
from kg.dumps import choose_graphs, dump, quads_of, write_file
from kg.export import export_files
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
    type=click.Path(path_type=Path, allow_dash=True),
    default=Path("-"),
    metavar="FILE|DIR",
    help="Where to write; the file, or the folder, is replaced whole or not at all.",
    show_default="standard output",
)
@click.option("--facts", is_flag=True, help="Only what sheets say: no ontology, no metadata.")
@click.option("--all", "everything", is_flag=True, help="Write all files of the release into DIR.")
@click.pass_context
def command(
    ctx: click.Context,
    format_: str | None,
    graphs: tuple[str, ...],
    output: Path,
    facts: bool,
    everything: bool,
) -> None:
    """Write the graph in a standard format, or all files of the release.

    All graphs of the current release, the ontology's among them, or those named with --graph.
    N-Quads and TriG keep the graphs apart; the other formats hold their union. The same release
    always gives the same bytes. With --all, the folder DIR is made, or replaced if it holds such
    files and nothing else.

    \b
    kg export > everything.ttl
    kg export --graph facts/documents/000.yaml --format jsonld
    kg export --facts -o dump.nq
    kg export --all -o downloads
    """
    session = Session.of(ctx)
    if everything:
        _export_all(session, output, plain=not (format_ or graphs or facts))
        return
    if output.is_dir():
        raise click.UsageError(f"{output} is a folder; with --all, all files are written into it")
    if facts and graphs:
        raise click.UsageError("--facts and --graph exclude each other")
    by_extension = {f".{f.extension}": name for name, f in RDF_FORMATS.items()}
    name = format_ or by_extension.get(output.suffix.lower(), "turtle")
    project = session.project
    store = open_release(project.build).open_store()
    context = load_context(project.ontology / "context.jsonld", project.base)
    quads = quads_of(store, choose_graphs(store, context, graphs))
    if facts:
        quads = facts_of(quads, project.base)
    data = dump(quads, RDF_FORMATS[name], context)
    if str(output) == "-":
        sys.stdout.buffer.write(data)
        sys.stdout.buffer.flush()
    else:
        write_file(output, data)
        session.say(f"{output}: {len(quads)} quads as {RDF_FORMATS[name].title}")


def _export_all(session: Session, folder: Path, *, plain: bool) -> None:
    if not plain:
        raise click.UsageError("--all writes everything: no --format, --graph or --facts with it")
    if str(folder) == "-":
        raise click.UsageError("--all needs a folder to write into: -o DIR")
    count = export_files(session.project, open_release(session.project.build), folder)
    session.say(f"{folder}: {count} files")
