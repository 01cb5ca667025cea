"""A folder replaced as a whole: written aside, then swapped in.

The new folder is written beside the old one, and the two change places in one step, so that a kill
at any moment leaves either. A file whose bytes stay the same stays the same file, with its times.
What a killed run left beside it is removed by the next.
"""

from __future__ import annotations

import contextlib
import ctypes
import errno
import fcntl
import json
import os
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

from kg.errors import KgError, LockedError, printable

MARKER: Final = ".kg-site.json"
"""The file by which a folder is known to be of our making; it lists all others."""

_ASIDE: Final = ".kg-site-aside-"
_OLD: Final = ".kg-site-old-"
_CHUNK: Final = 1 << 20
_SHOWN: Final = 5
_AT_FDCWD, _EXCHANGE = -100, 2  # Linux: fcntl.h, fs.h


class PublishError(KgError):
    """The folder cannot be replaced; the one before is as it was."""


class Draft:
    """The new content of a folder while it is written; `written` are its files.

    `kept` counts those that are the same as before, `known` are the files of before. Raises
    `PublishError` when the disk refuses.
    """

    def __init__(self, aside: Path, before: Path, known: set[str]) -> None:
        self.written: set[str] = set()
        self.kept = 0
        self.bytes = 0
        self.aside = aside
        self._before = before
        self.known = known

    def write(self, name: str, data: bytes) -> None:
        """Write a file; `name` is its path below the folder."""
        with _told(name):
            old = self._before / name
            if name in self.known and _holds(old, data):
                self._keep(name)
            else:
                self._place(name).write_bytes(data)
        self.bytes += len(data)

    def copy(self, name: str, source: Path) -> None:
        """Copy a file; it shares nothing with its source afterwards."""
        with _told(name):
            if name in self.known and _same(self._before / name, source):
                self._keep(name)
            else:
                shutil.copyfile(source, self._place(name))
            self.bytes += source.stat().st_size

    def _keep(self, name: str) -> None:
        place = self._place(name)
        try:
            os.link(self._before / name, place, follow_symlinks=False)
        except OSError:  # a file system without links, or the file is another user's
            shutil.copy2(self._before / name, place)
        self.kept += 1

    def _place(self, name: str) -> Path:
        if name in self.written or any(part in ("", ".", "..") for part in name.split("/")):
            raise PublishError(f"{printable(name)} is no name for a file, or is there twice")
        place = self.aside / name
        place.parent.mkdir(parents=True, exist_ok=True)
        self.written.add(name)
        return place


@contextlib.contextmanager
def replacing(folder: Path, about: dict[str, Any]) -> Iterator[Draft]:
    """The new content of a folder: written within, swapped in at the end, unless it raised.

    `about` goes into the marker. Raises `PublishError` for a folder that is not empty and not of
    our making, or that holds what we did not write, and `LockedError` while another run writes.
    """
    target = folder.absolute().resolve()
    with _lock(target):
        with _told(target):
            _clean(target)
            known = _ours(target)
            draft = Draft(Path(tempfile.mkdtemp(prefix=_ASIDE, dir=target.parent)), target, known)
        try:
            yield draft
            listed = {**about, "files": sorted([*draft.written, MARKER])}
            draft.write(MARKER, (json.dumps(listed, indent=1, ensure_ascii=False) + "\n").encode())
            with _told(target):
                draft.aside.chmod(target.stat().st_mode & 0o7777 if target.exists() else 0o755)
                _swap(draft.aside, target)
        finally:
            shutil.rmtree(draft.aside, ignore_errors=True)


@contextlib.contextmanager
def _told(what: object) -> Iterator[None]:
    """What the system refuses, in words."""
    try:
        yield
    except OSError as error:
        if error.errno in (errno.EXDEV, errno.EBUSY):
            why = "it is a disk of its own: publish to a folder in it"
        else:
            why = error.strerror or str(error)
        end = "the site before stays as it is"
        raise PublishError(f"{printable(str(what))} cannot be written: {why}; {end}") from error


