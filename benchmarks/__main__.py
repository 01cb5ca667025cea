"""How fast the commands are, as whole processes, beside a bare floor in the same run.

    python -m benchmarks [--runs N]
    python -m benchmarks serve [--seconds N] [--connections N]
    python -m benchmarks build [--sizes N,…] [--limit SECONDS] [--json FILE] [--plot FILE]
    python -m benchmarks query [--documents N] [--limit SECONDS] [--json FILE]

Each line is the median over N runs, the runs of all lines interleaved so that a busy moment hits
them alike. The floor is a Python that does nothing; `of the floor` says how many of those.
"""

from __future__ import annotations

import argparse
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from benchmarks import build, query, serve

ROOT = Path(__file__).parent.parent
KG = (sys.executable, "-c", "from kg.cli import main; main()")

# The peer: the same sheets' graph, written as JSON-LD, read by rdflib and validated by pySHACL
# against the same shapes, by a script such as anybody would write without this project.
PEER = """
import sys
from pathlib import Path
import pyshacl
from rdflib import Graph
data, shapes = Graph(), Graph()
data.parse(sys.argv[1], format="json-ld")
for file in sorted(Path(sys.argv[2]).glob("*.ttl")):
    shapes.parse(file)
for file in sorted(Path(sys.argv[3]).glob("*.ttl")):
    data.parse(file)
conforms, _, _ = pyshacl.validate(data, shacl_graph=shapes, inplace=True, allow_warnings=True)
sys.exit(not conforms)
"""


@dataclass(frozen=True)
class Line:
    """One thing to measure: a command, and what must be so before it runs."""

    name: str
    command: tuple[str, ...]
    limit: float | None = None
    prepare: Callable[[], None] = lambda: None


def main() -> None:
    parser = argparse.ArgumentParser(description="Measure kg.")
    parser.add_argument("--runs", type=int, default=7, help="of every command")
    subjects = parser.add_subparsers(dest="what")
    build.add_arguments(subjects.add_parser("build", help="measure large builds, beside peers"))
    query.add_arguments(subjects.add_parser("query", help="measure queries, beside peers"))
    server = subjects.add_parser("serve", help="measure the server")
    server.add_argument("--seconds", type=float, default=5, help="for every load")
    server.add_argument("--connections", type=int, default=8)
    options = parser.parse_args()
    # The programs of this environment are meant, also where it was not activated.
    os.environ["PATH"] = f"{Path(sys.executable).parent}{os.pathsep}{os.environ.get('PATH', '')}"
    if options.what == "serve":
        serve.run(options.seconds, options.connections)
    elif options.what == "build":
        build.main(options)
    elif options.what == "query":
        query.main(options)
    else:
        _commands(options.runs)


def _commands(runs: int) -> None:
    """Measure the commands and print the table."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        lines = _lines(folder)
        seconds: dict[str, list[float]] = {line.name: [] for line in lines}
        for _ in range(runs):
            for line in lines:
                line.prepare()
                start = time.perf_counter()
                subprocess.run(line.command, cwd=folder, check=True, stdout=subprocess.DEVNULL)
                seconds[line.name].append(time.perf_counter() - start)
    medians = {name: statistics.median(taken) for name, taken in seconds.items()}
    floor = medians[lines[0].name]
    print(f"| what | median of {runs} | of the floor | limit |")
    print("|---|---:|---:|---:|")
    for line in lines:
        median = medians[line.name]
        limit = f"{line.limit:g} s" if line.limit else ""
        print(f"| {line.name} | {median:.3f} s | {median / floor:.1f} | {limit} |")


def _lines(folder: Path) -> list[Line]:
    """A copy of the project, built once, and what to measure on it."""
    for name in ("facts", "ontology", "shapes", "queries"):
        shutil.copytree(ROOT / name, folder / name)
    shutil.copyfile(ROOT / "pyproject.toml", folder / "pyproject.toml")
    subprocess.run([*KG, "-q", "build"], cwd=folder, check=True)
    dump = folder / "facts.jsonld"
    export = [*KG, "-q", "export", "--facts", "--format", "jsonld", "-o", str(dump)]
    subprocess.run(export, cwd=folder, check=True)

    def cold() -> None:
        shutil.rmtree(folder / "build")

    python = (sys.executable, "-c")
    return [
        Line("floor: `python -c pass`", (*python, "pass")),
        Line("`import kg`", (*python, "import kg")),
        Line("`kg --help`", (*KG, "--help"), 0.3),
        Line("`kg build`, cold", (*KG, "build"), 4, cold),
        Line("`kg build`, warm", (*KG, "build"), 0.5),
        Line("`kg check`", (*KG, "check")),
        Line("peer: read JSON-LD with rdflib, validate with pySHACL",
             (*python, PEER, str(dump), str(folder / "shapes"), str(folder / "ontology"))),
        Line("`kg query p-values`", (*KG, "query", "p-values")),
        Line("`kg query coverage --format csv`", (*KG, "query", "coverage", "--format", "csv")),
        Line("`kg show magnesium`", (*KG, "show", "magnesium")),
        Line("`kg export --format turtle`", (*KG, "export", "--format", "turtle")),
        Line("`kg export --format jsonld`", (*KG, "export", "--format", "jsonld")),
    ]  # fmt: skip


if __name__ == "__main__":
    main()
