"""The names of files to validate → what to read: RDF of any origin, packed or not, or a pipe."""

from __future__ import annotations

import stat
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, Final

from kg.errors import KgError, printable
from kg.formats import RDF_FORMATS, GraphFormat, called
from kg.sheets.files import BLOCK, SheetError, read_blocks

_PACKED: Final = (".gz", ".zst")
_MARK: Final = b"\xef\xbb\xbf"  # some editors begin a file with it


@dataclass(frozen=True, slots=True)
class Source:
    """A file to validate: how problems call it, where it is, what it holds, and how it is packed.

    `packed` is `.gz`, `.zst` or empty.
    """

    name: str
    path: Path
    format: GraphFormat
    packed: str = ""

    @property
    def by_line(self) -> bool:
        """Whether each line holds one statement, so that a file may be of any size."""
        return self.format.name in ("ntriples", "nquads")

    def blocks(self) -> Iterator[bytes]:
        """What is in the file, unpacked, without a byte order mark; raises `SheetError`."""
        try:
            with self.path.open("rb") as file:
                first = b""
                blocks = read_blocks(file, self.packed)
                for block in blocks:
                    first += block
                    if len(first) >= len(_MARK):
                        break
                if start := first.removeprefix(_MARK):
                    yield start
                yield from blocks
        except OSError as error:
            raise SheetError(f"cannot be read: {error.strerror}", "unreadable") from error


def choose_sources(
    names: Iterable[str], format_: GraphFormat | None, folder: Path, most: int
) -> list[Source]:
    """What to read, each file once; `-` is standard input.

    `format_` is what all of them hold; without it, their names say so. What comes from a pipe is
    kept in `folder`, and may be `most` bytes. Raises `KgError`, with a line for every name that
    cannot be read.
    """
    sources: dict[Path, Source] = {}
    wrong = []
    for number, name in enumerate(dict.fromkeys(names)):
        try:
            source = _source(name, format_, folder / str(number), most)
        except OSError as error:
            wrong.append(f"{printable(name)} cannot be read: {error.strerror}")
        except _NoSourceError as error:
            wrong.append(f"{printable(name)} {error}")
        else:
            sources.setdefault(source.path.resolve(), source)
    if wrong:
        raise KgError("\n".join(wrong))
    return list(sources.values())


class _NoSourceError(Exception):
    """A name that stands for nothing to validate; the message goes on from the name."""


def _source(name: str, format_: GraphFormat | None, spool: Path, most: int) -> Source:
    path = Path(name)
    packed = path.suffix.lower() if path.suffix.lower() in _PACKED else ""
    suffix = Path(path.stem).suffix if packed else path.suffix
    format_ = format_ or called(suffix[1:], list(RDF_FORMATS.values()))
    kind = 0 if name == "-" else path.stat().st_mode
    if stat.S_ISDIR(kind):
        raise _NoSourceError("is a folder; name the files in it")
    if format_ is None:
        raise _NoSourceError(f"does not say by its name what it holds{_there_are()}")
    if stat.S_ISREG(kind):
        with path.open("rb"):
            return Source(printable(name), path, format_, packed)
    # Places are looked up in a second reading, which a pipe does not have.
    with open(0, "rb", closefd=False) if name == "-" else path.open("rb") as pipe:
        _keep(pipe, spool, most)
    return Source("<stdin>" if name == "-" else printable(name), spool, format_, packed)


def _there_are() -> str:
    extensions = ", ".join(f".{format_.extension}" for format_ in RDF_FORMATS.values())
    return f"; there are {extensions}, also with .gz or .zst, and --format-in"


def _keep(pipe: BinaryIO, spool: Path, most: int) -> None:
    size = 0
    with spool.open("wb") as file:
        while block := pipe.read(BLOCK):
            size += len(block)
            if size > most:
                raise _NoSourceError(f"gives more than {most} bytes (setting `limits.stream`)")
            file.write(block)
