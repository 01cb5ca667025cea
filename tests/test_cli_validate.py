"""`kg validate` judges RDF of any origin, in every format, and says where."""

from __future__ import annotations

import gzip
import json
import os
import random
import signal
import threading
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from pyoxigraph import BlankNode, Quad, RdfFormat, Store, parse, serialize
from tiny import BASE, Tiny, write_tiny

import kg
from kg.cli import group
from kg.cli.reports import REPORTS
from kg.corpus import load_vocabulary
from kg.errors import Problem
from kg.formats import RDF_FORMATS
from kg.outside import Rules, validate_files
from kg.terms import text_of
from kg.validate import Result as Found
from kg.validation import validate_store

O = f"{BASE}ontology#"  # noqa: E741
LABEL = "http://www.w3.org/2004/02/skos/core#prefLabel"
TYPE = "http://www.w3.org/1999/02/22-rdf-syntax-ns#type"
PREFIXES = f"@prefix o: <{O}> .\n@prefix skos: <http://www.w3.org/2004/02/skos/core#> .\n"
GOOD = f"{PREFIXES}<{BASE}m/a> a o:Mineral ;\n  skos:prefLabel 'A'@en ; o:mass 30 .\n"
HEAVY = GOOD.replace("30", "555")
LINES = f"""\
<{BASE}m/a> <{TYPE}> <{O}Mineral> .
<{BASE}m/a> <{LABEL}> "A"@en .
# two masses
<{BASE}m/a> <{O}mass> "30.0"^^<http://www.w3.org/2001/XMLSchema#decimal> .
\t<{BASE}m/a>   <{O}mass> "0555.50"^^<http://www.w3.org/2001/XMLSchema#decimal> .
<{BASE}m/b> <{TYPE}> <{O}Mineral> .
"""

# Enough for a bulk load, and packed for a store on disk; no shape looks at it.
PADDING = "".join(
    f'<{BASE}x/{i % 100}> <urn:p> "{i * 7919 % 100_003}"@en .\n' for i in range(25_000)
)

Judge = Callable[..., list[Problem]]


