"""`kg verify`."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path

import click

from kg.check import verify_passages
from kg.cli.reports import echo_report, report_option
from kg.cli.shared import Session, documents_option
from kg.report import values_of


@click.command("verify")
@documents_option("The folder that holds the documents.", required=True)
@click.option("--strict", is_flag=True, help="Fail when a document is not there, too.")
@report_option
@click.option("--json", "as_json", is_flag=True, help="Counts and problems as JSON.")
@click.pass_context
def command(ctx: click.Context, documents: Path, strict: bool, format_: str, as_json: bool) -> None:
    """Check documents and passages against the documents themselves.

    Each document is compared by its SHA-256, each passage by the hash of the text at its place. A
    passage whose text now stands elsewhere is reported with the new place. No text is printed.
    """
    session = Session.of(ctx)
    result, context = verify_passages(session.project, documents)
    problems = result.problems
    if as_json:
        counts = {k: v for k, v in asdict(result).items() if k != "problems"}
        listed = [values_of(problem) for problem in problems]
        click.echo(json.dumps(counts | {"problems": listed}, indent=2, ensure_ascii=False))
    elif problems or format_ != "text":
        echo_report(format_, problems, context)
    session.say(
        f"passages: {result.checked} checked, {result.wrong} wrong, "
        f"{result.not_checked} not checked"
    )
    failed = any(p.severity.value == "error" for p in problems)
    if failed or (strict and (problems or result.not_checked)):
        ctx.exit(1)
