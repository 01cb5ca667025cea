"""Reports say the same in every format, and keep to the standards of each."""

from __future__ import annotations

import json
from typing import Any

import pytest
from rdflib import RDF, Graph, Literal, Namespace, URIRef
from sample import BASE, vocabulary

from kg import terms
from kg.context import Context
from kg.errors import Problem, Severity
from kg.report import FORMATS, count_by_severity, summarize

SH = Namespace(terms.SH)
PROBLEMS = (
    Problem("facts/a b.yaml", 0, 0, "the whole file", "encoding"),
    Problem("facts/a.yaml", 4, 3, 'key "x" \\ 😀', "unknown-key"),
    Problem(
        "facts/a.yaml",
        7,
        0,
        "at most 1, got 1.2",
        "F-p",
        Severity.WARNING,
        focus=BASE + "finding/x",
        path=terms.LE + "pValue",
        value="1.2",
        component=terms.SH + "MaxInclusiveConstraintComponent",
    ),
    Problem("-", 0, 0, "line\nbreak \x1b[31m", "note", Severity.INFO, value=BASE + "mineral/x"),
)


@pytest.fixture
def context() -> Context:
    return vocabulary()[0]


def test_text_is_one_line_a_problem_and_the_count(context: Context):
    assert FORMATS["text"](PROBLEMS, context) == (
        "facts/a b.yaml: error: the whole file (encoding)\n"
        'facts/a.yaml:4:3: error: key "x" \\ 😀 (unknown-key)\n'
        "facts/a.yaml:7:0: warning: at most 1, got 1.2 (finding/x; shape F-p)\n"
        "-: info: line\\nbreak \\x1b[31m (note)\n"
        "2 errors, 1 warning, 1 info\n"
    )


def test_a_very_long_message_is_cut_in_text_and_whole_in_json(context: Context):
    long = (Problem("a", 1, 1, "x" * 100_000, "r"),)
    assert len(FORMATS["text"](long, context)) < 2000
    assert len(json.loads(FORMATS["json"](long, context))["problems"][0]["message"]) == 100_000


@pytest.mark.parametrize(
    ("severities", "words"),
    [("", "no problems"), ("e", "1 error"), ("eew", "2 errors, 1 warning"), ("ii", "2 info")],
)
def test_counts_are_told_in_words(severities: str, words: str):
    kinds = {"e": Severity.ERROR, "w": Severity.WARNING, "i": Severity.INFO}
    problems = [Problem("a", 1, 1, "m", "r", kinds[s]) for s in severities]
    assert summarize(problems) == words
    assert sum(count_by_severity(problems).values()) == len(severities)


def test_json_holds_every_field(context: Context):
    report = json.loads(FORMATS["json"](PROBLEMS, context))
    assert report["conforms"] is False
    assert report["counts"] == {"error": 2, "warning": 1, "info": 1}
    assert report["problems"][0] == {
        "file": "facts/a b.yaml",
        "line": 0,
        "column": 0,
        "severity": "error",
        "message": "the whole file",
        "rule": "encoding",
    }
    assert report["problems"][2]["focus"] == BASE + "finding/x"
    assert report["problems"][3]["message"] == "line\nbreak \x1b[31m"


def test_warnings_alone_stop_nothing_but_are_results(context: Context):
    """In JSON `conforms` is what the exit status says; in SHACL any result denies it (3.6.1.1)."""
    problems = (Problem("a", 1, 1, "x", "r", Severity.WARNING),)
    assert json.loads(FORMATS["json"](problems, context))["conforms"] is True
    assert "false" in FORMATS["turtle"](problems, context).split("conforms")[1][:8]


# SARIF 2.1.0 (OASIS), the sections in brackets


def sarif(problems: tuple[Problem, ...], context: Context) -> dict[str, Any]:
    return json.loads(FORMATS["sarif"](problems, context))


