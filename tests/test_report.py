"""Reports say the same in every format, and keep to the standards of each."""

from __future__ import annotations

import json
import re
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from pyoxigraph import RdfFormat, parse
from rdflib import RDF, Graph, Literal, Namespace, URIRef
from sample import BASE, vocabulary
from tiny import Tiny, write_tiny

from kg import terms
from kg.cli.reports import REPORTS
from kg.context import Context
from kg.errors import Problem, Severity
from kg.report import (
    count_by_severity,
    keep_problems,
    read_problem_lines,
    read_problems,
    summarize,
)
from kg.report.groups import group_by_rule

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


def report(form: str, problems: Sequence[Problem], context: Context) -> str:
    """A report as one text."""
    return "".join(REPORTS[form](problems, context))


def test_text_is_one_line_a_problem_and_the_count(context: Context):
    assert report("text", PROBLEMS, context) == (
        "facts/a b.yaml: error: the whole file (encoding)\n"
        'facts/a.yaml:4:3: error: key "x" \\ 😀 (unknown-key)\n'
        "facts/a.yaml:7:0: warning: at most 1, got 1.2 (finding/x; shape F-p)\n"
        "-: info: line\\nbreak \\x1b[31m (note)\n"
        "2 errors, 1 warning, 1 info\n"
    )


def test_a_very_long_message_is_cut_in_text_and_whole_in_json(context: Context):
    long = (Problem("a", 1, 1, "x" * 100_000, "r"),)
    assert len(report("text", long, context)) < 2000
    assert len(json.loads(report("json", long, context))["problems"][0]["message"]) == 100_000


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
    document = json.loads(report("json", PROBLEMS, context))
    assert document["conforms"] is False
    assert document["counts"] == {"error": 2, "warning": 1, "info": 1}
    assert document["problems"][0] == {
        "file": "facts/a b.yaml",
        "line": 0,
        "column": 0,
        "severity": "error",
        "message": "the whole file",
        "rule": "encoding",
    }
    assert document["problems"][2]["focus"] == BASE + "finding/x"
    assert document["problems"][3]["message"] == "line\nbreak \x1b[31m"


def test_warnings_alone_stop_nothing_but_are_results(context: Context):
    """In JSON `conforms` is what the exit status says; in SHACL any result denies it (3.6.1.1)."""
    problems = (Problem("a", 1, 1, "x", "r", Severity.WARNING),)
    assert json.loads(report("json", problems, context))["conforms"] is True
    assert "false" in report("turtle", problems, context).split("conforms")[1][:8]


# SARIF 2.1.0 (OASIS), the sections in brackets


def sarif(problems: tuple[Problem, ...], context: Context) -> dict[str, Any]:
    return json.loads(report("sarif", problems, context))


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
    return Graph().parse(data=report("turtle", problems, context), format="turtle")


@pytest.mark.parametrize("problems", [PROBLEMS, ()], ids=["some", "none"])
def test_turtle_is_a_standard_validation_report(problems: tuple[Problem, ...], context: Context):
    said = graph(problems, context)
    (node,) = said.subjects(RDF.type, SH.ValidationReport)
    (conforms,) = said.objects(node, SH.conforms)
    assert conforms == Literal(not problems)
    results = list(said.objects(node, SH.result))
    assert len(results) == len(problems)
    for result in results:
        assert (result, RDF.type, SH.ValidationResult) in said
        for required in (SH.focusNode, SH.resultSeverity, SH.sourceConstraintComponent):
            assert len(list(said.objects(result, required))) == 1
        assert isinstance(said.value(result, SH.sourceConstraintComponent), URIRef)
        for optional in (SH.resultPath, SH.value, SH.sourceShape):
            assert len(list(said.objects(result, optional))) <= 1
        assert all(isinstance(m, Literal) for m in said.objects(result, SH.resultMessage))


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
    assert report("turtle", PROBLEMS, context) == report("turtle", PROBLEMS, context)


# Many problems

HOSTILE = 'a\n"b"\x1b[31m\udcff/../<i>#?%😀' + "x" * 5000


