"""The forms in which commands report problems: only those that do wait for the templates."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final, TypeVar

import click

from kg.report import FORMATS
from kg.site.report import report_html

_F = TypeVar("_F", bound=Callable[..., Any])

REPORTS: Final = {**FORMATS, "html": report_html}
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
