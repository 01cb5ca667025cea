"""Incremental builds: whatever is edited, what a clean build would give, and no more compiled."""

from __future__ import annotations

import gzip
import json
import os
import random
import shutil
import signal
import subprocess
import time
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Final

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pyoxigraph import Store
from sample import slice_small
from tiny import BASE, KG, Tiny, quads, snapshot, write_tiny

from kg import inputs, renew, terms, validation
from kg.build import build_release
from kg.errors import NonconformingError, Problem
from kg.index import read_index
from kg.stats import unpack
from kg.store import open_release, release_digest
from kg.summary import Summary

CONTEXT: Final = {
    "deprecated": {
        "@id": "http://www.w3.org/2002/07/owl#deprecated",
        "@type": "http://www.w3.org/2001/XMLSchema#boolean",
    },
    "replacedBy": {"@id": "http://purl.org/dc/terms/isReplacedBy", "@type": "@id"},
    "Metal": "o:Metal",
    "Gas": "o:Gas",
}
ONTOLOGY: Final = """
@prefix rdfs: <http://www.w3.org/2000/01/rdf-schema#> .
:Metal a owl:Class ; rdfs:subClassOf :Mineral .
:Gas a owl:Class .
"""
# What is said of one mineral depends on others: on the class of what it is like, and on the mass of
# what that is like in turn.
SHAPES: Final = """
:Mineral sh:property :like, :far .
:like sh:path o:like ; sh:class o:Mineral ; sh:message "must be like a mineral" .
:far sh:path ( o:like o:like o:mass ) ; sh:maxInclusive 140 ; sh:severity sh:Warning ;
  sh:message "leads to something heavy" .
"""
NAMES: Final = [
    *(f"{folder}{stem}" for folder in ("", "sub/") for stem in ("a.yaml", "b.json", "c.ttl")),
    "d.yml", "e.jsonl", "f.jsonl", "sub.yaml", "z.jsonl.gz",
]  # fmt: skip

Node = dict[str, Any]


@dataclass
class Sheets:
    """The sheets of a project: their nodes, or the text of one that is broken."""

    folder: Path
    nodes: dict[str, list[Node]] = field(default_factory=dict)
    broken: dict[str, bytes] = field(default_factory=dict)
    level: int = 1
    written: dict[str, bytes] = field(default_factory=dict)

    def write(self) -> None:
        """Bring the folder to what is said here; files that are the same are left alone."""
        now = {name: self.broken.get(name) or self._bytes(name) for name in self.nodes}
        for name in self.written.keys() - now.keys():
            (self.folder / name).unlink()
        for name, data in now.items():
            if self.written.get(name) != data:
                (self.folder / name).parent.mkdir(parents=True, exist_ok=True)
                (self.folder / name).write_bytes(data)
        self.written = now

    def _bytes(self, name: str) -> bytes:
        nodes = self.nodes[name]
        if name.endswith(".ttl"):
            return "".join(map(_turtle, nodes)).encode()
        if ".jsonl" in name:
            data = "".join(f"{json.dumps(node)}\n" for node in nodes).encode()
            packed = name.endswith(".gz")
            return gzip.compress(data, self.level, mtime=0) if packed else data
        if name.endswith(".json"):
            return json.dumps(nodes).encode()
        # JSON is YAML, and here on one line for each node.
        return "".join(f"- {json.dumps(node)}\n" for node in nodes).encode() or b"[]\n"

    def all(self) -> list[tuple[str, int]]:
        """Where every node is."""
        return [(name, at) for name in sorted(self.nodes) for at in range(len(self.nodes[name]))]


