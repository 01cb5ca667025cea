"""JSON is read as the standard library reads it, with places, and numbers as written."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kg.sheets import Kind, Limits, Mapping, Mark, Node, Scalar, Sequence
from kg.sheets.json_nodes import read_json
from kg.sheets.nodes import Builder


def read(text: str, limits: Limits | None = None) -> Builder:
    builder = Builder("a.json", limits or Limits())
    read_json(text, builder)
    return builder


def rules(text: str) -> list[tuple[int, int, str]]:
    return [(p.line, p.column, p.rule) for p in read(text).problems]


def value_of(node: Node) -> object:
    """The node as Python's parser would give it."""
    match node:
        case Scalar(kind=Kind.TEXT):
            return node.text
        case Scalar():
            return json.loads(node.text)
        case Sequence(items=items):
            return [value_of(item) for item in items]
        case Mapping(entries=entries):
            return {key.text: value_of(value) for key, value in entries}


VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(),
    lambda below: st.lists(below, max_size=4) | st.dictionaries(st.text(), below, max_size=4),
    max_leaves=12,
)


@given(VALUES, st.sampled_from([None, 1, "\t"]), st.booleans())
def test_any_json_value_is_read_as_the_standard_library_reads_it(
    value: object, indent: int | str | None, ascii_only: bool
):
    text = json.dumps(value, indent=indent, ensure_ascii=ascii_only)
    builder = read(text)
    assert [value_of(root) for root in builder.roots] == [value]
    assert builder.problems == []


@given(VALUES, st.sampled_from([None, 1]))
def test_every_place_points_at_the_text_of_its_value(value: object, indent: int | None):
    text = json.dumps(value, indent=indent, ensure_ascii=False)
    lines = text.split("\n")

    def check(node: Node) -> None:
        rest = lines[node.mark.line - 1][node.mark.column - 1 :]
        match node:
            case Scalar(kind=Kind.TEXT):
                assert rest.startswith(json.dumps(node.text, ensure_ascii=False))
            case Scalar():
                assert rest.startswith(node.text)
            case Sequence(items=items):
                assert rest.startswith("[")
                for item in items:
                    check(item)
            case Mapping(entries=entries):
                assert rest.startswith("{")
                for key, below in entries:
                    check(key)
                    check(below)

    for root in read(text).roots:
        check(root)


@given(VALUES, st.data())
def test_a_text_that_breaks_off_is_a_problem_and_no_exception(value: object, data: st.DataObject):
    text = json.dumps([value])
    cut = text[: data.draw(st.integers(0, len(text) - 1))]
    builder = read(cut)
    assert [p.rule for p in builder.problems] == ["syntax"]


@given(st.text('{}[]:,"\\u0d8truefalsn1.-eE \n', max_size=30))
def test_whatever_the_standard_library_refuses_is_refused(text: str):
    try:
        json.loads(text, parse_constant=lambda _: 1 / 0)
        valid = True
    except (ValueError, ZeroDivisionError):
        valid = False
    refused = [
        p for p in read(text).problems if p.rule == "syntax" and "surrogate" not in p.message
    ]
    assert bool(refused) is not valid


def test_numbers_keep_the_text_they_were_written_in():
    (node,) = read("[0.030, 1E+2, -0, 123456789012345678901234567890]").roots
    assert [n.text for n in node.items] == [
        "0.030",
        "1E+2",
        "-0",
        "123456789012345678901234567890",
    ]
    assert {n.kind for n in node.items} == {Kind.NUMBER}


def test_a_number_of_a_million_digits_is_only_text():
    assert len(read("9" * 1_000_000).roots[0].text) == 1_000_000


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ("", (1, 1)),
        ("[1,]", (1, 4)),
        ('{"a": 1,}', (1, 9)),
        ("[1 2]", (1, 4)),
        ('{"a" 1}', (1, 6)),
        ("{1: 2}", (1, 2)),
        ("01", (1, 2)),
        ("+1", (1, 1)),
        (".5", (1, 1)),
        ("NaN", (1, 1)),
        ("nullx", (1, 5)),
        ('"a\nb"', (1, 3)),
        ('"\\x"', (1, 2)),
        ('{"a": 1}\n\n}', (3, 1)),
        ("[1]\n// no comments", (2, 1)),
        ("\ufeff[]", (1, 1)),
        ("{'a': 1}", (1, 2)),
        ("[}", (1, 2)),
    ],
)
def test_what_is_not_json_is_refused_at_its_place(text: str, place: tuple[int, int]):
    assert rules(text) == [(*place, "syntax")]


def test_keys_that_stand_twice_are_refused_at_the_second():
    assert rules('{"a": 1,\n "b": {"c": 1, "c": 2},\n "\\u0061": 3}') == [
        (2, 16, "duplicate-key"),
        (3, 2, "duplicate-key"),
    ]


@pytest.mark.parametrize("bomb", ["[", '{"a":', '[{"a":'])
def test_a_million_brackets_are_refused_at_the_depth_that_is_too_deep(bomb: str):
    assert [p.rule for p in read(bomb * 1_000_000).problems] == ["too-deep"]


def test_too_many_values_are_refused():
    assert [p.rule for p in read("[1, 2, 3]", Limits(nodes=4)).problems] == []
    assert [p.rule for p in read("[1, 2, 3]", Limits(nodes=3)).problems] == ["too-many-values"]


def test_half_a_surrogate_pair_is_refused_and_a_whole_one_is_a_character():
    builder = read('["\\ud83d\\ude00", "\\ud83d", "\\ude00\\ud83d"]')
    assert value_of(builder.roots[0]) == ["😀", "\ufffd", "\ufffd\ufffd"]
    assert [(p.column, p.rule) for p in builder.problems] == [(18, "syntax"), (28, "syntax")]


def test_the_line_of_a_problem_counts_from_the_line_the_text_starts_on():
    builder = Builder("a.jsonl", Limits())
    read_json('{"a": x}', builder, first_line=7)
    assert [(p.line, p.column) for p in builder.problems] == [(7, 7)]


def test_a_value_is_marked_behind_blanks_and_line_ends():
    assert read(' \r\n\t{"a":\n 1}').roots[0].mark == Mark(2, 2)
