"""A chain of steps as a drawing: boxes for things, arrows with words on them for steps.

How firmly a step is said shows in the line, from solid to dotted, and stands on it in words.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from kg.site.drawings.layers import Placement, place
from kg.site.drawings.shapes import Drawing, Line, Shape, curve, line, polygon, rect
from kg.site.drawings.text import width_of, wrap

_BOX_WIDTH: Final = 158.0
_BOX_TEXT, _BOX_LINE = 13.0, 17.0
_STEP_WIDTH: Final = 124.0
_STEP_TEXT, _STEP_LINE = 12.0, 15.0
_PADDING: Final = 10.0
_MARGIN: Final = 6.0
_ARROW: Final = (9.0, 4.5)


@dataclass(frozen=True, slots=True)
class Box:
    """A thing in a chain; `marked` when the chain is shown for its sake."""

    text: str
    marked: bool = False


@dataclass(frozen=True, slots=True)
class Link:
    """A step between two boxes, by their numbers: what it says, and how firmly.

    `firmness` is the rank of the hedge, 0 when there is none.
    """

    start: int
    end: int
    text: str
    hedge: str = ""
    firmness: int = 0


def draw_chain(
    boxes: Sequence[Box], links: Sequence[Link], title: str, description: str
) -> Drawing:
    """Boxes and links as a drawing that reads from left to right.

    >>> drawing = draw_chain([Box("a"), Box("b")], [Link(0, 1, "blocks", "possible", 3)], "A", "B")
    >>> [shape.text for shape in drawing.shapes if isinstance(shape, Line)]
    ['a', 'b', 'blocks', 'possible']
    """
    texts = [wrap(box.text, _BOX_TEXT, _BOX_WIDTH - 2 * _PADDING, 4) for box in boxes]
    words = [_words(link) for link in links]
    sizes = {f"b{n}": _box_size(lines) for n, lines in enumerate(texts)}
    sizes |= {f"s{n}": _step_size(lines) for n, lines in enumerate(words)}
    edges = []
    for n, link in enumerate(links):
        edges += [(f"b{link.start}", f"s{n}"), (f"s{n}", f"b{link.end}")]
    placed = place(sizes, edges, between=34)
    shapes: list[Shape] = list(_arrows(placed, links))
    for n, box in enumerate(boxes):
        shapes += _box(placed, n, texts[n], "marked" if box.marked else "")
    for n, lines in enumerate(words):
        shapes += _step(placed, n, lines)
    return Drawing(
        title,
        description,
        round(placed.width + 2 * _MARGIN),
        round(placed.height + 2 * _MARGIN),
        tuple(shapes),
    )


def _words(link: Link) -> list[tuple[str, str]]:
    """The lines of a step's text, each with its style."""
    width = _STEP_WIDTH - _PADDING
    said = [(text, "step") for text in wrap(link.text, _STEP_TEXT, width, 3)]
    return said + [(text, "hedge") for text in wrap(link.hedge, _STEP_TEXT, width, 2)]


def _box_size(lines: Sequence[str]) -> tuple[float, float]:
    return _BOX_WIDTH, max(len(lines), 1) * _BOX_LINE + 2 * _PADDING - 2


def _step_size(lines: Sequence[tuple[str, str]]) -> tuple[float, float]:
    widest = max((width_of(text, _STEP_TEXT) for text, _ in lines), default=0)
    return widest + _PADDING, max(len(lines), 1) * _STEP_LINE + 4


def _arrows(placed: Placement, links: Sequence[Link]) -> list[Shape]:
    """Two curves for each link: up to its words, and from there to the head of the arrow."""
    shapes: list[Shape] = []
    for number, route in enumerate(placed.routes):
        link = links[number // 2]
        points = [(x + _MARGIN, y + _MARGIN) for x, y in route.points]
        style = f"edge firm-{min(link.firmness, 5)}"
        if number % 2 == 0:
            shapes.append(curve(points, style))
            continue
        long, half = _ARROW
        if route.back:
            (x, y), points[0] = points[0], (points[0][0] + long, points[0][1])
            points[1] = (max(points[1][0], points[0][0]), points[1][1])
        else:
            (x, y), points[-1] = points[-1], (points[-1][0] - long, points[-1][1])
            points[-2] = (min(points[-2][0], points[-1][0]), points[-2][1])
            long = -long
        shapes.append(curve(points, style))
        shapes.append(polygon([(x, y), (x + long, y - half), (x + long, y + half)], "arrow"))
    return shapes


def _box(placed: Placement, number: int, lines: Sequence[str], style: str) -> list[Shape]:
    box = placed.boxes[f"b{number}"]
    x, y = box.x + _MARGIN, box.y + _MARGIN
    top = y + _PADDING + _BOX_TEXT - 1
    return [
        rect(x, y, box.width, box.height, f"box {style}".strip()),
        *(
            line(x + box.width / 2, top + n * _BOX_LINE, text, f"name {style}".strip())
            for n, text in enumerate(lines)
        ),
    ]


def _step(placed: Placement, number: int, lines: Sequence[tuple[str, str]]) -> list[Line]:
    box = placed.boxes[f"s{number}"]
    x, y = box.x + box.width / 2 + _MARGIN, box.y + _MARGIN + _STEP_TEXT
    return [line(x, y + n * _STEP_LINE, text, style) for n, (text, style) in enumerate(lines)]
