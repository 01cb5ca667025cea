"""How fast the stock queries are answered: pyoxigraph beside other engines, in one run.

    python -m benchmarks query [--documents N] [--limit SECONDS] [--json FILE]

Every query is asked of every engine over the same triples, those of the project's own facts and
those of a large corpus; how many rows come back is compared. What is measured is from the question
to the last row, loading left aside. pyoxigraph and rdflib are called within Python, Virtuoso over
HTTP; Jena is measured by its own command, after a warm-up.
"""

from __future__ import annotations

import argparse
import json
import math
import re
import shutil
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Final

from pyoxigraph import NamedNode, RdfFormat, serialize

from benchmarks.corpus import write_corpus
from benchmarks.engines import ENGINES, NotAnsweredError
from benchmarks.results import describe_machine
from kg import load_project
from kg.catalogue import StockQuery, load_catalogue
from kg.context import load_context
from kg.project import Project
from kg.store import open_release

ROOT: Final = Path(__file__).parent.parent
_BUILD: Final = (sys.executable, "-c", "from kg.cli import main; main()", "-q", "build")
_WHERE: Final = re.compile(r"\bWHERE\s*(?=\{)")


@dataclass
class Asked:
    """A query asked of an engine: rows and the median of seconds, or why there is no answer."""

    triples: int
    query: str
    engine: str
    rows: int = 0
    seconds: float = 0.0
    state: str = ""


@dataclass
class Answers:
    """Everything that was asked, and which engines were not to be had, and why."""

    machine: dict[str, str]
    absent: dict[str, str] = field(default_factory=dict)
    asked: list[Asked] = field(default_factory=list)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The options of the command."""
    parser.add_argument(
        "--documents",
        type=int,
        default=10_000,
        metavar="N",
        help="of the large corpus (default: %(default)s; 0: none)",
    )
    parser.add_argument(
        "--limit",
        type=float,
        default=60,
        metavar="SECONDS",
        help="for one answer (default: %(default)g)",
    )
    parser.add_argument("--times", type=int, default=3, help="that each query is asked")
    parser.add_argument("--json", type=Path, metavar="FILE", help="where to keep the results")
    parser.add_argument("--from", dest="read", type=Path, metavar="FILE",
                        help="print results that were kept, and measure nothing")  # fmt: skip


def main(given: argparse.Namespace) -> None:
    """Measure, or read what was measured, and print the tables."""
    if given.read:
        kept: dict[str, Any] = json.loads(given.read.read_text(encoding="utf-8"))
        asked = [Asked(**one) for one in kept["asked"]]
        answers = Answers(kept["machine"], kept["absent"], asked)
    else:
        answers = run(given.documents, given.times, given.limit)
    if given.json:
        given.json.write_text(json.dumps(asdict(answers), indent=1) + "\n", encoding="utf-8")
    print(format_answers(answers), end="")


def run(documents: int, times: int, limit: float) -> Answers:
    """Ask every stock query of every engine, of the project's facts and of a large corpus."""
    answers = Answers(describe_machine())
    for size in (0, documents) if documents else (0,):
        with tempfile.TemporaryDirectory(prefix="kg-benchmark-") as name:
            folder = Path(name)
            project = _project(folder / "project", size)
            subprocess.run((*_BUILD, "--no-files"), cwd=project.root, check=True)
            _ask_all(answers, project, folder, times, limit)
    return answers


def _project(folder: Path, documents: int) -> Project:
    """A corpus, or, of no documents, the project itself."""
    if documents:
        write_corpus(folder, documents)
    else:
        for name in ("facts", "ontology", "shapes", "queries"):
            shutil.copytree(ROOT / name, folder / name)
        shutil.copyfile(ROOT / "pyproject.toml", folder / "pyproject.toml")
    return load_project(folder)


def _ask_all(answers: Answers, project: Project, folder: Path, times: int, limit: float) -> None:
    release = open_release(project.build)
    triples = folder / "triples.nt"
    count = _write_triples(release.path / "store", triples)
    asked = dict(texts(project))
    for engine in ENGINES:
        reason = engine.absent()
        if reason:
            answers.absent[engine.name] = reason
            continue
        print(f"{count:,} triples: {engine.name}", file=sys.stderr)
        own = folder / engine.__name__
        own.mkdir()
        opened = engine(release.path / "store", triples, own)
        try:
            for name, text in asked.items():
                one = Asked(count, name, engine.name)
                answers.asked.append(one)
                try:
                    answer = opened.ask(text, times, limit)
                    one.rows, one.seconds = answer.rows, statistics.median(answer.seconds)
                except NotAnsweredError as error:
                    one.state = str(error)
        finally:
            opened.close()