@pytest.fixture
def tiny(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Tiny:
    """A project; the folder that tests work in."""
    monkeypatch.chdir(tmp_path)
    return write_tiny(tmp_path / "project")


@pytest.fixture
def judge(tiny: Tiny, tmp_path: Path) -> Judge:
    """Judges files of these names and contents, in the order of their names."""

    def judge(files: dict[str, str | bytes], format_: str = "", ontology: bool = True):
        for name, content in files.items():
            data = content if isinstance(content, bytes) else content.encode()
            (tmp_path / name).write_bytes(data)
        context, known = load_vocabulary(tiny.project)
        rules = Rules(tiny.project, context, known if ontology else None)
        asked = RDF_FORMATS[format_] if format_ else None
        return list(validate_files(files, asked, rules, lambda *_: None))

    return judge


def told(problems: list[Problem]) -> list[tuple[str, str]]:
    return [(problem.place, problem.rule) for problem in problems]


def written(text: str, format_: str) -> bytes:
    """Turtle in another format."""
    quads = (quad.triple for quad in parse(text, RdfFormat.TURTLE))
    return serialize(quads, format=RDF_FORMATS[format_].rdf) or b""


# What is found, and where


@pytest.mark.parametrize("format_", RDF_FORMATS)
@pytest.mark.parametrize("packed", ["", ".gz", ".zst"])
def test_every_format_is_judged_alike(judge: Judge, format_: str, packed: str):
    name = f"a.{RDF_FORMATS[format_].extension}{packed}"

    def pack(data: bytes) -> bytes:
        if packed == ".zst":
            from backports import zstd

            return zstd.compress(data)
        return gzip.compress(data) if packed else data

    assert judge({name: pack(written(GOOD, format_))}) == []
    problems = judge({name: pack(written(HEAVY, format_))})
    assert [(p.file, p.rule, p.focus, p.value) for p in problems] == [
        (name, "light", f"{BASE}m/a", "555"),
        (name, "mass", f"{BASE}m/a", "555"),
    ]
    assert all(problem.line for problem in problems)


def test_a_subject_is_found_where_it_is_written(judge: Judge):
    assert told(judge({"a.ttl": HEAVY})) == [("a.ttl:3:1", "light"), ("a.ttl:3:1", "mass")]


@pytest.mark.parametrize("name", ["a.nt", "a.nq"])
def test_in_lines_the_very_line_is_found(judge: Judge, name: str):
    """That of the value, although it is written otherwise than a store has it; else the node's."""
    assert told(judge({name: LINES})) == [
        (f"{name}:5:1", "light"),
        (f"{name}:5:1", "mass"),
        (f"{name}:6:1", "label"),
    ]


def test_lines_are_counted_across_the_blocks_of_a_stream(judge: Judge):
    padding = f'<{BASE}x> <{LABEL}> "{"x" * 1000}" .\n' * 3000
    assert told(judge({"a.nt": padding + LINES}))[-1] == ("a.nt:3006:1", "label")


def test_lines_need_no_blanks_and_may_be_escaped_or_end_as_on_windows(judge: Judge):
    for text in (
        LINES.replace("> <", "><"),
        LINES.replace("/m/", "/\\u006D/"),
        LINES.replace("\n", "\r\n"),
        "\ufeff" + LINES,
        LINES.rstrip("\n"),
    ):
        assert [place for place, _ in told(judge({"a.nt": text}))][-1] == "a.nt:6:1"


def test_files_are_judged_as_one_graph(judge: Judge):
    """Of the file that lacks something, and each problem in the file that has the value."""
    first = f"<{BASE}m/a> a <{O}Mineral> .\n"
    second = f"<{BASE}m/a> <{LABEL}> 'A'@en .\n<{BASE}m/a> <{O}mass> 999 .\n"
    assert told(judge({"a.ttl": first})) == [("a.ttl:1:1", "label")]
    assert judge({"a.ttl": first, "b.ttl": second.splitlines()[0]}) == []
    assert told(
        judge({"a.nt": written(first, "ntriples"), "b.nt": written(second, "ntriples")})
    ) == [
        ("b.nt:2:1", "light"),
        ("b.nt:2:1", "mass"),
    ]


def test_named_graphs_are_merged(judge: Judge):
    trig = f"<urn:g> {{ <{BASE}m/a> a <{O}Mineral> }}\n<urn:h> {{ <{BASE}m/a> <{LABEL}> 'A'@en }}"
    assert judge({"a.trig": trig}) == []


def test_subclasses_are_known_by_the_ontology(judge: Judge, tiny: Tiny):
    tiny.edit(
        "ontology/ontology.ttl",
        ":Mineral a owl:Class .",
        ":Mineral a owl:Class . :Ore a owl:Class ;"
        " <http://www.w3.org/2000/01/rdf-schema#subClassOf> :Mineral .",
    )
    text = f"<{BASE}m/a> a <{O}Ore> .\n"
    assert told(judge({"a.ttl": text})) == [("a.ttl:1:1", "label")]
    assert judge({"a.ttl": text}, ontology=False) == []


def test_a_file_given_twice_is_read_once(judge: Judge, tmp_path: Path):
    blank = f"{PREFIXES}[] a o:Mineral .\n"
    (tmp_path / "b.ttl").symlink_to("a.ttl")
    context_free = judge({"a.ttl": blank})
    assert len(context_free) == 1


def test_of_what_is_retired_nothing_is_asked(judge: Judge):
    text = HEAVY + f"<{BASE}m/a> <http://www.w3.org/2002/07/owl#deprecated> true ."
    assert judge({"a.ttl": text}) == []


def test_what_the_project_publishes_conforms(project_release: kg.Release):
    root = Path(__file__).parent.parent
    project = kg.load_project(root)
    context, ontology = load_vocabulary(project)
    files = [str(project_release.files / f"graph.{end}") for end in ("nq.gz", "jsonld")]
    rules = Rules(project, context, ontology)
    for file in files:
        assert validate_files([file], None, rules, lambda *_: None) == ()


# Blank nodes


def test_a_blank_node_is_called_by_its_label(judge: Judge):
    for name, text, place in (
        ("a.ttl", f"\n_:b1 a <{O}Mineral> .", "a.ttl:2:1"),
        ("a.nt", f"# _:b1\n_:b1 <{TYPE}> <{O}Mineral> .\n", "a.nt:2:1"),
        ("a.jsonld", json.dumps({"@id": "_:b1", "@type": f"{O}Mineral"}), "a.jsonld:1:10"),
    ):
        (problem,) = judge({name: text})
        assert (problem.focus, problem.place) == ("_:b1", place)


def test_a_blank_node_without_a_label_is_called_by_the_way_to_it(judge: Judge):
    text = f"{PREFIXES}\n<{BASE}m/a> o:like [ o:like [ a o:Mineral ; o:mass 555 ] ] .\n"
    problems = judge({"a.ttl": text})
    assert told(problems) == [("a.ttl:4:1", rule) for rule in ("label", "light", "mass")]
    assert {problem.focus for problem in problems} == {f"{BASE}m/a > o:like > o:like"}


def test_a_blank_node_that_nothing_leads_to_has_neither(judge: Judge):
    (problem,) = judge({"a.ttl": f"[] a <{O}Mineral> ."})
    assert (problem.focus, problem.file) == ("[]", "a.ttl")


def test_blank_nodes_of_two_files_are_two(judge: Judge):
    """One label in two files is two nodes; each is found in its own."""
    named = f"_:b <{TYPE}> <{O}Mineral> .\n"
    other = f"\n_:b <{LABEL}> 'B'@en .\n\n_:b a <{O}Mineral> ; <{O}mass> 999 .\n"
    assert told(judge({"a.nt": named, "b.ttl": other})) == [
        ("a.nt:1:1", "label"),
        ("b.ttl:2:1", "light"),
        ("b.ttl:2:1", "mass"),
    ]


def test_blank_nodes_in_a_circle_and_in_long_lists_have_short_names(judge: Judge):
    circle = f"{PREFIXES}_:a o:like _:b . _:b o:like _:a . _:a a o:Mineral ."
    assert [p.focus for p in judge({"a.ttl": circle})] == ["_:a"]
    items = " ".join("1" for _ in range(500))
    long = f"{PREFIXES}<{BASE}x> o:like ( {items} [ a o:Mineral ] ) ."
    (problem,) = judge({"a.ttl": long})
    assert problem.focus.startswith("[] > ")
    assert len(problem.focus) < 2000


# What is not valid


def test_every_wrong_line_is_told_and_nothing_is_judged(judge: Judge):
    bad = LINES.replace("# two masses", "<urn:a> <urn:b> oops .") + "nonsense\n"
    problems = judge({"a.nt": bad, "b.ttl": f"\n<{BASE}a> a", "c.ttl": HEAVY})
    assert [(p.file, p.line, p.rule) for p in problems] == [
        ("a.nt", 3, "syntax"),
        ("a.nt", 7, "syntax"),
        ("b.ttl", 2, "syntax"),
    ]


def test_a_file_of_something_else_is_not_read_to_its_end(judge: Judge):
    problems = judge({"a.nt": "what is this\n" * 5000})
    assert len(problems) == 101
    assert "100 lines are not valid" in problems[0].message


@pytest.mark.parametrize("large", [False, True])
@pytest.mark.parametrize("fault", ["syntax", "encoding", "damaged"])
def test_a_fault_late_in_a_large_file_is_found(judge: Judge, large: bool, fault: str):
    lines = [f'<{BASE}x/{i}> <{LABEL}> "label {i}"@en .' for i in range(40_000 if large else 10)]
    line = len(lines) - 2
    lines[line - 1] = {
        "syntax": f"<{BASE}x> <{LABEL}> label .",
        "encoding": f'<{BASE}x> <{LABEL}> "\udce9" .',
    }.get(fault, lines[line - 1])
    data = "\n".join([*lines, ""]).encode(errors="surrogateescape")
    if fault == "damaged":
        (problem,) = judge({"a.nt.gz": gzip.compress(data)[:-20]})
        assert (problem.rule, problem.file) == ("compression", "a.nt.gz")
        return
    (problem,) = judge({"a.nt": data})
    assert (problem.rule, problem.line) == (fault, line)
    assert problem.column > 10


LITERAL = b'<urn:a> <urn:b> "' + b"x" * 17_000_000 + b'" .\n'


@pytest.mark.parametrize(
    ("name", "content", "rule"),
    [
        ("a.nt", b"<urn:a> <urn:b> <urn:c> .\n" + LITERAL, "too-large"),
        ("a.nt.gz", gzip.compress(LITERAL), "too-large"),
        ("a.ttl", LITERAL, "too-large"),
        ("a.ttl.gz", gzip.compress(LITERAL), "too-large"),
        ("a.nt", bytes(range(256)) * 100, "encoding"),
        ("a.ttl", bytes(range(256)) * 100, "encoding"),
        ("a.jsonld", "{}".encode("utf-16"), "encoding"),
        ("a.rdf", '<?xml version="1.0" encoding="latin-1"?><é/>'.encode("latin-1"), "encoding"),
        ("a.jsonld", b"[" * 1_000_000, "syntax"),
        ("a.jsonld", b'{"@id": "urn:a", "urn:p": ' * 100_000, "syntax"),
        ("a.jsonld", b'{"@context": "https://example.org/c", "a": 1}', "syntax"),
        ("a.rdf", b"<a>" * 100_000, "too-deep"),
        ("a.rdf", b'<!DOCTYPE r [<!ENTITY a "b"><!ENTITY c "&a;&a;">]><r>&c;</r>', "entity"),
        ("a.rdf", b"{}", "syntax"),
        ("a.nt", b"\0" * 1000, "syntax"),
        ("a.nt.gz", b"no gzip", "compression"),
        ("a.nq.zst", b"no zstd", "compression"),
        ("a.nt", b"<urn:a> <urn:b> <<( <urn:a> <urn:b> <urn:c> )>> .\n", "triple-term"),
        ("a.ttl", b"<urn:a> <urn:b> <<( <urn:a> <urn:b> <urn:c> )>> .\n", "triple-term"),
    ],
)  # fmt: skip
def test_hostile_files_are_problems(judge: Judge, name: str, content: bytes, rule: str):
    start = time.monotonic()
    problems = judge({name: content})
    assert {problem.rule for problem in problems} == {rule}
    assert {problem.file for problem in problems} == {name}
    assert all(len(str(problem)) < 5000 for problem in problems)
    assert time.monotonic() - start < 20


def test_a_line_that_is_too_long_is_told_at_its_line(judge: Judge):
    (problem,) = judge({"a.nt": f"{LINES}".encode() + LITERAL})
    assert (problem.line, problem.rule) == (7, "too-large")


def test_a_packed_file_that_grows_without_end_is_refused(judge: Judge, tiny: Tiny):
    tiny.write("kg.toml", f'base = "{BASE}"\n[limits]\nstream = 1000000\n')
    bomb = gzip.compress(b"<urn:a> <urn:b> <urn:c> .\n" * 1_000_000)
    (problem,) = judge({"a.nt.gz": bomb})
    assert problem.rule == "too-large"
    assert "1000000 bytes" in problem.message


def test_nothing_is_left_behind(judge: Judge, monkeypatch: pytest.MonkeyPatch, tmp_path: Path):
    """Also where the data are kept on disk, and when they are not valid."""
    folder = tmp_path / "tmp"
    folder.mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(folder))
    packed = gzip.compress((PADDING + LINES).encode(), 1)
    assert len(judge({"a.nt.gz": packed})) == 3
    assert len(judge({"a.nt.gz": packed[:-9]})) == 1
    assert list(folder.iterdir()) == []


