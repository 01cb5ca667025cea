"""Random shapes on random data: screened or not, validation finds the same.

Small ones, nested, out of all constraints that may be screened and some that may not. The triples
of each subject are in one batch, and subclasses in every batch.
"""

from __future__ import annotations

import os

import pytest
from differential import Screening, data_of, reference, turtle
from hypothesis import HealthCheck, event, given, settings
from hypothesis import strategies as st
from pyoxigraph import Quad
from shacl_pairs import PREFIXES

EXAMPLES = 5000 if os.environ.get("KG_LONG") else 400

NODES = ("ex:a", "ex:b", "ex:c", "ex:d")
PROPERTIES = ("ex:p", "ex:q", "ex:r")
CLASSES = ("ex:C", "ex:D", "ex:E")
LITERALS = (
    *("1", "2", "0.5", "1.0", "1e0", "true", '"a"', '"ab"', '"a"@en', '"b"@en', '"a"@de-at', '""'),
    *('"x"^^xsd:integer', '"2020"^^xsd:gYear', '"P1Y"^^xsd:duration', '"P"^^xsd:duration'),
)
SUBCLASSES = "ex:D rdfs:subClassOf ex:C . ex:E rdfs:subClassOf ex:D ."

PATHS = st.one_of(
    st.sampled_from(PROPERTIES),
    st.sampled_from(PROPERTIES),
    st.sampled_from(
        [
            "( ex:p ex:q )",
            "( ex:p [ sh:inversePath ex:q ] )",
            "[ sh:inversePath ex:p ]",
            "[ sh:alternativePath ( ex:p ex:q ) ]",
            "[ sh:alternativePath ( ex:r ( ex:p ex:q ) ) ]",
            "[ sh:zeroOrOnePath ex:p ]",
            "[ sh:oneOrMorePath ex:p ]",
        ]
    ),
)
# Of a node, whatever it is.
SAID = st.sampled_from(
    [
        *(f"sh:class {name}" for name in CLASSES),
        *("sh:nodeKind sh:IRI", "sh:nodeKind sh:Literal", "sh:nodeKind sh:BlankNodeOrIRI"),
        *("sh:datatype xsd:integer", "sh:datatype xsd:string", "sh:datatype xsd:decimal"),
        *("sh:datatype xsd:gYear", "sh:datatype xsd:duration", "sh:datatype rdf:langString"),
        *("sh:datatype xsd:integer ; sh:minInclusive 2", "sh:maxExclusive 2"),
        *("sh:minLength 2", "sh:maxLength 1", 'sh:pattern "^a"', 'sh:pattern "a(?!b)"'),
        *('sh:languageIn ( "en" )', 'sh:languageIn ( "de-AT" )'),
        *("sh:in ( ex:a 1 )", "sh:hasValue ex:b", "sh:hasValue 1"),
        *("sh:equals ex:p", "sh:disjoint ex:q"),
        "sh:closed true ; sh:ignoredProperties ( ex:p rdf:type )",
    ]
)
# Of the values of a property, together.
COUNTED = st.sampled_from(
    [
        *("sh:minCount 1", "sh:minCount 2", "sh:maxCount 1", "sh:maxCount 0", "sh:uniqueLang true"),
        "sh:datatype xsd:integer ; sh:lessThan ex:q",
        "sh:datatype xsd:decimal ; sh:lessThanOrEquals ex:r",
    ]
)
SEVERITIES = st.sampled_from([""] * 6 + [" ; sh:severity sh:Warning"])


def _shapes(inner: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    bracketed = inner.map(lambda text: f"[ {text} ]")
    lists = st.lists(bracketed, min_size=1, max_size=3).map(" ".join)
    return st.one_of(
        st.tuples(st.sampled_from(("not", "node")), bracketed).map(lambda p: f"sh:{p[0]} {p[1]}"),
        st.tuples(st.sampled_from(("and", "or", "xone")), lists).map(
            lambda pair: f"sh:{pair[0]} ( {pair[1]} )"
        ),
        _properties(inner).map(lambda text: f"sh:property [ {text} ]"),
        st.lists(_properties(inner), min_size=2, max_size=3).map(
            lambda texts: " ; ".join(f"sh:property [ {text} ]" for text in texts)
        ),
    )


def _properties(inner: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    qualified = st.tuples(
        inner, st.sampled_from(("sh:qualifiedMinCount 1", "sh:qualifiedMaxCount 1"))
    ).map(lambda pair: f"sh:qualifiedValueShape [ {pair[0]} ] ; {pair[1]}")
    parts = st.one_of(SAID, COUNTED, COUNTED, inner, qualified)
    return st.tuples(PATHS, parts, SEVERITIES).map(lambda p: f"sh:path {p[0]} ; {p[1]}{p[2]}")


SHAPES = st.recursive(
    st.one_of(SAID, _properties(SAID).map("sh:property [ {} ]".format)), _shapes, max_leaves=5
)
TARGETS = st.lists(
    st.sampled_from(
        (
            *("sh:targetClass ex:C", "sh:targetSubjectsOf ex:p", "sh:targetObjectsOf ex:q"),
            "sh:targetNode ex:a",
        )
    ),
    min_size=1,
    max_size=2,
    unique=True,
).map(" ; ".join)
TRIPLES = st.one_of(
    st.tuples(st.sampled_from(NODES), st.just("a"), st.sampled_from(CLASSES)),
    st.tuples(
        st.sampled_from(NODES), st.sampled_from(PROPERTIES), st.sampled_from(NODES + LITERALS)
    ),
)


@settings(
    max_examples=EXAMPLES,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)
@given(
    shapes=st.lists(st.tuples(TARGETS, SHAPES), min_size=1, max_size=2),
    triples=st.lists(TRIPLES, min_size=3, max_size=14),
    sides=st.tuples(*[st.integers(0, 1)] * len(NODES)),
)
def test_random_shapes(
    shapes: list[tuple[str, str]], triples: list[tuple[str, str, str]], sides: tuple[int, ...]
) -> None:
    text = "".join(f"ex:S{i} {target} ; {said} . " for i, (target, said) in enumerate(shapes))
    rules = turtle(PREFIXES + text)
    batches: list[list[Quad]] = [[], []]
    for subject, predicate, value in triples:
        batches[sides[NODES.index(subject)]] += data_of(f"{subject} {predicate} {value} .")
    shared = data_of(SUBCLASSES)
    screening = Screening(rules)
    for unit in screening.split.units:
        event("local" if unit.local else "whole" if unit.screened else "reference")
    everything = [*batches[0], *batches[1], *shared]
    try:
        found = reference(everything, rules)
    except TypeError:
        # Two literals that are not well formed, and cannot be compared.
        with pytest.raises(TypeError):
            screening.found(batches, shared)
        return
    event("conforms" if not found else "does not conform")
    assert screening.found(batches, shared) == found
