"""RDF files of any origin, judged by the shapes of a project.

names → sources → a store, with the ontology → results → problems, each at its place in a file. What
is small is kept in memory, what is large on disk.
"""

from __future__ import annotations

import tempfile
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

from pyoxigraph import NamedNode, Store

from kg.context import Context, is_iri
from kg.errors import KgError, Problem
from kg.formats import GraphFormat
from kg.ontology import Ontology
from kg.outside.loading import load_sources
from kg.outside.places import FilePlaces, find_blocks
from kg.outside.sources import Source, choose_sources
from kg.outside.unnamed import Name, Namer
from kg.progress import Progress
from kg.project import Project
from kg.things import is_retired
from kg.tombstones import ALLOWED
from kg.validate import Result, place_results
from kg.validation import Engine, is_fast, validate_store

# Above so many bytes, packed or not, the data are kept on disk.
_IN_MEMORY: Final = 16 * 1024 * 1024
_PACKED_IN_MEMORY: Final = 64 * 1024


@dataclass(frozen=True, slots=True)
class Rules:
    """What files are judged by: a project's shapes, and its ontology unless that is None.

    `engine` says which SHACL engine is to judge; see `kg.validation`.
    """

    project: Project
    context: Context
    ontology: Ontology | None
    engine: Engine = "auto"


def validate_files(
    names: Iterable[str], format_: GraphFormat | None, rules: Rules, progress: Progress
) -> tuple[Problem, ...]:
    """What is wrong with some files, sorted by place; their graphs are merged.

    `format_` is what all of them hold; without it, their names say so. When one is not valid as
    it is written, that is told of each, and the shapes judge none: what could not be read may be
    what they ask for. Raises `KgError` for files that cannot be read at all, and `ConfigError` for
    shapes that cannot be used.
    """
    limits = rules.project.limits
    with tempfile.TemporaryDirectory(prefix="kg-validate-", ignore_cleanup_errors=True) as folder:
        sources = choose_sources(names, format_, Path(folder), limits.stream)
        try:
            store = Store(f"{folder}/store") if _is_large(sources) else Store()
            problems = load_sources(
                store,
                sources,
                limits,
                rules.project.base,
                lambda done: progress("files", done, len(sources)),
            )
            if not problems:
                if not is_fast(rules.engine):
                    progress("load", len(store), len(store))
                progress("validate", 0, 0)
                problems = _judge(store, sources, rules)
            del store
        except OSError as error:
            raise KgError(f"the data cannot be kept in {folder} (TMPDIR): {error}") from error
    return tuple(sorted(problems, key=lambda problem: problem.order))


def _is_large(sources: Sequence[Source]) -> bool:
    packed = sum(source.path.stat().st_size for source in sources if source.packed)
    return packed > _PACKED_IN_MEMORY or (
        sum(source.path.stat().st_size for source in sources) > _IN_MEMORY
    )


def _judge(store: Store, sources: Sequence[Source], rules: Rules) -> list[Problem]:
    limits, base = rules.project.limits, rules.project.base
    if rules.ontology:
        store.extend(rules.ontology.quads)
    found = validate_store(store, rules.project.shapes, rules.engine)
    results = [result for result in found if not _is_excused(store, result)]
    namer = Namer(store, sources, limits, rules.context)
    nodes = {node for r in results for node in (r.focus, r.value) if node.startswith("_:")}
    names = {node: namer.name(node) for node in nodes}
    places = FilePlaces(find_blocks(sources, _wanted(results, names), limits, base))
    return [
        _renamed(_placed(problem, names, places, namer), namer)
        for problem in place_results(results, places)
    ]


def _wanted(results: Iterable[Result], names: Mapping[str, Name]) -> dict[str, set[str]]:
    """The nodes that problems can be placed at, and the properties of each."""
    wanted: defaultdict[str, set[str]] = defaultdict(set)
    for result in results:
        wanted[result.focus].add(result.path)
        if is_iri(result.value) or result.value in names:
            wanted[result.value].add("")
    for name in names.values():
        wanted[name.node].add(name.path)
    return wanted


def _placed(
    problem: Problem, names: Mapping[str, Name], places: FilePlaces, namer: Namer
) -> Problem:
    """A problem of a node that no file has a label for: at what leads to it, else in its file."""
    name = names.get(problem.focus)
    if name is None or (name.node == problem.focus and problem.line):
        return problem
    file, mark = places.find(name.node, name.path)
    file = file or namer.file_of(problem.focus)
    return replace(problem, file=file, line=mark.line, column=mark.column)


def _renamed(problem: Problem, namer: Namer) -> Problem:
    """A problem that calls blank nodes by their names."""
    return replace(
        problem,
        message=namer.rename(problem.message),
        focus=namer.rename(problem.focus),
        value=namer.rename(problem.value),
    )


def _is_excused(store: Store, result: Result) -> bool:
    """Whether a result is about a retired node, of which shapes ask nothing that it should have."""

    def retired(node: str) -> bool:
        return is_iri(node) and is_retired(store, NamedNode(node))

    return retired(result.value) or (result.path not in ALLOWED and retired(result.focus))
