"""The growth of time and memory with the number of documents, drawn as SVG."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Final
from xml.sax.saxutils import escape

from benchmarks.results import CLEAN, Results, Row

_WIDTH, _HEIGHT = 460, 320
_LEFT, _TOP = 70, 56
_GAP: Final = 110
_KEY: Final = 22

# Readable on white and on black alike, and told apart by shape as well (Okabe and Ito, 2008).
_COLOURS: Final = ("#0a7fc4", "#d55e00", "#00916a", "#b8860b", "#b5659b", "#7d7d7d")
_MARKS: Final = ("circle", "square", "diamond", "triangle", "cross", "plus")

_STYLE: Final = """
  svg { color: #222; background: #fff; font: 13px system-ui, sans-serif; }
  @media (prefers-color-scheme: dark) { svg { color: #ddd; background: #111; } }
  text { fill: currentColor; }
  .grid { stroke: currentColor; stroke-opacity: .2; }
  .axis { stroke: currentColor; }
  .line { fill: none; stroke-width: 2; }
"""


@dataclass(frozen=True)
class _Axis:
    """A logarithmic axis from one power of ten to another, over so many pixels from `start`."""

    low: int
    high: int
    start: float
    length: float

    def at(self, value: float) -> float:
        share = (math.log10(value) - self.low) / (self.high - self.low)
        return self.start + share * self.length

    @property
    def ticks(self) -> list[float]:
        return [10.0**power for power in range(self.low, self.high + 1)]


def _axis(values: list[float], start: float, length: float) -> _Axis:
    logs = [math.log10(value) for value in values]
    low, high = math.floor(min(logs)), math.ceil(max(logs))
    return _Axis(low, max(high, low + 1), start, length)


def plot_growth(results: Results) -> str:
    """The plot: to the left wall time, to the right peak memory, both axes logarithmic.

    Raises `ValueError` when nothing was measured.
    """
    rows = [row for row in results.group(CLEAN) if row.measured]
    if not rows:
        raise ValueError("nothing was measured, so there is nothing to draw")
    names = list(dict.fromkeys(row.name for row in rows))
    width = 2 * _WIDTH + _GAP + _LEFT + 20
    height = _TOP + _HEIGHT + 60 + _KEY * len(names)
    title = "Time and memory by the number of documents"
    told = "; ".join(_told(name, rows) for name in names)
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" role="img" '
        f'aria-labelledby="title description">',
        f'<title id="title">{title}</title>',
        f'<desc id="description">{escape(told)}</desc>',
        f"<style>{_STYLE}</style>",
        *_panel(rows, names, 0, "wall time", lambda row: row.seconds, _seconds),
        *_panel(rows, names, 1, "peak memory", lambda row: row.memory, _bytes),
        *_legend(names, _TOP + _HEIGHT + 62),
        "</svg>",
    ]
    return "\n".join(parts) + "\n"


def _told(name: str, rows: list[Row]) -> str:
    own = (row for row in rows if row.name == name)
    points = (
        f"{row.documents:,} documents {_seconds(row.seconds)}, {_bytes(row.memory)}" for row in own
    )
    return f"{name}: {', '.join(points)}"


def _panel(
    rows: list[Row],
    names: list[str],
    place: int,
    title: str,
    value: Callable[[Row], float],
    unit: Callable[[float], str],
) -> Iterator[str]:
    left = _LEFT + place * (_WIDTH + _GAP)
    across = _axis([row.documents for row in rows], left, _WIDTH)
    up = _axis([value(row) for row in rows], _TOP + _HEIGHT, -_HEIGHT)
    yield f'<text x="{left}" y="{_TOP - 24}" font-weight="bold">{title}</text>'
    bottom, right = _TOP + _HEIGHT, left + _WIDTH
    for tick in across.ticks:
        x = across.at(tick)
        yield f'<line class="grid" x1="{x:.1f}" x2="{x:.1f}" y1="{_TOP}" y2="{bottom}"/>'
        yield f'<text x="{x:.1f}" y="{bottom + 20}" text-anchor="middle">{tick:,.0f}</text>'
    for tick in up.ticks:
        y = up.at(tick)
        yield f'<line class="grid" x1="{left}" x2="{right}" y1="{y:.1f}" y2="{y:.1f}"/>'
        yield f'<text x="{left - 8}" y="{y + 4:.1f}" text-anchor="end">{unit(tick)}</text>'
    yield f'<path class="axis" fill="none" d="M{left} {_TOP}V{bottom}H{right}"/>'
    yield f'<text x="{left + _WIDTH / 2}" y="{bottom + 42}" text-anchor="middle">documents</text>'
    for index, name in enumerate(names):
        own = sorted((r for r in rows if r.name == name), key=lambda row: row.documents)
        points = [(across.at(row.documents), up.at(value(row))) for row in own]
        line = " ".join(f"{x:.1f},{y:.1f}" for x, y in points)
        yield f'<polyline class="line" stroke="{_colour(index)}" points="{line}"/>'
        for x, y in points:
            yield _mark(index, x, y)


def _legend(names: list[str], top: float) -> Iterator[str]:
    for index, name in enumerate(names):
        y = top + _KEY * index
        yield f'<path class="line" stroke="{_colour(index)}" d="M{_LEFT} {y}h36"/>'
        yield _mark(index, _LEFT + 18, y)
        yield f'<text x="{_LEFT + 46}" y="{y + 4}">{escape(name)}</text>'


def _colour(index: int) -> str:
    return _COLOURS[index % len(_COLOURS)]


def _mark(index: int, x: float, y: float) -> str:
    shapes = {
        "circle": "m-4 0a4 4 0 1 0 8 0a4 4 0 1 0 -8 0z",
        "square": "m-4 -4h8v8h-8z",
        "diamond": "m0 -5l5 5l-5 5l-5 -5z",
        "triangle": "m0 -5l5 9h-10z",
        "cross": "m-4 -4l8 8m0 -8l-8 8",
        "plus": "m-5 0h10m-5 -5v10",
    }
    shape = shapes[_MARKS[index % len(_MARKS)]]
    colour = _colour(index)
    return f'<path d="M{x:.1f} {y:.1f}{shape}" fill="{colour}" stroke="{colour}"/>'


def _seconds(value: float) -> str:
    return f"{value:,.3g} s" if value < 1000 else f"{value:,.0f} s"


def _bytes(value: float) -> str:
    return f"{value / 1e9:,.3g} GB" if value >= 1e9 else f"{value / 1e6:,.3g} MB"
