"""The folder of a release's files: what is put there is measured and hashed on the way."""

from __future__ import annotations

import gzip
import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Final

from kg.formats import RDF_FORMATS

# How hard a file too large for memory is compressed (of 9: twice the time for 2 % less), and how
# many lines of it at once.
_LEVEL: Final = 6
_LINES: Final = 10_000

SUMS: Final = "SHA256SUMS"


@dataclass(frozen=True, slots=True)
class File:
    """A file to download. `part` says of what: of the graph, the tables, the ontology.

    `media_type` is that of the content, compressed or not. `source` is the name of the file that
    a compressed one holds.
    """

    name: str
    title: str
    media_type: str
    part: str
    size: int
    sha256: str
    source: str = ""


class Folder:
    """Writes files into a folder, which must not be there yet, and knows them all."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.files: list[File] = []
        path.mkdir(parents=True)

    def add(self, name: str, data: bytes, title: str, media_type: str, part: str) -> File:
        """Write a file."""
        return self._write(File(name, title, media_type, part, len(data), _sha256(data)), data)

    def add_compressed(self, file: File, data: bytes) -> File:
        """Write a file that was added once more, compressed: the same bytes every time."""
        packed = gzip.compress(data, mtime=0)
        name, title = f"{file.name}.gz", f"{file.title}, compressed"
        values = (name, title, file.media_type, file.part, len(packed), _sha256(packed), file.name)
        return self._write(File(*values), packed)

    def add_packed_lines(self, source: str, lines: Iterable[str], title: str, part: str) -> File:
        """Write lines of N-Quads as a compressed file alone, however many: the same bytes always.

        `source` is the name that the file would have if it were not compressed.
        """
        path = self.path / f"{source}.gz"
        lines = iter(lines)
        with path.open("wb") as raw, gzip.GzipFile("", "wb", _LEVEL, raw, mtime=0) as packed:
            while some := "".join(islice(lines, _LINES)):
                packed.write(some.encode())
        with path.open("rb") as written:
            digest = hashlib.file_digest(written, "sha256").hexdigest()
        media_type, size = RDF_FORMATS["nquads"].media_type, path.stat().st_size
        file = File(path.name, title, media_type, part, size, digest, source)
        self.files.append(file)
        return file

    def add_sums(self) -> None:
        """Write `SHA256SUMS` over all other files, as `sha256sum -c` reads it."""
        lines = sum_lines((file.name, file.sha256) for file in self.files)
        (self.path / SUMS).write_text(lines, encoding="utf-8")

    def _write(self, file: File, data: bytes) -> File:
        (self.path / file.name).write_bytes(data)
        self.files.append(file)
        return file


def sum_lines(sums: Iterable[tuple[str, str]]) -> str:
    r"""The text of a file of sums, by file name.

    >>> sum_lines([("graph.ttl", "0f")])
    '0f  graph.ttl\n'
    """
    return "".join(f"{digest}  {name}\n" for name, digest in sorted(sums))


def read_sums(folder: Path) -> dict[str, str]:
    """File name → SHA-256, as `SHA256SUMS` of a folder says; empty when there is none."""
    try:
        lines = (folder / SUMS).read_text(encoding="utf-8").splitlines()
    except (OSError, ValueError):
        return {}
    pairs = [line.split("  ", 1) for line in lines if "  " in line]
    return {name: digest for digest, name in pairs}


def _sha256(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()
