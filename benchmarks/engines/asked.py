"""What an engine is asked, and what comes of it."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Answer:
    """The number of rows, and the seconds until the last of them was there, for each time."""

    rows: int
    seconds: tuple[float, ...]


class NotAnsweredError(Exception):
    """An engine gave no answer; the message says why."""
