"""Results as tables in Markdown."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Sequence
from itertools import pairwise
from typing import Final

from benchmarks.results import BROKEN, CHANGED, CLEAN, Results, Row

KG: Final = "kg build --no-files"
FLOOR: Final = "oxigraph load of N-Quads, not validated"


def format_results(results: Results) -> str:
    """All tables."""
    parts = [", ".join(f"{key} {value}" for key, value in results.machine.items())]
    for documents in sorted({row.documents for row in results.group(CLEAN)}):
        rows = [row for row in results.group(CLEAN) if row.documents == documents]
        parts.append(f"### {documents:,} documents\n\n{_table(_clean(rows))}")
    for title, lines in (
        ("Growth", _growth(results)),
        ("After a change", _changed(results)),
        ("With errors", _broken(results)),
        ("Where the time of the peers goes", _stages(results)),
    ):
        table = _table(lines)
        if table:
            parts.append(f"### {title}\n\n{table}")
    return "\n\n".join(parts) + "\n"


Line = tuple[str, ...]


def _table(lines: Iterable[Line]) -> str:
    """Lines of cells, the first of them the head; numbers are put to the right. '' for no rows."""
    head, *rows = lines
    if not rows:
        return ""
    rule = ["---" if index < 1 else "---:" for index in range(len(head))]
    return "\n".join(f"| {' | '.join(line)} |" for line in (head, rule, *rows))


def _clean(rows: list[Row]) -> Iterator[Line]:
    yield (
        "what",
        "wall",
        "CPU",
        "peak memory",
        "quads/s",
        "of the floor",
        "kg is as fast",
        "result",
    )
    named = {row.name: row for row in rows if row.measured}
    floor, kg = named.get(FLOOR), named.get(KG)
    for row in rows:
        if not row.measured:
            yield (row.name, row.state, "", "", "", "", "", row.note)
            continue
        of_floor = f"{row.seconds / floor.seconds:.2f}" if floor else ""
        of_kg = f"{row.seconds / kg.seconds:.1f} times" if kg and row is not kg else ""
        rate = f"{row.quads / row.seconds:,.0f}"
        yield (row.name, *_cost(row), rate, of_floor, of_kg, row.note)


def _cost(row: Row) -> Line:
    return (f"{row.seconds:,.2f} s", f"{row.cpu:,.2f} s", f"{row.memory / 1e6:,.0f} MB")


def _growth(results: Results) -> Iterator[Line]:
    yield ("what", "documents", "times as long", "exponent", "times the memory")
    for name in dict.fromkeys(row.name for row in results.group(CLEAN)):
        rows = [row for row in results.group(CLEAN) if row.name == name and row.measured]
        rows.sort(key=lambda row: row.documents)
        if len(rows) < 2:
            continue
        exponent = fit_exponent([(row.documents, row.seconds) for row in rows])
        yield (
            name,
            " → ".join(f"{row.documents:,}" for row in rows),
            _steps([row.seconds for row in rows]),
            f"{exponent:.2f}",
            _steps([row.memory for row in rows]),
        )


def _steps(values: Sequence[float]) -> str:
    return ", ".join(f"{after / before:.1f}" for before, after in pairwise(values))


def fit_exponent(points: list[tuple[float, float]]) -> float:
    """The exponent of the power law through points, by least squares of logarithms.

    >>> round(fit_exponent([(1, 3), (10, 300), (100, 30_000)]), 3)
    2.0
    """
    logs = [(math.log(x), math.log(y)) for x, y in points]
    mean_x = sum(x for x, _ in logs) / len(logs)
    mean_y = sum(y for _, y in logs) / len(logs)
    above = sum((x - mean_x) * (y - mean_y) for x, y in logs)
    below = sum((x - mean_x) * (x - mean_x) for x, _ in logs)
    return above / below


def _changed(results: Results) -> Iterator[Line]:
    yield ("what", "documents", "wall", "CPU", "peak memory", "of a clean build", "result")
    for row in results.group(CHANGED):
        yield (row.name, f"{row.documents:,}", *_beside_clean(results, row))


def _broken(results: Results) -> Iterator[Line]:
    yield ("what", "documents", "wall", "CPU", "peak memory", "of a clean build", "result")
    for row in results.group(BROKEN):
        yield (row.name, f"{row.documents:,}", *_beside_clean(results, row))


def _beside_clean(results: Results, row: Row) -> Line:
    if not row.measured:
        return (row.state, "", "", "", row.note)
    group = CHANGED if row.group == CHANGED else CLEAN
    first = next((r for r in results.group(group) if r.documents == row.documents), None)
    clean = results.find(KG, row.documents) if group == CLEAN else first
    ratio = f"{row.seconds / clean.seconds:.2f}" if clean and clean is not row else ""
    return (*_cost(row), ratio, row.note)


def _stages(results: Results) -> Iterator[Line]:
    yield ("what", "documents", "seconds")
    for row in results.group(CLEAN):
        if row.stages:
            told = ", ".join(f"{name} {seconds:,.1f}" for name, seconds in row.stages.items())
            yield (row.name, f"{row.documents:,}", told)