def test_what_is_large_is_judged_as_what_is_small(judge: Judge):
    few = judge({"a.nt": LINES})
    assert judge({"a.nt": LINES + PADDING, "b.nt": PADDING}) == few
    packed = gzip.compress((LINES + PADDING).encode(), 1)
    assert told(judge({"c.nt.gz": packed})) == [
        (place.replace("a.nt", "c.nt.gz"), rule) for place, rule in told(few)
    ]


# The engines

CORE = Path(__file__).parent.parent
ENGINES = ("reference", "fast")


def agree(quads: list[Quad]) -> list[Found]:
    """What both engines find by the core's shapes, when they agree."""
    store = Store()
    store.extend(quads)
    found = [validate_store(store, CORE / "shapes", engine) for engine in ENGINES]
    assert found[0] == found[1]
    return found[0]


def test_references_to_nothing_are_found_by_both_engines():
    """Of a data set that says how its IRIs begin; the graphs are one."""
    text = f"""
        @prefix void: <http://rdfs.org/ns/void#> . @prefix : <{BASE}> .
        <urn:g> {{ <urn:set> a void:Dataset ; void:uriSpace "{BASE}" , "{BASE}m/"@en .
                   _:f0-set a void:Linkset ; void:uriSpace "{BASE}m/" , 5 . }}
        <urn:h> {{ void:Linkset <http://www.w3.org/2000/01/rdf-schema#subClassOf> void:Dataset .
                   <urn:a> <urn:p> :m , :m\\/1 , :m\\/2 , <urn:none> , "{BASE}text" . }}
        :m\\/2 <urn:p> 1 ."""
    quads = parse(text, RdfFormat.TRIG)
    found = [result for result in agree(list(quads)) if result.shape.endswith("DatasetShape")]
    assert sorted((r.focus[:8], r.value) for r in found) == [
        ("_:f0-set", f"{BASE}m/1"),
        ("urn:set", f"{BASE}m"),
        ("urn:set", f"{BASE}m/1"),
    ]


