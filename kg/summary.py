"""What a build tells of itself."""

from __future__ import annotations

import time
from dataclasses import dataclass, replace


@dataclass(frozen=True, slots=True)
class Summary:
    """What a build did; counts, the release's digest, seconds of wall time.

    `unchanged` says that the input was that of the current release, so that nothing was done;
    `files` is how many there are to download.

    >>> results, passages = {"error": 0}, {"checked": 3, "wrong": 0, "not_checked": 0}
    >>> Summary(2, 3, 1, 40, results, passages, digest="0f", seconds=0.1).passages["checked"]
    3
    """

    sheets: int
    statements: int
    findings: int
    quads: int
    results: dict[str, int]
    passages: dict[str, int]
    digest: str
    seconds: float
    unchanged: bool = False
    files: int = 0

    def timed(self, start: float, *, unchanged: bool) -> Summary:
        """The same, with the time since `start`, a reading of the monotonic clock."""
        return replace(self, seconds=round(time.monotonic() - start, 3), unchanged=unchanged)