def _write_triples(store: Path, file: Path) -> int:
    """The union of all graphs of a store, as N-Triples; gives how many there are."""
    from pyoxigraph import Store

    triples = {quad.triple for quad in Store.read_only(str(store))}
    with file.open("wb") as output:
        serialize(triples, output, RdfFormat.N_TRIPLES)
    return len(triples)


def texts(project: Project) -> Iterator[tuple[str, str]]:
    """Every stock query as one text, its parameters set to their defaults."""
    context = load_context(project.ontology / "context.jsonld", project.base)

    def resolve(name: str) -> NamedNode:
        return NamedNode(context.expand(name))

    for name, query in load_catalogue(project.queries).items():
        yield name, bound(query, {v.value: str(t) for v, t in query.bind({}, resolve).items()})


def bound(query: StockQuery, values: dict[str, str]) -> str:
    """The text of a query with a VALUES line for each variable that has a value.

    Every engine gets it so, in each group that speaks of the variable, as none of them carries a
    value into a subquery by itself.
    """
    lines = (line for line in query.text.splitlines() if not line.lstrip().startswith("#"))
    text = "\n".join(lines)
    for name, value in values.items():
        speaks = re.compile(rf"\?{name}\b")
        for match in reversed(list(_WHERE.finditer(text))):
            start = match.end() + 1
            if speaks.search(text, start, _end_of_group(text, match.end())):
                text = f"{text[:start]} VALUES ?{name} {{ {value} }}{text[start:]}"
    return text


def _end_of_group(text: str, start: int) -> int:
    """Where the group that opens at `start` closes; no stock query has a brace in a text."""
    depth = 0
    for place in range(start, len(text)):
        depth += {"{": 1, "}": -1}.get(text[place], 0)
        if not depth:
            return place
    return len(text)


def format_answers(answers: Answers) -> str:
    """A table for each store."""
    parts = [", ".join(f"{key} {value}" for key, value in answers.machine.items())]
    parts += [f"absent: {name} ({reason})" for name, reason in answers.absent.items()]
    for triples in sorted({one.triples for one in answers.asked}):
        of_store = [one for one in answers.asked if one.triples == triples]
        parts.append("\n".join((f"### {triples:,} triples\n", *_lines(of_store))))
    return "\n\n".join(parts) + "\n"


def _lines(asked: list[Asked]) -> Iterator[str]:
    engines = list(dict.fromkeys(one.engine for one in asked))
    found = {(one.query, one.engine): one for one in asked}
    yield f"| query | rows | {' | '.join(engines)} |"
    yield f"| --- | ---: | {' | '.join('---:' for _ in engines)} |"
    ours = engines[0]
    for query in dict.fromkeys(one.query for one in asked):
        rows = found[query, ours].rows
        cells = (_cell(found[query, engine], rows) for engine in engines)
        yield f"| {query} | {rows:,} | {' | '.join(cells)} |"
    yield f"| times as long as {ours}, geometric mean | | {' | '.join(_ratios(found, engines))} |"


def _cell(one: Asked, rows: int) -> str:
    if one.state:
        return one.state
    other = "" if one.rows == rows else f" ({one.rows:,} rows)"
    return f"{one.seconds * 1000:,.1f} ms{other}"


def _ratios(found: dict[tuple[str, str], Asked], engines: list[str]) -> Iterator[str]:
    """How much longer each engine takes, over the queries that it answered with as many rows."""
    ours = {query: one for (query, engine), one in found.items() if engine == engines[0]}
    for engine in engines:
        ratios = [
            found[query, engine].seconds / one.seconds
            for query, one in ours.items()
            if not (one.state or found[query, engine].state)
            and found[query, engine].rows == one.rows
        ]
        mean = math.exp(sum(map(math.log, ratios)) / len(ratios)) if ratios else math.nan
        yield f"{mean:.1f} ({len(ratios)} of {len(ours)})" if ratios else "none"
