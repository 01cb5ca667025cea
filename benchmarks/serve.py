"""How fast the server answers, beside other servers over the same data in the same run.

    python -m benchmarks serve [--seconds N] [--connections N]

Each server gets the same questions from the same load generator (wrk: compiled, one thread, open
connections). *Repeated* is one request again and again; *new* is a request that was never sent
before: another thing each time, each of them once, or a query with another constant. A peer
answers for an entity with a CONSTRUCT query; it has no pages.
"""

from __future__ import annotations

import json
import shutil
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import quote

from kg.build import build_release
from kg.project import load_project
from kg.site import Site
from kg.store import Release, open_release

ROOT = Path(__file__).parent.parent
KG = (sys.executable, "-c", "from kg.cli import main; main()")
_SCRIPT = Path(__file__).parent / "load.lua"
_JSON = "application/sparql-results+json"
_LABEL = "http://www.w3.org/2004/02/skos/core#prefLabel"

_DESCRIBE = "CONSTRUCT { <IRI> ?p ?o } WHERE { <IRI> ?p ?o }"
_POINT = f'SELECT ?label {{ <IRI> <{_LABEL}> ?label FILTER(?label != "@") }} LIMIT 10'
_AGGREGATE = (
    "SELECT ?type (COUNT(?s) AS ?n) { ?s a ?type FILTER(?type != <urn:x:@>) } "
    "GROUP BY ?type ORDER BY DESC(?n) ?type"
)


@dataclass(frozen=True)
class Server:
    """A running server; `query` is the path of its SPARQL endpoint."""

    name: str
    port: int
    query: str


@dataclass(frozen=True)
class Load:
    """What is asked: `paths` of a server, an Accept header, and whether it is asked just once."""

    name: str
    new: bool
    accept: str
    paths: Callable[[Server], list[str]]
    once: bool = False


@dataclass
class Measured:
    """Requests per second, and latency in milliseconds."""

    rate: float
    p50: float
    p99: float
    failed: int = 0


@dataclass
class Table:
    """Servers by loads; what is absent was not to be had."""

    servers: list[str]
    rows: list[tuple[Load, dict[str, Measured]]] = field(default_factory=list)

    def lines(self) -> Iterator[str]:
        yield "| what | asked | server | requests/s | 50 % within | 99 % within | kg is as fast |"
        yield "|---|---|---|---:|---:|---:|---:|"
        for load, found in self.rows:
            for name in self.servers:
                start = f"| {load.name} | {'new' if load.new else 'repeated'} | {name} |"
                measured = found.get(name)
                if measured is None:
                    yield f"{start} absent | | | |"
                    continue
                ratio = found["kg"].rate / measured.rate
                failed = f" ({measured.failed} failed)" if measured.failed else ""
                yield (
                    f"{start} {measured.rate:,.0f}{failed} | {measured.p50:.2f} ms | "
                    f"{measured.p99:.2f} ms | {'' if name == 'kg' else f'{ratio:.1f} times'} |"
                )


def run(seconds: float, connections: int) -> None:
    """Measure everything and print the table."""
    if shutil.which("wrk") is None:
        sys.exit("the load generator is absent: install wrk (Debian: wrk)")
    with tempfile.TemporaryDirectory() as name, ExitStack() as stack:
        folder = Path(name)
        release, things, base = _prepare(folder)
        servers = [stack.enter_context(_kg(folder))]
        for peer in (_oxigraph, _rdflib_endpoint):
            try:
                servers.append(stack.enter_context(peer(folder, release.path)))
            except FileNotFoundError as error:
                print(f"absent: {error}", file=sys.stderr)
        table = Table(["kg", "oxigraph", "rdflib-endpoint"])
        loads = _loads(things, base)
        for load in loads:
            found = {}
            for server in servers:
                if server.name == "kg" or "HTML" not in load.name:
                    found[server.name] = _measure(server, load, seconds, connections, folder)
            table.rows.append((load, found))
            print(load.name, "new" if load.new else "repeated", file=sys.stderr)
        print("\n".join(table.lines()))


def _prepare(folder: Path) -> tuple[Release, list[str], str]:
    """A copy of the project, built; and the paths of all things."""
    for name in ("facts", "ontology", "shapes", "queries"):
        shutil.copytree(ROOT / name, folder / name)
    shutil.copyfile(ROOT / "pyproject.toml", folder / "pyproject.toml")
    project = load_project(folder)
    build_release(project)
    release = open_release(project.build)
    things = [page.path for page in Site(release, project).pages() if page.kind == "thing"]
    return release, things, project.base


