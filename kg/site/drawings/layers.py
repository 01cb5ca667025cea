"""A directed graph in layers from left to right, after Sugiyama, Tagawa and Toda (1981).

Pure geometry, the same for the same input: break cycles, give each node a layer, keep a lane free
for each edge that passes a layer, order each layer so that few edges cross, then move the nodes
towards their neighbours as far as they fit. Boxes never touch, and edges run only between columns
or in lanes of their own.
"""

from __future__ import annotations

import itertools
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

Name = str
Edge = tuple[Name, Name]
_SWEEPS: Final = 12
_LANE: Final = 10.0  # height of what is kept free for an edge that passes


@dataclass(frozen=True, slots=True)
class Box:
    """A rectangle by its upper left corner."""

    x: float
    y: float
    width: float
    height: float

    @property
    def middle(self) -> float:
        """The height at which edges join."""
        return self.y + self.height / 2


@dataclass(frozen=True, slots=True)
class Route:
    """An edge: the ends of its straight pieces, one piece per column; curves join them.

    `back` says that the arrow points to the left: the edge closes a cycle.
    """

    points: tuple[tuple[float, float], ...]
    back: bool


@dataclass(frozen=True, slots=True)
class Placement:
    """Where every node and every edge is, in a frame that starts at 0, 0."""

    boxes: dict[Name, Box]
    routes: tuple[Route, ...]
    width: float
    height: float


def place(
    sizes: Mapping[Name, tuple[float, float]],
    edges: Sequence[Edge],
    between: float = 40,
    apart: float = 14,
) -> Placement:
    """Nodes with their width and height, and edges between different ones → where they go.

    `between` is the space between columns, `apart` that between neighbours in one. The order of
    nodes and edges decides where the picture leaves a choice.

    >>> placed = place({"a": (30, 10), "b": (30, 10)}, [("a", "b")])
    >>> placed.boxes["b"].x, placed.routes[0].points
    (70.0, ((30.0, 5.0), (30.0, 5.0), (70.0, 5.0), (70.0, 5.0)))
    """
    turned = _closing(list(sizes), edges)
    forward = [(b, a) if back else (a, b) for (a, b), back in zip(edges, turned, strict=True)]
    layer = _layers(list(sizes), forward)
    paths, lanes = _lanes(forward, layer)
    heights = {name: height for name, (_, height) in sizes.items()} | dict.fromkeys(lanes, _LANE)
    columns = _columns([*sizes, *lanes], layer | lanes)
    links = [(a, b) for path in paths for a, b in itertools.pairwise(path)]
    columns = _ordered(columns, links)
    middles = _middles(columns, links, heights, apart)
    top = min((middles[n] - heights[n] / 2 for n in middles), default=0)
    lefts, widths = _column_places(columns, sizes, between)
    boxes = {
        name: Box(
            lefts[layer[name]] + (widths[layer[name]] - width) / 2,
            middles[name] - height / 2 - top,
            width,
            height,
        )
        for name, (width, height) in sizes.items()
    }
    routes = tuple(
        Route(tuple(_points(path, boxes, lanes, (lefts, widths), middles, top)), back)
        for path, back in zip(paths, turned, strict=True)
    )
    return Placement(
        boxes,
        routes,
        max((left + width for left, width in zip(lefts, widths, strict=True)), default=0),
        max((middles[n] + heights[n] / 2 - top for n in middles), default=0),
    )


def _closing(nodes: list[Name], edges: Sequence[Edge]) -> list[bool]:
    """Which edges close a cycle, by a depth-first search in the order given."""
    leaving: defaultdict[Name, list[int]] = defaultdict(list)
    for number, (start, _) in enumerate(edges):
        leaving[start].append(number)
    closing = [False] * len(edges)
    state: dict[Name, str] = {}
    for root in nodes:
        if root in state:
            continue
        state[root] = "open"
        stack = [(root, iter(leaving[root]))]
        while stack:
            node, rest = stack[-1]
            number = next(rest, -1)
            if number < 0:
                state[node] = "done"
                stack.pop()
                continue
            end = edges[number][1]
            if state.get(end) == "open":
                closing[number] = True
            elif end not in state:
                state[end] = "open"
                stack.append((end, iter(leaving[end])))
    return closing


def _layers(nodes: list[Name], edges: Sequence[Edge]) -> dict[Name, int]:
    """Each node as far left as its predecessors allow; a start right before what follows it."""
    after: defaultdict[Name, list[Name]] = defaultdict(list)
    waiting = dict.fromkeys(nodes, 0)
    for start, end in edges:
        if start != end:
            after[start].append(end)
            waiting[end] += 1
    starts = [node for node in nodes if not waiting[node]]
    layer = dict.fromkeys(nodes, 0)
    todo = list(starts)
    for node in todo:
        for end in after[node]:
            layer[end] = max(layer[end], layer[node] + 1)
            waiting[end] -= 1
            if not waiting[end]:
                todo.append(end)
    for node in starts:
        layer[node] = min((layer[end] for end in after[node]), default=1) - 1
    return layer


def _lanes(
    edges: Sequence[Edge], layer: Mapping[Name, int]
) -> tuple[list[list[Name]], dict[Name, int]]:
    """Each edge as a path that has a lane of its own in every layer it passes."""
    lanes: dict[Name, int] = {}
    paths = []
    for number, (start, end) in enumerate(edges):
        names = []
        for between in range(layer[start] + 1, layer[end]):
            name = f"\0{number}\0{between}"  # no node of a caller is called so
            lanes[name] = between
            names.append(name)
        paths.append([start, *names, end])
    return paths, lanes


