r"""JSON lines → slices of whole lines, whatever the size of the file.

Where a file is cut is decided by the lines near the cut alone: a line that is inserted, changed
or removed moves no cut but those beside it, so that all other slices stay what they were.

>>> import io
>>> [slice_] = cut_slices(io.BytesIO(b'{"id": "a"}\n{"id": "b"}'), "a.jsonl", Limits())
>>> slice_.first_line, slice_.offset, slice_.last, slice_.data
(1, 0, True, b'{"id": "a"}\n{"id": "b"}')
"""

from __future__ import annotations

import zlib
from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from itertools import accumulate, islice
from pathlib import Path
from typing import BinaryIO, Final, NamedTuple

from kg.errors import Problem
from kg.sheets.files import SheetError, open_sheet, read_blocks
from kg.sheets.nodes import Limits


@dataclass(frozen=True, slots=True)
class Slice:
    """Some whole lines of a sheet, or all of a small one.

    `data` is as decompressed, with any byte order mark and line ends; `first_line` counts from 1;
    `offset` is that of `data` in the decompressed text, in bytes; `last` says whether reading ends
    here. `problems` tell what of it could not be read: in place of a line that is too long stands
    an empty one, and what broke off ends before the line in which it did.
    """

    data: bytes
    first_line: int
    offset: int
    last: bool
    problems: tuple[Problem, ...] = ()


class Sizes(NamedTuple):
    """How large slices are: at least `window` bytes, and twice that on average.

    A file of less than two windows is one slice. After `most` bytes or `lines` lines one ends in
    any case; only lines that repeat themselves, or are next to empty, come to that.
    """

    window: int = 512 * 1024
    most: int = 4 * 1024 * 1024
    lines: int = 256 * 1024


SIZES: Final = Sizes()
_HIGHEST: Final = 2**32  # above every CRC-32


def read_slices(path: Path, name: str, limits: Limits) -> Iterator[Slice]:
    """The slices of a `.jsonl`, `.jsonl.gz` or `.jsonl.zst` file, in its order; at least one.

    `name` is how problems call the file. Whatever is wrong with it is told by the slices, never
    raised; the last slice of a file that cannot be read (on) has a problem that says so.
    """
    try:
        file = open_sheet(path)
    except SheetError as error:
        yield Slice(b"", 1, 0, True, (Problem(name, 0, 0, error.message, error.rule),))
        return
    with file:
        yield from cut_slices(file, name, limits)


def cut_slices(file: BinaryIO, name: str, limits: Limits, sizes: Sizes = SIZES) -> Iterator[Slice]:
    """The slices of an open file; the suffix of its name says how it is packed."""
    lines = _Lines(name, limits, sizes)
    size = 0
    try:
        for block in read_blocks(file, name):
            size += len(block)
            if size > limits.stream:
                message = f"the lines are larger than {limits.stream} bytes in all"
                raise SheetError(f"{message} (setting `limits.stream`)", "too-large")
            lines.add(block)
            while (count := lines.next_cut()) is not None:
                yield lines.take(count)
    except SheetError as error:
        lines.break_off(error)
    else:
        lines.finish()
    while (count := lines.next_cut()) is not None:
        yield lines.take(count)
    yield lines.take(len(lines.texts))


@dataclass(slots=True)
class _Lines:
    """The lines that were read and are not given yet: their texts, where they end, their scores.

    A cut is behind the line whose score is the lowest of all lines that end within a window before
    and behind it. No line farther away has a say, so what is edited there moves nothing here.
    """

    name: str
    limits: Limits
    sizes: Sizes
    texts: list[bytes] = field(default_factory=list)
    ends: list[int] = field(default_factory=list)
    scores: list[int] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)
    start: int = 0
    first_line: int = 1
    end: int = 0
    complete: bool = False
    _open: list[bytes] = field(default_factory=list)
    _open_size: int = 0
    _newline: bytes = b"\n"

    def add(self, block: bytes) -> None:
        """Take the next bytes of the file; the line that they end in stays open."""
        first, *others = block.split(b"\n")
        self._grow(first)
        if not others:
            return
        self._close()
        *whole, rest = others
        if len(block) <= self.limits.bytes:
            self._append(whole, map(len, whole))
        else:
            for text in whole:
                self._grow(text)
                self._close()
        self._grow(rest)

    def _grow(self, part: bytes) -> None:
        self._open_size += len(part)
        if self._open_size <= self.limits.bytes:
            self._open.append(part)
        else:
            self._open.clear()

    def _close(self) -> None:
        size = self._open_size
        if size > self.limits.bytes:
            message = f"the line is larger than {self.limits.bytes} bytes (setting `limits.bytes`)"
            self._problem(message, "too-large")
        self._append([b"".join(self._open)], [size])
        self._open.clear()
        self._open_size = 0

    def _append(self, texts: list[bytes], sizes: Iterable[int]) -> None:
        self.texts += texts
        self.ends += islice(accumulate((n + 1 for n in sizes), initial=self.end), 1, None)
        self.scores += map(zlib.crc32, texts)
        self.end = self.ends[-1] if self.ends else self.start

    def _problem(self, message: str, rule: str) -> None:
        line = self.first_line + len(self.texts)
        self.problems.append(Problem(self.name, line, 1, message, rule))

    def finish(self) -> None:
        """The file has ended, perhaps in the middle of a line."""
        if self._open_size:
            self._newline = b""
            self._close()
        self.complete = True

    def break_off(self, error: SheetError) -> None:
        """The file cannot be read on; of the open line nothing is kept."""
        self._problem(error.message, error.rule)
        self.complete = True

    def next_cut(self) -> int | None:
        """How many lines the next slice has; None when that needs more, or for the last one."""
        ends, scores, window = self.ends, self.scores, self.sizes.window
        latest = min(bisect_left(ends, self.start + self.sizes.most), self.sizes.lines - 1)
        at = bisect_left(ends, self.start + window)
        while at <= latest and at < len(ends):
            if self.end < ends[at] + window:
                if not self.complete:
                    return None
                break
            behind = bisect_left(ends, ends[at] + window)
            lowest = min(scores[at + 1 : behind], default=scores[at])
            if lowest < scores[at]:
                at = scores.index(lowest, at + 1, behind)
                continue
            before = bisect_right(ends, ends[at] - window)
            if scores[at] < min(scores[before:at], default=_HIGHEST):
                return at + 1
            at = behind
        return latest + 1 if latest < len(ends) - 1 else None

    def take(self, count: int) -> Slice:
        """Give away the next lines."""
        last = self.complete and count == len(self.texts)
        data = b"\n".join(self.texts[:count])
        if count:
            data += self._newline if last else b"\n"
        behind = self.first_line + count
        own = tuple(p for p in self.problems if last or p.line < behind)
        slice_ = Slice(data, self.first_line, self.start, last, own)
        self.start = self.ends[count - 1] if count else self.start
        self.first_line = behind
        self.problems = self.problems[len(own) :]
        del self.texts[:count], self.ends[:count], self.scores[:count]
        return slice_