def many(count: int) -> list[Problem]:
    """Problems of three rules, one of them in one file, in the order of a report."""
    shape = terms.SH + "MinCountConstraintComponent"
    found = [
        *(
            Problem(f"facts/{i % 7}.jsonl", i, 1, f"m{i}", "label", component=shape, shape="urn:s")
            for i in range(1, count - 30)
        ),
        *(Problem("facts/z.yaml", i, 1, "again", "unknown-key") for i in range(1, 11)),
        *(Problem("-", 0, 0, f"gone {i}", "removed", Severity.WARNING) for i in range(21)),
    ]
    return sorted(found, key=lambda problem: problem.order)


def test_up_to_200_problems_are_all_told(context: Context):
    lines = report("text", many(200), context).splitlines()
    assert len(lines) == 201
    assert lines[-1] == "179 errors, 21 warnings"


def test_of_more_each_rule_is_counted_and_its_first_are_told(context: Context):
    text = report("text", many(2000), context)
    assert text.splitlines()[:8] == [
        "1,969 errors of shape label, in 7 files:",
        *(f"facts/0.jsonl:{i}:1: error: m{i} (shape label)" for i in (7, 14, 21, 28, 35)),
        "... and 1,964 more",
        "",
    ]
    assert "\n10 errors of rule unknown-key, in 1 file:\nfacts/z.yaml:1:1: error: again" in text
    assert "\n21 warnings of rule removed:\n-: warning: gone 0 (removed)\n" in text
    last = text.splitlines()[-1]
    assert last == "1,979 errors, 21 warnings; `--format jsonl` lists every one"


def test_rules_come_by_severity_and_by_their_number():
    kinds = [Severity.INFO, Severity.WARNING, Severity.ERROR]
    problems = [
        Problem("a", 1, 1, "m", f"r{n}", kind) for kind in kinds for n in range(4) for _ in range(n)
    ]
    ordered = [(group.severity, group.rule, group.count) for group in group_by_rule(problems)]
    assert ordered == [
        (kind, f"rule r{n}", n) for kind in reversed(kinds) for n in reversed(range(1, 4))
    ]


def test_shapes_of_one_name_are_told_apart():
    shapes = [Problem("a", 1, 1, "m", "p", component="urn:c", shape=s) for s in ("urn:a", "urn:b")]
    assert [group.count for group in group_by_rule(shapes)] == [1, 1]


@pytest.mark.parametrize("form", ["text", "html"])
def test_what_people_read_stays_small(form: str, context: Context):
    """Also where every problem has a rule of its own, and each text is long."""
    each = [Problem(HOSTILE, i, 1, HOSTILE, f"{i}{HOSTILE}", focus=HOSTILE) for i in range(2000)]
    text = report(form, each, context)
    assert len(text) < 2_000_000
    assert ("... and 1,900 of 1,900 rules" if form == "text" else "Other rules") in text
    long = report(form, many(100_000), context)
    assert len(long) < 20_000
    assert "99,969" in long


@pytest.mark.parametrize("form", REPORTS)
def test_many_problems_are_written_in_time(form: str, context: Context):
    """A step for every pair of them would take minutes."""
    problems = [
        Problem(f"facts/{i}.yaml", 1, 1, f"m{i}", f"r{i % 20_000}", focus=f"{BASE}x/{i}", path="p")
        for i in range(40_000)
    ]
    start = time.monotonic()
    longest = max(map(len, REPORTS[form](problems, context)))
    assert time.monotonic() - start < (2 if form == "text" else 10)
    assert longest < 5_000_000


@pytest.mark.parametrize("count", [0, 1, 5, 1000])
def test_json_lines_say_what_json_says(count: int, context: Context):
    problems = [*PROBLEMS, *many(1000)][:count]
    lines = report("jsonl", problems, context)
    listed = json.loads(report("json", problems, context))["problems"]
    assert [json.loads(line) for line in lines.splitlines()] == listed
    assert list(read_problem_lines(lines.splitlines())) == problems


def test_json_is_written_as_a_whole_would_be(context: Context):
    for problems in ((), PROBLEMS):
        text = report("json", problems, context)
        assert text == json.dumps(json.loads(text), indent=2, ensure_ascii=False) + "\n"


