"""The command line: data on standard output, talk on standard error, a status, no tracebacks."""

from __future__ import annotations

import csv
import hashlib
import io
import json
import os
import pty
import re
import shutil
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import click
import pytest
from pyoxigraph import RdfFormat, parse
from tiny import BASE, KG, Tiny, run_kg, snapshot, write_tiny

import kg
from kg import terms
from kg.build import build_release
from kg.cli import group, main

# Python 3.12 warns of threads when a process forks; those of a test runner sleep.
pytestmark = pytest.mark.filterwarnings("ignore:.*multi-threaded.*:DeprecationWarning")

ROOT = Path(__file__).parent.parent
FORMATS = ("text", "json", "sarif", "turtle")


@pytest.fixture
def tiny(tmp_path: Path) -> Tiny:
    return write_tiny(tmp_path / "project")


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Tiny:
    """A built project; tests that use it change nothing."""
    tiny = write_tiny(tmp_path_factory.mktemp("built"))
    build_release(tiny.project)
    return tiny


@pytest.fixture
def own(tmp_path: Path, project_release: kg.Release) -> Tiny:
    """The repository's own project with a build folder to itself."""
    for name in ("facts", "ontology", "shapes", "queries"):
        shutil.copytree(ROOT / name, tmp_path / name)
    shutil.copyfile(ROOT / "pyproject.toml", tmp_path / "pyproject.toml")
    shutil.copytree(project_release.path.parent.parent, tmp_path / "build", symlinks=True)
    return Tiny(tmp_path)


def fails(result: subprocess.CompletedProcess[str], code: int, words: str) -> None:
    assert result.returncode == code, result.stderr
    assert words in result.stderr
    assert "Traceback" not in result.stderr
    assert result.stdout == ""


class Run:
    """`kg` in this process: much faster than a process of its own."""

    def __init__(self, capfd: pytest.CaptureFixture[str], patch: pytest.MonkeyPatch) -> None:
        self._capfd = capfd
        self._patch = patch

    def __call__(self, tiny: Tiny, *args: str, stdin: str = "") -> subprocess.CompletedProcess[str]:
        self._patch.chdir(tiny.root)
        self._patch.setattr("sys.argv", ["kg", *args])
        self._patch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(stdin.encode())))
        with pytest.raises(SystemExit) as ended:
            main()
        code = ended.value.code or 0
        assert isinstance(code, int)
        return subprocess.CompletedProcess(args, code, *self._capfd.readouterr())


@pytest.fixture
def run(capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Run:
    return Run(capfd, monkeypatch)


# --- help


def commands() -> Iterator[tuple[str, click.Command]]:
    context = click.Context(group, info_name="kg")
    for name in group.list_commands(context):
        command = group.get_command(context, name)
        assert command is not None
        yield name, command


def test_help_names_every_command() -> None:
    text = run_kg("--help", cwd=ROOT).stdout
    for name, command in commands():
        assert re.search(rf"^  {name} +\S", text, re.MULTILINE)
        assert command.help


@pytest.mark.parametrize("name", [name for name, _ in commands()])
def test_help_of_a_command_explains_every_option(name: str) -> None:
    command = dict(commands())[name]
    text = run_kg(name, "-h", cwd=ROOT).stdout
    for parameter in command.params:
        if isinstance(parameter, click.Option):
            assert parameter.help, f"{name} {parameter.opts}"
            assert all(option in text for option in parameter.opts)


def test_help_loads_no_engine() -> None:
    """`kg --help` stays fast because it imports next to nothing."""
    script = (
        "import sys; from kg.cli import group\n"
        "try: group(['--help'])\n"
        "except SystemExit: pass\n"
        "heavy = {'pyoxigraph', 'rdflib', 'pyshacl', 'pyld', 'yaml', 'rich', 'kg.build'}\n"
        "sys.exit(', '.join(heavy & set(sys.modules)) or 0)"
    )
    command = [KG[0], "-c", script]
    result = subprocess.run(command, capture_output=True, text=True, check=False)
    assert (result.returncode, result.stderr) == (0, "")


def test_version() -> None:
    assert run_kg("--version", cwd=ROOT).stdout == f"kg, version {kg.__version__}\n"


# --- wrong usage and configuration: status 2, in words


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("bild",), "No such command 'bild'"),
        (("build", "--nosuch"), "No such option"),
        (("build", "--wait", "-1"), "--wait"),
        (("build", "--documents", "nowhere"), "nowhere"),
        (("check", "--format", "xml"), "--format"),
        (("verify",), "--documents"),
        (("query",), "Name a stock query"),
        (("query", "heavier", "--file", "kg.toml"), "not both"),
        (("query", "heavyer"), "did you mean `heavier`?"),
        (("query", "nothing"), "`kg query --list` names them all"),
        (("query", "heavier", "-p", "then=1"), "did you mean `than`?"),
        (("query", "heavier", "-p", "than"), "not NAME=VALUE"),
        (("query", "heavier", "-p", "than=1", "-p", "than=2"), "`than` is set twice"),
        (("query", "heavier", "-p", "than=heavy"), "must be of type decimal, got `heavy`"),
        (("query", "heavier", "-p", "kind=mineral/irn"), "did you mean `mineral/iron`?"),
        (("query", "heavier", "-p", "kind=x> } DROP ALL"), "nothing here is called"),
        (("query", "heavier", "--format", "turtle"), "the answer is a table: choose table"),
        (("query", "--file", "nowhere.rq"), "nowhere.rq"),
        (("query", "heavier", "--memory", "1"), "--memory"),
        (("show", "irn"), "irn"),
        (("show",), "Missing argument"),
        (("export", "--graph", "facts/nothing.yaml"), "there is no graph"),
        (("-C", "nowhere", "check"), "is not a folder"),
    ],
    ids=" ".join,
)
def test_wrong_usage_is_told(run: Run, built: Tiny, arguments: tuple[str, ...], words: str) -> None:
    fails(run(built, *arguments), 2, words)


