"""The pool of query workers: processes that are started ahead, watched, and replaced.

A query is evaluated by one worker alone, within a time that the pool keeps and a memory that the
system keeps. A worker over a limit, or dead, takes nobody with it but its query.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
from dataclasses import dataclass, field
from typing import Final

from kg.errors import KgError
from kg.serve.messages import Query
from kg.serve.problems import RefusedError
from kg.serve.process import Worker, cause_of_death
from kg.serve.spool import Answer
from kg.serve.worker import WorkerSettings

_LOG: Final = logging.getLogger("kg.serve")
# Started ahead of need, to step in at once for a worker that had to be ended.
_SPARE: Final = 1
_PAUSE: Final = 1.0  # seconds, after a worker that could not start
_QUICK: Final = 0.2  # seconds; a query that takes longer has a lower priority


@dataclass(frozen=True, slots=True)
class PoolLimits:
    """What queries may cost, each and together.

    `seconds` of wall time, `memory` in MiB and `bytes` of answer are for one query. `queue` queries
    wait for one of the `workers`, `wait` seconds at most. `spool` is how many bytes are kept of all
    the answers that are not yet read to their end.
    """

    workers: int = field(default_factory=lambda: max(2, os.cpu_count() or 2))
    seconds: float = 10
    memory: int = 1024
    bytes: int = 256 << 20
    queue: int = 100
    wait: float = 10
    spool: int = 1 << 30


class Pool:
    """Workers over one store, and the queries that wait for them."""

    def __init__(self, settings: WorkerSettings, limits: PoolLimits) -> None:
        self._settings = settings
        self._limits = limits
        self._workers: set[Worker] = set()
        # The one that worked last is taken first: what it needs is still at hand.
        self._idle: list[Worker] = []
        self._busy: set[Worker] = set()
        self._waiting: dict[Answer, asyncio.TimerHandle] = {}
        self._tasks: set[asyncio.Task[None]] = set()
        self._changed = asyncio.Event()
        self._spooled = 0
        self._kept: set[Answer] = set()  # of which there is something to read
        self._failure = ""
        self._closed = False

    @property
    def size(self) -> int:
        """How many workers can work, or do."""
        return len(self._idle) + len(self._busy)

    async def start(self) -> None:
        """Start the workers; comes back when one can work. Raises `KgError` when none can."""
        self._fill()
        while not self._idle:
            await self._change()
            if self._failure:
                await self.close()
                raise KgError(self._failure)

    async def close(self, drain: float = 0) -> None:
        """Take no query any more, wait for those under way, and end all workers."""
        self._closed = True
        loop = asyncio.get_running_loop()
        end = loop.time() + drain
        while (self._busy or self._waiting) and loop.time() < end:
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._change(), end - loop.time())
        ended = RefusedError(503, "the server has ended", retry_after=5)
        for answer in list(self._waiting):
            self._take_out(answer)
            answer.finish(ended)
        for worker in list(self._workers):
            self._end(worker, ended)
        while self._tasks:
            await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _change(self) -> None:
        self._changed.clear()
        await self._changed.wait()

    # --- queries

    def submit(self, query: Query) -> Answer:
        """The answer to a query, which is yet to come; raises `RefusedError` with a full queue."""
        if self._closed:
            raise RefusedError(503, "the server ends", retry_after=5)
        answer = Answer(query, self._left)
        if self._idle and len(self._busy) < self._limits.workers:
            self._assign(self._idle.pop(), answer)
        elif len(self._waiting) < self._limits.queue:
            loop = asyncio.get_running_loop()
            self._waiting[answer] = loop.call_later(self._limits.wait, self._give_up, answer)
        else:
            raise self._overload("too many queries are waiting")
        return answer

    def _assign(self, worker: Worker, answer: Answer) -> None:
        self._busy.add(worker)
        worker.take(answer)
        worker.limit(min(_QUICK, self._limits.seconds), self._slow)

    def _dispatch(self) -> None:
        """Something has changed: perhaps another query can have its turn."""
        while self._waiting and self._idle and len(self._busy) < self._limits.workers:
            answer = next(iter(self._waiting))
            self._take_out(answer)
            self._assign(self._idle.pop(), answer)
        self._changed.set()

    def _take_out(self, answer: Answer) -> None:
        self._waiting.pop(answer).cancel()

    def _give_up(self, answer: Answer) -> None:
        self._take_out(answer)
        answer.finish(self._overload(f"the query waited {self._limits.wait:g} s for its turn"))

    def _slow(self, worker: Worker) -> None:
        """A query takes long: pages and other queries go first from now on."""
        worker.yield_to_others()
        worker.limit(max(self._limits.seconds - _QUICK, 0), self._expire)

    def _expire(self, worker: Worker) -> None:
        words = f"the query was stopped after {self._limits.seconds:g} s"
        self._end(worker, RefusedError(504, words))

    def _overload(self, reason: str) -> RefusedError:
        why = f" ({self._failure})" if self._failure else ""
        return RefusedError(503, f"{reason}; try again later{why}", retry_after=10)

    def _left(self, answer: Answer) -> None:
        """Nobody reads an answer any more: nothing more is spent on it."""
        self._spooled -= answer.size
        self._kept.discard(answer)
        if answer in self._waiting:
            self._take_out(answer)
        for worker in [worker for worker in self._busy if worker.answer is answer]:
            self._end(worker, RefusedError(503, "nobody reads the answer"))

    # --- workers

    def _fill(self) -> None:
        """Start as many workers as are missing."""
        while not self._closed and len(self._workers) < self._limits.workers + _SPARE:
            worker = Worker(self)
            self._workers.add(worker)
            task = asyncio.get_running_loop().create_task(self._watch(worker))
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)

    async def _watch(self, worker: Worker) -> None:
        """Everything about one worker, from its start until it is gone."""
        try:
            status = await worker.live(self._settings)
        except OSError as error:
            self.failed(f"a query worker cannot be started: {error}")
        else:
            cause = cause_of_death(status, self._limits.memory)
            if worker.answer is not None:
                _LOG.warning("%s", cause)
            self._drop(worker, RefusedError(500, cause))
            if not worker.started and not worker.killed:
                self.failed(self._failure or f"a query worker did not start (status {status})")
        if not worker.started:
            await asyncio.sleep(_PAUSE if not self._closed else 0)
        self._workers.discard(worker)
        self._fill()

    def _end(self, worker: Worker, refused: RefusedError) -> None:
        """End a worker for a reason, which is what its query is answered with."""
        worker.kill()
        self._drop(worker, refused)

    def _drop(self, worker: Worker, refused: RefusedError) -> None:
        if worker in self._idle:
            self._idle.remove(worker)
        self._busy.discard(worker)
        answer = worker.release()
        if answer is not None:
            answer.finish(refused)
        self._dispatch()

    # --- what workers tell

    def ready(self, worker: Worker) -> None:
        """The worker can take its first query."""
        self._failure = ""
        self._idle.append(worker)
        self._dispatch()

    def failed(self, words: str) -> None:
        """A worker could not start."""
        _LOG.error("%s", words)
        self._failure = words
        self._changed.set()

    def received(self, worker: Worker, data: bytes) -> None:
        """A piece of the answer to the worker's query."""
        answer = worker.answer
        assert answer is not None
        try:
            answer.write(data)
        except OSError as error:
            self._end(worker, self._overload(f"the answer cannot be kept: {error.strerror}"))
            return
        self._spooled += len(data)
        self._kept.add(answer)
        if answer.size > self._limits.bytes:
            most = f"{self._limits.bytes >> 20} MiB"
            self._end(worker, RefusedError(500, f"the answer is larger than {most}"))
        elif self._spooled > self._limits.spool and not self._make_room(answer):
            self._end(worker, self._overload("too many answers are being read"))

    def _make_room(self, answer: Answer) -> bool:
        """Take back the largest answer that is still being read, unless this one is larger.

        So a few clients that ask for much and take their time cannot keep all others out.
        """
        largest = max((a for a in self._kept if a.done), key=lambda a: a.size, default=answer)
        if largest.size <= answer.size:
            return False
        self._spooled -= largest.size
        largest.take_back(self._overload("too many answers are being read"))
        return True

    def finished(self, worker: Worker, *, leaves: bool) -> None:
        """The worker has done its query, and takes another unless it leaves."""
        answer = worker.release()
        self._busy.discard(worker)
        if leaves or not worker.recover():
            worker.kill()
        else:
            self._idle.append(worker)
        if answer is not None:
            answer.finish()
        self._dispatch()