@pytest.mark.parametrize("seed", range(4))
def test_blank_nodes_are_judged_alike_by_both_engines(
    project_release: kg.Release, monkeypatch: pytest.MonkeyPatch, seed: int
):
    """Own facts with things left out and names taken away, whatever nodes are screened together."""
    monkeypatch.setattr("kg.validation._SUBJECTS", 7)
    draw = random.Random(seed)
    quads = sorted(
        parse(path=project_release.files / "graph.nq", format=RdfFormat.N_QUADS), key=str
    )
    subjects = sorted({q.subject.value for q in quads if "/magnesium-" in q.subject.value})
    kept = set(draw.sample(subjects, 25))
    for _ in range(2):
        kept |= {text_of(q.object) for q in quads if q.subject.value in kept} & set(subjects)
    unnamed = {
        iri: BlankNode(f"f0-{i}") for i, iri in enumerate(sorted(kept)) if draw.random() < 0.4
    }

    def taken(term: object) -> object:
        return unnamed.get(getattr(term, "value", ""), term)

    results = agree(
        [
            Quad(taken(q.subject), q.predicate, taken(q.object), q.graph_name)
            for q in quads
            if q.subject.value not in subjects or (q.subject.value in kept and draw.random() < 0.97)
        ]
    )
    assert any(result.focus.startswith("_:") for result in results)


