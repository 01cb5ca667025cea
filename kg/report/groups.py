"""Problems in numbers: how many of each severity, and of each rule the first few."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from kg.errors import Problem, Severity

# Up to so many problems, a report for people lists each one.
FEW: Final = 200
# Beyond, it tells so many rules, and so many problems of each.
MOST_RULES: Final = 100
EXAMPLES: Final = 5

_ORDER: Final = {severity: rank for rank, severity in enumerate(Severity)}


@dataclass(frozen=True, slots=True)
class Group:
    """The problems of one rule and severity: how many, in how many files, and the first of them.

    `rule` is worded as people read it: `shape label`, or `rule unknown-key`.
    """

    severity: Severity
    rule: str
    count: int
    files: int
    examples: tuple[Problem, ...]


def count_by_severity(problems: Sequence[Problem]) -> dict[str, int]:
    """How many problems of each severity, every severity named.

    >>> count_by_severity([Problem("a", 1, 1, "x", "y")])
    {'error': 1, 'warning': 0, 'info': 0}
    """
    counts = Counter(problem.severity for problem in problems)
    return {severity.value: counts[severity] for severity in Severity}


def summarize(problems: Sequence[Problem]) -> str:
    """How many problems, in words.

    >>> summarize([])
    'no problems'
    """
    counts = count_by_severity(problems).items()
    return ", ".join(counted(n, severity) for severity, n in counts if n) or "no problems"


def counted(count: int, noun: str) -> str:
    """A number with its noun.

    >>> counted(1, "file"), counted(1200, "error"), counted(2, "info")
    ('1 file', '1,200 errors', '2 info')
    """
    return f"{count:,} {noun}{'' if count == 1 or noun == 'info' else 's'}"


def group_by_rule(problems: Sequence[Problem]) -> list[Group]:
    """The problems by severity, the worst first, and by rule, the most frequent first.

    Two shapes are two rules, also when their names end alike. The examples of a rule are those that
    come first among the problems.

    >>> [group] = group_by_rule([Problem("a", line, 1, "x", "y") for line in range(1, 9)])
    >>> group.rule, group.count, group.files, len(group.examples)
    ('rule y', 8, 1, 5)
    """
    found: dict[tuple[int, str, str], list[Problem]] = {}
    for problem in problems:
        key = (_ORDER[problem.severity], _named(problem), problem.shape)
        found.setdefault(key, []).append(problem)
    ordered = sorted(found.items(), key=lambda item: (item[0][0], -len(item[1]), item[0]))
    return [
        Group(
            members[0].severity,
            rule,
            len(members),
            len({problem.file for problem in members} - {"-"}),
            tuple(members[:EXAMPLES]),
        )
        for (_, rule, _), members in ordered
    ]


def _named(problem: Problem) -> str:
    return f"{'shape' if problem.component else 'rule'} {problem.rule}"
