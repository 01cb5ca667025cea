"""What is recalled is what is asked for, at its place; nothing else is read again."""

from __future__ import annotations

from pathlib import Path

import pytest
from sample import BASE, corpus_of, links_in, slice_small, write_project

from kg import terms
from kg.corpus import Corpus
from kg.iris import hash_of
from kg.places import Places
from kg.sheets import Mark

LINES = "".join(
    f'{{"id": "mineral/m{n}", "label": "Number {n}", "broader": "mineral/m{(n + 1) % 60}"}}\n'
    for n in range(60)
)
FILES: dict[str, str | bytes] = {
    "facts/a.jsonl": LINES,
    "facts/b.yaml": "id: mineral/tin\nlabel: Tin\nbroader: mineral/m7\n",
    "facts/c.yaml": "id: mineral/m7\nnote: Said elsewhere.\n",
}
BROADER = terms.SKOS + "broader"


def hashed(*paths: str) -> set[int]:
    return {hash_of(BASE + path) for path in paths}


def at_hand(places: Places) -> set[str]:
    return {iri.removeprefix(BASE) for iri in places.names(0)}


def test_nothing_is_at_hand_before_it_is_asked_for(tmp_path: Path) -> None:
    with corpus_of(write_project(tmp_path, FILES)) as corpus:
        places = corpus.places()
        places.recall()
        assert at_hand(places) == set()
        assert places.find(f"{BASE}mineral/m7") == ("", Mark(0, 0))


def test_subjects_are_recalled_wherever_they_are_described(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    slice_small(monkeypatch)
    with corpus_of(write_project(tmp_path, FILES)) as corpus:
        assert len(corpus.parts) > 5
        places = corpus.places()
        places.recall(subjects=hashed("mineral/m7"))
        assert at_hand(places) == {"mineral/m7"}
        assert places.find(f"{BASE}mineral/m7", BROADER) == ("facts/a.jsonl", Mark(8, 43))
        ((first, second),) = places.blocks()
        assert (first[0], second[0]) == ("facts/a.jsonl", "facts/c.yaml")


def test_what_mentions_an_iri_of_another_part_is_recalled(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    slice_small(monkeypatch)
    with corpus_of(write_project(tmp_path, FILES)) as corpus:
        places = corpus.places()
        places.recall(mentions=hashed("mineral/m7"))
        assert "mineral/tin" in at_hand(places)
        assert len(at_hand(places)) < 10


def everything(corpus: Corpus) -> list[tuple[str, Mark, str]]:
    places = corpus.places()
    places.recall_parts(corpus.parts)
    return sorted(
        (name, block.mark, block.subject) for some in places.blocks() for name, block in some
    )


def test_recalling_again_adds_nothing(tmp_path: Path) -> None:
    with corpus_of(write_project(tmp_path, FILES)) as corpus:
        once = everything(corpus)
        places = corpus.places()
        places.recall(subjects=hashed("mineral/m7", "mineral/tin"))
        for _ in range(2):
            places.recall_parts(corpus.parts)
            places.recall(subjects=hashed("mineral/m7"))
        twice = [(n, b.mark, b.subject) for some in places.blocks() for n, b in some]
        assert sorted(twice) == once
        assert len(once) == 62


def test_slices_and_whole_sheets_give_the_same_places(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    project = write_project(tmp_path, FILES)
    with corpus_of(project) as corpus:
        whole = everything(corpus)
    slice_small(monkeypatch)
    with corpus_of(project) as corpus:
        assert everything(corpus) == whole


def test_what_is_nested_under_a_reverse_property_has_its_own_places(tmp_path: Path) -> None:
    """It is described twice at one place: by itself, and by the node it is nested in."""
    text = """'@context': {back: {'@reverse': skos:broader}}
id: mineral/a
back:
  label: B
  note: Below.
"""
    with corpus_of(write_project(tmp_path, {"facts/a.yaml": text})) as corpus:
        places = corpus.places()
        places.recall(subjects=hashed("mineral/a/back"))
        inner = BASE + "mineral/a/back"
        assert places.find(inner, terms.NOTE.value) == ("facts/a.yaml", Mark(5, 3))
        assert places.find(inner, BROADER) == ("facts/a.yaml", Mark(4, 3))


def test_all_names_are_known_as_long_as_they_are_few(tmp_path: Path) -> None:
    with corpus_of(write_project(tmp_path, FILES)) as corpus:
        places = corpus.places()
        assert f"{BASE}mineral/m41" in places.names(1000)
        assert len(set(places.names(1000))) >= 61
        assert list(places.names(10)) == []


def test_in_lines_only_what_an_unread_one_may_describe_is_not_judged() -> None:
    """A sheet of another form may describe anything, when it cannot be read."""
    good = '{"id": "b", "broader": ["mineral/iron", "mineral/zinc", "finding/f/passages/x"]}\n'
    broken = '{"id": "mineral/iron", "label": }\n{"id": "finding/f", \n'

    def dangling(files: dict[str, str]) -> list[str]:
        problems = links_in(files).problems
        return [p.value.removeprefix(BASE) for p in problems if p.rule == "dangling-reference"]

    assert dangling({"a.jsonl": good + broken}) == ["mineral/zinc"]
    assert dangling({"a.jsonl": good, "b.jsonl": broken}) == ["mineral/zinc"]
    assert dangling({"a.jsonl": good + broken, "b.yaml": "id: ["}) == []
    assert len(dangling({"a.jsonl": good})) == 3
    notes = [p for p in links_in({"a.jsonl": good + broken}).problems if p.rule == "not-checked"]
    assert [note.file for note in notes] == ["facts/a.jsonl"]
