"""YAML is read as PyYAML reads it, with places, and without trusting it."""

from __future__ import annotations

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from kg.sheets import Kind, Limits, Mapping, Mark, Node, Scalar, Sequence
from kg.sheets import yaml_nodes as module
from kg.sheets.nodes import Builder, plain
from kg.sheets.yaml_nodes import read_yaml


def read(text: str, limits: Limits | None = None) -> Builder:
    builder = Builder("a.yaml", limits or Limits())
    read_yaml(text, builder)
    return builder


def rules(text: str) -> list[tuple[int, int, str]]:
    return [(p.line, p.column, p.rule) for p in read(text).problems]


TEXT = st.text(st.characters(codec="utf-8", exclude_characters="\x85\ufeff"), max_size=12)
TREES = st.recursive(
    TEXT,
    lambda below: st.lists(below, max_size=3) | st.dictionaries(TEXT, below, max_size=3),
    max_leaves=8,
)


@given(TREES, st.booleans())
def test_what_pyyaml_writes_is_read_back(tree: object, flow: bool):
    text = yaml.safe_dump(tree, allow_unicode=True, default_flow_style=flow)
    builder = read(text)
    assert builder.problems == []
    assert plain(builder.roots[0]) == tree


def scalars(node: Node) -> list[Scalar]:
    match node:
        case Mapping(entries=entries):
            return [s for key, value in entries for s in (key, *scalars(value))]
        case Sequence(items=items):
            return [s for item in items for s in scalars(item)]
        case _:
            return [node]


@given(st.lists(st.text("aä😀 ", min_size=1).map(str.strip).filter(bool), min_size=1, max_size=5))
def test_every_scalar_is_marked_where_its_text_begins(texts: list[str]):
    """Columns count code points, also outside the Basic Multilingual Plane."""
    text = "\n".join(f"🧲{number}: '{value}'" for number, value in enumerate(texts))
    lines = text.split("\n")
    for scalar in scalars(read(text).roots[0]):
        line = lines[scalar.mark.line - 1][scalar.mark.column - 1 :]
        assert line.lstrip("'").startswith(scalar.text)


def test_a_scalar_stays_the_text_it_was_written_as():
    words = ["NO", "12:30", "0.030", "0x1F", "2001-01-01", "1_000", ".inf"]
    assert plain(read(f"[{', '.join(words)}]").roots[0]) == words


def test_only_a_plain_null_is_no_value():
    (node,) = read("[~, null, '', 'null', !!str null]").roots
    kinds = [item.kind for item in node.items]
    assert kinds == [Kind.NULL, Kind.NULL, Kind.TEXT, Kind.TEXT, Kind.TEXT]


def test_each_document_of_a_stream_is_a_root():
    assert [plain(root) for root in read("a: b\n---\n- c\n...\n---\nd\n").roots] == [
        {"a": "b"},
        ["c"],
        "d",
    ]


@pytest.mark.parametrize("text", ["", "\n", "# only a comment\n", "%YAML 1.2\n---\n# x\n"])
def test_a_file_without_content_has_no_problem(text: str):
    assert read(text).problems == []


def test_an_alias_repeats_what_its_anchor_names():
    (node,) = read("a: &x {b: [c]}\nd: *x\n").roots
    assert plain(node) == {"a": {"b": ["c"]}, "d": {"b": ["c"]}}


@pytest.mark.parametrize(
    ("text", "place"),
    [("a: *b", (1, 4)), ("a: &b [*b]", (1, 8)), ("a: &b c\n---\nd: *b", (3, 4))],
    ids=["undefined", "recursive", "of another document"],
)
def test_an_alias_without_a_finished_anchor_is_refused(text: str, place: tuple[int, int]):
    assert rules(text) == [(*place, "alias")]


def test_an_alias_counts_as_deep_as_what_it_repeats():
    text = "a: &x [[[y]]]\nb: [[*x]]\n"
    assert rules_of(text, Limits(depth=5)) == ["too-deep"]
    assert rules_of(text, Limits(depth=6)) == []


def rules_of(text: str, limits: Limits) -> list[str]:
    return [p.rule for p in read(text, limits).problems]


