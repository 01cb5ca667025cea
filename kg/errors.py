"""What can go wrong, as values: each error holds its fields and words itself.

Everything a user can cause and mend derives from `KgError`; whatever else escapes is a bug.
A `Problem` is one thing wrong at one place. Reading, compiling, validating and checking passages
all collect problems instead of raising, so that one run reports every one of them.
"""

from __future__ import annotations

import difflib
import functools
import re
from collections.abc import Iterable
from dataclasses import dataclass
from enum import Enum
from typing import Final

_LONGEST: Final = 1000
_LONGEST_NAME: Final = 200
_CHARACTERS: Final = frozenset("[]'|\\")


class Severity(Enum):
    """How bad a problem is; the values order from worst to mildest."""

    ERROR = "error"
    WARNING = "warning"
    INFO = "info"


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing wrong at one place, in words that say what would be right.

    `line` and `column` count from 1, in code points; 0 means that the place is the whole file.
    `rule` is a stable name: a rule of the reader (`unknown-key`) or the name of a shape.
    `focus`, `path`, `value`, `component` and `shape` are set when a SHACL shape found the problem.

    >>> print(Problem("facts/a.yaml", 4, 3, "unknown key `lable`", "unknown-key"))
    facts/a.yaml:4:3: error: unknown key `lable` (unknown-key)
    """

    file: str
    line: int
    column: int
    message: str
    rule: str
    severity: Severity = Severity.ERROR
    focus: str = ""
    path: str = ""
    value: str = ""
    component: str = ""
    shape: str = ""

    @property
    def place(self) -> str:
        """`file:line:column`, or just the file when there is no line."""
        return f"{self.file}:{self.line}:{self.column}" if self.line else self.file

    @property
    def order(self) -> tuple[str, int, int, str, str, str]:
        """Sort key: by place, then by text, so that a report never depends on chance."""
        return (self.file, self.line, self.column, self.rule, self.message, self.focus)

    def __str__(self) -> str:
        return printable(f"{self.place}: {self.severity.value}: {self.message} ({self.rule})")


class KgError(Exception):
    """Something a user can cause and mend. `exit_code` is the command line's status for it.

    >>> KgError("there is no project here").exit_code
    2
    """

    exit_code = 2


class ConfigError(KgError):
    """The project's configuration, or a file it names, cannot be used."""


class NonconformingError(KgError):
    """The data does not conform: every problem found, sorted by place.

    >>> print(NonconformingError((Problem("a.yaml", 4, 1, "label must be given", "label"),)))
    a.yaml:4:1: error: label must be given (label)
    """

    exit_code = 1

    def __init__(self, problems: tuple[Problem, ...]) -> None:
        super().__init__(problems)
        self.problems = problems

    def __str__(self) -> str:
        return "\n".join(map(str, self.problems))


class NoReleaseError(KgError):
    """There is no finished build to read."""


class LockedError(KgError):
    """Another build is at work in the same build folder."""


class QueryError(KgError):
    """A query cannot be run: unknown, not valid, badly bound, or over a limit."""


class QuerySyntaxError(QueryError):
    """A query that is none: what the parser says, and where; both count from 1.

    >>> error = QuerySyntaxError.of("error at 2:7: expected SELECT")
    >>> error.line, error.column, str(error)
    (2, 7, 'not valid SPARQL 1.1: error at 2:7: expected SELECT')
    """

    def __init__(self, message: str, line: int, column: int) -> None:
        super().__init__(message, line, column)
        self.line = line
        self.column = column

    def __str__(self) -> str:
        return str(self.args[0])

    @classmethod
    def of(cls, words: str) -> QuerySyntaxError:
        """The error that the parser's words tell, without the classes of characters in them."""
        place = re.search(r"at (\d+):(\d+)", words)
        line, column = map(int, place.groups()) if place else (0, 0)
        before, _, expected = words.partition(": expected ")
        names = [
            name
            for name in re.split(r",\s*", expected.removeprefix("one of "))
            if name and not _CHARACTERS & set(name)
        ]
        reasons = [name for name in names if " " in name]
        one_of = "one of " if len(names) > 1 else ""
        if reasons:
            words = f"{before}: {'; '.join(reasons)}"
        elif names:
            words = f"{before}: expected {one_of}{', '.join(names)}"
        return cls(f"not valid SPARQL 1.1: {words}", line, column)


class WorkerError(KgError):
    """A process that does a part of the work has ended before its time."""


class UnknownNameError(KgError):
    """A name that stands for nothing, or for more than one thing."""


def printable(text: str, *, lines: bool = False) -> str:
    r"""Any text as one line that a terminal shows as it is: not too long, the rest escaped.

    With `lines`, the text keeps its line ends and its length: data must not steer a terminal, but
    may be long.

    >>> print(printable("a\nb\x1b[31m"))
    a\nb\x1b[31m
    """
    cut = text if lines or len(text) <= _LONGEST else f"{text[:_LONGEST]}..."
    return "".join(c if c.isprintable() or (lines and c == "\n") else ascii(c)[1:-1] for c in cut)


def did_you_mean(name: str, known: Iterable[str]) -> str:
    """The known name closest to `name`, or the empty string when none is close.

    >>> did_you_mean("p-value", ["pValue", "value"])
    'pValue'
    >>> did_you_mean("zzz", ["pValue"])
    ''
    """
    # What is longer is no slip of the pen, and takes long to compare.
    return _closest(name, tuple(sorted(known))) if len(name) <= _LONGEST_NAME else ""


@functools.lru_cache(maxsize=256)  # a mistake made once is often made again
def _closest(name: str, candidates: tuple[str, ...]) -> str:
    folded = [c for c in candidates if _letters(c) == _letters(name)]
    close = folded or difflib.get_close_matches(name, candidates, n=1, cutoff=0.75)
    return close[0] if close else ""


def _letters(name: str) -> str:
    """A name without what people write differently: case, hyphens, underscores, blanks."""
    return "".join(c for c in name.casefold() if c not in "-_ ")
