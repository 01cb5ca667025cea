"""All that is compiled, or any store, and a project's shapes → results, part by part.

flag → judge: the parts are gone through in worker processes; the nodes that were flagged, and those
that several parts describe, are judged from the finished store.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, Literal, TypeAlias, TypeVar

from pyoxigraph import NamedNode, Quad, RdfFormat, Store, parse

from kg import terms
from kg.corpus import ONTOLOGY, Corpus
from kg.dangling import find_dangling, is_of_references
from kg.errors import ConfigError
from kg.judge import CHUNK, Judge, object_of
from kg.pieces import Workshop, split_lines
from kg.progress import Progress
from kg.project import core_folder
from kg.screen import available
from kg.validate import Result, load_rules, run_reference

Engine: TypeAlias = Literal["auto", "fast", "reference"]

# Quads up to which the reference engine takes all at once, as only it does when it is alone.
_SMALL: Final = 50_000
# Subjects that are gone through at once where there are no parts.
_SUBJECTS: Final = 5_000
# Nodes that see one that has changed: when there are more, all is gone through again.
_ONLOOKERS: Final = 5_000
_ALL: Final[tuple[set[str] | None, set[str]]] = (None, set())
_T = TypeVar("_T")


@dataclass(frozen=True, slots=True)
class Court:
    """What a worker needs to judge: the shapes, which engine, the finished store.

    `said` are lines that are not in the store and belong to the graph. `told`: the shape that asks
    of every reference that it leads somewhere is left out, as `kg.link` or `kg.dangling` judges it.
    """

    shapes: Path
    store: Path | Store
    fast: bool
    said: tuple[str, ...] = ()
    told: bool = False

    def open(self) -> Judge:
        """A judge of these shapes; raises `ConfigError` when they cannot be read."""
        store = self.store if isinstance(self.store, Store) else Store.read_only(str(self.store))
        said = list(parse("".join(self.said), format=RdfFormat.N_QUADS))
        return Judge(self.rules(), self.shapes, store, said, fast=self.fast)

    def rules(self) -> list[Quad]:
        """The shapes."""
        left_out = set(self.left_out())
        return [quad for quad in load_rules(self.shapes) if quad not in left_out]

    def left_out(self) -> list[Quad]:
        """The shape on references, when it was judged and is as the core has it."""
        written, core = (
            [quad for quad in load_rules(folder) if is_of_references(quad)]
            for folder in (self.shapes, core_folder("shapes"))
        )
        same = {quad.triple for quad in written} == {quad.triple for quad in core}
        return written if self.told and same else []


def is_fast(engine: Engine) -> bool:
    """Whether the fast engine is there and wanted; raises `ConfigError` where it must be there."""
    if engine == "fast" and not available():
        raise ConfigError('there is no fast SHACL engine: pip install "linked-evidence[fast]"')
    return engine != "reference" and available()


def validate_corpus(
    corpus: Corpus, said: Sequence[Quad], shared: Iterable[str], engine: Engine, progress: Progress
) -> list[Result]:
    """Every result of validating a corpus, with its ontology and what is `said` besides.

    `shared` are the subjects that several of its parts describe. Sorted, each once. Raises
    `ConfigError` when the shapes cannot be used, or the engine is not there.
    """
    fast = is_fast(engine)
    shapes = corpus.project.shapes
    if not fast and sum(part.stats.quads for part in corpus.parts) <= _SMALL:
        progress("validate", 0, 0)
        return run_reference(_all_quads(corpus.store, said), load_rules(shapes), shapes)
    lines = tuple(f"{quad} .\n" for quad in said)
    court = Court(shapes, corpus.store, fast, lines, told=_are_told(corpus))
    new, seen = _first(corpus.pool.run(_look_around, [(court, corpus)])) if corpus.before else _ALL
    jobs = _jobs(corpus, court, new is None)
    # What several parts describe, none of them shows whole.
    nodes = seen | (set(shared) if new is None else new & set(shared))
    progress("validate", 0, len(jobs))
    for done, (_, flagged) in enumerate(corpus.pool.run(_flag, jobs), start=1):
        progress("validate", done, len(jobs))
        nodes |= flagged
    targets, rest = _first(corpus.pool.run(_survey, [court]))
    chunks = _chunks(sorted(targets if new is None else targets & new))
    for _, flagged in corpus.pool.run(_flag_nodes, ((court, some) for some in chunks)):
        nodes |= flagged
    found: set[Result] = set()
    for _, results in corpus.pool.run(_judge, ((court, some) for some in _chunks(sorted(nodes)))):
        found.update(results)
    if rest:
        found.update(run_reference(_all_quads(corpus.store, said), rest, shapes))
    return sorted(found)


def _first(results: Iterable[tuple[int, _T]]) -> _T:
    """What the one job of a run gave."""
    [(_, result)] = results
    return result


def _look_around(shop: Workshop, asked: tuple[Court, Corpus]) -> tuple[set[str] | None, set[str]]:
    """The nodes at which there may be other results than in the release before; None for any.

    They are those that are described otherwise, those that see one of them, and whatever the
    sheets that changed refer to. Then those flagged whose own sheets have not changed, so that
    they are in no run.
    """
    court, corpus = asked
    if corpus.before is None or not corpus.settled:
        return _ALL
    judge = _open(shop, court)
    onlookers = judge.onlookers(corpus.before, corpus.touched)
    if onlookers is None or len(onlookers) > _ONLOOKERS:
        return _ALL
    fresh = (line for part in corpus.parts if part.run for line in part.lines(corpus.runs))
    new = {*corpus.touched, *onlookers, *map(object_of, fresh)}
    return new, judge.flag(judge.node_lines(new - corpus.touched))


def _survey(shop: Workshop, court: Court) -> tuple[set[str], tuple[Quad, ...]]:
    """The targets of shapes that must see more than a part; the shapes for the whole graph."""
    judge = _open(shop, court)
    return set(judge.targets()), judge.rest


def _jobs(corpus: Corpus, court: Court, everything: bool) -> list[tuple[Court, Path | str]]:
    """What workers go through: the runs, and the graphs whose lines are in no run."""
    runs = {corpus.runs / part.run for part in corpus.parts if part.run}
    graphs = {part.graph for part in corpus.parts if not part.run} if everything else ()
    every: list[Path | str] = [corpus.runs / ONTOLOGY, *sorted(runs), *sorted(graphs)]
    return [(court, what) for what in every]


def validate_store(store: Store, shapes: Path, engine: Engine = "auto") -> list[Result]:
    """Every result of validating what a store holds, its graphs merged. As `validate_corpus`."""
    if not is_fast(engine):
        return run_reference(store, load_rules(shapes), shapes)
    court = Court(shapes, store, fast=True, told=True)
    judge = court.open()
    nodes: set[str] = set()
    for lines in _store_lines(store):
        nodes |= judge.flag(lines)
    for some in _chunks(sorted(set(judge.targets()))):
        nodes |= judge.flag_nodes(some)
    found = {result for some in _chunks(sorted(nodes)) for result in judge.judge(some)}
    if judge.rest:
        found.update(run_reference(store, judge.rest, shapes))
    if left_out := court.left_out():
        found.update(find_dangling(store, left_out))
    return sorted(found)


def _flag(shop: Workshop, asked: tuple[Court, Path | str]) -> set[str]:
    """The nodes flagged of those in a run, or in a graph of the store."""
    court, what = asked
    judge = _open(shop, court)
    if isinstance(what, str):
        return judge.flag(judge.graph_lines(what))
    lines = split_lines(what.read_bytes())
    if what.name == ONTOLOGY:
        lines += court.said
    return judge.flag(lines)


def _flag_nodes(shop: Workshop, asked: tuple[Court, Collection[str]]) -> set[str]:
    court, nodes = asked
    return _open(shop, court).flag_nodes(nodes)


def _judge(shop: Workshop, asked: tuple[Court, Collection[str]]) -> list[Result]:
    court, nodes = asked
    return _open(shop, court).judge(nodes)


def _open(shop: Workshop, court: Court) -> Judge:
    """The judge in a worker: made once, as long as it is the same court."""
    known: Any = shop.kept.get("judge")
    if known is None or known[0] != court:
        known = shop.kept["judge"] = (court, court.open())
    judge: Judge = known[1]
    return judge


def _all_quads(store: Path | Store, said: Sequence[Quad]) -> Iterator[Quad]:
    yield from store if isinstance(store, Store) else Store.read_only(str(store))
    yield from said


def _store_lines(store: Store) -> Iterator[list[str]]:
    """All lines of a store, those of a subject together."""
    found: Any = store.query("SELECT DISTINCT ?s { { ?s ?p ?o } UNION { GRAPH ?g { ?s ?p ?o } } }")
    lines: list[str] = []
    for number, row in enumerate(found, start=1):
        lines += [f"{quad} .\n" for quad in store.quads_for_pattern(row["s"], None, None, None)]
        if number % _SUBJECTS == 0:
            yield lines
            lines = []
    yield lines


def _chunks(nodes: Sequence[_T]) -> Iterator[Sequence[_T]]:
    for start in range(0, len(nodes), CHUNK):
        yield nodes[start : start + CHUNK]


def _are_told(corpus: Corpus) -> bool:
    """Whether `kg.link` has judged all that the shape on references would find in a corpus.

    That is so when nothing but the build describes a dataset, and the ontology refers to nothing
    under the base that it does not describe itself.
    """
    base, ontology = corpus.project.base, corpus.ontology
    referred = {
        quad.object.value
        for quad in ontology.quads
        if isinstance(quad.object, NamedNode) and quad.object.value.startswith(base)
    }
    described = {terms.text_of(quad.subject) for quad in ontology.quads}
    dataset = terms.DATASET.value
    return referred <= described and not any(
        dataset in types.split(" ")
        for types in {types for part in corpus.parts for types in part.stats.types}
    )
