"""`kg validate`."""

from __future__ import annotations

from typing import Any

import click

from kg.cli.engine import advising, engine_option
from kg.cli.reports import echo_report, report_option
from kg.cli.shared import Session
from kg.corpus import load_vocabulary
from kg.errors import Severity
from kg.formats import RDF_FORMATS
from kg.outside import Rules, validate_files


@click.command("validate")
@click.argument("files", nargs=-1, required=True, metavar="FILE...")
@click.option(
    "--format-in",
    type=click.Choice(list(RDF_FORMATS)),
    show_default="as the extension of FILE says",
    help="What every FILE holds.",
)
@click.option("--no-ontology", is_flag=True, help="Judge the files alone, without the ontology.")
@click.option("--strict", is_flag=True, help="Fail on warnings as well.")
@engine_option
@report_option
@click.pass_context
def command(
    ctx: click.Context,
    /,
    files: tuple[str, ...],
    format_in: str | None,
    no_ontology: bool,
    strict: bool,
    **how: Any,
) -> None:
    """Validate RDF files of any origin against the shapes.

    FILE is Turtle, TriG, N-Triples, N-Quads, RDF/XML or JSON-LD that brings its own context, by
    its extension, each also with .gz or .zst; `-` is standard input. The graphs of all files are
    judged as one, together with the ontology. Every problem is reported at its file and, as far as
    can be told, its line; nothing is written.

    \b
    kg validate new.ttl
    kg validate part-1.nq.gz part-2.nq.gz --format jsonl
    cat new.nt | kg validate - --format-in ntriples
    """
    session = Session.of(ctx)
    context, ontology = load_vocabulary(session.project)
    rules = Rules(session.project, context, None if no_ontology else ontology, how["engine"])
    with session.progress() as progress:
        asked = RDF_FORMATS[format_in] if format_in else None
        told = advising(session, rules.engine, progress)
        problems = validate_files(files, asked, rules, told)
    echo_report(how["format_"], problems, context)
    stopping = {Severity.ERROR, Severity.WARNING} if strict else {Severity.ERROR}
    if any(problem.severity in stopping for problem in problems):
        ctx.exit(1)
