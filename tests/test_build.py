"""The build: the same bytes from the same input, nothing for nothing, and never half a release."""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import random
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from pyoxigraph import Literal, Quad, RdfFormat, Store, parse
from tiny import KG, Tiny, run_kg, snapshot, write_tiny

import kg
from kg import terms
from kg.build import build_release
from kg.check import check_project
from kg.corpus import load_vocabulary
from kg.downloads import SUMS, facts_of, read_sums
from kg.dumps import dump, quads_of
from kg.errors import ConfigError, LockedError, NonconformingError
from kg.formats import RDF_FORMATS
from kg.store import build_lock, open_release, release_digest

ROOT = Path(__file__).parent.parent


@pytest.fixture
def tiny(tmp_path: Path) -> Tiny:
    return write_tiny(tmp_path / "project")


def graphs(tiny: Tiny) -> dict[str, str]:
    """Graph → its N-Quads, of the current release."""
    store = open_release(tiny.build).open_store()
    return {
        terms.text_of(graph): "".join(
            sorted(f"{quad}\n" for quad in store.quads_for_pattern(None, None, None, graph))
        )
        for graph in store.named_graphs()
    }


def facts(tiny: Tiny) -> set[Quad]:
    """What the sheets say in the current release."""
    return set(facts_of(open_release(tiny.build).open_store(), "https://example.org/"))


# What the other process runs: folders listed in another order, names hashed by another seed.
_REVERSED = """
import os
listed = os.scandir
class scandir(list):
    def __init__(self, path="."):
        with listed(path) as entries: super().__init__(sorted(entries, key=lambda e: e.name))
        self.reverse()
    def __enter__(self): return iter(self)
    def __exit__(self, *_): pass
    def __next__(self):
        if not self: raise StopIteration
        return self.pop(0)
    def close(self): pass
os.scandir = scandir
from kg.cli import main
main()
"""


def test_same_input_same_bytes(project_release: kg.Release, tmp_path: Path) -> None:
    """The repository's facts, copied backwards and built by another process, another hash seed."""
    for name in ("facts", "ontology", "shapes", "pyproject.toml"):
        for file in sorted((ROOT / name).rglob("*"), reverse=True) or [ROOT / name]:
            target = tmp_path / file.relative_to(ROOT)
            if file.is_file():
                target.parent.mkdir(parents=True, exist_ok=True)
                shutil.copyfile(file, target)
    environment = os.environ | {"PYTHONHASHSEED": "1", "TZ": "Asia/Tokyo", "LC_ALL": "C"}

    def run(*args: str) -> bytes:
        command = [sys.executable, "-c", _REVERSED, *args]
        return subprocess.run(
            command, cwd=tmp_path, env=environment, check=True, capture_output=True
        ).stdout

    run("build")
    other = open_release(tmp_path / "build")
    assert other.digest == project_release.digest
    assert snapshot(other.files) == snapshot(project_release.files)
    store = project_release.open_store()
    context, _ = load_vocabulary(kg.load_project(ROOT))
    for format_ in RDF_FORMATS.values():
        expected = dump(quads_of(store), format_, context)
        assert run("export", "--format", format_.name) == expected, format_.name


def test_the_digest_can_be_recomputed_from_an_export(
    project_release: kg.Release,
) -> None:
    context, _ = load_vocabulary(kg.load_project(ROOT))
    data = dump(quads_of(project_release.open_store()), RDF_FORMATS["nquads"], context)
    assert release_digest(parse(data, RdfFormat.N_QUADS)) == project_release.digest
    assert project_release.path.name == project_release.digest
    # What the store gives back is what was put in: no literal was rewritten on the way.
    assert release_digest(Store.read_only(str(project_release.path / "store"))) == (
        project_release.digest
    )


def test_unchanged_input_does_nothing(tiny: Tiny) -> None:
    first = build_release(tiny.project)
    before = snapshot(tiny.build)
    times = {path: path.lstat().st_mtime_ns for path in tiny.build.rglob("*")}
    second = build_release(tiny.project)
    assert not first.unchanged
    assert second.unchanged
    assert second.digest == first.digest
    assert list(second.results.items()) == list(first.results.items())
    assert snapshot(tiny.build) == before
    assert {path: path.lstat().st_mtime_ns for path in tiny.build.rglob("*")} == times


def test_a_touched_or_rewritten_file_is_not_a_change(tiny: Tiny) -> None:
    build_release(tiny.project)
    os.utime(tiny.root / "facts/iron.yaml", (0, 0))
    tiny.write("facts/iron.yaml", (tiny.root / "facts/iron.yaml").read_text())
    tiny.write("facts/notes.txt", "not a sheet")
    tiny.write("facts/.hidden.yaml", "{")
    assert build_release(tiny.project).unchanged


