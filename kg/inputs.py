"""What a build is made from, as one digest: files, settings, software."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterator
from dataclasses import fields
from pathlib import Path

from kg import __version__
from kg.project import Project
from kg.sheets import find_sheets


def input_digest(project: Project, documents: Path | None = None, *options: str) -> str:
    """A SHA-256, in hex, over all that decides what a build gives; `options` are the build's own.

    >>> from kg.project import load_project
    >>> project = load_project(Path())
    >>> input_digest(project) == input_digest(project, None, "no files")
    False
    """
    digest = hashlib.sha256()
    settings = [f"{f.name}={getattr(project, f.name)}" for f in fields(project)]
    digest.update(os.fsencode("\n".join([__version__, *options, *settings])))
    for file in _input_files(project, documents):
        digest.update(os.fsencode(f"\n{file}\n{_content_digest(file)}"))
    return digest.hexdigest()


def _content_digest(file: Path) -> str:
    try:
        if file.exists() and not file.is_file():
            return "no regular file"  # a pipe would never end
        with file.open("rb") as data:
            return hashlib.file_digest(data, "sha256").hexdigest()
    except OSError as error:
        return f"unreadable: {error.strerror}"  # whoever reads the file says so


def _input_files(project: Project, documents: Path | None) -> Iterator[Path]:
    yield from find_sheets(project.facts)
    yield project.ontology / "context.jsonld"
    yield from sorted(project.ontology.glob("*.ttl"))
    yield from sorted(project.shapes.glob("*.ttl"))
    yield from sorted(project.queries.glob("*.rq"))
    if documents and documents.is_dir():
        yield documents
        yield from sorted(path for path in documents.iterdir() if path.is_file())
