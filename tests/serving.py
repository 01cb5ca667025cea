"""`kg serve` as a process, and what asks it: whole requests, and bytes that are none."""

from __future__ import annotations

import contextlib
import http.client
import json
import os
import re
import select
import signal
import socket
import subprocess
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tiny import KG

_SECONDS = 30


@dataclass(frozen=True)
class Got:
    """An answer, with the names of its headers in lower case."""

    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def text(self) -> str:
        return self.body.decode()

    @property
    def json(self) -> Any:
        return json.loads(self.body)


@dataclass
class Server:
    """A running server."""

    process: subprocess.Popen[bytes]
    log: Path
    port: int
    said: str
    headers: dict[str, str] = field(default_factory=dict)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def ask(self, path: str, method: str = "GET", body: bytes | None = None, **headers: str) -> Got:
        """Ask, with headers such as `Accept_Encoding="gzip"`; redirects are not followed."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=_SECONDS)
        with contextlib.closing(connection):
            named = {name.replace("_", "-"): value for name, value in headers.items()}
            connection.request(method, path, body, named)
            answer = connection.getresponse()
            fields = {name.lower(): value for name, value in answer.getheaders()}
            return Got(answer.status, fields, answer.read())

    def connect(self) -> socket.socket:
        return socket.create_connection(("127.0.0.1", self.port), timeout=_SECONDS)

    def raw(self, data: bytes) -> bytes:
        """Send bytes as they are; gives all that comes until the server closes the connection."""
        with self.connect() as connection:
            connection.sendall(data)
            return read_all(connection)

    def logged(self) -> list[dict[str, Any]]:
        """The lines of the log, as they are now."""
        return [json.loads(line) for line in self.log.read_text("utf-8").splitlines()]

    def entries(self, **wanted: str | int) -> list[dict[str, Any]]:
        """The lines of the log with these values, waiting a little for the first of them."""
        end = time.monotonic() + 5
        while True:
            found = [
                line for line in self.logged()
                if all(line.get(name) == value for name, value in wanted.items())
            ]  # fmt: skip
            if found or time.monotonic() > end:
                return found
            time.sleep(0.05)

    def children(self) -> list[int]:
        """The processes that this one has started."""
        return children(self.process.pid)

    def stop(self, number: int = signal.SIGTERM) -> int:
        """End the server; gives its status."""
        self.process.send_signal(number)
        return self.process.wait(timeout=_SECONDS)


def children(pid: int) -> list[int]:
    try:
        text = Path(f"/proc/{pid}/task/{pid}/children").read_text("ascii")
    except OSError:
        return []
    direct = [int(child) for child in text.split()]
    return [*direct, *(below for child in direct for below in children(child))]


def read_all(connection: socket.socket) -> bytes:
    """Whatever comes until the other side closes."""
    parts = []
    with contextlib.suppress(ConnectionResetError):
        while part := connection.recv(1 << 16):
            parts.append(part)
    return b"".join(parts)


@contextlib.contextmanager
def serving(root: Path, *options: str) -> Iterator[Server]:
    """A server of a project, on a port that was free, with a log beside the project's build."""
    log = root / "build" / f"access-{time.monotonic_ns()}.log"
    command = [*KG, "serve", "--port", "0", "--workers", "1", "--log", str(log), *options]
    process = subprocess.Popen(
        command, cwd=root, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE, start_new_session=True,
    )  # fmt: skip
    try:
        said = _first_line(process)
        match = re.search(r" at http://\S+:(\d+)/", said)
        assert match, said
        server = Server(process, log, int(match[1]), said)
        yield server
        if process.poll() is None:
            assert server.stop() == 0
    finally:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait(timeout=_SECONDS)
        assert process.stderr is not None
        process.stderr.close()


def _first_line(process: subprocess.Popen[bytes]) -> str:
    """What a server says when it has started, or why it has not."""
    assert process.stderr is not None
    ready, _, _ = select.select([process.stderr], [], [], _SECONDS)
    assert ready, "the server says nothing"
    return process.stderr.readline().decode()
