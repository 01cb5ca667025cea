"""Problems as lines that people read, and that editors know the places in."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from kg.context import Context
from kg.errors import Problem, printable
from kg.report.groups import FEW, MOST_RULES, Group, counted, group_by_rule, summarize


def format_text(problems: Sequence[Problem], context: Context) -> Iterator[str]:
    """One line a problem, `file:line:column: severity: message (focus; rule)`, the count last.

    Many problems are told by rule, the worst and most frequent first: how many there are, in how
    many files, and the first of them.
    """
    if len(problems) <= FEW:
        for problem in problems:
            yield _line(problem, context)
        yield f"{summarize(problems)}\n"
        return
    groups = group_by_rule(problems)
    for group in groups[:MOST_RULES]:
        yield from _group(group, context)
    if left := groups[MOST_RULES:]:
        yield f"... and {sum(group.count for group in left):,} of {counted(len(left), 'rule')}\n\n"
    yield f"{summarize(problems)}; `--format jsonl` lists every one\n"


def _group(group: Group, context: Context) -> Iterator[str]:
    files = f", in {counted(group.files, 'file')}" if group.files else ""
    yield f"{counted(group.count, group.severity.value)} of {printable(group.rule)}{files}:\n"
    for problem in group.examples:
        yield _line(problem, context)
    more = group.count - len(group.examples)
    yield f"... and {more:,} more\n\n" if more else "\n"


def _line(problem: Problem, context: Context) -> str:
    focus = f"{context.shorten(problem.focus)}; " if problem.focus else ""
    shape = "shape " if problem.component else ""
    words = f"{problem.place}: {problem.severity.value}: {problem.message}"
    return f"{printable(words)} ({printable(focus + shape + problem.rule)})\n"
