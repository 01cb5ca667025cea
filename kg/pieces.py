"""A sheet, or some lines of a long one → a run of quads on disk, and what is to be known of it.

This is what a worker does. The quads themselves go to a **run**: a file of canonical N-Quads, each
piece's lines sorted. What comes back, a **part**, has counts, hashes and problems: as small as it
can be, so that a hundred thousand documents fit. Where things are written is not kept at all:
whoever has to tell a place has the records concerned read again.
"""

from __future__ import annotations

import hashlib
import re
from array import array
from collections import Counter
from collections.abc import Iterable, Iterator, Set
from dataclasses import dataclass, replace
from pathlib import Path, PurePosixPath
from typing import Any, Final

from pyoxigraph import Quad

from kg import terms
from kg.compile import Compiled, compile_sheet, provenance
from kg.context import Context
from kg.errors import Problem
from kg.found import Block
from kg.iris import graph_iri, hash_of
from kg.ontology import Ontology, canonical
from kg.plan import Plan, Record
from kg.project import Project
from kg.sheets import Sheet, is_stream, parse_lines, parse_sheet
from kg.stats import Stats, sum_lines

_SOURCE: Final = str(terms.HAS_SOURCE)
_JSON: Final = (".json", ".jsonld")
# Words that are searched for one by one; of more, only names as they are usually written are found.
_FEW: Final = 1000
_NAME: Final = re.compile(r"[^\s\"'/,:{}\[\]]+")


@dataclass(frozen=True, slots=True)
class Piece:
    """A sheet, or some of its lines: what is compiled at once, and kept as long as it is the same.

    `name` is the sheet's as messages show it, `path` its place below the folder of sheets, `sha256`
    that of its file. `key` is the SHA-256 of the content of the piece, `first_line` where it
    starts: 0 for a whole sheet.
    """

    name: str
    path: str
    sha256: str
    key: str
    first_line: int = 0

    @property
    def whole(self) -> bool:
        """Whether this is all of a sheet."""
        return not self.first_line


@dataclass(frozen=True, slots=True)
class Source:
    """A piece with its content, and what was wrong when that was read."""

    piece: Piece
    data: bytes
    problems: tuple[Problem, ...] = ()


@dataclass(frozen=True, slots=True)
class Job:
    """Sources that one worker compiles, one after another, into the run of this number."""

    number: int
    sources: tuple[Source, ...]


@dataclass(slots=True)
class Part:
    """What compiling a piece gave.

    `run` has its lines from byte `start` on, `length` of them; it is '' for a part that a release
    had already: its lines are in the store. `subjects`, `twice` and `refs` are hashes, as bytes of
    64-bit numbers: of the IRIs it describes, of those it describes more than once, and of those
    under the base that it only refers to. `sources` are the documents it cites; `digest` is the
    SHA-256 of its lines. It is `whole` when all of it could be read, and `legible` when all that
    could not be is text, a record a line.
    """

    piece: Piece
    graph: str
    run: str
    start: int
    length: int
    digest: str
    stats: Stats
    subjects: bytes
    twice: bytes
    refs: bytes
    sources: tuple[str, ...]
    problems: tuple[Problem, ...] = ()
    whole: bool = True
    legible: bool = True

    def lines(self, runs: Path) -> list[str]:
        """Its lines, sorted, each with its line end."""
        with (runs / self.run).open("rb") as file:
            file.seek(self.start)
            return split_lines(file.read(self.length))


def split_lines(data: bytes) -> list[str]:
    """Lines of a run as texts, each with its line end; a literal may hold other line separators."""
    return [f"{line}\n" for line in data.decode().split("\n")[:-1]]


def hashes(data: bytes) -> array[int]:
    """Bytes of a part as numbers.

    >>> list(hashes(pack([7])))
    [7]
    """
    return array("Q", data)


def pack(numbers: Iterable[int]) -> bytes:
    """Numbers as the bytes of a part: each once, sorted."""
    return array("Q", sorted(set(numbers))).tobytes()


@dataclass(frozen=True, slots=True)
class Wanted:
    """Records to read again: those of a source that describe or mention IRIs of these hashes."""

    source: Source
    subjects: frozenset[int]
    mentions: frozenset[int]
    everything: bool = False

    def has(self, block: Block) -> bool:
        """Whether a description is wanted."""
        if self.everything or hash_of(block.subject) in self.subjects:
            return True
        values = (value for values in block.values.values() for value, _ in values)
        return bool(self.mentions) and not self.mentions.isdisjoint(map(hash_of, values))


