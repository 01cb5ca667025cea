"""Releases: named by what they hold, complete or absent, whatever happens to the writer."""

from __future__ import annotations

import hashlib
import json
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from nobody import folder_of_nobody, run_as_nobody
from pyoxigraph import Literal, NamedNode, Quad, Store
from tiny import BASE, quads, snapshot

from kg import terms
from kg.errors import KgError, LockedError, NoReleaseError
from kg.store import (
    Release,
    build_lock,
    folder_aside,
    open_release,
    release_before,
    release_digest,
    remove_leftovers,
    write_release,
)


def write(build: Path, word: str) -> Release:
    data = quads(word)
    with build_lock(build):
        return write_release(build, data, release_digest(data), {"word": word})


def words(build: Path) -> set[str]:
    release = open_release(build)
    found = {str(quad.object) for quad in release.open_store()}
    assert release.digest == release_digest(release.open_store())
    return found


def leftovers(build: Path) -> list[Path]:
    return list(build.rglob(".kg-aside-*"))


def test_digest_is_over_sorted_lines_of_each_graph() -> None:
    """The definition, spelled out once more: it is what others recompute."""
    a, b = (NamedNode(BASE + name) for name in "ab")
    data = [Quad(a, a, Literal("1"), b), Quad(a, b, Literal("2"), a), Quad(a, a, Literal("0"), b)]

    def digest(*lines: str) -> str:
        return hashlib.sha256("".join(lines).encode()).hexdigest()

    of_a = digest(f'{a} {b} "2" {a} .\n')
    of_b = digest(f'{a} {a} "0" {b} .\n', f'{a} {a} "1" {b} .\n')
    expected = digest(*sorted([f"{of_a} {a}\n", f"{of_b} {b}\n"]))
    assert release_digest(data) == release_digest(reversed(data)) == expected


def test_a_release_is_written_and_opened(tmp_path: Path) -> None:
    release = write(tmp_path / "build", "one")
    assert open_release(tmp_path / "build") == release
    assert release.path == tmp_path / "build/releases" / release.digest
    assert release.manifest == {"word": "one"}
    assert words(tmp_path / "build") == {'"one"'}


def test_the_release_before_is_kept_and_older_ones_go(tmp_path: Path) -> None:
    digests = [write(tmp_path, word).digest for word in ("one", "two", "three")]
    assert sorted(p.name for p in (tmp_path / "releases").iterdir()) == sorted(digests[1:])
    assert not leftovers(tmp_path)


def test_going_back_uses_the_release_that_is_still_there(tmp_path: Path) -> None:
    first = write(tmp_path, "one")
    inode = (first.path / "store").stat().st_ino
    write(tmp_path, "two")
    assert write(tmp_path, "one") == first
    assert (first.path / "store").stat().st_ino == inode
    assert words(tmp_path) == {'"one"'}


def test_a_reader_keeps_its_release_while_others_are_written(tmp_path: Path) -> None:
    write(tmp_path, "one")
    store = open_release(tmp_path).open_store()
    for word in ("two", "three", "four"):
        write(tmp_path, word)
    assert {str(quad.object) for quad in store} == {'"one"'}


def test_reading_changes_no_byte(tmp_path: Path) -> None:
    write(tmp_path, "one")
    before = snapshot(tmp_path)
    assert len(open_release(tmp_path).open_store()) == 3
    assert snapshot(tmp_path) == before


def test_the_lock_keeps_a_second_writer_out(tmp_path: Path) -> None:
    with build_lock(tmp_path):
        with pytest.raises(LockedError, match="another build is at work"), build_lock(tmp_path):
            pass
        with pytest.raises(LockedError), build_lock(tmp_path, wait=0.1):
            pass
    with build_lock(tmp_path):
        pass


@pytest.mark.parametrize(
    ("damage", "message"),
    [
        (lambda build: (build / "current").unlink(), "nothing is built yet"),
        (lambda build: relink(build, "nowhere"), "nothing is built yet"),
        (lambda build: relink(build, "current"), "cannot be read"),
        (lambda build: manifest(build).unlink(), "nothing is built yet"),
        (lambda build: manifest(build).write_text("{"), "cannot be read"),
        (lambda build: manifest(build).write_text("[]"), "damaged"),
        (lambda build: manifest(build).write_bytes(b"\xff"), "cannot be read"),
        (lambda build: manifest(build).write_text("[" * 99_999), "cannot be read"),
    ],
)
def test_a_damaged_release_is_told_and_written_again(
    tmp_path: Path, damage: object, message: str
) -> None:
    write(tmp_path, "one")
    damage(tmp_path)  # type: ignore[operator]
    with pytest.raises(NoReleaseError, match=message):
        open_release(tmp_path)
    write(tmp_path, "one")
    assert words(tmp_path) == {'"one"'}
    assert not leftovers(tmp_path)


def relink(build: Path, target: str) -> None:
    (build / "current").unlink()
    (build / "current").symlink_to(target)


def manifest(build: Path) -> Path:
    return build / "current/manifest.json"