@pytest.mark.parametrize(
    ("query", "words"),
    [
        ("SELECT", "not valid SPARQL 1.1"),
        ("SELECT * { SERVICE <http://127.0.0.1:9/> {} }", "SERVICE is not allowed"),
        ("x" * (1 << 20) + "x", "a query may be"),
        ("CONSTRUCT WHERE { ?s ?p ?o }", "the answer is a graph: choose turtle"),
    ],
)
def test_a_query_of_ones_own_that_is_wrong_is_told(
    run: Run, built: Tiny, query: str, words: str
) -> None:
    fails(run(built, "query", "-", "--format", "csv", stdin=query), 2, words)


def test_a_query_that_is_not_utf_8(run: Run, built: Tiny, tmp_path: Path) -> None:
    (tmp_path / "latin.rq").write_bytes(b"SELECT * { ?s ?p '\xe9' }")
    fails(run(built, "query", "-f", str(tmp_path / "latin.rq")), 2, "not UTF-8")


def test_no_project(tmp_path: Path) -> None:
    for command in ("build", "check", "query", "export"):
        fails(run_kg(command, cwd=tmp_path), 2, "kg.toml")


def _unlink(name: str) -> Callable[[Tiny], object]:
    return lambda tiny: (tiny.root / name).unlink()


def _write(name: str, text: str) -> Callable[[Tiny], object]:
    return lambda tiny: tiny.write(name, text)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (_write("kg.toml", "base = "), "kg.toml"),
        (_write("kg.toml", 'bsae = "https://example.org/"'), "did you mean `base`?"),
        (_write("kg.toml", 'base = "example.org"'), "`base` must be an http or https IRI"),
        (_unlink("ontology/context.jsonld"), "context.jsonld"),
        (_write("ontology/context.jsonld", "{"), "context.jsonld"),
        (_write("ontology/context.jsonld", '{"@context": "https://e.org/"}'), "fetched"),
        (_write("ontology/ontology.ttl", "<a"), "ontology.ttl"),
        (_write("ontology/ontology.ttl", ""), "no ontology there"),
        (_write("shapes/shapes.ttl", "<a"), "shapes.ttl"),
        (_unlink("shapes/shapes.ttl"), "no shapes there"),
        (lambda tiny: (tiny.root / "facts").rename(tiny.root / "gone"), "fact sheets belong"),
        (_write("build", ""), "cannot be written"),
    ],
    ids=[f"broken{number}" for number in range(12)],
)
def test_a_broken_project_is_told(
    run: Run, tiny: Tiny, change: Callable[[Tiny], object], words: str
) -> None:
    change(tiny)
    fails(run(tiny, "build"), 2, words)


def test_a_broken_stock_query_is_told(run: Run, tiny: Tiny) -> None:
    tiny.write("queries/bad.rq", "#+ titel: x\n")
    fails(run(tiny, "query", "--list"), 2, "did you mean `title`?")