@pytest.mark.parametrize("problems", [PROBLEMS, ()], ids=["some", "none"])
def test_sarif_has_what_the_standard_requires(problems: tuple[Problem, ...], context: Context):
    log = sarif(problems, context)
    assert log["version"] == "2.1.0"  # 3.13.2
    (run,) = log["runs"]  # 3.13.4
    driver = run["tool"]["driver"]  # 3.14.6, 3.18.2
    assert driver["name"] == "kg"  # 3.19.8
    assert run["columnKind"] in ("utf16CodeUnits", "unicodeCodePoints")  # 3.14.17
    ids = [rule["id"] for rule in driver["rules"]]  # 3.49.3
    assert len(set(ids)) == len(ids)
    assert len(run["results"]) == len(problems)  # 3.14.23
    for result, problem in zip(run["results"], problems, strict=True):
        assert result["message"]["text"] == problem.message  # 3.27.11, 3.11.8
        assert result["level"] in ("error", "warning", "note")  # 3.27.10
        assert ids[result["ruleIndex"]] == result["ruleId"] == problem.rule  # 3.27.5, 3.27.6
        for location in result.get("locations", ()):  # 3.27.12
            region = location["physicalLocation"].get("region")
            assert (region is None) is (problem.line == 0)
            if region:
                assert min(region["startLine"], region["startColumn"]) >= 1  # 3.30.5, 3.30.6


def test_sarif_names_files_by_uri(context: Context):
    """A URI reference has no blanks (3.4.3, RFC 3986), and a problem of no file has no place."""
    results = sarif(PROBLEMS, context)["runs"][0]["results"]
    places = [location["physicalLocation"] for r in results[:3] for location in r["locations"]]
    uris = [place["artifactLocation"]["uri"] for place in places]
    assert uris == ["facts/a%20b.yaml", "facts/a.yaml", "facts/a.yaml"]
    assert "locations" not in results[3]


def test_sarif_names_the_focus_node_as_the_logical_location(context: Context):
    place = sarif(PROBLEMS, context)["runs"][0]["results"][2]["locations"][0]
    assert place["logicalLocations"] == [
        {"name": "finding/x", "fullyQualifiedName": BASE + "finding/x"}
    ]


# A validation report (SHACL, section 3.6)


def graph(problems: tuple[Problem, ...], context: Context) -> Graph:
    return Graph().parse(data=FORMATS["turtle"](problems, context), format="turtle")


@pytest.mark.parametrize("problems", [PROBLEMS, ()], ids=["some", "none"])
def test_turtle_is_a_standard_validation_report(problems: tuple[Problem, ...], context: Context):
    report = graph(problems, context)
    (node,) = report.subjects(RDF.type, SH.ValidationReport)
    (conforms,) = report.objects(node, SH.conforms)
    assert conforms == Literal(not problems)
    results = list(report.objects(node, SH.result))
    assert len(results) == len(problems)
    for result in results:
        assert (result, RDF.type, SH.ValidationResult) in report
        for required in (SH.focusNode, SH.resultSeverity, SH.sourceConstraintComponent):
            assert len(list(report.objects(result, required))) == 1
        assert isinstance(report.value(result, SH.sourceConstraintComponent), URIRef)
        for optional in (SH.resultPath, SH.value, SH.sourceShape):
            assert len(list(report.objects(result, optional))) <= 1
        assert all(isinstance(m, Literal) for m in report.objects(result, SH.resultMessage))


def test_turtle_holds_what_the_shape_found(context: Context):
    rows = graph(PROBLEMS, context).query(
        """PREFIX sh: <http://www.w3.org/ns/shacl#>
        SELECT ?focus ?path ?value ?message WHERE {
            [] a sh:ValidationReport ; sh:conforms false ; sh:result ?result .
            ?result sh:resultSeverity sh:Warning ; sh:focusNode ?focus ; sh:resultPath ?path ;
                sh:value ?value ; sh:resultMessage ?message ;
                sh:sourceConstraintComponent sh:MaxInclusiveConstraintComponent }"""
    )
    assert [tuple(map(str, row)) for row in rows] == [
        (
            BASE + "finding/x",
            terms.LE + "pValue",
            "1.2",
            "facts/a.yaml:7:0: at most 1, got 1.2",
        )
    ]


def test_turtle_is_the_same_every_time(context: Context):
    assert FORMATS["turtle"](PROBLEMS, context) == FORMATS["turtle"](PROBLEMS, context)
