"""A folder replaced as a whole: the old one or the new one, and never a mixture."""

from __future__ import annotations

import errno
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from tiny import snapshot

from kg.errors import LockedError
from kg.publish import swap
from kg.publish.swap import MARKER, Draft, PublishError, replacing

FILES = {"index.html": b"home", "a/index.html": b"a", "a.ttl": b"<a> a <b> ."}


def write(folder: Path, files: dict[str, bytes], about: str = "one") -> Draft:
    with replacing(folder, {"release": about}) as draft:
        for name, data in files.items():
            draft.write(name, data)
    return draft


def content(folder: Path) -> dict[str, bytes]:
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file() and path.name != MARKER
    }


def beside(folder: Path) -> list[str]:
    return [path.name for path in folder.parent.iterdir() if path.name != folder.name]


@pytest.fixture
def site(tmp_path: Path) -> Path:
    return tmp_path / "above/site"


def test_a_folder_that_is_not_there_is_made(site: Path) -> None:
    draft = write(site, FILES)
    assert content(site) == FILES
    assert (draft.kept, len(draft.written), beside(site)) == (0, len(FILES) + 1, [])
    assert site.stat().st_mode & 0o777 == 0o755


def test_an_empty_folder_is_filled_and_keeps_its_mode(site: Path) -> None:
    site.mkdir(parents=True, mode=0o700)
    write(site, FILES)
    assert (content(site), site.stat().st_mode & 0o777) == (FILES, 0o700)


def test_what_stays_the_same_stays_the_same_file(site: Path) -> None:
    write(site, FILES)
    for path in site.rglob("*"):
        os.utime(path, (1, 1))
    inode = (site / "a.ttl").stat().st_ino
    draft = write(site, {**FILES, "index.html": b"new"})
    assert content(site) == {**FILES, "index.html": b"new"}
    assert draft.kept == 3  # the marker too
    kept = (site / "a.ttl").stat()
    assert (kept.st_mtime, kept.st_ino, kept.st_nlink) == (1, inode, 1)
    assert (site / "index.html").stat().st_mtime > 1