# The command


def test_the_command_reports_and_fails(tiny: Tiny):
    tiny.write("a.ttl", HEAVY)
    result = tiny.kg("validate", "a.ttl")
    assert result.returncode == 1
    assert result.stderr == ""
    assert result.stdout.splitlines() == [
        "a.ttl:3:1: warning: that is heavy, got 555 (m/a; shape light)",
        "a.ttl:3:1: error: mass must be at most 300, got 555 (m/a; shape mass)",
        "1 error, 1 warning",
    ]


def run(tiny: Tiny, *args: str) -> Result:
    """The command in this process."""
    return CliRunner().invoke(group, ["-C", str(tiny.root), "validate", *args])


def test_warnings_fail_only_when_it_is_strict(tiny: Tiny):
    tiny.write("a.ttl", GOOD.replace("30", "250"))
    file = str(tiny.root / "a.ttl")
    assert run(tiny, file).exit_code == 0
    result = run(tiny, "--strict", file)
    assert (result.exit_code, result.stdout.splitlines()[-1]) == (1, "1 warning")


@pytest.mark.parametrize("form", REPORTS)
def test_it_reports_in_every_format(tiny: Tiny, form: str):
    tiny.write("a.ttl", HEAVY)
    result = run(tiny, "--format", form, str(tiny.root / "a.ttl"))
    assert result.exit_code == 1
    assert "mass must be at most 300" in result.stdout
    assert "a.ttl" in result.stdout