def _columns(names: Sequence[Name], layer: Mapping[Name, int]) -> list[list[Name]]:
    columns: list[list[Name]] = [[] for _ in range(max(layer.values(), default=-1) + 1)]
    for name in names:
        columns[layer[name]].append(name)
    return columns


def _neighbours(links: Sequence[Edge]) -> tuple[dict[Name, list[Name]], dict[Name, list[Name]]]:
    left: defaultdict[Name, list[Name]] = defaultdict(list)
    right: defaultdict[Name, list[Name]] = defaultdict(list)
    for start, end in links:
        right[start].append(end)
        left[end].append(start)
    return left, right


def _ordered(columns: list[list[Name]], links: Sequence[Edge]) -> list[list[Name]]:
    """The columns with their nodes in an order with few crossings: barycentres, best of several."""
    left, right = _neighbours(links)
    best, fewest = columns, _crossings(columns, right)
    for sweep in range(_SWEEPS):
        if not fewest:
            break
        columns = [list(column) for column in columns]
        forth = sweep % 2 == 0
        pairs = range(1, len(columns)) if forth else range(len(columns) - 2, -1, -1)
        for number in pairs:
            fixed = columns[number - 1 if forth else number + 1]
            rank = {name: float(place) for place, name in enumerate(fixed)}
            own = {name: float(place) for place, name in enumerate(columns[number])}
            beside = left if forth else right
            columns[number].sort(
                key=lambda n, beside=beside, rank=rank, own=own: _mean(  # type: ignore[misc]
                    [rank[other] for other in beside.get(n, ())], own[n]
                )
            )
        crossings = _crossings(columns, right)
        if crossings < fewest:
            best, fewest = columns, crossings
    return best


def _mean(values: Sequence[float], otherwise: float) -> float:
    return sum(values) / len(values) if values else otherwise


def _crossings(columns: list[list[Name]], right: Mapping[Name, list[Name]]) -> int:
    """How many pairs of edges between neighbouring columns cross."""
    found = 0
    for column, following in itertools.pairwise(columns):
        rank = {name: place for place, name in enumerate(following)}
        ends: list[int] = []
        for name in column:
            new = [rank[end] for end in right.get(name, ())]
            found += sum(1 for end in new for before in ends if before > end)
            ends += new
    return found


def _middles(
    columns: list[list[Name]], links: Sequence[Edge], heights: Mapping[Name, float], apart: float
) -> dict[Name, float]:
    """The height of every node's middle: near its neighbours, in order, and not touching."""
    left, right = _neighbours(links)
    middles: dict[Name, float] = {}
    for column in columns:
        middles |= _spread(column, {}, heights, apart)
    for sweep in range(_SWEEPS):
        for column in columns if sweep % 2 == 0 else reversed(columns):
            wanted = {
                name: _mean([middles[n] for n in (*left.get(name, ()), *right.get(name, ()))],
                            middles[name])
                for name in column
            }  # fmt: skip
            middles |= _spread(column, wanted, heights, apart)
    return middles


def _spread(
    column: Sequence[Name],
    wanted: Mapping[Name, float],
    heights: Mapping[Name, float],
    apart: float,
) -> dict[Name, float]:
    """The places closest to those wanted that keep order and distance (isotonic regression)."""
    offsets, offset = [], 0.0
    for number, name in enumerate(column):
        if number:
            offset += heights[column[number - 1]] / 2 + apart + heights[name] / 2
        offsets.append(offset)
    blocks: list[tuple[float, int]] = []
    for name, down in zip(column, offsets, strict=True):
        total, count = wanted.get(name, down) - down, 1
        while blocks and blocks[-1][0] / blocks[-1][1] >= total / count:
            before = blocks.pop()
            total, count = total + before[0], count + before[1]
        blocks.append((total, count))
    shifts = [total / count for total, count in blocks for _ in range(count)]
    return {n: s + down for n, s, down in zip(column, shifts, offsets, strict=True)}


def _column_places(
    columns: list[list[Name]], sizes: Mapping[Name, tuple[float, float]], between: float
) -> tuple[list[float], list[float]]:
    widths = [
        max((sizes[name][0] for name in column if name in sizes), default=0.0) for column in columns
    ]
    lefts, left = [], 0.0
    for width in widths:
        lefts.append(left)
        left += width + between
    return lefts, widths


def _points(
    path: list[Name],
    boxes: Mapping[Name, Box],
    lanes: Mapping[Name, int],
    columns: tuple[list[float], list[float]],
    middles: Mapping[Name, float],
    top: float,
) -> list[tuple[float, float]]:
    """A straight piece in every column, so that a curve between two never meets a box."""
    lefts, widths = columns
    first, last = boxes[path[0]], boxes[path[-1]]
    pieces = [(first.x + first.width, first.middle), (_right(first, columns), first.middle)]
    for name in path[1:-1]:
        left, middle = lefts[lanes[name]], middles[name] - top
        pieces += [(left, middle), (left + widths[lanes[name]], middle)]
    return [*pieces, (_left(last, columns), last.middle), (last.x, last.middle)]


def _left(box: Box, columns: tuple[list[float], list[float]]) -> float:
    """The left side of the column that a box is in."""
    return max(left for left in columns[0] if left <= box.x)


def _right(box: Box, columns: tuple[list[float], list[float]]) -> float:
    left = _left(box, columns)
    return left + columns[1][columns[0].index(left)]