def test_without_a_release_there_is_nothing_to_ask(run: Run, tiny: Tiny) -> None:
    for arguments in (("query", "heavier"), ("export",), ("show", "iron")):
        fails(run(tiny, *arguments), 2, "run `kg build`")


# --- build, check


def test_build_tells_what_it_did(run: Run, tiny: Tiny) -> None:
    first = run(tiny, "build")
    assert (first.returncode, first.stderr) == (0, "")
    rows = dict(re.split(r"  +", line, maxsplit=1) for line in first.stdout.splitlines())
    assert rows["sheets"] == "2"
    assert rows["results"] == "0 errors, 0 warnings, 0 info"
    assert rows["passages"] == "0 checked, 0 wrong, 0 not checked"
    assert rows["release"].endswith("(built)")
    second = run(tiny, "build").stdout
    without = [
        re.sub(r"\((built|unchanged)\)|[0-9.]+ s", "", out) for out in (first.stdout, second)
    ]
    assert without[0] == without[1]
    assert "(unchanged)" in second


def test_build_as_json(run: Run, tiny: Tiny) -> None:
    result = run(tiny, "build", "--json")
    summary = json.loads(result.stdout)
    assert result.stderr == ""
    assert summary["sheets"] == 2
    assert summary["digest"] == (tiny.build / "current").resolve().name
    assert summary["unchanged"] is False
    tiny.edit("facts/iron.yaml", "label", "lable")
    result = run(tiny, "build", "--json")
    assert result.returncode == 1
    assert json.loads(result.stdout)["counts"]["error"] > 0


def test_quiet_and_verbose(tiny: Tiny) -> None:
    loud = tiny.kg("-v", "build")
    assert loud.stderr.startswith("read (")
    assert "validate" in loud.stderr
    quiet = tiny.kg("-q", "build")
    assert (quiet.stdout, quiet.stderr) == ("", "")
    tiny.edit("facts/iron.yaml", "55.845", "555")
    quiet = tiny.kg("-q", "build")
    assert quiet.returncode == 1
    assert "mass must be at most 300" in quiet.stderr


def test_nothing_is_coloured_where_nobody_looks(built: Tiny) -> None:
    for environment in ({"NO_COLOR": "1"}, {"TERM": "xterm-256color"}):
        for arguments in (("build",), ("query", "heavier"), ("show", "iron")):
            result = built.kg(*arguments, **environment)
            assert "\x1b" not in result.stdout + result.stderr


def test_check_writes_nothing_and_tells_everything(run: Run, tiny: Tiny) -> None:
    tiny.edit("facts/iron.yaml", "55.845", "555")
    tiny.edit("facts/zinc.yaml", "mineral/iron", "mineral/irn")
    before = snapshot(tiny.root)
    result = run(tiny, "check")
    assert snapshot(tiny.root) == before
    assert (result.returncode, result.stderr) == (1, "")
    assert result.stdout.splitlines() == [
        "facts/iron.yaml:4:1: warning: that is heavy, got 555 (mineral/iron; shape light)",
        "facts/iron.yaml:4:1: error: mass must be at most 300, got 555 (mineral/iron; shape mass)",
        "facts/zinc.yaml:5:1: error: `mineral/irn` is described nowhere; did you mean"
        " `mineral/iron`? (mineral/zinc; dangling-reference)",
        "2 errors, 1 warning",
    ]


def test_check_strict_fails_on_a_warning(run: Run, tiny: Tiny) -> None:
    tiny.edit("facts/iron.yaml", "55.845", "255")
    assert run(tiny, "check").returncode == 0
    assert run(tiny, "check", "--strict").returncode == 1


@pytest.mark.parametrize("format_", FORMATS)
@pytest.mark.parametrize("mass", ["55", "555"])
def test_check_in_every_format(run: Run, tiny: Tiny, format_: str, mass: str) -> None:
    tiny.edit("facts/iron.yaml", "55.845", mass)
    result = run(tiny, "check", "--format", format_)
    good = mass == "55"
    assert result.returncode == (0 if good else 1)
    match format_:
        case "text":
            assert result.stdout.splitlines()[-1] == (
                "no problems" if good else "1 error, 1 warning"
            )
        case "json":
            assert json.loads(result.stdout)["conforms"] is good
        case "sarif":
            (run_,) = json.loads(result.stdout)["runs"]
            levels = [found["level"] for found in run_["results"]]
            assert sorted(levels) == ([] if good else ["error", "warning"])
        case "turtle":
            report = list(parse(result.stdout, RdfFormat.TURTLE))
            conforms = [q for q in report if q.predicate.value == terms.SH + "conforms"]
            assert [terms.text_of(q.object) for q in conforms] == [str(good).lower()]


