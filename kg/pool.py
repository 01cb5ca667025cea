"""Worker processes: jobs out, results back as they come, and never many of either at a time."""

from __future__ import annotations

import gc
import os
import resource
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from multiprocessing.connection import wait
from pathlib import Path
from types import TracebackType
from typing import Any, Final, Generic, Self, TypeVar

from kg.child import Child, Starter
from kg.errors import KgError, WorkerError

S = TypeVar("S")
J = TypeVar("J")
R = TypeVar("R")

# One in the making and one to go on with at once.
_AT_HAND: Final = 2
_QUOTA: Final = Path("/sys/fs/cgroup/cpu.max")
# What the threads of a store reserve, though they use little of it, and some more to work with.
_ROOM: Final = 700 << 20


def worker_count() -> int:
    """How many processor cores this process may use, at least 1.

    >>> 1 <= worker_count() <= os.cpu_count()
    True
    """
    if hasattr(os, "sched_getaffinity"):
        cores = len(os.sched_getaffinity(0))
    else:
        cores = os.cpu_count() or 1
    try:
        time, period = map(int, _QUOTA.read_text(encoding="ascii").split())
    except (OSError, ValueError):  # not Linux, an old kind of quota, or "max"
        return cores
    return max(1, min(cores, time // period))


def check_memory() -> None:
    """Raise `KgError` where `ulimit -v` allows less than a process with a store in it takes.

    The library that stores would end such a process, in no words that a user could read.

    >>> check_memory()
    """
    limit, _ = resource.getrlimit(resource.RLIMIT_AS)
    if limit == resource.RLIM_INFINITY:
        return
    try:
        pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[0])
    except OSError:  # not Linux
        pages = 0
    least = pages * resource.getpagesize() + _ROOM
    if limit < least:
        raise KgError(
            f"there is not enough memory: {limit >> 20} MiB of address space are allowed "
            f"(`ulimit -v`), and at least {least >> 20} are needed; nothing was built"
        )


class Pool(Generic[S]):
    """Processes that do jobs; with `count` 0 the jobs are done in this process.

    `prepare(*args)` makes the state that every job is given, once in each process. Functions,
    jobs and results go from process to process, so they must be such that `pickle` can take them
    there: functions of a module. Use it in a `with`: at its end the processes are gone, at once
    if by an exception.

    >>> with Pool(0, dict, {"two": 2}) as pool:
    ...     sorted(pool.run(dict.get, ["two", "three"]))
    [(0, 2), (1, None)]
    """

    def __init__(self, count: int, prepare: Callable[..., S], *args: Any) -> None:
        self._count = count
        self._prepare = prepare
        self._args = args
        self._workers: list[_Worker] = []
        self._run: object = None

    def __enter__(self) -> Self:
        try:
            for _ in range(self._count):
                self._workers.append(_Worker(_work, self._prepare, self._args))
        except BaseException:
            self._kill()
            raise
        if not self._count:
            self._state = self._prepare(*self._args)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if kind is not None or any(worker.out for worker in self._workers):
            self._kill()
        for worker in self._workers:
            worker.connection.close()
        for worker in self._workers:
            worker.close()
        self._workers.clear()

    def _kill(self) -> None:
        while self._workers:
            self._workers.pop().kill()

    def run(self, function: Callable[[S, J], R], jobs: Iterable[J]) -> Iterator[tuple[int, R]]:
        """Do `function(state, job)` for every job; yields results with the numbers of their jobs.

        The numbers count from 0, the order is that in which results are ready. Jobs are taken as
        they can be done, never more than two for each process ahead of the results. There is one
        run at a time; what one that was given up had begun is finished and forgotten.

        Raises what a job raised, with the traceback in its notes unless it is a `KgError`, and
        `WorkerError` when a process has ended or memory ran out.
        """
        if self._workers:
            return self._share(function, jobs)
        return ((number, function(self._state, job)) for number, job in enumerate(jobs))

    def _share(self, function: Callable[[S, J], R], jobs: Iterable[J]) -> Iterator[tuple[int, R]]:
        run = self._run = object()
        numbered = iter(enumerate(jobs))
        more = True
        while True:
            while more and (worker := min(self._workers, key=_load)) and _load(worker) < _AT_HAND:
                try:
                    number, job = next(numbered)
                except StopIteration:
                    more = False
                else:
                    worker.send((function, job))
                    worker.out.append((run, number))
            busy = [worker for worker in self._workers if worker.out]
            if not more and not any(of is run for worker in busy for of, _ in worker.out):
                return
            ready = wait([worker.connection for worker in busy])
            for worker in [worker for worker in busy if worker.connection in ready]:
                of, number = worker.out.popleft()
                try:
                    result = worker.receive()
                except Exception as error:
                    if of is run or isinstance(error, WorkerError):
                        raise
                    continue
                if of is run:
                    yield number, result
                    if self._run is not run:
                        raise RuntimeError("a pool has one run at a time")


class _Worker(Child):
    """A process and the jobs that it has been given, each as its run and its number there."""

    def __init__(self, *args: Any) -> None:
        super().__init__(*args)
        self.out: deque[tuple[object, int]] = deque()


def _load(worker: _Worker) -> int:
    return len(worker.out)


def _work(starter: Starter, prepare: Callable[..., Any], args: tuple[Any, ...]) -> None:
    """What a worker process does."""
    state = prepare(*args)
    # What is there now stays: no need to look through it for garbage again and again.
    gc.collect()
    gc.freeze()
    while True:
        function, job = starter.receive()
        try:
            starter.send(function(state, job))
        except SystemExit:
            raise
        except BaseException as error:  # a panic of an engine is no Exception
            starter.fail(error)
        # Nothing of a job is kept while the next one is waited for.
        del function, job
