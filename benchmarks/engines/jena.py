"""Apache Jena, as Debian has it: a TDB2 store, asked with Jena's own command.

The command measures, after a warm-up, without the start of Java.
"""

from __future__ import annotations

import re
import shutil
import subprocess
import zipfile
from pathlib import Path
from typing import Final

from benchmarks.engines.asked import Answer, NotAnsweredError

_JARS: Final = Path("/usr/share/java")
_CORE: Final = _JARS / "jena-core.jar"
_NEEDED: Final = (
    *(f"jena-{part}" for part in ("arq", "base", "cmds", "core", "iri", "rdfconnection")),
    *(f"jena-dboe-{part}" for part in ("base", "index", "storage", "trans-data", "transaction")),
    *(f"jena-{part}" for part in ("shacl", "shex", "tdb", "tdb2")),
    *(f"commons-{part}" for part in ("cli", "codec", "compress", "csv", "io", "lang3")),
    *(f"jackson-{part}" for part in ("annotations", "core", "databind")),
    *("dexx.collection", "gson", "guava", "protobuf", "slf4j-api", "slf4j-nop", "thrift"),
)
_MESSAGES: Final = "org/apache/jena/ext/xerces/"
_WARM_UP: Final = 5
_SLOWEST_START: Final = 60.0


class Jena:
    """Jena's TDB2 on disk."""

    name = "Jena TDB2"

    def __init__(self, _store: Path, triples: Path, folder: Path) -> None:
        self._folder = folder
        # In Debian's build the messages of a part lie where that part does not look for them.
        with zipfile.ZipFile(_CORE) as jar:
            for name in jar.namelist():
                if name.startswith(_MESSAGES) and name.endswith(".properties"):
                    path = folder / "xerces" / name.removeprefix(_MESSAGES)
                    path.parent.mkdir(parents=True, exist_ok=True)
                    path.write_bytes(jar.read(name))
        self._database = folder / "tdb2"
        self._run(["tdb2.tdbloader", f"--loc={self._database}", str(triples)], None)

    @staticmethod
    def absent() -> str:
        if not shutil.which("java"):
            return "not installed: java (Debian: default-jre-headless)"
        return "" if _CORE.exists() else "not installed: Jena (Debian: libapache-jena-java)"

    def ask(self, text: str, times: int, limit: float) -> Answer:
        """Ask several times; raises `NotAnsweredError` after `limit` seconds for each."""
        file = self._folder / "query.rq"
        file.write_text(text, encoding="utf-8")
        command = ["tdb2.tdbquery", f"--loc={self._database}", "--time", "--results=count"]
        command += [f"--repeat={_WARM_UP},{times}", f"--query={file}"]
        try:
            output = self._run(command, _SLOWEST_START + limit * (times + _WARM_UP))
        except subprocess.TimeoutExpired:
            raise NotAnsweredError(f"over {limit:g} s") from None
        rows = re.findall(r"^Count = (\d+)", output, re.MULTILINE)
        seconds = re.findall(r"^Time: ([\d.]+) sec", output, re.MULTILINE)
        if not rows or not seconds:
            raise NotAnsweredError("failed")
        taken = tuple(map(float, seconds[-times:]))
        if max(taken) > limit:
            raise NotAnsweredError(f"over {limit:g} s")
        return Answer(int(rows[-1]), taken)

    def _run(self, command: list[str], limit: float | None) -> str:
        jars = [str(self._folder), *(str(_JARS / f"{name}.jar") for name in _NEEDED)]
        java = ["java", "-cp", ":".join(jars), *command]
        # Answers go to the one, times to the other.
        done = subprocess.run(java, capture_output=True, text=True, timeout=limit)
        return done.stdout + done.stderr

    def close(self) -> None:
        """Nothing is running."""
