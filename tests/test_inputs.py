"""What a build is made from: every change is noticed, and what has not changed is not read."""

from __future__ import annotations

import hashlib
import importlib.metadata
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sample import write_project

import kg
from kg.inputs import Inputs, read_inputs
from kg.project import Project, load_project

FILES: dict[str, str | bytes] = {
    "facts/a.yaml": "id: mineral/iron\n",
    "facts/b/c.jsonl": "{}\n",
    "ontology/context.jsonld": "{}",
    "ontology/ontology.ttl": "# nothing\n",
    "shapes/shapes.ttl": "# no shapes\n",
    "queries/all.rq": "ASK {}\n",
    "documents/one.txt": "Iron is a metal.",
    "build/note": "not an input",
}
POISON = "f" * 64
SECONDS = 2.2  # a little longer than a file is too young to be trusted


def sha256(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def cache_of(project: Project) -> Path:
    return project.build / "inputs.json"


def read(project: Project, cache: bool = True) -> Inputs:
    kept = cache_of(project) if cache else None
    return read_inputs(project, project.root / "documents", cache=kept)


def new_project(folder: Path) -> Project:
    folder.mkdir()
    return write_project(folder, FILES)


@pytest.fixture(scope="module")
def projects(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Project]:
    """Projects whose files have not changed for a while: no test can set the clock of its disk."""
    folder = tmp_path_factory.mktemp("projects")
    made = [new_project(folder / str(number)) for number in range(24)]
    time.sleep(SECONDS)
    return iter(made)


@pytest.fixture
def project(projects: Iterator[Project]) -> Project:
    return next(projects)


def poison(project: Project) -> None:
    """Let the cache say something wrong of every file: who trusts it, shows it."""
    cache = cache_of(project)
    said = json.loads(cache.read_text())
    for entry in said["files"].values():
        entry[-1] = POISON
    cache.write_text(json.dumps(said))


def trusted(project: Project) -> set[str]:
    """The files of which the cache is trusted."""
    poison(project)
    return {name for name, hash_ in read(project).files.items() if hash_ == POISON}


# What it says


def test_every_file_has_its_hash_by_its_path_in_the_project(project: Project):
    named = {name: sha256(str(text)) for name, text in FILES.items() if name != "build/note"}
    assert read(project).files == named
    without = read_inputs(project).files
    assert without == {name: hash_ for name, hash_ in named.items() if "documents" not in name}


def test_files_elsewhere_are_named_in_full(project: Project, tmp_path: Path):
    (tmp_path / "x.txt").write_text("x")
    files = read_inputs(project, tmp_path).files
    assert files[str(tmp_path / "x.txt")] == sha256("x")


def test_what_cannot_be_read_has_words_instead(project: Project):
    (project.facts / "loop.yaml").symlink_to("loop.yaml")
    os.mkfifo(project.facts / "pipe.yaml")
    (project.ontology / "context.jsonld").unlink()
    files = read(project).files
    assert files["facts/loop.yaml"].startswith("unreadable: ")
    assert files["facts/pipe.yaml"] == "no regular file"
    assert files["ontology/context.jsonld"].startswith("unreadable: ")


@pytest.mark.parametrize("name", ["facts/new.jsonl.gz", "shapes/new.ttl", "queries/new.rq",
                                  "ontology/new.ttl", "documents/new.txt"])  # fmt: skip
def test_files_that_come_go_or_change_make_another_digest(tmp_path: Path, name: str):
    project = write_project(tmp_path, FILES)
    digests = [read(project).digest]
    for text in ("a", "b"):
        (tmp_path / name).write_text(text)
        digests.append(read(project).digest)
    (tmp_path / name).unlink()
    assert len(set(digests)) == 3
    assert read(project).digest == digests[0]


def test_settings_and_options_make_another_digest(project: Project):
    digests = {
        read_inputs(project).digest,
        read_inputs(project, options=("no files",)).digest,
        read_inputs(project, project.root / "documents").digest,
        read_inputs(project, project.root / "build").digest,
        read_inputs(replace(project, title="Iron")).digest,
        read_inputs(replace(project, limits=replace(project.limits, stream=5))).digest,
    }
    assert len(digests) == 6


def test_a_link_in_place_of_a_file_makes_another_digest(project: Project, tmp_path: Path):
    """Its content is the same, but a link that leads elsewhere is refused."""
    before = read(project)
    sheet = project.facts / "a.yaml"
    shutil.move(sheet, tmp_path / "a.yaml")
    sheet.symlink_to(tmp_path / "a.yaml")
    after = read(project)
    assert after.files == before.files
    assert after.digest != before.digest


def test_documents_that_cannot_be_listed_are_none(project: Project):
    nowhere, file = project.root / "nowhere", project.root / "kg.toml"
    assert read_inputs(project, nowhere).files == read_inputs(project).files
    assert read_inputs(project, file).files == read_inputs(project).files


def test_names_that_are_no_text_are_read_and_remembered(project: Project):
    odd = Path(os.fsdecode(os.fsencode(project.facts) + b"/\xff\n\x1b.yaml"))
    odd.write_text("x")
    time.sleep(SECONDS)
    assert read(project) == read(project)
    assert f"facts/{odd.name}" in trusted(project)


# The software


def digest_by(package: Path, project: Project, *folders: Path) -> str:
    """The digest that a process finds which imports `kg` from `package`."""
    script = (
        "import sys\nfrom pathlib import Path\nfrom kg.inputs import read_inputs\n"
        "from kg.project import load_project\n"
        "print(read_inputs(load_project(Path(sys.argv[1]))).digest)\n"
    )
    paths = os.pathsep.join(map(str, [package, *folders]))
    command = [sys.executable, "-P", "-c", script, str(project.root)]
    environment = {**os.environ, "PYTHONPATH": paths}
    result = subprocess.run(command, env=environment, capture_output=True, text=True, check=True)
    return result.stdout


def test_other_code_and_other_libraries_make_another_digest(project: Project, tmp_path: Path):
    ignored = shutil.ignore_patterns("__pycache__")
    shutil.copytree(Path(kg.__file__).parent, tmp_path / "code" / "kg", ignore=ignored)
    first = digest_by(tmp_path / "code", project)
    assert digest_by(tmp_path / "code", project) == first
    (tmp_path / "installed" / "pyoxigraph-99.0.dist-info").mkdir(parents=True)
    second = digest_by(tmp_path / "code", project, tmp_path / "installed")
    with (tmp_path / "code" / "kg" / "walk.py").open("a") as code:
        code.write("# edited\n")
    assert len({first, second, digest_by(tmp_path / "code", project)}) == 3


def test_the_versions_are_those_that_are_installed():
    from kg.inputs import _LIBRARIES, _versions

    installed = {}
    for name in _LIBRARIES:
        try:
            installed[name] = importlib.metadata.version(name)
        except importlib.metadata.PackageNotFoundError:
            installed[name] = ""
    python, *said = _versions()
    assert python == ".".join(map(str, sys.version_info[:3]))
    assert said == [f"{name}={version}" for name, version in installed.items()]
    assert installed["pyoxigraph"]


# What is not read again


def test_files_that_look_unchanged_are_not_read_again(project: Project):
    assert trusted_after_reading(project) == set(read(project, cache=False).files)


def trusted_after_reading(project: Project) -> set[str]:
    read(project)
    return trusted(project)


def test_a_file_that_has_just_changed_is_read_again(project: Project):
    """It may change once more within the same tick of the clock, and look the same."""
    (project.facts / "a.yaml").write_text("id: mineral/zinc\n")
    assert "facts/a.yaml" not in trusted_after_reading(project)
    time.sleep(SECONDS)
    read(project)
    assert "facts/a.yaml" in trusted(project)


def test_a_file_of_the_future_is_read_again(project: Project):
    sheet = project.facts / "a.yaml"
    os.utime(sheet, (time.time() + 9999,) * 2)
    time.sleep(SECONDS)
    assert "facts/a.yaml" not in trusted_after_reading(project)


def test_an_edit_that_keeps_size_and_time_is_noticed(project: Project):
    read(project)
    sheet = project.facts / "a.yaml"
    before = sheet.stat()
    sheet.write_text("id: mineral/zinc\n")
    os.utime(sheet, ns=(before.st_atime_ns, before.st_mtime_ns))
    assert (sheet.stat().st_size, sheet.stat().st_mtime_ns) == (before.st_size, before.st_mtime_ns)
    assert read(project).files["facts/a.yaml"] == sha256("id: mineral/zinc\n")


def test_a_file_that_is_moved_over_another_is_noticed(project: Project):
    read(project)
    (project.root / "documents" / "one.txt").replace(project.facts / "a.yaml")
    assert read(project).files["facts/a.yaml"] == sha256("Iron is a metal.")


def test_what_is_known_already_is_not_written_again(project: Project):
    read(project)
    before = cache_of(project).stat()
    read(project)
    assert cache_of(project).stat() == before
    assert [path.name for path in sorted(project.build.iterdir())] == ["inputs.json", "note"]


def test_files_that_are_gone_are_forgotten(project: Project):
    read(project)
    (project.facts / "a.yaml").unlink()
    read(project)
    assert "a.yaml" not in cache_of(project).read_text()


# A cache is only a cache

DAMAGED = [
    b"", b"[", b"null", b"5", b"\xff", b"[]", b"{}", b"[" * 100_000,
    b'{"kept_as": 1}', b'{"kept_as": 1, "files": []}', b'{"kept_as": 1, "files": null}',
    b'{"kept_as": "1", "files": {}}', b'{"kept_as": 99, "files": {}}',
]  # fmt: skip


@pytest.mark.parametrize("damaged", DAMAGED, ids=lambda data: repr(data[:40]))
def test_a_damaged_cache_is_none(tmp_path: Path, damaged: bytes):
    project = write_project(tmp_path, FILES)
    cache_of(project).write_bytes(damaged)
    assert read(project) == read(project, cache=False)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=6) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=10,
)


