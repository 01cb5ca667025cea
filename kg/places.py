"""Where everything is written: every subject, property and value, in the sheets read so far."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence, Set
from typing import Final, TypeAlias

from kg.compile import Compiled
from kg.found import Block
from kg.pieces import Part
from kg.sheets import Mark

_FEW: Final = 10
_Index: TypeAlias = dict[tuple[str, str | None], tuple[str, Mark]]


class Places:
    """The places of what some sheets, or records of sheets, say.

    Of a large project most sheets are not kept with their places. What is asked for by hash is read
    again by `kg.recall`; here everything is at hand, and asking does nothing.
    """

    def __init__(self, sheets: Iterable[Compiled] = ()) -> None:
        self._blocks: defaultdict[str, list[tuple[str, Block]]] = defaultdict(list)
        # Kept of those that were asked for and have many descriptions, which may be thousands.
        self._index: dict[str, _Index] = {}
        for sheet in sheets:
            self.add(sheet)

    def add(self, sheet: Compiled) -> None:
        """Take in what a sheet, or a part of one, says."""
        for block in sheet.blocks:
            self._index.pop(block.subject, None)
            self._blocks[block.subject].append((sheet.name, block))

    def recall(
        self,
        subjects: Set[int] = frozenset(),
        mentions: Set[int] = frozenset(),
        *,
        everywhere: bool = False,
    ) -> None:
        """Have at hand all that describes, and all that mentions, IRIs of these hashes.

        Where one that is mentioned may be outside the base, it is to be looked for `everywhere`.
        """

    def recall_parts(self, parts: Iterable[Part]) -> None:
        """Have at hand all that some parts say."""

    def unsure(self, iris: Set[str], broken: Sequence[Part]) -> Set[str]:  # noqa: ARG002
        """Those of some IRIs that parts may describe which could not be read whole."""
        return iris

    def names(self, most: int) -> Iterable[str]:  # noqa: ARG002
        """Subjects, for whoever looks for a like name; not all where there are more than `most`."""
        return self._blocks

    def mentioned(self, base: str) -> Iterator[str]:
        """The values under a base, as often as they are written."""
        for descriptions in self._blocks.values():
            for _, block in descriptions:
                for values in block.values.values():
                    for value, _ in values:
                        if value.startswith(base):
                            yield value

    def blocks(self) -> Iterator[list[tuple[str, Block]]]:
        """For every subject, its descriptions and the sheets they are in."""
        yield from self._blocks.values()

    def find(self, subject: str, predicate: str = "", value: str = "") -> tuple[str, Mark]:
        """The sheet and the best place: of the value, else of the key, else of the subject.

        `("", Mark(0, 0))` when no sheet describes the subject.
        """
        if subject not in self._blocks:
            return "", Mark(0, 0)
        known = self._index.get(subject)
        if known is None:
            known = _index_of(self._blocks[subject])
            if len(self._blocks[subject]) > _FEW:
                self._index[subject] = known
        return known.get((predicate, value)) or known.get((predicate, None)) or known["", None]


def _index_of(blocks: Iterable[tuple[str, Block]]) -> _Index:
    """The first place of each value of a property, of each property, and of all."""
    found: _Index = {}
    for name, block in blocks:
        found.setdefault(("", None), (name, block.mark))
        for predicate, mark in block.keys.items():
            found.setdefault((predicate, None), (name, mark))
        for predicate, values in block.values.items():
            for value, mark in values:
                found.setdefault((predicate, value), (name, mark))
    return found
