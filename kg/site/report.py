"""What is wrong with the data, as HTML: a page that stands alone, and the parts that it shares."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from kg.context import Context
from kg.errors import Problem, Severity
from kg.report import FEW, summarize
from kg.report.groups import MOST_RULES, group_by_rule
from kg.site.render import Templates

_TITLES: Final = {
    Severity.ERROR: "Errors",
    Severity.WARNING: "Warnings",
    Severity.INFO: "Notes",
}
# A place or a message has no limit; a page that is read has one.
_LONGEST: Final = 1000


@dataclass(frozen=True, slots=True)
class Row:
    """A problem as a row of a table: where, what, by which rule, and of which node."""

    place: str
    message: str
    rule: str
    focus: str
    node: str


@dataclass(frozen=True, slots=True)
class Part:
    """A table of problems: all of a severity, or the first of one rule, which `title` names.

    `count` is how many there are, those that the table leaves out among them; `files` is in how
    many files they are. A part without rows stands for the rules that are left out.
    """

    key: str
    title: str
    count: int
    files: int
    rows: tuple[Row, ...]


@dataclass(frozen=True, slots=True)
class Group:
    """The problems of one severity; `name` is `error`, `warning` or `info`."""

    name: str
    title: str
    count: int
    parts: tuple[Part, ...]


def group_problems(problems: Sequence[Problem], context: Context) -> tuple[Group, ...]:
    """The problems by severity, the worst first; severities without any are left out.

    Many problems are parted by rule, with the first few of each, so that a page stays small.
    """
    groups = []
    for severity, title in _TITLES.items():
        members = [problem for problem in problems if problem.severity is severity]
        if members and len(problems) <= FEW:
            rows = tuple(_row(problem, context) for problem in members)
            parts: tuple[Part, ...] = (Part(severity.value, "", len(members), 0, rows),)
        else:
            parts = tuple(_parts(members, severity.value, context))
        if parts:
            groups.append(Group(severity.value, title, len(members), parts))
    return tuple(groups)


def _parts(problems: Sequence[Problem], name: str, context: Context) -> Iterator[Part]:
    groups = group_by_rule(problems)
    for number, group in enumerate(groups[:MOST_RULES], start=1):
        rows = tuple(_row(problem, context) for problem in group.examples)
        yield Part(f"{name}-{number}", _cut(group.rule), group.count, group.files, rows)
    if left := groups[MOST_RULES:]:
        yield Part(f"{name}-more", "other rules", sum(group.count for group in left), 0, ())


def _row(problem: Problem, context: Context) -> Row:
    return Row(
        "" if problem.file == "-" else _cut(problem.place),
        _cut(problem.message),
        _cut(problem.rule),
        _cut(problem.focus),
        _cut(context.shorten(problem.focus)) if problem.focus else "",
    )


def _cut(text: str) -> str:
    return text if len(text) <= _LONGEST else f"{text[:_LONGEST]}..."


def report_html(problems: Sequence[Problem], context: Context) -> Iterator[str]:
    """A page of its own, to be kept or sent: it needs no other file and no connection.

    >>> context = Context.parse({"a": "https://example.org/#"}, "https://example.org/")
    >>> page = "".join(report_html([Problem("a.yaml", 3, 1, "no <label>", "label")], context))
    >>> "1 error" in page, "a.yaml:3:1" in page, "no &lt;label&gt;" in page
    (True, True, True)
    """
    templates = Templates()
    page = templates.render(
        "report_alone.html",
        base=context.base,
        summary=summarize(problems),
        groups=group_problems(problems, context),
        whole=len(problems) <= FEW,
    )
    yield page.decode()
