"""The bytes of an answer on their way from a worker to whoever reads them, at their own speeds.

A worker writes as fast as it can, a reader takes what time it wants: in between the answer lies in
memory, or in a nameless file when it is large. So no slow reader ever holds a worker.
"""

from __future__ import annotations

import asyncio
import contextlib
import tempfile
from collections.abc import AsyncIterator, Callable, Iterator
from typing import BinaryIO, Final

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
        self._file: BinaryIO | None = None
        self._waiting: list[asyncio.Future[None]] = []

    # --- the side of the worker

    def begin(self, name: str, *, graph: bool) -> None:
        """Say in what format the answer comes, and whether it is a graph."""
        self.format = name
        self.graph = graph

    def write(self, data: bytes) -> None:
        """Add what came."""
        if self._file is None and self.size + len(data) > IN_MEMORY:
            self._file = tempfile.TemporaryFile()  # noqa: SIM115
            self._file.write(self._memory)
            self._memory.clear()
        if self._file is None:
            self._memory += data
        else:
            self._file.seek(self.size)
            self._file.write(data)
        self.size += len(data)
        self.wake()

    def finish(self, refused: RefusedError | None = None) -> None:
        """Nothing comes any more: because that was all, or for a reason."""
        if not self.done:
            self.done = True
            self.refused = refused
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
                if self._file is not None:
                    self._file.close()

    def read(self, start: int, most: int = -1) -> bytes:
        """What has come, from a place on."""
        if self._file is None:
            return bytes(self._memory[start : self.size if most < 0 else start + most])
        self._file.seek(start)
        return self._file.read(most)

    async def change(self) -> None:
        """Wait until more has come, or a reader has been told to go."""
        future = asyncio.get_running_loop().create_future()
        self._waiting.append(future)
        await future


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
