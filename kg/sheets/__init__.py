r"""Files → sheets: what each file says, with the place of everything it says.

>>> sheet = parse_sheet("a.yaml", b"id: mineral/iron\ntype: Mineral\n", Limits())
>>> sheet.nodes[0].entries[1][1]
Scalar(text='Mineral', mark=Mark(line=2, column=7), kind=<Kind.TEXT: 'text'>)
"""

from __future__ import annotations

import hashlib
import os
import stat
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path, PurePosixPath
from typing import Final

from pyoxigraph import Quad

from kg.errors import ConfigError, Problem
from kg.formats import RDF_FORMATS
from kg.sheets.json_nodes import read_json
from kg.sheets.nodes import Builder, Kind, Limits, Mapping, Mark, Node, Scalar, Sequence
from kg.sheets.rdf import parse_rdf
from kg.sheets.yaml_nodes import read_yaml

__all__ = [
    "Kind", "Limits", "Mapping", "Mark", "Node", "Scalar", "Sequence", "Sheet",
    "find_sheets", "parse_sheet", "read_sheet",
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
    if not folder.is_dir():
        raise ConfigError(f"{folder} is not a folder; fact sheets belong there")

    def refuse(error: OSError) -> None:
        raise ConfigError(f"{error.filename} cannot be listed: {error.strerror}")

    found = []
    for path, folders, names in os.walk(folder, onerror=refuse):
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        found += [Path(path, name) for name in folders if Path(path, name).is_symlink()]
        for name in names:
            file = Path(path, name)
            if not name.startswith(".") and file.suffix.lower() in _PARSERS:
                found.append(file)
    return sorted(found, key=lambda file: file.relative_to(folder).as_posix())


def read_sheet(path: Path, name: str, limits: Limits, base: str = "") -> Sheet:
    """Read one file; whatever is wrong with it is in the sheet's problems, never raised.

    A link is read when it leads to a file beside it or below.
    """
    try:
        if path.is_symlink() and not _stays_below(path):
            message = "is a link that leads elsewhere; it is not read: put the file itself here"
            return _unreadable(name, "", message, "link")
        # A pipe or a device would never end.
        if not stat.S_ISREG(path.stat().st_mode):
            return _unreadable(name, "", "is not a regular file", "unreadable")
        with path.open("rb") as file:
            data = file.read(limits.bytes + 1)
    except OSError as error:
        return _unreadable(name, "", f"cannot be read: {error.strerror}", "unreadable")
    return parse_sheet(name, data, limits, base)


def _stays_below(link: Path) -> bool:
    try:
        return link.resolve().is_relative_to(link.parent.resolve()) and not link.is_dir()
    except (OSError, RuntimeError):
        # A link that leads to itself is no way out; reading it says what is wrong.
        return True


def parse_sheet(name: str, data: bytes, limits: Limits, base: str = "") -> Sheet:
    """The sheet that a file called `name` with this content is; the suffix says the format.

    `base` is what relative IRIs of an RDF file resolve against; those of YAML and JSON are
    resolved when the sheet is compiled.
    """
    digest = hashlib.sha256(data).hexdigest()
    if len(data) > limits.bytes:
        message = f"the file is larger than {limits.bytes} bytes (setting `limits.bytes`)"
        return _unreadable(name, digest, message, "too-large")
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        return replace(_not_utf8(name, error), sha256=digest)
    parse = _PARSERS[PurePosixPath(name).suffix.lower()]
    return replace(parse(name, text, limits, base), sha256=digest)


def _not_utf8(name: str, error: UnicodeDecodeError) -> Sheet:
    # The decoder counts from behind a byte order mark.
    read = error.object
    before = read[: error.start].decode("utf-8", errors="replace")
    line, column = before.count("\n") + 1, len(before) - before.rfind("\n")
    message = f"not UTF-8: byte 0x{read[error.start]:02X}; save the file in UTF-8"
    return _unreadable(name, "", message, "encoding", Mark(line, column))


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


def _parse_json_lines(name: str, text: str, limits: Limits, _base: str) -> Sheet:
    """One JSON text a line; a bad line is reported and the next one read."""
    builder = Builder(name, limits)
    for number, line in enumerate(text.split("\n"), start=1):
        if line.strip():
            builder.reset()
            read_json(line, builder, number)
        if builder.problems and builder.problems[-1].rule == "too-many-values":
            break
    return _from_builder(name, builder)


def _from_builder(name: str, builder: Builder) -> Sheet:
    broken = any(problem.rule in _BROKEN for problem in builder.problems)
    nodes = tuple(builder.roots)
    return Sheet(name, "", nodes, problems=tuple(builder.problems), whole=not broken)


def _parse_rdf(name: str, text: str, limits: Limits, base: str) -> Sheet:
    quads, problem = parse_rdf(name, text, base, limits)
    problems = (problem,) if problem else ()
    return Sheet(name, "", quads=quads, text=text, problems=problems, whole=not problem)


_BROKEN: Final = {"syntax", "too-deep", "too-many-values", "alias"}
_PARSERS: Final[dict[str, Callable[[str, str, Limits, str], Sheet]]] = {
    ".yaml": _parse_yaml,
    ".yml": _parse_yaml,
    ".json": _parse_json,
    ".jsonld": _parse_json,
    ".jsonl": _parse_json_lines,
    **{f".{f.extension}": _parse_rdf for f in RDF_FORMATS.values() if f.name != "jsonld"},
}