def test_a_build_that_fails_reports_in_the_chosen_format(run: Run, tiny: Tiny) -> None:
    tiny.edit("facts/iron.yaml", "55.845", "555")
    result = run(tiny, "build", "--format", "sarif")
    assert result.returncode == 1
    assert json.loads(result.stdout)["version"] == "2.1.0"
    assert "there is no release yet" in result.stderr


# --- query


def test_the_stock_queries_are_listed(run: Run, built: Tiny) -> None:
    assert run(built, "query", "--list").stdout == "heavier  Heavier minerals (than, kind)\n"
    (listed,) = json.loads(run(built, "query", "--list", "--json").stdout)
    assert listed["name"] == "heavier"
    assert listed["params"][0] == {
        "name": "than",
        "type": "decimal",
        "default": "60",
        "example": "50",
        "description": "In daltons.",
    }


def test_a_stock_query_is_described(run: Run, built: Tiny) -> None:
    text = run(built, "query", "heavier", "--describe").stdout
    assert text.startswith("Heavier minerals\n\nThe minerals that weigh more than a number.\n")
    assert "than (decimal): In daltons. (for example 50) [default: 60]" in text


def test_a_stock_query_with_its_defaults_and_others(run: Run, built: Tiny) -> None:
    def minerals(*options: str) -> list[str]:
        text = run(built, "query", "heavier", "--format", "csv", *options).stdout
        return [row["mineral"].removeprefix(BASE) for row in csv.DictReader(io.StringIO(text))]

    assert minerals() == ["mineral/zinc"]
    assert minerals("-p", "than=50") == ["mineral/iron", "mineral/zinc"]
    assert minerals("-p", "than=50", "-p", "kind=Mineral") == ["mineral/iron", "mineral/zinc"]
    assert minerals("-p", "than=50", "-p", "kind=o:Mineral") == ["mineral/iron", "mineral/zinc"]
    assert minerals("-p", "than=50", "-p", "kind=mineral/iron") == []


def test_an_answer_as_json(run: Run, built: Tiny) -> None:
    assert json.loads(run(built, "query", "-", "--json", stdin="ASK {}").stdout)["boolean"] is True
    fails(run(built, "query", "-", "--json", stdin="DESCRIBE ?s { ?s ?p ?o }"), 2, "is a graph")


def test_a_query_from_a_file_and_from_standard_input(run: Run, built: Tiny, tmp_path: Path) -> None:
    query = f"\ufeffASK {{ <{BASE}mineral/iron> ?p ?o }}"
    (tmp_path / "ask.rq").write_text(query, encoding="utf-8")
    assert run(built, "query", "--file", str(tmp_path / "ask.rq")).stdout == "yes\n"
    assert run(built, "query", "-", stdin=query).stdout == "yes\n"
    assert run(built, "query", "--file", "-", stdin=query).stdout == "yes\n"


def test_a_list_that_nobody_reads_to_the_end(built: Tiny) -> None:
    """`kg query --list | true` ends as a pipe does, and says nothing."""
    with subprocess.Popen(
        [*KG, "query", "--list"], cwd=built.root, stdout=subprocess.PIPE, stderr=subprocess.PIPE
    ) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdout.close()
        assert process.stderr.read() == b""
    assert process.returncode == 141


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="there is no full device here")
@pytest.mark.parametrize("arguments", [("query", "heavier"), ("export",), ("check",), ("build",)])
def test_output_that_finds_no_room(built: Tiny, arguments: tuple[str, ...]) -> None:
    with Path("/dev/full").open("w") as full:
        result = subprocess.run(
            [*KG, *arguments], cwd=built.root, stdout=full, stderr=subprocess.PIPE, text=True,
            check=False,
        )  # fmt: skip
    assert result.returncode == 2
    assert result.stderr == "kg: the output cannot be written: No space left on device\n"


# --- verify


