"""The ontology is read as data, and what the compiler needs is looked up in it."""

from __future__ import annotations

from pathlib import Path

import pytest
from pyoxigraph import NamedNode

from kg.errors import ConfigError
from kg.ontology import Ontology, load_ontology, read_turtle_folder

TEXT = """\
@prefix : <https://example.org/o#> .
@prefix owl: <http://www.w3.org/2002/07/owl#> .
@prefix rdfs: <http://www.w3.org/2000/01/rdf-schema#> .
<https://example.org/o> a owl:Ontology .
:A a owl:Class . :B rdfs:subClassOf :A . :C rdfs:subClassOf :B , [ a owl:Restriction ] .
:B rdfs:subClassOf :C .
:one rdfs:range :A . :two rdfs:range :A , :B . :none rdfs:range [ owl:unionOf ( :A :B ) ] .
"""
O = "https://example.org/o#"  # noqa: E741, as in the Turtle above


@pytest.fixture
def ontology(tmp_path: Path) -> Ontology:
    (tmp_path / "o.ttl").write_text(TEXT)
    return load_ontology(tmp_path)


def test_only_a_single_named_range_is_a_range(ontology: Ontology):
    assert ontology.ranges == {O + "one": O + "A"}


def test_subclasses_are_found_through_every_level_and_cycles_end(ontology: Ontology):
    assert ontology.subclasses(NamedNode(O + "A")) == {O + "A", O + "B", O + "C"}
    assert ontology.subclasses(NamedNode(O + "Z")) == {O + "Z"}


def test_a_term_of_the_namespace_that_is_not_described_is_foreign(ontology: Ontology):
    assert ontology.foreign_to(O + "Z")
    assert not ontology.foreign_to(O + "A")
    assert not ontology.foreign_to("https://example.org/other#Z")


def test_a_second_ontology_has_its_own_namespace(tmp_path: Path):
    """A project adds its terms in a file of its own; a slip in either namespace is a slip."""
    (tmp_path / "o.ttl").write_text(TEXT)
    more = TEXT[: TEXT.index(":A")] + ":A a owl:Class ."
    (tmp_path / "more.ttl").write_text(more.replace("example.org/o", "example.org/more"))
    both = load_ontology(tmp_path)
    assert both.headers == ("https://example.org/more", "https://example.org/o")
    assert both.foreign_to(O + "Z")
    assert both.foreign_to("https://example.org/more#Z")
    assert not both.foreign_to("https://example.org/more#A")


def test_its_quads_are_one_graph_without_blank_nodes(ontology: Ontology):
    assert {q.graph_name.value for q in ontology.quads} == {ontology.iri}
    assert "_:" not in " ".join(map(str, ontology.quads))
    assert len(ontology.quads) == len(ontology.triples)


def test_blank_nodes_of_two_files_are_not_mixed_up(tmp_path: Path):
    for name in "ab":
        (tmp_path / f"{name}.ttl").write_text(f"_:x <a:p> <a:{name}> .")
    subjects = {q.subject for q in read_turtle_folder(tmp_path, "shapes")}
    assert len(subjects) == 2


@pytest.mark.parametrize(
    "text",
    ["", "<a:a> <a:b> 1 .", "<a:a> <a:b>", "[] a <http://www.w3.org/2002/07/owl#Ontology> .",
     TEXT + "[] a :A . [] a :A ."],
    ids=["empty", "no header", "no turtle", "no name", "doubles"],
)  # fmt: skip
def test_what_is_no_ontology_is_refused_naming_the_place(tmp_path: Path, text: str):
    (tmp_path / "o.ttl").write_text(text)
    with pytest.raises(ConfigError, match=str(tmp_path)):
        load_ontology(tmp_path)


def test_a_folder_without_turtle_is_refused(tmp_path: Path):
    with pytest.raises(ConfigError, match="no ontology"):
        load_ontology(tmp_path / "missing")
