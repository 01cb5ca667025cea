"""Files become sheets: found, read whole or said why not, and never with an exception."""

from __future__ import annotations

import gzip
import hashlib
import os
import random
import time
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from nobody import folder_of_nobody, run_as_nobody
from sample import BASE, compile_text, write_project

from kg.build import build_release
from kg.errors import ConfigError, NonconformingError
from kg.sheets import Limits, find_sheets, is_stream, parse_lines, parse_sheet, read_sheet

SUFFIXES = ["yaml", "yml", "json", "jsonld", "jsonl", "ttl", "trig", "nt", "nq", "rdf"]
IRON = "id: mineral/iron\ntype: Mineral\nlabel: Iron\n"
GOOD = {
    "yaml": IRON + "exactMatch: [CHEBI:18248, &a 'x']\nnote: *a\n--- {id: b, label: 'c'}\n",
    "json": '{"id": "mineral/iron", "label": ["Iron", {"@value": 1.5e3}], "note": null}',
    "ttl": '@prefix : <http://x/> . :a :b [ :c "d"@en ] , ( 1 2.0 ) . <x> :y """z""" .',
    "trig": "@prefix : <http://x/> . :g { :a :b [ :c true ] } GRAPH <h> { :a :b 'c' }",
    "nt": '<a:a> <a:b> "c"@en .\n_:x <a:b> <a:c> .\n',
    "nq": '<a:a> <a:b> "c"^^<a:d> <a:g> .\n_:x <a:b> _:y _:g .\n',
    "rdf": '<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#" xmlns:x="http://x/">'
    '<x:T rdf:about="a"><x:p xml:lang="en">b</x:p></x:T></rdf:RDF>',
}
GOOD |= {"yml": GOOD["yaml"], "jsonld": GOOD["json"], "jsonl": GOOD["json"] + "\n" + GOOD["json"]}


def names(folder: Path) -> list[str]:
    return [path.relative_to(folder).as_posix() for path in find_sheets(folder)]


# Finding


def test_sheets_are_found_by_suffix_in_the_order_of_their_paths(tmp_path: Path):
    for suffix in SUFFIXES:
        (tmp_path / f"a.{suffix}").touch()
    (tmp_path / "b").mkdir()
    (tmp_path / "b" / "A.YAML").touch()
    (tmp_path / "notes.txt").touch()
    assert names(tmp_path) == sorted([*(f"a.{suffix}" for suffix in SUFFIXES), "b/A.YAML"])


def test_packed_json_lines_are_sheets_and_other_packed_files_are_none(tmp_path: Path):
    found = ["A.JSONL.ZST", "a.b.jsonl.gz", "a.jsonl.zst"]
    for name in [*found, ".jsonl.gz", "a.gz", "a.yaml.gz", "a.jsonl.xz", "a.jsonl.gz.gz", "jsonl"]:
        (tmp_path / name).touch()
    assert names(tmp_path) == found
    assert [is_stream(name) for name in [*found, "a.jsonl", "a.jsonld"]] == [True] * 4 + [False]


def test_hidden_files_and_folders_are_left_out(tmp_path: Path):
    (tmp_path / ".git").mkdir()
    for name in (".a.yaml", ".git/a.yaml", "a.yaml"):
        (tmp_path / name).touch()
    assert names(tmp_path) == ["a.yaml"]


def test_a_folder_is_no_sheet_whatever_its_name(tmp_path: Path):
    (tmp_path / "x.yaml").mkdir()
    (tmp_path / "x.yaml" / "y.json").touch()
    assert names(tmp_path) == ["x.yaml/y.json"]


def test_links_that_lead_elsewhere_are_reported_and_not_read(tmp_path: Path):
    facts = tmp_path / "facts"
    facts.mkdir()
    (tmp_path / "secret.yaml").write_text(IRON)
    (facts / "out.yaml").symlink_to(tmp_path / "secret.yaml")
    (facts / "up").symlink_to(tmp_path)
    (facts / "real.yaml").write_text(IRON)
    (facts / "within.yaml").symlink_to("real.yaml")
    found = {name: read_sheet(facts / name, name, Limits()) for name in names(facts)}
    rules = {name: [p.rule for p in sheet.problems] for name, sheet in found.items()}
    assert rules == {"out.yaml": ["link"], "real.yaml": [], "up": ["link"], "within.yaml": []}


def test_a_link_to_itself_or_to_nothing_is_a_problem_of_that_file(tmp_path: Path):
    (tmp_path / "loop.yaml").symlink_to("loop.yaml")
    (tmp_path / "nothing.yaml").symlink_to("missing.yaml")
    sheets = [read_sheet(path, path.name, Limits()) for path in find_sheets(tmp_path)]
    assert [(s.name, s.problems[0].rule) for s in sheets] == [
        ("loop.yaml", "unreadable"),
        ("nothing.yaml", "unreadable"),
    ]


def test_without_the_folder_there_is_nothing_to_find(tmp_path: Path):
    with pytest.raises(ConfigError, match="facts"):
        find_sheets(tmp_path / "facts")


# Reading


