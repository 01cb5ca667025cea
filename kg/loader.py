"""A process that loads a store while what goes into it is still being made.

The store sorts what it is given in one go, and only when it has all of that. So it is given groups
of files, several at a time: large enough to be sorted well, small enough to start early, to keep
all cores at work and to take little memory.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor, as_completed
from pathlib import Path
from threading import Lock
from types import TracebackType
from typing import IO, Final, NamedTuple, Self, cast

from pyoxigraph import RdfFormat, Store

from kg.child import Child, Starter
from kg.errors import KgError
from kg.pool import worker_count

GROUP: Final = 200_000
"""Quads that are loaded together; they take about 200 MB of memory meanwhile."""

_MOST_THREADS: Final = 4


class _Done(NamedTuple):
    """What the process tells: how many quads the store has taken, and if it is closed."""

    quads: int
    closed: bool = False


class _File(NamedTuple):
    name: str
    quads: int


class Loader:
    r"""Loads files of N-Quads into a new store, in a process of its own.

    `store` is the folder to make; `group` is how many quads, at least, the store is given at a
    time. Use it in a `with`: at its end the process is gone, and unless `finish` was called the
    folder holds nothing of use. Raises `KgError` when the process cannot be started or has ended,
    and when the disk refuses.

    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder, Loader(Path(folder, "store")) as loader:
    ...     lines = Path(folder, "lines.nq")
    ...     _ = lines.write_text("<urn:a> <urn:b> <urn:c> <urn:g> .\n")
    ...     loader.add(lines, 1)
    ...     loader.finish()
    ...     loader.done, len(Store.read_only(str(Path(folder, "store"))))
    (1, 1)
    """

    def __init__(self, store: Path, group: int = GROUP) -> None:
        self._child = Child(_load, str(store), group)
        self._done = _Done(0)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._child.kill()

    @property
    def done(self) -> int:
        """How many quads the store has taken so far."""
        while not self._done.closed and self._child.connection.poll():
            self._done = self._child.receive()
        return self._done.quads

    def add(self, file: Path, count: int) -> None:
        """Have a file loaded that holds `count` quads, each on a line.

        It must stay as it is until `finish` comes back.
        """
        self._child.send(_File(os.fspath(file), count))
        _ = self.done  # an error is told as soon as it is known

    def finish(self, tell: Callable[[int], None] = lambda _done: None) -> None:
        """Wait until all files are loaded, and the store is complete on disk and closed.

        `tell` is given `done` now and then.
        """
        self._child.send(None)
        while not self._done.closed:
            self._done = self._child.receive()
            tell(self._done.quads)
        self._child.close()


class _Group:
    """Some files as one to read: one after another."""

    def __init__(self, files: list[_File]) -> None:
        self.quads = sum(file.quads for file in files)
        self._names = [file.name for file in reversed(files)]
        self._file = -1
        self.error: KgError | None = None

    def read(self, size: int) -> bytes:
        """At most `size` bytes; none at the end of the last file."""
        while self._file >= 0 or self._names:
            try:
                if self._file < 0:
                    self._file = os.open(self._names[-1], os.O_RDONLY | os.O_CLOEXEC)
                if data := os.read(self._file, size):
                    return data
            except OSError as error:
                # Who reads this will make something else of it.
                words = f"{self._names[-1]} cannot be read: {error.strerror}; nothing was built"
                self.error = KgError(words)
                raise
            os.close(self._file)
            self._file = -1
            self._names.pop()
        return b""


class _Loading:
    """What the threads of the process do, and know of each other."""

    def __init__(self, starter: Starter, store: Store, group: int) -> None:
        self._starter = starter
        self._store = store
        self._group = group
        self._collecting = Lock()
        self._counting = Lock()
        self._ended = False
        self.done = 0

    def run(self) -> None:
        """Load one group after another, until there are no more files."""
        while files := self._collect():
            group = _Group(files)
            try:
                # The lines were made by a build, of terms that were checked.
                self._store.bulk_load(cast(IO[bytes], group), RdfFormat.N_QUADS, lenient=True)
            except OSError as error:
                raise group.error or _refusal(error) from error
            with self._counting:
                self.done += group.quads
                self._starter.send_if_read(_Done(self.done))

    def _collect(self) -> list[_File]:
        files: list[_File] = []
        with self._collecting:
            while not self._ended and sum(file.quads for file in files) < self._group:
                file = self._starter.receive()
                if file is None:
                    self._ended = True
                else:
                    files.append(file)
        return files


def _load(starter: Starter, path: str, group: int) -> None:
    """What the process does."""
    try:
        done = _fill(starter, Store(path), group)
    except OSError as error:
        raise _refusal(error) from error
    # Nobody has the store any more: it is closed.
    starter.send(_Done(done, closed=True))


def _fill(starter: Starter, store: Store, group: int) -> int:
    """Load into a store what is announced; gives the number of quads."""
    loading = _Loading(starter, store, group)
    count = min(max(2, worker_count()), _MOST_THREADS)
    threads = ThreadPoolExecutor(count)
    for ended in as_completed([threads.submit(loading.run) for _ in range(count)]):
        ended.result()
    threads.shutdown()
    store.flush()
    return loading.done


def _refusal(error: OSError) -> KgError:
    return KgError(f"the store cannot be written: {error}; nothing was built")