@pytest.mark.parametrize("form", REPORTS)
def test_hostile_names_and_messages_stay_texts(form: str, context: Context):
    problem = Problem(
        HOSTILE, 1, 1, HOSTILE, HOSTILE, focus=HOSTILE, path=HOSTILE, value=HOSTILE,
        component=HOSTILE, shape=HOSTILE,
    )  # fmt: skip
    for problems in ([problem], [problem] * 300):
        text = report(form, problems, context)
        text.encode()
        assert "\x1b" not in text
        match form:
            case "text":
                assert all(line.isprintable() for line in text.splitlines())
            case "json":
                assert read_problems(text) == problems
            case "jsonl":
                assert list(read_problem_lines(text.splitlines())) == problems
            case "sarif":
                (run,) = json.loads(text)["runs"]
                uri = run["results"][0]["locations"][0]["physicalLocation"]["artifactLocation"]
                assert re.fullmatch(r"[\w.~/%-]+", uri["uri"], re.ASCII)
            case "turtle":
                said = Graph().parse(data=text, format="turtle")
                assert len(list(said.subjects(RDF.type, SH.ValidationResult))) == len(problems)
            case "html":
                assert "<i>" not in text


def test_turtle_of_many_is_one_report(context: Context):
    """Written in pieces, it is still one graph: each result once, all of one report."""
    problems = many(3000)
    said = list(parse(report("turtle", problems, context), RdfFormat.TURTLE))
    results = [quad for quad in said if quad.predicate.value == terms.SH + "result"]
    assert len({quad.object for quad in results}) == len(results) == 3000
    assert len({quad.subject for quad in results}) == 1
    assert {quad.object for quad in results} <= {quad.subject for quad in said}


# The whole report of a build that was refused


@pytest.fixture
def broken(tmp_path: Path) -> Tiny:
    """A project with more problems than a report tells."""
    tiny = write_tiny(tmp_path)
    lines = (f'{{"id": "mineral/m{i}", "type": "Mineral"}}\n' for i in range(250))
    tiny.write("facts/many.jsonl", "".join(lines))
    return tiny


def test_a_refused_build_keeps_all_of_a_long_report(broken: Tiny):
    result = broken.kg("build")
    assert (result.returncode, result.stdout) == (1, "")
    assert (
        "250 errors of shape label, in 1 file:\nfacts/many.jsonl:1:2: error: label" in result.stderr
    )
    assert "build/problems.jsonl holds all 250 problems\n" in result.stderr
    file = broken.build / "problems.jsonl"
    lines = file.read_text().splitlines()
    assert sorted(p.line for p in read_problem_lines(lines)) == list(range(1, 251))
    assert file.read_text() == broken.kg("check", "--format", "jsonl").stdout
    broken.write("facts/many.jsonl", "")
    assert broken.kg("build").returncode == 0
    assert not file.exists()


def test_a_short_report_is_not_kept_and_drops_that_of_before(broken: Tiny):
    assert broken.kg("build", "--json").returncode == 1
    assert (broken.build / "problems.jsonl").exists()
    broken.write("facts/many.jsonl", '{"id": "mineral/m", "type": "Mineral"}\n')
    result = broken.kg("build")
    assert (result.returncode, "problems.jsonl" in result.stderr) == (1, False)
    assert not (broken.build / "problems.jsonl").exists()


def test_a_report_that_cannot_be_kept_is_told(broken: Tiny):
    (broken.build / "problems.jsonl").mkdir(parents=True)
    result = broken.kg("build")
    assert result.returncode == 1
    assert "250 errors" in result.stderr
    assert "the whole report could not be kept in " in result.stderr
    assert [path.name for path in broken.build.glob(".kg-aside-*")] == []


def test_a_full_disk_leaves_no_half_of_a_report(disk: Path):
    (disk / "problems.jsonl").write_text("{}\n")
    each = (Problem("a", i, 1, "x" * 1000, "r") for i in range(1, 100_000))
    with pytest.raises(OSError, match="No space left"):
        keep_problems(disk, each)
    assert list(disk.iterdir()) == []


def test_what_a_kill_left_is_removed_by_the_next_build(broken: Tiny):
    left = broken.build / ".kg-aside-problems.jsonl.123"
    broken.build.mkdir()
    left.write_text("{}\n")
    broken.write("facts/many.jsonl", "")
    assert broken.kg("build").returncode == 0
    assert not left.exists()
