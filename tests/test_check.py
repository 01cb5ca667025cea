"""All that can be found wrong, in one run: the same from processes as in one, whole or sliced."""

from __future__ import annotations

import gzip
import hashlib
from pathlib import Path

import pytest
from sample import BASE, corpus_of, slice_small, write_project

from kg import corpus
from kg.check import check_project, refusals, verify_passages
from kg.errors import ConfigError, Problem, Severity
from kg.iris import hash_of
from kg.passages import PassageCheck
from kg.project import Project, core_folder

TEXT = "Iron helps."
DOCUMENT = f"""\
- {{id: document/000, type: Document, fileName: 000.txt, sha256: {"0" * 64}}}
- id: finding/x
  type: Finding
  lable: Iron helps
  exposure: mineral/irn
  pValue: 1.2
  passages:
    - document: document/000
      sha256: {hashlib.sha256(b"helps").hexdigest()}
      selector: {{start: 0, end: 5}}
"""
LINES = "".join(
    f'{{"id": "mineral/m{n}", "type": "Mineral", "label": "Mineral {n}", '
    f'"broader": "mineral/m{n + 1}"}}\n'
    for n in range(40)
)
FILES: dict[str, str | bytes] = {
    "facts/a.yaml": DOCUMENT,
    "facts/b.jsonl": LINES + '{"id": \n' + '{"id": "mineral/m3", "label": "Other"}\n',
    "facts/c.ttl": "<mineral/x> <a:p> <mineral/m7> , <mineral/none> .",
    "facts/d.json": '{"id": "mineral/iron", "type": "Mineral"}',
    "documents/000.txt": TEXT,
}


@pytest.fixture
def project(tmp_path: Path) -> Project:
    return write_project(tmp_path, FILES, f'shapes = "{core_folder("shapes")}"\n')


def at(problems: tuple[Problem, ...]) -> set[tuple[str, int, str]]:
    return {(p.file.removeprefix("facts/"), p.line, p.rule) for p in problems}


def test_mistakes_of_all_kinds_are_found_in_one_run(project: Project) -> None:
    told: list[str] = []
    documents = project.root / "documents"
    checked = check_project(project, documents, lambda stage, _done, _of: told.append(stage))
    assert at(checked.problems) >= {
        ("a.yaml", 1, "document-changed"),
        ("a.yaml", 4, "unknown-key"),
        ("a.yaml", 5, "dangling-reference"),
        ("a.yaml", 6, "FindingShape-pValue"),
        ("a.yaml", 9, "wrong-passage"),
        ("b.jsonl", 0, "not-checked"),
        ("b.jsonl", 40, "dangling-reference"),
        ("b.jsonl", 41, "syntax"),
        ("b.jsonl", 42, "conflict"),
        ("c.ttl", 1, "dangling-reference"),
    }
    assert list(checked.problems) == sorted(set(checked.problems), key=lambda p: p.order)
    assert list(dict.fromkeys(told)) == ["read", "link", "validate", "passages"]
    assert (checked.sheets, checked.whole) == (4, False)
    assert (checked.passages.checked, checked.passages.wrong) == (1, 1)
    assert hash_of(f"{BASE}mineral/m7") in checked.described
    assert hash_of(f"{BASE}mineral/none") not in checked.described


@pytest.mark.parametrize("processes", [True, False], ids=["processes", "one process"])
def test_slices_and_processes_change_nothing(
    project: Project, monkeypatch: pytest.MonkeyPatch, processes: bool
) -> None:
    documents = project.root / "documents"
    whole = check_project(project, documents)
    if processes:
        monkeypatch.setattr(corpus, "_SMALL", 0)
    slice_small(monkeypatch)
    sliced = check_project(project, documents)
    assert sliced.problems == whole.problems
    assert sliced.stats == whole.stats
    assert (sliced.sheets, sliced.described) == (whole.sheets, whole.described)


def test_a_project_without_sheets_cannot_be_checked(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="there is no sheet"):
        check_project(write_project(tmp_path, {}))


def test_passages_alone(project: Project) -> None:
    found, context = verify_passages(project, project.root / "documents")
    assert at(found.problems) == {
        ("a.yaml", 1, "document-changed"),
        ("a.yaml", 9, "wrong-passage"),
    }
    assert context.base == BASE
    (project.root / "documents/000.txt").unlink()
    missing, _ = verify_passages(project, project.root / "documents")
    assert (missing.checked, missing.not_checked) == (0, 1)


def _problem(severity: Severity) -> Problem:
    return Problem("a.yaml", 1, 1, "x", "rule", severity)


@pytest.mark.parametrize(
    ("severity", "strict", "refused"),
    [
        (Severity.ERROR, False, True),
        (Severity.ERROR, True, True),
        (Severity.WARNING, False, False),
        (Severity.WARNING, True, True),
        (Severity.INFO, True, False),
    ],
)
def test_what_stops_a_build(severity: Severity, strict: bool, refused: bool) -> None:
    problems = (_problem(severity), _problem(Severity.INFO))
    found = refusals(problems, PassageCheck(0, 0, 0), strict=strict)
    assert found == (problems if refused else ())


def test_passages_that_nobody_checked_stop_a_strict_build() -> None:
    assert refusals((), PassageCheck(1, 0, 2), strict=False) == ()
    (problem,) = refusals((), PassageCheck(1, 0, 2), strict=True)
    assert (problem.file, problem.rule) == ("-", "not-checked")
    assert problem.message.startswith("passages not checked: 2")


def test_a_packed_sheet_is_taken_for_a_large_one_before_it_fills_the_memory(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    packed = gzip.compress(b'{"id": "mineral/iron", "type": "Mineral", "label": "Iron"}\n')
    project = write_project(tmp_path, {"facts/a.jsonl.gz": packed})
    monkeypatch.setattr(corpus, "_SMALL", 2 * len(packed))
    with corpus_of(project) as found:
        assert isinstance(found.store, Path)  # by processes, on disk