@given(entry=JSON)
def test_an_entry_of_any_other_kind_is_none(entry: object):
    with tempfile.TemporaryDirectory() as folder:
        project = write_project(Path(folder), FILES)
        path = str(project.facts / "a.yaml")
        said = {"kept_as": 1, "files": {path: entry}}
        cache_of(project).write_text(json.dumps(said))
        assert read(project).files["facts/a.yaml"] == sha256(str(FILES["facts/a.yaml"]))


@pytest.mark.parametrize("kind", ["missing folder", "folder", "pipe", "not writable"])
def test_where_no_cache_can_be_all_is_read(project: Project, kind: str):
    cache = project.build / "kept" / "inputs.json"
    if kind != "missing folder":
        cache.parent.mkdir()
    if kind == "folder":
        cache.mkdir()
    elif kind == "pipe":
        os.mkfifo(cache)
    elif kind == "not writable":
        # A name that is too long once it is written aside.
        cache = cache.with_name("x" * 250)
    assert read_inputs(project, cache=cache) == read_inputs(project)
    left = [path.name for path in project.build.rglob(".kg-aside-*")]
    assert left == []


a_name = st.sampled_from(["facts/a.yaml", "facts/b/c.jsonl", "facts/new.yaml", "shapes/new.ttl"])
an_edit = st.tuples(st.sampled_from(["write", "remove", "move", "touch"]), a_name, a_name)


@settings(max_examples=40)
@given(edits=st.lists(an_edit, max_size=8))
def test_a_cache_changes_nothing_whatever_is_edited(edits: list[tuple[str, str, str]]):
    with tempfile.TemporaryDirectory() as folder:
        project = write_project(Path(folder), FILES)
        for number, (what, name, other) in enumerate(edits):
            file = project.root / name
            if what == "write":
                file.write_text(f"{number} ")
            elif not file.exists():
                continue
            elif what == "remove":
                file.unlink()
            elif what == "move":
                file.replace(project.root / other)
            else:
                os.utime(file, (number, number))
            assert read(project) == read(project, cache=False)


def test_the_core_is_among_the_inputs_of_a_project_without_parts_of_its_own(tmp_path: Path):
    (tmp_path / "facts").mkdir()
    (tmp_path / "kg.toml").write_text('base = "https://example.org/"\n')
    project = load_project(tmp_path)
    assert str(project.ontology / "context.jsonld") in read_inputs(project).files
