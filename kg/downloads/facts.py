"""What the sheets of a release say, as lines of N-Quads: gone through as often as one likes.

The lines come from wherever they are, the files of a build or a store. Whoever needs all of them at
once asks first whether they are too many for that.
"""

from __future__ import annotations

import heapq
import tempfile
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from itertools import islice
from typing import Final

from pyoxigraph import NamedNode, Quad, RdfFormat, Store, parse

from kg.stats import Stats
from kg.things import data_graphs

# Lines: read at once; counted at once, at least; sorted in memory, the rest on disk.
_READ: Final = 10_000
_COUNTED: Final = 100_000
_SORTED: Final = 500_000


@dataclass(frozen=True)
class Facts:
    r"""The quads of all sheets, and their counts.

    `lines` gives them as sorted lines of canonical N-Quads, each with its line end, graph by graph
    in the order of their IRIs; it is called as often as somebody needs them.

    >>> line = '<https://e.org/a> <https://e.org/p> "Iron" <https://e.org/graph/a> .\n'
    >>> facts = Facts(lambda: [line], Stats.of_lines([line], "https://e.org/"))
    >>> [quad.object.value for quad in facts], facts.are_many
    (['Iron'], False)
    """

    lines: Callable[[], Iterable[str]]
    stats: Stats

    @classmethod
    def stored(
        cls, store: Store, base: str, namespaces: Sequence[str] = (), stats: Stats | None = None
    ) -> Facts:
        """Those of a store; they are counted where nobody knows the counts."""

        def lines() -> Iterator[str]:
            for graph in data_graphs(store, base):
                yield from graph_lines(store, graph)

        return cls(lines, count_lines(lines(), base, namespaces) if stats is None else stats)

    @property
    def are_many(self) -> bool:
        """Whether they are too many to be held in memory all at once."""
        return self.stats.is_large

    def __iter__(self) -> Iterator[Quad]:
        lines = iter(self.lines())
        while some := "".join(islice(lines, _READ)):
            yield from parse(some, format=RdfFormat.N_QUADS)


def graph_lines(store: Store, graph: NamedNode) -> Iterator[str]:
    """The quads of a graph as sorted lines of N-Quads; of a large one the lines are on disk."""
    quads = store.quads_for_pattern(None, None, None, graph)
    lines = (f"{quad} .\n" for quad in quads)
    with ExitStack() as stack:
        runs: list[Iterable[str]] = []
        while some := sorted(islice(lines, _SORTED)):
            if len(some) < _SORTED:
                runs.append(some)
                break
            # Not text lines as Python has them: those would end at any of several characters.
            file = stack.enter_context(tempfile.TemporaryFile("w+", encoding="utf-8", newline="\n"))
            file.writelines(some)
            file.seek(0)
            runs.append(file)
        yield from heapq.merge(*runs)


def count_lines(lines: Iterable[str], base: str, namespaces: Sequence[str] = ()) -> Stats:
    """The counts of lines as `Facts` has them, not all at once in memory.

    A subject that several graphs describe counts for each of them.
    """
    total = Stats()
    for some in _whole_subjects(lines):
        total.plus(Stats.of_lines(some, base, namespaces))
    return total


def _whole_subjects(lines: Iterable[str]) -> Iterator[list[str]]:
    """Lines, many at once, so that those of a subject in a graph are together."""
    some: list[str] = []
    for line in lines:
        if len(some) >= _COUNTED and not line.startswith(some[-1].split(" ", 1)[0] + " "):
            yield some
            some = []
        some.append(line)
    yield some
