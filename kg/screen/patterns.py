r"""`sh:pattern` of the reference engine → a pattern that the fast engine may use in its stead.

The reference engine runs patterns with Python's `re`, the fast one with Rust's `regex`. The two
read some syntax differently, and character classes such as `\w` differ in what they hold. So only
syntax that is read here goes to the fast engine, every character of it escaped; what is written
then matches no text that the original does not match. It may match less (`$` does not match before
a last line feed, `\d` only ASCII digits), which costs time and hides nothing.
"""

from __future__ import annotations

import re
import warnings
from typing import Final

_DIGITS: Final = "0-9"
_WORDS: Final = "0-9A-Z_a-z"
_SPACES: Final = r"\t-\r "
# What `str.isspace` holds, and so `\s`; written out, since Rust's `\s` lacks four of them.
_ALL_SPACES: Final = (
    r"\t-\r\x1C-\x20\x85\xA0\x{1680}\x{2000}-\x{200A}\x{2028}\x{2029}\x{202F}\x{205F}\x{3000}"
)
_INSIDE: Final = {"d": _DIGITS, "w": _WORDS, "s": _SPACES}
_OUTSIDE: Final = {name: f"[{held}]" for name, held in _INSIDE.items()} | {"S": f"[^{_ALL_SPACES}]"}
_ESCAPABLE: Final = frozenset(r".^$*+?{}()|[]\/-")
_SPECIAL: Final = frozenset(r".^$*+?{}()|[]\ ")
_CONTROLS: Final = {"n": "\n", "r": "\r", "t": "\t"}
_QUANTIFIER: Final = re.compile(r"(?:[*+?]|\{(\d{1,4})(?:,(\d{1,4})?)?\})\??", re.ASCII)
_MOST_REPEATS: Final = 1000


class UnknownPatternError(ValueError):
    """A pattern with syntax that is not known to mean the same to both engines."""


def fast_pattern(pattern: str) -> str:
    r"""The pattern for the fast engine; raises `UnknownPatternError`.

    >>> fast_pattern(r"^10[.]\d+/\S$")[:12]
    '^\\x{31}\\x{30'
    >>> fast_pattern(r"^(?=.)x")
    Traceback (most recent call last):
    ...
    kg.screen.patterns.UnknownPatternError: (?
    """
    try:
        with warnings.catch_warnings(action="error"):
            re.compile(pattern)
    except (re.error, Warning, OverflowError, RecursionError) as error:
        raise UnknownPatternError(str(error)) from error
    written: list[str] = []
    repeats = 1
    at = 0
    while at < len(pattern):
        found = _QUANTIFIER.match(pattern, at)
        if found:
            repeats *= max(int(number) for number in (*found.groups("1"), "1"))
            if not written or written[-1] in "(|^$" or repeats > _MOST_REPEATS:
                raise UnknownPatternError(found[0])
            written += (found[0], "")
            at = found.end()
            if _QUANTIFIER.match(pattern, at) or pattern.startswith("+", at):
                raise UnknownPatternError(pattern[at])
            continue
        piece, at = _atom(pattern, at)
        written.append(piece)
    return "".join(written)


def _atom(pattern: str, at: int) -> tuple[str, int]:
    """The piece that starts at `at`, as the fast engine writes it, and where the next starts."""
    character = pattern[at]
    if character == "[":
        return _set(pattern, at + 1)
    if character == "\\":
        return _escape(pattern, at + 1, _OUTSIDE)
    if character == "(" and pattern.startswith("?", at + 1):
        if pattern.startswith("?:", at + 1):
            return "(?:", at + 3
        raise UnknownPatternError("(?")
    if character in "(|)^$":
        return character, at + 1
    if character == ".":
        return r"[^\n]", at + 1
    if character in _SPECIAL - {" "}:
        raise UnknownPatternError(character)
    return _literal(character), at + 1


def _set(pattern: str, at: int) -> tuple[str, int]:
    """A character set; `at` is after its bracket."""
    negated = pattern.startswith("^", at)
    at += negated
    written = "[^" if negated else "["
    first = True
    while first or pattern[at] != "]":
        first = False
        if pattern[at] == "[" or pattern[at] == "]":
            raise UnknownPatternError(pattern[at])
        if pattern[at] == "\\":
            # A smaller set inside a negated one would make that larger.
            piece, at = _escape(pattern, at + 1, {} if negated else _INSIDE)
        else:
            piece, at = _literal(pattern[at]), at + 1
        if pattern[at] == "-" and pattern[at + 1] != "]":
            if pattern[at + 1] in "[\\" or not piece.startswith(r"\x{"):
                raise UnknownPatternError(pattern[at : at + 2])
            piece, at = f"{piece}-{_literal(pattern[at + 1])}", at + 2
        written += piece
    return written + "]", at + 1


def _escape(pattern: str, at: int, classes: dict[str, str]) -> tuple[str, int]:
    """An escape; `at` is after its backslash."""
    name = pattern[at]
    if name in classes:
        return classes[name], at + 1
    if name in _CONTROLS:
        return _literal(_CONTROLS[name]), at + 1
    if name in _ESCAPABLE:
        return _literal(name), at + 1
    raise UnknownPatternError("\\" + name)


def _literal(character: str) -> str:
    return f"\\x{{{ord(character):X}}}"
