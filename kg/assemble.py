"""A release, put together in a folder aside: files, metadata, and reports on how it went.

files → metadata, which knows their sums → all quads of the store → its digest → reports. What is
here has been checked; nothing of it is current yet.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from pyoxigraph import Quad, Store

from kg.context import Context
from kg.diff import Side, changes_files
from kg.downloads import Folder, Material, write_downloads
from kg.errors import NoReleaseError, Problem
from kg.metadata import describe_release, write_descriptions
from kg.ontology import canonical
from kg.report import format_json, format_turtle
from kg.store import Release

_SHOWN = 12


def write_files(path: Path, material: Material) -> tuple[list[Quad], list[Problem]]:
    """Write all files of a release into a new folder.

    Gives the metadata, which lists them, for the store, and a note for each that could not be.
    """
    folder = Folder(path)
    notes = write_downloads(folder, material)
    metadata = describe_release(material, folder.files)
    write_descriptions(folder, material, metadata)
    return canonical(metadata), notes


def write_reports(folder: Path, problems: Sequence[Problem], context: Context) -> None:
    """Write what the checks found that did not stop the build: `report.json`, `report.ttl`."""
    for name, form in (("report.json", format_json), ("report.ttl", format_turtle)):
        with (folder / name).open("w", encoding="utf-8") as file:
            file.writelines(form(problems, context))


def write_changes(
    folder: Path, before: Release | None, facts: Sequence[Quad], digest: str, context: Context
) -> None:
    """Write what changed since the release before: `changes.json`, `changes.ttl`; none for none."""
    try:
        old = before.open_store() if before else None
    except NoReleaseError:
        return  # it cannot be read any more, so that nobody could tell
    if before and old:
        new = Store()
        new.bulk_extend(facts)
        sides = (
            Side(before.digest[:_SHOWN], old, context.base),
            Side(digest[:_SHOWN], new, context.base),
        )
        for name, data in changes_files(*sides, context).items():
            (folder / name).write_bytes(data)
