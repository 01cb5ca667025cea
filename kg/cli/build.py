"""`kg build`."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import asdict
from functools import partial
from pathlib import Path
from typing import Any

import click

from kg.build import build_release
from kg.cli.engine import advising, engine_option
from kg.cli.reports import echo_report, report_option
from kg.cli.shared import Session, documents_option
from kg.corpus import load_vocabulary
from kg.errors import LockedError, NonconformingError, Problem
from kg.progress import Progress
from kg.project import Project
from kg.report import FEW, drop_problems, keep_problems
from kg.summary import Summary


@click.command("build")
@documents_option("Check every passage against the documents in this folder.")
@click.option("--strict", is_flag=True, help="Refuse warnings, and passages not checked, too.")
@click.option("--no-files", is_flag=True, help="Make no files to download; for large graphs.")
@click.option(
    "--wait",
    type=click.FloatRange(min=0),
    default=60,
    show_default=True,
    metavar="SECONDS",
    help="How long to wait for another build of the same project.",
)
@engine_option
@report_option
@click.option("--json", "as_json", is_flag=True, help="The summary, or the problems, as JSON.")
@click.pass_context
def command(
    ctx: click.Context,
    /,
    documents: Path | None,
    strict: bool,
    no_files: bool,
    wait: float,
    **shown: Any,
) -> None:
    """Build the graph from the fact sheets and make it the current one.

    Reads every sheet, checks all of it, and loads it into a store in a release folder of its own,
    with files to download beside it. If anything is wrong, every problem is reported at its line
    and the release before stays.
    """
    session = Session.of(ctx)
    format_, as_json = shown["format_"], shown["as_json"]
    build = partial(
        build_release,
        session.project,
        documents=documents,
        strict=strict,
        files=not no_files,
        engine=shown["engine"],
    )
    try:
        with session.progress() as progress:
            progress = advising(session, shown["engine"], progress)
            summary = _wait_for(build, session, wait, progress)
    except NonconformingError as error:
        context, _ = load_vocabulary(session.project)
        name = "json" if as_json else format_
        kept = _keep(session.project, error.problems)
        echo_report(name, error.problems, context, err=name == "text")
        if kept:
            session.say(kept)
        session.say(f"nothing was built; {_before(session)}")
        ctx.exit(error.exit_code)
    drop_problems(session.project.build)
    if as_json:
        click.echo(json.dumps(asdict(summary), indent=2))
    elif not session.quiet:
        click.echo(format_summary(summary), nl=False)
    if summary.results["warning"]:
        session.say("`kg check` lists the warnings")


def _wait_for(
    build: Callable[..., Summary], session: Session, wait: float, progress: Progress
) -> Summary:
    try:
        return build(wait=0, progress=progress)
    except LockedError:
        if not wait:
            raise
        session.say("another build is at work here; waiting for it")
        return build(wait=wait, progress=progress)


def _keep(project: Project, problems: Sequence[Problem]) -> str:
    """Keep the whole of a long report, and say where; what an earlier build said holds no more."""
    if len(problems) <= FEW:
        drop_problems(project.build)
        return ""
    try:
        file = keep_problems(project.build, problems)
    except OSError as error:
        return f"the whole report could not be kept in {project.build}: {error.strerror}"
    return f"{project.name_of(file)} holds all {len(problems):,} problems"


def _before(session: Session) -> str:
    current = session.project.build / "current"
    return "the release before stays current" if current.exists() else "there is no release yet"


def format_summary(summary: Summary) -> str:
    """The summary of a build as lines of text."""
    results, passages = summary.results, summary.passages
    state = "unchanged" if summary.unchanged else "built"
    rows = {
        "sheets": f"{summary.sheets}",
        "statements": f"{summary.statements}",
        "findings": f"{summary.findings}",
        "quads": f"{summary.quads}",
        "results": ", ".join(
            f"{count} {name}{'' if name == 'info' or count == 1 else 's'}"
            for name, count in results.items()
        ),
        "passages": f"{passages['checked']} checked, {passages['wrong']} wrong, "
        f"{passages['not_checked']} not checked",
        "files": f"{summary.files}" if summary.files else "none",
        "release": f"{summary.digest[:16]} ({state})",
        "time": f"{summary.seconds:.2f} s",
    }
    return "".join(f"{name:<10}  {value}\n" for name, value in rows.items())
