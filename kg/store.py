"""Releases on disk: written aside, swapped in, never changed afterwards.

```
build/
  current -> releases/<digest>     what readers open
  releases/<digest>/store/         an Oxigraph store
  releases/<digest>/files/         downloads, and SHA256SUMS over them
  releases/<digest>/*.json, *.ttl  what was built from what (manifest.json), and how it went
  releases/<digest>/hashes.bin     with pieces.json: what the next build may keep
  inputs.json                      what files looked like when they were last read
  lock                             held while a build writes
```

A release gets its name by a rename when it is complete, and becomes current by another rename, so
a kill at any moment leaves either the old release or the new one. What a killed build left behind
is removed by the next.
"""

from __future__ import annotations

import contextlib
import fcntl
import filecmp
import hashlib
import json
import os
import re
import shutil
import tempfile
import time
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from pyoxigraph import Quad, Store

from kg.errors import KgError, LockedError, NoReleaseError

# Names that nobody else gives: clean-up must never take what a build did not make.
_ASIDE: Final = ".kg-aside-"
_RELEASE: Final = re.compile(r"[0-9a-f]{64}")
# The release before is kept: whoever has it open goes on reading, and a diff has something to
# compare with.
_KEPT: Final = 2


@dataclass(frozen=True, slots=True)
class Release:
    """A finished build. `digest` is over its canonical N-Quads and names its folder.

    >>> Release(Path("build/releases/0f"), "0f", {}).path.name
    '0f'
    """

    path: Path
    digest: str
    manifest: dict[str, Any]

    @property
    def files(self) -> Path:
        """The folder of files to download; a build may leave it out."""
        return self.path / "files"

    def open_store(self) -> Store:
        """The store of this release, to read only; raises `NoReleaseError` when it is damaged."""
        try:
            return Store.read_only(str(self.path / "store"))
        except (OSError, ValueError, RuntimeError) as error:  # RuntimeError: corruption
            message = f"{self.path}: the store cannot be read; run `kg build`: {error}"
            raise NoReleaseError(message) from error


def release_digest(quads: Iterable[Quad]) -> str:
    """The SHA-256, in hex, that names a release of these quads.

    Each graph has a digest over its sorted N-Quads; the release's is over the sorted lines
    `<graph digest> <graph>`. The quads must be canonical and free of blank nodes in data.
    """
    return digest_of_graphs(graph_digests(quads))


def graph_digests(quads: Iterable[Quad]) -> dict[str, str]:
    """The SHA-256, in hex, of the sorted N-Quads of each graph; graphs as N-Quads writes them."""
    graphs: defaultdict[str, list[str]] = defaultdict(list)
    for quad in quads:
        graphs[str(quad.graph_name)].append(f"{quad} .\n")
    return {graph: _sha256(sorted(lines)) for graph, lines in graphs.items()}


def digest_of_graphs(digests: Mapping[str, str]) -> str:
    """The digest of a release whose graphs have these digests.

    >>> digest_of_graphs({}) == release_digest([])
    True
    """
    return _sha256(sorted(f"{digest} {graph}\n" for graph, digest in digests.items()))


def open_release(build: Path) -> Release:
    """The current release of a build folder; raises `NoReleaseError` when there is none.

    >>> with tempfile.TemporaryDirectory() as folder:
    ...     written = write_release(Path(folder), [], release_digest([]), {"software": "kg"})
    ...     open_release(Path(folder)) == written
    True
    """
    current = build / "current"
    try:
        path = current.resolve(strict=True)
        manifest = json.loads((path / "manifest.json").read_text(encoding="utf-8"))
    except FileNotFoundError as error:
        raise NoReleaseError(f"nothing is built yet in {build}; run `kg build`") from error
    except (OSError, ValueError, RuntimeError) as error:  # RuntimeError: a loop of links
        raise NoReleaseError(f"{current} cannot be read: {error}; run `kg build`") from error
    if not isinstance(manifest, dict):
        raise NoReleaseError(f"{path / 'manifest.json'} is damaged; run `kg build`")
    return Release(path, path.name, manifest)


@contextlib.contextmanager
def build_lock(build: Path, wait: float = 0) -> Iterator[None]:
    """Hold the build folder for one writer; the system lets go of it when the process ends.

    Raises `LockedError` when another build still holds it after `wait` seconds.
    """
    try:
        build.mkdir(parents=True, exist_ok=True)
        handle = os.open(
            build / "lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW, 0o644
        )
    except OSError as error:
        raise KgError(f"{build} cannot be written: {error.strerror}") from error
    try:
        deadline = time.monotonic() + wait
        while True:
            try:
                fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
                break
            except BlockingIOError:
                if time.monotonic() >= deadline:
                    raise LockedError(f"another build is at work in {build}") from None
                time.sleep(0.05)
        yield
    finally:
        os.close(handle)


@contextlib.contextmanager
def folder_aside(build: Path) -> Iterator[Path]:
    """A folder in which to prepare a release; what is left of it at the end is removed.

    The caller holds the lock. Raises `KgError` when the disk refuses.
    """
    try:
        remove_leftovers(build)
        aside = Path(tempfile.mkdtemp(prefix=_ASIDE, dir=build))
    except OSError as error:
        raise KgError(f"the release cannot be written: {error}; the one before stays") from error
    try:
        yield aside
    except OSError as error:
        raise KgError(f"the release cannot be written: {error}; the one before stays") from error
    finally:
        shutil.rmtree(aside, ignore_errors=True)


