"""Identifiers that were retired, and those that went without a word.

Whoever cites an IRI must find out what became of it. A **tombstone** is a node that says no more
than `owl:deprecated true`, what replaced it (`dcterms:isReplacedBy`) if anything did, and a note.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence, Set
from typing import Any, Final

from pyoxigraph import NamedNode, Store

from kg import terms
from kg.context import Context, is_iri
from kg.errors import NoReleaseError, Problem, Severity
from kg.iris import hash_of
from kg.store import Release
from kg.things import is_retired, is_thing

ALLOWED: Final = frozenset(node.value for node in (terms.DEPRECATED, terms.REPLACED_BY, terms.NOTE))


Replaced = Callable[[str], Sequence[str] | None]
"""An IRI → what replaced it; None for one that was not retired."""

Described = Callable[[str], bool]
"""Whether an IRI is described by a sheet, the ontology or the build."""

Lost = Mapping[str, Set[int]]
"""The IRI of a sheet's graph → the hashes (see kg.iris) of the subjects it no longer describes."""


def heirs(iri: str, replaced: Replaced) -> list[str]:
    """What stands for a retired IRI in the end: tombstones on the way there are left out.

    >>> heirs("a", {"a": ["b", "c"], "b": ["d"]}.get)
    ['c', 'd']
    """
    return sorted(other for other in _reached(iri, replaced) if replaced(other) is None)


def leads_back(iri: str, replaced: Replaced) -> bool:
    """Whether an IRI would be replaced by itself, at once or by way of others."""
    return iri in _reached(iri, replaced)


def _reached(iri: str, replaced: Replaced) -> set[str]:
    found: set[str] = set()
    todo = [iri]
    while todo:
        for other in replaced(todo.pop()) or ():
            if other not in found:
                found.add(other)
                todo.append(other)
    return found


def replacements(store: Store, node: NamedNode) -> list[str] | None:
    """The IRIs that stand for a node that a store has as retired; None when it is not."""

    def replaced(iri: str) -> list[str] | None:
        if not is_iri(iri) or not is_retired(store, NamedNode(iri)):
            return None
        quads = store.quads_for_pattern(NamedNode(iri), terms.REPLACED_BY, None, None)
        return [terms.text_of(quad.object) for quad in quads]

    return None if replaced(node.value) is None else heirs(node.value, replaced)


def find_missing(
    release: Release, lost: Lost, described: Described, context: Context
) -> list[Problem]:
    """A warning for each IRI that a release has, or owed already, and that is described no more.

    Nothing where the release cannot be read. Each says what to write in a sheet.
    """
    try:
        owed = release.manifest.get("removed", ())
        gone = missing_things(release.open_store(), lost, described, context.base, owed)
    except NoReleaseError:
        return []
    return _warnings(gone, context)


def missing_things(
    old: Store, lost: Lost, described: Described, base: str, owed: Iterable[str] = ()
) -> list[str]:
    """The IRIs of things that graphs of a store lost, and that nothing describes now, sorted.

    `owed` are those that were missing before already: an IRI that was published once is missed
    until a sheet says what became of it.
    """
    gone = {iri for iri in owed if not described(iri)}
    for graph, hashes in lost.items():
        missed = {iri for iri in subjects_of(old, graph) if hash_of(iri) in hashes} - gone
        gone |= {
            iri for iri in missed if not described(iri) and is_thing(old, NamedNode(iri), base)
        }
    return sorted(gone)


def subjects_of(store: Store, graph: str) -> Iterator[str]:
    """The IRIs that a graph describes."""
    # Several times as fast as to look at every quad from here.
    found: Any = store.query(f"SELECT DISTINCT ?s {{ GRAPH <{graph}> {{ ?s ?p ?o }} }}")
    return (terms.text_of(row["s"]) for row in found)


def _warnings(gone: Iterable[str], context: Context) -> list[Problem]:
    keys = {t.iri: key for key in reversed(context.keys) if (t := context.term(key))}
    deprecated, replaced = (
        keys.get(node.value, node.value) for node in (terms.DEPRECATED, terms.REPLACED_BY)
    )
    problems = []
    for iri in gone:
        short = iri.removeprefix(context.base)
        message = (
            f"`{short}` was published and is described no more; say in a sheet what became of it: "
            f"{{id: {short}, {deprecated}: true, {replaced}: ...}}"
        )
        problems.append(Problem("-", 0, 0, message, "removed", Severity.WARNING, focus=iri))
    return problems
