"""Passages are checked against documents: changed, wrong, moved, missing; never quoted."""

from __future__ import annotations

import hashlib
import os
from pathlib import Path

import pytest
from pyoxigraph import Store
from sample import compile_text, store_of, write_project

from kg.check import check_project
from kg.errors import ConfigError, Problem, Severity
from kg.passages import PassageCheck, check_passages
from kg.places import Places

TEXT = "Iron 😀 helps.\r\nSecret words, ünïcode and more of them.\r\n"
QUOTE = "Secret words"
START = TEXT.index(QUOTE)


def sha256(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def sheet(
    *,
    start: object = START,
    end: object = START + len(QUOTE),
    quote: str = QUOTE,
    name: str = "000.txt",
    digest: str = sha256(TEXT),
) -> str:
    return f"""\
id: document/000
type: Document
fileName: {name}
sha256: {digest}
---
id: finding/x
passages:
  - document: document/000
    sha256: {sha256(quote)}
    selector: {{start: {start}, end: {end}}}
"""


def check(folder: Path, text: str) -> PassageCheck:
    compiled = compile_text(text)
    result = check_passages(store_of(compiled), folder, Places([compiled]))
    told = " ".join(map(str, result.problems))
    assert not any(word in told for word in ("Secret", "ünïcode", "helps"))
    return result


def counts(result: PassageCheck) -> tuple[int, int, int]:
    return (result.checked, result.wrong, result.not_checked)


def only(result: PassageCheck) -> Problem:
    (problem,) = result.problems
    return problem


@pytest.fixture
def documents(tmp_path: Path) -> Path:
    (tmp_path / "000.txt").write_bytes(TEXT.encode())
    return tmp_path


def test_offsets_are_code_points_and_line_ends_are_as_in_the_file(documents: Path):
    """The passage stands behind a character outside the Basic Multilingual Plane and a CRLF."""
    result = check(documents, sheet())
    assert (counts(result), result.problems) == ((1, 0, 0), ())


def test_a_passage_may_hold_any_character_and_the_whole_text(documents: Path):
    assert check(documents, sheet(start=5, end=6, quote="😀")).wrong == 0
    assert check(documents, sheet(start=0, end=len(TEXT), quote=TEXT)).wrong == 0


def test_a_moved_passage_is_reported_with_its_new_place(documents: Path):
    result = check(documents, sheet(start=0, end=len(QUOTE)))
    problem = only(result)
    assert counts(result) == (1, 1, 0)
    assert (problem.rule, problem.line, problem.column) == ("wrong-passage", 9, 5)
    assert f"{START}-{START + len(QUOTE)}" in problem.message


def test_a_passage_found_nowhere_is_wrong(documents: Path):
    problem = only(check(documents, sheet(quote="Other words!")))
    assert problem.rule == "wrong-passage"
    assert "nor is that found elsewhere" in problem.message


@pytest.mark.parametrize(
    ("start", "end"),
    [(40, 1000), (-1, 5), (10, 10), (12, 3), ("ten", 20), (0, "9" * 30), (1.5, 3)],
)
def test_a_place_that_is_none_is_wrong(documents: Path, start: object, end: object):
    problem = only(check(documents, sheet(start=start, end=end)))
    assert problem.rule == "wrong-passage"
    assert "outside the text" in problem.message


def test_a_changed_document_is_told_apart_from_a_wrong_passage(documents: Path):
    """The document has another digest; its passage still is where it was."""
    (documents / "000.txt").write_bytes((TEXT + "New end.").encode())
    result = check(documents, sheet())
    assert (counts(result), only(result).rule) == ((1, 0, 0), "document-changed")
    assert (only(result).line, only(result).severity) == (4, Severity.ERROR)


def test_in_a_document_with_new_text_in_front_passages_have_moved(documents: Path):
    (documents / "000.txt").write_bytes(("New. " + TEXT).encode())
    problems = check(documents, sheet()).problems
    assert [p.rule for p in problems] == ["document-changed", "wrong-passage"]
    assert f"now at {START + 5}-" in problems[1].message


def test_other_line_ends_are_a_change(documents: Path):
    (documents / "000.txt").write_bytes(TEXT.replace("\r\n", "\n").encode())
    rules = [p.rule for p in check(documents, sheet()).problems]
    assert rules == ["document-changed", "wrong-passage"]


def test_a_document_that_is_not_there_leaves_its_passages_unchecked(documents: Path):
    (documents / "000.txt").unlink()
    result = check(documents, sheet())
    assert counts(result) == (0, 0, 1)
    assert (only(result).rule, only(result).severity) == ("document-missing", Severity.WARNING)


def test_a_document_that_is_not_utf8_leaves_its_passages_unchecked(documents: Path):
    (documents / "000.txt").write_bytes(TEXT.encode("utf-16"))
    result = check(documents, sheet())
    assert (counts(result), only(result).rule) == ((0, 0, 1), "document-unreadable")


@pytest.mark.parametrize(
    "name",
    [
        "../secret.txt",
        "../../etc/passwd",
        "/etc/passwd",
        "sub/000.txt",
        "'..'",
        "'.'",
        "''",
        '"000.txt\\0"',
        "x" * 5000,
        "folder",
        "pipe",
    ],
)
def test_only_a_plain_file_in_the_folder_is_looked_at(tmp_path: Path, name: str):
    folder = tmp_path / "documents"
    (folder / "folder").mkdir(parents=True)
    (folder / "sub").mkdir()
    (folder / "sub" / "000.txt").write_bytes(TEXT.encode())
    (tmp_path / "secret.txt").write_bytes(TEXT.encode())
    os.mkfifo(folder / "pipe")
    result = check(folder, sheet(name=name))
    assert (counts(result), only(result).rule) == ((0, 0, 1), "document-missing")


def test_a_document_without_a_digest_is_the_business_of_the_shapes(documents: Path):
    text = sheet().replace(f"sha256: {sha256(TEXT)}\n", "", 1)
    assert check(documents, text).problems == ()


def test_a_passage_without_a_selector_is_not_where_it_should_be(documents: Path):
    text = sheet().replace("selector", "note2", 1)
    compiled = compile_text(text)
    assert check_passages(store_of(compiled), documents, Places([compiled])).wrong == 1


def test_without_documents_all_passages_are_counted_as_not_checked(tmp_path: Path):
    checked = check_project(write_project(tmp_path, {"facts/a.yaml": sheet()}))
    assert counts(checked.passages) == (0, 0, 1)


def test_without_the_folder_nothing_can_be_checked(tmp_path: Path):
    with pytest.raises(ConfigError, match="documents"):
        check_passages(Store(), tmp_path / "documents", Places([]))


def test_searching_for_a_passage_is_bounded(tmp_path: Path):
    """A long passage in a long document: the search gives up, and says that it did not find it."""
    text = "x" * 1_000_000
    (tmp_path / "000.txt").write_text(text)
    problem = only(check(tmp_path, sheet(start=0, end=900_000, quote="y", digest=sha256(text))))
    assert problem.rule == "wrong-passage"
