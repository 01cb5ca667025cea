"""What is wrong with the data, as HTML: a page that stands alone, and the parts that it shares."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from kg.context import Context
from kg.errors import Problem, Severity
from kg.report import summarize
from kg.site.render import Templates

_TITLES = {
    Severity.ERROR: "Errors",
    Severity.WARNING: "Warnings",
    Severity.INFO: "Notes",
}


@dataclass(frozen=True, slots=True)
class Row:
    """A problem as a row of a table: where, what, by which rule, and of which node."""

    place: str
    message: str
    rule: str
    focus: str
    node: str


@dataclass(frozen=True, slots=True)
class Group:
    """All problems of one severity; `name` is `error`, `warning` or `info`."""

    name: str
    title: str
    rows: tuple[Row, ...]


def group_problems(problems: Sequence[Problem], context: Context) -> tuple[Group, ...]:
    """The problems by severity, the worst first; severities without any are left out."""
    groups = []
    for severity, title in _TITLES.items():
        rows = tuple(
            Row(
                "" if p.file == "-" else p.place,
                p.message,
                p.rule,
                p.focus,
                context.shorten(p.focus) if p.focus else "",
            )
            for p in problems
            if p.severity is severity
        )
        if rows:
            groups.append(Group(severity.value, title, rows))
    return tuple(groups)


def report_html(problems: Sequence[Problem], context: Context) -> str:
    """A page of its own, to be kept or sent: it needs no other file and no connection.

    >>> context = Context.parse({"a": "https://example.org/#"}, "https://example.org/")
    >>> page = report_html([Problem("a.yaml", 3, 1, "no <label>", "label")], context)
    >>> "1 error" in page, "a.yaml:3:1" in page, "no &lt;label&gt;" in page
    (True, True, True)
    """
    templates = Templates()
    page = templates.render(
        "report_alone.html",
        base=context.base,
        summary=summarize(problems),
        groups=group_problems(problems, context),
    )
    return page.decode()
