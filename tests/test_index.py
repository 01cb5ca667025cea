"""The index of a release gives back what was put in, or nothing at all."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pyoxigraph import Store
from tiny import BASE, Tiny, write_tiny

from kg import build_release, open_release
from kg.errors import NoReleaseError, Problem, Severity
from kg.index import Index, described_in, read_index, write_index
from kg.iris import hash_of
from kg.pieces import Part, Piece, pack
from kg.stats import Stats
from kg.store import Release

PROBLEM = Problem("a.yaml", 3, 1, "no label", "label", Severity.WARNING, focus="urn:x")
STATS = Stats(2, 2, {"urn:c": 1}, {"urn:c": "urn:x"}, {"urn:p": (3, 2)}, {}, {"en": 1})


def part(path: str, first_line: int = 0, **more: Any) -> Part:
    blobs = {"subjects": pack([1, 2**64 - 1]), "twice": b"", "refs": pack([5, 6, 7])} | more
    return Part(
        Piece(f"facts/{path}", path, "5" * 64, "6" * 64, first_line), f"{BASE}graph/{path}",
        "", 0, 0, "7" * 64, STATS, **blobs, sources=(f"{BASE}document/ä",), problems=(PROBLEM,),
    )  # fmt: skip


INDEX = Index(
    "8" * 64,
    [part("a.jsonl", 1), part("a.jsonl", 90, subjects=b"", refs=b""), part("b.yaml")],
    {f"{BASE}graph/a.jsonl": ("9" * 64, 12)},
)


@pytest.fixture
def release(tmp_path: Path) -> Release:
    write_index(tmp_path, INDEX)
    return Release(tmp_path, "0", {})


def test_what_was_written_is_read(release: Release) -> None:
    found = read_index(release)
    assert found == INDEX
    assert [len(parts) for parts in found.by_path().values()] == [2, 1]


def test_names_that_are_no_text_are_kept(tmp_path: Path) -> None:
    index = Index("8" * 64, [part("\udcff.yaml")], INDEX.graphs)
    write_index(tmp_path, index)
    assert read_index(Release(tmp_path, "0", {})) == index


def test_an_index_of_nothing(tmp_path: Path) -> None:
    write_index(tmp_path, Index())
    assert read_index(Release(tmp_path, "0", {})) == Index()


def test_a_build_leaves_the_index_of_its_parts(tmp_path: Path) -> None:
    tiny = write_tiny(tmp_path)
    build_release(tiny.project)
    index = read_index(open_release(tiny.build))
    assert [p.piece.name for p in index.parts] == ["facts/iron.yaml", "facts/zinc.yaml"]
    assert set(index.graphs) == {f"{BASE}graph/iron", f"{BASE}graph/zinc"}
    assert index.frame


@pytest.mark.parametrize("name", ["pieces.json", "hashes.bin"])
def test_without_one_of_its_files_there_is_none(release: Release, name: str) -> None:
    (release.path / name).unlink()
    assert read_index(release) == Index()


def _size(row: list[Any], sizes: list[int]) -> None:
    next(cell for cell in row if isinstance(cell, list) and set(map(type, cell)) == {int})[:] = (
        sizes
    )


_DAMAGES: dict[str, Callable[[Any], object]] = {
    "form": lambda document: document.update(form=99),
    "no form": lambda document: document.pop("form"),
    "no parts": lambda document: document.pop("parts"),
    "too few parts": lambda document: document["parts"].pop(),
    "parts": lambda document: document.update(parts={"a": 1}),
    "part": lambda document: document["parts"].__setitem__(0, ["a"]),
    "graphs": lambda document: document.update(graphs=[1]),
    "graph": lambda document: document["graphs"].update(a="b"),
    "stats": lambda document: document.update(stats={"rows": [], "texts": []}),
    "size below 0": lambda document: _size(document["parts"][0], [-8, 16, 8]),
    "odd size": lambda document: _size(document["parts"][0], [15, 1, 24]),
    "size too large": lambda document: _size(document["parts"][0], [16, 0, 2**40]),
    "sizes": lambda document: _size(document["parts"][0], [16]),
    "problem": lambda document: document["parts"][0][-1][0].pop("severity"),
    "severity": lambda document: document["parts"][0][-1][0].update(severity="dire"),
}


@pytest.mark.parametrize("damage", _DAMAGES)
def test_a_damaged_one_is_none(release: Release, damage: str) -> None:
    file = release.path / "pieces.json"
    document = json.loads(file.read_bytes())
    _DAMAGES[damage](document)
    file.write_text(json.dumps(document))
    assert read_index(release) == Index()


@pytest.mark.parametrize("text", ["", "[", "[]", "null", "3", "[" * 200_000, "\udcff"])
def test_what_is_no_index_is_none(release: Release, text: str) -> None:
    (release.path / "pieces.json").write_bytes(text.encode(errors="surrogateescape"))
    assert read_index(release) == Index()


def test_hashes_that_are_too_many_or_too_few_are_none(release: Release) -> None:
    file = release.path / "hashes.bin"
    data = file.read_bytes()
    for other in (data[:-8], data + b"8" * 8, b""):
        file.write_bytes(other)
        assert read_index(release) == Index()


_JSON = st.recursive(
    st.none() | st.integers(-9, 9) | st.floats() | st.text(max_size=3),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner),
    max_leaves=5,
)


@given(st.data(), _JSON)
def test_whatever_stands_in_it_nothing_is_raised(
    tmp_path_factory: pytest.TempPathFactory, data: st.DataObject, value: object
) -> None:
    """One place of the document, at any depth, holds something else."""
    folder = tmp_path_factory.mktemp("release")
    write_index(folder, INDEX)
    document = place = json.loads((folder / "pieces.json").read_bytes())
    while True:
        keys = sorted(place) if isinstance(place, dict) else range(len(place))
        key = data.draw(st.sampled_from(list(keys)))
        inner = place[key]
        if not (isinstance(inner, dict | list) and inner and data.draw(st.booleans())):
            break
        place = inner
    place[key] = value
    (folder / "pieces.json").write_text(json.dumps(document))
    found = read_index(Release(folder, "0", {}))
    assert found == Index() or len(found.parts) == 3


@pytest.fixture
def tiny(tmp_path: Path) -> Tiny:
    tiny = write_tiny(tmp_path)
    build_release(tiny.project)
    return tiny


def test_what_a_release_describes_is_known_with_and_without_an_index(tiny: Tiny) -> None:
    release = open_release(tiny.build)
    found = described_in(release, BASE)
    assert hash_of(f"{BASE}mineral/iron") in found[f"{BASE}graph/iron"]
    (release.path / "pieces.json").unlink()
    assert described_in(release, BASE) == found


def test_of_a_release_without_index_and_store_nothing_is_known(tmp_path: Path) -> None:
    with pytest.raises(NoReleaseError):
        described_in(Release(tmp_path, "0", {}), BASE)
    Store(str(tmp_path / "store")).flush()
    assert described_in(Release(tmp_path, "0", {}), BASE) == {}
