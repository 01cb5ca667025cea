"""Pages about a release: its quality, its report, its downloads, how it was built, what changed."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Final

from pyoxigraph import NamedNode

from kg import terms
from kg.downloads.folder import SUMS, read_sums
from kg.quality import Quality, measure
from kg.report import read_problems, summarize
from kg.site.cite import Citation
from kg.site.content import Content
from kg.site.pages import Page
from kg.site.report import group_problems
from kg.terms import text_of

_DOWNLOAD_URL: Final = NamedNode("http://www.w3.org/ns/dcat#downloadURL")
_FOLDER: Final = "downloads/"
_SETS: Final = (
    ("graph", "The whole graph", "Everything that the sheets say; the formats say the same."),
    ("tables", "Tables", "One row for each thing; what the columns are is in the metadata file."),
    ("model", "Ontology, shapes and queries", "What the terms mean, what the data must satisfy."),
    ("about", "About this release", "Descriptions for catalogues and for machines, and checksums."),
)
_TITLES: Final = {
    "queries": "The stock queries",
    "metadata": "The data set for catalogues (DCAT and VoID)",
    "dataset": "The data set for search engines (schema.org)",
    "croissant": "The data set for machine learning (Croissant)",
    "ro-crate-metadata": "The data set as a research object (RO-Crate)",
    SUMS: "The checksums of all files",
}
_MODEL: Final = ("ontology.", "vocabularies.", "shapes.", "queries.", "context.")
MOST_CHANGES: Final = 500
# What a page tells, as the build wrote it in RDF; a first release has no changes.
_AS_DATA: Final = {"report": "report.ttl", "release": "changes.ttl"}


@dataclass(frozen=True, slots=True)
class File:
    """A file to download: its address, what it is, its size in bytes, and its checksum."""

    name: str
    address: str
    title: str
    media_type: str
    size: int
    sha256: str


@dataclass(frozen=True, slots=True)
class FileSet:
    """Files that belong together."""

    key: str
    title: str
    sense: str
    files: tuple[File, ...]


@dataclass(frozen=True, slots=True)
class Told:
    """A value that changed, as a person reads it."""

    text: str
    iri: str = ""


@dataclass(frozen=True, slots=True)
class Change:
    """One value of a thing: where, and what it was and is; None where there was or is none."""

    keys: str
    old: Told | None
    new: Told | None


@dataclass(frozen=True, slots=True)
class Entry:
    """A thing that was added, removed, renamed, retired or changed."""

    kind: str
    iri: str
    label: str
    classes: tuple[Told, ...]
    others: tuple[Told, ...]
    changes: tuple[Change, ...]


@dataclass(frozen=True, slots=True)
class Changes:
    """What changed since the release before; `more` entries are left to the file."""

    old: str
    counts: tuple[tuple[str, int], ...]
    entries: tuple[Entry, ...]
    more: int


class Releases:
    """The section of these pages; those of files that the release lacks are left out."""

    def __init__(self, content: Content) -> None:
        self._content = content
        self._path = content.release.path

    def pages(self) -> Iterator[Page]:
        """Quality and release always; report and downloads where the build wrote their files."""
        yield Page("quality", "page", title="Quality")
        yield Page("release", "page", self._formats("release"), title="Release")
        if (self._path / "report.json").is_file():
            yield Page("report", "page", self._formats("report"), title="Report")
        if (self._path / "files").is_dir():
            yield Page("downloads", "page", title="Downloads")

    def render(self, page: Page, format_: str, params: Mapping[str, str]) -> bytes:  # noqa: ARG002
        """One of the pages."""
        if format_ == "turtle":
            return (self._path / _AS_DATA[page.path]).read_bytes()
        values: dict[str, Any] = {
            "quality": self._quality_page,
            "release": self._release_page,
            "report": self._report_page,
            "downloads": self._downloads_page,
        }[page.path]()
        return self._content.html(f"{page.path}.html", page, page.title, **values)

    def _formats(self, path: str) -> tuple[str, ...]:
        return ("html", "turtle") if (self._path / _AS_DATA[path]).is_file() else ("html",)

    @cached_property
    def quality(self) -> Quality:
        """The numbers on the data."""
        content = self._content
        return measure(content.store, content.project.base, content.release.manifest)

    def _quality_page(self) -> dict[str, Any]:
        return {"quality": self.quality, "description": "What is covered, and what is missing."}

    def _report_page(self) -> dict[str, Any]:
        text = (self._path / "report.json").read_text(encoding="utf-8")
        problems = read_problems(text)
        return {
            "groups": group_problems(problems, self._content.context),
            "summary": summarize(problems),
            "unseen": self.quality.passages.not_checked,
            "description": "What the shapes say of the data.",
        }

    def _downloads_page(self) -> dict[str, Any]:
        return {"sets": self.files, "description": "Every file of this release.", "sums": SUMS}

    def _release_page(self) -> dict[str, Any]:
        content = self._content
        return {
            "digest": content.release.digest,
            "manifest": content.release.manifest,
            "summary": content.release.manifest.get("summary", {}),
            "sets": self.files,
            "changes": self.changes,
            "citation": Citation.of(content.project, content.version).text(),
            "description": "How this release was built, and what changed since the one before.",
        }

    @cached_property
    def files(self) -> tuple[FileSet, ...]:
        """The files of the release by what they are for."""
        folder = self._path / "files"
        sums = read_sums(folder) if folder.is_dir() else {}
        titles = self._titles()
        sets: dict[str, list[File]] = {}
        for path in sorted(folder.iterdir()) if folder.is_dir() else ():
            page = self._content.where.get(_FOLDER + path.name)
            if page is not None:
                file = File(
                    path.name,
                    page.path,
                    titles.get(path.name) or _TITLES.get(path.name.partition(".")[0], ""),
                    page.formats[0],
                    path.stat().st_size,
                    sums.get(path.name, ""),
                )
                sets.setdefault(_set_of(path.name), []).append(file)
        return tuple(
            FileSet(key, title, sense, tuple(sets[key]))
            for key, title, sense in _SETS
            if key in sets
        )

    def _titles(self) -> dict[str, str]:
        """File name → title, as the release describes its distributions."""
        reader, titles = self._content.reader, {}
        for quad in self._content.store.quads_for_pattern(None, _DOWNLOAD_URL, None, None):
            folder, _, name = text_of(quad.object).rpartition("/")
            if isinstance(quad.subject, NamedNode) and f"{folder}/".endswith(f"/{_FOLDER}"):
                told = reader.objects(quad.subject, terms.TITLE)
                titles[name] = " ".join(map(text_of, told))
        return titles

    @cached_property
    def changes(self) -> Changes | None:
        """What changed since the release before; None for a first one."""
        file = self._path / "changes.json"
        if not file.is_file():
            return None
        found = json.loads(file.read_text(encoding="utf-8"))
        entries = tuple(map(self._entry, found["entries"][:MOST_CHANGES]))
        more = max(len(found["entries"]) - MOST_CHANGES, 0)
        return Changes(found["old"], tuple(found["counts"].items()), entries, more)

    def _entry(self, entry: dict[str, Any]) -> Entry:
        def things(name: str) -> tuple[Told, ...]:
            return tuple(
                Told(one["label"] or one["iri"], one["iri"]) for one in entry.get(name, ())
            )

        return Entry(
            entry["kind"],
            entry["iri"],
            entry["label"] or self._content.context.shorten(entry["iri"]),
            things("classes"),
            things("others"),
            tuple(
                Change(one["keys"], self._told(one["old"]), self._told(one["new"]))
                for one in entry.get("changes", ())
            ),
        )

    def _told(self, term: dict[str, Any] | None) -> Told | None:
        if term is None:
            return None
        if term["type"] != "uri":
            return Told(term["value"])
        label = term.get("label") or self._content.context.shorten(term["value"])
        return Told(label, term["value"])


def _set_of(name: str) -> str:
    if name.startswith("graph."):
        return "graph"
    if name.endswith((".csv", ".csv.gz")) or name.startswith("csv-"):
        return "tables"
    return "model" if name.startswith(_MODEL) else "about"
