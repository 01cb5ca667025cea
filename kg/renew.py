"""The store of a release, with what has changed since compiled anew and put in its place.

A sheet, or a slice of a long one, that is what it was is not compiled again, nor are its quads
loaded: the new store starts as a copy whose files are the old one's, by hard links. What comes of
it is what a clean build would give.
"""

from __future__ import annotations

import contextlib
import os
import shutil
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path, PurePosixPath
from typing import Final

from pyoxigraph import RdfFormat, Store, parse

from kg.corpus import Corpus, add_provenance, compile_sources, load_vocabulary, write_ontology
from kg.errors import NoReleaseError
from kg.index import Index
from kg.iris import graph_iri, hash_of
from kg.pieces import Part, Source, Workshop, hashes
from kg.pool import Pool
from kg.progress import Progress
from kg.project import Project
from kg.reading import Reader
from kg.sheets import is_stream, sheet_paths
from kg.store import Release
from kg.tombstones import subjects_of

# Of all quads, how many may be replaced before it is quicker to load everything anew.
_MOST: Final = 1 / 4
# Bytes of changed sheets, at most: they are compiled in this process.
_MOST_BYTES: Final = 8 * 1024 * 1024


@dataclass(slots=True)
class Changes:
    """What is kept of a release, what is to be compiled, and what has to go.

    `gone` has the hashes of the subjects that changed slices described, by graph; `dropped` are the
    graphs that go as a whole.
    """

    kept: list[Part] = field(default_factory=list)
    new: list[Source] = field(default_factory=list)
    gone: dict[str, set[int]] = field(default_factory=dict)
    dropped: set[str] = field(default_factory=set)
    lost: int = 0

    @property
    def graphs(self) -> set[str]:
        """The graphs that are not what they were."""
        return {*self.dropped, *self.gone}

    def drop(self, parts: Iterable[Part]) -> None:
        """Have all that a sheet said go."""
        for part in parts:
            self.dropped.add(part.graph)
            self.lost += part.stats.quads

    def replace(self, part: Part) -> None:
        """Have what a slice said go."""
        self.gone.setdefault(part.graph, set()).update(hashes(part.subjects))
        self.lost += part.stats.quads


def find_changes(project: Project, index: Index, reader: Reader) -> Changes | None:
    """What has changed since a release with this index; None when that is too much."""
    changes = Changes()
    old = index.by_path()
    total = sum(count for _, count in index.graphs.values())
    size = 0
    # Texts, not paths: of thousands of sheets, those take longer than all else here.
    start = len(str(project.facts)) + 1
    for name in sheet_paths(project.facts):
        file, path = Path(name), name[start:]
        parts = old.pop(path, [])
        sha256 = reader.sum_of(file)
        # A link may lead to the same as before, and yet out of the folder now.
        same = sha256 and not os.path.islink(name)  # noqa: PTH114 - a text, as above
        if parts and same and all(part.piece.sha256 == sha256 for part in parts):
            changes.kept += parts
            continue
        before = len(changes.new)
        if is_stream(path) and len(parts) > 1:
            _compare(reader.read(file), parts, changes)
        else:
            changes.new += reader.read(file)
            changes.drop(parts)
            changes.dropped.add(graph_iri(project.base, PurePosixPath(path)))
        size += sum(len(source.data) for source in changes.new[before:])
        if size > _MOST_BYTES or changes.lost > total * _MOST:
            return None
    for parts in old.values():
        changes.drop(parts)
    # Two sheets of one graph are refused, and what else is found then depends on both.
    if any(part.graph in changes.dropped for part in changes.kept):
        return None
    return None if changes.lost > total * _MOST else changes


