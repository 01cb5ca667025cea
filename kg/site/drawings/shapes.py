"""What a drawing is made of: plain shapes in the order in which they are painted.

`drawing.html` writes them as SVG. How a shape looks is said by its class in the style sheet alone,
for light, dark and print; nothing of a drawing is told by colour only.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import ClassVar

Point = tuple[float, float]


@dataclass(frozen=True, slots=True)
class Rect:
    """A rectangle with round corners."""

    tag: ClassVar[str] = "rect"
    x: str
    y: str
    width: str
    height: str
    style: str
    round: str = "4"


@dataclass(frozen=True, slots=True)
class Path:
    """Lines and curves, in SVG's path data."""

    tag: ClassVar[str] = "path"
    data: str
    style: str


@dataclass(frozen=True, slots=True)
class Line:
    """One line of text; `anchor` is what of it is at `x`: its start, middle or end."""

    tag: ClassVar[str] = "text"
    x: str
    y: str
    text: str
    style: str
    anchor: str = "middle"


Shape = Rect | Path | Line


@dataclass(frozen=True, slots=True)
class Drawing:
    """A drawing in pixels, with what it is called and what it shows, in words."""

    title: str
    description: str
    width: int
    height: int
    shapes: tuple[Shape, ...]


def number(value: float) -> str:
    """A coordinate as SVG has it, to a tenth of a pixel.

    >>> number(3.0), number(-0.04), number(2.25)
    ('3', '0', '2.2')
    """
    text = f"{value:.1f}".removesuffix(".0")
    return "0" if text == "-0" else text


def rect(x: float, y: float, width: float, height: float, style: str) -> Rect:
    """A rectangle."""
    return Rect(number(x), number(y), number(width), number(height), style)


def line(x: float, y: float, text: str, style: str, anchor: str = "middle") -> Line:
    """A line of text, its base line at `y`."""
    return Line(number(x), number(y), text, style, anchor)


def curve(points: Sequence[Point], style: str) -> Path:
    """Straight pieces, given by their two ends each, joined by curves that leave level."""
    data = [f"M{_pair(points[0])}"]
    for end, start in zip(points[1::2], [*points[2::2], None], strict=True):
        if end != points[0] or len(points) == 2:
            data.append(f"L{_pair(end)}")
        if start is not None:
            middle = (end[0] + start[0]) / 2
            data.append(f"C{_pair((middle, end[1]))} {_pair((middle, start[1]))} {_pair(start)}")
    return Path("".join(data), style)


def polygon(points: Iterable[Point], style: str) -> Path:
    """A closed shape."""
    return Path("M" + "L".join(map(_pair, points)) + "Z", style)


def _pair(point: Point) -> str:
    return f"{number(point[0])} {number(point[1])}"
