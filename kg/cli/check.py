"""`kg check`."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import click

from kg.check import check_project, check_removed, refusals
from kg.cli.engine import advising, engine_option
from kg.cli.reports import echo_report, report_option
from kg.cli.shared import Session, documents_option


@click.command("check")
@documents_option("Check every passage against the documents in this folder, too.")
@click.option("--strict", is_flag=True, help="Fail on warnings as well.")
@engine_option
@report_option
@click.pass_context
def command(ctx: click.Context, /, documents: Path | None, strict: bool, **how: Any) -> None:
    """Check the fact sheets without building.

    Every problem of every sheet is reported at its file, line and column; nothing is written. For
    an editor, a commit hook, or a code host that reads SARIF.
    """
    session = Session.of(ctx)
    with session.progress() as progress:
        progress = advising(session, how["engine"], progress)
        checked = check_project(session.project, documents, progress, how["engine"])
        checked = check_removed(session.project, checked)
    # Passages can only be asked for where there are documents to check them against.
    passages = checked.passages if documents else replace(checked.passages, not_checked=0)
    refused = refusals(checked.problems, passages, strict=strict)
    echo_report(how["format_"], refused or checked.problems, checked.context)
    if refused:
        ctx.exit(1)
