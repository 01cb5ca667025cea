"""A process that loads a store while what goes into it is still being made."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from pathlib import Path
from types import TracebackType
from typing import Final, NamedTuple, Self

from pyoxigraph import RdfFormat, Store

from kg.child import Child, Starter
from kg.errors import KgError

_TELL: Final = 0.2  # seconds between two words about how much is done


class _Done(NamedTuple):
    """What the process tells: how many quads it has handed to the store, and if that was all."""

    quads: int
    closed: bool = False


class Loader:
    """Loads files of N-Quads into a new store, in a process of its own.

    `store` is the folder to make. Use it in a `with`: at its end the process is gone, and unless
    `finish` was called the folder holds nothing of use. Raises `KgError` when the process cannot
    be started or has ended, or when the disk refuses.

    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder, Loader(Path(folder, "store")) as loader:
    ...     lines = Path(folder, "lines.nq")
    ...     _ = lines.write_text("<urn:a> <urn:b> <urn:c> <urn:g> .\\n")
    ...     loader.add(lines, 1)
    ...     loader.finish()
    ...     loader.done, len(Store.read_only(str(Path(folder, "store"))))
    (1, 1)
    """

    def __init__(self, store: Path) -> None:
        self._child = Child(_load, str(store))
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
        """How many quads the store has been given so far."""
        while not self._done.closed and self._child.connection.poll():
            self._done = self._child.receive()
        return self._done.quads

    def add(self, file: Path, count: int) -> None:
        """Have a file loaded that holds `count` quads, each on a line.

        It must stay as it is until `finish` comes back.
        """
        self._child.send((os.fspath(file), count))
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


class _Files:
    """The files that are announced, one after another, as one file to read."""

    def __init__(self, starter: Starter) -> None:
        self._starter = starter
        self._file = -1
        self._size = self._read = self._count = 0
        self._before = 0  # quads, of the files that are done
        self._told = 0.0
        self._ended = False
        self.error: BaseException | None = None

    @property
    def done(self) -> int:
        """How many quads have been read, about."""
        return self._before + (self._count * self._read // self._size if self._size else 0)

    def read(self, size: int = -1) -> bytes:
        """At most `size` bytes; none when the last file has been read."""
        try:
            return self._read_on(size)
        except BaseException as error:
            # The reader of this may make an error of its own out of it.
            self.error = error
            raise

    def _read_on(self, size: int) -> bytes:
        while not self._ended:
            if self._file >= 0:
                data = os.read(self._file, size)
                if data:
                    self._read += len(data)
                    self._tell()
                    return data
                os.close(self._file)
                self._file = -1
                self._before += self._count
                self._read = 0
            announced = self._starter.receive()
            if announced is None:
                self._ended = True  # and this is asked again
                break
            name, self._count = announced
            self._file = os.open(name, os.O_RDONLY)
            self._size = os.fstat(self._file).st_size
        return b""

    def _tell(self) -> None:
        now = time.monotonic()
        if now - self._told >= _TELL:
            self._told = now
            self._starter.send_if_read(_Done(self.done))


def _load(starter: Starter, path: str) -> None:
    """What the process does."""
    files = _Files(starter)
    try:
        store = Store(path)
        # Its lines were made by a build, from terms that were checked.
        store.bulk_load(files, RdfFormat.N_QUADS, lenient=True)
        store.flush()
    except OSError as error:
        raise KgError(f"the store cannot be written: {error}; nothing was built") from error
    finally:
        if files.error:
            raise files.error
    del store  # closes it
    starter.send(_Done(files.done, closed=True))
