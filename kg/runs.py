"""Runs of sorted lines → one, sorted, each line once: a graph as it is digested and written out.

A graph whose sheet was compiled in pieces is spread over runs, and may be larger than memory. The
runs are read side by side, a block of each at a time; none is held open, as there may be more of
them than a process may have files.
"""

from __future__ import annotations

import hashlib
from bisect import bisect_right
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Final

from kg.pieces import Part, split_lines

# Bytes that are read at once: of a run at most, and of all runs together if they are many.
_BLOCK: Final = 128 * 1024
_BLOCKS: Final = 256 * 1024 * 1024


class _Run:
    """The lines of a part, a block at a time."""

    def __init__(self, file: Path, start: int, length: int, block: int) -> None:
        self._file = file
        self._at = start
        self._left = length
        self._block = block
        self.lines: list[str] = []
        self.fill()

    def fill(self) -> None:
        """Read on when all lines are taken; there are none when it is at its end."""
        if self.lines or not self._left:
            return
        with self._file.open("rb", buffering=0) as file:
            file.seek(self._at)
            data = file.read(min(self._block, self._left))
            while b"\n" not in data:
                data += file.read(min(self._block, self._left - len(data)))
        data = data[: data.rindex(b"\n") + 1]
        self._at += len(data)
        self._left -= len(data)
        self.lines = split_lines(data)


def merge(parts: Sequence[Part], runs: Path, extra: Iterable[str] = ()) -> Iterator[list[str]]:
    """All lines of some parts and the `extra` ones, sorted, each once, in blocks."""
    block = max(1, min(_BLOCK, _BLOCKS // max(len(parts), 1)))
    open_ = [_Run(runs / part.run, part.start, part.length, block) for part in parts]
    yield from _merge(open_, sorted(extra))


def _merge(open_: list[_Run], extra: list[str]) -> Iterator[list[str]]:
    while open_ := [run for run in open_ if run.lines]:
        # Up to the least of the last lines nothing can come any more but what is here.
        end = min(run.lines[-1] for run in open_)
        block = extra[: bisect_right(extra, end)]
        del extra[: len(block)]
        for run in open_:
            if run.lines[0] <= end:
                count = bisect_right(run.lines, end)
                block += run.lines[:count]
                del run.lines[:count]
                run.fill()
        yield sorted(set(block))
    if extra:
        yield sorted(set(extra))


def digest(blocks: Iterable[list[str]]) -> tuple[str, int]:
    r"""The SHA-256 of the sorted lines of a graph, in hex, and how many there are.

    >>> digest([["a\n"], ["b\n"]]) == digest([["a\n", "b\n"]])
    True
    """
    sum_ = hashlib.sha256()
    count = 0
    for block in blocks:
        sum_.update("".join(block).encode())
        count += len(block)
    return sum_.hexdigest(), count