def _turtle(node: Node) -> str:
    o, names = f"{BASE}ontology#", {"type": "a"}
    names |= {key: f"<{o}{key}>" for key in ("mass", "like")}
    names["label"] = "<http://www.w3.org/2004/02/skos/core#prefLabel>"
    names["deprecated"] = "<http://www.w3.org/2002/07/owl#deprecated>"
    names["replacedBy"] = "<http://purl.org/dc/terms/isReplacedBy>"
    said = []
    for key, value in node.items():
        match key:
            case "type":
                said.append(f"a <{o}{value}>")
            case "label":
                said.append(f"{names[key]} {json.dumps(value)}@en")
            case "mass":
                said.append(f"{names[key]} {value}.0")
            case "like" | "replacedBy":
                said.append(f"{names[key]} <{BASE}{value}>")
            case "deprecated":
                said.append(f"{names[key]} true")
    return f"<{BASE}{node['id']}> {' ; '.join(said)} .\n" if said else ""


def _mineral(number: int) -> Node:
    return {
        "id": f"mineral/m{number}",
        "type": ("Mineral", "Metal")[number % 2],
        "label": f"Mineral {number}",
        "mass": 10 + number,
        **({"like": f"mineral/m{number - 1}"} if number % 3 else {}),
    }


def _first(folder: Path) -> Sheets:
    sheets = Sheets(folder)
    number = 0
    counts = {"a.yaml": 2, "b.json": 3, "c.ttl": 2, "sub/a.yaml": 1, "sub/b.json": 2, "d.yml": 1}
    for name, count in {**counts, "e.jsonl": 14, "z.jsonl.gz": 6}.items():
        sheets.nodes[name] = [_mineral(number + n) for n in range(count)]
        number += count
    return sheets


# --- edits: each is given three numbers to choose by -----------------------------------------


def _change(key: str, values: list[Any]) -> Callable[[Sheets, int, int, int], None]:
    def edit(sheets: Sheets, a: int, b: int, _c: int) -> None:
        if places := sheets.all():
            name, at = places[a % len(places)]
            sheets.nodes[name][at][key] = values[b % len(values)]

    return edit


def _refer(sheets: Sheets, a: int, b: int, c: int) -> None:
    """To another node; one time in five to none."""
    if places := sheets.all():
        name, at = places[a % len(places)]
        other, there = places[b % len(places)]
        iri = "mineral/nowhere" if c % 5 == 0 else sheets.nodes[other][there]["id"]
        sheets.nodes[name][at]["like"] = iri


def _do_not_refer(sheets: Sheets, a: int, _b: int, _c: int) -> None:
    if places := [(n, at) for n, at in sheets.all() if "like" in sheets.nodes[n][at]]:
        name, at = places[a % len(places)]
        del sheets.nodes[name][at]["like"]


def _add(sheets: Sheets, a: int, b: int, c: int) -> None:
    nodes = sheets.nodes[sorted(sheets.nodes)[a % len(sheets.nodes)]]
    nodes.insert(b % (len(nodes) + 1), _mineral(100 + c) | {"like": "mineral/m3"})


def _remove(sheets: Sheets, a: int, _b: int, c: int) -> None:
    """A node; mostly with all that refers to it."""
    if places := sheets.all():
        name, at = places[a % len(places)]
        gone = sheets.nodes[name].pop(at)["id"]
        for nodes in sheets.nodes.values() if c % 4 else ():
            for node in nodes:
                if node.get("like") == gone:
                    del node["like"]


def _rename(sheets: Sheets, a: int, b: int, c: int) -> None:
    """A node; mostly with all that refers to it."""
    if places := sheets.all():
        name, at = places[a % len(places)]
        old, new = sheets.nodes[name][at]["id"], f"mineral/r{b}"
        sheets.nodes[name][at]["id"] = new
        for nodes in sheets.nodes.values() if c % 4 else ():
            for node in nodes:
                if node.get("like") == old:
                    node["like"] = new


def _move(sheets: Sheets, a: int, b: int, c: int) -> None:
    if places := sheets.all():
        name, at = places[a % len(places)]
        to = sheets.nodes[sorted(sheets.nodes)[b % len(sheets.nodes)]]
        to.insert(c % (len(to) + 1), sheets.nodes[name].pop(at))