def test_times_are_kept_where_files_cannot_be_linked(
    site: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(site, FILES)
    os.utime(site / "a.ttl", (1, 1))

    def refuse(*_: object, **__: object) -> None:
        raise PermissionError(errno.EPERM, "no links here")

    monkeypatch.setattr(os, "link", refuse)
    assert write(site, FILES).kept == len(FILES) + 1
    assert (site / "a.ttl").stat().st_mtime == 1


def test_what_is_no_longer_written_vanishes(site: Path) -> None:
    write(site, FILES)
    draft = write(site, {"index.html": b"home"})
    assert content(site) == {"index.html": b"home"}
    assert draft.known - draft.written == {"a/index.html", "a.ttl"}
    assert not (site / "a").exists()


def test_a_file_becomes_a_folder(site: Path) -> None:
    write(site, {"a": b"1"})
    write(site, {"a/b": b"1"})
    write(site, {"a": b"1"})
    assert content(site) == {"a": b"1"}


def test_a_copy_is_independent_of_its_source(site: Path, tmp_path: Path) -> None:
    source = tmp_path / "source"
    source.write_bytes(b"x" * 3_000_000)
    for _ in range(2):
        with replacing(site, {}) as draft:
            draft.copy("a", source)
    assert draft.kept == 2
    assert (site / "a").stat().st_ino != source.stat().st_ino
    source.write_bytes(b"x" * 2_999_999 + b"y")
    with replacing(site, {}) as draft:
        draft.copy("a", source)
    assert (draft.kept, (site / "a").read_bytes()[-1:]) == (1, b"y")


def test_an_error_within_leaves_all_as_it_was(site: Path) -> None:
    write(site, FILES)
    before = snapshot(site.parent)
    with pytest.raises(ZeroDivisionError):
        half_write(site)
    assert snapshot(site.parent) == before


def half_write(site: Path) -> None:
    with replacing(site, {}) as draft:
        draft.write("index.html", b"new")
        raise ZeroDivisionError


@pytest.mark.parametrize("foreign", ["CNAME", "a/CNAME", ".git/config", "a.ttl.bak"])
def test_what_somebody_else_put_there_is_not_removed(site: Path, foreign: str) -> None:
    write(site, FILES)
    (site / foreign).parent.mkdir(exist_ok=True)
    (site / foreign).write_text("mine")
    before = snapshot(site.parent)
    with pytest.raises(PublishError, match=foreign):
        write(site, {})
    assert snapshot(site.parent) == before


def test_a_folder_that_is_not_ours_is_refused(site: Path) -> None:
    site.mkdir(parents=True)
    (site / "thesis.txt").write_text("mine")
    with pytest.raises(PublishError, match="not a site that `kg publish` made"):
        write(site, FILES)
    assert content(site) == {"thesis.txt": b"mine"}


@pytest.mark.parametrize("marker", ["", "[]", "{}", '{"files": 3}', "[" * 99_999, "\udcff"])
def test_a_damaged_marker_is_no_marker(site: Path, marker: str) -> None:
    write(site, FILES)
    (site / MARKER).write_text(marker, errors="surrogateescape")
    with pytest.raises(PublishError, match="not a site"):
        write(site, {})
    assert content(site) == FILES


def test_a_file_in_the_place_of_the_folder(tmp_path: Path) -> None:
    (tmp_path / "site").write_text("mine")
    with pytest.raises(PublishError, match="is not a folder"):
        write(tmp_path / "site", FILES)
    with pytest.raises(PublishError, match="cannot be written"):
        write(tmp_path / "site/below", FILES)


def test_a_link_to_the_folder_stays_a_link(site: Path, tmp_path: Path) -> None:
    site.parent.mkdir()
    link = tmp_path / "link"
    link.symlink_to(site)
    for _ in range(2):
        write(link, FILES)
    assert link.is_symlink()
    assert content(site) == FILES


def test_links_in_the_folder_are_neither_followed_nor_removed(site: Path, tmp_path: Path) -> None:
    write(site, FILES)
    victim = tmp_path / "victim"
    victim.mkdir()
    (victim / "index.html").write_bytes(b"a")
    (site / "a/index.html").unlink()
    (site / "a").rmdir()
    (site / "a").symlink_to(victim)
    with pytest.raises(PublishError, match="would remove: a"):
        write(site, FILES)
    (site / "a").unlink()
    (site / "a.ttl").unlink()
    (site / "a.ttl").symlink_to(victim / "index.html")
    with pytest.raises(PublishError, match=r"would remove: a\.ttl"):
        write(site, {**FILES, "a.ttl": b"other"})
    assert content(victim) == {"index.html": b"a"}


@pytest.mark.parametrize("name", ["../a", "/a", "a//b", "a/../b", ".", "", "a/./b", "a/.."])
def test_nothing_is_written_outside(site: Path, name: str) -> None:
    with pytest.raises(PublishError, match="no name for a file"), replacing(site, {}) as draft:
        draft.write(name, b"")
    assert not site.exists()


@pytest.mark.parametrize("second", ["a", "a/b"])
def test_two_pages_in_one_file_are_refused(site: Path, second: str) -> None:
    with replacing(site, {}) as draft:
        draft.write("a", b"")
        with pytest.raises(PublishError):
            draft.write(second, b"")


def test_a_name_that_no_disk_takes(site: Path) -> None:
    with pytest.raises(PublishError, match="name too long"), replacing(site, {}) as draft:
        draft.write("a" * 300, b"")
    assert not site.exists()


def test_only_one_writes_at_a_time(site: Path) -> None:
    with replacing(site, {}) as draft:
        draft.write("a", b"")
        with pytest.raises(LockedError, match="another site"), replacing(site, {}):
            pass
    assert content(site) == {"a": b""}


def test_systems_without_an_exchange(site: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Two renames; killed between them, the next run puts the old site back first."""
    monkeypatch.setattr(swap, "_exchange", lambda _one, _other: False)
    write(site, FILES)
    write(site, {"b": b""})
    assert (content(site), beside(site)) == ({"b": b""}, [])
    site.rename(site.with_name(".kg-site-old-site"))
    with pytest.raises(ZeroDivisionError), replacing(site, {}):
        raise ZeroDivisionError
    assert (content(site), beside(site)) == ({"b": b""}, [])
    (site.with_name(".kg-site-old-site")).mkdir()
    write(site, FILES)
    assert (content(site), beside(site)) == (FILES, [])


def test_a_swap_that_fails_half_way(site: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(swap, "_exchange", lambda _one, _other: False)
    write(site, FILES)
    rename = Path.rename

    def fail(self: Path, target: Path) -> Path:
        if self.name.startswith(swap._ASIDE) and not site.exists():
            raise OSError(errno.EIO, "the disk is ill")
        return rename(self, target)

    monkeypatch.setattr(Path, "rename", fail)
    with pytest.raises(PublishError, match="the disk is ill"):
        write(site, {"b": b""})
    assert (content(site), beside(site)) == (FILES, [])


def test_a_disk_of_its_own_is_named(site: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write(site, FILES)

    def busy(_one: Path, _other: Path) -> bool:
        raise OSError(errno.EBUSY, "busy")

    monkeypatch.setattr(swap, "_exchange", busy)
    with pytest.raises(PublishError, match="a disk of its own"):
        write(site, {"b": b""})
    assert content(site) == FILES


_WRITER = """
import sys
from pathlib import Path
from kg.publish.swap import replacing
for number in range(10_000):
    with replacing(Path(sys.argv[1]), {}) as draft:
        for name in range(20):
            draft.write(f"{number % 2}/{name}", str(number).encode() * 1000)
"""


def test_killed_at_any_moment_there_is_one_whole_site(site: Path) -> None:
    for round_ in range(12):
        with subprocess.Popen([sys.executable, "-c", _WRITER, str(site)]) as writer:
            while not (site / MARKER).exists():
                time.sleep(0.005)
            time.sleep(0.15 + round_ * 0.0037)
            writer.send_signal(signal.SIGKILL)
        files = content(site)
        assert len(files) == 20
        assert len(set(files.values())) == 1
    write(site, FILES)
    assert (content(site), beside(site)) == (FILES, [])


_NO_ROOM = """
import resource, sys
from pathlib import Path
from kg.publish.swap import PublishError, replacing
resource.setrlimit(resource.RLIMIT_FSIZE, (4096, 4096))
try:
    with replacing(Path(sys.argv[1]), {}) as draft:
        draft.write("index.html", b"." * 5000)
except PublishError as error:
    sys.exit(str(error))
"""


def test_no_room(site: Path) -> None:
    write(site, FILES)
    before = snapshot(site.parent)
    command = [sys.executable, "-c", _NO_ROOM, str(site)]
    result = subprocess.run(command, capture_output=True, text=True, check=False)
    assert "index.html cannot be written: File too large" in result.stderr
    assert "the site before stays as it is" in result.stderr
    assert snapshot(site.parent) == before
