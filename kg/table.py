"""Rows of text for a terminal: side by side where they fit, else one record below the other."""

from __future__ import annotations

import io
from collections.abc import Sequence
from typing import Final

from kg.errors import printable

# A column narrower than this, or than its longest word, is hard to read.
_READABLE: Final = 24
_GAP: Final = 3

Cell = tuple[str, str]
"""A text and, for a thing, its short name; the second may be empty."""


def format_rows(names: Sequence[str], rows: Sequence[Sequence[Cell]], width: int) -> str:
    """Columns if each gets a readable width within `width` characters, else records; a count last.

    Control characters are shown as such: data must not steer a terminal.

    >>> print(format_rows(["mineral", "symbol"], [[("Iron", "mineral/iron"), ("Fe", "")]], 80))
     mineral        symbol
     ─────────────────────
     Iron           Fe
     mineral/iron
    1 row
    >>> print(format_rows(["mineral", "symbol"], [[("Iron", "mineral/iron"), ("Fe", "")]], 12))
    ─ 1
    mineral  Iron (mineral/iron)
    symbol   Fe
    1 row
    """
    shown = [
        [(printable(text, lines=True), printable(short)) for text, short in row] for row in rows
    ]
    needed = sum(_needed(name, [row[i] for row in shown]) + _GAP for i, name in enumerate(names))
    body = _records(names, shown) if needed > width else _columns(names, shown, width)
    return f"{body}{len(rows)} row{'' if len(rows) == 1 else 's'}"


def _shown(cell: Cell) -> Cell:
    text, short = cell
    return printable(text, lines=True), printable(short, lines=True)


def _needed(name: str, column: Sequence[Cell]) -> int:
    texts = [part for cell in column for part in cell]
    longest = max((len(text) for text in texts), default=0)
    word = max((len(word) for text in texts for word in text.split()), default=0)
    return max(len(name), min(longest, _READABLE), min(word, 2 * _READABLE))


def _columns(names: Sequence[str], rows: Sequence[Sequence[Cell]], width: int) -> str:
    from rich import box
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    table = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    for name in names:
        table.add_column(name, overflow="fold")
    for row in rows:
        table.add_row(*(Text("\n".join(part for part in cell if part)) for cell in row))
    out = io.StringIO()
    Console(file=out, width=width, color_system=None, legacy_windows=False).print(table)
    lines = (line.rstrip() for line in out.getvalue().splitlines())
    return "".join(f"{line}\n" for line in lines if line)


def _records(names: Sequence[str], rows: Sequence[Sequence[Cell]]) -> str:
    label = max((len(name) for name in names), default=0)
    lines = []
    for number, row in enumerate(rows, start=1):
        lines.append(f"─ {number}")
        for name, (text, short) in zip(names, row, strict=True):
            value = f"{text} ({short})" if short else text
            if value:
                lines.append(f"{name:<{label}}  {value}")
    return "".join(f"{line}\n" for line in lines)
