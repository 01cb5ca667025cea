"""What `kg diff` compares: releases and files, by the names that people give them."""

from __future__ import annotations

import gzip
import json
from dataclasses import dataclass
from pathlib import Path

import pytest
from pyoxigraph import NamedNode, RdfFormat, parse
from tiny import BASE, Tiny, snapshot, write_tiny

from kg import build_release, open_release
from kg.context import load_context
from kg.diff import compare, open_side
from kg.dumps import dump
from kg.errors import KgError, NoReleaseError, UnknownNameError
from kg.formats import RDF_FORMATS

ALL = sorted(RDF_FORMATS)


@dataclass(frozen=True)
class Versions:
    """The tiny project with two releases, and the digests of these."""

    tiny: Tiny
    old: str
    new: str


@pytest.fixture(scope="module")
def versions(tmp_path_factory: pytest.TempPathFactory) -> Versions:
    tiny = write_tiny(tmp_path_factory.mktemp("tiny"))
    old = build_release(tiny.project).digest
    tiny.edit("facts/zinc.yaml", "65.380", "65.38\naltLabel: Zn")
    tiny.edit("facts/iron.yaml", "55.845", "55.8")
    return Versions(tiny, old, build_release(tiny.project).digest)


def changed(versions: Versions, old: str, new: str) -> list[str]:
    project = versions.tiny.project
    found = compare(open_side(project, old), open_side(project, new))
    return [entry.thing.iri.removeprefix(BASE) for entry in found.entries]


BOTH = ["mineral/iron", "mineral/zinc"]


def test_releases_by_name_digest_and_folder(versions: Versions, tmp_path: Path) -> None:
    folder = versions.tiny.build / "releases" / versions.old
    link = tmp_path / "link"
    link.symlink_to(folder)
    for old in ("before", versions.old, versions.old[:8], str(folder), str(link)):
        assert changed(versions, old, "current") == BOTH
    assert changed(versions, "current", "current") == []
    assert changed(versions, "current", versions.new[:12]) == []
    side = open_side(versions.tiny.project, "before")
    assert side.name == f"the release before ({versions.old[:12]})"


@pytest.mark.parametrize("format_", ALL)
@pytest.mark.parametrize("zipped", [False, True], ids=["plain", "gz"])
def test_an_exported_file_is_a_version_in_any_format(
    format_: str, zipped: bool, versions: Versions, tmp_path: Path
) -> None:
    """What else it holds, such as provenance and the ontology, is not told as a difference."""
    project = versions.tiny.project
    context = load_context(project.ontology / "context.jsonld", BASE)
    store = open_release(project.build).open_store()
    # The union of all graphs cannot be taken apart again: there, metadata would look like data.
    apart = format_ in ("nquads", "trig")
    quads = [q for q in store if apart or q.graph_name != NamedNode(BASE)]
    data = dump(quads, RDF_FORMATS[format_], context)
    path = tmp_path / f"dump.{RDF_FORMATS[format_].extension}{'.gz' if zipped else ''}"
    path.write_bytes(gzip.compress(data) if zipped else data)
    assert changed(versions, str(path), "current") == []
    assert changed(versions, "current", str(path)) == []
    assert changed(versions, "before", str(path)) == BOTH


def test_blank_nodes_of_other_peoples_files_get_the_names_of_nested_nodes(
    versions: Versions, tmp_path: Path
) -> None:
    path = tmp_path / "a.ttl"
    path.write_text(f"<{BASE}a> <{BASE}p> [ <{BASE}q> 1 ] .")
    assert changed(versions, str(path), str(path)) == []
    assert changed(versions, "current", str(path)) == ["a", *BOTH]


@pytest.mark.parametrize("name", ["nothing", "abcdef", "abc", "", "a\nb", "x" * 5000])
def test_a_name_of_nothing_names_what_there_is(name: str, versions: Versions) -> None:
    with pytest.raises((UnknownNameError, NoReleaseError)) as caught:
        open_side(versions.tiny.project, name)
    assert versions.new[:12] in str(caught.value)


@pytest.mark.parametrize(
    ("name", "data"),
    [("a.xlsx", b""), ("a.ttl", b"<a"), ("a.nq.gz", b"no gzip"), ("a.ttl", b"\xff\xfe")],
)
def test_a_file_that_is_no_graph_is_refused(
    name: str, data: bytes, versions: Versions, tmp_path: Path
) -> None:
    (tmp_path / name).write_bytes(data)
    with pytest.raises(KgError) as caught:
        open_side(versions.tiny.project, str(tmp_path / name))
    assert name in str(caught.value)


def test_a_cut_off_file_is_refused(versions: Versions, tmp_path: Path) -> None:
    path = tmp_path / "a.nt.gz"
    path.write_bytes(gzip.compress(b"<a:b> <a:c> <a:d> .\n" * 100)[:-20])
    with pytest.raises(KgError):
        open_side(versions.tiny.project, str(path))


def test_without_a_release_before_there_is_nothing_to_compare(tmp_path: Path) -> None:
    tiny = write_tiny(tmp_path)
    with pytest.raises(NoReleaseError):
        open_side(tiny.project, "current")
    build_release(tiny.project)
    with pytest.raises(NoReleaseError):
        open_side(tiny.project, "before")
    with pytest.raises(UnknownNameError):
        open_side(tiny.project, str(tiny.root))


def test_the_command_tells_what_changed_and_changes_nothing(versions: Versions) -> None:
    tiny = versions.tiny
    before = snapshot(tiny.root)
    result = tiny.kg("diff")
    assert (result.returncode, result.stderr) == (0, "")
    assert result.stdout.splitlines()[0].endswith(": 2 changed")
    assert "          mass: 55.845 → 55.8" in result.stdout
    assert '        + altLabel: "Zn"' in result.stdout
    assert tiny.kg("diff", "--exit-code").returncode == 1
    assert tiny.kg("diff", "current", "current", "--exit-code").returncode == 0
    assert tiny.kg("diff", "nothing").returncode == 2
    assert snapshot(tiny.root) == before


def test_the_command_writes_json_and_rdf(versions: Versions, tmp_path: Path) -> None:
    tiny = versions.tiny
    document = json.loads(tiny.kg("diff", "--format", "json").stdout)
    assert document["counts"]["changed"] == 2
    path = tmp_path / "changes.ttl"
    result = tiny.kg("diff", "--format", "turtle", "-o", str(path))
    assert (result.returncode, result.stdout) == (0, "")
    assert len(list(parse(path.read_bytes(), format=RdfFormat.TURTLE))) > 10


def test_a_release_holds_what_changed_since_the_one_before(versions: Versions) -> None:
    releases = versions.tiny.build / "releases"
    assert not (releases / versions.old / "changes.json").exists()
    document = json.loads((releases / versions.new / "changes.json").read_text())
    told = json.loads(versions.tiny.kg("diff", "--format", "json").stdout)
    assert document["entries"] == told["entries"]
    turtle = (releases / versions.new / "changes.ttl").read_text()
    assert turtle == versions.tiny.kg("diff", "--format", "turtle").stdout