def _compare(sources: Iterable[Source], parts: list[Part], changes: Changes) -> None:
    """Keep the slices of a sheet that are there still, wherever; all others go."""
    old = {part.piece.key: part for part in parts if not part.problems}
    now = []
    for source in sources:
        part = old.pop(source.piece.key, None)
        now.append((source, part if part and not source.problems else None))
    gone = [part for part in parts if all(part is not kept for _, kept in now)]
    # The graph says what file it is from: it is not what it was even if no slice has gone.
    graph = changes.gone.setdefault(parts[0].graph, set())
    while True:
        for part in gone:
            changes.replace(part)
        # What a slice that goes has described with another is said by that one, too: once more.
        gone = [part for _, part in now if part and not graph.isdisjoint(hashes(part.subjects))]
        if not gone:
            break
        now = [(s, None if any(part is g for g in gone) else part) for s, part in now]
    whole = len(now) == 1
    for source, part in now:
        if part and not whole:
            changes.kept.append(replace(part, piece=source.piece))
        else:
            changes.new.append(source)
    if whole:
        changes.dropped.add(parts[0].graph)


@contextlib.contextmanager
def renew_corpus(
    folder: Path, release: Release, index: Index, reader: Reader, progress: Progress
) -> Iterator[Corpus | None]:
    """As `kg.corpus.open_corpus`, from a release; None when a clean build is to be preferred.

    Then the folder is as it was. `progress` is told how many pieces are compiled anew, and of how
    many. Raises as that does.
    """
    project = reader.project
    changes = find_changes(project, index, reader)
    try:
        before = release.open_store()
    except NoReleaseError:
        changes = None
    if changes is None or not changes.kept:
        yield None
        return
    context, ontology = load_vocabulary(project)
    runs, path = folder / "runs", folder / "store"
    runs.mkdir()
    before.backup(str(path))
    store = Store(str(path))
    with Pool(0, Workshop, project, context, ontology, runs) as pool:
        corpus = Corpus(project, context, ontology, runs, pool, reader, store, before=before)
        new = len(changes.new)
        progress("renew", new, len(changes.kept) + new)
        compile_sources(corpus, changes.new, lambda _run, _count: None)
        corpus.parts = sorted(
            [*changes.kept, *corpus.parts],
            key=lambda part: (part.piece.path, part.piece.first_line),
        )
        if not _can_be_told_apart(corpus.parts):
            del corpus, store
            shutil.rmtree(runs)
            shutil.rmtree(path)
            yield None
            return
        write_ontology(corpus)
        add_provenance(corpus)
        corpus.touched = _put_in_place(corpus, store, before, changes)
        corpus.settled = _is_settled(release)
        corpus.known = {g: known for g, known in index.graphs.items() if g not in changes.graphs}
        yield corpus


def _is_settled(release: Release) -> bool:
    try:
        return bool(release.manifest["judged"] == 0)
    except KeyError:
        return False


def _can_be_told_apart(parts: Iterable[Part]) -> bool:
    """Whether no kept slice describes what another part does: which lines are its own is lost.

    Nor may it describe anything twice.
    """
    parts = list(parts)
    if all(part.run or part.piece.whole for part in parts):
        return True
    seen: set[int] = set()
    shared: set[int] = set()
    for part in parts:
        subjects = set(hashes(part.subjects))
        shared |= seen & subjects
        shared.update(hashes(part.twice))
        seen |= subjects
    return not any(
        not (part.run or part.piece.whole or shared.isdisjoint(hashes(part.subjects)))
        for part in parts
    )


def _put_in_place(corpus: Corpus, store: Store, before: Store, changes: Changes) -> frozenset[str]:
    """Take out of the store what has changed and put in what is new; gives the subjects of both."""
    touched: set[str] = set()
    orders = [f"DROP SILENT GRAPH <{corpus.project.base}>"]  # what the release said of itself
    for graph in sorted(changes.dropped):
        touched.update(subjects_of(before, graph))
        orders.append(f"DROP SILENT GRAPH <{graph}>")
    for graph, gone in sorted(changes.gone.items()):
        for iri in {graph, *(s for s in subjects_of(before, graph) if hash_of(s) in gone)}:
            touched.add(iri)
            orders.append(f"DELETE WHERE {{ GRAPH <{graph}> {{ <{iri}> ?p ?o }} }}")
    store.update(" ;\n".join(orders))
    lines = [line for part in corpus.parts if part.run for line in part.lines(corpus.runs)]
    lines += [line for graph in sorted(changes.graphs) for line in corpus.extra.get(graph, ())]
    touched.update(line.split(" ", 1)[0][1:-1] for line in lines)
    store.extend(parse("".join(lines), format=RdfFormat.N_QUADS))
    return frozenset(touched)
