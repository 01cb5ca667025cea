"""Where things live: the path of an IRI, and what is safe as one."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kg.site.addresses import is_servable, path_of, spelling

BASE = "https://example.org/"
_names = st.one_of(
    st.text("ab.~/-_%7eE?#é .h\\:t\u202e", max_size=12),
    st.builds(lambda start, n: start + "a" * n, st.sampled_from(["", "a/"]), st.integers(195, 205)),
)


@given(_names)
def test_a_path_is_spelt_and_judged_the_same_whether_plain_or_not(rest: str) -> None:
    whole = rest.partition("#")[0]
    path = spelling(whole)
    expected = path if "?" not in whole and is_servable(path) else None
    assert path_of(BASE + rest, BASE) == expected


@pytest.mark.parametrize(("length", "fits"), [(2_000, True), (2_002, False)])
def test_a_path_has_an_end(length: int, fits: bool) -> None:
    path = "a/" * (length // 2)
    assert path_of(BASE + path, BASE) == (path if fits else None)