def _say_again(sheets: Sheets, a: int, b: int, c: int) -> None:
    """Something of a node that is described already: the same, another value, or more."""
    if places := sheets.all():
        name, at = places[a % len(places)]
        node = sheets.nodes[name][at]
        more: list[Node] = [{"label": node.get("label", "?")}, {"mass": 7}, {"like": "mineral/m1"}]
        to = sheets.nodes[sorted(sheets.nodes)[b % len(sheets.nodes)]]
        to.append({"id": node["id"], **more[c % 3]})


def _retire(sheets: Sheets, a: int, b: int, c: int) -> None:
    if places := sheets.all():
        name, at = places[a % len(places)]
        node = {"id": sheets.nodes[name][at]["id"], "deprecated": True}
        if c % 3:
            other, there = places[b % len(places)]
            node["replacedBy"] = sheets.nodes[other][there]["id"]
        sheets.nodes[name][at] = node


def _mend(sheets: Sheets, _a: int, _b: int, _c: int) -> None:
    """All that may be wrong, but for a warning now and then."""
    sheets.broken.clear()
    seen: set[str] = set()
    for nodes in sheets.nodes.values():
        nodes[:] = [n for n in nodes if not (n["id"] in seen or seen.add(n["id"]))]  # type: ignore[func-returns-value]
        for node in nodes:
            node.pop("deprecated", None), node.pop("replacedBy", None)
            node.setdefault("label", "Mended")
            node["type"] = "Mineral" if node.get("type", "Gas") == "Gas" else node["type"]
            node["mass"] = min(node.get("mass", 1), 250)
    for nodes in sheets.nodes.values():
        for node in nodes:
            if node.get("like") not in seen:
                node.pop("like", None)


def _break(sheets: Sheets, a: int, b: int, _c: int) -> None:
    name = sorted(sheets.nodes)[a % len(sheets.nodes)]
    sheets.broken[name] = [b"{]\n", b"\xff", b'{"id": "mineral/m1", "nonsense": 1}\n'][b % 3]


def _add_sheet(sheets: Sheets, a: int, b: int, _c: int) -> None:
    sheets.nodes.setdefault(NAMES[a % len(NAMES)], [_mineral(200 + b)])


def _remove_sheet(sheets: Sheets, a: int, _b: int, _c: int) -> None:
    name = sorted(sheets.nodes)[a % len(sheets.nodes)]
    if len(sheets.nodes) > 2:
        del sheets.nodes[name]
        sheets.broken.pop(name, None)


def _rename_sheet(sheets: Sheets, a: int, b: int, _c: int) -> None:
    """Often into another format."""
    old, new = sorted(sheets.nodes)[a % len(sheets.nodes)], NAMES[b % len(NAMES)]
    if new not in sheets.nodes:
        sheets.nodes[new] = sheets.nodes.pop(old)
        sheets.broken.pop(old, None)


def _swap(sheets: Sheets, a: int, b: int, c: int) -> None:
    nodes = sheets.nodes[sorted(sheets.nodes, key=lambda n: -len(sheets.nodes[n]))[a % 2]]
    if nodes:
        one, other = b % len(nodes), c % len(nodes)
        nodes[one], nodes[other] = nodes[other], nodes[one]


def _turn(sheets: Sheets, a: int, b: int, _c: int) -> None:
    """The end of a sheet comes before its start."""
    nodes = sheets.nodes[sorted(sheets.nodes, key=lambda n: -len(sheets.nodes[n]))[a % 2]]
    at = b % (len(nodes) + 1)
    nodes[:] = nodes[at:] + nodes[:at]


