"""For each constraint of SHACL Core and each kind of path, data that conforms and data that fails.

`shape` is the shape of `ex:S`, which has the subjects of `ex:p` and `ex:q` for targets. `screened`
says whether the fast engine may judge it, and `local`, whether by a batch alone.
"""

from __future__ import annotations

from typing import NamedTuple

PREFIXES = """\
@prefix ex: <http://example.org/> .
@prefix rdf: <http://www.w3.org/1999/02/22-rdf-syntax-ns#> .
@prefix rdfs: <http://www.w3.org/2000/01/rdf-schema#> .
@prefix sh: <http://www.w3.org/ns/shacl#> .
@prefix xsd: <http://www.w3.org/2001/XMLSchema#> .
"""
TARGET = "ex:S sh:targetSubjectsOf ex:p , ex:q ; "


class Pair(NamedTuple):
    name: str
    shape: str
    good: str
    bad: str
    screened: bool = True
    local: bool = True


def _on_p(constraint: str) -> str:
    return f"sh:property [ sh:path ex:p ; {constraint} ]"


def _path(path: str) -> str:
    return f"sh:property [ sh:path {path} ; sh:minCount 2 ]"


PAIRS = (
    # Value type
    Pair("class", _on_p("sh:class ex:C"), "ex:a ex:p ex:b . ex:b a ex:C .", "ex:a ex:p ex:b ."),
    Pair(
        "class below",
        _on_p("sh:class ex:C"),
        "ex:a ex:p ex:b . ex:b a ex:E . ex:E rdfs:subClassOf ex:D . ex:D rdfs:subClassOf ex:C .",
        "ex:a ex:p ex:b . ex:b a ex:E . ex:C rdfs:subClassOf ex:D . ex:D rdfs:subClassOf ex:E .",
    ),
    Pair("class of a literal", _on_p("sh:class ex:C"), "ex:a ex:q 1 .", "ex:a ex:p 1 ."),
    Pair(
        "two classes",
        _on_p("sh:class ex:C , ex:D"),
        "ex:a ex:p ex:b . ex:b a ex:C , ex:D .",
        "ex:a ex:p ex:b . ex:b a ex:C .",
    ),
    Pair("class of the focus node", "sh:class ex:C", "ex:a ex:p 1 ; a ex:C .", "ex:a ex:p 1 ."),
    Pair("string", _on_p("sh:datatype xsd:string"), 'ex:a ex:p "a" .', 'ex:a ex:p "a"@en .'),
    Pair(
        "langString", _on_p("sh:datatype rdf:langString"), 'ex:a ex:p "a"@en .', 'ex:a ex:p "a" .'
    ),
    Pair(
        "integer", _on_p("sh:datatype xsd:integer"), "ex:a ex:p 1 .", 'ex:a ex:p "x"^^xsd:integer .'
    ),
    Pair("decimal", _on_p("sh:datatype xsd:decimal"), "ex:a ex:p 1.5 .", "ex:a ex:p 1 ."),
    Pair(
        "double", _on_p("sh:datatype xsd:double"), "ex:a ex:p 1e0 .", 'ex:a ex:p "x"^^xsd:double .'
    ),
    Pair(
        "boolean",
        _on_p("sh:datatype xsd:boolean"),
        "ex:a ex:p true .",
        'ex:a ex:p "x"^^xsd:boolean .',
    ),
    Pair(
        "gYear",
        _on_p("sh:datatype xsd:gYear"),
        'ex:a ex:p "2020"^^xsd:gYear .',
        'ex:a ex:p "2020" .',
    ),
    Pair(
        "duration",
        _on_p("sh:datatype xsd:duration"),
        'ex:a ex:p "P1Y"^^xsd:duration .',
        'ex:a ex:p "x"^^xsd:duration .',
    ),
    Pair(
        "date",
        _on_p("sh:datatype xsd:date"),
        'ex:a ex:p "2020-02-29"^^xsd:date .',
        'ex:a ex:p "2020-02-30"^^xsd:date .',
        False,
    ),
    Pair(
        "dateTime",
        _on_p("sh:datatype xsd:dateTime"),
        'ex:a ex:p "2020-02-29T00:00:00"^^xsd:dateTime .',
        'ex:a ex:p "x"^^xsd:dateTime .',
        False,
    ),
    Pair(
        "datatype unknown",
        _on_p("sh:datatype ex:D"),
        'ex:a ex:p "x"^^ex:D .',
        'ex:a ex:p "x" .',
        False,
    ),
    *(
        Pair(
            f"nodeKind {kind}",
            _on_p(f"sh:nodeKind sh:{kind}"),
            f"ex:a ex:p {good} .",
            f"ex:a ex:p {bad} .",
        )
        for kind, good, bad in (
            ("IRI", "ex:b", "1"),
            ("Literal", "1", "ex:b"),
            ("BlankNode", "[]", "ex:b"),
            ("BlankNodeOrIRI", "[], ex:b", "1"),
            ("BlankNodeOrLiteral", "[], 1", "ex:b"),
            ("IRIOrLiteral", "ex:b, 1", "[]"),
        )
    ),
    # Cardinality
    Pair("minCount", _on_p("sh:minCount 2"), "ex:a ex:p 1 , 2 .", "ex:a ex:p 1 ."),
    Pair("maxCount", _on_p("sh:maxCount 1"), "ex:a ex:p 1 .", 'ex:a ex:p 1 , "1" .'),
    # Value range
    Pair(
        "minInclusive",
        _on_p("sh:datatype xsd:integer ; sh:minInclusive 1"),
        "ex:a ex:p 1 .",
        "ex:a ex:p 0 .",
    ),
    Pair(
        "maxInclusive",
        _on_p("sh:datatype xsd:decimal ; sh:maxInclusive 1"),
        "ex:a ex:p 1.0 .",
        "ex:a ex:p 1.1 .",
    ),
    Pair(
        "minExclusive",
        _on_p("sh:datatype xsd:decimal ; sh:minExclusive 0.5"),
        "ex:a ex:p 0.6 .",
        "ex:a ex:p 0.5 .",
    ),
    Pair(
        "maxExclusive",
        _on_p("sh:datatype xsd:integer ; sh:maxExclusive 1"),
        "ex:a ex:p 0 .",
        "ex:a ex:p 1 .",
    ),
    Pair(
        "range of anything", _on_p("sh:minInclusive 1"), "ex:a ex:p 1e0 .", 'ex:a ex:p "1" .', False
    ),
    Pair(
        "range of dates",
        _on_p('sh:minInclusive "2020-01-01"^^xsd:date'),
        'ex:a ex:p "2020-01-01"^^xsd:date .',
        'ex:a ex:p "2019-01-01"^^xsd:date .',
        False,
    ),
    # Strings
    Pair(
        "minLength",
        _on_p("sh:minLength 2"),
        'ex:a ex:p "\U0001f9c2\U0001f9c2" .',
        'ex:a ex:p "\U0001f9c2" .',
    ),
    Pair(
        "minLength of a blank node", _on_p("sh:minLength 1"), "ex:a ex:p ex:b .", "ex:a ex:p [] ."
    ),
    Pair(
        "not a minLength",
        _on_p("sh:not [ sh:minLength 0 ]"),
        "ex:a ex:q 1 .",
        "ex:a ex:p [] .",
        False,
    ),
    Pair("maxLength", _on_p("sh:maxLength 2"), 'ex:a ex:p "aé"@fr .', "ex:a ex:p 123 ."),
    Pair("pattern", _on_p('sh:pattern "^a+$"'), 'ex:a ex:p "aa" .', 'ex:a ex:p "ab" .'),
    Pair("pattern of an IRI", _on_p('sh:pattern "org/b"'), "ex:a ex:p ex:b .", "ex:a ex:p ex:c ."),
    Pair(
        "pattern with flags",
        _on_p('sh:pattern "^a$" ; sh:flags "i"'),
        'ex:a ex:p "A" .',
        'ex:a ex:p "b" .',
        False,
    ),
    Pair(
        "pattern that looks ahead",
        _on_p('sh:pattern "^(?=a)"'),
        'ex:a ex:p "a" .',
        'ex:a ex:p "b" .',
        False,
    ),
    Pair(
        "languageIn",
        _on_p('sh:languageIn ( "en" "de" )'),
        'ex:a ex:p "a"@en-GB , "b"@de .',
        'ex:a ex:p "a"@fr .',
    ),
    Pair(
        "languageIn of parts",
        _on_p('sh:languageIn ( "en-GB" )'),
        'ex:a ex:p "a"@en-gb .',
        'ex:a ex:p "a"@en-gb-x-y .',
        False,
    ),
    Pair(
        "uniqueLang",
        _on_p("sh:uniqueLang true"),
        'ex:a ex:p "a"@en , "b"@en-gb .',
        'ex:a ex:p "a"@en , "b"@EN .',
    ),
    # Property pairs
    Pair(
        "equals", _on_p("sh:equals ex:q"), "ex:a ex:p 1 ; ex:q 1 .", 'ex:a ex:p 1 ; ex:q 1 , "1" .'
    ),
    Pair(
        "disjoint",
        _on_p("sh:disjoint ex:q"),
        'ex:a ex:p 1 ; ex:q "1" .',
        "ex:a ex:p 1 , 2 ; ex:q 1 .",
    ),
    Pair(
        "lessThan",
        _on_p("sh:datatype xsd:integer ; sh:lessThan ex:q"),
        "ex:a ex:p 1 ; ex:q 1.5 .",
        "ex:a ex:p 2 ; ex:q 1.5 .",
    ),
    Pair(
        "lessThanOrEquals",
        _on_p("sh:datatype xsd:decimal ; sh:lessThanOrEquals ex:q"),
        "ex:a ex:p 1.0 ; ex:q 1 .",
        "ex:a ex:p 1.0 ; ex:q 1 , 0 .",
    ),
    Pair(
        "lessThan beside a double",
        _on_p("sh:datatype xsd:integer ; sh:lessThanOrEquals ex:q"),
        "ex:a ex:p 1 ; ex:q 1e0 .",
        "ex:a ex:p 9007199254740993 ; ex:q 9007199254740992e0 .",
    ),
    Pair(
        "lessThan of texts",
        _on_p("sh:datatype xsd:string ; sh:lessThan ex:q"),
        'ex:a ex:p "a" ; ex:q "b" .',
        'ex:a ex:p "b" ; ex:q "a" .',
        False,
    ),
    # Logic
    Pair("not", "sh:not [ sh:path ex:q ; sh:hasValue 1 ]", "ex:a ex:p 1 .", "ex:a ex:q 1 ."),
    Pair(
        "not a datatype",
        _on_p("sh:not [ sh:datatype xsd:integer ]"),
        "ex:a ex:p 1.5 .",
        "ex:a ex:p 1 .",
        False,
    ),
    Pair(
        "not a class",
        _on_p("sh:not [ sh:class ex:C ]"),
        "ex:a ex:p ex:b .",
        "ex:a ex:p ex:b . ex:b a ex:C .",
        True,
        False,
    ),
    Pair(
        "not not a class",
        _on_p("sh:not [ sh:not [ sh:class ex:C ] ]"),
        "ex:a ex:p ex:b . ex:b a ex:C .",
        "ex:a ex:p ex:b .",
    ),
    Pair(
        "and",
        "sh:and ( [ sh:class ex:C ] [ sh:path ex:q ; sh:minCount 1 ] )",
        "ex:a ex:q 1 ; a ex:C .",
        "ex:a ex:p 1 ; a ex:C .",
    ),
    Pair(
        "or",
        "sh:or ( [ sh:class ex:C ] [ sh:path ex:q ; sh:minCount 1 ] )",
        "ex:a ex:q 1 . ex:b ex:p 1 ; a ex:C .",
        "ex:a ex:p 1 .",
    ),
    Pair(
        "or of values",
        _on_p("sh:or ( [ sh:datatype xsd:string ] [ sh:datatype xsd:integer ] )"),
        'ex:a ex:p 1 , "a" .',
        "ex:a ex:p 1 , 1.5 .",
    ),
    Pair(
        "xone",
        "sh:xone ( [ sh:path ex:p ; sh:minCount 1 ] [ sh:path ex:q ; sh:minCount 1 ] )",
        "ex:a ex:p 1 . ex:b ex:q 1 .",
        "ex:a ex:p 1 ; ex:q 1 .",
    ),
    Pair(
        "xone of classes",
        "sh:xone ( [ sh:class ex:C ] [ sh:class ex:D ] )",
        "ex:a ex:p 1 ; a ex:C .",
        "ex:a ex:p 1 ; a ex:C , ex:D .",
        True,
        False,
    ),
    Pair(
        "or, one twice",
        "sh:or ( ex:T ex:T ) . ex:T sh:class ex:C",
        "ex:a ex:p 1 ; a ex:C .",
        "ex:a ex:p 1 .",
        False,
    ),
    # Shapes
    Pair(
        "node",
        _on_p("sh:node [ sh:property [ sh:path ex:r ; sh:minCount 1 ] ]"),
        "ex:a ex:p ex:b . ex:b ex:r 1 .",
        "ex:a ex:p ex:b .",
    ),
    Pair(
        "node with too many",
        _on_p("sh:node [ sh:property [ sh:path ex:r ; sh:maxCount 0 ] ]"),
        "ex:a ex:p ex:b .",
        "ex:a ex:p ex:b . ex:b ex:r 1 .",
        True,
        False,
    ),
    Pair(
        "node that warns",
        "sh:node [ sh:class ex:C ; sh:severity sh:Warning ]",
        "ex:a ex:p 1 ; a ex:C .",
        "ex:a ex:p 1 .",
        False,
    ),
    Pair(
        "node of itself",
        _on_p("sh:node ex:S ; sh:nodeKind sh:IRI"),
        "ex:a ex:p ex:b .",
        "ex:a ex:p 1 .",
        False,
    ),
    Pair(
        "property in a property",
        _on_p("sh:property [ sh:path ex:r ; sh:minCount 1 ]"),
        "ex:a ex:p ex:b . ex:b ex:r 1 .",
        "ex:a ex:p ex:b .",
    ),
    Pair(
        "property that warns",
        _on_p("sh:minCount 2 ; sh:severity sh:Warning"),
        "ex:a ex:p 1 , 2 .",
        "ex:a ex:p 1 .",
    ),
    Pair(
        "qualifiedMinCount",
        _on_p("sh:qualifiedValueShape [ sh:class ex:C ] ; sh:qualifiedMinCount 1"),
        "ex:a ex:p 1 , ex:b . ex:b a ex:C .",
        "ex:a ex:p 1 , ex:b .",
    ),
    Pair(
        "qualifiedMaxCount",
        _on_p("sh:qualifiedValueShape [ sh:class ex:C ] ; sh:qualifiedMaxCount 0"),
        "ex:a ex:p 1 , ex:b .",
        "ex:a ex:p 1 , ex:b . ex:b a ex:C .",
        True,
        False,
    ),
    Pair(
        "qualified, disjoint",
        "sh:property [ sh:path ex:p ; sh:qualifiedValueShape [ sh:class ex:C ] ; "
        "sh:qualifiedMinCount 1 ; sh:qualifiedValueShapesDisjoint true ] , "
        "[ sh:path ex:p ; sh:qualifiedValueShape [ sh:class ex:D ] ; sh:qualifiedMinCount 0 ]",
        "ex:a ex:p ex:b . ex:b a ex:C .",
        "ex:a ex:p ex:b . ex:b a ex:C , ex:D .",
        False,
    ),
    # Others
    Pair(
        "closed",
        "sh:closed true ; sh:ignoredProperties ( rdf:type ) ; sh:property [ sh:path ex:p ]",
        "ex:a ex:p 1 ; a ex:C .",
        "ex:a ex:p 1 ; ex:r 1 .",
    ),
    Pair(
        "closed property",
        _on_p("sh:closed true"),
        "ex:a ex:p ex:b .",
        "ex:a ex:p ex:b . ex:b ex:r 1 .",
        False,
    ),
    Pair(
        "hasValue",
        _on_p("sh:hasValue ex:b , 1"),
        "ex:a ex:p ex:b , 1 , 2 .",
        'ex:a ex:p ex:b , "1" .',
    ),
    Pair(
        "in", _on_p('sh:in ( ex:b 1 "a"@en )'), 'ex:a ex:p 1 , "a"@EN .', 'ex:a ex:p "1"^^xsd:int .'
    ),
    # Paths
    Pair("path", _path("ex:r"), "ex:a ex:p 1 ; ex:r 1 , 2 .", "ex:a ex:p 1 ; ex:r 1 ."),
    Pair(
        "sequence",
        _path("( ex:p ex:r )"),
        "ex:a ex:p ex:b , ex:c . ex:b ex:r 1 . ex:c ex:r 2 .",
        "ex:a ex:p ex:b , ex:c . ex:b ex:r 1 . ex:c ex:r 1 .",
    ),
    Pair(
        "too many in a sequence",
        "sh:property [ sh:path ( ex:p ex:r ) ; sh:maxCount 1 ]",
        "ex:a ex:p ex:b . ex:b ex:r 1 .",
        "ex:a ex:p ex:b . ex:b ex:r 1 , 2 .",
        True,
        False,
    ),
    Pair(
        "alternative",
        _path("[ sh:alternativePath ( ex:p ex:r ) ]"),
        "ex:a ex:p 1 ; ex:r 2 .",
        "ex:a ex:p 1 ; ex:r 1 .",
    ),
    Pair(
        "inverse",
        _path("[ sh:inversePath ex:r ]"),
        "ex:a ex:p 1 . ex:b ex:r ex:a . ex:c ex:r ex:a .",
        "ex:a ex:p 1 ; ex:r ex:a .",
        True,
        False,
    ),
    Pair(
        "inverse of a sequence",
        _path("[ sh:inversePath ( ex:r ex:s ) ]"),
        "ex:a ex:p 1 . ex:b ex:r ex:a . ex:c ex:s ex:b . ex:d ex:s ex:b .",
        "ex:a ex:p 1 . ex:b ex:s ex:a . ex:c ex:r ex:b . ex:d ex:r ex:b .",
        False,
    ),
    Pair(
        "zeroOrOne",
        _path("[ sh:zeroOrOnePath ex:r ]"),
        "ex:a ex:p 1 ; ex:r 1 .",
        "ex:a ex:p 1 ; ex:r ex:a .",
    ),
    Pair(
        "zeroOrMore",
        _path("[ sh:zeroOrMorePath ex:r ]"),
        "ex:a ex:p 1 ; ex:r ex:b . ex:b ex:r ex:a .",
        "ex:a ex:p 1 ; ex:r ex:a .",
        False,
    ),
    Pair(
        "oneOrMore",
        _path("[ sh:oneOrMorePath ex:r ]"),
        "ex:a ex:p 1 ; ex:r ex:b . ex:b ex:r ex:a .",
        "ex:a ex:p 1 ; ex:r ex:b .",
        False,
    ),
    # What says how a shape is used
    Pair(
        "deactivated",
        _on_p("sh:minCount 2 ; sh:deactivated false"),
        "ex:a ex:p 1 , 2 .",
        "ex:a ex:p 1 .",
        False,
    ),
    Pair(
        "SPARQL",
        'sh:sparql [ sh:select "SELECT $this { $this <http://example.org/p> 1 }" ]',
        "ex:a ex:p 2 .",
        "ex:a ex:p 1 .",
        False,
    ),
    Pair(
        "unknown term",
        _on_p("sh:minCount 2 ; ex:unknown 1"),
        "ex:a ex:p 1 , 2 .",
        "ex:a ex:p 1 .",
        False,
    ),
)
