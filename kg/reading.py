"""The files of a project's sheets → sources: whole sheets, and the slices of long ones."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from pathlib import Path
from typing import Final

from kg.errors import KgError, Problem
from kg.pieces import Job, Piece, Source
from kg.project import Project
from kg.sheets import is_stream
from kg.sheets.files import SheetError, open_sheet
from kg.sheets.streams import read_slices

# What a worker is given at once, in bytes, of small sheets.
_JOB: Final = 1024 * 1024


class Reader:
    """Reads the sheets of a project; `sum_of` gives the SHA-256 of a file."""

    def __init__(self, project: Project, sum_of: Callable[[Path], str]) -> None:
        self.project = project
        self.sum_of = sum_of

    def read(self, file: Path) -> Iterator[Source]:
        """The sources of one sheet, in the order of its lines."""
        return self._slices(file) if is_stream(file.name) else iter((self._whole(file),))

    def again(self, pieces: Collection[Piece]) -> Iterator[Source]:
        """The sources of pieces that were read before; raises `KgError` when one has changed."""
        missing = set(pieces)
        for path in sorted({piece.path for piece in pieces}):
            for source in self.read(self.project.facts / path):
                if source.piece in missing:
                    missing.remove(source.piece)
                    yield source
        if missing:
            name = min(piece.name for piece in missing)
            raise KgError(f"{name} was changed while it was being read; try again")

    def _piece(self, file: Path, sha256: str, key: str, first_line: int = 0) -> Piece:
        path = file.relative_to(self.project.facts).as_posix()
        return Piece(self.project.name_of(file), path, sha256, key, first_line)

    def _whole(self, file: Path) -> Source:
        try:
            with open_sheet(file) as opened:
                data = opened.read(self.project.limits.bytes + 1)
        except (SheetError, OSError) as error:
            rule = error.rule if isinstance(error, SheetError) else "unreadable"
            words = error.message if isinstance(error, SheetError) else f"cannot be read: {error}"
            problem = Problem(self.project.name_of(file), 0, 0, words, rule)
            return Source(self._piece(file, "", ""), b"", (problem,))
        sha256 = hashlib.sha256(data).hexdigest()
        return Source(self._piece(file, sha256, sha256), data)

    def _slices(self, file: Path) -> Iterator[Source]:
        sha256 = ""
        for slice_ in read_slices(file, self.project.name_of(file), self.project.limits):
            alone = slice_.last and slice_.first_line == 1
            sha256 = sha256 or self.sum_of(file)
            key = hashlib.sha256(slice_.data).hexdigest()
            piece = self._piece(file, sha256, key, 0 if alone else slice_.first_line)
            yield Source(piece, slice_.data, slice_.problems)


def sum_of(file: Path) -> str:
    """The SHA-256 of a file, in hex; '' when it cannot be read, which reading it will tell."""
    try:
        with file.open("rb") as data:
            return hashlib.file_digest(data, "sha256").hexdigest()
    except OSError:
        return ""


def jobs_of(sources: Iterable[Source]) -> Iterator[Job]:
    """Sources in jobs of a megabyte or so, in their order."""
    number = size = 0
    held: list[Source] = []
    for source in sources:
        held.append(source)
        size += len(source.data) + 1024
        if size >= _JOB:
            yield Job(number, tuple(held))
            number, size, held = number + 1, 0, []
    if held:
        yield Job(number, tuple(held))


def read_all(
    reader: Reader, files: Sequence[Path], tell: Callable[[int], None]
) -> Iterator[Source]:
    """The sources of many sheets; `tell` is given how many bytes were read so far."""
    done = 0
    for file in files:
        for source in reader.read(file):
            done += len(source.data)
            tell(done)
            yield source
