"""References resolve by RFC 3986, and minted IRIs are stable and plain."""

from __future__ import annotations

import re
from pathlib import PurePosixPath

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pyoxigraph import NamedNode, RdfFormat, parse

from kg.iris import graph_iri, local_name, nested_iri, resolve_iri, slug

BASE = "http://a/b/c/d;p?q"


@pytest.mark.parametrize(
    ("reference", "expected"),
    # RFC 3986, sections 5.4.1 and 5.4.2.
    [
        ("g:h", "g:h"),
        ("g", "http://a/b/c/g"),
        ("./g", "http://a/b/c/g"),
        ("g/", "http://a/b/c/g/"),
        ("/g", "http://a/g"),
        ("//g", "http://g"),
        ("?y", "http://a/b/c/d;p?y"),
        ("g?y", "http://a/b/c/g?y"),
        ("#s", "http://a/b/c/d;p?q#s"),
        ("g#s", "http://a/b/c/g#s"),
        ("g?y#s", "http://a/b/c/g?y#s"),
        (";x", "http://a/b/c/;x"),
        ("g;x?y#s", "http://a/b/c/g;x?y#s"),
        ("", "http://a/b/c/d;p?q"),
        (".", "http://a/b/c/"),
        ("./", "http://a/b/c/"),
        ("..", "http://a/b/"),
        ("../", "http://a/b/"),
        ("../g", "http://a/b/g"),
        ("../..", "http://a/"),
        ("../../g", "http://a/g"),
        ("../../../g", "http://a/g"),
        ("/./g", "http://a/g"),
        ("/../g", "http://a/g"),
        ("g.", "http://a/b/c/g."),
        ("..g", "http://a/b/c/..g"),
        ("./../g", "http://a/b/g"),
        ("g/./h", "http://a/b/c/g/h"),
        ("g/../h", "http://a/b/c/h"),
        ("g;x=1/../y", "http://a/b/c/y"),
        ("g?y/../x", "http://a/b/c/g?y/../x"),
        ("g#s/../x", "http://a/b/c/g#s/../x"),
        ("http:g", "http:g"),
    ],
)
def test_the_examples_of_the_standard(reference: str, expected: str):
    assert resolve_iri(BASE, reference) == expected


def test_a_base_without_a_path_gets_one():
    assert resolve_iri("http://a", "g") == "http://a/g"
    assert resolve_iri("urn:a", "g") == "urn:g"


@pytest.mark.parametrize("reference", [" g", "g ", "a\nb", "a\tb", "//[", "a\\b", "\x00"])
def test_no_character_is_dropped_so_that_bad_ones_are_seen(reference: str):
    resolved = resolve_iri("https://example.org/", reference)
    assert resolved.endswith(reference)
    with pytest.raises(ValueError, match=r".+"):
        NamedNode(resolved)


@given(st.text("ab./?#;:ä%4", max_size=12))
def test_references_resolve_as_oxigraph_resolves_them(reference: str):
    base = "https://example.org/x/y/"
    try:
        (quad,) = parse(f"<{reference}> <a:b> 1 .", RdfFormat.TURTLE, base_iri=base)
    except SyntaxError:
        return
    assert resolve_iri(base, reference) == quad.subject.value


@given(st.text(max_size=30))
def test_a_slug_is_lower_case_ascii_without_doubled_hyphens(text: str):
    assert re.fullmatch(r"([a-z0-9]+(-[a-z0-9]+)*)?", slug(text))
    assert slug(slug(text)) == slug(text)


@given(st.text(st.characters(exclude_characters="/"), min_size=1, max_size=20))
def test_any_file_name_gives_a_valid_graph(name: str):
    iri = graph_iri("https://example.org/", PurePosixPath("facts") / f"{name}.yaml")
    NamedNode(iri)
    assert iri.startswith("https://example.org/graph/facts/")


@pytest.mark.parametrize("name", ["a.b.yaml", "a.b.jsonl", "a.b.jsonl.gz", "a.b.JSONL.ZST"])
def test_a_graph_is_named_without_the_suffix_of_the_file_however_it_is_packed(name: str):
    assert graph_iri("https://e.org/", PurePosixPath("x.d") / name) == "https://e.org/graph/x-d/a-b"


@pytest.mark.parametrize(
    ("iri", "name"),
    [("a#b", "b"), ("a/b", "b"), ("le:b", "b"), ("b", "b"), ("a/", ""), ("a#b/c", "c")],
)
def test_the_local_name_is_what_stands_last(iri: str, name: str):
    assert local_name(iri) == name


def test_a_nested_node_is_named_by_parent_key_and_what_sets_it_apart():
    assert nested_iri("x:a", "le:dose") == nested_iri("x:a", "dose") == "x:a/dose"
    assert nested_iri("x:a", "dose", "1f") == "x:a/dose/1f"
