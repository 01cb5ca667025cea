"""What the commands share: the session they run in, its project, its voice on standard error."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

import click

from kg.cli.progress import moving_bar, tell_in_lines
from kg.progress import Progress, silent
from kg.project import Project, load_project

_F = TypeVar("_F", bound=Callable[..., Any])


@dataclass(frozen=True, slots=True)
class Session:
    """The options before the command, and the project they name."""

    project: Project
    quiet: bool
    verbose: bool

    @classmethod
    def of(cls, ctx: click.Context) -> Session:
        """The session of a command's context; raises `ConfigError` where there is no project."""
        folder, quiet, verbose = ctx.obj
        return cls(load_project(folder), quiet, verbose)

    def say(self, text: str) -> None:
        """Tell the user something on standard error, unless told to be quiet."""
        if not self.quiet:
            click.echo(text, err=True)

    @contextmanager
    def progress(self) -> Iterator[Progress]:
        """Tell of stages: a moving bar on a terminal, lines with `--verbose`, else nothing."""
        if self.verbose:
            yield tell_in_lines()
        elif self.quiet or not sys.stderr.isatty():
            yield silent
        else:
            with moving_bar() as update:
                yield update


def documents_option(help_text: str, *, required: bool = False) -> Callable[[_F], _F]:
    """The option `--documents DIR`, the folder that holds the source documents."""
    return click.option(
        "--documents",
        type=click.Path(path_type=Path, exists=True, file_okay=False),
        required=required,
        metavar="DIR",
        help=help_text,
    )
