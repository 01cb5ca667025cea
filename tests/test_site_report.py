"""The report of a check as a page that stands alone."""

from __future__ import annotations

import re
from html.parser import HTMLParser
from pathlib import Path

from tiny import write_tiny

from kg.context import Context
from kg.errors import Problem, Severity
from kg.report import format_json, read_problems
from kg.site.report import group_problems
from kg.site.report import report_html as pieces

CONTEXT = Context.parse({"o": "https://example.org/o#"}, "https://example.org/")
HOSTILE = "</td><script>alert(1)</script>\x00\u202e\n"
PROBLEMS = [
    Problem("facts/a.yaml", 3, 1, "label must be given", "label", focus="https://example.org/a"),
    Problem("facts/b.yaml", 0, 0, HOSTILE, "x", Severity.WARNING, HOSTILE, HOSTILE, HOSTILE),
    Problem("-", 0, 0, "one more", "label"),
]


def report_html(problems: list[Problem], context: Context) -> str:
    return "".join(pieces(problems, context))


class Tags(HTMLParser):
    """The elements of a page, which must close in the order in which they opened."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.seen: list[str] = []

    def handle_starttag(self, tag: str, _attrs: list[tuple[str, str | None]]) -> None:
        self.seen.append(tag)
        if tag != "meta":
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


def parsed(page: str) -> Tags:
    tags = Tags()
    tags.feed(page)
    assert tags.open == []
    return tags


def test_problems_come_by_severity_with_their_places() -> None:
    errors, warnings = group_problems(PROBLEMS, CONTEXT)
    assert (errors.title, errors.count, warnings.name) == ("Errors", 2, "warning")
    (part,) = errors.parts
    assert (part.rows[0].place, part.rows[0].node) == ("facts/a.yaml:3:1", "a")
    assert part.rows[1].place == ""
    assert group_problems([], CONTEXT) == ()


def test_the_page_needs_nothing_else_and_holds_whatever_the_data_say() -> None:
    page = report_html(PROBLEMS, CONTEXT)
    tags = parsed(page)
    assert not {"script", "link", "img", "iframe", "a"} & set(tags.seen)
    assert not re.search(r"url\(|@import|src=|href=", page)
    assert "\x00" not in page
    assert "&lt;script&gt;" in page
    assert "2 errors, 1 warning" in page
    assert tags.seen.count("table") == 2
    assert page == report_html(PROBLEMS, CONTEXT)


def test_tables_have_headers_with_their_scope_and_a_name() -> None:
    page = report_html(PROBLEMS, CONTEXT)
    assert page.count('<th scope="col">') == 8
    assert page.count('<th scope="row">') == 3
    names = re.findall(r'<div class="scroll" role="region" aria-labelledby="(\w+)"', page)
    assert names == ["error", "warning"]
    assert all(page.count(f'id="{name}"') == 1 for name in names)


def test_nothing_wrong_is_said_as_well() -> None:
    page = report_html([], CONTEXT)
    assert "No problems." in page
    assert "table" not in parsed(page).seen


def test_check_and_build_write_it(tmp_path: Path) -> None:
    tiny = write_tiny(tmp_path)
    tiny.edit("facts/zinc.yaml", "label: Zinc", "altLabel: Zn")
    for command in ("check", "build"):
        result = tiny.kg(command, "--format", "html")
        assert result.returncode == 1
        assert parsed(result.stdout).seen.count("tr") == 2
        assert "<code>facts/zinc.yaml:1:1</code>" in result.stdout


def test_a_report_is_read_again() -> None:
    assert read_problems("".join(format_json(PROBLEMS, CONTEXT))) == PROBLEMS
