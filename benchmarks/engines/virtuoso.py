"""Virtuoso, as Debian has it: a server of its own, asked over HTTP."""

from __future__ import annotations

import json
import shutil
import socket
import subprocess
import time
import urllib.error
import urllib.parse
import urllib.request
from pathlib import Path
from typing import Final

from benchmarks.engines.asked import Answer, NotAnsweredError

_GRAPH: Final = "urn:facts"
_PROGRAMS: Final = ("virtuoso-t", "isql-vt")
_SETTINGS: Final = """\
[Database]
DatabaseFile = {folder}/virtuoso.db
ErrorLogFile = {folder}/virtuoso.log
LockFile = {folder}/virtuoso.lck
TransactionFile = {folder}/virtuoso.trx
xa_persistent_file = {folder}/virtuoso.pxa
[TempDatabase]
DatabaseFile = {folder}/virtuoso-temp.db
TransactionFile = {folder}/virtuoso-temp.trx
[Parameters]
ServerPort = 127.0.0.1:{port}
DirsAllowed = {folder}, {allowed}
NumberOfBuffers = 170000
MaxDirtyBuffers = 130000
[HTTPServer]
ServerPort = 127.0.0.1:{http}
ServerRoot = {folder}
[SPARQL]
DefaultGraph = {graph}
ResultSetMaxRows = 10000000
"""


class Virtuoso:
    """A Virtuoso server on this machine, for as long as it is open."""

    name = "Virtuoso"

    def __init__(self, _store: Path, triples: Path, folder: Path) -> None:
        self._port, self._http = _port(), _port()
        settings = folder / "virtuoso.ini"
        settings.write_text(
            _SETTINGS.format(
                folder=folder,
                allowed=triples.parent,
                port=self._port,
                http=self._http,
                graph=_GRAPH,
            )
        )
        command = ["virtuoso-t", "+foreground", "+configfile", str(settings)]
        self._server = subprocess.Popen(
            command, cwd=folder, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )
        for port in (self._port, self._http):
            _wait_for(port)
        self._sql(f"ld_dir('{triples.parent}', '{triples.name}', '{_GRAPH}')")
        self._sql("rdf_loader_run()")
        self._sql("checkpoint")

    @staticmethod
    def absent() -> str:
        if all(map(shutil.which, _PROGRAMS)):
            return ""
        return "not installed: Virtuoso (Debian: virtuoso-opensource)"

    def ask(self, text: str, times: int, limit: float) -> Answer:
        """Ask several times; raises `NotAnsweredError` after `limit` seconds for each."""
        asked = {"query": text, "format": "application/sparql-results+json"}
        data = urllib.parse.urlencode(asked).encode()
        seconds = []
        for _ in range(times):
            start = time.perf_counter()
            try:
                url = f"http://127.0.0.1:{self._http}/sparql"
                with urllib.request.urlopen(url, data, timeout=limit) as response:
                    answer = response.read()
            except TimeoutError:
                raise NotAnsweredError(f"over {limit:g} s") from None
            except urllib.error.HTTPError as error:
                words = error.read().decode(errors="replace").strip()
                raise NotAnsweredError(f"refused: {words.splitlines()[0][:120]}") from None
            seconds.append(time.perf_counter() - start)
        return Answer(len(json.loads(answer)["results"]["bindings"]), tuple(seconds))

    def _sql(self, statement: str) -> None:
        command = ["isql-vt", f"127.0.0.1:{self._port}", "dba", "dba", f"exec={statement};"]
        subprocess.run(command, check=True, capture_output=True)

    def close(self) -> None:
        """Stop the server; nothing of it is kept."""
        self._server.kill()
        self._server.wait()


def _port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _wait_for(port: int) -> None:
    for _ in range(600):
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.1)
    raise TimeoutError("Virtuoso does not start")