def _loads(things: list[str], base: str) -> list[Load]:
    one = "mineral/magnesium"

    def pages(_: Server) -> list[str]:
        return [f"/{path}/" for path in things]

    def ask(text: str, paths: list[str]) -> Callable[[Server], list[str]]:
        return lambda server: [
            # `@` must reach the script as it is.
            f"{server.query}?query={quote(text.replace('IRI', base + path), safe='@')}"
            for path in paths
        ]

    def turtle(paths: list[str]) -> Callable[[Server], list[str]]:
        described = ask(_DESCRIBE, paths)
        return lambda server: (
            [f"/{path}.ttl" for path in paths] if server.name == "kg" else described(server)
        )

    fixed = {"@": "0"}
    point, aggregate = (text.translate(str.maketrans(fixed)) for text in (_POINT, _AGGREGATE))
    # What has never been asked for comes first: a page that was rendered once is kept.
    return [
        Load("entity, HTML", True, "text/html", pages, once=True),
        Load("entity, HTML", False, "text/html", lambda _: [f"/{one}/"]),
        Load("entity, Turtle", True, "text/turtle", turtle(things), once=True),
        Load("entity, Turtle", False, "text/turtle", turtle([one])),
        Load("point query", True, _JSON, ask(_POINT, things)),
        Load("point query", False, _JSON, ask(point, [one])),
        Load("aggregate", True, _JSON, ask(_AGGREGATE, [one])),
        Load("aggregate", False, _JSON, ask(aggregate, [one])),
    ]


def _measure(
    server: Server, load: Load, seconds: float, connections: int, folder: Path
) -> Measured:
    paths = load.paths(server)
    _check(server, paths[-1].replace("@", "0"), load.accept)
    file = folder / "paths"
    file.write_text("\n".join(paths) + "\n", encoding="utf-8")
    command = [
        "wrk", "-t1", f"-c{connections}", "-s", str(_SCRIPT), f"http://127.0.0.1:{server.port}",
    ]  # fmt: skip
    arguments = ["--", str(file), load.accept]
    if not load.new:  # until everything is as warm as it gets
        _wrk([*command, "-d1s", *arguments, "again", "0"])
    start = str(time.monotonic_ns() // 1000)
    return _wrk([*command, f"-d{seconds:g}s", *arguments, "once" if load.once else "again", start])


def _wrk(command: list[str]) -> Measured:
    output = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    found = json.loads(output.strip().splitlines()[-1])
    return Measured(
        rate=found["requests"] / found["microseconds"] * 1e6,
        p50=found["p50"] / 1000,
        p99=found["p99"] / 1000,
        failed=found["failed"],
    )


def _check(server: Server, path: str, accept: str) -> None:
    """One answer, looked at: what is fast must be right as well."""
    url = f"http://127.0.0.1:{server.port}{path}"
    request = urllib.request.Request(url, headers={"Accept": accept})
    with urllib.request.urlopen(request, timeout=60) as answer:
        data = answer.read()
    rows = json.loads(data)["results"]["bindings"] if accept == _JSON else data
    assert rows, f"{server.name} has nothing at {path}"


@contextmanager
def _started(name: str, command: list[str], port: int, query: str, cwd: Path) -> Iterator[Server]:
    if shutil.which(command[0]) is None:
        raise FileNotFoundError(f"{name} (pip install {name})")
    with (
        (cwd / f"{name}.log").open("wb") as log,
        subprocess.Popen(command, cwd=cwd, stdout=log, stderr=log) as process,
    ):
        try:
            for _ in range(600):
                with socket.socket() as probe:
                    if probe.connect_ex(("127.0.0.1", port)) == 0:
                        break
                if process.poll() is not None:
                    raise RuntimeError((cwd / f"{name}.log").read_text())
                time.sleep(0.1)
            yield Server(name, port, query)
        finally:
            process.terminate()


def _kg(folder: Path) -> AbstractContextManager[Server]:
    port = _port()
    command = [*KG, "serve", "--port", str(port), "--log", str(folder / "access.log")]
    return _started("kg", command, port, "/sparql", folder)


def _oxigraph(folder: Path, release: Path) -> AbstractContextManager[Server]:
    port = _port()
    command = [
        "oxigraph", "serve-read-only", "--location", str(release / "store"),
        "--bind", f"127.0.0.1:{port}", "--union-default-graph",
    ]  # fmt: skip
    return _started("oxigraph", command, port, "/query", folder)


def _rdflib_endpoint(folder: Path, _: Path) -> AbstractContextManager[Server]:
    port, dump = _port(), folder / "all.ttl"
    subprocess.run([*KG, "-q", "export", "-o", str(dump)], cwd=folder, check=True)
    command = [
        "rdflib-endpoint", "serve", "--host", "127.0.0.1", "--port", str(port), str(dump),
    ]  # fmt: skip
    return _started("rdflib-endpoint", command, port, "/", folder)


def _port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
