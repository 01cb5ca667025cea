"""How fast a corpus becomes a validated store: `kg build` beside other ways, in one run.

    python -m benchmarks build [--sizes 1000,10000,100000] [--limit SECONDS] [--json FILE]

Every way gets the same documents and must come to the same store: the triples, the findings and
the P-values are compared. What a way reads is made for it in advance and is not measured.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import sys
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from pyoxigraph import Store

from benchmarks.check import Told, difference, read_told
from benchmarks.corpus import EXPECTED, write_corpus
from benchmarks.measure import Limits, Usage, measure
from benchmarks.peers import FLOOR, PEERS, Peer
from benchmarks.peers.environments import ENVIRONMENTS
from benchmarks.peers.inputs import Inputs
from benchmarks.plot import plot_growth
from benchmarks.results import (
    BROKEN,
    CHANGED,
    CLEAN,
    Results,
    Row,
    describe_machine,
    read_results,
)
from benchmarks.tables import KG, format_results
from kg.store import open_release

ROOT: Final = Path(__file__).parent.parent
_COMMAND: Final = (sys.executable, "-c", "from kg.cli import main; main()", "-q", "build")
_NO_FILES: Final = (*_COMMAND, "--no-files")
_REFERENCE: Final = "kg build --no-files, pySHACL alone"
_WITH_FILES: Final = "kg build, with files to download"
_SEED: Final = 1
_QUICK: Final = 60.0
"""Seconds up to which a way is measured several times."""


@dataclass(frozen=True)
class Options:
    """What to measure: `changed` and `broken` are numbers of documents, 0 for none.

    Ways that took longer than `limit` seconds at a size, or would, are left out.
    """

    sizes: tuple[int, ...]
    limits: Limits
    runs: int = 1
    changed: int = 0
    broken: int = 0
    install: bool = True


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The options of the command."""
    parser.add_argument(
        "--sizes",
        type=_sizes,
        default=(1000, 10_000, 100_000),
        metavar="N,…",
        help="of corpora, in documents (default: 1000,10000,100000)",
    )
    parser.add_argument(
        "--limit",
        type=float,
        default=1800,
        metavar="SECONDS",
        help="for one run of one way (default: %(default)g)",
    )
    parser.add_argument(
        "--memory",
        type=float,
        default=16,
        metavar="GB",
        help="for one run of one way (default: %(default)g)",
    )
    parser.add_argument("--runs", type=int, default=1, help="of what takes less than a minute")
    parser.add_argument(
        "--changed",
        type=int,
        default=10_000,
        metavar="N",
        help="sheets, one of which changes (default: %(default)s; 0: none)",
    )
    parser.add_argument(
        "--broken",
        type=int,
        default=100_000,
        metavar="N",
        help="documents, 1 %% with an error (default: %(default)s; 0: none)",
    )
    parser.add_argument(
        "--no-install",
        action="store_true",
        help="make no environments for peers that need their own",
    )
    parser.add_argument("--json", type=Path, metavar="FILE", help="where to keep the results")
    parser.add_argument(
        "--from",
        dest="read",
        type=Path,
        metavar="FILE",
        help="print results that were kept, and measure nothing",
    )
    parser.add_argument("--plot", type=Path, metavar="FILE", help="where to draw the growth (SVG)")


def _sizes(text: str) -> tuple[int, ...]:
    return tuple(sorted({int(part) for part in text.split(",")}))


def main(given: argparse.Namespace) -> None:
    """Measure, or read what was measured, and print the tables."""
    if given.read:
        results = read_results(given.read)
    else:
        results = run(
            Options(
                sizes=given.sizes,
                limits=Limits(given.limit, given.memory * 1e9),
                runs=given.runs,
                changed=given.changed,
                broken=given.broken,
                install=not given.no_install,
            ),
            given.json,
        )
    print(format_results(results), end="")
    if given.plot:
        given.plot.write_text(plot_growth(results), encoding="utf-8")


def run(options: Options, kept: Path | None = None) -> Results:
    """Measure everything; what is measured is kept in a file as it comes, if there is one."""
    if options.install:
        for environment in ENVIRONMENTS:
            _tell(environment.make())
    results = Results(describe_machine())
    parts = [
        *((_measure_size, size) for size in options.sizes),
        (_measure_changed, options.changed),
        (_measure_broken, options.broken),
    ]
    for part, size in parts:
        if size:
            with tempfile.TemporaryDirectory(prefix="kg-benchmark-") as name:
                part(results, size, options, Path(name))
        if kept:
            results.write(kept)
    return results


