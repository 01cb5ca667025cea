"""Golden cases: a folder of facts, the quads they give, and the report on them.

Each folder of `cases` that has a folder `facts` is a case. `expected.nq` holds what the sheets say,
as far as they could be read, without the triples that say which file a graph is from;
`expected-report.txt` is what `kg check` prints. To write both anew and then read them by eye:

    KG_UPDATE_CASES=1 pytest tests/test_cases.py
"""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest
from sample import corpus_of, write_project

from kg.check import check_project
from kg.project import Project, core_folder
from kg.report import format_text

CASES = Path(__file__).parent / "cases"
NAMES = sorted(path.parent.name for path in CASES.glob("*/facts"))
NUMBER_OF_CASES = 53


def test_no_case_is_overlooked():
    assert len(NAMES) == NUMBER_OF_CASES
    assert {path.name for path in CASES.iterdir() if path.is_dir()} == {*NAMES, "shapes"}


def facts_in(project: Project) -> list[str]:
    """The lines of all sheets, in the order of these, but those that say where a graph is from."""
    with corpus_of(project) as corpus:
        return [
            line
            for part in corpus.parts
            for line in part.lines(corpus.runs)
            if not line.startswith(f"<{part.graph}>")
        ]


@pytest.mark.parametrize("name", NAMES)
def test_a_case_gives_the_expected_quads_and_report(name: str, tmp_path: Path):
    case = CASES / name
    shutil.copytree(case / "facts", tmp_path / "facts")
    limits = case / "limits.toml"
    settings = f'shapes = "{CASES / "shapes"}"\n'
    settings += f"[limits]\n{limits.read_text()}" if limits.is_file() else ""
    project = write_project(tmp_path, {}, settings)
    checked = check_project(project)
    quads = "".join(facts_in(project))
    report = "".join(format_text(checked.problems, checked.context))
    if os.environ.get("KG_UPDATE_CASES"):
        (case / "expected.nq").write_text(quads, encoding="utf-8")
        (case / "expected-report.txt").write_text(report, encoding="utf-8")
    assert report == (case / "expected-report.txt").read_text(encoding="utf-8")
    assert quads == (case / "expected.nq").read_text(encoding="utf-8")


def test_four_mistakes_in_one_sheet_are_reported_in_one_run_at_their_own_lines(tmp_path: Path):
    """The mistakes that the project promises to find, judged by the project's own shapes."""
    sheet = """\
- id: study/x
  type: Study
  lable: A study
- id: finding/x
  type: Finding
  label: Iron goes with less pain
  study: study/y
  exposure: mineral/iron
  pValue: 1.2
- {id: mineral/iron, type: Mineral, label: Iron}
"""
    shapes = f'shapes = "{core_folder("shapes")}"\n'
    checked = check_project(write_project(tmp_path, {"facts/a.yaml": sheet}, shapes))
    errors = {(p.line, p.column, p.rule) for p in checked.problems if p.severity.value == "error"}
    assert {
        (3, 3, "unknown-key"),
        (4, 3, "StatementShape-passages"),
        (7, 3, "dangling-reference"),
        (9, 3, "FindingShape-pValue"),
    } <= errors
    assert not [p for p in checked.problems if p.line == 3 and p.rule != "unknown-key"]
