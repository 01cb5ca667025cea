"""Builds that meet misfortune: told in words, gone at once, and the release before is whole."""

from __future__ import annotations

import gzip
import os
import resource
import shutil
import signal
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest
from large import BUILD, Ended, Scene, record, write_large
from nobody import folder_of_nobody, run_as_nobody
from tiny import Tiny, write_tiny

from kg import NonconformingError, build_release
from kg.errors import KgError, Severity

Build = subprocess.Popen[str]

SECONDS = 3.0  # 1 would do, on a machine with nothing else to do
STAGES = ("read", "load", "link", "validate", "files")
KILLED = "a process was ended by signal 9 (SIGKILL: killed, often for lack of memory)"


@pytest.fixture(scope="module")
def bases(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Tiny]:
    """A project that is built in one process, and one that takes several; both with a release."""
    folder = tmp_path_factory.mktemp("bases")
    bases = {"small": write_tiny(folder / "small"), "large": write_large(folder / "large")}
    for tiny in bases.values():
        build_release(tiny.project, files=False)
    return bases


@pytest.fixture(params=["small", "large"])
def scene(request: pytest.FixtureRequest, bases: dict[str, Tiny], tmp_path: Path) -> Scene:
    return copy_of(bases[request.param], tmp_path)


@pytest.fixture
def large(bases: dict[str, Tiny], tmp_path: Path) -> Scene:
    return copy_of(bases["large"], tmp_path)


def copy_of(base: Tiny, folder: Path, build: Path | None = None) -> Scene:
    """A base to do something to; its build folder may be elsewhere."""
    copy = Tiny(folder / "project")
    shutil.copytree(base.root, copy.root, symlinks=True)
    if build:
        copy.build.rename(folder / "moved")
        shutil.copytree(folder / "moved", build, symlinks=True)
        copy.build.symlink_to(build)
    return Scene(copy, folder / "temporary")


def words_of(ended: Ended) -> list[str]:
    """What a build said, but for how far it had come."""
    lines = ended.errors.splitlines()
    return [line for line in lines if line and not line.startswith(STAGES)]


def assert_failed(scene: Scene, ended: Ended, *words: str) -> None:
    """A build ended with one line that says why, and left nothing behind."""
    assert ended.status == 2, ended
    said = words_of(ended)
    assert len(said) == 1, said
    assert said[0].startswith("kg: ")
    assert any(word in said[0] for word in words), said
    scene.assert_as_before()


# Ctrl-C


def interrupt_all(build: Build) -> None:
    """As a terminal does."""
    os.killpg(build.pid, signal.SIGINT)


def interrupt(build: Build) -> None:
    build.send_signal(signal.SIGINT)


@pytest.mark.parametrize(
    ("blow", "stage", "wait"),
    [
        (interrupt_all, "read", 0.0),
        (interrupt_all, "read", 0.3),
        (interrupt, "read", 0.2),
        (interrupt_all, "validate", 0.0),
        (interrupt, "validate", 0.0),
    ],
)
def test_ctrl_c(large: Scene, blow: Callable[[Build], None], stage: str, wait: float) -> None:
    ended = large.strike(blow, stage, wait)
    assert ended.status == 130
    assert words_of(ended) == []
    assert ended.seconds < SECONDS
    large.assert_as_before()


# Processes that are killed


@pytest.mark.parametrize("stage", ["read", "validate"])
def test_a_worker_is_killed(large: Scene, stage: str) -> None:
    def blow(build: Build) -> None:
        os.kill(large.workers(build)[0], signal.SIGKILL)

    assert_failed(large, large.strike(blow, stage), KILLED)


@pytest.mark.parametrize("moment", ["runs", "runs/provenance.nq"])
def test_the_loader_is_killed(large: Scene, moment: str) -> None:
    """While it waits, and when it has been told of all there is to load."""

    def blow(_build: Build) -> None:
        large.wait_for(moment)
        os.kill(large.loader(), signal.SIGKILL)

    assert_failed(large, large.strike(blow, "read"), KILLED)


@pytest.mark.parametrize("stage", ["read", "validate"])
def test_the_build_is_killed(large: Scene, stage: str) -> None:
    """Its processes end with it, and what it left on the disk goes with the next build."""
    ended = large.strike(Build.kill, stage)
    assert ended.status == -signal.SIGKILL
    assert ended.seconds < SECONDS
    now = {name: text for name, text in large.releases().items() if not name.startswith(".kg-")}
    assert now == large.before
    if stage == "validate":
        large.assert_builds()


# Memory


@pytest.mark.parametrize("mebibytes", [100, 600])
def test_too_little_memory_from_the_start(scene: Scene, mebibytes: int) -> None:
    limited = f'ulimit -v {mebibytes << 10}; exec "$@"'
    ended = scene.run("bash", "-c", limited, "bash", *BUILD)
    assert_failed(scene, ended, f"not enough memory: {mebibytes} MiB of address space are allowed")


