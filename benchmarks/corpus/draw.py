"""Chance that is the same everywhere: choices made from a seed."""

from __future__ import annotations

import random
from collections.abc import Sequence
from typing import TypeVar

Item = TypeVar("Item")


class Draw(random.Random):
    """A source of choices.

    It builds on `random()` alone, whose sequence Python promises to keep for a seed; how `choice`
    and `randrange` use it has changed between versions.

    >>> Draw("1/0").between(1, 6) == Draw("1/0").between(1, 6)
    True
    """

    def pick(self, items: Sequence[Item]) -> Item:
        """One of the items, each as likely as any other."""
        return items[int(self.random() * len(items))]

    def between(self, low: int, high: int) -> int:
        """A whole number from `low` to `high`, both included."""
        return low + int(self.random() * (high - low + 1))

    def chance(self, share: float) -> bool:
        """True in this share of all draws."""
        return self.random() < share
