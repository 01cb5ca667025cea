"""The bytes of an answer on their way from a worker to whoever reads them, at their own speeds.

A worker writes as fast as it can, a reader takes what time it wants: in between the answer lies in
memory, or in a nameless file when it is large. So no slow reader ever holds a worker.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import tempfile
from collections.abc import AsyncIterator, Callable, Iterator
from io import RawIOBase
from typing import Final

from kg.serve.messages import Query
from kg.serve.problems import RefusedError

IN_MEMORY: Final = 1 << 20
PIECE: Final = 1 << 17


class GoneError(Exception):
    """Whoever was to be answered has gone."""


class Answer:
    """The answer to a query while it comes; several may read it.

    `format` and `graph` are set as soon as anything can be read, `lasting` by whoever knows that
    the next answer would be the same. `left` is called when the last reader has gone, be the
    answer `done` or not.
    """

    __slots__ = (
        "_file", "_left", "_memory", "_waiting", "done", "format", "graph", "lasting", "query",
        "readers", "refused", "size",
    )  # fmt: skip

    def __init__(self, query: Query, left: Callable[[Answer], None]) -> None:
        self.query = query
        self.format = ""
        self.graph = self.lasting = self.done = False
        self.size = 0
        self.refused: RefusedError | None = None
        self.readers = 0
        self._left = left
        self._memory = bytearray()
        self._file: RawIOBase | None = None
        self._waiting: list[asyncio.Future[None]] = []

    # --- the side of the worker

    def begin(self, name: str, *, graph: bool) -> None:
        """Say in what format the answer comes, and whether it is a graph."""
        self.format = name
        self.graph = graph

    def write(self, data: bytes) -> None:
        """Add what came."""
        if self._file is None and self.size + len(data) > IN_MEMORY:
            self._file = _file_of(self._memory)
            self._memory.clear()
        if self._file is None:
            self._memory += data
        else:
            _write(self._file, self.size, data)
        self.size += len(data)
        self.wake()

    def finish(self, refused: RefusedError | None = None) -> None:
        """Nothing comes any more: because that was all, or for a reason."""
        if not self.done:
            self.done = True
            self.refused = refused
            self.wake()

    def take_back(self, refused: RefusedError) -> None:
        """Give up an answer that is all there, for a reason: its readers get no more of it."""
        self.refused = refused
        self.size = 0
        self._memory.clear()
        self._close()
        self.wake()

    def wake(self) -> None:
        """Have every reader look again."""
        waiting, self._waiting = self._waiting, []
        for future in waiting:
            if not future.done():
                future.set_result(None)

    # --- the side of the readers

    @contextlib.contextmanager
    def reading(self) -> Iterator[Reader]:
        """While somebody reads, the answer is kept; when nobody does, it is given up."""
        self.readers += 1
        try:
            yield Reader(self)
        finally:
            self.readers -= 1
            if not self.readers:
                self._left(self)
                self._close()

    def read(self, start: int, most: int = -1) -> bytes:
        """What has come, from a place on."""
        end = self.size if most < 0 else min(start + most, self.size)
        if self._file is None:
            return bytes(self._memory[start:end])
        return os.pread(self._file.fileno(), end - start, start)

    def _close(self) -> None:
        if self._file is not None:
            self._file.close()
            self._file = None

    async def change(self) -> None:
        """Wait until more has come, or a reader has been told to go."""
        future = asyncio.get_running_loop().create_future()
        self._waiting.append(future)
        await future


def _file_of(data: bytearray) -> RawIOBase:
    """A file without a name that holds this; raises `OSError` and leaves nothing."""
    with contextlib.ExitStack() as stack:
        # Without a buffer: what the disk refuses must be known here, not when somebody reads.
        file = stack.enter_context(tempfile.TemporaryFile(buffering=0))
        _write(file, 0, data)
        stack.pop_all()
        return file


def _write(file: RawIOBase, at: int, data: bytes | bytearray) -> None:
    rest = memoryview(data)
    while rest:
        written = os.pwrite(file.fileno(), rest, at)
        at, rest = at + written, rest[written:]


class Reader:
    """One of those who read an answer, at a pace of their own."""

    __slots__ = ("answer", "gone")

    def __init__(self, answer: Answer) -> None:
        self.answer = answer
        self.gone = False

    def leave(self) -> None:
        """Stop reading, wherever that is: raises `GoneError` there."""
        self.gone = True
        self.answer.wake()

    async def started(self) -> None:
        """Wait until there is something to read or all is over; raises `RefusedError`."""
        while not self.answer.size and not self.answer.done:
            await self._change()
        self._check()

    async def ended(self, most: int) -> None:
        """Wait until all is over, or has become larger than `most`; raises `RefusedError`."""
        while self.answer.size <= most and not self.answer.done:
            await self._change()
        self._check()

    async def pieces(self) -> AsyncIterator[bytes]:
        """What there is, as it comes; raises `RefusedError` when there will be no end."""
        at = 0
        while True:
            if at < self.answer.size:
                data = self.answer.read(at, PIECE)
                at += len(data)
                yield data
                self._check_gone()
            elif self.answer.done:
                self._check()
                return
            else:
                await self._change()

    async def _change(self) -> None:
        await self.answer.change()
        self._check_gone()

    def _check(self) -> None:
        if self.answer.refused is not None:
            raise self.answer.refused

    def _check_gone(self) -> None:
        if self.gone:
            raise GoneError