def _measure_size(results: Results, size: int, options: Options, folder: Path) -> None:
    """All ways to build one corpus."""
    corpus, made = folder / "corpus", folder / "inputs"
    write_corpus(corpus, size, seed=_SEED)
    made.mkdir()
    inputs = Inputs(corpus, made, size, _SEED)
    ways = [
        _ours(corpus, KG, _NO_FILES),
        *(_theirs(peer, inputs, folder / "output") for peer in (FLOOR, *PEERS)),
        _ours(corpus, _REFERENCE, (*_NO_FILES, "--shacl", "reference")),
        _ours(corpus, _WITH_FILES, _COMMAND),
    ]
    rows = [Row(CLEAN, size, way.name) for way in ways]
    results.rows += rows
    told: Told | None = None
    for number in range(options.runs):
        for way, row in zip(ways, rows, strict=True):
            if number and (not row.measured or row.seconds > _QUICK):
                continue
            row.state, row.note = way.absent() or _hopeless(results, row, options), ""
            if row.state:
                continue
            usage = _run(way, row, options.limits)
            if row.measured:
                row.stages = json.loads(usage.output or "{}")
                store = way.store()
                row.quads = rows[0].quads or len(Store.read_only(str(store)))
                found = read_told(store)
                told = told or found
                same = "the same" if row is not rows[0] else str(told)
                row.note = difference(told, found) or same
            way.clean()
    inputs.remove()


@dataclass(frozen=True)
class _Way:
    """A way to a store: `command` gives what to run, and in which folder; `store` what it made."""

    name: str
    absent: Callable[[], str]
    command: Callable[[], tuple[tuple[str, ...], Path]]
    store: Callable[[], Path]
    clean: Callable[[], None] = lambda: None


def _ours(corpus: Path, name: str, command: tuple[str, ...]) -> _Way:
    def cold() -> tuple[tuple[str, ...], Path]:
        shutil.rmtree(corpus / "build", ignore_errors=True)
        return command, corpus

    return _Way(name, str, cold, lambda: open_release(corpus / "build").path / "store")


def _theirs(peer: Peer, inputs: Inputs, output: Path) -> _Way:
    store = output / "store"

    def command() -> tuple[tuple[str, ...], Path]:
        output.mkdir()
        return peer.command(inputs, store), ROOT

    return _Way(peer.name, peer.absent, command, lambda: store, lambda: shutil.rmtree(output))


def _hopeless(results: Results, row: Row, options: Options) -> str:
    """Why a way is not tried at a size: by what it took for fewer documents."""
    fewer = [r for r in results.rows if r.name == row.name and r.documents < row.documents]
    if not fewer:
        return ""
    last = fewer[-1]
    if not last.measured:
        return "left out: it did not get through fewer documents"
    least = last.seconds * row.documents / last.documents
    if least <= options.limits.seconds:
        return ""
    return f"left out: over {options.limits.seconds:,.0f} s, by {last.documents:,} documents"


def _run(way: _Way, row: Row, limits: Limits, code: int = 0) -> Usage:
    """Run a way once and fill its row; another exit code than `code` is a failure."""
    command, folder = way.command()
    _tell(f"{row.documents:,} documents: {way.name}")
    os.sync()  # what is still to be written for others is no work of this one
    usage = measure(command, folder, limits)
    if usage.stopped:
        row.state = usage.stopped
    elif usage.code != code:
        lines = usage.errors.strip().splitlines()
        row.state, row.note = f"failed with exit code {usage.code}", " ".join(lines[-1:])
    else:
        row.add(usage)
    return usage


def _measure_changed(results: Results, size: int, options: Options, folder: Path) -> None:
    """A sheet for every document: built, built again, and built with another word in one."""
    corpus = folder / "corpus"
    write_corpus(corpus, size, seed=_SEED, layout="sheets")
    sheets = sorted((corpus / "facts" / "records").rglob("*.json"))
    changed = sheets[len(sheets) // 2]

    def again() -> tuple[tuple[str, ...], Path]:
        return _NO_FILES, corpus

    def after_a_change() -> tuple[tuple[str, ...], Path]:
        text = changed.read_text(encoding="utf-8")
        changed.write_text(text.replace('"label":"', '"label":"Again: ', 1), encoding="utf-8")
        return again()

    for name, command in (
        ("clean build, a sheet for every document", again),
        ("nothing changed", again),
        ("one sheet changed", after_a_change),
    ):
        row = Row(CHANGED, size, name)
        results.rows.append(row)
        _run(_Way(name, str, command, lambda: corpus), row, options.limits)


def _measure_broken(results: Results, size: int, options: Options, folder: Path) -> None:
    """A corpus of which one document in a hundred is broken: refused, each of them named."""
    corpus = folder / "corpus"
    write_corpus(corpus, size, seed=_SEED, errors=0.01)
    row = Row(BROKEN, size, "refused, as 1 % of the documents are broken")
    results.rows.append(row)
    command = (*_NO_FILES, "--format", "jsonl")
    way = _Way(row.name, str, lambda: (command, corpus), lambda: corpus)
    usage = _run(way, row, options.limits, code=1)
    if row.measured:
        problems = [json.loads(line) for line in usage.output.splitlines()]
        named = {(p["file"], p["line"]) for p in problems if p["severity"] == "error"}
        lines = (corpus / EXPECTED).read_text(encoding="utf-8").splitlines()
        expected = {(e["file"], e["line"]) for e in map(json.loads, lines)}
        others = len(named - expected)
        row.note = f"{len(named & expected):,} of {len(expected):,} broken records named"
        row.note += f", and {others:,} that are not broken" if others else ""


def _tell(words: str) -> None:
    if words:
        print(words, file=sys.stderr)