def _pack(sheets: Sheets, a: int, _b: int, _c: int) -> None:
    """Other bytes, the same lines; or a sheet of lines is packed or unpacked."""
    sheets.level = sheets.level % 9 + 1
    for name in [name for name in sheets.nodes if ".jsonl" in name][: a % 3]:
        new = name.removesuffix(".gz") if name.endswith(".gz") else f"{name}.gz"
        if new not in sheets.nodes:
            sheets.nodes[new] = sheets.nodes.pop(name)
            sheets.broken.pop(name, None)


def _touch(sheets: Sheets, a: int, b: int, _c: int) -> None:
    name = sorted(sheets.written)[a % len(sheets.written)]
    if name in sheets.nodes:
        os.utime(sheets.folder / name, (b, b))


def _rule(name: str, old: str, new: str) -> Callable[[Sheets, int, int, int], None]:
    """There and back."""

    def edit(sheets: Sheets, _a: int, _b: int, _c: int) -> None:
        path = sheets.folder.parent / name
        text = path.read_text()
        path.write_text(text.replace(new, old) if new in text else text.replace(old, new))

    return edit


EDITS: Final = [
    *[_change("mass", [1, 55, 99, 141, 250, 350])] * 3,
    *[_change("label", ["Iron", "Zinc", "", 'Iron "II"', "Éisen\u2028"])] * 2,
    *[_change("type", ["Mineral", "Metal", "Gas"])] * 2,
    *[_refer, _add, _remove, _rename, _move, _swap, _turn, _pack, _mend, _mend, _mend] * 2,
    _do_not_refer, _say_again, _retire, _break, _add_sheet, _remove_sheet, _rename_sheet, _touch,
    _rule("shapes/shapes.ttl", "maxInclusive 200", "maxInclusive 100"),
    _rule("ontology/context.jsonld", '"@language": "en"', '"@language": "fr"'),
    _rule("ontology/ontology.ttl", ":Gas a owl:Class .", ":Gas a owl:Class ."),
    _rule("kg.toml", "Minerals", "Elements"),
]  # fmt: skip


# --- builds, and what they have in common ------------------------------------------------------


@dataclass
class Built:
    """What came of a build: a summary, or the problems; how many pieces it compiled of how many."""

    summary: Summary | None
    problems: tuple[Problem, ...] = ()
    renewed: tuple[int, int] | None = None


def build(tiny: Tiny, folder: Path, **options: Any) -> Built:
    stages: dict[str, tuple[int, int]] = {}

    def tell(stage: str, done: int, total: int) -> None:
        stages[stage] = (done, total)

    try:
        summary = build_release(
            replace(tiny.project, build=folder), progress=tell, **{"files": False, **options}
        )
    except NonconformingError as error:
        kept = tuple(problem for problem in error.problems if problem.rule != "removed")
        return Built(None, kept, stages.get("renew"))
    return Built(summary, (), stages.get("renew"))


def assert_alike(renewed: Path, clean: Path) -> None:
    """Two releases are the same in all but what the history of one makes of it."""
    one, other = open_release(renewed), open_release(clean)
    assert one.digest == other.digest
    assert release_digest(one.open_store()) == one.digest
    assert one.manifest["data"] == other.manifest["data"]
    assert unpack(one.manifest["stats"]) == unpack(other.manifest["stats"])
    index, expected = read_index(one), read_index(other)
    assert index.parts == expected.parts
    assert index.graphs == expected.graphs
    assert index.parts
    assert _report(one.path) == _report(other.path)
    assert snapshot(one.files) == snapshot(other.files)
    assert not [path.name for path in renewed.iterdir() if path.name.startswith(".kg")]


def _report(release: Path) -> list[Any]:
    problems = json.loads((release / "report.json").read_text())["problems"]
    return [problem for problem in problems if problem["rule"] != "removed"]


