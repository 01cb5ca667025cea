"""The tree that a YAML or JSON file is read into: every key and value with its place.

Scalars stay text. What a scalar means (a number, a date, an IRI) is decided by the JSON-LD context
when the sheet is compiled, so `NO`, `12:30` and `0.030` arrive just as they were written.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from enum import Enum
from typing import Any, Final, NamedTuple

from kg.errors import Problem

_SURROGATE: Final = re.compile("[\ud800-\udfff]")


class Mark(NamedTuple):
    """A place in a file: line and column, both from 1, the column in code points."""

    line: int
    column: int


class Kind(Enum):
    """What the syntax itself says of a scalar. YAML says only `TEXT` and `NULL`."""

    TEXT = "text"
    NUMBER = "number"
    BOOLEAN = "boolean"
    NULL = "null"


@dataclass(frozen=True, slots=True)
class Scalar:
    """A single value, as text."""

    text: str
    mark: Mark
    kind: Kind = Kind.TEXT


@dataclass(frozen=True, slots=True)
class Sequence:
    """Several values; `size` counts nodes (a long text as several), `depth` the levels of all."""

    items: tuple[Node, ...]
    mark: Mark
    size: int = 1
    depth: int = 1


@dataclass(frozen=True, slots=True)
class Mapping:
    """Keys with values, in the order of the file, no key twice."""

    entries: tuple[tuple[Scalar, Node], ...]
    mark: Mark
    size: int = 1
    depth: int = 1

    def get(self, *names: str) -> Node | None:
        """The value of the first entry whose key is one of `names`."""
        return next((value for key, value in self.entries if key.text in names), None)


Node = Scalar | Sequence | Mapping


@dataclass(frozen=True, slots=True)
class Limits:
    """What a file may cost before it is refused.

    `bytes` bounds a file, `depth` how deeply its values may nest, `nodes` how many values it may
    hold once every alias is written out. Of JSON lines, which are read one by one, they bound each
    line, and `stream` the bytes of all, decompressed.
    """

    bytes: int = 16 * 1024 * 1024
    depth: int = 64
    nodes: int = 1_000_000
    stream: int = 64 * 1024 * 1024 * 1024


@dataclass(slots=True)
class Builder:
    """Puts a tree together from a parser's events, without recursion, and holds the limits.

    Both parsers, YAML and JSON, feed it; it is the one place that refuses duplicate keys, too
    much depth and too many values.
    """

    file: str
    limits: Limits
    unit: str = "file"  # what the limits are for
    problems: list[Problem] = field(default_factory=list)
    roots: list[Node] = field(default_factory=list)
    _stack: list[_Open] = field(default_factory=list)
    _count: int = 0

    def problem(self, mark: Mark, message: str, rule: str) -> None:
        """Note a problem at `mark`."""
        self.problems.append(Problem(self.file, mark.line, mark.column, message, rule))

    def scalar(self, text: str, mark: Mark, kind: Kind = Kind.TEXT) -> Scalar:
        """A scalar; an escape that stands for no character is a problem, and replaced."""
        if lone := _SURROGATE.search(text):
            code = ord(lone.group())
            message = f"U+{code:04X} is half of a surrogate pair and stands for no character"
            self.problem(mark, message, "syntax")
            text = _SURROGATE.sub("\ufffd", text)
        return Scalar(text, mark, kind)

    def reset(self) -> None:
        """Forget what is still open, and the count: the text ended, and another one begins."""
        self._stack.clear()
        self._count = 0

    def open(self, mark: Mark, *, mapping: bool) -> bool:
        """Start a mapping or a sequence; False when it would nest too deeply."""
        if self._too_deep(mark, 1):
            return False
        self._stack.append(_Open(mark, mapping))
        return True

    def _too_deep(self, mark: Mark, depth: int) -> bool:
        if len(self._stack) + depth <= self.limits.depth:
            return False
        self.problem(mark, f"values nest more than {self.limits.depth} deep", "too-deep")
        return True

    def close(self) -> Node:
        """End the innermost mapping or sequence and hand it to the one around it."""
        node = self._stack.pop().node()
        self.add(node, counted=True)
        return node

    def add(self, node: Node, *, counted: bool = False) -> bool:
        """Put a finished value where it belongs; False when that would break a limit.

        A value closed here was `counted` by its parts; one that an alias repeats was not.
        """
        if not (counted or isinstance(node, Scalar)) and self._too_deep(node.mark, node.depth):
            return False
        self._count += 1 if counted else _size(node)
        if self._count > self.limits.nodes:
            message = f"the {self.unit} holds more than {self.limits.nodes} values"
            written_out = ", aliases written out" if self.unit == "file" else ""
            self.problem(node.mark, message + written_out, "too-many-values")
            return False
        if not self._stack:
            self.roots.append(node)
            return True
        around = self._stack[-1]
        if not around.mapping:
            around.items.append(node)
        elif around.key is None:
            self._take_key(around, node)
        else:
            if around.key.text in around.seen:
                first = around.seen[around.key.text]
                message = f"key `{around.key.text}` stands twice, first on line {first.line}"
                self.problem(around.key.mark, message, "duplicate-key")
            else:
                around.seen[around.key.text] = around.key.mark
                around.entries.append((around.key, node))
            around.key = None
        return True

    def _take_key(self, around: _Open, node: Node) -> None:
        if not isinstance(node, Scalar):
            self.problem(node.mark, "a key must be plain text", "key-not-text")
            node = Scalar("", node.mark)
        around.key = node


def _size(node: Node) -> int:
    # A long text that aliases repeat takes memory as many nodes do.
    return 1 + len(node.text) // 256 if isinstance(node, Scalar) else node.size


@dataclass(slots=True)
class _Open:
    mark: Mark
    mapping: bool
    items: list[Node] = field(default_factory=list)
    entries: list[tuple[Scalar, Node]] = field(default_factory=list)
    seen: dict[str, Mark] = field(default_factory=dict)
    key: Scalar | None = None

    def node(self) -> Node:
        below = self.items or [value for _, value in self.entries]
        trees = [node for node in below if not isinstance(node, Scalar)]
        size = 1 + sum(map(_size, below))
        depth = 1 + max((node.depth for node in trees), default=0)
        if self.mapping:
            return Mapping(tuple(self.entries), self.mark, size, depth)
        return Sequence(tuple(self.items), self.mark, size, depth)


def items(node: Node) -> Iterator[Node]:
    """The values of a node: those of a sequence one by one (nested ones flat), or itself."""
    if isinstance(node, Sequence):
        for item in node.items:
            yield from items(item)
    else:
        yield node


def fingerprint(node: Node) -> str:
    """Eight hex digits of a SHA-256 over what a node says, whatever the order of its keys.

    >>> here = Mark(1, 1)
    >>> fingerprint(Scalar("a", here)) == fingerprint(Scalar("a", Mark(9, 9)))
    True
    """
    text = json.dumps(plain(node), sort_keys=True, ensure_ascii=True)
    return hashlib.sha256(text.encode()).hexdigest()[:8]


def plain(node: Node) -> Any:
    """The node as plain Python values, without places; numbers stay text."""
    match node:
        case Scalar(text="true" | "false" as word, kind=Kind.BOOLEAN):
            return word == "true"
        case Scalar(kind=Kind.NULL):
            return None
        case Scalar(text=text):
            return text
        case Sequence(items=values):
            return [plain(value) for value in values]
        case Mapping(entries=entries):
            return {key.text: plain(value) for key, value in entries}
