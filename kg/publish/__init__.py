"""A static site: every page and file of `kg.site` in a folder, for any host.

The pages are those that `kg serve` answers with, to the byte, at the same addresses. Written aside,
its links checked, then swapped in: a site with a broken link is never there.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pyoxigraph import Store

from kg import __version__
from kg.context import Context, load_context
from kg.errors import QueryError, UnknownNameError
from kg.formats import FORMATS
from kg.progress import Progress, silent
from kg.project import Project
from kg.publish.hosts import host_files
from kg.publish.links import BrokenLinksError, Links, collisions
from kg.publish.swap import Draft, PublishError, replacing
from kg.results import run_query, write_standard
from kg.site import Page, Site
from kg.site.addresses import address, file_of
from kg.store import open_release

__all__ = ["PublishError", "Published", "publish"]

_READ = frozenset({"html", "css", "xml"})


@dataclass(frozen=True, slots=True)
class Published:
    """What a publication did: counts, bytes, seconds of wall time, and what to look at.

    `unchanged` of the `files` were there before and are the same; `removed` are no longer there.

    >>> Published("0f", 3, 20, 20, 0, 4096, 0.1, ("a page has no place",)).unchanged
    20
    """

    release: str
    pages: int
    files: int
    unchanged: int
    removed: int
    bytes: int
    seconds: float
    warnings: tuple[str, ...] = ()


def publish(
    project: Project,
    folder: Path,
    progress: Progress = silent,
) -> Published:
    """Write the site of the current release into a folder, which it replaces as a whole.

    Raises `BrokenLinksError` with every link that leads nowhere, `PublishError` for a folder that
    is not ours to replace or that cannot be written, and `NoReleaseError`. Whatever is raised, the
    site before stays.

    >>> from kg import load_project
    >>> publish(load_project(Path()), Path("facts/site"))
    Traceback (most recent call last):
    kg.publish.swap.PublishError: facts/site is among the files of the graph itself
    """
    start = time.monotonic()
    _refuse_sources(project, folder)
    site = Site(open_release(project.build), project)
    links = Links(project)
    about = {"software": f"kg {__version__}", "release": site.release.digest, "url": project.url}
    with replacing(folder, about) as draft:
        count = _write_pages(_Writer(site, draft, links), progress)
        for name, data in host_files(site):
            draft.write(name, data)
        progress("links", 0, 0)
        broken = links.broken(draft.written, (page.path for page in site.pages()))
        if broken:
            raise BrokenLinksError(broken)
        warnings = tuple(_warnings(site, draft))
    return Published(
        release=site.release.digest,
        pages=count,
        files=len(draft.written),
        unchanged=draft.kept,
        removed=len(draft.known - draft.written),
        bytes=draft.bytes,
        seconds=round(time.monotonic() - start, 3),
        warnings=warnings,
    )


def _refuse_sources(project: Project, folder: Path) -> None:
    """A site among the sheets is read by the next build; one in a release, removed with it."""
    target = folder.absolute().resolve()
    releases = project.build / "releases"
    for source in (project.facts, project.ontology, project.shapes, project.queries, releases):
        if target.is_relative_to(source.resolve()):
            message = f"{project.name_of(target)} is among the files of the graph itself"
            raise PublishError(message)


def _write_pages(writer: _Writer, progress: Progress) -> int:
    pages = list(writer.site.pages())
    for number, page in enumerate(pages):
        progress("pages", number, len(pages))
        writer.write(page)
    return len(pages)


class _Writer:
    """Writes pages into a draft, and takes note of their links."""

    def __init__(self, site: Site, draft: Draft, links: Links) -> None:
        self.site = site
        self._draft = draft
        self._links = links
        self._store: Store = site.release.open_store()
        project = site.project
        self._context: Context = load_context(project.ontology / "context.jsonld", project.base)

    def write(self, page: Page) -> None:
        """One page in all of its formats."""
        path = self.site.file_path(page) if page.kind == "file" else None
        if path is not None:
            self._draft.copy(file_of(page.path), path)
            if page.path.endswith(".html"):
                self._links.read(page.path, path.read_bytes())
            return
        for format_, data in self._rendered(page):
            where = page.path if page.kind == "file" else address(page.path, _extension(format_))
            self._draft.write(file_of(where), data)
            if format_ in _READ:
                self._links.read(where, data)

    def _rendered(self, page: Page) -> Iterator[tuple[str, bytes]]:
        if page.kind == "query":
            yield from self._answered(page)
            return
        for format_ in page.formats:
            yield format_, self.site.render(page, format_)

    def _answered(self, page: Page) -> Iterator[tuple[str, bytes]]:
        """A stock query with its defaults; where these name nothing, the page says so."""
        try:
            text, bindings = self.site.bind(page, {})
            answers = {
                format_: self._answer(text, bindings, format_)
                for format_ in page.formats
                if format_ not in ("html", "rq")
            }
            problem = ""
        except (QueryError, UnknownNameError) as error:
            answers, problem = {}, str(error)
        json = answers.get("json", b"")
        yield "html", self.site.render_answer(page, {}, json, problem)
        yield "rq", self.site.render(page, "rq")
        yield from answers.items()

    def _answer(self, text: str, bindings: Mapping[Any, Any], format_: str) -> bytes:
        pieces: list[bytes] = []
        answer = run_query(self._store, text, bindings, self.site.project.base)
        write_standard(answer, format_, self._context, pieces.append)
        return b"".join(pieces)


def _extension(format_: str) -> str:
    return FORMATS[format_].extension


def _warnings(site: Site, draft: Draft) -> Iterator[str]:
    for iri in site.unplaced:
        yield f"{iri} has no page: its address is taken, or no name for a file"
    for one, other in collisions(draft.written):
        yield f"{one} and {other} are one file to hosts that do not tell upper from lower case"