@pytest.mark.parametrize("name", ["CURRENT", "*.sst", "MANIFEST-*"])
def test_a_damaged_store_is_told_and_written_again(tmp_path: Path, name: str) -> None:
    release = write(tmp_path, "one")
    for file in (release.path / "store").glob(name):
        file.unlink()
    with pytest.raises(NoReleaseError, match="run `kg build`"):
        release.open_store()
    write(tmp_path, "one")
    assert words(tmp_path) == {'"one"'}
    assert not leftovers(tmp_path)


def test_a_store_that_is_gone_is_written_again(tmp_path: Path) -> None:
    release = write(tmp_path, "one")
    for file in (release.path / "store").iterdir():
        file.unlink()
    (release.path / "store").rmdir()
    write(tmp_path, "one")
    assert words(tmp_path) == {'"one"'}


def test_current_may_lead_out_of_the_build_folder(tmp_path: Path) -> None:
    """A release is where the link leads; the next build brings it home."""
    elsewhere = tmp_path / "elsewhere"
    write(tmp_path / "build", "one").path.rename(elsewhere)
    relink(tmp_path / "build", str(elsewhere))
    assert open_release(tmp_path / "build").path == elsewhere
    write(tmp_path / "build", "two")
    assert words(tmp_path / "build") == {'"two"'}
    assert elsewhere.is_dir()


def test_a_folder_in_the_place_of_the_link_is_not_removed(tmp_path: Path) -> None:
    (tmp_path / "current").mkdir()
    (tmp_path / "current/mine.txt").write_text("keep")
    with pytest.raises(KgError, match="must be a link"):
        write(tmp_path, "one")
    assert (tmp_path / "current/mine.txt").read_text() == "keep"
    assert not leftovers(tmp_path)


def test_clean_up_takes_nothing_that_no_build_made(tmp_path: Path) -> None:
    """What lies beside the releases, or where a link leads, is somebody else's."""
    (tmp_path / "releases/thesis").mkdir(parents=True)
    (tmp_path / "aside-notes").mkdir()
    for name in ("one", "two", "three", "four"):
        write(tmp_path, name)
    assert (tmp_path / "releases/thesis").is_dir()
    assert (tmp_path / "aside-notes").is_dir()
    linked = tmp_path / "linked"
    linked.mkdir()
    (linked / "releases").symlink_to(tmp_path / "releases", target_is_directory=True)
    with pytest.raises(KgError, match="not a link"):
        write(linked, "one")


def test_a_store_that_is_not_what_its_name_says_is_written_anew(tmp_path: Path) -> None:
    release = write(tmp_path, "one")
    store = Store(str(release.path / "store"))
    store.add(Quad(NamedNode("a:evil"), terms.LABEL, Literal("EVIL")))
    store.flush()
    del store
    again = write(tmp_path, "one")
    assert not list(again.open_store().quads_for_pattern(NamedNode("a:evil"), None, None, None))


def test_a_build_folder_that_is_a_file(tmp_path: Path) -> None:
    (tmp_path / "build").write_text("")
    with pytest.raises(KgError, match="cannot be written"):
        write(tmp_path / "build", "one")


def test_a_file_in_the_place_of_the_releases(tmp_path: Path) -> None:
    (tmp_path / "releases").write_text("")
    with pytest.raises(KgError, match="the release cannot be written"):
        write(tmp_path, "one")


_WRITE = """
from kg.errors import KgError
from kg.store import build_lock, release_digest, write_release
from tiny import quads
"""
_REFUSED = """
data = quads("two")
try:
    with build_lock(folder):
        write_release(folder, data, release_digest(data), {})
except KgError as error:
    print(error)
"""


def test_a_read_only_build_folder() -> None:
    with folder_of_nobody() as folder:
        write(folder, "one")
        folder.chmod(0o555)
        (folder / "lock").chmod(0o666)
        imports = f"sys.path.insert(0, {str(Path(__file__).parent)!r})\n{_WRITE}"
        said = run_as_nobody(folder, imports, _REFUSED)
        assert "the release cannot be written" in said
        assert words(folder) == {'"one"'}


def test_strangers_among_the_releases_are_in_nobodys_way(tmp_path: Path) -> None:
    releases = tmp_path / "releases"
    releases.mkdir()
    (releases / "dangling").symlink_to("nowhere")
    (releases / "notes.txt").write_text("mine")
    write(tmp_path, "one")
    assert words(tmp_path) == {'"one"'}


def test_leftovers_of_every_kind_are_removed(tmp_path: Path) -> None:
    release = write(tmp_path, "one")
    (tmp_path / ".kg-aside-folder/store").mkdir(parents=True)
    (tmp_path / ".kg-aside-file").write_text("")
    (tmp_path / ".kg-aside-link").symlink_to("releases", target_is_directory=True)
    (release.path / ".kg-aside-manifest.json").write_text("{")
    remove_leftovers(tmp_path)
    assert not leftovers(tmp_path)
    assert words(tmp_path) == {'"one"'}


