"""The sheets of a project → parts on disk and a store of all their quads, in a folder aside.

read → compile, in worker processes → load, in another; nothing waits for the whole, and no more is
in memory than what is being worked at. Small projects do without processes.
"""

from __future__ import annotations

import contextlib
import os
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence, Set
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from functools import cached_property
from itertools import chain, islice
from pathlib import Path
from typing import Final

from pyoxigraph import NamedNode, Quad, RdfFormat, Store

from kg.context import Context, load_context
from kg.downloads.facts import graph_lines
from kg.errors import ConfigError
from kg.iris import hash_of
from kg.loader import Loader
from kg.ontology import Ontology, load_ontology
from kg.pieces import Part, Source, Workshop, hashes, provenance_lines
from kg.pool import Pool, check_memory, worker_count
from kg.progress import Progress
from kg.project import Project
from kg.reading import Reader, jobs_of, read_all
from kg.recall import Recall
from kg.runs import digest, merge
from kg.sheets import find_sheets
from kg.stats import Stats
from kg.tombstones import subjects_of

# Bytes of sheets up to which processes take longer to start than the work.
_SMALL: Final = 4 * 1024 * 1024
# How many times larger packed sheets may be than they look: then all would be in this process.
_PACKED: Final = {".gz": 20, ".zst": 20}
ONTOLOGY: Final = "ontology.nq"
_PROVENANCE: Final = "provenance.nq"
_BLOCK: Final = 50_000  # lines


def load_vocabulary(project: Project) -> tuple[Context, Ontology]:
    """The context and the ontology of a project; raises `ConfigError` when one cannot be used."""
    context = load_context(project.ontology / "context.jsonld", project.base)
    return context, load_ontology(project.ontology)


def open_workshop(project: Project, runs: Path) -> Workshop:
    """A workshop in a process that has nothing yet, and is one of several."""
    os.environ.setdefault("RAYON_NUM_THREADS", "1")  # what the SHACL engine goes by
    return Workshop(project, *load_vocabulary(project), runs)


@dataclass
class Corpus:
    """A project's sheets, compiled: `parts` in the order of the sheets, their lines in `runs`.

    `store` is the folder of the finished store, or the store itself where there is no folder.
    `extra` has the provenance of the sheets that were compiled in several pieces, by graph.

    Where it was made from a release, as `kg.renew` does, `before` is the store of that, `known` has
    the digest and the count of each graph that is as it was there, and `touched` has the subjects
    that may be described otherwise; it was `settled` when nothing at all was found wrong with it.
    """

    project: Project
    context: Context
    ontology: Ontology
    runs: Path
    pool: Pool[Workshop]
    reader: Reader
    store: Path | Store
    parts: list[Part] = field(default_factory=list)
    extra: dict[str, list[str]] = field(default_factory=dict)
    before: Store | None = None
    known: dict[str, tuple[str, int]] = field(default_factory=dict)
    touched: frozenset[str] = frozenset()
    settled: bool = False

    def places(self) -> Recall:
        """The places of what the sheets say, read again when they are asked for."""
        return Recall(self.parts, self.reader, self.pool, self.subjects)

    def by_graph(self) -> dict[str, list[Part]]:
        """The parts of each graph, graphs in order."""
        found: defaultdict[str, list[Part]] = defaultdict(list)
        for part in self.parts:
            found[part.graph].append(part)
        return dict(sorted(found.items()))

    def open_store(self) -> Store:
        """The finished store, to read."""
        return self.store if isinstance(self.store, Store) else Store.read_only(str(self.store))

    def complete(self, quads: Iterable[Quad]) -> Store:
        """Add to the finished store what is not from sheets; gives it, open to be written."""
        store = self.store if isinstance(self.store, Store) else Store(str(self.store))
        store.extend(quads)
        store.flush()
        return store

    def stats(self, shared: Set[str] = frozenset()) -> Stats:
        """What all sheets say, counted; `shared` are the subjects that several parts describe."""
        base, spaces = self.project.base, tuple(self.context.prefixes.values())
        total = Stats.of_lines(sorted(chain.from_iterable(self.extra.values())), base, spaces)
        hashed = set(map(hash_of, shared))
        apart: dict[str, None] = {}
        for part in self.parts:
            if hashed.isdisjoint(hashes(part.subjects)):
                total.plus(part.stats)
                continue
            own = []
            for line in self._lines_of(part):
                subject, predicate, rest = line.split(" ", 2)
                if subject[1:-1] in shared:
                    # Without the graph: a triple counts once.
                    apart[f"{subject} {predicate} {rest.rsplit(' ', 2)[0]} <urn:g> .\n"] = None
                else:
                    own.append(line)
            total.plus(Stats.of_lines(own, base, spaces))
        total.plus(Stats.of_lines(sorted(apart), base, spaces))
        return total

    @cached_property
    def digests(self) -> dict[str, tuple[str, int]]:
        """The SHA-256 of each graph's sorted lines, and how many there are."""
        return {
            graph: self.known.get(graph) or self._digest(graph, parts)
            for graph, parts in self.by_graph().items()
        }

    def lines(self) -> Iterator[str]:
        """All lines, sorted within each graph, the graphs in order."""
        for graph, parts in self.by_graph().items():
            for block in self._blocks(graph, parts):
                yield from block

    def subjects(self) -> Iterator[str]:
        """The IRIs of all subjects, a few of them more than once."""
        for graph in self.by_graph():
            yield from subjects_of(self.open_store(), graph)

    def _digest(self, graph: str, parts: Sequence[Part]) -> tuple[str, int]:
        if len(parts) == 1 and parts[0].piece.whole:
            return parts[0].digest, parts[0].stats.quads
        return digest(self._blocks(graph, parts))

    def _blocks(self, graph: str, parts: Sequence[Part]) -> Iterator[list[str]]:
        """The lines of a graph, in blocks."""
        if all(part.run for part in parts):
            yield from merge(parts, self.runs, self.extra.get(graph, ()))
            return
        lines = graph_lines(self.open_store(), NamedNode(graph))
        while block := list(islice(lines, _BLOCK)):
            yield block

    def _lines_of(self, part: Part) -> Iterable[str]:
        if part.run:
            return part.lines(self.runs)
        assert part.piece.whole, "of a part of a kept sheet nobody needs the lines"
        return graph_lines(self.open_store(), NamedNode(part.graph))


