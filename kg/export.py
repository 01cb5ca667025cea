"""All files of a release → a folder of the user's, replaced whole or not at all."""

from __future__ import annotations

import os
import shutil
import tempfile
from pathlib import Path

from kg.assemble import write_files
from kg.context import load_context
from kg.downloads import SUMS, Facts, gather, read_sums
from kg.errors import KgError
from kg.ontology import load_ontology
from kg.project import Project
from kg.stats import Stats, unpack
from kg.store import Release, release_digest


def export_files(project: Project, release: Release, target: Path) -> int:
    """Write all files of a release into the folder `target`, and give their number.

    What a build left out is made now, from the release's store and the project's vocabulary. A
    folder that is there is replaced when it holds such files and nothing else; raises `KgError`
    for any other, and when the disk refuses.
    """
    target = target.absolute()
    if os.path.lexists(target) and not _is_ours(target):
        raise KgError(f"{target} is there and holds other things; name another folder")
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        aside = Path(tempfile.mkdtemp(prefix=f".{target.name}.aside-", dir=target.parent))
        try:
            new = aside / "new"
            if (release.files / SUMS).is_file():
                shutil.copytree(release.files, new)
            else:
                _write(project, release, new)
            aside.chmod(0o755)
            if target.exists():
                target.rename(aside / "old")
            new.rename(target)
        finally:
            shutil.rmtree(aside, ignore_errors=True)
    except OSError as error:
        raise KgError(f"{target} cannot be written: {error.strerror or error}") from error
    return sum(1 for _ in target.iterdir())


def _is_ours(folder: Path) -> bool:
    """Whether a folder is empty, or holds what its sums name and nothing else."""
    if folder.is_symlink() or not folder.is_dir():
        return False
    entries = list(folder.iterdir())
    known = {*read_sums(folder), SUMS}
    return all(e.name in known and e.is_file() and not e.is_symlink() for e in entries)


def _write(project: Project, release: Release, folder: Path) -> None:
    context = load_context(project.ontology / "context.jsonld", project.base)
    ontology = load_ontology(project.ontology)
    store, namespaces = release.open_store(), tuple(context.prefixes.values())
    facts = Facts.stored(store, project.base, namespaces, _known_stats(release))
    digest = str(release.manifest.get("data") or release_digest([*facts, *ontology.quads]))
    write_files(folder, gather(project, context, ontology, facts, digest))


def _known_stats(release: Release) -> Stats | None:
    """What a build counted, if it wrote that down."""
    try:
        (stats,) = unpack(release.manifest.get("stats"))
    except ValueError:
        return None
    return stats
