"""How far a long command has come: a moving bar on a terminal, or lines now and then."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

import click

if TYPE_CHECKING:  # a query need not wait for what builds
    from kg.progress import Progress

_UNITS: Final = {"read": "bytes", "load": "quads", "validate": "pieces", "renew": "pieces"}
_SCALES: Final = ((10**9, "GB"), (10**6, "MB"), (10**3, "kB"), (1, "bytes"))
_EVERY: Final = 10.0  # seconds between two lines about a stage
_SOON: Final = 1.0  # seconds, before which a rate says nothing


@dataclass(slots=True)
class Stage:
    """What is known of one stage: how much is done of how much, and since when.

    `now` is the clock in seconds. What was done when the stage was first told of took no time that
    anybody knows of, and so is no part of the rate.

    >>> times = iter([0.0, 4.0, 4.0])
    >>> stage = Stage("read", lambda: next(times))
    >>> stage.update(0, 361_000_000)
    >>> stage.update(100_000_000, 361_000_000)
    >>> stage.words()
    '100 of 361 MB, 25 MB/s, 0:10 left'
    """

    name: str
    now: Callable[[], float] = time.monotonic
    done: int = 0
    total: int = 0
    _start: float | None = field(default=None, init=False)
    _first: int = field(default=0, init=False)

    def update(self, done: int, total: int) -> None:
        """Take note of how much is done; `total` is 0 where that is not known."""
        self.done, self.total = done, total
        if self._start is None:
            self._start, self._first = self.now(), done

    def rate(self) -> float:
        """How much is done in a second; 0 when it is too early to say."""
        seconds = self.now() - (self._start or 0)
        return (self.done - self._first) / seconds if seconds >= _SOON else 0

    def size(self) -> str:
        """How much there is to do, in words; nothing where that is not known."""
        return self._amount(self.total) if self.total else ""

    def words(self) -> str:
        """How much is done, how fast, and how long the rest will take; what is known of it."""
        words = []
        if self.total:
            scale, _ = self._scale(self.total)
            words.append(f"{_number(self.done, scale)} of {self.size()}")
        elif self.done:
            words.append(self._amount(self.done))
        if (rate := self.rate()) > 0:
            rate = float(f"{rate:.2g}")
            scale, unit = self._scale(rate)
            words.append(f"{_number(rate, scale)} {unit if scale > 1 else ''}".rstrip() + "/s")
            if self.total:
                words.append(f"{_clock((self.total - self.done) / rate)} left")
        return ", ".join(words)

    def _amount(self, count: float) -> str:
        scale, unit = self._scale(count)
        return f"{_number(count, scale)} {unit}".rstrip()

    def _scale(self, count: float) -> tuple[int, str]:
        unit = _UNITS.get(self.name, "")
        if unit != "bytes":
            return 1, unit
        return next((scale for scale in _SCALES if count >= scale[0]), _SCALES[-1])


def _number(count: float, scale: int) -> str:
    if scale == 1 and isinstance(count, int):
        return f"{count:,}"
    count /= scale
    return f"{count:.1f}" if count < 9.95 else f"{count:,.0f}"


def _clock(seconds: float) -> str:
    minutes, rest = divmod(round(max(seconds, 0)), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"


def tell_in_lines(now: Callable[[], float] = time.monotonic) -> Progress:
    """Write a line when a stage begins, and another now and then while it lasts."""
    stages: dict[str, Stage] = {}
    last: dict[str, float] = {}

    def tell(name: str, done: int, total: int) -> None:
        if name not in stages:
            stages[name] = Stage(name, now)
        stage = stages[name]
        stage.update(done, total)
        if name not in last:
            line = f"{name} ({stage.size()})" if total else name
        elif now() - last[name] >= _EVERY:
            line = f"{name}: {stage.words()}"
        else:
            return
        last[name] = now()
        click.echo(line, err=True)

    return tell


@contextmanager
def moving_bar() -> Iterator[Progress]:
    """Show the stage at hand as a bar on the terminal; it is gone at the end."""
    from rich.console import Console
    from rich.progress import BarColumn, TaskID, TextColumn, TimeElapsedColumn
    from rich.progress import Progress as Bar

    columns = (
        TextColumn("{task.description}"),
        BarColumn(None),
        TextColumn("{task.fields[words]}"),
    )
    console = Console(stderr=True)
    with Bar(*columns, TimeElapsedColumn(), console=console, transient=True) as bar:
        stages: dict[str, tuple[TaskID, Stage]] = {}

        def update(name: str, done: int, total: int) -> None:
            if name not in stages:
                for task, _ in stages.values():
                    bar.update(task, visible=False)
                task = bar.add_task(f"{name:<9}", total=total or None, words="")
                stages[name] = task, Stage(name)
            task, stage = stages[name]
            stage.update(done, total)
            bar.update(task, completed=done, total=total or None, words=stage.words())

        yield update