@pytest.mark.parametrize(
    "change",
    [
        lambda tiny: tiny.edit("queries/heavier.rq", "In daltons", "In u"),
        lambda tiny: tiny.edit("kg.toml", "title", 'version = "2"\ntitle'),
        lambda tiny: tiny.edit("facts/iron.yaml", "55.845", "55.85"),
        lambda tiny: tiny.write("facts/tin.yaml", "id: mineral/tin\ntype: Mineral\nlabel: Tin\n"),
        lambda tiny: (tiny.root / "facts/zinc.yaml").unlink(),
        lambda tiny: (tiny.root / "facts/zinc.yaml").rename(tiny.root / "facts/zn.yaml"),
        lambda tiny: tiny.edit("shapes/shapes.ttl", "300", "400"),
        lambda tiny: tiny.edit(
            "ontology/ontology.ttl", ":like a", ":dislike a owl:Thing . :like a"
        ),
        lambda tiny: tiny.edit("ontology/context.jsonld", '"en"', '"de"'),
        lambda tiny: tiny.edit("kg.toml", "Minerals", "Metals"),
        lambda tiny: tiny.write("kg.toml", 'base = "https://example.org/"\n[limits]\ndepth = 9\n'),
    ],
    ids=[
        "query",
        "version",
        "fact",
        "sheet",
        "gone",
        "renamed",
        "shape",
        "ontology",
        "context",
        "title",
        "limits",
    ],
)
def test_every_kind_of_input_counts(tiny: Tiny, change: Callable[[Tiny], object]) -> None:
    build_release(tiny.project)
    change(tiny)
    assert not build_release(tiny.project).unchanged
    assert build_release(tiny.project).unchanged


def test_another_version_of_the_software_builds_again(
    tiny: Tiny, monkeypatch: pytest.MonkeyPatch
) -> None:
    build_release(tiny.project)
    monkeypatch.setattr("kg.inputs.__version__", "99.0")
    assert not build_release(tiny.project).unchanged


def test_an_edited_sheet_changes_only_its_graph(tiny: Tiny) -> None:
    build_release(tiny.project)
    before = graphs(tiny)
    tiny.edit("facts/iron.yaml", "Iron", "Ferrum")
    build_release(tiny.project)
    after = graphs(tiny)
    changed = {graph for graph in before | after if before.get(graph) != after.get(graph)}
    # The dataset tells of its version and of its files.
    assert changed == {"https://example.org/graph/iron", "https://example.org/"}


def test_a_comment_changes_nothing_but_the_hash_of_its_sheet(tiny: Tiny) -> None:
    build_release(tiny.project)
    before = facts(tiny)
    tiny.edit("facts/iron.yaml", "type:", "# a metal\ntype:")
    build_release(tiny.project)
    changed = before ^ facts(tiny)
    assert {quad.predicate for quad in changed} == {terms.SHA256}
    assert len(changed) == 2


def test_going_back_gives_the_same_release(tiny: Tiny) -> None:
    first = build_release(tiny.project)
    tiny.edit("facts/iron.yaml", "Iron", "Ferrum")
    assert build_release(tiny.project).digest != first.digest
    tiny.edit("facts/iron.yaml", "Ferrum", "Iron")
    again = build_release(tiny.project)
    assert (again.digest, again.unchanged) == (first.digest, False)


def test_an_edit_during_the_build_is_not_forgotten(tiny: Tiny) -> None:
    """What was read counts, not what was there a moment before."""

    def meddle(stage: str, _done: int, _total: int) -> None:
        if stage == "link":
            tiny.edit("facts/iron.yaml", "Iron", "Ferrum")

    build_release(tiny.project, progress=meddle)
    tiny.edit("facts/iron.yaml", "Ferrum", "Iron")
    assert not build_release(tiny.project).unchanged
    assert '"Iron"@en' in graphs(tiny)["https://example.org/graph/iron"]


def test_an_edit_while_lines_are_read_is_not_kept_for_what_they_were(tiny: Tiny) -> None:
    """Lines are known by the hash of their file, which was taken before they were read."""
    lines = [f'{{"id": "mineral/m{n}", "type": "Mineral", "label": "M{n}"}}\n' for n in range(9)]
    tiny.write("facts/many.jsonl", "".join(lines))

    def meddle(stage: str, _done: int, _total: int) -> None:
        if stage == "read" and "M7" in (tiny.root / "facts/many.jsonl").read_text():
            tiny.edit("facts/many.jsonl", "M7", "Other")

    build_release(tiny.project, progress=meddle)
    tiny.edit("facts/many.jsonl", "Other", "M7")
    assert not build_release(tiny.project).unchanged
    assert '"M7"@en' in graphs(tiny)["https://example.org/graph/many"]


