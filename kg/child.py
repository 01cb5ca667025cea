"""A process of our own: started, spoken to, and gone when it is no longer wanted.

It is a fresh interpreter: what this process has imported, locked or started in threads does not
matter to it, and `__main__` is not run again. It is out of reach of signals for the terminal's
group, such as Ctrl-C: who started it ends it. It ends at once when who started it has ended, no
matter how.
"""

from __future__ import annotations

import contextlib
import errno
import os
import pickle
import select
import signal
import socket
import subprocess
import sys
import tempfile
import traceback
from collections.abc import Callable
from multiprocessing.connection import Connection
from queue import SimpleQueue
from threading import Thread
from typing import Any, Final

from kg.answer import end_with
from kg.errors import KgError, WorkerError, printable

_MAIN: Final = "from kg.child import main; main()"
_PATIENCE: Final = 2.0  # seconds, for a process that has nothing more to do
_LACK: Final = "there is not enough memory: give more of it, or use fewer processes"
# What Python, the linker, and the languages of the libraries write of it, in their last words.
_SIGNS: Final = (
    "MemoryError", "cannot allocate memory", "Cannot allocate memory", "memory allocation of",
    "bad_alloc",
)  # fmt: skip


class Child:
    """A process that runs `target(starter, *args)`, a function that it can import.

    Whatever is sent is pickled. Raises `WorkerError` where no process can be started.
    """

    def __init__(self, target: Callable[..., None], *args: Any) -> None:
        ours, theirs = socket.socketpair()
        end, self._alive = os.pipe()
        self._errors = tempfile.TemporaryFile()  # noqa: SIM115 - closed with the rest
        self.connection = Connection(ours.detach())
        try:
            self._process = subprocess.Popen(
                (sys.executable, "-P", "-c", _MAIN, str(theirs.fileno()), str(end)),
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=self._errors,
                env=environment(),
                pass_fds=(theirs.fileno(), end),
                start_new_session=True,
            )
        except OSError as error:
            self._let_go()
            words = f"a process cannot be started: {error.strerror}; nothing was built"
            raise WorkerError(words) from error
        finally:
            theirs.close()
            os.close(end)
        try:
            self.send((target, args))
        except BaseException:
            self.kill()
            raise

    def send(self, message: object) -> None:
        """Send a message; raises `WorkerError` when the process has ended."""
        data = pickle.dumps(message, pickle.HIGHEST_PROTOCOL)
        try:
            self.connection.send_bytes(data)
        except OSError as error:
            raise self._death() from error

    def receive(self) -> Any:
        """Wait for a message.

        Raises what the process raised, and `WorkerError` when it has ended instead or memory ran
        out.
        """
        try:
            good, content = pickle.loads(self.connection.recv_bytes())
        except (EOFError, OSError) as error:
            raise self._death() from error
        except MemoryError as error:
            raise WorkerError(f"{_LACK}; nothing was built") from error
        if not good:
            raise content
        return content

    def close(self) -> None:
        """Tell the process that nothing more comes, and see it end."""
        self.connection.close()
        with contextlib.suppress(subprocess.TimeoutExpired):
            self._process.wait(_PATIENCE)
        self.kill()

    def kill(self) -> None:
        """End the process, whatever it does."""
        self._process.kill()
        self._process.wait()
        self._let_go()

    def _let_go(self) -> None:
        if self._alive >= 0:
            os.close(self._alive)
            self._alive = -1
        self.connection.close()
        self._errors.close()

    def _death(self) -> WorkerError:
        """Why the process has ended, in words; waits until it has."""
        with contextlib.suppress(subprocess.TimeoutExpired):
            self._process.wait(_PATIENCE)
        self._process.kill()
        status = self._process.wait()
        self._errors.seek(max(0, self._errors.seek(0, os.SEEK_END) - 10_000))
        said = self._errors.read().decode(errors="replace").strip().splitlines()
        return WorkerError(_cause_of_death(status, said))


