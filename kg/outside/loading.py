"""Files to validate → a store; what is not valid in them is a problem at its line.

Turtle and its like are read whole, and may be as large as a sheet. N-Triples and N-Quads are read
as a stream, whatever their size.
"""

from __future__ import annotations

import codecs
import io
import re
from collections.abc import Callable, Iterator, Sequence
from typing import IO, Final, cast

from pyoxigraph import BlankNode, Quad, Store, Triple, parse

from kg.errors import Problem
from kg.outside.sources import Source
from kg.sheets import Limits, not_utf8
from kg.sheets.files import SheetError
from kg.sheets.rdf import parse_rdf, syntax_problem

# Whoever has more wrong lines than this in a file has given the wrong file.
_MOST_WRONG: Final = 100
# Below so many bytes, what a bulk load costs is more than what it saves.
_SMALL: Final = 1024 * 1024
# How a blank node begins, and a triple about a triple, which a bulk load would take as they are.
_SPECIAL: Final = (b"_:", b"<<(")


def load_sources(
    store: Store,
    sources: Sequence[Source],
    limits: Limits,
    base: str,
    progress: Callable[[int], None],
) -> list[Problem]:
    """Put what the files say into a store; where there are problems, it is not all there.

    The blank node `b` of the file with the number `n` is called `own_label(n, "b")`, as two files
    may use one label for different nodes. Raises `OSError` when the disk refuses.
    """
    problems: list[Problem] = []
    large: list[Source] = []

    def small() -> Iterator[Quad]:
        for number, source in enumerate(sources):
            progress(number - len(large))
            if not source.by_line:
                _, quads = read_whole(source, limits, base, problems)
                yield from _own(quads, number, source, problems)
                continue
            wrong, special = _examine(source, limits)
            if wrong:
                problems.append(wrong)
            elif special or source.path.stat().st_size <= _SMALL:
                yield from _own(_read_lines(source, problems), number, source, problems)
            else:
                large.append(source)

    store.bulk_extend(small())
    for number, source in enumerate(large, start=len(sources) - len(large)):
        progress(number)
        try:
            store.bulk_load(_feed(source), format=source.format.rdf)
        except (SyntaxError, MemoryError):
            # It says only what is wrong first.
            for _ in _read_lines(source, problems):
                pass
    return problems


def own_label(number: int, label: str) -> str:
    """The label that a blank node of the file with this number has in the store."""
    return f"f{number}-{label}"


OWN_LABEL: Final = re.compile(r"_:f[0-9]+-\w(?:[\w.-]*[\w-])?")


def split_label(own: str) -> tuple[int, str]:
    """The number of the file and the label there, of a label in the store.

    >>> split_label(own_label(3, "b-1"))
    (3, 'b-1')
    """
    number, _, label = own.partition("-")
    return int(number[1:]), label


def read_whole(
    source: Source, limits: Limits, base: str, problems: list[Problem]
) -> tuple[str, Sequence[Quad]]:
    """The text of a file and the quads in it, or none when it is not valid, and a problem more."""
    data = bytearray()
    try:
        for block in source.blocks():
            data += block
            if len(data) > limits.bytes:
                words = f"the file is larger than {limits.bytes} bytes (setting `limits.bytes`)"
                raise SheetError(f"{words}; N-Triples and N-Quads may be larger", "too-large")
        text = data.decode()
    except SheetError as error:
        problems.append(Problem(source.name, 0, 0, error.message, error.rule))
        return "", ()
    except UnicodeDecodeError as error:
        message, rule, mark = not_utf8(error)
        problems.append(Problem(source.name, *mark, message, rule))
        return "", ()
    quads, problem = parse_rdf(source.name, text, base, limits, source.format)
    if problem:
        problems.append(problem)
    return text, quads


def _examine(source: Source, limits: Limits) -> tuple[Problem | None, bool]:
    """What is wrong with the bytes of a file of lines, and whether any line may be `_SPECIAL`."""
    decoder = codecs.getincrementaldecoder("utf-8")()
    line, size, length, special, end = 1, 0, 0, False, b""
    try:
        for block in source.blocks():
            size += len(block)
            if size > limits.stream:
                words = f"the lines are larger than {limits.stream} bytes in all"
                raise SheetError(f"{words} (setting `limits.stream`)", "too-large")
            first = block.find(b"\n")
            if length + (first if first >= 0 else len(block)) > limits.bytes:
                words = f"the line is larger than {limits.bytes} bytes (setting `limits.bytes`)"
                return Problem(source.name, line, 1, words, "too-large"), special
            decoder.decode(block)
            special = special or any(mark in end + block for mark in _SPECIAL)
            end = block[-2:]
            line += block.count(b"\n")
            length = len(block) - block.rfind(b"\n") - 1 + (length if first < 0 else 0)
        decoder.decode(b"", final=True)
    except SheetError as error:
        return Problem(source.name, line, 0, error.message, error.rule), special
    except UnicodeDecodeError as error:
        message, rule, mark = not_utf8(error)
        column = mark.column + (length if mark.line == 1 else 0)
        return Problem(source.name, line + mark.line - 1, column, message, rule), special
    return None, special


def _read_lines(source: Source, problems: list[Problem]) -> Iterator[Quad]:
    """The quads of a file of lines; what is wrong with a line is noted, and the next one read."""
    parser = parse(_feed(source), source.format.rdf)
    for _ in range(_MOST_WRONG):
        try:
            yield from parser
        except SyntaxError as error:
            problems.append(syntax_problem(source.name, source.format, error))
        except MemoryError:
            message = "a value is larger than 16 MiB"
            problems.append(Problem(source.name, 0, 0, message, "too-large"))
            return
        else:
            return
    message = f"{_MOST_WRONG} lines are not valid; what stands behind them was not read"
    problems.append(Problem(source.name, 0, 0, message, "syntax"))


def _own(
    quads: Iterator[Quad] | Sequence[Quad], number: int, source: Source, problems: list[Problem]
) -> Iterator[Quad]:
    """The quads with labels of their own; what no shape can judge is a problem instead."""

    def own(term: BlankNode) -> BlankNode:
        return BlankNode(own_label(number, term.value))

    told = False
    for quad in quads:
        subject, object_, graph = quad.subject, quad.object, quad.graph_name
        if isinstance(object_, Triple):
            if not told:
                message = "a triple about a triple (RDF 1.2) is not something that shapes can judge"
                problems.append(Problem(source.name, 0, 0, message, "triple-term"))
            told = True
        elif BlankNode in (type(subject), type(object_), type(graph)):
            yield Quad(
                own(subject) if isinstance(subject, BlankNode) else subject,
                quad.predicate,
                own(object_) if isinstance(object_, BlankNode) else object_,
                own(graph) if isinstance(graph, BlankNode) else graph,
            )
        else:
            yield quad


def _feed(source: Source) -> IO[bytes]:
    return cast(IO[bytes], _Feed(source.blocks()))


class _Feed(io.RawIOBase):
    """Blocks of bytes as a file to read."""

    def __init__(self, blocks: Iterator[bytes]) -> None:
        self._blocks = blocks
        self._rest = memoryview(b"")

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override]
        if not self._rest:
            self._rest = memoryview(next(self._blocks, b""))
        size = min(len(buffer), len(self._rest))
        buffer[:size] = self._rest[:size]
        self._rest = self._rest[size:]
        return size
