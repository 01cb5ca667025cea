"""Files become sources: whole sheets, and the slices of long ones, which can be read again."""

from __future__ import annotations

import gzip
import hashlib
from pathlib import Path

import pytest
from sample import slice_small, write_project

from kg import reading
from kg.errors import KgError
from kg.pieces import Piece, Source
from kg.reading import Reader, jobs_of, read_all, sum_of
from kg.sheets import find_sheets

LINES = "".join(f'{{"id": "mineral/{n}", "label": "Number {n}"}}\n' for n in range(100))


def sha256(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def read(folder: Path, files: dict[str, str | bytes], settings: str = "") -> list[Source]:
    project = write_project(folder, files, settings)
    reader = Reader(project, sum_of)
    return [source for file in find_sheets(project.facts) for source in reader.read(file)]


def test_a_sheet_is_one_piece_known_by_its_content(tmp_path: Path) -> None:
    (source,) = read(tmp_path, {"facts/below/a.yaml": "id: b\n"})
    digest = sha256(b"id: b\n")
    assert source.piece == Piece("facts/below/a.yaml", "below/a.yaml", digest, digest)
    assert (source.data, source.problems, source.piece.whole) == (b"id: b\n", (), True)


def test_a_packed_sheet_is_known_by_what_is_in_it(tmp_path: Path) -> None:
    """What its pieces give is the same when it is only packed otherwise."""
    packed = gzip.compress(LINES.encode())
    (source,) = read(tmp_path, {"facts/a.jsonl.gz": packed})
    assert (source.data.decode(), source.piece.key) == (LINES, sha256(LINES.encode()))
    assert source.piece.sha256 == sha256(packed)


def test_a_long_sheet_is_cut_into_pieces_at_the_ends_of_lines(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    slice_small(monkeypatch)
    sources = read(tmp_path, {"facts/a.jsonl": LINES})
    assert len(sources) > 5
    assert b"".join(source.data for source in sources).decode() == LINES
    line = 1
    for source in sources:
        assert source.piece.first_line == line
        assert not source.piece.whole
        assert source.piece.key == sha256(source.data)
        assert source.piece.sha256 == sha256(LINES.encode())
        line += source.data.count(b"\n")


def test_a_short_sheet_of_lines_is_whole(tmp_path: Path) -> None:
    (source,) = read(tmp_path, {"facts/a.jsonl": LINES})
    assert source.piece.whole


@pytest.mark.parametrize("name", ["a.yaml", "a.jsonl"])
def test_what_cannot_be_opened_is_a_source_that_says_so(tmp_path: Path, name: str) -> None:
    project = write_project(tmp_path, {})
    file = project.facts / name
    file.symlink_to("nowhere")
    (source,) = Reader(project, sum_of).read(file)
    (problem,) = source.problems
    assert (source.data, problem.file, problem.rule) == (b"", f"facts/{name}", "unreadable")


def test_a_sheet_that_cannot_be_unpacked_says_so(tmp_path: Path) -> None:
    (source,) = read(tmp_path, {"facts/a.jsonl.gz": b"\x1f\x8b no"})
    assert (source.data, len(source.problems)) == (b"", 1)


def test_of_a_sheet_that_is_too_large_no_more_is_read_than_shows_it(tmp_path: Path) -> None:
    (source,) = read(tmp_path, {"facts/a.yaml": "#" * 500}, "[limits]\nbytes = 100\n")
    assert len(source.data) == 101


def test_pieces_are_read_again_as_they_were(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    slice_small(monkeypatch)
    project = write_project(tmp_path, {"facts/a.jsonl": LINES, "facts/b.yaml": "id: b\n"})
    reader = Reader(project, sum_of)
    sources = [source for file in find_sheets(project.facts) for source in reader.read(file)]
    some = sources[1::2]
    assert list(reader.again([source.piece for source in some])) == some
    assert list(reader.again([])) == []


@pytest.mark.parametrize("change", ["edited", "gone"])
def test_what_has_changed_meanwhile_is_not_read_as_if_it_had_not(
    tmp_path: Path, change: str
) -> None:
    project = write_project(tmp_path, {"facts/a.yaml": "id: b\n"})
    reader = Reader(project, sum_of)
    file = project.facts / "a.yaml"
    (source,) = reader.read(file)
    if change == "edited":
        file.write_text("id: c\n")
    else:
        file.unlink()
    with pytest.raises(KgError, match=r"facts/a\.yaml was changed while it was being read"):
        list(reader.again([source.piece]))


def test_jobs_hold_sources_in_their_order_up_to_a_size(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reading, "_JOB", 5000)
    files: dict[str, str | bytes] = {f"facts/{n}.yaml": f"#{'x' * 1500}" for n in range(5)}
    sources = read(tmp_path, files | {"facts/9.yaml": "#" * 9000})
    jobs = list(jobs_of(sources))
    assert [job.number for job in jobs] == list(range(len(jobs)))
    assert [len(job.sources) for job in jobs] == [2, 2, 2]
    assert [source for job in jobs for source in job.sources] == sources
    assert list(jobs_of([])) == []


def test_reading_tells_how_many_bytes_are_done(tmp_path: Path) -> None:
    project = write_project(tmp_path, {"facts/a.yaml": "id: b\n", "facts/b.yaml": "id: c\n"})
    told: list[int] = []
    sources = list(read_all(Reader(project, sum_of), find_sheets(project.facts), told.append))
    assert (len(sources), told[-1]) == (2, 12)


def test_the_sum_of_what_cannot_be_read_is_none(tmp_path: Path) -> None:
    assert sum_of(tmp_path / "nowhere") == ""
    (tmp_path / "a").write_bytes(b"a")
    assert sum_of(tmp_path / "a") == sha256(b"a")