def test_a_pipe_is_refused_rather_than_waited_for(tmp_path: Path):
    os.mkfifo(tmp_path / "pipe.yaml")
    (sheet,) = [read_sheet(path, path.name, Limits()) for path in find_sheets(tmp_path)]
    assert (sheet.problems[0].rule, sheet.whole) == ("unreadable", False)


def test_a_device_is_refused():
    assert read_sheet(Path("/dev/zero"), "zero.yaml", Limits()).problems[0].rule == "unreadable"


def test_a_file_that_may_not_be_read_is_a_problem():
    with folder_of_nobody() as folder:
        (folder / "a.yaml").touch(mode=0)
        said = run_as_nobody(
            folder,
            "from kg.sheets import Limits, read_sheet",
            "print(read_sheet(folder / 'a.yaml', 'a.yaml', Limits()).problems[0].rule)",
        )
    assert said == "unreadable\n"


def test_a_file_that_has_gone_is_a_problem(tmp_path: Path):
    sheet = read_sheet(tmp_path / "a.yaml", "a.yaml", Limits())
    assert [p.rule for p in sheet.problems] == ["unreadable"]


def test_the_digest_is_that_of_the_bytes(tmp_path: Path):
    data = b"\xef\xbb\xbfid: a\r\n"
    (tmp_path / "a.yaml").write_bytes(data)
    sheet = read_sheet(tmp_path / "a.yaml", "a.yaml", Limits())
    assert sheet.sha256 == hashlib.sha256(data).hexdigest()


def test_a_file_of_exactly_the_limit_is_read_and_one_byte_more_is_not():
    assert parse_sheet("a.yaml", b"a: b", Limits(bytes=4)).whole
    too_large = parse_sheet("a.yaml", b"a: bc", Limits(bytes=4))
    assert [p.rule for p in too_large.problems] == ["too-large"]


@pytest.mark.parametrize(
    ("data", "place"),
    [
        (b"a: \xff", (1, 4)),
        (b"a: b\nc: \xc3\xa9\xe9", (2, 5)),
        (b"\xef\xbb\xbfa: \xe9", (1, 4)),
        (b"\xff\xfea\x00", (1, 1)),
        (b"a: \xed\xa0\x80", (1, 4)),
        (b"a: \xc0\xaf", (1, 4)),
    ],
    ids=["byte", "behind-a-character", "behind-a-bom", "utf-16", "surrogate", "overlong"],
)
def test_bytes_that_are_not_utf8_are_refused_at_their_place(data: bytes, place: tuple[int, int]):
    (problem,) = parse_sheet("a.yaml", data, Limits()).problems
    assert (problem.line, problem.column, problem.rule) == (*place, "encoding")


def test_a_bad_line_of_json_lines_is_reported_and_the_next_one_read():
    sheet = parse_sheet("a.jsonl", b'{"id": "a"}\n{"id": [\n\n{"id": "c"}\r\n', Limits())
    assert len(sheet.nodes) == 2
    assert [(p.line, p.column, p.rule) for p in sheet.problems] == [(2, 9, "syntax")]
    assert not sheet.whole


def test_a_line_of_json_with_too_many_values_is_reported_and_the_next_one_read():
    """The limit is one of each line, however many there are."""
    many = b'{"id": "b", "c": [1, 2, 3]}\n'
    sheet = parse_sheet("a.jsonl", b'{"id": "a"}\n' + many + b'{"id": "c"}\n' * 9, Limits(nodes=5))
    assert [(p.line, p.column, p.rule) for p in sheet.problems] == [(2, 25, "too-many-values")]
    assert (len(sheet.nodes), sheet.whole) == (10, False)


def test_a_line_that_is_not_utf8_is_reported_and_the_next_one_read():
    lines = b'\xef\xbb\xbf{"id": "\xc3\xa9\xe9"}\n\xff\n{"id": "c"}\n'
    sheet = parse_sheet("a.jsonl", lines, Limits())
    assert [(p.line, p.column, p.rule) for p in sheet.problems] == [
        (1, 10, "encoding"),
        (2, 1, "encoding"),
    ]
    assert (len(sheet.nodes), sheet.whole) == (1, False)


def test_a_byte_order_mark_is_none_but_at_the_start_of_a_file():
    assert parse_lines("a.jsonl", b"\xef\xbb\xbf{}\n", Limits()).problems == ()
    (problem,) = parse_lines("a.jsonl", b"\xef\xbb\xbf{}\n", Limits(), 2).problems
    assert (problem.line, problem.rule) == (2, "syntax")


def test_lines_are_told_by_their_number_in_the_file():
    sheet = parse_lines("a.jsonl", b'{"id": "a"}\n\n\xc2\xa0\r\n{"id": }', Limits(), 70)
    assert [node.mark.line for node in sheet.nodes] == [70]
    assert [(p.line, p.column) for p in sheet.problems] == [(73, 8)]


