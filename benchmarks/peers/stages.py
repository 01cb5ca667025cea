"""What a peer's script says of itself: how long each of its stages took, as JSON."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from contextlib import contextmanager


class Stages:
    """Seconds of wall time by the name of a stage, in their order."""

    def __init__(self) -> None:
        self._seconds: dict[str, float] = {}

    @contextmanager
    def __call__(self, name: str) -> Iterator[None]:
        """Measure what is done inside."""
        start = time.perf_counter()
        yield
        self._seconds[name] = time.perf_counter() - start

    def print(self) -> None:
        """Print a line of JSON: what whoever runs the script reads."""
        print(json.dumps(self._seconds))