def _cause_of_death(status: int, lines: list[str]) -> str:
    """In words, why a process ended too early; `lines` are the last that it wrote."""
    if any(sign in line for line in lines for sign in _SIGNS):
        return f"{_LACK}; nothing was built"
    said = printable(lines[-1]) if lines else ""
    if status < 0:
        with contextlib.suppress(ValueError):
            name = signal.Signals(-status).name
            hint = {
                signal.SIGKILL: ": killed, often for lack of memory",
                signal.SIGABRT: ": it gave up, often for lack of memory",
                signal.SIGSEGV: ": it crashed",
                signal.SIGBUS: ": it crashed, often for lack of space on a disk",
            }.get(signal.Signals(-status), "")
            ended = f"signal {-status} ({name}{hint})"
            return f"a process was ended by {ended}{_quoted(said)}; nothing was built"
    return f"a process ended with status {status}{_quoted(said)}; nothing was built"


def _quoted(said: str) -> str:
    return f", saying “{said}”" if said else ""


def environment() -> dict[str, str]:
    """The environment of a process that finds what this one can import."""
    return os.environ | {"PYTHONPATH": os.pathsep.join(filter(None, sys.path))}


class Starter:
    """What a process has of the one that started it.

    Messages are taken in as they come, by a thread: who sends one need not wait until it is wanted.
    """

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._inbox: SimpleQueue[bytes | BaseException] = SimpleQueue()
        Thread(target=self._take_in, daemon=True).start()

    def _take_in(self) -> None:
        try:
            while True:
                self._inbox.put(self._connection.recv_bytes())
        except (EOFError, OSError):
            self._inbox.put(SystemExit())
        except BaseException as error:  # such as lack of memory
            self._inbox.put(error)

    def receive(self) -> Any:
        """Wait for the next message; when there can be none any more, this process ends."""
        data = self._inbox.get()
        if isinstance(data, BaseException):
            self._inbox.put(data)
            raise data
        return pickle.loads(data)

    def send(self, message: object) -> None:
        """Send a message."""
        self._send_bytes(pickle.dumps((True, message), pickle.HIGHEST_PROTOCOL))

    def send_if_read(self, message: object) -> None:
        """Send a small message, unless too many have been sent that are not yet read."""
        if select.select([], [self._connection], [], 0)[1]:
            self.send(message)

    def fail(self, error: BaseException) -> None:
        """Have an exception raised where the answer to a message is waited for."""
        self._send_bytes(_as_sent(error))

    def _send_bytes(self, data: bytes) -> None:
        try:
            self._connection.send_bytes(data)
        except OSError as error:  # nobody listens any more
            raise SystemExit from error


def main() -> None:
    """What the process runs: the target that is the first message to it."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    descriptor, alive = map(int, sys.argv[1:])
    end_with(alive)
    starter = Starter(Connection(descriptor))
    try:
        target, args = starter.receive()
        target(starter, *args)
    except SystemExit:
        raise
    except BaseException as error:  # a panic of an engine is no Exception
        starter.fail(error)


def _as_sent(error: BaseException) -> bytes:
    """An exception as a message: one that the other side can surely read."""
    if _is_lack(error):
        error = WorkerError(f"{_LACK}; nothing was built")
    elif not isinstance(error, KgError):
        error.add_note("".join(traceback.format_exception(error)))
    try:
        data = pickle.dumps((False, error), pickle.HIGHEST_PROTOCOL)
        pickle.loads(data)
    except Exception:  # whatever the pickling of someone else's exception may raise
        told = RuntimeError(f"{type(error).__name__}: {error}")
        told.add_note("".join(traceback.format_exception(error)))
        data = pickle.dumps((False, told), pickle.HIGHEST_PROTOCOL)
    return data


def _is_lack(error: BaseException) -> bool:
    """Whether it is for lack of memory that something failed, as far as that can be told."""
    return (
        isinstance(error, MemoryError)
        or (isinstance(error, OSError) and error.errno == errno.ENOMEM)
        or (isinstance(error, ImportError) and "failed to map segment" in str(error))
        or (isinstance(error, RuntimeError) and "can't start new thread" in str(error))
    )
