"""Runs of sorted lines become one, whatever is spread over them, a block at a time."""

from __future__ import annotations

import hashlib
import resource
from collections.abc import Sequence
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kg import runs
from kg.pieces import Part, Piece
from kg.runs import digest, merge
from kg.stats import Stats

# Few words, so that many lines are the same; and whatever a line of a text may hold but its end.
LINE = st.one_of(
    st.sampled_from(["a", "aa", "b", "\u2028", "ü", "", "\r", "\x85"]),
    st.text(st.characters(exclude_characters="\n", exclude_categories=["Cs"]), max_size=40),
)
LINES = st.lists(LINE.map(lambda line: f"{line}\n"), max_size=12)


def write(folder: Path, sorted_: Sequence[Sequence[str]], per_run: int) -> list[Part]:
    """Parts with these lines, so many of them in one run."""
    parts = []
    for number, lines in enumerate(sorted_):
        name = f"{number // per_run:06}.nq"
        data = "".join(lines).encode()
        with (folder / name).open("ab") as file:
            start = file.tell()
            file.write(data)
        piece = Piece("a.jsonl", "a.jsonl", "", "", number + 1)
        parts.append(Part(piece, "g", name, start, len(data), "", Stats(), b"", b"", b"", ()))
    return parts


@given(st.lists(LINES, max_size=6), LINES, st.integers(1, 3), st.sampled_from([1, 2, 7, 4096]))
def test_all_lines_come_sorted_and_each_once(
    given_lines: list[list[str]], extra: list[str], per_run: int, block: int
) -> None:
    sorted_ = [sorted(set(lines)) for lines in given_lines]
    with TemporaryDirectory() as folder, pytest.MonkeyPatch.context() as patch:
        patch.setattr(runs, "_BLOCK", block)
        parts = write(Path(folder), sorted_, per_run)
        assert ["".join(p.lines(Path(folder))) for p in parts] == ["".join(s) for s in sorted_]
        blocks = list(merge(parts, Path(folder), extra))
    expected = sorted({*extra, *(line for lines in sorted_ for line in lines)})
    assert [line for some in blocks for line in some] == expected
    whole = "".join(expected).encode()
    assert digest(blocks) == (hashlib.sha256(whole).hexdigest(), len(expected))


def test_no_more_than_a_block_of_each_run_is_held(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(runs, "_BLOCK", 64)
    odd, even = ([f"{n:05}\n" for n in range(first, 2000, 2)] for first in (0, 1))
    blocks = list(merge(write(tmp_path, [odd, even], 1), tmp_path))
    assert max(map(len, blocks)) <= 2 * 64 // 6
    assert sum(map(len, blocks)) == 2000


def test_without_parts_there_are_the_extra_lines_alone(tmp_path: Path) -> None:
    assert list(merge([], tmp_path, ["b\n", "a\n", "b\n"])) == [["a\n", "b\n"]]
    assert list(merge([], tmp_path)) == []
    assert digest([]) == (hashlib.sha256().hexdigest(), 0)


def test_there_may_be_more_runs_than_files_that_can_be_open(tmp_path: Path) -> None:
    parts = write(tmp_path, [[f"{number % 50:05}\n"] for number in range(300)], 1)
    most, limit = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (200, limit))
    try:
        blocks = list(merge(parts, tmp_path))
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (most, limit))
    assert [line for some in blocks for line in some] == [f"{n:05}\n" for n in range(50)]


def test_of_many_runs_less_of_each_is_held(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(runs, "_BLOCKS", 10 * 60)
    sorted_ = [[f"{n:05}\n" for n in range(first, 2000, 10)] for first in range(10)]
    blocks = list(merge(write(tmp_path, sorted_, 3), tmp_path))
    assert max(map(len, blocks)) <= 10 * 60 // 6
    assert sum(map(len, blocks)) == 2000
