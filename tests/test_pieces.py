"""Pieces are compiled into runs, the same by the fast way and by the one that knows places."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from sample import BASE, compile_text, facts_of, slice_small, vocabulary, write_project

from kg import terms
from kg.iris import hash_of
from kg.pieces import Job, Part, Source, Wanted, Workshop, hashes, pack, split_lines
from kg.reading import Reader, sum_of
from kg.sheets import find_sheets

IRON = '{"id": "mineral/iron", "type": "Mineral", "label": "Iron", "broader": "mineral/metal"}'
ZINC = '{"id": "mineral/zinc", "type": "Mineral", "label": "Zinc", "broader": "mineral/iron"}'
TWICE = '{"id": "mineral/iron", "note": "Once more."}'
CITED = '{"id": "finding/x", "passages": [{"document": "document/a"}, {"document": "document/b"}]}'
FILES: dict[str, str | bytes] = {
    "facts/a.jsonl": f"{IRON}\n\n{ZINC}\n{TWICE}\n{CITED}\n",
    "facts/b.json": f"[{IRON}, {ZINC}]",
    "facts/c.yaml": "id: mineral/tin\nlabel: Tin\nbroader: [mineral/iron, CHEBI:1]\n",
    "facts/d.ttl": "<mineral/lead> <a:p> <mineral/iron> .",
}


@pytest.fixture
def shop(tmp_path: Path) -> Workshop:
    (tmp_path / "runs").mkdir()
    return Workshop(write_project(tmp_path, FILES), *vocabulary(), tmp_path / "runs")


def sources(folder: Path) -> Iterator[Source]:
    project = write_project(folder, {})
    for file in find_sheets(project.facts):
        yield from Reader(project, sum_of).read(file)


def compile_all(shop: Workshop, folder: Path) -> dict[str, Part]:
    return {part.piece.path: part for part in shop.compile(Job(7, tuple(sources(folder))))}


def numbers(*paths: str) -> bytes:
    return pack(hash_of(BASE + path) for path in paths)


def test_the_lines_of_each_piece_stand_in_the_run_sorted(shop: Workshop, tmp_path: Path) -> None:
    parts = compile_all(shop, tmp_path)
    end = 0
    for part in parts.values():
        lines = part.lines(tmp_path / "runs")
        assert (part.run, part.start) == ("000007.nq", end)
        assert lines == sorted(set(lines))
        assert part.digest == hashlib.sha256("".join(lines).encode()).hexdigest()
        assert part.stats.quads == len(lines)
        end += part.length
    assert (tmp_path / "runs/000007.nq").stat().st_size == end


def test_a_part_says_what_is_described_and_what_is_referred_to(
    shop: Workshop, tmp_path: Path
) -> None:
    parts = compile_all(shop, tmp_path)
    lines = parts["a.jsonl"]
    assert set(hashes(numbers("mineral/iron", "mineral/zinc", "finding/x", "graph/a"))) < set(
        hashes(lines.subjects)
    )
    assert lines.twice == numbers("mineral/iron")
    documents = ("document/a", "document/b")
    assert set(hashes(numbers("mineral/metal", *documents))) <= set(hashes(lines.refs))
    assert hash_of(f"{BASE}mineral/iron") not in hashes(lines.refs)
    assert lines.sources == tuple(BASE + document for document in documents)
    assert parts["b.json"].twice == b""
    assert hash_of("http://purl.obolibrary.org/obo/CHEBI_1") not in hashes(parts["c.yaml"].refs)
    assert [part.graph for part in parts.values()] == [f"{BASE}graph/{name}" for name in "abcd"]


def test_without_the_fast_way_all_is_the_same(
    shop: Workshop, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    fast = compile_all(shop, tmp_path)
    lines = {path: part.lines(tmp_path / "runs") for path, part in fast.items()}
    monkeypatch.setattr(Workshop, "_fast", lambda *_: None)
    slow = compile_all(shop, tmp_path)
    assert {path: part.lines(tmp_path / "runs") for path, part in slow.items()} == lines
    assert slow == fast


def test_it_is_what_a_sheet_gives_that_is_compiled_alone(shop: Workshop, tmp_path: Path) -> None:
    parts = compile_all(shop, tmp_path)
    for name in ("b.json", "c.yaml", "d.ttl"):
        compiled = compile_text(FILES[f"facts/{name}"], name)
        own = f"<{compiled.graph}>"
        lines = [n[:-1] for n in parts[name].lines(tmp_path / "runs") if not n.startswith(own)]
        assert lines == facts_of(compiled)


def test_slices_together_are_the_sheet(
    shop: Workshop, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """All but where the graph is from, which only all slices together can say."""
    whole = compile_all(shop, tmp_path)["a.jsonl"].lines(tmp_path / "runs")
    slice_small(monkeypatch)
    parts = shop.compile(Job(8, tuple(s for s in sources(tmp_path) if "jsonl" in s.piece.path)))
    assert len(parts) > 1
    lines = {line for part in parts for line in part.lines(tmp_path / "runs")}
    assert sorted(lines) == [n for n in whole if not n.startswith(f"<{BASE}graph/a>")]
    assert not any(part.piece.whole for part in parts)


def test_what_is_wrong_with_a_line_is_told_and_the_others_are_compiled(tmp_path: Path) -> None:
    (tmp_path / "runs").mkdir()
    files: dict[str, str | bytes] = {
        "facts/a.jsonl": f'{IRON}\n{{"id": \n{ZINC}\n{{"id": "b", "lable": "x"}}\n',
        "facts/b.json": '{"id": ',
        "facts/c.json": b'{"id": "\xff"}',
    }
    shop = Workshop(write_project(tmp_path, files), *vocabulary(), tmp_path / "runs")
    parts = compile_all(shop, tmp_path)
    lines, other, bytes_ = parts.values()
    assert [(p.line, p.rule) for p in lines.problems] == [(2, "syntax"), (4, "unknown-key")]
    assert (lines.whole, lines.legible) == (False, True)
    assert hash_of(f"{BASE}mineral/zinc") in hashes(lines.subjects)
    assert (other.whole, other.legible, len(other.problems)) == (False, False, 1)
    assert (bytes_.whole, bytes_.legible) == (False, False)


def test_what_a_source_has_wrong_is_told_by_its_part(shop: Workshop, tmp_path: Path) -> None:
    (tmp_path / "facts/e.jsonl").symlink_to("nowhere")
    part = compile_all(shop, tmp_path)["e.jsonl"]
    assert [problem.rule for problem in part.problems] == ["unreadable"]
    assert (part.whole, part.legible) == (False, False)


def source_of(folder: Path, path: str) -> Source:
    return next(source for source in sources(folder) if source.piece.path == path)


@pytest.mark.parametrize("fast", [True, False])
def test_the_records_that_are_wanted_are_recalled_with_their_lines(
    shop: Workshop, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, fast: bool
) -> None:
    if not fast:
        monkeypatch.setattr(Workshop, "_fast", lambda *_: None)
    source = source_of(tmp_path, "a.jsonl")
    iron, metal = (frozenset({hash_of(BASE + path)}) for path in ("mineral/iron", "mineral/metal"))

    def lines(wanted: Wanted) -> list[int]:
        return [line for line, _ in shop.recall(wanted)]

    nobody: frozenset[int] = frozenset()
    assert lines(Wanted(source, iron, nobody)) == [1, 4]
    assert lines(Wanted(source, nobody, metal)) == [1]
    assert lines(Wanted(source, nobody, iron)) == [3]
    assert lines(Wanted(source, nobody, nobody)) == []
    assert lines(Wanted(source, nobody, nobody, everything=True)) == [1, 3, 4, 5]
    ((_, compiled),) = shop.recall(Wanted(source, nobody, metal))
    assert compiled.blocks[0].mark.line == 1


@pytest.mark.parametrize("name", ["a.yaml", "a.jsonl"])
def test_a_text_that_looks_like_a_source_is_none(shop: Workshop, tmp_path: Path, name: str) -> None:
    text = f"see {terms.HAS_SOURCE} <urn:x:forged> ."
    line = json.dumps({"id": "b", "label": text, "note": text.replace("see ", "")})
    write_project(tmp_path, {f"facts/{name}": f"{line}\n"})
    part = compile_all(shop, tmp_path)[name]
    assert part.sources == ()
    assert not any(terms.DERIVED_FROM.value in line for line in part.lines(tmp_path / "runs"))


def test_words_are_looked_for_where_nothing_could_be_read(shop: Workshop, tmp_path: Path) -> None:
    source = source_of(tmp_path, "a.jsonl")
    broken = replace(source, data=source.data + b'{"id": "mineral/tin", \xff\n')
    assert shop.words_in((source, frozenset({"iron", "tin"}))) == set()
    assert shop.words_in((broken, frozenset({"iron", "tin", "lead"}))) == {"tin"}


def test_lines_end_at_line_feeds_alone() -> None:
    assert split_lines("a\u2028b\rc\x85\nd\n".encode()) == ["a\u2028b\rc\x85\n", "d\n"]
    assert split_lines(b"") == []


def test_numbers_are_packed_once_each_and_sorted() -> None:
    assert list(hashes(pack([3, 1, 2**64 - 1, 3]))) == [1, 3, 2**64 - 1]
