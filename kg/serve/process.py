"""A query worker as the server sees it: a process, and the connection to it."""

from __future__ import annotations

import asyncio
import contextlib
import os
import pickle
import signal
import socket
import sys
from asyncio.subprocess import DEVNULL, Process
from collections.abc import Callable
from dataclasses import replace
from typing import Protocol, cast

from kg.child import environment
from kg.serve import messages
from kg.serve.messages import Messages, message
from kg.serve.problems import RefusedError
from kg.serve.spool import Answer
from kg.serve.worker import WorkerSettings, out_of_memory


class Owner(Protocol):
    """Who has workers, and is told what becomes of them."""

    def ready(self, worker: Worker) -> None:
        """The worker can take its first query."""

    def failed(self, words: str) -> None:
        """A worker could not start."""

    def received(self, worker: Worker, data: bytes) -> None:
        """A piece of the answer to the worker's query."""

    def finished(self, worker: Worker, *, leaves: bool) -> None:
        """The worker has done its query, and takes another unless it leaves."""


class Worker(asyncio.Protocol):
    """One process; `answer` is the one it works on."""

    def __init__(self, owner: Owner) -> None:
        self.answer: Answer | None = None
        self.started = False
        self.killed = False
        self._yields = False
        self._timer: asyncio.TimerHandle | None = None
        self._owner = owner
        self._messages = Messages()
        self._process: Process | None = None
        self._transport: asyncio.Transport | None = None
        self._alive = -1

    async def live(self, settings: WorkerSettings) -> int:
        """Start the process and wait until it has ended; gives its exit status."""
        ours, theirs = socket.socketpair()
        end, self._alive = os.pipe()
        try:
            settings = replace(settings, socket=theirs.fileno(), alive=end)
            self._process = await asyncio.create_subprocess_exec(
                *(sys.executable, "-P", "-m", "kg.serve.worker", settings.to_json()),
                stdin=DEVNULL, stdout=DEVNULL, stderr=DEVNULL,
                env=environment(),
                pass_fds=(theirs.fileno(), end),
                # A signal to the server's group is for the server to answer.
                start_new_session=True,
            )  # fmt: skip
            theirs.close()
            loop = asyncio.get_running_loop()
            await loop.create_unix_connection(lambda: self, sock=ours)
            return await self._process.wait()
        finally:
            self.kill()
            for descriptor in (end, self._alive):
                os.close(descriptor)
            theirs.close()
            if self._transport is None:
                ours.close()
            else:
                self._transport.close()

    def take(self, answer: Answer) -> None:
        """Have the process work on a query."""
        assert self._transport is not None
        self.answer = answer
        self._transport.write(message(messages.QUERY, pickle.dumps(answer.query)))

    def release(self) -> Answer | None:
        """Have done with the query."""
        answer, self.answer = self.answer, None
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        return answer

    def limit(self, seconds: float, over: Callable[[Worker], None]) -> None:
        """Call `over` unless the query is done by then."""
        loop = asyncio.get_running_loop()
        self._timer = loop.call_later(seconds, over, self)

    def yield_to_others(self) -> None:
        """Have the process run when nothing else wants to, as its query takes long."""
        self._prioritize(10)
        self._yields = True

    def recover(self) -> bool:
        """Have the process run as others do again; False where that is not allowed."""
        if self._yields and self._prioritize(0):
            self._yields = False
        return not self._yields

    def _prioritize(self, niceness: int) -> bool:
        """Set the priority; only the mighty can raise it again."""
        if self._process is None or self._process.returncode is not None:
            return False
        try:
            os.setpriority(os.PRIO_PROCESS, self._process.pid, niceness)
        except OSError:
            return False
        return True

    def kill(self) -> None:
        """End the process, whatever it does; what it still says is not heard."""
        self.killed = True
        if self._process is not None and self._process.returncode is None:
            with contextlib.suppress(ProcessLookupError):
                self._process.kill()

    # --- what asyncio calls

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Keep the connection."""
        self._transport = cast(asyncio.Transport, transport)

    def data_received(self, data: bytes) -> None:
        """Pass on what the worker says."""
        for kind, content in self._messages.feed(data):
            if self.killed:
                return
            if kind == messages.READY:
                self.started = True
                self._owner.ready(self)
            elif kind == messages.END:
                self._owner.finished(self, leaves=content == messages.LEAVES)
            elif self.answer is None:
                if kind == messages.ERROR:
                    self._owner.failed(RefusedError.from_json(content).detail)
            elif kind == messages.HEAD:
                name = content.removeprefix(messages.GRAPH)
                self.answer.begin(name.decode(), graph=name != content)
            elif kind == messages.DATA:
                self._owner.received(self, content)
            elif kind == messages.ERROR:
                self.answer.finish(RefusedError.from_json(content))


def cause_of_death(status: int, memory: int) -> str:
    """In words, why a worker ended with an exit status in the middle of a query."""
    if status == -signal.SIGABRT:
        return out_of_memory(memory)
    if status == -signal.SIGSEGV:
        return "the query ended its process: it nests too deeply"
    return f"the query ended its process (status {status})"
