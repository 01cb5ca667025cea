"""Places of what was read before and not kept: the records concerned are read once more."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence, Set
from dataclasses import replace

from kg.pieces import Part, Piece, Wanted, Workshop, hashes
from kg.places import Places
from kg.pool import Pool
from kg.reading import Reader
from kg.sheets import Mark

_NOBODY: frozenset[int] = frozenset()


class Recall(Places):
    """The places of a project's sheets, as far as they were asked for."""

    def __init__(
        self,
        parts: Sequence[Part],
        reader: Reader,
        pool: Pool[Workshop],
        subjects: Callable[[], Iterable[str]],
    ) -> None:
        super().__init__()
        self._parts = parts
        self._reader = reader
        self._pool = pool
        self._subjects = subjects
        self._known: set[tuple[str, int, str, Mark, bool]] = set()

    def recall(
        self,
        subjects: Set[int] = _NOBODY,
        mentions: Set[int] = _NOBODY,
        *,
        everywhere: bool = False,
    ) -> None:
        """Read the records that describe or mention IRIs of these hashes.

        What is mentioned is known by part as long as it is under the base; else `everywhere`.
        """
        wanted = {}
        for part in self._parts if subjects or mentions else ():
            mine = subjects & set(hashes(part.subjects)) if subjects else _NOBODY
            others = mentions
            if mentions and not everywhere:
                # What a part describes, it may mention: that is not among its references.
                others = mentions & {*hashes(part.refs), *hashes(part.subjects)}
            if mine or others:
                wanted[part.piece] = (frozenset(mine), frozenset(others), False)
        self._read(wanted)

    def recall_parts(self, parts: Iterable[Part]) -> None:
        """Read all records of some parts."""
        self._read({part.piece: (_NOBODY, _NOBODY, True) for part in parts})

    def _read(self, wanted: Mapping[Piece, tuple[frozenset[int], frozenset[int], bool]]) -> None:
        jobs = (Wanted(source, *wanted[source.piece]) for source in self._reader.again(wanted))
        found = {}
        for number, records in self._pool.run(Workshop.recall, jobs):
            found[number] = records
        # In the order of the sheets, whoever was ready first.
        for number in sorted(found):
            for line, compiled in found[number]:
                name = compiled.name
                # A node nested under a reverse property has two of them at one place.
                new = {(name, line, b.subject, b.mark, b.whole): b for b in compiled.blocks}
                blocks = tuple(block for key, block in new.items() if key not in self._known)
                self._known.update(new)
                self.add(replace(compiled, blocks=blocks))

    def unsure(self, iris: Set[str], broken: Sequence[Part]) -> Set[str]:
        """Those whose name stands in a record that could not be read; all, if not all is text."""
        if not all(part.legible for part in broken):
            return iris
        names = {iri: _name_of(iri, self._reader.project.base) for iri in iris}
        words = frozenset(names.values())
        asked = ((source, words) for source in self._reader.again([p.piece for p in broken]))
        found: set[str] = set()
        for _, some in self._pool.run(Workshop.words_in, asked):
            found |= some
        return {iri for iri, name in names.items() if name in found}

    def names(self, most: int) -> Iterable[str]:
        """All subjects, or of more than `most` those of the records at hand."""
        if sum(part.stats.subjects for part in self._parts) > most:
            return super().names(most)
        return set(self._subjects())


def _name_of(iri: str, base: str) -> str:
    """What a sheet must write to describe an IRI, or the one that it is nested in."""
    kind, _, rest = iri.removeprefix(base).partition("/")
    return rest.split("/")[0] or kind