_BREAKS: dict[str, Callable[[Tiny], object]] = {
    "syntax": lambda tiny: tiny.write("facts/bad.yaml", "{"),
    "shape": lambda tiny: tiny.edit("facts/iron.yaml", "55.845", "555"),
    "dangling": lambda tiny: tiny.edit("facts/zinc.yaml", "mineral/iron", "mineral/irn"),
}


@pytest.mark.parametrize("broken", _BREAKS)
def test_a_failing_build_changes_nothing(tiny: Tiny, broken: str) -> None:
    build_release(tiny.project)
    before = snapshot(tiny.build)
    _BREAKS[broken](tiny)
    with pytest.raises(NonconformingError) as caught:
        build_release(tiny.project)
    assert caught.value.problems
    assert snapshot(tiny.build) == before


@pytest.mark.parametrize(
    "name", ["ontology/ontology.ttl", "ontology/context.jsonld", "shapes/shapes.ttl"]
)
@pytest.mark.parametrize("text", ["{", None])
def test_a_broken_vocabulary_changes_nothing(tiny: Tiny, name: str, text: str | None) -> None:
    build_release(tiny.project)
    before = snapshot(tiny.build)
    (tiny.root / name).unlink()
    if text is not None:
        tiny.write(name, text)
    with pytest.raises(ConfigError, match=name.split("/")[0]):
        build_release(tiny.project)
    assert snapshot(tiny.build) == before


def test_a_sheet_that_cannot_be_opened_is_a_problem_not_a_crash(tiny: Tiny) -> None:
    (tiny.root / "facts/gone.yaml").symlink_to("nowhere.yaml")
    with pytest.raises(NonconformingError) as caught:
        build_release(tiny.project)
    assert [p.file for p in caught.value.problems if p.rule == "unreadable"] == ["facts/gone.yaml"]


def test_warnings_and_unchecked_passages_stop_only_a_strict_build(tiny: Tiny) -> None:
    tiny.edit("facts/iron.yaml", "55.845", "255")
    assert build_release(tiny.project).results == {"error": 0, "warning": 1, "info": 0}
    with pytest.raises(NonconformingError):
        build_release(tiny.project, strict=True)
    tiny.edit("facts/iron.yaml", "255", "55")
    assert build_release(tiny.project, strict=True).results["warning"] == 0
    assert build_release(tiny.project, strict=True).unchanged


def test_documents_count_as_input(tiny: Tiny) -> None:
    tiny.write("documents/a.txt", "one")
    documents = tiny.root / "documents"
    build_release(tiny.project)
    assert not build_release(tiny.project, documents=documents).unchanged
    assert build_release(tiny.project, documents=documents).unchanged
    tiny.write("documents/a.txt", "two")
    assert not build_release(tiny.project, documents=documents).unchanged


def test_checking_writes_nothing(tiny: Tiny) -> None:
    before = snapshot(tiny.root)
    assert check_project(tiny.project).problems == ()
    assert snapshot(tiny.root) == before


def test_a_literal_the_store_would_rewrite_is_the_same_everywhere(tiny: Tiny) -> None:
    """65.380 becomes 65.38 before anything is hashed."""
    summary = build_release(tiny.project)
    store = open_release(tiny.build).open_store()
    masses = {q.object for q in store if isinstance(q.object, Literal)}
    assert "65.38" in {mass.value for mass in masses}
    assert release_digest(store) == summary.digest


# --- against the clock, other builds and the disk


def test_killed_at_random_moments(tiny: Tiny) -> None:
    """Whenever a build is killed, a whole release answers and the next build goes on."""
    build_release(tiny.project)
    moments = random.Random(20)
    stages = {"imports": (0.05, 0.25), "work": (0.25, 0.8)}
    ends = []
    for number in range(8):
        mass = f"{number + 1}.5"
        tiny.write("facts/tin.yaml", f"id: mineral/tin\ntype: Mineral\nlabel: Tin\nmass: {mass}\n")
        before = open_release(tiny.build).digest
        start, end = stages["work" if number % 4 else "imports"]
        with tiny.start("build") as process:
            time.sleep(moments.uniform(start, end))
            os.killpg(process.pid, signal.SIGKILL)
        ends.append(process.returncode)
        answer = tiny.kg("query", "-", "--format", "csv", stdin=_COUNT)
        assert (answer.returncode, answer.stderr) == (0, "")
        current = open_release(tiny.build)
        # The count is of a whole release: its digest is that of what it holds.
        assert release_digest(current.open_store()) == current.digest
        sums = read_sums(current.files)
        assert {*sums, SUMS} == {path.name for path in current.files.iterdir()}
        for name, digest in sums.items():
            assert hashlib.sha256((current.files / name).read_bytes()).hexdigest() == digest
        summary = build_release(tiny.project)
        assert summary.digest == open_release(tiny.build).digest != before
        assert not list(tiny.build.rglob(".kg-aside-*"))
        # Killed after the swap, a build may leave one release too many to the next.
        kept = {path.name for path in (tiny.build / "releases").iterdir()}
        assert {before, summary.digest} <= kept
        assert len(kept) <= 3
    assert -signal.SIGKILL in ends