def write_with(build: Path, files: dict[str, str]) -> Release:
    """A release of always the same quads, with what was prepared aside for it."""
    data = quads("one")
    with build_lock(build), folder_aside(build) as aside:
        for name, text in files.items():
            (aside / name).parent.mkdir(exist_ok=True)
            (aside / name).write_text(text)
        return write_release(build, data, release_digest(data), {"word": "one"}, aside)


def test_what_was_prepared_becomes_part_of_the_release(tmp_path: Path) -> None:
    release = write_with(tmp_path, {"files/a.txt": "A", "report.json": "{}"})
    assert (release.files / "a.txt").read_text() == "A"
    inode = (release.path / "store").stat().st_ino
    # The same again: only the reports are new.
    write_with(tmp_path, {"files/a.txt": "A", "report.json": "{1}", "changes.json": "{2}"})
    assert (release.path / "store").stat().st_ino == inode
    assert (release.path / "report.json").read_text() == "{1}"
    assert (release.path / "changes.json").read_text() == "{2}"
    assert not leftovers(tmp_path)


@pytest.mark.parametrize("files", [{"files/a.txt": "B"}, {"files/b.txt": "A"}, {}])
def test_other_files_make_the_release_anew(tmp_path: Path, files: dict[str, str]) -> None:
    write_with(tmp_path, {"files/a.txt": "A"})
    release = write_with(tmp_path, files)
    found = {f"files/{p.name}": p.read_text() for p in release.files.glob("*")}
    assert found == files
    assert words(tmp_path) == {'"one"'}
    assert not leftovers(tmp_path)


def test_the_release_before(tmp_path: Path) -> None:
    assert release_before(tmp_path, "0f") is None
    one, two = write(tmp_path, "one"), write(tmp_path, "two")
    before = release_before(tmp_path, "0f")
    assert before is not None
    assert before.digest == two.digest
    # The current one itself: what it replaced, where its manifest tells and that is still there.
    assert release_before(tmp_path, two.digest) is None
    for named, found in ((one.digest, one), ("../..", None), ("0" * 64, None), (None, None)):
        manifest(tmp_path).write_text(json.dumps({"before": named}))
        assert release_before(tmp_path, two.digest) == found


_KILLED = """
import os, signal, sys
from pathlib import Path
sys.path.insert(0, sys.argv[1])
from tiny import quads
from kg.store import build_lock, release_digest, write_release

build, word, step = Path(sys.argv[2]), sys.argv[3], int(sys.argv[4])
data = quads(word)
seen, last = 0, ""
changes = {"os.mkdir", "os.rename", "os.symlink", "os.remove", "os.rmdir", "os.chmod", "open"}

def hook(event, args):
    global seen, last
    # One of a row of removals stands for all of them.
    if event in changes and (event != "open" or str(args[0]).startswith(str(build))):
        seen += event != last
        last = event
        if seen == step:
            os.kill(os.getpid(), signal.SIGKILL)

sys.addaudithook(hook)
with build_lock(build):
    write_release(build, data, release_digest(data), {"word": word})
os._exit(0)
"""


def test_killed_before_any_step_of_the_writing(tmp_path: Path) -> None:
    """The old release or the new one answers, and the next write finds nothing in its way."""
    old, new = "zero", "one"
    write(tmp_path, "before")
    write(tmp_path, old)
    step = 0
    outcomes = []
    while True:
        step += 1
        arguments = [str(Path(__file__).parent), str(tmp_path), new, str(step)]
        killed = subprocess.run([sys.executable, "-c", _KILLED, *arguments], check=False)
        found = words(tmp_path)
        assert found in ({f'"{old}"'}, {f'"{new}"'})
        assert open_release(tmp_path).manifest == {"word": found.pop().strip('"')}
        for path in (tmp_path / "releases").iterdir():
            # Whatever has a release's name is a whole release.
            assert release_digest(Release(path, path.name, {}).open_store()) == path.name
        outcomes.append(killed.returncode)
        if killed.returncode == 0:
            break
        assert killed.returncode == -signal.SIGKILL
        write(tmp_path, new)
        assert words(tmp_path) == {f'"{new}"'}
        assert not leftovers(tmp_path)
        old, new = new, f"word {step}"
    assert step > 10


def test_the_lock_of_a_killed_writer_is_free(tmp_path: Path) -> None:
    script = "import sys,time;from pathlib import Path;from kg.store import build_lock\n"
    script += "with build_lock(Path(sys.argv[1])): print('held', flush=True); time.sleep(60)"
    holder = subprocess.Popen(
        [sys.executable, "-c", script, str(tmp_path)], stdout=subprocess.PIPE, text=True
    )
    with holder:
        assert holder.stdout is not None
        assert holder.stdout.readline() == "held\n"
        with pytest.raises(LockedError), build_lock(tmp_path):
            pass
        holder.kill()
        holder.wait()
    with build_lock(tmp_path):
        pass


def test_the_manifest_keeps_the_order_it_was_given(tmp_path: Path) -> None:
    data = quads("one")
    given = {"z": 1, "a": {"error": 0, "warning": 0, "info": 0}}
    write_release(tmp_path, data, release_digest(data), given)
    text = manifest(tmp_path).read_text(encoding="utf-8")
    assert text == json.dumps(given, indent=2) + "\n"
