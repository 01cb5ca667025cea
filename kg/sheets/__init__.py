r"""Files → sheets: what each file says, with the place of everything it says.

>>> sheet = parse_sheet("a.yaml", b"id: mineral/iron\ntype: Mineral\n", Limits())
>>> sheet.nodes[0].entries[1][1]
Scalar(text='Mineral', mark=Mark(line=2, column=7), kind=<Kind.TEXT: 'text'>)
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable
from dataclasses import dataclass, replace
from io import BytesIO
from pathlib import Path
from typing import Final

from pyoxigraph import Quad

from kg.errors import ConfigError, Problem
from kg.formats import RDF_FORMATS
from kg.iris import sheet_suffix
from kg.sheets.files import SheetError, open_sheet
from kg.sheets.json_nodes import read_json
from kg.sheets.nodes import Builder, Kind, Limits, Mapping, Mark, Node, Scalar, Sequence
from kg.sheets.rdf import parse_rdf
from kg.sheets.streams import cut_slices
from kg.sheets.yaml_nodes import read_yaml

__all__ = [
    "Kind", "Limits", "Mapping", "Mark", "Node", "Scalar", "Sequence", "Sheet",
    "find_sheets", "is_stream", "parse_lines", "parse_sheet", "read_sheet",
    "sheet_paths",
]  # fmt: skip


_WHOLE: Final = Mark(0, 0)


@dataclass(frozen=True, slots=True)
class Sheet:
    """One file of facts as it was read.

    A YAML or JSON file gives `nodes`, an RDF file gives `quads` and keeps its `text` to look
    places up in. `whole` is False when some of the file could not be read; `problems` says what.
    """

    name: str
    sha256: str
    nodes: tuple[Node, ...] = ()
    quads: tuple[Quad, ...] = ()
    text: str = ""
    problems: tuple[Problem, ...] = ()
    whole: bool = True


def find_sheets(folder: Path) -> list[Path]:
    """Every sheet below a folder, sorted by path; hidden files are left out.

    Links that lead out of the folder, and links to folders, are among them: reading one says that
    it is not read. Raises `ConfigError` for a folder that does not exist or cannot be listed.
    """
    return [Path(path) for path in sheet_paths(folder)]


def sheet_paths(folder: Path) -> list[str]:
    """What `find_sheets` finds, as texts: of many sheets, those are made sooner."""
    if not folder.is_dir():
        raise ConfigError(f"{folder} is not a folder; fact sheets belong there")

    def refuse(error: OSError) -> None:
        raise ConfigError(f"{error.filename} cannot be listed: {error.strerror}")

    found = []
    for path, folders, names in os.walk(folder, onerror=refuse):
        folders[:] = [name for name in folders if not name.startswith(".")]
        found += [f"{path}/{name}" for name in folders if Path(path, name).is_symlink()]
        for name in names:
            if not name.startswith(".") and sheet_suffix(name) in _SUFFIXES:
                found.append(f"{path}/{name}")
    return sorted(found)


def is_stream(name: str) -> bool:
    """Whether a sheet of this name holds JSON lines, and may be larger than memory.

    >>> is_stream("all.jsonl.zst"), is_stream("all.jsonld")
    (True, False)
    """
    return sheet_suffix(name) in _STREAMS


def read_sheet(path: Path, name: str, limits: Limits, base: str = "") -> Sheet:
    """Read one file; whatever is wrong with it is in the sheet's problems, never raised.

    A link is read when it leads to a file beside it or below. JSON lines are read whole here, and
    refused when they are larger than a file may be; `kg.sheets.streams` reads them in slices.
    """
    try:
        with open_sheet(path) as file:
            data = file.read(limits.bytes + 1)
    except SheetError as error:
        return _unreadable(name, "", error.message, error.rule)
    except OSError as error:
        return _unreadable(name, "", f"cannot be read: {error.strerror}", "unreadable")
    return parse_sheet(name, data, limits, base)


def parse_sheet(name: str, data: bytes, limits: Limits, base: str = "") -> Sheet:
    """The sheet that a file called `name` with this content is; the suffix says the format.

    `base` is what relative IRIs of an RDF file resolve against; those of YAML and JSON are
    resolved when the sheet is compiled.
    """
    digest = hashlib.sha256(data).hexdigest()
    if len(data) > limits.bytes:
        return _too_large(name, digest, limits)
    if is_stream(name):
        return replace(_parse_stream(name, data, limits), sha256=digest)
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        return _unreadable(name, digest, *not_utf8(error))
    parse = _PARSERS[sheet_suffix(name)]
    return replace(parse(name, text, limits, base), sha256=digest)


def _parse_stream(name: str, data: bytes, limits: Limits) -> Sheet:
    """JSON lines in memory, packed or not."""
    nodes: list[Node] = []
    problems: list[Problem] = []
    whole = True
    for piece in cut_slices(BytesIO(data), name, limits):
        if piece.offset + len(piece.data) > limits.bytes:
            return _too_large(name, "", limits)
        part = parse_lines(name, piece.data, limits, piece.first_line)
        nodes += part.nodes
        problems += [*piece.problems, *part.problems]
        whole = whole and part.whole and not piece.problems
    return Sheet(name, "", tuple(nodes), problems=tuple(problems), whole=whole)


def parse_lines(name: str, data: bytes, limits: Limits, first_line: int = 1) -> Sheet:
    r"""The sheet that some lines of JSON are; `first_line` is the line of the file they start on.

    A line that cannot be read is a problem, and the next one is read.

    >>> sheet = parse_lines("a.jsonl", b'{"id": "a"}\n{"id": \n', Limits(), 7)
    >>> len(sheet.nodes), [problem.place for problem in sheet.problems]
    (1, ['a.jsonl:8:8'])
    """
    builder = Builder(name, limits, "line")
    for number, line in enumerate(data.split(b"\n"), start=first_line):
        if line.isspace() or not line:
            continue
        builder.reset()
        try:
            text = line.decode("utf-8-sig" if number == 1 else "utf-8")
        except UnicodeDecodeError as error:
            message, rule, mark = not_utf8(error)
            builder.problem(Mark(number, mark.column), message, rule)
        else:
            if text.strip():
                read_json(text, builder, number)
    return _from_builder(name, builder)


def not_utf8(error: UnicodeDecodeError) -> tuple[str, str, Mark]:
    """The words, the rule and the place of a problem: the first byte that is no UTF-8."""
    # The decoder counts from behind a byte order mark.
    read = error.object
    before = read[: error.start].decode("utf-8", errors="replace")
    line, column = before.count("\n") + 1, len(before) - before.rfind("\n")
    message = f"not UTF-8: byte 0x{read[error.start]:02X}; save the file in UTF-8"
    return message, "encoding", Mark(line, column)


def _too_large(name: str, digest: str, limits: Limits) -> Sheet:
    message = f"the file is larger than {limits.bytes} bytes (setting `limits.bytes`)"
    return _unreadable(name, digest, message, "too-large")


def _unreadable(name: str, digest: str, message: str, rule: str, mark: Mark = _WHOLE) -> Sheet:
    problem = Problem(name, mark.line, mark.column, message, rule)
    return Sheet(name, digest, problems=(problem,), whole=False)


def _parse_yaml(name: str, text: str, limits: Limits, _base: str) -> Sheet:
    builder = Builder(name, limits)
    read_yaml(text, builder)
    return _from_builder(name, builder)


def _parse_json(name: str, text: str, limits: Limits, _base: str) -> Sheet:
    builder = Builder(name, limits)
    read_json(text, builder)
    return _from_builder(name, builder)


def _from_builder(name: str, builder: Builder) -> Sheet:
    broken = any(problem.rule in _BROKEN for problem in builder.problems)
    nodes = tuple(builder.roots)
    return Sheet(name, "", nodes, problems=tuple(builder.problems), whole=not broken)


def _parse_rdf(name: str, text: str, limits: Limits, base: str) -> Sheet:
    quads, problem = parse_rdf(name, text, base, limits)
    problems = (problem,) if problem else ()
    return Sheet(name, "", quads=quads, text=text, problems=problems, whole=not problem)


_STREAMS: Final = {".jsonl", ".jsonl.gz", ".jsonl.zst"}
_BROKEN: Final = {"encoding", "syntax", "too-deep", "too-many-values", "alias"}
_PARSERS: Final[dict[str, Callable[[str, str, Limits, str], Sheet]]] = {
    ".yaml": _parse_yaml,
    ".yml": _parse_yaml,
    ".json": _parse_json,
    ".jsonld": _parse_json,
    **{f".{f.extension}": _parse_rdf for f in RDF_FORMATS.values() if f.name != "jsonld"},
}
_SUFFIXES: Final = {*_STREAMS, *_PARSERS}
