"""The SHACL engine that a command is to use, and what there is to say of it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final, TypeVar

import click

from kg.cli.shared import Session
from kg.progress import Progress
from kg.validation import Engine, is_fast

_F = TypeVar("_F", bound=Callable[..., Any])

# Quads from which on the fast engine is missed; how many pySHACL takes in a second of one core.
_MANY: Final = 200_000
_A_SECOND: Final = 16_000


def engine_option(command: _F) -> _F:
    """The option `--shacl`, which SHACL engine judges; see `kg.validation`."""
    return click.option(
        "--shacl",
        "engine",
        type=click.Choice(["auto", "fast", "reference"]),
        default="auto",
        show_default=True,
        help="Screen with the fast SHACL engine, if there is one; insist on it; or do without.",
    )(command)


def advising(session: Session, engine: Engine, progress: Progress) -> Progress:
    """The same progress, which also says when much is to be validated without the fast engine."""
    quads = 0

    def tell(stage: str, done: int, total: int) -> None:
        nonlocal quads
        if stage == "load":
            quads = total
        if (stage, done) == ("validate", 0) and quads >= _MANY and not is_fast(engine):
            minutes = max(quads // _A_SECOND // 60, 1)
            session.say(
                f"pySHACL alone validates {quads:,} quads: about {minutes} minutes of one core; "
                'with pip install "linked-evidence[fast]" it is a matter of seconds'
            )
        progress(stage, done, total)

    return tell