class _Here:
    """Loads a store in this process, once everything is there; as a `Loader` does in another."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._files: list[Path] = []

    def add(self, file: Path, _count: int) -> None:
        """Have a file loaded in the end."""
        self._files.append(file)

    def finish(self, _tell: Callable[[int], None]) -> None:
        """Load what was added."""
        data = b"".join(file.read_bytes() for file in self._files)
        self._store.bulk_load(data, RdfFormat.N_QUADS, lenient=True)


@contextlib.contextmanager
def open_corpus(
    project: Project, folder: Path, sum_of: Callable[[Path], str], progress: Progress, *, keep: bool
) -> Iterator[Corpus]:
    """Compile the sheets of a project in an empty folder, and load them into `folder / "store"`.

    Without `keep`, a small project's store is in memory alone. `sum_of` gives the SHA-256 of a
    file. Raises `ConfigError` when there is no sheet, or when the vocabulary cannot be used, and
    `KgError` when a process or the disk fails; whatever is wrong with sheets is told by the parts.
    """
    check_memory()
    context, ontology = load_vocabulary(project)
    files = find_sheets(project.facts)
    if not files:
        raise ConfigError(f"{project.facts}: there is no sheet")
    runs, path = folder / "runs", folder / "store"
    runs.mkdir()
    reader = Reader(project, sum_of)
    with contextlib.ExitStack() as stack:
        if _size(files) > _SMALL:
            pool = Pool(worker_count(), open_workshop, project, runs)
            loader: Loader | _Here = stack.enter_context(Loader(path))
            store: Path | Store = path
        else:
            pool = Pool(0, Workshop, project, context, ontology, runs)
            store = Store(str(path)) if keep else Store()
            loader = _Here(store)
        corpus = Corpus(project, context, ontology, runs, stack.enter_context(pool), reader, store)
        loader.add(write_ontology(corpus), len(ontology.quads))
        size = _size(files)
        sources = read_all(reader, files, lambda done: progress("read", done, size))
        compile_sources(corpus, sources, loader.add)
        add_provenance(corpus)
        extra = list(chain.from_iterable(corpus.extra.values()))
        loader.add(_write(runs / _PROVENANCE, extra), len(extra))
        total = sum(part.stats.quads for part in corpus.parts)
        with ThreadPoolExecutor(1) as meanwhile:
            # Nothing else is done here while the store is completed by another process.
            meanwhile.submit(getattr, corpus, "digests")
            loader.finish(lambda done: progress("load", done, total))
        yield corpus


def _size(files: Iterable[Path]) -> int:
    """The size of some files in bytes, as far as that can be told; unpacked, as a guess."""
    total = 0
    for file in files:
        with contextlib.suppress(OSError):
            total += file.stat().st_size * _PACKED.get(file.suffix.lower(), 1)
    return total


def compile_sources(
    corpus: Corpus, sources: Iterable[Source], add: Callable[[Path, int], None]
) -> None:
    """Compile sources into parts, in their order.

    Each run is given to `add` as soon as it is there, with the number of its quads.
    """
    found: dict[int, list[Part]] = {}
    for number, parts in corpus.pool.run(Workshop.compile, jobs_of(sources)):
        found[number] = parts
        add(corpus.runs / parts[0].run, sum(part.stats.quads for part in parts))
    corpus.parts = [part for number in sorted(found) for part in found[number]]


def add_provenance(corpus: Corpus) -> None:
    """Say where the graphs of sheets come from that were compiled in several pieces."""
    pieces: defaultdict[str, list[Part]] = defaultdict(list)
    for part in corpus.parts:
        if not part.piece.whole:
            pieces[part.graph].append(part)
    for graph, parts in pieces.items():
        cited = {source for part in parts for source in part.sources}
        base = corpus.project.base
        corpus.extra[graph] = provenance_lines(parts[0].piece, graph, base, cited)


def write_ontology(corpus: Corpus) -> Path:
    """Write the run of the ontology's quads."""
    return _write(corpus.runs / ONTOLOGY, (f"{quad} .\n" for quad in corpus.ontology.quads))


def _write(run: Path, lines: Iterable[str]) -> Path:
    run.write_text("".join(lines), encoding="utf-8")
    return run
