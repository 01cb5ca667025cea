"""JSON text → nodes (RFC 8259), with the place of every key and value.

The standard library's parser keeps no places and turns numbers into floats; this one keeps the
text of each number, and reads strings with the standard library's own scanner.
"""

from __future__ import annotations

import bisect
import json
import re
from enum import Enum
from typing import Any

from kg.sheets.nodes import Builder, Kind, Mark, Scalar

_SPACE = re.compile(r"[ \t\r\n]*")
_NUMBER = re.compile(r"-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?", re.ASCII)
_CLOSERS = {"{": "}", "[": "]"}
_WORDS = {"true": Kind.BOOLEAN, "false": Kind.BOOLEAN, "null": Kind.NULL}
_scan_string: Any = json.decoder.scanstring  # type: ignore[attr-defined]


def read_json(text: str, builder: Builder, first_line: int = 1) -> None:
    """Read one JSON text into `builder`; `first_line` is the line of the file it starts on."""
    try:
        _Reader(text, builder, first_line).run()
    except json.JSONDecodeError as error:
        mark = Mark(error.lineno + first_line - 1, error.colno)
        builder.problem(mark, f"not valid JSON: {error.msg}", "syntax")


class _State(Enum):
    """What may come next: a value, a value or the closing bracket, a comma or a closing bracket."""

    VALUE = 1
    FIRST = 2
    NEXT = 3


class _Reader:
    """A reader without recursion: `closers` holds the bracket that each open value ends with."""

    def __init__(self, text: str, builder: Builder, first_line: int) -> None:
        self._text = text
        self._builder = builder
        self._starts = [0, *(match.end() for match in re.finditer("\n", text))]
        self._first_line = first_line
        self._at = 0

    def run(self) -> None:
        closers: list[str] = []
        state = _State.VALUE
        while True:
            char = self._peek()
            if closers and char == closers[-1] and state is not _State.VALUE:
                self._at += 1
                closers.pop()
                self._builder.close()
                state = _State.NEXT
            elif state is not _State.NEXT:
                opened = self._value(closers)
                if opened is None:
                    return
                state = _State.FIRST if opened else _State.NEXT
            elif not closers:
                if char:
                    raise self._error("expected the end of the text")
                return
            elif char == ",":
                self._at += 1
                state = _State.VALUE
            else:
                raise self._error(f"expected `,` or `{closers[-1]}`")

    def _value(self, closers: list[str]) -> bool | None:
        """Read a value, with its key inside an object: True when it opened, None over a limit."""
        if closers[-1:] == ["}"]:
            self._key()
        char = self._peek()
        if char not in _CLOSERS:
            node = self._string() if char == '"' else self._literal()
            return False if self._builder.add(node) else None
        mark = self._mark()
        self._at += 1
        closers.append(_CLOSERS[char])
        return True if self._builder.open(mark, mapping=char == "{") else None

    def _key(self) -> None:
        if self._peek() != '"':
            raise self._error("expected a key in double quotes")
        self._builder.add(self._string())
        if self._peek() != ":":
            raise self._error("expected `:` after a key")
        self._at += 1

    def _string(self) -> Scalar:
        mark = self._mark()
        text, self._at = _scan_string(self._text, self._at + 1, True)
        return self._builder.scalar(text, mark)

    def _literal(self) -> Scalar:
        mark = self._mark()
        for word, kind in _WORDS.items():
            if self._text.startswith(word, self._at):
                self._at += len(word)
                return Scalar(word, mark, kind)
        match = _NUMBER.match(self._text, self._at)
        if not match:
            raise self._error("expected a value")
        self._at = match.end()
        return Scalar(match.group(), mark, Kind.NUMBER)

    def _peek(self) -> str:
        match = _SPACE.match(self._text, self._at)
        self._at = match.end() if match else self._at
        return self._text[self._at : self._at + 1]

    def _mark(self) -> Mark:
        line = bisect.bisect_right(self._starts, self._at)
        return Mark(line + self._first_line - 1, self._at - self._starts[line - 1] + 1)

    def _error(self, message: str) -> json.JSONDecodeError:
        return json.JSONDecodeError(message, self._text, self._at)
