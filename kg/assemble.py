"""A release, put together in a folder aside: files, metadata, and reports on how it went.

files → metadata, which knows their sums → all quads of the store → its digest → reports. What is
here has been checked; nothing of it is current yet.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from pathlib import Path
from typing import Any, Final

from pyoxigraph import NamedNode, Quad, Store

from kg.context import Context
from kg.diff import Side, changes_files
from kg.downloads import Folder, Material, write_downloads
from kg.errors import NoReleaseError, Problem
from kg.metadata import describe_release, write_descriptions
from kg.ontology import canonical
from kg.report import format_json, format_turtle
from kg.stats import LARGE
from kg.store import Release

_SHOWN: Final = 12


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
    folder: Path,
    before: Release | None,
    new: Store,
    digest: str,
    context: Context,
    graphs: Collection[NamedNode] | None = None,
) -> None:
    """Write what changed since the release before: `changes.json`, `changes.ttl`; none for none.

    `new` is the store of this release. `graphs` are those that differ, where that is known; what
    there is to compare has to fit in memory, or nothing is written, and `kg diff` tells.
    """
    try:
        old = before.open_store() if before else None
    except NoReleaseError:
        return  # it cannot be read any more, so that nobody could tell
    if not before or not old or any(_are_many(store, graphs) for store in (old, new)):
        return
    sides = (
        Side(before.digest[:_SHOWN], old, context.base),
        Side(digest[:_SHOWN], new, context.base),
    )
    for name, data in changes_files(*sides, context, graphs).items():
        (folder / name).write_bytes(data)


def _are_many(store: Store, graphs: Collection[NamedNode] | None) -> bool:
    """Whether some graphs of a store, or all, hold more than fits in memory."""
    if graphs is None:
        return len(store) > LARGE
    left = LARGE
    for graph in graphs:
        some = f"SELECT * {{ GRAPH {graph} {{ ?s ?p ?o }} }} LIMIT {left + 1}"
        found: Any = store.query(f"SELECT (COUNT(*) AS ?n) {{ {{ {some} }} }}")
        left -= sum(int(row["n"].value) for row in found)
        if left < 0:
            return True
    return False
