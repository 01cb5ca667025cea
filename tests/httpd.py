"""A real Apache httpd over folders of a test, on a free port, with its own configuration."""

from __future__ import annotations

import http.client
import os
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

_MODULES = Path("/usr/lib/apache2/modules")
_NAMES = ("mpm_event", "authz_core", "mime", "dir", "rewrite", "headers")
APACHE = shutil.which("apache2") or shutil.which("apache2", path="/usr/sbin")

needs_apache = pytest.mark.skipif(
    not (APACHE and _MODULES.is_dir()), reason="there is no Apache httpd (Debian: apache2) here"
)


@dataclass(frozen=True)
class Answer:
    """What the server said: status, headers by lower-case name, body."""

    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def location(self) -> str:
        return self.headers.get("location", "")


@dataclass(frozen=True)
class Httpd:
    """A running server."""

    port: int

    def get(self, path: str, accept: str | None = None, method: str = "GET") -> Answer:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=10)
        try:
            headers = {} if accept is None else {"Accept": accept}
            connection.request(method, path, headers=headers)
            response = connection.getresponse()
            found = {name.lower(): value for name, value in response.getheaders()}
            return Answer(response.status, found, response.read())
        finally:
            connection.close()


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextmanager
def running(folder: Path, documents: Path) -> Iterator[Httpd]:
    """Serve `documents` as they lie there; the server's own files are in `folder`."""
    port = free_port()
    lines = [
        f'ServerRoot "{folder}"',
        "ServerName localhost",
        f"Listen 127.0.0.1:{port}",
        f'PidFile "{folder}/pid"',
        f'ErrorLog "{folder}/error.log"',
        *(f"LoadModule {name}_module {_MODULES}/mod_{name}.so" for name in _NAMES),
        "TypesConfig /etc/mime.types",
        f'DocumentRoot "{documents}"',
        f'<Directory "{documents}">',
        "AllowOverride All",
        "Require all granted",
        "Options FollowSymLinks",
        "</Directory>",
    ]
    if os.geteuid() == 0:  # it serves nothing as root
        lines += ["User www-data", "Group www-data"]
        _let_in(documents)
    (folder / "httpd.conf").write_text("\n".join(lines) + "\n", encoding="utf-8")
    command = [str(APACHE), "-f", f"{folder}/httpd.conf", "-D", "FOREGROUND"]
    with subprocess.Popen(command, stdin=subprocess.DEVNULL) as server:
        try:
            _wait(port, server, folder / "error.log")
            yield Httpd(port)
        finally:
            server.terminate()


def _let_in(folder: Path) -> None:
    """A test's folders are root's alone; the server's user must get through to what it serves."""
    for above in [folder, *folder.parents]:
        if above.stat().st_uid == 0 and above.is_relative_to("/tmp"):
            above.chmod(above.stat().st_mode | 0o755)


def _wait(port: int, server: subprocess.Popen[bytes], log: Path) -> None:
    deadline = time.monotonic() + 10
    while time.monotonic() < deadline and server.poll() is None:
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.02)
    raise RuntimeError(log.read_text() if log.exists() else "the server did not start")