def release_before(build: Path, digest: str) -> Release | None:
    """The release that one of this digest replaces: the current one, or what that one replaced."""
    try:
        current = open_release(build)
        if current.digest != digest:
            return current
        path = build / "releases" / str(current.manifest.get("before"))
        if not _is_release(path):
            return None
        manifest = json.loads((path / "manifest.json").read_text(encoding="utf-8"))
    except (NoReleaseError, OSError, ValueError):
        return None
    return Release(path, path.name, manifest)


def write_release(
    build: Path,
    quads: Iterable[Quad],
    digest: str,
    manifest: dict[str, Any],
    prepared: Path | None = None,
) -> Release:
    """Complete a release aside and make it the current one; the caller holds the lock.

    What lies in `prepared`, a folder aside, becomes part of the release; where a store does, the
    quads are in it already. Raises `KgError` when the
    disk refuses; the release before then stays current.
    """
    releases = build / "releases"
    for path, link in ((releases, False), (build / "current", True)):
        if os.path.lexists(path) and path.is_symlink() is not link:
            kind = "a link" if link else "a folder of its own, not a link"
            raise KgError(f"{path} must be {kind}; remove it, and build again")
    if prepared is None:
        with folder_aside(build) as prepared:
            return write_release(build, quads, digest, manifest, prepared)
    try:
        releases.mkdir(parents=True, exist_ok=True)
        final = releases / digest
        if _holds(final, digest) and _same_files(final / "files", prepared / "files"):
            for report in sorted(path for path in prepared.iterdir() if path.is_file()):
                report.replace(final / report.name)
            _write_manifest(final, manifest)
        else:
            if not (prepared / "store").exists():
                _write_store(prepared / "store", quads)
            _write_manifest(prepared, manifest)
            prepared.chmod(0o755)
            _remove(build, final)
            prepared.rename(final)
        before = _current_name(build)
        _point_to(build, digest)
        _remove_old(build, keep={digest, before})
    except OSError as error:
        raise KgError(f"the release cannot be written: {error}; the one before stays") from error
    return Release(final, digest, manifest)


def remove_leftovers(build: Path) -> None:
    """Remove what a killed build wrote aside; only under the lock."""
    for leftover in [*build.glob(f"{_ASIDE}*"), *build.glob(f"releases/*/{_ASIDE}*")]:
        if leftover.is_dir() and not leftover.is_symlink():
            shutil.rmtree(leftover, ignore_errors=True)
        else:
            leftover.unlink(missing_ok=True)


def _write_store(path: Path, quads: Iterable[Quad]) -> None:
    store = Store(str(path))
    store.bulk_extend(quads)
    store.flush()
    del store


def _write_manifest(release: Path, manifest: dict[str, Any]) -> None:
    text = json.dumps(manifest, indent=2, ensure_ascii=False) + "\n"
    aside = release / f"{_ASIDE}manifest.json"
    with aside.open("w", encoding="utf-8") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    aside.replace(release / "manifest.json")


def _point_to(build: Path, digest: str) -> None:
    """Make a release current: a new link beside the old one, then one atomic rename."""
    if _current_name(build) == digest:
        return
    link = build / f"{_ASIDE}current"
    link.unlink(missing_ok=True)
    link.symlink_to(Path("releases", digest), target_is_directory=True)
    try:
        link.replace(build / "current")
    finally:
        link.unlink(missing_ok=True)
    folder = os.open(build, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)


def _current_name(build: Path) -> str:
    current = build / "current"
    return current.readlink().name if current.is_symlink() else ""


def _remove_old(build: Path, keep: set[str]) -> None:
    releases = (build / "releases").iterdir()
    by_age = sorted(releases, key=lambda path: path.lstat().st_mtime, reverse=True)
    spare = [path for path in by_age if path.name not in keep and _is_release(path)]
    for path in spare[max(_KEPT - len(keep - {""}), 0) :]:
        _remove(build, path)


def _remove(build: Path, path: Path) -> None:
    """Remove a release: out of the way by a rename first, so that none is ever seen in part."""
    if not os.path.lexists(path):
        return
    grave = Path(tempfile.mkdtemp(prefix=_ASIDE, dir=build))
    path.rename(grave / path.name)
    shutil.rmtree(grave, ignore_errors=True)


def _is_release(path: Path) -> bool:
    real = path.is_dir() and not path.is_symlink()
    return real and _RELEASE.fullmatch(path.name) is not None


def _holds(release: Path, digest: str) -> bool:
    """Whether the store of a release holds what its name says, to the last quad."""
    if not (release / "store").is_dir():
        return False
    try:
        return release_digest(Release(release, digest, {}).open_store()) == digest
    except (NoReleaseError, OSError):
        return False


def _same_files(old: Path, new: Path) -> bool:
    """Whether two folders, neither with a folder in it, hold the same; or neither is there."""
    names = [sorted(path.name for path in folder.glob("*")) for folder in (old, new)]
    if names[0] != names[1]:
        return False
    return all(filecmp.cmp(old / name, new / name, shallow=False) for name in names[0])


def _sha256(lines: Iterable[str]) -> str:
    digest = hashlib.sha256()
    for line in lines:
        digest.update(line.encode())
    return digest.hexdigest()