def test_verify_tells_a_changed_document_from_a_wrong_passage(run: Run, tmp_path: Path) -> None:
    def sha256(part: str) -> str:
        return hashlib.sha256(part.encode()).hexdigest()

    text = "Iron is a metal.\n"
    sheet = f"""\
- {{id: document/a, type: Document, label: A, fileName: a.txt, sha256: {sha256(text)}}}
- id: mineral/iron
  type: Mineral
  label: Iron
  passages:
    - document: document/a
      paragraph: 1
      hedge: asserted
      sha256: {sha256("metal")}
      selector: {{start: 10, end: 15}}
"""
    tiny = Tiny(tmp_path)
    tiny.write("kg.toml", 'base = "https://example.org/"\n')
    tiny.write("facts/a.yaml", sheet)
    (tmp_path / "documents").mkdir()
    verify = ("verify", "--documents", "documents")

    missing = run(tiny, *verify)
    assert missing.returncode == 0
    assert "a.txt` is not in documents" in missing.stdout
    assert missing.stderr == "passages: 0 checked, 0 wrong, 1 not checked\n"
    assert run(tiny, *verify, "--strict").returncode == 1

    tiny.write("documents/a.txt", text)
    good = run(tiny, *verify, "--strict")
    assert (good.returncode, good.stdout) == (0, "")
    assert good.stderr == "passages: 1 checked, 0 wrong, 0 not checked\n"

    tiny.write("documents/a.txt", f"So: {text}")
    moved = run(tiny, *verify, "--json")
    assert moved.returncode == 1
    found = json.loads(moved.stdout)
    assert (found["checked"], found["wrong"]) == (1, 1)
    assert sorted(p["rule"] for p in found["problems"]) == ["document-changed", "wrong-passage"]
    assert "it is now at 14-19" in moved.stdout
    assert "metal" not in moved.stdout


# --- a terminal


def test_progress_is_for_terminals_only(tiny: Tiny) -> None:
    """On a terminal a bar moves on standard error; standard output stays clean."""
    leader, terminal = pty.openpty()
    try:
        result = subprocess.run(
            [*KG, "build"], cwd=tiny.root, stdout=subprocess.PIPE, stderr=terminal, check=True,
            env=os.environ | {"TERM": "xterm-256color"},
        )  # fmt: skip
        os.set_blocking(leader, False)
        shown = os.read(leader, 1 << 16)
    finally:
        os.close(leader)
        os.close(terminal)
    assert b"\x1b[" in shown
    assert b"\x1b" not in result.stdout
    assert result.stdout.startswith(b"sheets ")


# --- what the project promises of its own facts


def test_the_p_values(own: Tiny) -> None:
    """Two P-values, each with study, population, outcome, document and paragraph; nothing else."""
    result = own.kg("query", "p-values", "--format", "csv")
    assert (result.returncode, result.stderr) == (0, "")
    base = kg.load_project(own.root).base
    rows = list(csv.DictReader(io.StringIO(result.stdout)))
    assert [row.pop("pValue") for row in rows] == ["0.003", "0.029"]
    assert [{key: value.removeprefix(base) for key, value in row.items()} for row in rows] == [
        {
            "study": "study/macian-2022",
            "population": "population/macian-2022-mild-to-moderate-stress",
            "outcome": outcome,
            "document": "document/000",
            "paragraph": "4",
        }
        for outcome in ("symptom/stress", "symptom/pain")
    ]


MISTAKES = """\
id: finding/a-mistaken-one
type: Finding
lable: Pain fell
study: study/macian-2022
exposure: intervention/nothing-of-the-kind
outcome: symptom/pain
direction: lower
relationKind: difference
significance: significant
scope: whole-sample
evidence: cited-study
pValue: 1.2
reported: P = 1.2
"""


def test_four_mistakes_in_one_sheet_are_told_at_their_lines(own: Tiny) -> None:
    """A misspelt key, a P-value of 1.2, no passage, a dangling reference; the release stays."""
    before = snapshot(own.build)
    own.write("facts/studies/mistaken.yaml", MISTAKES)
    result = own.kg("build")
    assert result.returncode == 1
    found = {}
    for line in result.stderr.splitlines():
        if match := re.match(r"facts/studies/mistaken\.yaml:(\d+):\d+: error: (.*)", line):
            found.setdefault(int(match[1]), []).append(match[2])
    assert "unknown key `lable`; did you mean `label`?" in found[3][0]
    assert "`intervention/nothing-of-the-kind` is described nowhere" in found[5][0]
    assert "1.2" in found[12][0]
    assert any("passage" in message for message in found[1])
    assert sum(map(len, found.values())) == 4
    assert "the release before stays current" in result.stderr
    assert snapshot(own.build) == before
    assert own.kg("query", "p-values", "--format", "csv").stdout.count("\n") == 3
