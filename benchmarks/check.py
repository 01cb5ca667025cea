"""Whether two stores tell the same: compared before a figure counts."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from pyoxigraph import Quad, QuerySolutions, Store

from benchmarks.corpus import BASE
from kg.terms import LE

_MOST: Final = 3_000_000
"""Quads up to which every triple is compared; above, what queries count is."""

_FINDINGS: Final = f"SELECT (COUNT(DISTINCT ?f) AS ?n) {{ ?f a <{LE}Finding> }}"
_P_VALUES: Final = (
    f"SELECT ?p (COUNT(DISTINCT ?f) AS ?n) {{ ?f <{LE}pValue>|<{LE}pValueBelow> ?p }} "
    "GROUP BY ?p ORDER BY ?p"
)


@dataclass(frozen=True)
class Told:
    """What a store tells: `triples` and their digest are None when there are too many to compare.

    Left out is what says how a store came about, which is each maker's own: the provenance of
    sheets, and the description of the dataset.
    """

    findings: int
    p_values: tuple[str, ...]
    triples: int | None
    digest: str | None

    def __str__(self) -> str:
        triples = f"{self.triples:,} triples, " if self.triples is not None else ""
        return f"{triples}{self.findings:,} findings"


def read_told(path: Path) -> Told:
    """What the store in a folder tells."""
    store = Store.read_only(str(path))
    [(count,)] = _rows(store, _FINDINGS)
    findings = int(count)
    p_values = tuple(" ".join(row) for row in _rows(store, _P_VALUES))
    if len(store) > _MOST:
        return Told(findings, p_values, None, None)
    # Eight bytes of each triple keep a set of them small.
    hashes = {
        hashlib.blake2b(str(quad.triple).encode(), digest_size=8).digest() for quad in _facts(store)
    }
    digest = hashlib.sha256(b"".join(sorted(hashes))).hexdigest()
    return Told(findings, p_values, len(hashes), digest)


def _rows(store: Store, query: str) -> list[tuple[str, ...]]:
    solutions = store.query(query, use_default_graph_as_union=True)
    assert isinstance(solutions, QuerySolutions)
    return [tuple(term.value for term in solution) for solution in solutions]


def _facts(store: Store) -> Iterator[Quad]:
    own = f"<{BASE}>"
    provenance = (f"<{BASE}graph/", own)
    for quad in store:
        if str(quad.graph_name) != own and not str(quad.subject).startswith(provenance):
            yield quad


def difference(ours: Told, theirs: Told) -> str:
    """In words, in what two stores differ; '' when in nothing.

    >>> difference(Told(2, ("0.01 2",), 9, "a"), Told(2, ("0.01 2",), 8, "b"))
    '8 triples, not 9'
    """
    if theirs.findings != ours.findings:
        return f"{theirs.findings:,} findings, not {ours.findings:,}"
    if theirs.p_values != ours.p_values:
        return "other P-values"
    if theirs.triples != ours.triples:
        return f"{theirs.triples:,} triples, not {ours.triples:,}"
    return "other triples" if theirs.digest != ours.digest else ""