def test_packed_json_lines_are_read_whole_and_have_the_digest_of_the_file(tmp_path: Path):
    data = gzip.compress(b'{"id": "a"}\n{"id": "b"}')
    (tmp_path / "a.jsonl.gz").write_bytes(data)
    sheet = read_sheet(tmp_path / "a.jsonl.gz", "a.jsonl.gz", Limits())
    assert (len(sheet.nodes), sheet.problems, sheet.whole) == (2, (), True)
    assert sheet.sha256 == hashlib.sha256(data).hexdigest()


@pytest.mark.parametrize("name", ["a.jsonl", "a.jsonl.gz"])
def test_json_lines_larger_than_a_file_may_be_are_not_read_whole(name: str):
    text = b'{"id": "a"}\n' * 9
    data = gzip.compress(text) if name.endswith(".gz") else text
    assert len(parse_sheet(name, data, Limits(bytes=len(text))).nodes) == 9
    sheet = parse_sheet(name, data, Limits(bytes=len(text) - 1))
    assert [p.rule for p in sheet.problems] == ["too-large"]
    assert sheet.sha256 == hashlib.sha256(data).hexdigest()


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_a_good_sheet_of_every_format_has_no_problem(suffix: str):
    sheet = parse_sheet(f"a.{suffix}", GOOD[suffix].encode(), Limits(), BASE)
    assert sheet.problems == ()
    assert bool(sheet.nodes) is not bool(sheet.quads)


# Hostile content


@pytest.mark.parametrize("suffix", SUFFIXES)
@given(data=st.binary(max_size=60))
def test_no_bytes_raise_an_exception(suffix: str, data: bytes):
    sheet = parse_sheet(f"a.{suffix}", data, Limits(), BASE)
    assert all(problem.line >= 0 for problem in sheet.problems)


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_no_mutation_of_a_good_sheet_raises_an_exception(suffix: str):
    """A thousand sheets with bytes changed, doubled, moved or cut are read, compiled or refused."""
    chance = random.Random(suffix)
    good = GOOD[suffix].encode()
    odd = [
        b"\x00",
        b"\xff",
        b"[",
        b"]",
        b"{",
        b'"',
        b"\\",
        b":",
        b"@",
        b"_:",
        b"#",
        b"*a",
        b"<",
        b"&",
    ]
    start = time.monotonic()
    for number in range(1000):
        data = bytearray(good)
        for _ in range(chance.randint(1, 4)):
            at, end = sorted(chance.choices(range(len(data) + 1), k=2))
            match chance.randrange(3):
                case 0:
                    data[at:at] = chance.choice(odd)
                case 1:
                    del data[at : min(end, at + 8)]
                case _:
                    data[at:at] = data[end : end + 10]
        if number % 5:
            parse_sheet(f"a.{suffix}", bytes(data), Limits(), BASE)
        else:
            compile_text(bytes(data), f"a.{suffix}")
    assert time.monotonic() - start < 20


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("a.ttl", "[" * 1_000_000),
        ("a.ttl", "<a:a> <b:b> " + "[ <b:b> " * 100_000),
        ("a.ttl", "<a:a> <b:b> " + "<<" * 100_000),
        ("a.trig", "{" * 1_000_000),
        ("a.rdf", '<a xmlns="x:">' * 100_000),
        ("a.jsonl", "[" * 1_000_000),
    ],
)
def test_very_deep_files_are_refused_in_a_moment(name: str, text: str):
    start = time.monotonic()
    assert not compile_text(text, name).whole
    assert time.monotonic() - start < 10


def test_a_large_sheet_is_read_and_compiled_in_seconds():
    """15 MB, one label of which is a line of a megabyte."""
    node = "- id: mineral/m{0}\n  type: Mineral\n  label: {1}\n  note: '{2}'\n"
    text = "".join(node.format(i, i, "x" * 1000) for i in range(13_000))
    text += node.format("long", "long", "x" * 1_000_000)
    start = time.monotonic()
    compiled = compile_text(text)
    assert compiled.problems == ()
    assert time.monotonic() - start < 20


def test_a_project_full_of_traps_is_checked_to_the_end(tmp_path: Path):
    """Pipes, loops and names that would break a line or reverse the text are reported, no more."""
    write_project(tmp_path, {"facts/good.yaml": IRON + "altLabel: Fe\nexactMatch: CHEBI:18248\n"})
    facts = tmp_path / "facts"
    os.mkfifo(facts / "pipe.yaml")
    (facts / "loop.yaml").symlink_to("loop.yaml")
    (facts / "x.yaml").mkdir()
    (facts / "two\nlines.yaml").write_text("a: [")
    (facts / "right\u202eto left.yaml").write_text("a: [")
    Path(os.fsdecode(os.fsencode(facts) + b"/not-\xff-text.yaml")).write_text("a: [")
    with pytest.raises(NonconformingError) as caught:
        build_release(write_project(tmp_path, {}))
    errors = [(p.file, p.rule) for p in caught.value.problems if p.severity.value == "error"]
    assert errors == [
        ("facts/loop.yaml", "unreadable"),
        ("facts/not-\\udcff-text.yaml", "syntax"),
        ("facts/pipe.yaml", "unreadable"),
        ("facts/right\\u202eto left.yaml", "syntax"),
        ("facts/two\\nlines.yaml", "syntax"),
    ]