_COUNT = "SELECT (COUNT(*) AS ?n) { ?s ?p ?o }"


def test_a_second_build_waits_for_the_first(tiny: Tiny) -> None:
    with contextlib.ExitStack() as stack:
        held = stack.enter_context(contextlib.ExitStack())
        held.enter_context(build_lock(tiny.build))
        second = stack.enter_context(tiny.start("build"))
        assert second.stderr is not None
        assert "waiting" in second.stderr.readline()
        assert not (tiny.build / "current").exists()
        held.close()
        assert second.wait(timeout=30) == 0
    assert open_release(tiny.build).path.is_dir()


def test_two_builds_at_once_both_succeed(tiny: Tiny) -> None:
    with tiny.start("build", "--json") as one, tiny.start("build", "--json") as two:
        summaries = [json.loads(process.communicate(timeout=60)[0]) for process in (one, two)]
    assert (one.returncode, two.returncode) == (0, 0)
    assert sorted(summary["unchanged"] for summary in summaries) == [False, True]


def test_without_waiting_the_second_build_fails_in_words(tiny: Tiny) -> None:
    with build_lock(tiny.build):
        with pytest.raises(LockedError):
            build_release(tiny.project)
        result = tiny.kg("build", "--wait", "0")
    assert (result.returncode, result.stdout) == (2, "")
    assert "another build is at work" in result.stderr
    assert "Traceback" not in result.stderr


_NO_ROOM = """
import resource, sys
soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
resource.setrlimit(resource.RLIMIT_FSIZE, (int(sys.argv.pop(1)), hard))
from kg.cli import main
try: main()
finally: resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
"""


@pytest.mark.parametrize("size", [0, 1000, 30_000])
def test_no_room_on_the_disk(tiny: Tiny, size: int) -> None:
    """The system refuses to let files grow: the release before stays, and nothing else does."""
    build_release(tiny.project)
    before = snapshot(tiny.build)
    tiny.edit("facts/iron.yaml", "Iron", "Ferrum")
    command = [sys.executable, "-c", _NO_ROOM, str(size), "build"]
    result = subprocess.run(
        command, cwd=tiny.root, capture_output=True, text=True, timeout=60, check=False
    )
    assert (result.returncode, result.stdout) == (2, "")
    assert "cannot be written" in result.stderr
    assert "Traceback" not in result.stderr
    assert snapshot(tiny.build) == before
    assert not build_release(tiny.project).unchanged


def test_a_disk_that_is_full(disk: Path) -> None:
    """The same on a file system without a free block."""
    tiny = write_tiny(disk)
    build_release(tiny.project)
    before = snapshot(tiny.build)
    free = shutil.disk_usage(disk).free
    (disk / "filler").write_bytes(b"." * (free - 8192))
    tiny.edit("facts/iron.yaml", "Iron", "Ferrum")
    result = tiny.kg("build")
    assert result.returncode == 2
    assert "No space left" in result.stderr
    assert "Traceback" not in result.stderr
    assert snapshot(tiny.build) == before
    (disk / "filler").unlink()
    assert tiny.kg("build").returncode == 0


def test_interrupted_in_the_middle(tiny: Tiny) -> None:
    """Ctrl-C ends a build with its own status, in no words."""
    build_release(tiny.project)
    before = snapshot(tiny.build)
    tiny.edit("facts/iron.yaml", "Iron", "Ferrum")
    command = [*KG, "-v", "build"]
    with subprocess.Popen(
        command, cwd=tiny.root, stderr=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stderr is not None
        assert process.stderr.readline().startswith("read (")
        process.send_signal(signal.SIGINT)
        _, errors = process.communicate(timeout=30)
    assert process.returncode == 130
    assert "Traceback" not in errors
    assert snapshot(tiny.build) == before


def test_a_moved_project_still_answers(tiny: Tiny, tmp_path: Path) -> None:
    build_release(tiny.project)
    moved = Tiny(tiny.root.rename(tmp_path / "moved"))
    assert len(open_release(moved.build).open_store()) > 5
    assert run_kg("query", "-", cwd=moved.root, stdin=_COUNT).returncode == 0
    assert run_kg("build", cwd=moved.root).returncode == 0