def test_aliases_that_explode_are_refused_before_they_do():
    lines = ["- &a0 [x, x, x, x, x, x, x, x, x, x]"]
    lines += [f"- &a{i} [{', '.join([f'*a{i - 1}'] * 10)}]" for i in range(1, 40)]
    assert rules_of("\n".join(lines), Limits(nodes=10_000)) == ["too-many-values"]


@pytest.mark.parametrize("bomb", ["[", "{", "- ", "? ", "{a: ", "[{a: "])
def test_a_million_brackets_are_refused_at_the_depth_that_is_too_deep(bomb: str):
    builder = read(bomb * 1_000_000)
    assert [p.rule for p in builder.problems] == ["too-deep"]
    assert builder.problems[0].column <= 64 * len(bomb) + 1


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a: 1\nb: 2\na: 3\n", (3, 1)),
        ("x: {a: 1, 'a': 2}\n", (1, 11)),
        ("? a\n: 1\n? a\n: 2\n", (3, 3)),
    ],
)
def test_a_key_that_stands_twice_is_refused_at_the_second(text: str, expected: tuple[int, int]):
    assert rules(text) == [(*expected, "duplicate-key")]


def test_a_key_must_be_text():
    assert rules("? [a]\n: b\n? {c: d}\n: e\n") == [
        (1, 3, "key-not-text"),
        (3, 3, "key-not-text"),
        (3, 3, "duplicate-key"),
    ]


@pytest.mark.parametrize(
    "tag", ["!x", "!!python/object/apply:os.system", "!!binary", "!!set", "!!timestamp", "!<u:x>"]
)
def test_a_tag_beyond_the_core_schema_is_refused(tag: str):
    assert rules(f"a: {tag} b") == [(1, 4, "tag")]


@pytest.mark.parametrize("tag", ["!!str", "!", "!!int", "!<tag:yaml.org,2002:bool>"])
def test_a_tag_of_the_core_schema_changes_nothing(tag: str):
    assert plain(read(f"a: {tag} b").roots[0]) == {"a": "b"}


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a: b\n\tc: d", (2, 1)),
        ("a: 'b", (1, 6)),
        ("a: [b", (1, 6)),
        ("%YAML 9.0\n---\na: b", (1, 1)),
        ("a: b\x00c", (1, 5)),
        ("é: 😀\x07", (1, 5)),
        ("a: b\nc: \x1b[31m", (2, 4)),
        ('a: "\\ud800"', (1, 7)),
        ("--- a\n--- b: {\n", (2, 5)),
    ],
)
def test_a_syntax_error_is_placed(text: str, expected: tuple[int, int]):
    found = rules(text)
    assert found[-1][2] == "syntax"
    assert abs(found[-1][0] - expected[0]) <= 1


def test_a_character_that_yaml_forbids_is_named_at_its_place():
    (problem,) = read("a: b\nc: d\x07").problems
    assert (problem.line, problem.column, problem.rule) == (2, 5, "syntax")
    assert "U+0007" in problem.message


@pytest.mark.parametrize("text", ["a: {b: [c, 'd']}\n", "a: &x b\nc: *x\n", "a: [\n", "a: \x07"])
def test_without_the_c_parser_the_same_is_read(text: str, monkeypatch: pytest.MonkeyPatch):
    """PyYAML may be installed without libyaml; its own parser then does the work."""
    fast = read(text)
    monkeypatch.setattr(module, "_LOADER", yaml.SafeLoader)
    slow = read(text)
    assert slow.roots == fast.roots
    assert [(p.line, p.rule) for p in slow.problems] == [(p.line, p.rule) for p in fast.problems]


def test_without_the_c_parser_a_lone_surrogate_is_refused(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(module, "_LOADER", yaml.SafeLoader)
    assert rules('a: "\\ud800"') == [(1, 4, "syntax")]


def test_the_mark_of_a_mapping_is_its_first_key():
    (node,) = read("\n  a:\n    b: c\n").roots
    assert isinstance(node, Mapping)
    assert (node.mark, node.entries[0][1].mark) == (Mark(2, 3), Mark(3, 5))


def test_a_long_text_that_aliases_repeat_is_refused_before_it_fills_the_memory():
    text = f'a: &a "{"x" * 100_000}"\nb: [{", ".join(["*a"] * 5_000)}]\n'
    builder = Builder("a.yaml", Limits())
    read_yaml(text, builder)
    assert [problem.rule for problem in builder.problems] == ["too-many-values"]
