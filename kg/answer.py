"""Run a query where it can be stopped: in a process of its own, under limits.

A query can take all memory, never end, or end the process it runs in; none of these can be caught
from inside. So a child evaluates it over the read-only store and sends back the bytes of the
answer, and the parent holds the clock.
"""

from __future__ import annotations

import contextlib
import fcntl
import multiprocessing
import os
import resource
import signal
import time
import traceback
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from multiprocessing.connection import Connection
from typing import Any

from kg.errors import QueryError

Send = Callable[[bytes], None]
_CHUNK = 1 << 20
_LONGEST = 7 * 24 * 3600.0


@dataclass(frozen=True, slots=True)
class QueryLimits:
    """What a query may cost: `seconds` of wall time, `memory` in MiB, `bytes` of answer."""

    seconds: float = 60
    memory: int = 4096
    bytes: int = 1 << 30


def run_limited(work: Callable[[Send], None], limits: QueryLimits) -> Iterator[bytes]:
    """Run `work` in a child process; yields what it sends, as it comes.

    Raises what the child raised, or `QueryError` when the child broke a limit or ended
    on its own; in every case the child is gone afterwards.
    """
    fork = multiprocessing.get_context("fork")
    receiver, sender = fork.Pipe(duplex=False)
    child = fork.Process(target=_child, args=(work, sender, receiver, limits), daemon=True)
    child.start()
    sender.close()
    try:
        yield from _receive(receiver, child, limits)
    finally:
        if child.is_alive():
            child.kill()
        child.join()
        receiver.close()


def _receive(receiver: Connection, child: Any, limits: QueryLimits) -> Iterator[bytes]:
    # Only waiting counts: a reader of the answer may take all the time it wants.
    seconds = min(max(0, limits.seconds), _LONGEST)
    left = limits.bytes
    while True:
        start = time.monotonic()
        if not receiver.poll(max(seconds, 0)):
            raise QueryError(f"the query was stopped after {limits.seconds:g} s (--timeout)")
        try:
            seconds -= time.monotonic() - start
            message = receiver.recv()
        except EOFError:
            raise QueryError(_cause_of_death(child, limits)) from None
        if message is None:
            return
        if isinstance(message, Exception):
            raise message
        left -= len(message)
        if left < 0:
            raise QueryError(f"the answer is larger than {limits.bytes >> 20} MiB; ask for less")
        yield message


def _cause_of_death(child: Any, limits: QueryLimits) -> str:
    child.join(timeout=5)
    if child.exitcode == -signal.SIGABRT:
        return f"the query needed more than {limits.memory} MiB of memory (--memory)"
    if child.exitcode == -signal.SIGSEGV:
        return "the query ended its process: it nests too deeply"
    return f"the query ended its process (status {child.exitcode})"


def _child(
    work: Callable[[Send], None], sender: Connection, receiver: Connection, limits: QueryLimits
) -> None:
    receiver.close()
    # Ctrl-C must end an evaluation that never comes back to Python.
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    parent = multiprocessing.parent_process()
    assert parent is not None
    # The other end of this pipe is the parent's alone.
    end_with(parent.sentinel)
    limit_memory(limits.memory)

    def send(data: bytes) -> None:
        for start in range(0, len(data), _CHUNK):
            sender.send(data[start : start + _CHUNK])

    # What the engine prints as it dies is for its authors; the parent says it in plain words.
    os.dup2(os.open(os.devnull, os.O_WRONLY), 2)
    try:
        work(send)
        sender.send(None)
    except MemoryError:
        sender.send(
            QueryError(f"the query needed more than {limits.memory} MiB of memory (--memory)")
        )
    except Exception as error:
        error.add_note(traceback.format_exc())
        sender.send(error)
    finally:
        sender.close()


def end_with(pipe: int) -> None:
    """Have the system end this process when the other end of a pipe is closed.

    Whoever holds that end alone takes this process along, however it ends: by a signal that no
    evaluation can keep waiting.
    """
    signal.signal(signal.SIGIO, signal.SIG_DFL)
    fcntl.fcntl(pipe, fcntl.F_SETOWN, os.getpid())
    flags = fcntl.fcntl(pipe, fcntl.F_GETFL)
    fcntl.fcntl(pipe, fcntl.F_SETFL, flags | os.O_ASYNC)


def limit_memory(mebibytes: int) -> None:
    """Let this process write to that much memory and no more, and leave no core file."""
    # Written memory, not address space: threads reserve plenty of that without using it.
    _, hard = resource.getrlimit(resource.RLIMIT_DATA)
    memory = min(mebibytes, 1 << 24) << 20
    if hard != resource.RLIM_INFINITY:
        memory = min(memory, hard)
    resource.setrlimit(resource.RLIMIT_DATA, (memory, memory))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


@contextlib.contextmanager
def no_connections() -> Iterator[None]:
    """Within this, the process opens no file and no connection, whatever code it runs."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    lowest = os.open(os.devnull, os.O_RDONLY)
    os.close(lowest)
    resource.setrlimit(resource.RLIMIT_NOFILE, (lowest, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
