"""Drawings: nothing overlaps, nothing leaves the frame, whatever is drawn."""

from __future__ import annotations

import itertools

from hypothesis import given, settings
from hypothesis import strategies as st

from kg.site.drawings.chain import Box, Link, draw_chain
from kg.site.drawings.grid import Grid, Mark, draw_grid
from kg.site.drawings.layers import Edge, Placement, place
from kg.site.drawings.shapes import Drawing, Line, Path, Rect
from kg.site.drawings.text import width_of, wrap

HOSTILE = '<script>alert("x")</script> & \' </svg> \x00\u202e\U0001f9ea مغنيسيوم ' + "W" * 300
LABELS = st.one_of(st.text(max_size=80), st.just(HOSTILE), st.just(""))


@st.composite
def graphs(draw: st.DrawFn) -> tuple[dict[str, tuple[float, float]], list[Edge]]:
    """Nodes of any size, with edges in any direction, cycles and parallel ones among them."""
    count = draw(st.integers(1, 14))
    names = [f"n{number}" for number in range(count)]
    sizes = {
        name: (
            draw(st.sampled_from([20.0, 90.0, 160.0])),
            draw(st.sampled_from([10.0, 33.0, 70.0])),
        )
        for name in names
    }
    pairs = st.tuples(st.sampled_from(names), st.sampled_from(names)).filter(lambda e: e[0] != e[1])
    edges = draw(st.lists(pairs, max_size=25)) if count > 1 else []
    return sizes, edges


def overlapping(placed: Placement) -> list[tuple[str, str]]:
    """The pairs of boxes that share any area."""
    return [
        (a, b)
        for (a, one), (b, other) in itertools.combinations(placed.boxes.items(), 2)
        if one.x < other.x + other.width - 0.01
        and other.x < one.x + one.width - 0.01
        and one.y < other.y + other.height - 0.01
        and other.y < one.y + one.height - 0.01
    ]


@settings(max_examples=60)
@given(graphs())
def test_boxes_never_touch_and_stay_in_the_frame(
    graph: tuple[dict[str, tuple[float, float]], list[Edge]],
) -> None:
    sizes, edges = graph
    placed = place(sizes, edges)
    assert overlapping(placed) == []
    for name, box in placed.boxes.items():
        assert (box.width, box.height) == sizes[name]
        assert box.x >= -0.01
        assert box.y >= -0.01
        assert box.x + box.width <= placed.width + 0.01
        assert box.y + box.height <= placed.height + 0.01


@settings(max_examples=60)
@given(graphs())
def test_edges_go_from_box_to_box_and_through_none(
    graph: tuple[dict[str, tuple[float, float]], list[Edge]],
) -> None:
    sizes, edges = graph
    placed = place(sizes, edges)
    for (start, end), route in zip(edges, placed.routes, strict=True):
        left, right = (end, start) if route.back else (start, end)
        first, last = placed.boxes[left], placed.boxes[right]
        assert route.points[0] == (first.x + first.width, first.middle)
        assert route.points[-1] == (last.x, last.middle)
        xs = [x for x, _ in route.points]
        assert xs == sorted(xs), "an edge runs to the right all the way"
        # The straight pieces lie in columns; the curves between them, where no box is.
        for (x1, y), (x2, y2) in zip(route.points[::2], route.points[1::2], strict=True):
            assert abs(y - y2) < 0.01
            for name, box in placed.boxes.items():
                inside = box.x < x2 - 0.01 and x1 + 0.01 < box.x + box.width
                if name not in (left, right) and inside:
                    assert not box.y + 0.01 < y < box.y + box.height - 0.01


@settings(max_examples=30)
@given(graphs())
def test_an_edge_turns_back_only_where_there_is_a_cycle(
    graph: tuple[dict[str, tuple[float, float]], list[Edge]],
) -> None:
    sizes, edges = graph
    forward = [(a, b) for a, b in edges if a < b]
    assert not any(route.back for route in place(sizes, forward).routes)


def test_the_same_graph_is_placed_in_the_same_way() -> None:
    sizes = dict.fromkeys("abcdef", (50.0, 20.0))
    edges = [("a", "b"), ("b", "c"), ("c", "a"), ("a", "d"), ("d", "e"), ("b", "e"), ("e", "f")]
    assert place(sizes, edges) == place(sizes, edges)


def test_few_edges_cross() -> None:
    """Two chains side by side do not: the order of a column follows the one before."""
    sizes = dict.fromkeys(("a", "b", "d", "c"), (50.0, 20.0))
    placed = place(sizes, [("a", "c"), ("b", "d")])
    above = placed.boxes["a"].y < placed.boxes["b"].y
    assert above == (placed.boxes["c"].y < placed.boxes["d"].y)


def test_nothing_can_be_placed() -> None:
    assert place({}, []) == Placement({}, (), 0, 0)


def test_sixty_boxes_are_placed_quickly_and_a_star_has_one_column_per_side() -> None:
    sizes = {f"n{number}": (100.0, 30.0) for number in range(60)}
    placed = place(sizes, [("n0", f"n{number}") for number in range(1, 60)])
    assert len({box.x for box in placed.boxes.values()}) == 2
    assert overlapping(placed) == []


def lines(drawing: Drawing) -> list[Line]:
    return [shape for shape in drawing.shapes if isinstance(shape, Line)]