def test_the_ontology_can_be_left_out_and_an_engine_chosen(tiny: Tiny):
    """That both are taken; what they do is tested above."""
    tiny.write("a.ttl", HEAVY)
    for engine in ENGINES:
        result = run(tiny, "--no-ontology", "--shacl", engine, str(tiny.root / "a.ttl"))
        assert result.stdout.splitlines()[-1] == "1 error, 1 warning"


def test_standard_input_is_read(tiny: Tiny):
    good = tiny.kg("validate", "-", "--format-in", "turtle", stdin=GOOD)
    assert (good.returncode, good.stdout) == (0, "no problems\n")
    bad = tiny.kg("validate", "-", "--format-in", "ntriples", stdin=LINES)
    assert bad.stdout.splitlines()[0].startswith("<stdin>:5:1: warning: that is heavy")


def test_a_pipe_is_read(tiny: Tiny):
    pipe = tiny.root / "pipe.nt"
    os.mkfifo(pipe)
    writer = threading.Thread(target=pipe.write_text, args=(LINES,))
    writer.start()
    result = tiny.kg("validate", "pipe.nt")
    writer.join()
    assert "pipe.nt:6:1: error: label must be given" in result.stdout


def test_all_that_cannot_be_read_is_told_at_once(tiny: Tiny):
    tiny.write("a.ttl", HEAVY)
    tiny.write("b.odt", "")
    (tiny.root / "loop.ttl").symlink_to("loop.ttl")
    result = tiny.kg("validate", "no.ttl", "a.ttl", "facts", "b.odt", "-", "loop.ttl", "x" * 500)
    assert (result.returncode, result.stdout) == (2, "")
    assert [line.split(";")[0] for line in result.stderr.splitlines()] == [
        "kg: no.ttl cannot be read: No such file or directory",
        "facts is a folder",
        "b.odt does not say by its name what it holds",
        "- does not say by its name what it holds",
        "loop.ttl cannot be read: Too many levels of symbolic links",
        f"{'x' * 500} cannot be read: File name too long",
    ]


def test_hostile_names_are_printed_as_text(tiny: Tiny):
    name = "\x1b[31m\n:1:2.ttl"
    tiny.write(name, HEAVY)
    result = tiny.kg("validate", name)
    assert result.stdout.splitlines()[0].startswith("\\x1b[31m\\n:1:2.ttl:3:1: warning")
    assert "\x1b" not in tiny.kg("validate", "\x1b[31m").stderr


def test_without_files_it_says_how_it_is_used(tiny: Tiny):
    result = run(tiny)
    assert (result.exit_code, result.stdout) == (2, "")
    assert "FILE" in result.stderr


def test_a_full_disk_is_an_error_in_words(tiny: Tiny, disk: Path):
    many = "".join(f'<{BASE}x/{i}> <{LABEL}> "{i * 7919}"@en .\n' for i in range(200_000))
    (tiny.root / "a.nt.gz").write_bytes(gzip.compress(many.encode(), 1))
    result = tiny.kg("validate", "a.nt.gz", TMPDIR=str(disk))
    assert result.returncode == 2
    assert "TMPDIR" in result.stderr
    assert "Traceback" not in result.stderr
    assert list(disk.iterdir()) == []


def test_an_interrupt_ends_it_and_leaves_nothing(tiny: Tiny, monkeypatch: pytest.MonkeyPatch):
    folder = tiny.root / "tmp"
    folder.mkdir()
    monkeypatch.setenv("TMPDIR", str(folder))
    (tiny.root / "a.nt.gz").write_bytes(gzip.compress(PADDING.encode(), 1) * 20)
    process = tiny.start("validate", "a.nt.gz")
    while not list(folder.glob("*/store")):
        time.sleep(0.01)
    process.send_signal(signal.SIGINT)
    start = time.monotonic()
    assert process.wait(timeout=30) == 130
    assert time.monotonic() - start < 5
    output, errors = process.communicate()
    assert (output, errors.strip()) == ("", "")
    assert list(folder.iterdir()) == []