@dataclass
class Bench:
    """A project that is edited and built, both ways after every edit."""

    tiny: Tiny
    sheets: Sheets
    options: dict[str, Any]
    built: dict[str, bytes] = field(default_factory=dict)
    rules: dict[str, str] = field(default_factory=dict)
    seen: dict[str, int] = field(default_factory=dict)

    @property
    def clean(self) -> Path:
        return self.tiny.root / "clean"

    def step(self) -> Built:
        """Build what is there now from the last release, and anew; both come to the same."""
        self.sheets.write()
        shutil.rmtree(self.clean, ignore_errors=True)
        built, expected = (
            build(self.tiny, to, **self.options) for to in (self.tiny.build, self.clean)
        )
        assert built.problems == expected.problems
        assert (built.summary is None) == (expected.summary is None)
        self._count(built)
        if built.summary and expected.summary:
            self._compare(built.summary, expected.summary)
            assert_alike(self.tiny.build, self.clean)
            self.built, self.rules = dict(self.sheets.written), self._rules()
        return built

    def _compare(self, one: Summary, other: Summary) -> None:
        removed = len(open_release(self.tiny.build).manifest["removed"])
        results = {**one.results, "warning": one.results["warning"] - removed}
        assert replace(one, results=results, seconds=0, unchanged=False) == replace(
            other, seconds=0
        )

    def _count(self, built: Built) -> None:
        """What is compiled is what has changed, or else everything."""
        same = self.rules == self._rules() and self.built == self.sheets.written
        assert (built.summary is not None and built.summary.unchanged) == same
        kind = "unchanged" if same else "renewed" if built.renewed else "clean"
        if not built.summary:
            kind += " refused"
        self.seen[kind] = self.seen.get(kind, 0) + 1
        if built.renewed:
            assert self.rules == self._rules()
            written = self.sheets.written
            new = [name for name in written if self.built.get(name) != written[name]]
            if not any(".jsonl" in name for name in new):
                assert built.renewed[0] == len(new)

    def _rules(self) -> dict[str, str]:
        found = snapshot(self.tiny.root / "ontology") | snapshot(self.tiny.root / "shapes")
        return found | {"kg.toml": (self.tiny.root / "kg.toml").read_text()}


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    """Small slices, however much changes; the package itself is not hashed again and again."""
    slice_small(monkeypatch)
    monkeypatch.setattr(renew, "_MOST", 1.0)
    monkeypatch.setattr(inputs, "_package_files", lambda: ())
    return monkeypatch


def _bench(root: Path, **options: Any) -> Bench:
    shutil.rmtree(root, ignore_errors=True)
    tiny = write_tiny(root)
    shutil.rmtree(root / "facts")
    context = json.loads((root / "ontology/context.jsonld").read_text())
    context["@context"] |= CONTEXT
    tiny.write("ontology/context.jsonld", json.dumps(context))
    for name, more in (("ontology/ontology.ttl", ONTOLOGY), ("shapes/shapes.ttl", SHAPES)):
        tiny.write(name, (root / name).read_text() + more)
    bench = Bench(tiny, _first(root / "facts"), options)
    assert bench.step().summary
    return bench


_NUMBERS: Final = st.integers(0, 999)
_STEPS: Final = st.lists(
    st.tuples(st.sampled_from(EDITS), _NUMBERS, _NUMBERS, _NUMBERS), min_size=1, max_size=12
)


