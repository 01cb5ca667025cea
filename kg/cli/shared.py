"""What the commands share: the session they run in, its project, its voice on standard error."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from kg.project import Project, load_project

if TYPE_CHECKING:  # a query need not wait for what builds
    from kg.corpus import Progress

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
            yield _line_by_stage()
        elif self.quiet or not sys.stderr.isatty():
            yield lambda _stage, _done, _total: None
        else:
            with _bar() as update:
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


def _line_by_stage() -> Progress:
    told: list[str] = []

    def tell(stage: str, _done: int, total: int) -> None:
        if stage not in told:
            told.append(stage)
            click.echo(f"{stage} ({total})" if total else stage, err=True)

    return tell


@contextmanager
def _bar() -> Iterator[Progress]:
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, TaskID, TextColumn, TimeElapsedColumn
    from rich.progress import Progress as Bar

    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn())
    with Bar(*columns, TimeElapsedColumn(), console=Console(stderr=True), transient=True) as bar:
        tasks: dict[str, TaskID] = {}

        def update(stage: str, done: int, total: int) -> None:
            if stage not in tasks:
                for task in tasks.values():
                    bar.update(task, visible=False)
                tasks[stage] = bar.add_task(f"{stage:<9}", total=total or None)
            bar.update(tasks[stage], completed=done)

        yield update
