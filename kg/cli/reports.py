"""The forms in which commands report problems: only those that do wait for the templates."""

from __future__ import annotations

import importlib
import sys
from collections.abc import Callable, Iterator, Sequence
from typing import Any, Final, TypeVar

import click

from kg.context import Context
from kg.errors import Problem
from kg.report import FORMATS, Form

_F = TypeVar("_F", bound=Callable[..., Any])


def _html(problems: Sequence[Problem], context: Context) -> Iterator[str]:
    """As HTML; what makes pages is imported only then, as that takes a tenth of a second."""
    report: Form = importlib.import_module("kg.site.report").report_html
    return report(problems, context)


REPORTS: Final[dict[str, Form]] = {**FORMATS, "html": _html}
"""Every form in which problems are reported, by its name."""


def report_option(command: _F) -> _F:
    """The option `--format`, the form in which problems are reported."""
    return click.option(
        "--format",
        "format_",
        type=click.Choice(list(REPORTS)),
        default="text",
        show_default=True,
        help="How to report problems.",
    )(command)


def echo_report(
    format_: str, problems: Sequence[Problem], context: Context, *, err: bool = False
) -> None:
    """Write a report to standard output, or to standard error, as it is made."""
    stream = sys.stderr if err else sys.stdout
    stream.writelines(REPORTS[format_](problems, context))
    stream.flush()