def left_and_right(line: Line) -> tuple[float, float]:
    size = 13 if line.style.split()[0] in ("name", "head-text") else 12
    width, x = width_of(line.text, size), float(line.x)
    return (x, x + width) if line.anchor == "start" else (x - width / 2, x + width / 2)


@settings(max_examples=40)
@given(
    st.lists(st.tuples(LABELS, st.booleans()), min_size=1, max_size=8),
    st.lists(
        st.tuples(st.integers(0, 7), st.integers(0, 7), LABELS, st.integers(0, 9)), max_size=12
    ),
)
def test_the_text_of_a_chain_stays_in_its_box_and_in_the_frame(
    things: list[tuple[str, bool]], steps: list[tuple[int, int, str, int]]
) -> None:
    boxes = [Box(text, marked) for text, marked in things]
    links = [
        Link(start % len(boxes), end % len(boxes), text, text[:9], firmness)
        for start, end, text, firmness in steps
    ]
    drawing = draw_chain(boxes, links, "title", "description")
    rects = [shape for shape in drawing.shapes if isinstance(shape, Rect)]
    assert len(rects) == len(boxes)
    for line in lines(drawing):
        left, right = left_and_right(line)
        assert left >= -1
        assert right <= drawing.width + 1
        if line.style.startswith("name"):
            x, y = float(line.x), float(line.y)
            homes = [
                r for r in rects
                if abs(float(r.x) + float(r.width) / 2 - x) < 1
                and float(r.y) < y < float(r.y) + float(r.height)
            ]  # fmt: skip
            assert homes
            assert left >= float(homes[0].x)
            assert right <= float(homes[0].x) + float(homes[0].width)


def test_a_step_from_a_thing_to_itself_is_drawn() -> None:
    drawing = draw_chain([Box("pain")], [Link(0, 0, "worsens", "asserted", 5)], "t", "d")
    assert [line.text for line in lines(drawing)] == ["pain", "worsens", "asserted"]
    assert sum(isinstance(shape, Path) for shape in drawing.shapes) == 3  # two curves and a head


def test_how_firm_a_step_is_shows_in_its_line_and_in_words() -> None:
    links = [Link(0, 1, "blocks", "asserted", 5), Link(0, 2, "reduces", "possible", 3)]
    drawing = draw_chain([Box("a"), Box("b"), Box("c")], links, "t", "d")
    styles = {shape.style for shape in drawing.shapes if isinstance(shape, Path)}
    assert styles == {"edge firm-5", "edge firm-3", "arrow"}
    assert {"asserted", "possible"} <= {line.text for line in lines(drawing)}


MARKS = st.builds(
    Mark,
    st.sampled_from(["up", "down", "level", "mixed", "none"]),
    st.sampled_from(["full", "empty", "open"]),
    st.sampled_from(["better", "worse", ""]),
    st.lists(LABELS, max_size=4).map(tuple),
)


@settings(max_examples=40)
@given(st.data())
def test_the_words_of_a_map_stay_in_their_cells(data: st.DataObject) -> None:
    rows = data.draw(st.lists(LABELS, min_size=1, max_size=4))
    columns = data.draw(st.lists(LABELS, min_size=1, max_size=4))
    cells = tuple(
        tuple(tuple(data.draw(st.lists(MARKS, max_size=2))) for _ in columns) for _ in rows
    )
    drawing = draw_grid(Grid(tuple(rows), tuple(columns), cells), "title", "description")
    seams = sorted(
        float(shape.data[1:].split()[0])
        for shape in drawing.shapes
        if isinstance(shape, Path) and "V" in shape.data
    )
    edges = [0.0, *seams, float(drawing.width)]
    for line in lines(drawing):
        left, right = left_and_right(line)
        cell = max(number for number, edge in enumerate(edges) if edge <= left)
        assert right <= edges[cell + 1]
        assert 0 < float(line.y) <= drawing.height


def test_a_mark_tells_direction_and_significance_by_its_shape() -> None:
    def shapes(shape: str, filling: str) -> list[object]:
        mark = Mark(shape, filling, "", ("x",))
        drawn = draw_grid(Grid(("r",), ("c",), (((mark,),),)), "t", "d").shapes
        return [s for s in drawn if not isinstance(s, Line) and s.style.startswith(("mark", "dot"))]

    kinds = {
        (shape, filling): shapes(shape, filling)
        for shape in ("up", "down", "level", "mixed", "none")
        for filling in ("full", "empty", "open")
    }
    told = {tuple((getattr(s, "data", ""), getattr(s, "style", "")) for s in drawn)
            for drawn in kinds.values()}  # fmt: skip
    assert len(told) == len(kinds)


@given(st.text(max_size=300), st.integers(1, 4))
def test_lines_fit(text: str, most: int) -> None:
    broken = wrap(text, 12, 100, most)
    assert len(broken) <= most
    for line in broken:
        assert width_of(line, 12) <= 100 or len(line) == 1


def test_a_label_of_a_million_characters_costs_nothing() -> None:
    assert wrap("magnesium " * 100_000, 12, 120, 3)[-1].endswith("…")
    assert wrap("W" * 1_000_000, 12, 120, 3)[-1].endswith("…")


def test_what_turns_or_hides_text_is_left_out() -> None:
    assert wrap("a\u202eb\x00c\u200bd", 12, 100, 2) == ("abcd",)
