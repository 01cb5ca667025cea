"""What a build is made from, as one digest: files, settings, software.

A file that looks as it did when it was last read is not read again: size, times of change and
inode are kept beside its hash, as version control systems do.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import re
import stat
import sys
import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, fields
from itertools import chain
from pathlib import Path
from typing import Any, Final

from kg import __version__
from kg.project import Project
from kg.sheets import sheet_paths

# What reads, judges and stores. Another version of one may do so differently.
_LIBRARIES: Final = ("backports.zstd", "pyld", "pyoxigraph", "pyshacl", "pyyaml", "rdflib", "shacl")
_INSTALLED: Final = re.compile(r"(.+?)-([^-]+).*\.(?:dist|egg)-info")
# No file system's clock ticks more slowly, in nanoseconds. A file that changed within the last
# tick may change again without looking different.
_TICK: Final = 2_000_000_000
_KEPT_AS: Final = 1


@dataclass(frozen=True, slots=True)
class Inputs:
    """What a build is made from.

    `files` gives the SHA-256, in hex, of every file by its path below the project, or in full
    where it is elsewhere; what cannot be read has words instead. `digest` is a SHA-256 over all
    that decides what a build gives: these, the settings and the software. `frame` is one over all
    but the sheets and the documents: where it is the same, the same sheet gives the same.
    """

    files: dict[str, str]
    digest: str
    frame: str

    def sum_of(self, path: Path, root: Path) -> str:
        """The SHA-256 of a file of the project at `root`."""
        return self.files.get(str(path).removeprefix(f"{root}/"), "")


def read_inputs(
    project: Project,
    documents: Path | None = None,
    options: tuple[str, ...] = (),
    cache: Path | None = None,
) -> Inputs:
    """All that a build is made from, as it is now; `options` are the build's own.

    `cache` is a file that remembers the hashes of files from one time to the next, and is written
    when there is something new to remember. It is trusted for files that look unchanged; without
    it, or when it is damaged, they are read. Raises `ConfigError` when the sheets cannot be listed.

    >>> from kg.project import load_project
    >>> inputs = read_inputs(load_project(Path()))
    >>> len(inputs.digest), "shapes/statements.ttl" in inputs.files
    (64, True)
    """
    hashes = _Hashes(cache)
    root = f"{project.root}/"
    sheets = [*sheet_paths(project.facts), *_document_paths(documents)]
    files = {path.removeprefix(root): hashes.of(path) for path in sheets}
    rules = {path.removeprefix(root): hashes.of(path) for path in _rule_paths(project)}
    software = [hashes.of(path) for path in _package_files()]
    hashes.keep()
    settings = [f"{f.name}={getattr(project, f.name)}" for f in fields(project)]
    frame = _digest([__version__, *_versions(), *software, *settings, *chain(*rules.items())])
    said = [frame, *options, f"documents={documents}", *hashes.links, *chain(*files.items())]
    return Inputs(files | rules, _digest(said), frame)


def _digest(said: Iterable[str]) -> str:
    return hashlib.sha256(os.fsencode("\0".join(said))).hexdigest()


def _rule_paths(project: Project) -> Iterator[str]:
    yield str(project.ontology / "context.jsonld")
    for folder, pattern in (
        (project.ontology, "*.ttl"),
        (project.shapes, "*.ttl"),
        (project.queries, "*.rq"),
    ):
        yield from sorted(map(str, folder.glob(pattern)))


def _document_paths(documents: Path | None) -> Iterator[str]:
    if documents and documents.is_dir():
        with os.scandir(documents) as entries:
            yield from sorted(entry.path for entry in entries if entry.is_file())


def _package_files() -> Iterator[str]:
    """The code and all that lies beside it: another release may have the same version."""
    for folder, folders, names in os.walk(Path(__file__).parent):
        folders[:] = sorted(name for name in folders if name != "__pycache__")
        yield from (f"{folder}/{name}" for name in sorted(names))


def _versions() -> Iterator[str]:
    """The versions of Python and of the libraries, from the names of what is installed.

    `importlib.metadata` tells the same, and takes longer to import than all else here.
    """
    yield ".".join(map(str, sys.version_info[:3]))
    found: dict[str, str] = {}
    for folder in sys.path:
        with contextlib.suppress(OSError):
            for path in Path(folder).iterdir():
                if match := _INSTALLED.fullmatch(path.name):
                    found.setdefault(match[1].lower().replace("_", "."), match[2])
    yield from (f"{name}={found.get(name, '')}" for name in _LIBRARIES)


@dataclass(slots=True)
class _Hashes:
    """The hashes of files, by path; those of files that look unchanged are taken from a cache."""

    cache: Path | None
    known: dict[str, Any] = field(init=False)
    kept: dict[str, list[int | str]] = field(default_factory=dict)
    links: list[str] = field(default_factory=list)
    start: int = field(default_factory=time.time_ns)

    def __post_init__(self) -> None:
        self.known = _read_cache(self.cache) if self.cache else {}

    def of(self, path: str) -> str:
        """The SHA-256 of a file, in hex, or why there is none."""
        try:
            found = os.lstat(path)
            if stat.S_ISLNK(found.st_mode):
                # What is read is the same wherever it leads, and may yet be refused there.
                self.links.append(f"{path} -> {Path(path).readlink()}")
                found = Path(path).stat()
            return self._hash(path, found)
        except OSError as error:
            return f"unreadable: {error.strerror}"  # whoever reads the file says so

    def _hash(self, path: str, found: os.stat_result) -> str:
        if not stat.S_ISREG(found.st_mode):
            return "no regular file"  # a pipe would never end
        looks = [found.st_size, found.st_mtime_ns, found.st_ctime_ns, found.st_ino]
        match self.known.get(path):
            case [*before, str(hash_)] if before == looks:
                pass
            case _:
                with Path(path).open("rb") as data:
                    hash_ = hashlib.file_digest(data, "sha256").hexdigest()
        # The file as it looked before it was read: if it changes meanwhile, it looks different.
        if max(found.st_mtime_ns, found.st_ctime_ns) < self.start - _TICK:
            self.kept[path] = [*looks, hash_]
        return hash_

    def keep(self) -> None:
        """Write the cache, unless it says the same already."""
        if self.cache is None or self.kept == self.known:
            return
        aside = self.cache.with_name(f".kg-aside-{self.cache.name}.{os.getpid()}")
        # It is not missed: then all is read again.
        with contextlib.suppress(OSError):
            try:
                aside.write_text(json.dumps({"kept_as": _KEPT_AS, "files": self.kept}))
                aside.replace(self.cache)
            finally:
                aside.unlink(missing_ok=True)


def _read_cache(cache: Path) -> dict[str, Any]:
    try:
        match json.loads(cache.read_bytes()) if cache.is_file() else None:
            case {"kept_as": int(kept_as), "files": dict(files)} if kept_as == _KEPT_AS:
                return files
    except (OSError, ValueError, RecursionError):
        pass
    return {}
