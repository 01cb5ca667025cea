"""What a command costs: wall time, CPU time and memory, all of its processes together."""

from __future__ import annotations

import ctypes
import os
import resource
import signal
import subprocess
import tempfile
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Final

_EVERY: Final = 0.05
"""Seconds between two looks at memory."""

_SHARE: Final = 0.04
"""The most of the time that asking how much memory is shared may take: it halts who is asked."""

_SUBREAPER: Final = 36  # PR_SET_CHILD_SUBREAPER of <linux/prctl.h>
_PAGE: Final = os.sysconf("SC_PAGE_SIZE")


@dataclass(frozen=True)
class Limits:
    """When a command is stopped: after so many seconds, or with so many bytes of memory."""

    seconds: float
    memory: float


@dataclass(frozen=True)
class Usage:
    """What a command cost: seconds of wall and of CPU time, and its peak of memory in bytes.

    CPU time is that of user and system, of all processes, however they ended. Memory is the
    proportional set size (pages that processes share count once) of all processes at one moment.
    `stopped` says which limit was hit, '' for none.
    """

    seconds: float
    cpu: float
    memory: int
    code: int
    stopped: str
    output: str
    errors: str


def measure(command: Sequence[str], cwd: Path, limits: Limits) -> Usage:
    r"""Run a command to its end, or to a limit, and say what it cost.

    >>> usage = measure(["sh", "-c", "echo done; exit 3"], Path(), Limits(10, 1e9))
    >>> usage.code, usage.stopped, usage.output
    (3, '', 'done\n')
    """
    before = _cpu()
    with _adopting(), tempfile.TemporaryFile() as output, tempfile.TemporaryFile() as errors:
        tree = _Tree()
        start = time.perf_counter()
        with subprocess.Popen(
            command, cwd=cwd, stdin=subprocess.DEVNULL, stdout=output, stderr=errors
        ) as process:
            watch = _Watch(tree, limits)
            watch.start()
            try:
                process.wait()
                seconds = time.perf_counter() - start
            finally:
                watch.end()
                if process.poll() is None:
                    process.kill()
                    process.wait()
                tree.end()
        texts = [_text(file) for file in (output, errors)]
    cpu = _cpu() - before
    return Usage(seconds, cpu, watch.peak, process.returncode, watch.stopped, *texts)


@contextmanager
def _adopting() -> Iterator[None]:
    """Within this, what a process leaves behind becomes a child of this one: no time is lost."""
    libc = ctypes.CDLL(None)
    libc.prctl(_SUBREAPER, 1, 0, 0, 0)
    try:
        yield
    finally:
        libc.prctl(_SUBREAPER, 0, 0, 0, 0)


def _cpu() -> float:
    """The CPU time of all children that have been waited for, and of theirs, in seconds."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def _text(file: IO[bytes]) -> str:
    file.seek(0)
    return file.read().decode(errors="replace")


class _Tree:
    """The processes that came of this one since the tree was made, whoever is their parent now."""

    def __init__(self) -> None:
        self._members: set[int] = set()
        self._others = _all_processes()

    def members(self) -> list[int]:
        """Those that are there."""
        there = _all_processes()
        self._members &= there
        self._others &= there
        new = there - self._members - self._others
        parents = {pid: _parent(pid) for pid in new}
        family = {os.getpid(), *self._members}
        while found := {pid for pid in new if parents[pid] in family}:
            family |= found
            new -= found
        self._members = family - {os.getpid()}
        self._others |= new
        return sorted(self._members)

    def end(self) -> None:
        """End those that are left, and wait for them."""
        while members := self.members():
            self.kill()
            for pid in members:
                try:
                    os.waitpid(pid, 0)
                except ChildProcessError:  # its own parent is still to end
                    continue

    def kill(self) -> None:
        for pid in self.members():
            try:
                os.kill(pid, signal.SIGKILL)
            except ProcessLookupError:
                continue


def _all_processes() -> set[int]:
    # `Path.iterdir` would take ten times as long, twenty times a second.
    with os.scandir("/proc") as entries:
        return {int(entry.name) for entry in entries if entry.name.isdigit()}


def _parent(pid: int) -> int:
    try:
        stat = Path(f"/proc/{pid}/stat").read_bytes()
    except OSError:
        return 0
    # The name of the program, in brackets, may hold anything.
    return int(stat.rpartition(b")")[2].split()[1])


class _Watch(threading.Thread):
    """Looks at the memory of a tree every 50 ms, and ends it at a limit."""

    def __init__(self, tree: _Tree, limits: Limits) -> None:
        super().__init__(daemon=True)
        self.peak = 0
        self.stopped = ""
        self._tree = tree
        self._limits = limits
        self._ended = threading.Event()
        self._next = 0.0

    def end(self) -> None:
        self._ended.set()
        self.join()

    def run(self) -> None:
        start = time.monotonic()
        while not self._ended.wait(_EVERY):
            now = time.monotonic()
            members = self._tree.members()
            # Here what is shared counts several times, so that no peak can be higher.
            if now >= self._next and sum(map(_resident, members)) > self.peak:
                before = time.thread_time()
                self.peak = max(self.peak, sum(map(_proportional, members)))
                self._next = now + (time.thread_time() - before) / _SHARE
            if now - start > self._limits.seconds:
                self.stopped = self.stopped or f"over {self._limits.seconds:,g} s"
            elif self.peak > self._limits.memory:
                self.stopped = self.stopped or f"over {self._limits.memory / 1e9:,.1f} GB"
            if self.stopped:
                self._tree.kill()


def _resident(pid: int) -> int:
    """The memory of a process, in bytes, with all that it shares; 0 for one that has ended."""
    try:
        return int(Path(f"/proc/{pid}/statm").read_bytes().split()[1]) * _PAGE
    except (OSError, IndexError):
        return 0


def _proportional(pid: int) -> int:
    """The memory of a process, in bytes, with its part of what it shares."""
    try:
        lines = Path(f"/proc/{pid}/smaps_rollup").read_text(encoding="ascii").splitlines()
    except OSError:
        return 0  # it has ended
    return next((int(line.split()[1]) * 1024 for line in lines if line.startswith("Pss:")), 0)
