"""The generator of corpora: valid, the same each time, and wrong only where it says."""

from __future__ import annotations

import csv
import gzip
import json
import re
import subprocess
import sys
from collections import defaultdict
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path

import pytest
from sample import corpus_of

from benchmarks.corpus import BASE, EXPECTED, TABLES, Corpus, write_corpus, write_csv
from benchmarks.corpus.draw import Draw
from benchmarks.corpus.faults import FAULTS
from benchmarks.corpus.files import Source
from kg import check_project, load_project, terms
from kg.context import load_context
from kg.errors import Problem, Severity
from kg.things import data_graphs

ROOT = Path(__file__).parent.parent
RECORDS = "facts/records/part-000.jsonl"


@pytest.fixture(scope="module")
def corpus(tmp_path_factory: pytest.TempPathFactory) -> Corpus:
    """Thirty documents with nothing wrong."""
    return write_corpus(tmp_path_factory.mktemp("corpus"), 30, seed=4)


@pytest.fixture(scope="module")
def broken(tmp_path_factory: pytest.TempPathFactory) -> Corpus:
    """Every other document broken, so that every kind of fault is there."""
    return write_corpus(tmp_path_factory.mktemp("broken"), 2 * len(FAULTS), seed=4, errors=0.5)


def test_a_corpus_has_no_problems_and_the_size_it_promises(corpus: Corpus) -> None:
    checked = check_project(load_project(corpus.folder))
    assert checked.problems == ()
    assert (corpus.documents, corpus.broken, corpus.files) == (30, 0, 1)
    assert corpus.bytes == (corpus.folder / RECORDS).stat().st_size
    assert 100 <= len(triples(corpus)) / corpus.documents <= 140
    assert not (corpus.folder / EXPECTED).exists()


def test_the_same_arguments_give_the_same_bytes(tmp_path: Path, broken: Corpus) -> None:
    again = write_corpus(tmp_path / "again", broken.documents, seed=4, errors=0.5)
    other = write_corpus(tmp_path / "other", broken.documents, seed=5, errors=0.5)
    for name in (RECORDS, EXPECTED):
        assert read(again, name) == read(broken, name)
        assert read(other, name) != read(broken, name)


def test_chance_does_not_depend_on_the_machine_or_the_version_of_python() -> None:
    draw = Draw("1/0")
    drawn = [draw.between(0, 999), draw.pick("abcdefgh"), draw.chance(0.5), draw.between(1, 6)]
    assert drawn == [906, "d", True, 3]


def test_a_smaller_corpus_is_the_beginning_of_a_larger_one(tmp_path: Path, corpus: Corpus) -> None:
    larger = write_corpus(tmp_path, 50, seed=4)
    assert read(larger, RECORDS).startswith(read(corpus, RECORDS))


def test_both_layouts_hold_the_same_facts(tmp_path: Path, corpus: Corpus) -> None:
    sheets = write_corpus(tmp_path, corpus.documents, seed=4, layout="sheets")
    assert sheets.files == corpus.documents
    assert (tmp_path / "facts/records/000/000029.json").is_file()
    assert triples(sheets) == triples(corpus)


def test_ten_thousand_documents_fill_a_file(tmp_path: Path) -> None:
    corpus = write_corpus(tmp_path, 10_001)
    assert read(corpus, RECORDS).count(b"\n") == 10_000
    assert read(corpus, "facts/records/part-001.jsonl").count(b"\n") == 1
    assert corpus.files == 2


def test_compressed_records_hold_the_same_bytes(tmp_path: Path, corpus: Corpus) -> None:
    first = write_corpus(tmp_path / "a", corpus.documents, seed=4, compress="gz")
    second = write_corpus(tmp_path / "b", corpus.documents, seed=4, compress="gz")
    packed = read(first, f"{RECORDS}.gz")
    assert packed == read(second, f"{RECORDS}.gz")
    assert gzip.decompress(packed) == read(corpus, RECORDS)


def test_records_are_compressed_with_zstandard_as_well(tmp_path: Path, corpus: Corpus) -> None:
    name = "compression.zstd" if sys.version_info >= (3, 14) else "backports.zstd"
    zstd = pytest.importorskip(name)
    packed = write_corpus(tmp_path, corpus.documents, seed=4, compress="zst")
    assert zstd.decompress(read(packed, f"{RECORDS}.zst")) == read(corpus, RECORDS)


def test_every_fault_is_reported_at_its_line_and_nothing_else(broken: Corpus) -> None:
    expected = expectations(broken)
    assert {kind for kind, _ in expected.values()} == {fault.name for fault in FAULTS}
    assert len(expected) == broken.broken == broken.documents // 2
    errors = rules_by_line(check_project(load_project(broken.folder)).problems)
    assert errors == {at: set(rules) for at, (_, rules) in expected.items()}


