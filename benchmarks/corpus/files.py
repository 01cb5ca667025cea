"""A corpus as a project on disk: background, records or sheets, and what is wrong with them."""

from __future__ import annotations

import gzip
import json
import shutil
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import IO, Any

from benchmarks.corpus.documents import describe
from benchmarks.corpus.draw import Draw
from benchmarks.corpus.faults import FAULTS, Spread
from benchmarks.corpus.reading import Node, key_of

ROOT = Path(__file__).parent.parent.parent
BASE = "https://example.org/corpus/"
MOST = 1_000_000
PER_FILE = 10_000
LAYOUTS = ("records", "sheets")
COMPRESSIONS = {"none": "", "gz": ".gz", "zst": ".zst"}
EXPECTED = "expected-errors.jsonl"

_SETTINGS = f"""\
base = "{BASE}"
title = "A corpus of generated documents"
"""


@dataclass(frozen=True)
class Corpus:
    """What was written: the folder, how many documents and files, and how many are broken."""

    folder: Path
    documents: int
    broken: int
    files: int
    bytes: int


@dataclass(frozen=True)
class Source:
    """Where documents come from; the same arguments give the same documents, in any order.

    A document depends on its number and the seed, and on which earlier ones are broken, as none of
    those is referred to.
    """

    seed: int
    errors: Fraction = Fraction(0)

    def __post_init__(self) -> None:
        if not 0 <= self.errors <= 1:
            raise ValueError(f"a share of errors is from 0 to 1, got {float(self.errors):g}")

    def document(self, number: int) -> list[Node]:
        """The nodes of a document, as they are before anything is broken."""
        draw = Draw(f"{self.seed}/{number}")
        return describe(number, draw, lambda draw: self._earlier(number, draw))

    def turn(self, number: int) -> int | None:
        """Which broken document this is, from 0; None for one that is not broken."""
        return Spread(self.seed, self.errors).turn(number) if self.errors else None

    def text(self, number: int, layout: str = "records") -> tuple[str, str]:
        """A document as one line of JSON, without its end, and the name of its fault or ''."""
        nodes = self.document(number)
        turn = self.turn(number)
        if turn is None:
            return _json(nodes, number, layout), ""
        fault = FAULTS[turn % len(FAULTS)]
        fault.change(nodes, self._earlier(number, Draw(f"{self.seed}/other/{number}")))
        return fault.spoil(_json(nodes, number, layout)), fault.name

    def _earlier(self, number: int, draw: Draw) -> str:
        other = draw.between(0, number - 1)
        return key_of(other) if number and self.turn(other) is None else ""


def _json(nodes: list[Node], number: int, layout: str) -> str:
    # Some programs write what is not ASCII with escapes.
    text = json.dumps(nodes, ensure_ascii=number % 16 == 5, separators=(",", ":"))
    return text if layout == "sheets" else f'{{"@graph":{text}}}'


def write_corpus(
    folder: Path,
    documents: int,
    *,
    seed: int = 1,
    errors: float = 0.0,
    layout: str = "records",
    compress: str = "none",
) -> Corpus:
    """Write a project with this many documents into an empty or new folder.

    `layout` is `records` (one document a line, 10,000 a file) or `sheets` (a file each). `errors`
    is the share of documents that are broken in one way each; `expected-errors.jsonl` then says
    which and how. Memory does not grow with the number of documents. The bytes are the same on
    every machine; those of compressed files depend on the version of the compressor.

    Raises `ValueError` for arguments out of range, and `FileExistsError` for a folder in use.
    """
    if layout not in LAYOUTS or compress not in COMPRESSIONS:
        raise ValueError(f"there is no layout {layout} or no compression {compress}")
    if layout == "sheets" and compress != "none":
        raise ValueError("only records are compressed, not sheets")
    source = Source(seed, Fraction(str(errors)))
    use_folder(folder, documents)
    (folder / "kg.toml").write_text(_SETTINGS, encoding="utf-8")
    # Of the background all is needed: terms refer to documents, and those to all the rest.
    shutil.copytree(ROOT / "facts", folder / "facts")
    if errors:
        (folder / EXPECTED).touch()
    writer = _Writer(folder, source)
    for part in range(0, documents, PER_FILE):
        numbers = range(part, min(part + PER_FILE, documents))
        if layout == "records":
            writer.records(part // PER_FILE, numbers, compress)
        else:
            writer.sheets(numbers)
    return Corpus(folder, documents, writer.broken, writer.files, writer.bytes)


def use_folder(folder: Path, documents: int) -> None:
    """Make sure that a corpus of this size can go there.

    Raises `ValueError` for the number, and `FileExistsError` for a folder that is not empty.
    """
    if not 1 <= documents <= MOST:
        raise ValueError(f"a corpus has from 1 to {MOST:,} documents, got {documents}")
    folder.mkdir(parents=True, exist_ok=True)
    if any(folder.iterdir()):
        raise FileExistsError(f"{folder} is not empty")


class _Writer:
    """Writes the documents, and counts; what is wrong with them goes to a file of its own."""

    def __init__(self, folder: Path, source: Source) -> None:
        self._folder = folder
        self._source = source
        self.broken = self.files = self.bytes = 0

    def records(self, part: int, numbers: range, compress: str) -> None:
        """One file with a document a line."""
        name = f"facts/records/part-{part:03d}.jsonl{COMPRESSIONS[compress]}"
        path = self._folder / name
        path.parent.mkdir(exist_ok=True)
        with _opened(path, compress) as file:
            for line, number in enumerate(numbers, start=1):
                text, fault = self._source.text(number)
                self._expect(name, line, number, fault)
                file.write(f"{text}\n".encode())
        self._count(path)

    def sheets(self, numbers: range) -> None:
        """A file for each document, a thousand in a folder."""
        for number in numbers:
            text, fault = self._source.text(number, "sheets")
            name = f"facts/records/{number // 1000:03d}/{key_of(number)}.json"
            self._expect(name, 1, number, fault)
            path = self._folder / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(f"{text}\n".encode())
            self._count(path)

    def _count(self, path: Path) -> None:
        self.files += 1
        self.bytes += path.stat().st_size

    def _expect(self, name: str, line: int, number: int, fault: str) -> None:
        if not fault:
            return
        self.broken += 1
        expected = {
            "file": name,
            "line": line,
            "document": f"{BASE}document/{key_of(number)}",
            "kind": fault,
            "rules": next(kind.rules for kind in FAULTS if kind.name == fault),
        }
        with (self._folder / EXPECTED).open("a", encoding="utf-8") as file:
            file.write(json.dumps(expected) + "\n")


@contextmanager
def _opened(path: Path, compress: str) -> Iterator[IO[bytes] | Any]:
    """A file to write bytes to, which are compressed on the way."""
    with path.open("wb") as file:
        if compress == "none":
            yield file
        elif compress == "gz":
            # Neither the name nor the time of writing, so that the same gives the same.
            with gzip.GzipFile("", "wb", 6, file, mtime=0) as packed:
                yield packed
        else:
            with _zstd().ZstdFile(file, "wb") as packed:
                yield packed


def _zstd() -> Any:
    if sys.version_info >= (3, 14):
        from compression import zstd
    else:
        from backports import zstd
    return zstd
