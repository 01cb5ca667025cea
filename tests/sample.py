"""What several tests share: a project on disk, and the core vocabulary to compile sheets with."""

from __future__ import annotations

import contextlib
from collections.abc import Iterable, Iterator, Mapping
from functools import cache
from pathlib import Path, PurePosixPath
from tempfile import TemporaryDirectory

import pytest
from pyoxigraph import NamedNode, Quad, Store

from kg import reading
from kg.compile import Compiled, compile_sheet
from kg.context import Context, load_context
from kg.corpus import Corpus, open_corpus
from kg.errors import Problem
from kg.link import Links, check_links
from kg.ontology import Ontology, load_ontology
from kg.progress import silent
from kg.project import Project, core_folder, load_project
from kg.reading import sum_of
from kg.sheets import Limits, parse_sheet
from kg.sheets.files import open_sheet
from kg.sheets.streams import Sizes, Slice, cut_slices
from kg.things import Nesting, is_data_graph, is_provenance

BASE = "https://example.org/topic/"


@cache
def vocabulary() -> tuple[Context, Ontology]:
    """The core context, with `BASE` for its base, and the core ontology."""
    folder = core_folder("ontology")
    return load_context(folder / "context.jsonld", BASE), load_ontology(folder)


def compile_text(text: str | bytes, name: str = "a.yaml", limits: Limits | None = None) -> Compiled:
    """A sheet of this text, compiled with the core vocabulary."""
    data = text if isinstance(text, bytes) else text.encode()
    sheet = parse_sheet(name, data, limits or Limits(), BASE)
    return compile_sheet(sheet, PurePosixPath(name), *vocabulary())


def facts_of(compiled: Compiled) -> list[str]:
    """The quads of a sheet as sorted N-Quads, without those that say where the graph is from."""
    own = f"<{compiled.graph}>"
    return [f"{quad} ." for quad in compiled.quads if not str(quad).startswith(own)]


def write_project(folder: Path, files: dict[str, str | bytes], settings: str = "") -> Project:
    """A project with these files, whose names are relative to its folder."""
    (folder / "facts").mkdir(exist_ok=True)
    (folder / "kg.toml").write_text(f'base = "{BASE}"\n{settings}', encoding="utf-8")
    for name, content in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return load_project(folder)


def store_of(compiled: Compiled) -> Store:
    """A store with the quads of a sheet."""
    store = Store()
    store.extend(compiled.quads)
    return store


@contextlib.contextmanager
def corpus_of(project: Project) -> Iterator[Corpus]:
    """The sheets of a project, compiled and loaded, in a folder that goes when it is left."""
    with (
        TemporaryDirectory() as folder,
        open_corpus(project, Path(folder), sum_of, silent, keep=False) as corpus,
    ):
        yield corpus


def links_in(files: Mapping[str, str]) -> Links:
    """What the checks between sheets find in a project with these sheets."""
    sheets: dict[str, str | bytes] = {f"facts/{name}": content for name, content in files.items()}
    with TemporaryDirectory() as folder, corpus_of(write_project(Path(folder), sheets)) as corpus:
        return check_links(corpus.parts, corpus.places(), BASE, corpus.ontology.known)


def links_of(text: str) -> Links:
    """What the checks between sheets find in a project of this one sheet."""
    return links_in({"a.yaml": text})


def rules_at(problems: tuple[Problem, ...]) -> list[tuple[int, int, str]]:
    """Where each problem is, and by which rule."""
    return [(p.line, p.column, p.rule) for p in problems]


def things_of(quads: Iterable[Quad], base: str) -> set[NamedNode]:
    """The things under the base that quads of sheets describe, by the words of what a thing is."""
    data = [q for q in quads if is_data_graph(q.graph_name, base)]
    nesting = Nesting(data)
    subjects = {q.subject for q in data if isinstance(q.subject, NamedNode)}
    return {
        subject
        for subject in subjects
        if subject.value.startswith(base)
        and not subject.value.startswith(f"{base}graph/")
        and not is_provenance(subject, base)
        and subject not in nesting
    }


def slice_small(monkeypatch: pytest.MonkeyPatch) -> None:
    """Have sheets of JSON lines be cut into slices of a few lines."""

    def read(path: Path, name: str, limits: Limits) -> Iterator[Slice]:
        with open_sheet(path) as file:
            yield from cut_slices(file, name, limits, Sizes(50, 400, 50))

    monkeypatch.setattr(reading, "read_slices", read)
