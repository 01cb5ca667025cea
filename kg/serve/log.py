r"""The access log: one JSON object a line, written in the background.

No request waits for the disk, and none fails because the log cannot be written. A line break in
an address is `\n` in JSON, so that nobody can write lines of his own.
"""

from __future__ import annotations

import contextlib
import functools
import json
import logging
import os
import sys
import threading
import time
import traceback
from collections import deque
from pathlib import Path
from typing import Any, Final

# When the log cannot be written as fast as it grows, the oldest lines go.
_MOST_LINES: Final = 100_000
_MANY_LINES: Final = 5_000
_SECONDS: Final = 0.2
_LONGEST: Final = 2000


def timestamp() -> str:
    """The time, in UTC, to the millisecond (RFC 3339)."""
    now = time.time()
    return f"{_second(int(now))}.{int(now % 1 * 1000):03d}Z"


@functools.lru_cache(maxsize=1)
def _second(now: int) -> str:
    return time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(now))


class Log:
    """A log that goes to a file, or to standard error without one.

    The file is opened anew when another has taken its name, as `logrotate` has it.
    """

    def __init__(self, path: Path | None = None) -> None:
        self._path = path
        self._file: int | None = None
        self._lines: deque[str] = deque(maxlen=_MOST_LINES)
        self._due = threading.Event()
        self._ended = False
        self._thread = threading.Thread(target=self._run, name="log", daemon=True)
        if path is not None:
            self._file = _open(path)
        self._thread.start()

    def write(self, event: str, **fields: Any) -> None:
        """A line: what happened, when, and what belongs to it."""
        line: dict[str, Any] = {"time": timestamp(), "event": event}
        for name, value in fields.items():
            line[name] = value[:_LONGEST] if isinstance(value, str) else value
        self.line(json.dumps(line) + "\n")

    def line(self, line: str) -> None:
        """A line that is JSON already."""
        self._lines.append(line)
        if len(self._lines) > _MANY_LINES:
            self._due.set()

    def error(self, event: str, error: BaseException, **fields: Any) -> None:
        """A line with an error and where it came from."""
        trace = traceback.format_exception(error, limit=-8)
        # Its end says most.
        self.write(event, **fields, error="".join(trace)[-_LONGEST:])

    def close(self) -> None:
        """Write what is left, and stop."""
        self._ended = True
        self._due.set()
        self._thread.join(timeout=5)
        if self._file is not None:
            os.close(self._file)

    def _run(self) -> None:
        while not self._ended:
            self._due.wait(_SECONDS)
            self._due.clear()
            self._flush()

    def _flush(self) -> None:
        lines = [self._lines.popleft() for _ in range(len(self._lines))]
        if not lines:
            return
        data = "".join(lines).encode()
        with contextlib.suppress(OSError):  # nobody is left to be told
            self._reopen()
            while data:
                data = data[os.write(self._descriptor(), data) :]

    def _descriptor(self) -> int:
        return sys.stderr.fileno() if self._file is None else self._file

    def _reopen(self) -> None:
        if self._path is None or self._file is None:
            return
        with contextlib.suppress(FileNotFoundError):
            if os.path.samestat(os.fstat(self._file), self._path.stat()):
                return
        fresh = _open(self._path)
        os.close(self._file)
        self._file = fresh


class LibraryLines(logging.Handler):
    """What the libraries below have to say, as lines of the log."""

    def __init__(self, log: Log) -> None:
        super().__init__(logging.WARNING)
        self._log = log

    def emit(self, record: logging.LogRecord) -> None:
        """One of their messages; a trace goes with it."""
        fields = {"logger": record.name, "message": record.getMessage().strip()}
        if record.exc_info and record.exc_info[1] is not None:
            self._log.error("error", record.exc_info[1], **fields)
        else:
            self._log.write(record.levelname.lower(), **fields)


def _open(path: Path) -> int:
    return os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC, 0o644)
