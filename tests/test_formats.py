"""The table of formats agrees with itself and with the registries; the best format is chosen."""

from __future__ import annotations

import mimetypes
import time
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pyoxigraph import RdfFormat

from kg.formats import FORMATS, RDF_FORMATS, RESULT_FORMATS, GraphFormat, choose, named, negotiate

THING = ("html", "turtle", "jsonld", "ntriples", "rdfxml")
TYPES = tuple(FORMATS[name].media_type for name in THING)
BROWSERS = (
    "text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,image/webp,*/*;q=0.8",
    "text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,image/webp,image/apng,*/*;"
    "q=0.8,application/signed-exchange;v=b3;q=0.7",
)


def test_names_extensions_and_media_types_are_each_used_once():
    for table in (RDF_FORMATS, RESULT_FORMATS, FORMATS):
        for field in ("name", "title", "extension", "media_type"):
            values = [getattr(format_, field) for format_ in table.values()]
            assert len(set(values)) == len(values)
        assert all(name == format_.name for name, format_ in table.items())


@pytest.mark.parametrize("format_", RDF_FORMATS.values(), ids=lambda format_: format_.name)
def test_a_graph_format_is_what_the_library_says_of_it(format_: GraphFormat):
    assert RdfFormat.from_media_type(format_.media_type) == format_.rdf
    assert RdfFormat.from_extension(format_.extension) == format_.rdf
    assert format_.rdf.supports_datasets is format_.datasets


@pytest.mark.parametrize("name", ["html", "csv", "tsv", "json", "css", "svg", "png", "text"])
def test_the_others_are_what_python_says_of_them(name: str):
    format_ = FORMATS[name]
    found, _ = mimetypes.MimeTypes().guess_type(f"a.{format_.extension}")
    assert found == format_.media_type


@pytest.mark.parametrize(
    ("accept", "best"),
    [
        ("", "html"),
        ("*/*", "html"),
        *((accept, "html") for accept in BROWSERS),
        ("text/turtle", "turtle"),
        ("TEXT/Turtle", "turtle"),
        ("application/x-turtle", "turtle"),
        ("text/turtle, */*;q=0.1", "turtle"),
        ("text/turtle, */*", "turtle"),
        ("*/*, text/turtle", "turtle"),
        ("text/html;q=0.5, text/turtle;q=0.6", "turtle"),
        ("text/html;q=0.5, text/turtle;q=0.4", "html"),
        ("text/*;q=0.3, application/*", "jsonld"),
        ("application/*;q=0.3, application/n-triples;q=0, application/rdf+xml;q=0.1", "jsonld"),
        ("text/html;q=0, */*", "turtle"),
        ("text/html;q=0, text/turtle;q=0, */*;q=0.1", "jsonld"),
        ("application/json", "jsonld"),
        ("application/json, text/plain, */*", "jsonld"),
        ("application/xml", "rdfxml"),
        ('application/ld+json;profile="http://www.w3.org/ns/json-ld#expanded, b;q=0"', "jsonld"),
        ("text/html ; charset=utf-8 ; q=0.2 , text/turtle;q=0.3", "turtle"),
        ("text/html;level=1;q=0.1, text/html;q=0.9, text/turtle;q=0.5", "html"),
        ("text/html;level=1, text/html;q=0.3, text/turtle;q=0.5", "turtle"),
        ("application/rdf+xml, text/html", "rdfxml"),
        ("text/turtle;q=1.5", "turtle"),
        ("text/turtle;q=high, application/n-triples;q=0.1", "ntriples"),
        ("nonsense, text/turtle", "turtle"),
        ("nonsense", "html"),
        (",,;;,q=1", "html"),
        ("*", "html"),
        ("image/png", None),
        ("text/html;q=0", None),
        ("*/*;q=0", None),
        ("*/*;q=0, text/turtle;q=0.001", "turtle"),
    ],
)
def test_the_best_format_for_an_accept_header(accept: str, best: str | None):
    assert negotiate(accept, THING) == best


def test_a_choice_is_one_of_the_offers_as_they_are_spelt():
    assert choose("text/*", ["application/json", "text/csv"]) == "text/csv"
    assert choose("", ["text/csv", "text/html"]) == "text/csv"
    assert choose("text/csv", []) is None


RANGES = st.sampled_from([*TYPES, "text/*", "application/*", "*/*", "image/png"])
WEIGHTED = st.dictionaries(RANGES, st.integers(0, 1000).map(lambda n: Fraction(n, 1000)))


@given(WEIGHTED)
def test_quality_is_respected(weights: dict[str, Fraction]):
    """What is chosen has the highest quality of all; what has none is never chosen."""

    def quality(type_: str) -> Fraction:
        for range_ in (type_, f"{type_.split('/')[0]}/*", "*/*"):
            if range_ in weights:
                return weights[range_]
        return Fraction(0) if weights else Fraction(1)

    accept = ", ".join(f"{range_};q={float(q):.3f}" for range_, q in weights.items())
    best = choose(accept, TYPES)
    if best is None:
        assert max(map(quality, TYPES)) == 0
    else:
        assert quality(best) == max(map(quality, TYPES)) > 0


@given(st.text() | st.text(alphabet='text/hml*;q=01.,"\\ \t'))
def test_no_header_is_too_strange(accept: str):
    assert choose(accept, TYPES) in (*TYPES, None)
    assert negotiate(accept, THING) in (*THING, None)
    assert named(accept, THING) in (*THING, None)


@pytest.mark.parametrize(
    "accept",
    ["a/b;" + " " * 16000 + "x", "a/b" + ' ;a="\\' * 4000, "," * 16000, '"' * 16000,
     "a/b;q=1." + "0" * 16000, "a/b;a=b" * 2000, "a/" * 8000, 'a/b;a="' + "\\" * 16000],
)  # fmt: skip
def test_a_header_made_to_be_slow_is_not(accept: str):
    start = time.process_time()
    choose(accept, TYPES)
    assert time.process_time() - start < 0.1


@pytest.mark.parametrize(
    ("text", "name"),
    [("html", "html"), ("ttl", "turtle"), (" Turtle ", "turtle"), ("text/turtle", "turtle"),
     ("json", "jsonld"), ("json-ld", "jsonld"), ("rdf xml", "rdfxml"), ("rdf+xml", "rdfxml"),
     ("ld+json", "jsonld"), ("nt", "ntriples"), ("+", None),
     ("n-triples", "ntriples"), ("rdf", "rdfxml"), ("xml", "rdfxml"), ("", None), ("csv", None)],
)  # fmt: skip
def test_a_format_goes_by_several_names(text: str, name: str | None):
    assert named(text, THING) == name


def test_a_name_of_its_own_goes_before_another_formats_alias():
    assert named("json", ("jsonld", "json")) == "json"
    assert named("text/plain", ("ntriples", "text")) == "text"
