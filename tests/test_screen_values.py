"""No value is missed: the fast engine takes no more of them than the reference engine."""

from __future__ import annotations

import re

import pytest
from differential import EX, P, Screening, foci, project_rules, rules_of
from hypothesis import example, given, settings
from hypothesis import strategies as st
from pyoxigraph import Literal, NamedNode, Quad

from kg import terms
from kg.screen.forms import SAFE_FORMS
from kg.screen.patterns import UnknownPatternError, fast_pattern


@pytest.mark.parametrize(
    "datatype",
    [*sorted(SAFE_FORMS), *(terms.XSD + n for n in ("decimal", "double", "float", "boolean"))],
)
@settings(max_examples=8, deadline=None)
@given(data=st.data())
def test_no_form_of_a_datatype_is_missed(datatype: str, data: st.DataObject) -> None:
    letters = "0123456789+-.eEPYMDTHSZ: \u0661\uff11_INFat\n"
    forms = data.draw(st.lists(st.text(letters, min_size=1, max_size=12), min_size=80, unique=True))
    forms += ["9" * 4301, "9" * 101, "-0", "P1YT", "0000", "1" * 40 + ".5", "0." + "1" * 40]
    rules = rules_of(f"sh:property [ sh:path ex:p ; sh:datatype <{datatype}> ]")
    literals = [Literal(form, datatype=NamedNode(datatype)) for form in forms]
    quads = [Quad(NamedNode(f"{EX}{i}"), P, literal) for i, literal in enumerate(literals)]
    missed = foci(quads, rules) - Screening(rules).flagged([quads])
    assert [literals[int(iri.removeprefix(EX))] for iri in missed] == []


TEXTS = st.text(
    st.sampled_from("ab01-_.[]/ \t\n\x1c\x85\xa0\u2028\u0661\u00e9\u212a{}^$\\"), max_size=6
)
ATOMS = st.sampled_from(
    [
        *"ab01-_/ ",
        ".",
        r"\.",
        r"\d",
        r"\w",
        r"\s",
        r"\S",
        r"\n",
        r"\-",
        "^",
        "$",
        "[ab]",
        "[^ab]",
        *("[a-b0]", r"[\d_]", r"[\s-]", "[^-a]", r"[^\]]", "[.^$]", "\u00e9", r"\{", r"[ -\x7e]"),
    ]
)


def _patterns() -> st.SearchStrategy[str]:
    def bigger(inner: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
        return st.one_of(
            st.tuples(inner, inner).map("".join),
            st.tuples(inner, inner).map("|".join),
            st.tuples(inner, st.sampled_from(["*", "+", "?", "{2}", "{1,}", "{0,2}", "*?"])).map(
                lambda pair: f"({pair[0]}){pair[1]}"
            ),
            inner.map(lambda text: f"(?:{text})"),
            inner.map(lambda text: f"^{text}$"),
        )

    return st.recursive(ATOMS, bigger, max_leaves=6)


@settings(max_examples=150, deadline=None)
@given(pattern=_patterns(), texts=st.lists(TEXTS, min_size=20, unique=True))
@example(pattern=r"^\S+$", texts=["\x1c", "\x85", "\u3000", "a"])
@example(pattern=r"^a$", texts=["a\n", "a"])
def test_no_text_is_missed_by_a_pattern(pattern: str, texts: list[str]) -> None:
    try:
        fast_pattern(pattern)
    except UnknownPatternError:
        return
    rules = [
        q
        for q in rules_of("sh:property [ sh:path ex:p ; sh:pattern '' ]")
        if q.object != Literal("")
    ]
    (shape,) = (q.subject for q in rules if q.predicate.value == terms.SH + "path")
    rules.append(Quad(shape, NamedNode(terms.SH + "pattern"), Literal(pattern)))
    quads = [Quad(NamedNode(f"{EX}{i}"), P, Literal(text)) for i, text in enumerate(texts)]
    wrong = {f"{EX}{i}" for i, text in enumerate(texts) if not re.search(pattern, text)}
    assert wrong <= Screening(rules).flagged([quads])


@pytest.mark.parametrize(
    "pattern",
    [
        *("(?=a)", "(?!a)", "(?<=a)", "(?P<n>a)", r"(a)\1", "(?i)a", r"\bword", r"\D", r"\W"),
        *(
            "a**",
            "a*+",
            "a++",
            "a?+",
            "a{2}+",
            "{2}",
            "a{,2}",
            "a{2",
            "(a{999}){999}",
            "[[:alpha:]]",
            "[]a]",
        ),
        *(
            r"[^\d]",
            r"[\d-z]",
            r"[a-\d]",
            r"\p{L}",
            r"\x41",
            r"\Z",
            r"\A",
            "(",
            "[a",
            "*",
            "(?#c)a",
        ),
    ],
)
def test_other_patterns_are_left_to_the_reference_engine(pattern: str) -> None:
    with pytest.raises(UnknownPatternError):
        fast_pattern(pattern)


def test_patterns_of_the_project_are_known() -> None:
    patterns = {
        q.object.value for q in project_rules() if q.predicate.value == terms.SH + "pattern"
    }
    for pattern in patterns:
        if "(?=" not in pattern:
            assert fast_pattern(pattern)
