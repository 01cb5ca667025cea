"""Where everything is written: every subject, property and value, in the sheets read so far."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence, Set

from kg.compile import Compiled
from kg.found import Block
from kg.pieces import Part
from kg.sheets import Mark


class Places:
    """The places of what some sheets, or records of sheets, say.

    Of a large project most sheets are not kept with their places. What is asked for by hash is read
    again by `kg.recall`; here everything is at hand, and asking does nothing.
    """

    def __init__(self, sheets: Iterable[Compiled] = ()) -> None:
        self._blocks: defaultdict[str, list[tuple[str, Block]]] = defaultdict(list)
        for sheet in sheets:
            self.add(sheet)

    def add(self, sheet: Compiled) -> None:
        """Take in what a sheet, or a part of one, says."""
        for block in sheet.blocks:
            self._blocks[block.subject].append((sheet.name, block))

    def recall(self, subjects: Set[int] = frozenset(), mentions: Set[int] = frozenset()) -> None:
        """Have at hand all that describes, and all that mentions, IRIs of these hashes."""

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
        blocks = self._blocks.get(subject, [])
        for name, block in blocks:
            for written, mark in block.values.get(predicate, ()):
                if written == value:
                    return name, mark
        for name, block in blocks:
            if predicate in block.keys:
                return name, block.keys[predicate]
        for name, block in blocks:
            return name, block.mark
        return "", Mark(0, 0)
