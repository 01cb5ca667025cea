"""`kg diff`."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import click

from kg.cli.shared import Session
from kg.context import load_context
from kg.diff import FORMS, compare, format_text, open_side
from kg.dumps import write_file


@click.command("diff")
@click.argument("old", default="before")
@click.argument("new", default="current")
@click.option(
    "--format",
    "format_",
    type=click.Choice(list(FORMS)),
    default="text",
    show_default=True,
    help="Text to read, JSON, or change sets in RDF.",
)
@click.option(
    "-o",
    "--output",
    type=click.Path(path_type=Path, dir_okay=False, allow_dash=True),
    metavar="FILE",
    help="The file to write, whole or not at all.",
    show_default="standard output",
)
@click.option("--exit-code", is_flag=True, help="Exit with status 1 where anything differs.")
@click.pass_context
def command(
    ctx: click.Context, old: str, new: str, format_: str, output: Path | None, exit_code: bool
) -> None:
    """Show what changed from one version of the data to another.

    OLD and NEW are each `current` or `before` (the release before it), a release by its digest or
    the beginning of it, the folder of a release, or a file: a download of a release, or an export
    (.nq, .trig, .ttl, .jsonld, .nt, .rdf, each also with .gz). Without them, the current release
    is compared with the one before.

    \b
    kg diff
    kg diff 1a2b3c4d current
    kg diff last-year.nq.gz current --format json
    """
    project = Session.of(ctx).project
    context = load_context(project.ontology / "context.jsonld", project.base)
    diff = compare(open_side(project, old), open_side(project, new))
    to_stdout = output is None or str(output) == "-"
    if output is not None and not to_stdout:
        write_file(output, FORMS[format_](diff, context))
    elif format_ == "text" and sys.stdout.isatty() and "NO_COLOR" not in os.environ:
        click.echo(format_text(diff, context, colour=True), nl=False)
    else:
        sys.stdout.buffer.write(FORMS[format_](diff, context))
        sys.stdout.buffer.flush()
    if exit_code and diff.entries:
        ctx.exit(1)