@pytest.mark.parametrize("who", ["worker", "loader", "build"])
def test_memory_runs_out(large: Scene, who: str) -> None:
    """Which is here that a process gets no more than it has."""

    def blow(build: Build) -> None:
        large.wait_for("runs")
        pid = {"worker": large.workers(build)[0], "loader": large.loader(), "build": build.pid}[who]
        pages = int(Path(f"/proc/{pid}/statm").read_text().split()[0])
        resource.prlimit(pid, resource.RLIMIT_AS, (pages * resource.getpagesize(),) * 2)

    assert_failed(
        large, large.strike(blow, "read"), "not enough memory", "often for lack of memory"
    )


# The disk


@pytest.mark.parametrize("disk", [64], indirect=True)
@pytest.mark.parametrize("moment", ["read", "load", "validate"])
def test_the_disk_fills_up(bases: dict[str, Tiny], tmp_path: Path, disk: Path, moment: str) -> None:
    """When the runs are to be written, or the store, or what completes the release."""
    large = copy_of(bases["large"], tmp_path, disk / "build")

    def fill(build: Build) -> None:
        if moment == "load":
            large.wait_for("runs/provenance.nq")
        build.send_signal(signal.SIGSTOP)
        with (disk / "filler").open("wb", buffering=0) as filler:
            size = 1 << 20
            while size >= 4096:
                try:
                    filler.write(b"." * size)
                except OSError:
                    size //= 2
        build.send_signal(signal.SIGCONT)

    ended = large.strike(fill, "validate" if moment == "validate" else "read")
    assert_failed(large, ended, "No space left on device")
    (disk / "filler").unlink()
    if moment == "load":
        large.assert_builds()


# Files that cannot be read, or do not stay as they are


def problems_of(scene: Scene) -> list[tuple[str, str]]:
    """The name of the file, and the rule, of all errors that stop a build."""
    with pytest.raises(NonconformingError) as caught:
        build_release(scene.tiny.project, files=False)
    assert scene.releases() == scene.before
    errors = [p for p in caught.value.problems if p.severity is Severity.ERROR]
    return [(Path(problem.file).name, problem.rule) for problem in errors]


def test_files_that_cannot_be_read_are_named_and_all_others_judged(scene: Scene) -> None:
    facts = scene.tiny.root / "facts"
    (facts / "folder.jsonl").mkdir()
    (facts / "link.jsonl").symlink_to("nowhere.jsonl")
    (facts / "outside.jsonl").symlink_to(scene.tiny.root / "kg.toml")
    os.mkfifo(facts / "pipe.jsonl")
    packed = gzip.compress("".join(f"{record(10_000 + n)}\n" for n in range(500)).encode())
    (facts / "broken.jsonl.gz").write_bytes(packed[: len(packed) // 2])
    (facts / "empty.jsonl.gz").touch()
    (facts / "wrong.jsonl").write_text(f"{record(20_000)}\n{record(20_001, mass=555)}\n")
    assert problems_of(scene) == [
        ("broken.jsonl.gz", "compression"),
        ("empty.jsonl.gz", "compression"),
        ("link.jsonl", "unreadable"),
        ("outside.jsonl", "link"),
        ("pipe.jsonl", "unreadable"),
        ("wrong.jsonl", "mass"),
    ]


def test_a_file_that_may_not_be_read() -> None:
    check = """
build_release(project)
before = open_release(project.build).digest
(folder / "facts/iron.yaml").chmod(0)
try:
    build_release(project)
except NonconformingError as error:
    print(*(f"{p.file}: {p.message}" for p in error.problems if p.rule != "not-checked"))
print(open_release(project.build).digest == before, list(project.build.glob(".kg-*")))
"""
    imports = """
from kg import NonconformingError, build_release, check_project, load_project, open_release
project = load_project(Path(sys.argv[1]))
check_project(project)
"""
    with folder_of_nobody() as folder:
        write_tiny(folder)
        for path in [folder, *folder.rglob("*")]:
            os.chown(path, folder.stat().st_uid, folder.stat().st_gid)
        out = run_as_nobody(folder, imports, check)
    assert out == "facts/iron.yaml: cannot be read: Permission denied\nTrue []\n"


CHANGES: dict[str, Callable[[Path], object]] = {
    "grows": lambda file: file.write_bytes(file.read_bytes() + record(30_000).encode()),
    "shrinks": lambda file: file.write_bytes(file.read_bytes()[:1_000_000]),
    "is emptied": lambda file: file.write_bytes(b""),
    "is edited": lambda file: file.write_bytes(file.read_bytes().replace(b"word1 ", b"word! ")),
    "vanishes": Path.unlink,
}


@pytest.mark.parametrize("change", CHANGES)
def test_a_file_that_changes_before_it_is_read_again(scene: Scene, change: str) -> None:
    """To tell a place, what was found wrong is read again; it may be there no more."""
    sheet = scene.tiny.root / "facts/last.jsonl"
    lines = [record(40_000 + number) for number in range(1_000)]
    sheet.write_text("\n".join([*lines, record(50_000, like="mineral/nowhere"), ""]))

    def tell(stage: str, _done: int, _total: int) -> None:
        if stage == "link" and sheet.exists() and sheet.stat().st_mtime > 0:
            CHANGES[change](sheet)
            if sheet.exists():
                os.utime(sheet, (0, 0))

    with pytest.raises(KgError, match=r"last\.jsonl was changed while it was being read"):
        build_release(scene.tiny.project, files=False, progress=tell)
    assert scene.releases() == scene.before
