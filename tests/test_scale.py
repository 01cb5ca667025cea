"""Large corpora with much wrong in them: all of it is told, at its place, in bounded memory."""

from __future__ import annotations

import json
import re
import time
from collections import Counter, defaultdict
from pathlib import Path
from typing import Any

import pytest
from tiny import run_kg, snapshot, write_tiny

from benchmarks.corpus import EXPECTED, write_corpus
from benchmarks.corpus.faults import FAULTS
from kg import build_release, check_project, load_project
from kg.corpus import load_vocabulary
from kg.errors import Severity
from kg.report import format_text, read_problem_lines

DOCUMENTS, BROKEN = 450, 225
# With so many blanks behind it, a document is larger, and no slower to read.
WIDTH = 10_000


class Refused:
    """A corpus with many faults whose build was refused, in several processes."""

    def __init__(self, folder: Path) -> None:
        self.root = folder
        self.build = folder / "build"
        written = write_corpus(folder, DOCUMENTS, errors=BROKEN / DOCUMENTS)
        assert written.broken == BROKEN
        sheet = folder / "facts/records/part-000.jsonl"
        lines = sheet.read_text(encoding="utf-8").splitlines()
        sheet.write_text("".join(f"{line:{WIDTH}}\n" for line in lines), encoding="utf-8")
        assert sheet.stat().st_size > 4 << 20
        # The release before is of the background alone.
        records = (folder / "facts/records").rename(folder / "aside")
        build_release(load_project(folder), files=False)
        records.rename(folder / "facts/records")
        self.before = snapshot(self.build / "releases")
        self.ended = run_kg("build", "--no-files", "--format", "jsonl", cwd=folder)
        self.problems = [json.loads(line) for line in self.ended.stdout.splitlines()]

    def expected(self) -> dict[tuple[str, int], set[str]]:
        """The rules that are to be told of each place."""
        lines = (self.root / EXPECTED).read_text(encoding="utf-8").splitlines()
        faults = map(json.loads, lines)
        return {(fault["file"], fault["line"]): set(fault["rules"]) for fault in faults}


@pytest.fixture(scope="module")
def refused(tmp_path_factory: pytest.TempPathFactory) -> Refused:
    return Refused(tmp_path_factory.mktemp("refused"))


def by_line(problems: list[dict[str, Any]]) -> dict[tuple[str, int], set[str]]:
    found: defaultdict[tuple[str, int], set[str]] = defaultdict(set)
    for problem in problems:
        if problem["severity"] != "info":
            found[problem["file"], problem["line"]].add(problem["rule"])
    return dict(found)


def test_every_broken_record_is_named_at_its_line_and_no_other(refused: Refused) -> None:
    assert refused.ended.returncode == 1
    assert len(refused.expected()) == BROKEN
    assert by_line(refused.problems) == refused.expected()


def test_all_of_it_is_kept(refused: Refused) -> None:
    assert (refused.build / "problems.jsonl").read_text(encoding="utf-8") == refused.ended.stdout
    assert refused.ended.stderr.splitlines() == [
        f"build/problems.jsonl holds all {len(refused.problems):,} problems",
        "nothing was built; the release before stays current",
    ]


def test_the_report_is_one_to_read(refused: Refused) -> None:
    """Grouped by rule, each with its count and the first places."""
    problems = tuple(read_problem_lines(refused.ended.stdout.splitlines()))
    context, _ = load_vocabulary(load_project(refused.root))
    lines = "".join(format_text(problems, context)).splitlines()
    assert len(lines) < 150
    counts = Counter(p["rule"] for p in refused.problems if p["severity"] == "error")
    assert counts.keys() == {rule for fault in FAULTS for rule in fault.rules}
    for rule, count in counts.items():
        start = re.compile(rf"{count} errors of (rule|shape) {rule}, in 1 file:")
        (at,) = (number for number, line in enumerate(lines) if start.fullmatch(line))
        first = min(p["line"] for p in refused.problems if p["rule"] == rule)
        assert f"part-000.jsonl:{first}:" in lines[at + 1]
        assert lines[at + 6] == f"... and {count - 5} more"
    assert lines[-1].startswith(f"{sum(counts.values())} errors, 1 info; ")


def test_the_release_before_is_whole_and_answers(refused: Refused) -> None:
    assert snapshot(refused.build / "releases") == refused.before
    names = {path.name for path in refused.build.iterdir()}
    assert names == {"current", "inputs.json", "lock", "problems.jsonl", "releases"}
    count = "SELECT (COUNT(*) AS ?n) { ?s ?p ?o }"
    answer = run_kg("query", "-", "--format", "csv", cwd=refused.root, stdin=count)
    assert answer.returncode == 0
    assert int(answer.stdout.splitlines()[1]) > 1000


# Hostile sheets


def mineral(number: int, **more: object) -> str:
    node = {"id": f"mineral/x{number}", "type": "Mineral", "label": f"X {number}", **more}
    return f"{json.dumps(node)}\n"


DEEP = '{"id":"mineral/x","like":' + '{"like":' * 100_000 + "{}" + "}" * 100_001
NOWHERE = [f"mineral/n{number}" for number in range(5_000)]

# What a sheet holds → what is told, and how often.
HOSTILE: dict[str, tuple[str, dict[str, int]]] = {
    "a line of many megabytes": (mineral(1, altLabel="x" * 20_000_000), {"too-large": 1}),
    "lines with nothing on them": ("\n" * 300_000 + mineral(1) + "\n" * 300_000, {}),
    "values that nest": (f"{DEEP}\n{'[' * 1_000_000}\n", {"too-deep": 2}),
    "one thing, again and again": (mineral(1) * 2_000, {}),
    "one thing, always otherwise": (
        "".join(mineral(1, altLabel=str(number)) for number in range(2_000)), {"conflict": 1_999},
    ),
    "nothing that can be read": ('{"id": "mineral/x", "type":\n' * 5_000, {"syntax": 5_000}),
    "many references to nothing": (mineral(1, like=NOWHERE), {"dangling-reference": 5_000}),
    "many that refer to nothing": (
        "".join(mineral(number, like=f"mineral/n{number}") for number in range(1_500)),
        {"dangling-reference": 1_500},
    ),
    "references, and what cannot be read": (
        mineral(1, like=NOWHERE) + '{"id": "mineral/n7", "type":\n',
        {"dangling-reference": 4_999, "syntax": 1},
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", HOSTILE)
def test_a_sheet_that_is_hostile(tmp_path: Path, name: str) -> None:
    """All is told, and in a time that grows with the sheet."""
    text, expected = HOSTILE[name]
    tiny = write_tiny(tmp_path)
    tiny.write("facts/hostile.jsonl", text)
    start = time.process_time()
    problems = check_project(tiny.project).problems
    assert time.process_time() - start < 20
    errors = Counter(p.rule for p in problems if p.severity is Severity.ERROR)
    assert errors == expected
    assert all(p.line for p in problems if p.severity is Severity.ERROR)
