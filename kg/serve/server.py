"""A running server: its socket, its loop, its start and its end."""

from __future__ import annotations

import asyncio
import contextlib
import gc
import logging
import resource
import signal
import socket
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from typing import Any, Final

import uvicorn
import uvloop

from kg.errors import KgError
from kg.project import Project
from kg.serve.app import App
from kg.serve.live import Live, mount_of
from kg.serve.log import LibraryLines, Log
from kg.serve.protocol import ConnectionLimits, Guard, GuardedProtocol
from kg.serve.repeats import Repeats
from kg.serve.workers import PoolLimits

_BACKLOG: Final = 2048
# A connection is one file, and what is sent on it may be another; the rest is for the store and
# the workers.
_FILES_EACH: Final = 2
_OTHER_FILES: Final = 300
_LIBRARIES: Final = ("uvicorn", "asyncio", "kg.serve")


@dataclass(frozen=True, slots=True)
class ServeSettings:
    """How to serve. `root_path` is where a proxy has mounted the site, if it leaves paths whole.

    `drain` is how many seconds requests in work may take to end once the server was told to.
    """

    host: str = "127.0.0.1"
    port: int = 8000
    direct: bool = False
    root_path: str | None = None
    services: tuple[str, ...] = ()
    log: Path | None = None
    quiet: bool = False
    drain: float = 15
    limits: PoolLimits = field(default_factory=PoolLimits)
    connections: ConnectionLimits = field(default_factory=ConnectionLimits)


def serve(load: Callable[[], Project], settings: ServeSettings, say: Callable[[str], None]) -> None:
    """Serve a project's current release until SIGTERM or SIGINT; `say` tells the user where.

    Raises `NoReleaseError` when nothing is built, and `KgError` when the port cannot be had.
    """
    with _bound(settings.host, settings.port) as listener, _logging(settings) as log:
        mount = mount_of(load(), settings.root_path, settings.direct)
        access = None if settings.quiet and settings.log is None else log
        repeats = Repeats(access)
        live = Live(load, settings.limits, settings.services, mount, log, repeats)
        guard = Guard(_affordable(settings.connections), repeats)
        config = uvicorn.Config(
            App(live, access),
            http=partial(GuardedProtocol, guard=guard),  # type: ignore[arg-type]
            ws="none",
            lifespan="off",
            interface="asgi3",
            log_config=None,
            access_log=False,
            proxy_headers=False,
            server_header=False,
            timeout_keep_alive=15,
            timeout_graceful_shutdown=round(settings.drain),
            backlog=_BACKLOG,
        )
        host, port = listener.getsockname()[:2]
        where = f"http://{f'[{host}]' if ':' in host else host}:{port}/"
        started = partial(say, f"serving release {live.served.digest[:16]} at {where}")
        with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
            runner.run(_serve(live, guard, _Server(config), listener, started))


class _Server(uvicorn.Server):
    """uvicorn's server, which ends well when it is told to end."""

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Signals end the server and are not raised again, as that would look like a failure."""
        loop = asyncio.get_running_loop()
        signals = (signal.SIGTERM, signal.SIGINT)
        for number in signals:
            loop.add_signal_handler(number, self.handle_exit, number, None)
        try:
            yield
        finally:
            for number in signals:
                loop.remove_signal_handler(number)


async def _serve(
    live: Live, guard: Guard, server: _Server, listener: socket.socket, started: Callable[[], None]
) -> None:
    try:
        await live.start()
        # The site stays: looking through all of it for garbage would be a pause in every answer.
        gc.collect()
        gc.freeze()
        listener.listen(_BACKLOG)  # who comes from here on waits until uvicorn is ready
        started()
        background = [asyncio.create_task(live.watch()), asyncio.create_task(guard.watch())]
        try:
            await server.serve([listener])
        finally:
            for task in background:
                task.cancel()
            await asyncio.gather(*background, return_exceptions=True)
    finally:
        await live.close(drain=0)


@contextlib.contextmanager
def _bound(host: str, port: int) -> Iterator[socket.socket]:
    """A socket at an address; raises `KgError` when it cannot be had."""
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(
            host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )[0]
        listener = socket.socket(family, kind, protocol)
    except (OSError, UnicodeError) as error:
        raise KgError(f"{host} is no address of this machine: {_words(error)}") from error
    with listener:
        try:
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            listener.bind(address)
        except (OSError, OverflowError) as error:
            message = f"port {port} of {host} cannot be used: {_words(error)}"
            raise KgError(f"{message}; choose another with --port") from error
        yield listener


def _words(error: Exception) -> str:
    return getattr(error, "strerror", None) or str(error)


@contextlib.contextmanager
def _logging(settings: ServeSettings) -> Iterator[Log]:
    """The log, with what the libraries have to say in it."""
    try:
        log = Log(settings.log)
    except OSError as error:
        raise KgError(f"the log cannot be written: {error}") from error
    lines = LibraryLines(log)
    loggers = [logging.getLogger(name) for name in _LIBRARIES]
    before: list[tuple[Any, bool]] = [(logger, logger.propagate) for logger in loggers]
    for logger in loggers:
        logger.addHandler(lines)
        logger.propagate = False
    try:
        yield log
    finally:
        for logger, propagate in before:
            logger.removeHandler(lines)
            logger.propagate = propagate
        log.close()


def _affordable(limits: ConnectionLimits) -> ConnectionLimits:
    """As many connections as the system lets this process have files for."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = limits.connections * _FILES_EACH + _OTHER_FILES
    if soft != resource.RLIM_INFINITY and soft < wanted:
        soft = wanted if hard == resource.RLIM_INFINITY else min(wanted, hard)
        with contextlib.suppress(OSError, ValueError):
            resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
    if soft == resource.RLIM_INFINITY:
        return limits
    most = (soft - _OTHER_FILES) // _FILES_EACH
    return replace(limits, connections=max(10, min(limits.connections, most)))
