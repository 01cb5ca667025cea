"""Findings in a grid, as a drawing: an effect direction plot after Thomson and Thomas (2013).

The shape of a mark says which way the outcome went, its filling what is said of significance, and
the words beside it say both. Colour repeats who is served by it, and adds nothing.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from kg.site.drawings.shapes import Drawing, Path, Point, Shape, line, polygon, rect
from kg.site.drawings.text import wrap

_HEAD_WIDTH: Final = 190.0
_CELL_WIDTH: Final = 184.0
_TEXT: Final = 12.0
_LEADING: Final = 15.0
_HEAD_TEXT: Final = 13.0
_HEAD_LEADING: Final = 17.0
_PADDING: Final = 10.0
_MARK: Final = 8.0  # half of a mark's size
_BESIDE: Final = 26.0  # from the left side of a cell's content to the words beside a mark

# Direction → the corners of its mark, for a mark of half-width 1; y runs down.
_CORNERS: Final[dict[str, tuple[Point, ...]]] = {
    "up": ((0, -1), (1, 0.85), (-1, 0.85)),
    "down": ((0, 1), (1, -0.85), (-1, -0.85)),
    "level": ((-1, -0.38), (1, -0.38), (1, 0.38), (-1, 0.38)),
    "mixed": ((0, -1), (1, 0), (0, 1), (-1, 0)),
    "none": ((-0.45, -0.45), (0.45, -0.45), (0.45, 0.45), (-0.45, 0.45)),
}


@dataclass(frozen=True, slots=True)
class Mark:
    """One finding, in `words` and as a mark.

    `shape` is a key of the table above; `filling` is `full`, `empty` or `open` (not told); `sense`
    is `better`, `worse` or empty.
    """

    shape: str
    filling: str
    sense: str
    words: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Grid:
    """Marks by row and column; `cells` has a list for each row, with the marks of each column."""

    rows: tuple[str, ...]
    columns: tuple[str, ...]
    cells: tuple[tuple[tuple[Mark, ...], ...], ...]


def draw_grid(grid: Grid, title: str, description: str) -> Drawing:
    """A grid as a drawing, with its heads on the left and above.

    >>> mark = Mark("down", "full", "better", ("lower", "P = 0.03"))
    >>> drawing = draw_grid(Grid(("Pain",), ("Study A",), (((mark,),),)), "A", "B")
    >>> [shape.text for shape in drawing.shapes if shape.tag == "text"]
    ['Study A', 'Pain', 'lower', 'P = 0.03']
    """
    heads = [wrap(text, _HEAD_TEXT, _CELL_WIDTH - 2 * _PADDING, 4) for text in grid.columns]
    rows = [wrap(text, _HEAD_TEXT, _HEAD_WIDTH - 2 * _PADDING, 5) for text in grid.rows]
    width = _HEAD_WIDTH + _CELL_WIDTH * len(grid.columns)
    top = max(map(len, heads), default=0) * _HEAD_LEADING + 2 * _PADDING
    shapes: list[Shape] = []
    for number, lines in enumerate(heads):
        x = _HEAD_WIDTH + number * _CELL_WIDTH + _PADDING
        shapes += _text(x, _PADDING, lines, "head-text")
    y = top
    for lines, cells in zip(rows, grid.cells, strict=True):
        shapes.append(Path(f"M0 {y:g}H{width:g}", "rule"))
        shapes += _text(_PADDING, y + _PADDING, lines, "head-text")
        tallest = len(lines) * _HEAD_LEADING
        for number, marks in enumerate(cells):
            x = _HEAD_WIDTH + number * _CELL_WIDTH + _PADDING
            drawn, height = _cell(x, y + _PADDING, marks)
            shapes += drawn
            tallest = max(tallest, height)
        y += tallest + 2 * _PADDING
    for number in range(len(grid.columns)):
        shapes.append(Path(f"M{_HEAD_WIDTH + number * _CELL_WIDTH:g} 0V{y:g}", "rule"))
    return Drawing(title, description, round(width), round(y), tuple(shapes))


def _cell(x: float, y: float, marks: Sequence[Mark]) -> tuple[list[Shape], float]:
    """The marks of a cell, one below the other, and how high they are together."""
    shapes: list[Shape] = []
    start = y
    for mark in marks:
        if y > start:
            y += _PADDING
        width = _CELL_WIDTH - _BESIDE - 2 * _PADDING
        lines = [text for words in mark.words for text in wrap(words, _TEXT, width, 2)]
        shapes += mark_at(x + _MARK, y + _MARK, mark)
        shapes += [
            line(x + _BESIDE, y + _TEXT + n * _LEADING, text, "words", "start")
            for n, text in enumerate(lines)
        ]
        y += max(len(lines) * _LEADING, 2 * _MARK)
    return shapes, y - start


def mark_at(x: float, y: float, mark: Mark) -> list[Shape]:
    """The mark alone, around a point."""
    corners = _CORNERS[mark.shape]
    style = f"mark {mark.filling} {mark.sense}".strip()
    shapes: list[Shape] = [polygon([(x + _MARK * a, y + _MARK * b) for a, b in corners], style)]
    if mark.filling == "open":
        shapes.append(rect(x - 1.5, y - 1.5, 3, 3, f"dot {mark.sense}".strip()))
    return shapes


def _text(x: float, y: float, lines: Sequence[str], style: str) -> list[Shape]:
    return [
        line(x, y + _HEAD_TEXT + n * _HEAD_LEADING, text, style, "start")
        for n, text in enumerate(lines)
    ]
