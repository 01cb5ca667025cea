"""The release that is being served, and the change to the next one under way."""

from __future__ import annotations

import asyncio
import gc
import json
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

from kg import __version__
from kg.errors import KgError
from kg.formats import FORMATS, RDF_FORMATS, negotiate
from kg.project import Project
from kg.serve.headers import accepts_gzip
from kg.serve.log import Log
from kg.serve.openapi import describe_interface
from kg.serve.pages import Answer, Mount, Pages, Question, packed
from kg.serve.problems import RefusedError
from kg.serve.repeats import Repeats
from kg.serve.routes import Route
from kg.serve.sparql import SparqlEndpoint
from kg.serve.workers import PoolLimits
from kg.site import Site
from kg.site.addresses import address, spelling
from kg.store import Release, open_release

_LOOK: Final = 0.5  # seconds between looks at which release is the current one
# Seconds until a release that could not be opened is tried again, at first and in the end.
_AGAIN: Final = 1.0
_SELDOM: Final = 60.0
_MOST_NAMED: Final = 20
_OWN: Final = {
    "sparql": "sparql",
    "sparql/": "sparql",
    "health": "health",
    "openapi.json": "openapi",
    ".well-known/void": "void",
}
_VOID: Final = ".well-known/void"


@dataclass(frozen=True, slots=True)
class Served:
    """A release as it is served; requests in work keep the one that they began with."""

    digest: str
    pages: Pages
    interface: bytes


@dataclass(frozen=True, slots=True)
class SparqlPages:
    """The endpoint as people see it, made by the site."""

    site: Site

    def form(self) -> bytes:
        """A form to write a query in."""
        return self.site.sparql_page()

    def results(self, query: str, results: bytes, format_: str, problem: str) -> bytes:
        """An answer, as SPARQL JSON results or as Turtle, or why there is none."""
        return self.site.sparql_page(query, results, format_, problem)


class Live:
    """The server's state: the current release, and the workers that answer queries.

    `load` reads the project's configuration; it is read anew for every release.
    """

    def __init__(
        self,
        load: Callable[[], Project],
        limits: PoolLimits,
        services: tuple[str, ...],
        mount: Mount,
        log: Log,
        repeats: Repeats,
    ) -> None:
        self._load = load
        self._project = load()
        self._mount = mount
        self.log = log
        self.repeats = repeats
        self._renderer = ThreadPoolExecutor(1, "render")
        release = open_release(self._project.build)
        self.endpoint = SparqlEndpoint(release, self._project, limits, services)
        self.served = self._open(release, self._project)
        self.endpoint.pages = SparqlPages(self.served.pages.site)
        self._own = {
            f"{prefix}{path}": own
            for prefix in ("/", *mount.prefixes)
            for path, own in _OWN.items()
        }

    async def start(self) -> None:
        """Start the workers."""
        await self.endpoint.start()

    async def close(self, drain: float) -> None:
        """Let queries in work end, and leave no worker behind."""
        await self.endpoint.close(drain=drain)
        self._renderer.shutdown(wait=False, cancel_futures=True)

    def own(self, path: str) -> str:
        """Which of the server's own addresses a path is; '' for all others."""
        return self._own.get(path, "")

    async def describe(self, own: str, question: Question) -> Answer:
        """What the server says of itself."""
        served = self.served
        if own == "void":
            return await _void(served, question)
        headers = {"Content-Type": "application/json", "Vary": "Accept-Encoding"}
        if own == "health":
            workers = self.endpoint.workers
            state = {"ok": workers > 0, "release": served.digest, "workers": workers}
            body = json.dumps(state | {"version": __version__}) + "\n"
            status = 200 if workers else 503
            return packed(status, headers | {"Cache-Control": "no-store"}, body.encode(), False)
        zipped = accepts_gzip(question.accept_encoding)
        headers["Cache-Control"] = "public, max-age=60"
        return packed(200, headers, served.interface, zipped)

    async def watch(self) -> None:
        """Go over to every new release, for as long as this runs."""
        refused, until, pause = "", 0.0, _AGAIN
        loop = asyncio.get_running_loop()
        while True:
            await asyncio.sleep(_LOOK)
            name = _current(self._project.build)
            if name in ("", self.served.digest) or (name == refused and loop.time() < until):
                continue
            try:
                await self._change()
            except Exception as error:  # whatever is wrong with it, the one before goes on
                pause = min(pause * 2, _SELDOM) if name == refused else _AGAIN
                refused, until = name, loop.time() + pause
                self.log.error("release-refused", error, refused=name, release=self.served.digest)

    async def _change(self) -> None:
        """Open the new release beside the old one, and then answer with it."""
        project = await asyncio.to_thread(self._load)
        if project.base != self._project.base:
            raise KgError("the base of the project has changed: start the server anew")
        release = await asyncio.to_thread(open_release, project.build)
        served = await asyncio.to_thread(self._open, release, project)
        await self.endpoint.swap(release)
        self.endpoint.pages = SparqlPages(served.pages.site)
        self.served, self._project = served, project
        self.repeats.clear()
        self.log.write("release", release=release.digest)
        await asyncio.to_thread(_let_go)

    def _open(self, release: Release, project: Project) -> Served:
        site = Site(release, project)
        if site.unplaced:
            self.log.write("unplaced", things=len(site.unplaced), iris=site.unplaced[:_MOST_NAMED])
        pages = Pages(site, self.endpoint, self._renderer, self._mount)
        return Served(release.digest, pages, describe_interface(site))


def _let_go() -> None:
    """Have what is no longer served collected now: until then, its files stay open."""
    gc.unfreeze()
    gc.collect()
    gc.freeze()


async def _void(served: Served, question: Question) -> Answer:
    """Where the metadata is (VoID, 7.2: the address redirects to it)."""
    home = served.pages.site.page("")
    formats = [name for name in home.formats if name in RDF_FORMATS] if home else []
    name = negotiate(question.accept, formats) or next(iter(formats), "")
    if not name:
        raise RefusedError(404, "This release has no description of itself.")
    target = address("", FORMATS[name].extension)
    route = Route(303, _VOID, home, name, target, negotiated=True)
    return await served.pages.follow(route, question.accept_encoding)


def mount_of(project: Project, root_path: str | None, direct: bool) -> Mount:
    """Where a project's site is offered: at the root, and below the paths that its IRIs have.

    Behind a proxy that leaves the path as it is, and for IRIs whose host leads here, the first
    part of a path is that of the base or of the public URL.
    """
    paths = [urlsplit(project.url).path, urlsplit(project.base).path]
    if root_path is not None:
        paths.insert(0, f"/{root_path.strip('/')}/")
    spelt = (spelling(path) for path in paths if path.strip("/"))
    return Mount(tuple(dict.fromkeys(spelt)), direct)


def _current(build: Path) -> str:
    """The name of the current release; '' while there is none."""
    try:
        return (build / "current").readlink().name
    except OSError:
        return ""