def test_any_edits(tmp_path: Path, quick: pytest.MonkeyPatch) -> None:
    """Hundreds of random edits, a few at a time."""
    seen: dict[str, int] = {}
    assert settings.default

    # An example has half a dozen edits, and two builds for each.
    @settings(max_examples=settings.default.max_examples // 10)
    @given(_STEPS)
    def edit(steps: list[Any]) -> None:
        bench = _bench(tmp_path / "project")
        for change, *numbers in steps:
            change(bench.sheets, *numbers)
            bench.step()
        for kind, count in bench.seen.items():
            seen[kind] = seen.get(kind, 0) + count

    edit()
    # All ways were gone, the one that this is about most of all.
    assert seen["renewed"] > seen["clean"] > 0
    assert seen["renewed refused"] > 0
    assert seen["unchanged"] > 0


def test_files_are_the_same(tmp_path: Path, quick: pytest.MonkeyPatch) -> None:
    """The files to download, byte for byte, after a value, a name and a sheet have changed."""
    bench = _bench(tmp_path / "project", files=True)
    for change, *numbers in [
        (_change("mass", [99]), 4, 0, 0),
        (_rename, 9, 1, 1),
        (_remove_sheet, 2, 0, 0),
        (_add, 6, 0, 5),
    ]:
        change(bench.sheets, *numbers)
        assert bench.step().renewed
    assert (open_release(bench.tiny.build).path / "changes.json").is_file()


def test_a_changed_line_compiles_a_slice_or_two(tmp_path: Path, quick: pytest.MonkeyPatch) -> None:
    bench = _bench(tmp_path / "project")
    lines = bench.sheets.nodes["f.jsonl"] = [
        {"id": f"mineral/l{number}", "type": "Metal", "label": "Line"} for number in range(200)
    ]
    assert bench.step().summary
    slices = len([p for p in read_index(open_release(bench.tiny.build)).parts if not p.piece.whole])
    assert slices > 30
    lines[100]["label"] = "Another"
    lines.insert(50, _mineral(99) | {"like": "mineral/l0"})
    built = bench.step()
    assert built.summary
    assert built.renewed
    assert 0 < built.renewed[0] <= 8


def test_a_link_that_leads_elsewhere_is_not_read(tmp_path: Path, quick: pytest.MonkeyPatch) -> None:
    """Not even where it leads to what stood there before."""
    bench = _bench(tmp_path / "project")
    file = next((bench.tiny.root / "facts").glob("*.yaml"))
    file.rename(tmp_path / "a.yaml")
    file.symlink_to(tmp_path / "a.yaml")
    built = build(bench.tiny, bench.tiny.build)
    assert "link" in [problem.rule for problem in built.problems]


def test_what_was_not_told_of_one_retired_is_told_when_it_is_back(
    tmp_path: Path, quick: pytest.MonkeyPatch
) -> None:
    """Who refers to it is judged again, though nothing that the shape reads has changed."""
    shape = (
        "s:LinkShape a sh:NodeShape ; sh:targetSubjectsOf skos:broader ; sh:property s:Link . "
        "s:Link sh:path skos:broader ; sh:class skos:Concept ."
    )
    prefixes = (
        "@prefix sh: <http://www.w3.org/ns/shacl#> . @prefix s: <https://example.org/shapes#> . "
        "@prefix skos: <http://www.w3.org/2004/02/skos/core#> . "
    )
    tiny = write_tiny(tmp_path)
    (tmp_path / "shapes/shapes.ttl").unlink()
    tiny.write("shapes/links.ttl", prefixes + shape)
    context = json.loads((tmp_path / "ontology/context.jsonld").read_text())
    context["@context"]["broader"] = {"@id": terms.SKOS + "broader", "@type": "@id"}
    tiny.write("ontology/context.jsonld", json.dumps(context))
    tiny.write("facts/a.yaml", "id: mineral/a\nlabel: A\nbroader: mineral/x\n")
    tiny.write("facts/x.yaml", f"id: mineral/x\n'{terms.DEPRECATED.value}': true\n")
    assert build(tiny, tiny.build).summary
    tiny.write("facts/x.yaml", "id: mineral/x\nlabel: X\n")
    built = build(tiny, tiny.build)
    assert built.renewed == (1, 4)
    assert [(p.file, p.line) for p in built.problems] == [("facts/a.yaml", 3)]


def test_too_much_has_changed(tmp_path: Path, quick: pytest.MonkeyPatch) -> None:
    bench = _bench(tmp_path / "project")
    quick.setattr(renew, "_MOST", 0.1)
    for node in bench.sheets.nodes["e.jsonl"]:
        node["mass"] = 7
    built = bench.step()
    assert built.summary
    assert built.renewed is None


@pytest.mark.parametrize("engine", ["auto", "reference"])
def test_who_sees_a_change_is_judged_again(
    tmp_path: Path, quick: pytest.MonkeyPatch, engine: str
) -> None:
    """A node of another sheet, or of another slice; a step away, or two."""
    quick.setattr(validation, "_SMALL", 0)
    bench = _bench(tmp_path / "project", engine=engine)
    sheets = bench.sheets.nodes
    sheets["a.yaml"][0]["type"] = "Gas"  # m1, of this sheet, and none else is like m0
    assert {problem.rule for problem in bench.step().problems} == {"like"}
    sheets["a.yaml"][0]["type"] = "Metal"
    assert bench.step().summary
    sheets["sub/a.yaml"][0]["type"] = "Gas"  # m7; m8 of another sheet is like it
    [problem] = bench.step().problems
    assert problem.focus == f"{BASE}mineral/m8"
    sheets["sub/a.yaml"][0]["type"] = "Metal"
    sheets["c.ttl"][1]["mass"] = 150  # m6; m8 is like m7, which is like it
    built = bench.step()
    assert built.renewed
    assert built.renewed[0] == 1
    assert built.summary
    assert built.summary.results["warning"] == 1


def _contents(release: Path) -> dict[str, str]:
    """What a release holds, but for what is noted when its store is opened."""
    found = snapshot(release)
    return {name: sum_ for name, sum_ in found.items() if not name.startswith("store/LOG")}


def test_the_release_before_stays_as_it_is(tmp_path: Path, quick: pytest.MonkeyPatch) -> None:
    """Its store shares files with the next one, which is written to, compacted and removed."""
    bench = _bench(tmp_path / "project")
    before = open_release(bench.tiny.build)
    held = before.open_store()
    was = _contents(before.path)
    bench.sheets.nodes["a.yaml"][0]["mass"] = 77
    assert bench.step().renewed
    now = open_release(bench.tiny.build)
    assert now.path != before.path
    copy = tmp_path / "copy"
    held.backup(str(copy))
    # It would prove nothing if files were not shared.
    assert all(path.stat().st_nlink > 1 for path in copy.glob("*.sst"))
    for folder in (now.path / "store", copy):
        store = Store(str(folder))
        store.clear()
        store.extend(quads("later"))
        store.optimize()
        del store
    assert _contents(before.path) == was
    assert release_digest(before.open_store()) == release_digest(held) == before.digest
    shutil.rmtree(now.path)
    assert _contents(before.path) == was
    assert release_digest(before.open_store()) == before.digest


def test_killed_while_it_renews(tmp_path: Path) -> None:
    """Whenever it is killed, the release before is whole, and the next build makes the new one."""
    bench = _bench(tmp_path / "project")
    chance = random.Random(7)
    killed = 0
    start = time.monotonic()
    bench.tiny.kg("build", "--no-files")
    bench.sheets.nodes["a.yaml"][0]["mass"] = 60
    bench.sheets.write()
    bench.tiny.kg("build", "--no-files")
    longest = time.monotonic() - start
    for number in range(200 if os.environ.get("KG_LONG") else 6):
        before = open_release(bench.tiny.build)
        was = _contents(before.path)
        bench.sheets.nodes["a.yaml"][0]["mass"] = 61 + number
        bench.sheets.write()
        process = subprocess.Popen(
            [*KG, "build", "--no-files"], cwd=bench.tiny.root,
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True,
        )  # fmt: skip
        try:
            process.wait(timeout=chance.uniform(0, longest / 2))
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()
            killed += 1
        assert _contents(before.path) == was
        current = open_release(bench.tiny.build)
        assert release_digest(current.open_store()) == current.digest
    assert killed
    assert bench.step().summary
