"""Problems hold fields, know their order and say themselves on one line."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kg.errors import (
    ConfigError,
    KgError,
    LockedError,
    NonconformingError,
    NoReleaseError,
    Problem,
    QueryError,
    UnknownNameError,
    did_you_mean,
    printable,
)


def test_a_problem_without_a_line_is_about_the_whole_file():
    assert Problem("a.yaml", 0, 0, "m", "r").place == "a.yaml"
    assert Problem("a.yaml", 2, 3, "m", "r").place == "a.yaml:2:3"


def test_problems_sort_by_place_with_numbers_as_numbers():
    places = [("b", 1, 1), ("a", 10, 1), ("a", 9, 2), ("a", 9, 1), ("a", 0, 0)]
    problems = sorted((Problem(*p, "m", "r") for p in places), key=lambda p: p.order)
    assert [(p.file, p.line, p.column) for p in problems] == sorted(places)


def test_data_that_does_not_conform_exits_1_and_everything_else_2():
    assert NonconformingError(()).exit_code == 1
    others = (ConfigError, NoReleaseError, LockedError, QueryError, UnknownNameError, KgError)
    assert {error("x").exit_code for error in others} == {2}


def test_data_that_does_not_conform_tells_every_problem():
    problems = (Problem("a", 1, 2, "m", "r"), Problem("b", 0, 0, "n", "s"))
    error = NonconformingError(problems)
    assert error.problems == problems
    assert str(error) == "a:1:2: error: m (r)\nb: error: n (s)"


@given(st.text(max_size=60))
def test_any_text_is_printable_on_one_line(text: str):
    shown = printable(text)
    assert shown.isprintable()
    assert shown == text or not text.isprintable()


def test_text_that_a_terminal_shows_is_left_alone_and_long_text_is_cut():
    assert printable("é 😀 `x`") == "é 😀 `x`"
    assert len(printable("x" * 10**6)) < 2000


@pytest.mark.parametrize(
    ("name", "known", "meant"),
    [
        ("lable", ["label", "study"], "label"),
        ("PVALUE", ["pValue", "value"], "pValue"),
        ("xyz", ["label"], ""),
        ("", ["label"], ""),
        ("label", [], ""),
        ("ab", ["ac", "ad"], ""),
    ],
)
def test_only_a_close_name_is_suggested(name: str, known: list[str], meant: str):
    assert did_you_mean(name, known) == meant


def test_a_suggestion_does_not_depend_on_the_order_of_the_known_names():
    names = ["stuides", "studies", "studys"]
    assert did_you_mean("studie", names) == did_you_mean("studie", reversed(names))
