"""Evidence maps: which study found what, for which outcome, in one drawing with one table.

A map of all findings has outcomes and studies; that of a hypothesis has what each study says for
it, against it, or neither.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final

from pyoxigraph import NamedNode

from kg import terms
from kg.site.content import Content
from kg.site.drawings.grid import Grid, Mark, draw_grid
from kg.site.drawings.shapes import Drawing
from kg.site.evidence.findings import FindingRow, finding_rows
from kg.site.evidence.hypotheses import HypothesisPage, hypothesis_page
from kg.site.evidence.reading import Facts, le, rest_of
from kg.view import Value, View

MOST_CELLS: Final = 600
_NO_STUDY: Final = "no study named"


@dataclass(frozen=True, slots=True)
class Head:
    """A row or a column: a thing, or words where there is none."""

    text: str
    iri: str = ""


@dataclass(frozen=True, slots=True)
class EvidenceMap:
    """Findings by row and column, drawn unless there are too many cells to be read as a drawing.

    `total` is how many findings there are; a map has as many of them as a page can show.
    """

    rows: tuple[Head, ...]
    columns: tuple[Head, ...]
    cells: tuple[tuple[tuple[FindingRow, ...], ...], ...]
    drawing: Drawing | None
    total: int

    @property
    def shown(self) -> int:
        """How many findings the map has."""
        return len({finding.finding for row in self.cells for cell in row for finding in cell})


def all_findings_map(content: Content) -> EvidenceMap:
    """Outcomes by studies, of every finding."""
    facts = Facts(content)
    return findings_map(facts, facts.instances(terms.FINDING), "Outcomes by study")


def findings_map(facts: Facts, nodes: Sequence[NamedNode], title: str) -> EvidenceMap:
    """Outcomes by studies, of some findings."""
    entries = [
        (_head(outcome), _study(row), row)
        for row in finding_rows(facts, nodes)
        for outcome in row.outcome or (None,)
    ]
    return replace(_map(entries, title), total=len(nodes))


def hypothesis_map(page: HypothesisPage, title: str) -> EvidenceMap:
    """Studies by what they say of a hypothesis; what names no study is in a row of its own."""
    columns = {bearing.key: Head(bearing.title) for bearing in page.shown}
    entries = [
        (_study(row), columns[bearing.key], row) for bearing in page.shown for row in bearing.rows
    ]
    total = sum(bearing.total for bearing in page.bearings)
    return replace(_map(entries, title, list(columns.values())), total=total)


def hypothesis_values(content: Content, view: View) -> dict[str, object]:
    """What the page of a hypothesis shows."""
    facts = Facts(content)
    page = hypothesis_page(facts, NamedNode(view.iri))
    shown = [row.finding.iri for bearing in page.bearings for row in bearing.rows]
    own = (le("exposure"), le("outcome"), le("population"), terms.CERTAINTY, le("ratedBy"))
    title = f"Evidence on: {view.label or view.name}"
    return {
        "hypothesis": page,
        "map": hypothesis_map(page, title),
        "view": rest_of(view, own, shown),
    }


def _map(
    entries: Sequence[tuple[Head, Head, FindingRow]],
    title: str,
    columns: Sequence[Head] = (),
) -> EvidenceMap:
    rows = sorted({row for row, _, _ in entries}, key=_head_order)
    columns = columns or sorted({column for _, column, _ in entries}, key=_head_order)
    cells: dict[tuple[Head, Head], list[FindingRow]] = {}
    for row, column, finding in entries:
        cells.setdefault((row, column), []).append(finding)
    table = tuple(tuple(tuple(cells.get((r, c), ())) for c in columns) for r in rows)
    drawn = 0 < len(rows) * len(columns) <= MOST_CELLS
    grid = Grid(
        tuple(head.text for head in rows),
        tuple(head.text for head in columns),
        tuple(tuple(tuple(_mark(f) for f in cell) for cell in row) for row in table),
    )
    said = "; ".join(
        f"{row.text}, {column.text}: {', '.join(finding.brief)}" for row, column, finding in entries
    )
    drawing = draw_grid(grid, title, f"{said}.") if drawn else None
    return EvidenceMap(tuple(rows), tuple(columns), table, drawing, len(entries))


def _head(value: Value | None) -> Head:
    return Head(value.text, value.iri) if value else Head("no outcome named")


def _study(row: FindingRow) -> Head:
    return Head(row.study.text, row.study.iri) if row.study else Head(_NO_STUDY)


def _head_order(head: Head) -> tuple[bool, str, str]:
    """Things by name, then what has none."""
    return not head.iri, head.text.casefold(), head.iri


def _mark(row: FindingRow) -> Mark:
    return Mark(row.trend, row.filling, row.sense, row.brief)