def test_documents_refer_to_earlier_ones_that_are_whole(tmp_path: Path) -> None:
    corpus = write_corpus(tmp_path, 400, errors=0.25)
    lines = [line for _, line in expectations(corpus)]
    assert len(lines) == corpus.broken == 100
    referring = 0
    for number, text in enumerate(read(corpus, RECORDS).decode().splitlines()):
        others = {int(key) for key in re.findall(r'"[a-z]+/(\d{6})', text)} - {number}
        assert all(other < number and other + 1 not in lines for other in others)
        referring += bool(others)
    assert 8 <= referring <= 40


def test_references_point_backwards_only() -> None:
    found: set[int] = set()
    for seed in range(400):
        text = json.dumps(Source(seed).document(2))
        found |= {int(key) for key in re.findall(r'"[a-z]+/(\d{6})', text)}
    assert found == {0, 1, 2}


def test_tables_hold_the_same_facts(tmp_path: Path, corpus: Corpus) -> None:
    written = write_csv(tmp_path, corpus.documents, seed=4)
    assert written.files == len(list(tmp_path.glob("*.csv")))
    assert set(from_tables(tmp_path)) == triples(corpus)


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("--documents", "0"), "from 1 to 1,000,000 documents, got 0"),
        (("--documents", "1000001"), "got 1000001"),
        (("--documents", "3", "--errors", "1.5"), "a share of errors is from 0 to 1, got 1.5"),
        (("--documents", "3", "--layout", "sheets", "--compress", "gz"), "only records"),
        (("--documents", "3", "--seed", "1"), "is not empty"),
    ],
)
def test_what_cannot_be_written_is_refused(
    tmp_path: Path, arguments: tuple[str, ...], words: str
) -> None:
    if words == "is not empty":
        (tmp_path / "kg.toml").touch()
    before = list(tmp_path.iterdir())
    done = run(str(tmp_path), *arguments)
    assert done.returncode == 2
    assert words in done.stderr
    assert list(tmp_path.iterdir()) == before


def test_the_command_writes_a_project(tmp_path: Path, broken: Corpus) -> None:
    done = run(str(tmp_path), "--documents", "30", "--seed", "4", "--errors", "0.5")
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith("30 documents (15 broken) in 1 files, ")
    written = Corpus(tmp_path, 30, 15, 1, 0)
    assert read(written, RECORDS) == read(broken, RECORDS)


def run(*arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "benchmarks.corpus", *arguments]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)


def read(corpus: Corpus, name: str) -> bytes:
    return (corpus.folder / name).read_bytes()


def expectations(corpus: Corpus) -> dict[tuple[str, int], tuple[str, list[str]]]:
    """The kind and the rules of every fault, by file and line."""
    found = {}
    for text in read(corpus, EXPECTED).decode().splitlines():
        fault = json.loads(text)
        key = f"{BASE}document/{fault['line'] - 1:06d}"
        assert fault["document"] == key
        found[fault["file"], fault["line"]] = (fault["kind"], fault["rules"])
    return found


def rules_by_line(problems: tuple[Problem, ...]) -> dict[tuple[str, int], set[str]]:
    """The rules of all that is worse than a note, by file and line."""
    found: dict[tuple[str, int], set[str]] = defaultdict(set)
    for problem in problems:
        if problem.severity is not Severity.INFO:
            found[problem.file, problem.line].add(problem.rule)
    return dict(found)


def triples(corpus: Corpus) -> set[tuple[str, str, str]]:
    """Subject, predicate and object as text, of all generated documents.

    Without what says where they are from.
    """
    with corpus_of(load_project(corpus.folder)) as compiled:
        store = compiled.open_store()
        return {
            (terms.text_of(q.subject), q.predicate.value, terms.text_of(q.object))
            for graph in data_graphs(store, BASE)
            if graph.value.startswith(f"{BASE}graph/records/")
            for q in store.quads_for_pattern(None, None, None, graph)
            if q.subject != graph
        }


def from_tables(folder: Path) -> Iterator[tuple[str, str, str]]:
    """The triples that the tables stand for, as a mapping would make them."""
    context = load_context(ROOT / "ontology/context.jsonld", BASE)
    classes = {
        table.name: class_ for class_, table in TABLES.items() if "type" not in table.columns
    }
    for path in folder.glob("*.csv"):
        with path.open(encoding="utf-8", newline="") as file:
            for row in csv.DictReader(file):
                if path.stem in classes:
                    yield (
                        row["id"],
                        terms.TYPE.value,
                        context.expand(classes[path.stem], vocab=True),
                    )
                for key, value in row.items():
                    term = context.term(key)
                    if key == "owner":
                        yield value, terms.HAS_PASSAGE.value, row["id"]
                    elif key == "type":
                        yield row["id"], terms.TYPE.value, value
                    elif key != "id" and value:
                        assert term, key
                        decimal = term.coercion.endswith("#decimal")
                        text = f"{Decimal(value).normalize():f}" if decimal else value
                        yield row["id"], term.iri, text
