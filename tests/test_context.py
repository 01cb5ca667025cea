"""The context maps keys to properties and back, and nothing is ever fetched."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from kg.context import Context, ContextError, Term, is_iri, is_language_tag, load_context
from kg.errors import ConfigError

BASE = "https://example.org/t/"
V = "https://example.org/v#"
SOURCE = {
    "ex": V,
    "OBO": {"@id": "http://example.org/obo_", "@prefix": True},
    "id": "@id",
    "type": "@type",
    "Thing": "ex:Thing",
    "label": {"@id": "ex:label", "@language": "en"},
    "part": {"@id": "ex:part", "@type": "@id"},
    "kind": {"@id": "ex:kind", "@type": "@vocab", "@context": {"@vocab": V + "kind-"}},
    "size": {"@id": "ex:size", "@type": "ex:number"},
    "of": {"@reverse": "ex:part"},
    "gone": None,
}


@pytest.fixture(scope="module")
def context() -> Context:
    return Context.parse(SOURCE, BASE)


@pytest.mark.parametrize(
    ("key", "term"),
    [
        ("label", Term(V + "label", language="en")),
        ("part", Term(V + "part", coercion="@id")),
        ("kind", Term(V + "kind", coercion="@vocab")),
        ("size", Term(V + "size", coercion=V + "number")),
        ("of", Term(V + "part", reverse=True)),
        ("ex:free", Term(V + "free")),
        ("https://example.org/x", Term("https://example.org/x")),
        ("nothing", None),
        ("gone", None),
        ("", None),
    ],
)
def test_a_key_means_what_the_context_says(context: Context, key: str, term: Term | None):
    assert context.term(key) == term


@pytest.mark.parametrize(
    ("text", "vocab", "iri"),
    [
        ("a/b", False, BASE + "a/b"),
        ("", False, BASE),
        ("ex:a", False, V + "a"),
        ("OBO:1", False, "http://example.org/obo_1"),
        ("https://example.org/x", True, "https://example.org/x"),
        ("Thing", True, V + "Thing"),
        ("Thing", False, BASE + "Thing"),
        ("nothing", True, "nothing"),
        ("a/b:c", False, BASE + "a/b:c"),
    ],
)
def test_values_expand_to_iris(context: Context, text: str, vocab: bool, iri: str):
    assert context.expand(text, vocab=vocab) == iri


def test_a_property_may_read_its_values_in_a_vocabulary_of_its_own(context: Context):
    scope = context.scope("kind")
    assert scope.expand("big", vocab=True) == V + "kind-big"
    assert context.scope("kind") is scope
    assert context.scope("label") is context


def test_a_closed_value_falls_back_to_the_base(context: Context):
    assert context.resolve("a/b", vocab=True) == BASE + "a/b"
    assert context.resolve("ex:b", vocab=True) == V + "b"


@pytest.mark.parametrize(
    ("text", "prefix"),
    [("CHEBL:1", "CHEBL"), ("ex:1", ""), ("https://x/", ""), ("urn:x", ""), ("a/b:c", ""),
     ("URN:x", ""), ("javascript:x", "javascript"), ("http:x", "http"), ("a", "")],
)  # fmt: skip
def test_a_prefix_that_nothing_declares_is_told(context: Context, text: str, prefix: str):
    assert context.unknown_prefix(text) == prefix


@pytest.mark.parametrize(
    ("iri", "short"),
    [
        (BASE + "a/b", "a/b"),
        (V + "label", "ex:label"),
        ("http://example.org/obo_7", "OBO:7"),
        (BASE, BASE),
        (V, V),
        ("urn:x", "urn:x"),
    ],
)
def test_iris_are_shortened_and_expand_again(context: Context, iri: str, short: str):
    assert context.shorten(iri) == short
    assert context.expand(short) == iri


def test_keys_classes_and_prefixes_are_told_apart(context: Context):
    assert sorted(context.keys) == ["kind", "label", "of", "part", "size"]
    assert context.types == ["Thing"]
    assert context.prefixes == {"ex": V, "OBO": "http://example.org/obo_"}
    assert (context.alias("id"), context.alias("label")) == ("@id", "label")


def test_a_later_context_stands_on_the_one_before(context: Context):
    later = context.extended({"size": "ex:other", "ex": "https://example.org/w#"})
    assert later.term("size") == Term("https://example.org/w#other")
    assert later.term("label") == context.term("label")
    assert later.base == BASE


@pytest.mark.parametrize("source", ["x.jsonld", {"@import": "x.jsonld"}, ["https://example.org/"]])
def test_a_context_that_would_have_to_be_fetched_is_refused(source: object):
    with pytest.raises(ContextError, match="fetched"):
        Context.parse(source, BASE)


def test_a_context_file_is_read_with_the_base_of_the_project(tmp_path: Path):
    path = tmp_path / "context.jsonld"
    path.write_text(json.dumps({"@context": SOURCE}))
    assert load_context(path, BASE).expand("a") == BASE + "a"


@pytest.mark.parametrize(
    "text",
    ["", "[]", "{}", "5", '{"@context": 5}', '{"@context": "x"}', '{"@context": {"a": "b c"}}'],
)
def test_a_context_file_that_cannot_be_used_is_named(tmp_path: Path, text: str):
    path = tmp_path / "context.jsonld"
    path.write_text(text)
    with pytest.raises(ConfigError, match=r"context\.jsonld"):
        load_context(path, BASE)


def test_a_context_file_that_is_not_there_is_named(tmp_path: Path):
    with pytest.raises(ConfigError, match=r"context\.jsonld"):
        load_context(tmp_path / "context.jsonld", BASE)


@pytest.mark.parametrize(
    ("text", "valid"),
    [("https://example.org/ä", True), ("urn:a:b", True), ("a", False), ("https://x/ y", False),
     ("https://x/%zz", False), ("", False), ("https://x/{y}", False), ("https://x/\ud800", False)],
)  # fmt: skip
def test_only_absolute_iris_are_iris(text: str, valid: bool):
    assert is_iri(text) is valid


@pytest.mark.parametrize(
    ("tag", "valid"),
    [("en", True), ("de-AT-1901", True), ("", False), ("no tag", False), ("123456789", False)],
)
def test_language_tags_are_those_of_bcp_47(tag: str, valid: bool):
    assert is_language_tag(tag) is valid


def test_a_type_that_only_texts_with_a_language_have_is_refused():
    """A value of it would need a language, which the context has no way to give it."""
    lang_string = "http://www.w3.org/1999/02/22-rdf-syntax-ns#langString"
    with pytest.raises(ContextError, match="langString"):
        Context.parse({"p": {"@id": "urn:p", "@type": lang_string}}, "https://example.org/")