class Workshop:
    """What a worker works with: the vocabulary, made ready once, and the folder of runs.

    `kept` is for what other jobs of the same worker make ready once.
    """

    def __init__(self, project: Project, context: Context, ontology: Ontology, runs: Path) -> None:
        self._project = project
        self._context = context
        self._ontology = ontology
        self._plan = Plan(context, ontology)
        self._spaces = tuple(context.prefixes.values())
        self._runs = runs
        self.kept: dict[str, Any] = {}

    def compile(self, job: Job) -> list[Part]:
        """Compile the sources of a job into a run; nothing is raised for what a sheet may hold."""
        name = f"{job.number:06}.nq"
        parts = []
        with (self._runs / name).open("wb") as run:
            for source in job.sources:
                lines, described, problems, whole = self._lines(source)
                data = "".join(lines).encode()
                part = self._part(source, lines, described)
                part.run, part.start, part.length = name, run.tell(), len(data)
                part.digest = hashlib.sha256(data).hexdigest()
                part.problems = (*source.problems, *problems)
                part.whole = whole
                part.legible = whole or (is_stream(source.piece.path) and not source.problems)
                run.write(data)
                parts.append(part)
        return parts

    def recall(self, wanted: Wanted) -> list[tuple[int, Compiled]]:
        """What is wanted of a source, with its places, each record with the line it starts on."""
        found = []
        for number, data in _records(wanted.source):
            if self._is_wanted(data, number, wanted):
                compiled = self._walk(wanted.source.piece, data, number)
                blocks = tuple(filter(wanted.has, compiled.blocks))
                if blocks:
                    found.append((number, replace(compiled, quads=(), problems=(), blocks=blocks)))
        return found

    def words_in(self, asked: tuple[Source, frozenset[str]]) -> set[str]:
        """Those of some words that stand in what of a source could not be read."""
        source, words = asked
        found: set[str] = set()
        for number, data in _records(source):
            written = _written(words - found, data.decode(errors="replace"))
            if written and not self._parse(source.piece, data, number).whole:
                found |= written
        return found

    def _graph(self, piece: Piece) -> str:
        return graph_iri(self._context.base, PurePosixPath(piece.path))

    def _part(self, source: Source, lines: list[str], described: list[str]) -> Part:
        summed = sum_lines(lines, self._context.base, self._spaces)
        twice = [iri for iri, times in Counter(described).items() if times > 1]
        return Part(
            source.piece,
            self._graph(source.piece),
            run="",
            start=0,
            length=0,
            digest="",
            stats=summed.stats,
            subjects=pack(map(hash_of, summed.subjects)),
            twice=pack(map(hash_of, twice)),
            refs=pack(map(hash_of, summed.refs)),
            sources=tuple(sorted(_cited(lines))),
        )

    def _lines(self, source: Source) -> tuple[list[str], list[str], list[Problem], bool]:
        """The lines of a source, the subjects it describes, and what is wrong with it."""
        found: list[str] = []
        described: list[str] = []
        problems: list[Problem] = []
        whole = not source.problems
        for number, data in _records(source):
            record = self._fast(source.piece, data)
            if record:
                found += record.lines
                described += record.subjects
                continue
            compiled = self._walk(source.piece, data, number)
            found += map(_line, compiled.quads)
            described += _described(compiled)
            problems += compiled.problems
            whole = whole and compiled.whole
        if source.piece.whole:
            found += self._provenance(source.piece, found)
        return sorted(set(found)), described, problems, whole

    def _fast(self, piece: Piece, data: bytes) -> Record | None:
        """A record of JSON, compiled the fast way; None for any other, and in any doubt."""
        if not (is_stream(piece.path) or piece.path.lower().endswith(_JSON)):
            return None
        try:
            text = data.decode()
        except UnicodeDecodeError:
            return None
        return self._plan.compile(text, self._graph(piece), self._project.limits)

    def _provenance(self, piece: Piece, lines: list[str]) -> list[str]:
        base = self._context.base
        return provenance_lines(piece, self._graph(piece), base, _cited(lines))

    def _walk(self, piece: Piece, data: bytes, number: int) -> Compiled:
        """A record or a whole sheet, with its places."""
        path = PurePosixPath(piece.path)
        sheet = self._parse(piece, data, number)
        return compile_sheet(sheet, path, self._context, self._ontology, part=True)

    def _parse(self, piece: Piece, data: bytes, number: int) -> Sheet:
        limits = self._project.limits
        if number:
            return parse_lines(piece.name, data, limits, number)
        return parse_sheet(piece.name, data, limits, self._project.base)

    def _is_wanted(self, data: bytes, number: int, wanted: Wanted) -> bool:
        if wanted.everything or not number:
            return True
        record = self._fast(wanted.source.piece, data)
        if not record:
            return True  # reading it with its places takes no longer than finding out
        terms_of = [line.split(" ", 3) for line in record.lines]
        subjects = {subject[1:-1] for subject, *_ in terms_of}
        if not wanted.subjects.isdisjoint(map(hash_of, subjects)):
            return True
        objects = {object_[1:-1] for _, _, object_, _ in terms_of if object_[0] == "<"}
        return not wanted.mentions.isdisjoint(map(hash_of, objects))


def provenance_lines(piece: Piece, graph: str, base: str, cited: Iterable[str]) -> list[str]:
    """What the build says of the graph of a sheet, as lines."""
    quads = canonical(list(provenance(piece.name, piece.sha256, graph, base, cited)))
    return [_line(quad) for quad in quads]


def _records(source: Source) -> Iterator[tuple[int, bytes]]:
    """The lines of a source that are not blank, with their numbers; or all of it, as number 0."""
    if not is_stream(source.piece.path):
        yield 0, source.data
        return
    first = source.piece.first_line or 1
    for number, line in enumerate(source.data.split(b"\n"), first):
        if line.strip():
            yield number, line


def _written(words: Set[str], text: str) -> Set[str]:
    """Those of some words that stand in a text."""
    if len(words) > _FEW:
        return words & set(_NAME.findall(text))
    return {word for word in words if word in text}


def _cited(lines: Iterable[str]) -> set[str]:
    """The documents that lines say passages are from."""
    # A text may hold the property's IRI as well: few lines are looked at twice.
    rows = (line.split(" ", 3) for line in lines if _SOURCE in line)
    return {row[2][1:-1] for row in rows if row[1] == _SOURCE and row[2][0] == "<"}


def _line(quad: Quad) -> str:
    return f"{quad} .\n"


def _described(compiled: Compiled) -> list[str]:
    return [block.subject for block in compiled.blocks if block.whole]
