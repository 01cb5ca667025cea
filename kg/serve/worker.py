"""A process that evaluates queries, one at a time, under limits that the system keeps.

`kg.serve.workers` starts it, with its settings as an argument; it ends when that process does.
"""

from __future__ import annotations

import contextlib
import gc
import json
import os
import pickle
import resource
import socket
import sys
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Final

from pyoxigraph import QueryTriples, Store

from kg.answer import end_with, limit_memory, no_connections
from kg.context import Context, load_context
from kg.errors import KgError, QueryError, QuerySyntaxError
from kg.results import run_query, write_standard
from kg.serve import messages
from kg.serve.messages import Query, message, read_prefix
from kg.serve.problems import RefusedError
from kg.sparql import is_update, refuse_federation

# Graphs up to this size are sorted and laid out well; that takes about as long as 0.2 s.
_MOST_SORTED: Final = 5000


@dataclass(frozen=True, slots=True)
class WorkerSettings:
    """What a worker needs to know: `memory` in MiB, and `services`, which queries may ask.

    `alive` is the end of a pipe whose other end is the server's alone.
    """

    store: str
    context: str
    base: str
    memory: int
    services: tuple[str, ...] = ()
    socket: int = -1
    alive: int = -1

    def to_json(self) -> str:
        """The settings as an argument of a command."""
        return json.dumps(asdict(self))


def main(argument: str) -> None:
    """Answer the server's queries until it closes the connection."""
    settings = WorkerSettings(**json.loads(argument))
    connection = socket.socket(fileno=settings.socket)
    end_with(settings.alive)
    limit_memory(settings.memory)
    try:
        context = load_context(Path(settings.context), settings.base)
        store = Store.read_only(settings.store)
    except (KgError, OSError, ValueError, RuntimeError) as error:
        connection.sendall(message(messages.ERROR, RefusedError(503, str(error)).to_json()))
        return
    worker = _Worker(settings, store, context, connection)
    # What is there now stays: no need to look through it for garbage again and again.
    gc.collect()
    gc.freeze()
    connection.sendall(message(messages.READY))
    # Nothing more is opened, from here to the end: unless there are endpoints to ask.
    with contextlib.nullcontext() if settings.services else no_connections():
        for query in _queries(connection):
            if not worker.answer(query):
                break


def _queries(connection: socket.socket) -> Iterator[Query]:
    with connection.makefile("rb") as stream:
        while prefix := stream.read(messages.PREFIX_SIZE):
            yield pickle.loads(stream.read(read_prefix(prefix)[1]))


class _Worker:
    def __init__(
        self, settings: WorkerSettings, store: Store, context: Context, connection: socket.socket
    ) -> None:
        self._settings = settings
        self._store = store
        self._context = context
        self._connection = connection
        self._memory = _Memory(settings.memory)
        self._pending: list[bytes] = []

    def answer(self, query: Query) -> bool:
        """Evaluate a query and send what comes of it; gives whether there can be another one."""
        fit = True
        try:
            self._evaluate(query)
        except BaseException as error:  # a panic of the engine is no Exception
            fit = isinstance(error, KgError)
            refused = _refusal(error, query.text, self._settings.memory)
            self._pending = [message(messages.ERROR, refused.to_json())]
        fit = fit and not self._memory.is_short()
        self._pending.append(message(messages.END, b"" if fit else messages.LEAVES))
        self._send_pending()
        return fit

    def _evaluate(self, query: Query) -> None:
        try:
            federates = refuse_federation(query.text, self._settings.services)
        except QueryError as error:
            raise RefusedError(403, str(error)) from error
        # Without any endpoint to ask, this process can open nothing anyway.
        connected = federates or not self._settings.services
        bound = dict(query.bindings)
        base = self._context.base
        answer = run_query(self._store, query.text, bound, base, query.dataset, connected)
        graph = isinstance(answer, QueryTriples)
        name = query.graph if graph else query.solutions
        if not name:
            kind = "a graph" if graph else "a table"
            raise RefusedError(406, f"the answer is {kind}: no format that you accept holds that")
        head = (messages.GRAPH if graph else b"") + name.encode()
        self._pending.append(message(messages.HEAD, head))
        write_standard(answer, name, self._context, self._send, _MOST_SORTED, connected)

    def _send(self, data: bytes) -> None:
        # One piece behind: a small answer is one message, and an early error needs no other.
        if len(self._pending) > 1:
            self._send_pending()
        self._pending.append(message(messages.DATA, data))

    def _send_pending(self) -> None:
        self._connection.sendall(b"".join(self._pending))
        self._pending.clear()


def _refusal(error: BaseException, text: str, memory: int) -> RefusedError:
    if isinstance(error, RefusedError):
        return error
    if isinstance(error, QuerySyntaxError):
        if is_update(text):
            return RefusedError(400, "updates are refused: this endpoint is read-only")
        return RefusedError(400, str(error), line=error.line, column=error.column)
    if isinstance(error, KgError):
        return RefusedError(400, str(error))
    if isinstance(error, MemoryError):
        return RefusedError(500, out_of_memory(memory))
    return RefusedError(500, "the query failed for a reason of the engine's own")


def out_of_memory(memory: int) -> str:
    """What is said of a query that needed more than so many MiB."""
    return f"the query needed more than {memory} MiB of memory; ask for less at a time"


class _Memory:
    """How much this process has taken of what it may, as the system counts for the limit."""

    def __init__(self, limit: int) -> None:
        self.limit = limit
        try:
            self._file = os.open("/proc/self/statm", os.O_RDONLY | os.O_CLOEXEC)
        except FileNotFoundError:  # not Linux
            self._file = -1
        self._start = self._taken()

    def _taken(self) -> float:
        if self._file < 0:
            return 0
        pages = int(os.pread(self._file, 200, 0).split()[5])
        return pages * resource.getpagesize() / (1 << 20)

    def is_short(self) -> bool:
        """Whether queries have left so much behind that the next one may want for it."""
        return self._taken() - self._start > self.limit / 4


if __name__ == "__main__":
    main(sys.argv[1])
