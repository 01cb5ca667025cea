"""What was measured, and on which machine: kept as JSON, so that tables can be made again."""

from __future__ import annotations

import json
import os
import platform
import statistics
from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass, field
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any, Final

from benchmarks.measure import Usage

_PACKAGES: Final = ("pyoxigraph", "oxigraph", "shacl", "rdflib", "pyshacl", "oxrdflib")

CLEAN, CHANGED, BROKEN = "clean", "changed", "broken"


@dataclass
class Row:
    """A way to a store at one size: what each of its runs cost.

    `group` is what was built: a whole corpus, one of which something changed, one with errors.
    `state` says why there are no figures, '' when there are; `note` what else there is to say.
    Seconds are those of the median run, memory (bytes) is the most of any.
    """

    group: str
    documents: int
    name: str
    quads: int = 0
    seconds: float = 0.0
    cpu: float = 0.0
    memory: int = 0
    runs: list[list[float]] = field(default_factory=list)
    state: str = ""
    note: str = ""
    stages: dict[str, float] = field(default_factory=dict)

    def add(self, usage: Usage) -> None:
        """Add a run."""
        self.runs.append([usage.seconds, usage.cpu, usage.memory])
        self.seconds = statistics.median(run[0] for run in self.runs)
        self.cpu = statistics.median(run[1] for run in self.runs)
        self.memory = int(max(run[2] for run in self.runs))

    @property
    def measured(self) -> bool:
        return bool(self.runs) and not self.state


@dataclass
class Results:
    """All rows, in the order in which they were measured."""

    machine: dict[str, str]
    rows: list[Row] = field(default_factory=list)

    def group(self, name: str) -> Iterator[Row]:
        return (row for row in self.rows if row.group == name)

    def find(self, name: str, documents: int, group: str = CLEAN) -> Row | None:
        """The row of a way at a size, when it was measured."""
        rows = (row for row in self.group(group) if row.measured)
        return next((r for r in rows if (r.name, r.documents) == (name, documents)), None)

    def write(self, path: Path) -> None:
        path.write_text(json.dumps(asdict(self), indent=1) + "\n", encoding="utf-8")


def read_results(path: Path) -> Results:
    """What `write` wrote."""
    found: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return Results(found["machine"], [Row(**row) for row in found["rows"]])


def describe_machine(more: Iterable[str] = ()) -> dict[str, str]:
    """Cores, memory, system and the versions of what is measured; `more` names packages."""
    pages = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    described = {
        "processor": _processor(),
        "cores": str(
            os.process_cpu_count() if hasattr(os, "process_cpu_count") else os.cpu_count()
        ),
        "memory": f"{pages / 1e9:.0f} GB",
        "system": f"{platform.system()} {platform.release()}",
        "Python": platform.python_version(),
    }
    for package in (*_PACKAGES, *more):
        try:
            described[package] = version(package)
        except PackageNotFoundError:
            continue
    return described


def _processor() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    except OSError:
        return platform.machine()
    names = (line.partition(":")[2].strip() for line in lines if line.startswith("model name"))
    return next(names, platform.machine())
