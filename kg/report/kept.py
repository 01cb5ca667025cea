"""The whole report of a build that was refused, kept beside the releases while it holds."""

from __future__ import annotations

import os
from collections.abc import Iterable
from pathlib import Path
from typing import Final

from kg.errors import Problem
from kg.report.as_json import dumped, values_of

_NAME: Final = "problems.jsonl"


def keep_problems(build: Path, problems: Iterable[Problem]) -> Path:
    """Write every problem into the build folder, one a line, as JSON; gives the file.

    It is written aside and replaced in one step. Raises `OSError` when the disk refuses; then the
    file of an earlier build is gone as well, for it tells of other sheets.
    """
    file = build / _NAME
    # The name of what a build writes aside, so that the next one cleans up after a kill.
    aside = build / f".kg-aside-{_NAME}.{os.getpid()}"
    try:
        with aside.open("x", encoding="utf-8") as lines:
            lines.writelines(f"{dumped(values_of(problem))}\n" for problem in problems)
        aside.replace(file)
    except OSError:
        drop_problems(build)
        raise
    finally:
        aside.unlink(missing_ok=True)
    return file


def drop_problems(build: Path) -> None:
    """Remove the file that `keep_problems` wrote, if there is one."""
    file = build / _NAME
    if file.is_symlink() or file.is_file():
        file.unlink()
