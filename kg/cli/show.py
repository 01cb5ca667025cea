"""`kg show`."""

from __future__ import annotations

import os
import shutil
import sys

import click

from kg.cli.shared import Session
from kg.context import load_context
from kg.dumps import dump
from kg.formats import RDF_FORMATS
from kg.names import resolve, tell_retired
from kg.show import describe, view
from kg.show_text import format_view
from kg.store import open_release
from kg.things import is_retired

_PIPE_WIDTH = 100


@click.command("show")
@click.argument("name")
@click.option(
    "--format",
    "format_",
    type=click.Choice(["text", "turtle", "jsonld"]),
    default="text",
    show_default=True,
    help="Text to read, or the thing's own description as data.",
)
@click.pass_context
def command(ctx: click.Context, name: str, format_: str) -> None:
    """Show all that is known of one thing.

    NAME is an IRI, a CURIE, an identifier such as mineral/magnesium, its last part where that is
    unambiguous, or a label. The text tells what the thing is, where it was read, and what is said
    about it: findings, mechanisms and all else that refers to it.

    \b
    kg show magnesium
    kg show study/macian-2022
    kg show mineral/magnesium --format turtle
    """
    session = Session.of(ctx)
    project = session.project
    store = open_release(project.build).open_store()
    context = load_context(project.ontology / "context.jsonld", project.base)
    node = resolve(store, context, name, retired=True)
    if is_retired(store, node):
        session.say(tell_retired(store, context, node))
    if format_ != "text":
        sys.stdout.buffer.write(dump(describe(store, node), RDF_FORMATS[format_], context))
        sys.stdout.buffer.flush()
        return
    terminal = sys.stdout.isatty()
    width = shutil.get_terminal_size().columns if terminal else _PIPE_WIDTH
    colour = terminal and "NO_COLOR" not in os.environ
    click.echo(format_view(view(store, context, node), width, colour=colour), nl=False)
