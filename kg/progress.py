"""How whoever works long tells how far it is."""

from __future__ import annotations

from collections.abc import Callable

Progress = Callable[[str, int, int], None]
"""Told of every stage: its name, how much is done, and of how much (0: not known)."""


def silent(_stage: str, _done: int, _total: int) -> None:
    """Progress that nobody is told of."""