@contextlib.contextmanager
def _lock(target: Path) -> Iterator[None]:
    """Hold the folder above for one writer; the system lets go of it when the process ends."""
    with _told(target.parent):
        target.parent.mkdir(parents=True, exist_ok=True)
        handle = os.open(target.parent, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        _take(handle, target.parent)
        yield
    finally:
        os.close(handle)


def _take(handle: int, folder: Path) -> None:
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        raise LockedError(f"another site is being published in {folder}") from None


def _clean(target: Path) -> None:
    """Remove what a killed run left; put the old site back where only half of a swap was done."""
    old = target.with_name(f"{_OLD}{target.name}")
    if old.is_dir() and not old.is_symlink():
        if target.exists():
            shutil.rmtree(old, ignore_errors=True)
        else:
            old.rename(target)
    for leftover in target.parent.glob(f"{_ASIDE}*"):
        if leftover.is_dir() and not leftover.is_symlink():
            shutil.rmtree(leftover, ignore_errors=True)


def _ours(target: Path) -> set[str]:
    """The files of the site before; raises `PublishError` where anything else is in the folder."""
    if not os.path.lexists(target):
        return set()
    if not target.is_dir():
        raise PublishError(f"{target} is not a folder")
    files, others = _walk(target)
    if not files and not others:
        return set()
    try:
        listed = json.loads((target / MARKER).read_text(encoding="utf-8"))["files"]
        ours = {name for name in listed if isinstance(name, str)}
    except (OSError, ValueError, KeyError, TypeError, RecursionError):
        message = f"{target} is not empty, and not a site that `kg publish` made"
        raise PublishError(f"{message}; name another folder") from None
    foreign = sorted((files - ours) | others)
    if foreign:
        shown = ", ".join(map(printable, foreign[:_SHOWN]))
        more = f" and {len(foreign) - _SHOWN} more" if len(foreign) > _SHOWN else ""
        raise PublishError(
            f"{target} holds what `kg publish` did not write, and would remove: {shown}{more}"
        )
    return files


def _walk(target: Path) -> tuple[set[str], set[str]]:
    """The regular files below a folder, and whatever else is there: links, pipes."""
    files, others = set(), set()
    for root, folders, names in os.walk(target):
        for name in [*folders, *names]:
            path = Path(root, name)
            inside = path.relative_to(target).as_posix()
            if path.is_symlink() or not (path.is_file() or path.is_dir()):
                others.add(inside)
            elif path.is_file():
                files.add(inside)
    return files, others


def _swap(aside: Path, target: Path) -> None:
    """Let the new folder take the place of the old one, which is then where the new one was."""
    try:
        # Nothing there, or an empty folder: one rename.
        aside.rename(target)
    except OSError as error:
        if error.errno not in (errno.ENOTEMPTY, errno.EEXIST):
            raise
        if not _exchange(aside, target):
            # The system cannot do it in one step. Killed in between, the next run puts it back.
            old = target.with_name(f"{_OLD}{target.name}")
            target.rename(old)
            try:
                aside.rename(target)
            except OSError:
                old.rename(target)
                raise
            shutil.rmtree(old, ignore_errors=True)


def _exchange(one: Path, other: Path) -> bool:
    """Let two folders change places in one step; False where the system cannot."""
    try:
        rename = ctypes.CDLL(None, use_errno=True).renameat2
    except (AttributeError, OSError):
        return False
    if not rename(_AT_FDCWD, os.fsencode(one), _AT_FDCWD, os.fsencode(other), _EXCHANGE):
        return True
    code = ctypes.get_errno()
    if code in (errno.ENOSYS, errno.EINVAL, errno.ENOTSUP, errno.EPERM):
        return False
    raise OSError(code, os.strerror(code))


def _holds(path: Path, data: bytes) -> bool:
    return path.stat().st_size == len(data) and path.read_bytes() == data


def _same(one: Path, other: Path) -> bool:
    if one.stat().st_size != other.stat().st_size:
        return False
    with one.open("rb") as a, other.open("rb") as b:
        while block := a.read(_CHUNK):
            if block != b.read(_CHUNK):
                return False
    return True
