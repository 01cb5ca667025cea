"""The pages of one release as answers: rendered once, kept, sent many times."""

from __future__ import annotations

import asyncio
import gzip
import hashlib
import sys
from collections.abc import Callable
from concurrent.futures import Executor
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, Final, NamedTuple, Protocol, TypeVar

from kg.errors import QueryError, UnknownNameError
from kg.formats import FORMATS, choose
from kg.serve.cache import Cache
from kg.serve.headers import (
    ALWAYS,
    RawHeaders,
    accepts_gzip,
    at_address,
    describe_route,
    encode,
)
from kg.serve.problems import RefusedError
from kg.serve.routes import Route, find_route, formats_at
from kg.site import Site
from kg.site.addresses import relative

_T = TypeVar("_T")
# What a repeated request needs is kept in 64 MiB; what anybody can make up is kept apart from it,
# so that no flood of it throws out the pages.
_PAGES: Final = 64 << 20
_MADE_UP: Final = 16 << 20
_ROUTES: Final = 4 << 20
# How many answers may wait for the thread that renders, and how many of them made up.
_MOST_WAITING: Final = 1000
_MOST_MADE_UP: Final = 50
_WORTH_GZIP: Final = 860  # bytes; below, a packet is a packet
_PACKED: Final = ("gz", "png")
_HEADERS_SIZE: Final = 2000
_ROUTE_SIZE: Final = 500


class Endpoint(Protocol):
    """What evaluates stock queries, under limits."""

    async def answer(self, query: str, format_: str, bindings: Any = None) -> bytes:
        """The answer in a format, by its name."""
        ...


class Question(NamedTuple):
    """Of a request for a page, all that its answer depends on; as the client spelt it."""

    path: str
    query: str
    accept: str
    accept_encoding: str


@dataclass(frozen=True, slots=True)
class Answer:
    """What is sent: a body with all headers, or a file on disk with those of its own.

    With an `etag`, a client may know it already.
    """

    status: int
    headers: RawHeaders
    body: bytes = b""
    etag: str = ""
    file: Path | None = None


@dataclass(frozen=True, slots=True)
class Mount:
    """How the site is offered: below which paths, and whether a thing's address has its page."""

    prefixes: tuple[str, ...] = ()
    direct: bool = False


class Pages:
    """Everything that a release answers, but queries to its SPARQL endpoint.

    Pages are rendered one at a time by `renderer`, an executor with one thread.
    """

    def __init__(self, site: Site, endpoint: Endpoint, renderer: Executor, mount: Mount) -> None:
        self.site = site
        self._endpoint = endpoint
        self._renderer = renderer
        self._mount = mount
        self._routes: Cache[Question, tuple[Route, bool]] = Cache(_ROUTES)
        self._kept: Cache[tuple[Route, bool], Answer] = Cache(_PAGES)
        self._made_up: Cache[tuple[Route, bool], Answer] = Cache(_MADE_UP)
        self._waiting: dict[tuple[Route, bool], asyncio.Task[Answer]] = {}
        self._waiting_made_up = 0

    def known(self, question: Question) -> Answer | None:
        """The answer, if it is at hand."""
        key = self._routes.get(question)
        return None if key is None else self._kept.get(key)

    async def answer(self, question: Question) -> Answer:
        """The answer; raises `RefusedError` when there are too many to be made."""
        route = find_route(
            self.site, question.path, question.query, question.accept,
            prefixes=self._mount.prefixes, direct=self._mount.direct,
        )  # fmt: skip
        if route.status in (400, 404, 406):
            return await self._explain(route, question.accept)
        answer = await self.follow(route, question.accept_encoding)
        if not route.params:
            key = (route, accepts_gzip(question.accept_encoding))
            self._routes.put(question, key, sum(map(len, question)) + _ROUTE_SIZE)
        return answer

    async def follow(self, route: Route, accept_encoding: str) -> Answer:
        """The answer that a route leads to."""
        key = (route, accepts_gzip(accept_encoding))
        made_up = bool(route.params)
        cache = self._made_up if made_up else self._kept
        answer = cache.get(key)
        if answer is None:
            answer = await self._once(key, made_up, self._make)
            if answer.status == route.status and answer.file is None:
                cache.put(key, answer, _size(route, answer))
        return answer

    async def _once(self, key: tuple[Route, bool], made_up: bool, make: Any) -> Answer:
        """Make an answer that several clients may be waiting for."""
        task = self._waiting.get(key)
        if task is None:
            full = self._waiting_made_up >= _MOST_MADE_UP if made_up else False
            if full or len(self._waiting) >= _MOST_WAITING:
                raise RefusedError(503, "The server has too much to do; try again.", retry_after=2)
            task = self._waiting[key] = asyncio.create_task(make(*key))
            self._waiting_made_up += made_up
            task.add_done_callback(partial(self._done, key, made_up))
        return await asyncio.shield(task)

    def _done(self, key: tuple[Route, bool], made_up: bool, task: asyncio.Task[Answer]) -> None:
        del self._waiting[key]
        self._waiting_made_up -= made_up
        if not task.cancelled():
            task.exception()  # whoever waited has been told; if nobody did, nobody need be

    async def _make(self, route: Route, zipped: bool) -> Answer:
        if not route.has_content:
            return _redirect(describe_route(self.site, route), route.status)
        page = route.page
        assert page is not None
        if page.kind == "query" and route.format != "rq":
            return await self._evaluate(route, zipped)
        if page.kind == "file":
            file = self.site.file_path(page)
            if file is not None:
                return self._stream(route, file, zipped)
        return await self._run(self._render, route, zipped)

    async def _run(self, function: Callable[..., _T], *args: Any) -> _T:
        return await asyncio.get_running_loop().run_in_executor(self._renderer, function, *args)

    def _render(self, route: Route, zipped: bool) -> Answer:
        assert route.page is not None
        body = self.site.render(route.page, route.format, dict(route.params))
        return self._finish(route, route.status, body, zipped)

    def _finish(self, route: Route, status: int, body: bytes, zipped: bool) -> Answer:
        """An answer with everything that depends on its bytes."""
        assert route.page is not None
        headers = describe_route(self.site, route)
        if route.format == "html" and route.address != route.target:
            body = at_address(body, relative(route.address, route.target))
        return packed(status, headers, body, zipped and route.format not in _PACKED)

    def _stream(self, route: Route, file: Path, zipped: bool) -> Answer:
        """A download: it goes from disk to the client, compressed if it lies there so."""
        headers = describe_route(self.site, route)
        etag = f"{self.site.digest[:32]}-{hashlib.sha256(route.address.encode()).hexdigest()[:16]}"
        twin = file.with_name(f"{file.name}.gz")
        if zipped and twin.is_file():
            file, etag = twin, f"{etag}-gzip"
            headers["Content-Encoding"] = "gzip"
        headers["ETag"] = f'"{etag}"'
        return Answer(200, encode(headers), etag=headers["ETag"], file=file)

    async def _evaluate(self, route: Route, zipped: bool) -> Answer:
        """The answer to a stock query: evaluated by the workers, shown by the site."""
        page, params = route.page, dict(route.params)
        assert page is not None
        status, results, problem = route.status, b"", ""
        try:
            query, bindings = await self._run(self.site.bind, page, params)
            format_ = route.format
            if format_ == "html":
                format_ = "turtle" if "turtle" in page.formats else "json"
            results = await self._endpoint.answer(query, format_, bindings)
        except RefusedError as refused:
            if route.format != "html":
                raise
            status, problem = refused.status, refused.detail
        except (QueryError, UnknownNameError) as error:
            status, problem = 400, str(error)
            if route.format != "html":
                raise RefusedError(400, problem) from None
        return await self._run(self._show, route, status, results, problem, zipped)

    def _show(
        self, route: Route, status: int, results: bytes, problem: str, zipped: bool
    ) -> Answer:
        assert route.page is not None
        body = results
        if route.format == "html":
            body = self.site.render_answer(route.page, dict(route.params), results, problem)
        return self._finish(route, status, body, zipped)

    async def _explain(self, route: Route, accept: str) -> Answer:
        """Why there is no page, in a format that the client can read."""
        refused = RefusedError(route.status, " ".join([route.detail, *_instead(route)]))
        if choose(accept, ["text/html", "text/plain", "application/json"]) != "text/html":
            return refusal(refused, accept, describe_route(self.site, route))
        key = (route, False)
        answer = self._made_up.get(key)
        if answer is None:
            try:
                answer = await self._once(key, True, self._error_page)
            except RefusedError:  # the page would have been nice; the words will do
                return refusal(refused, "text/plain", describe_route(self.site, route))
            self._made_up.put(key, answer, _size(route, answer))
        return answer

    async def _error_page(self, route: Route, _zipped: bool) -> Answer:
        # What there is in its place, the page finds out itself.
        detail = route.detail if route.status == 400 else ""
        body = await self._run(self.site.error, route.status, route.address, detail)
        headers = describe_route(self.site, route) | {"Content-Type": "text/html; charset=utf-8"}
        return _answer(route.status, headers, body)


def _size(route: Route, answer: Answer) -> int:
    """What an answer takes up where it is kept, with a key that may be longer than itself."""
    made_up = sum(sys.getsizeof(text) for pair in route.params for text in pair)
    return len(answer.body) + len(route.address) + made_up + _HEADERS_SIZE


def packed(status: int, headers: dict[str, str], body: bytes, zipped: bool) -> Answer:
    """An answer with a tag that tells its bytes from all others, compressed where that pays."""
    headers = dict(headers)
    etag = hashlib.sha256(body).hexdigest()[:32]
    if zipped and len(body) >= _WORTH_GZIP:
        body = gzip.compress(body, 6, mtime=0)
        headers["Content-Encoding"] = "gzip"
        etag += "-gzip"
    if status != 200:  # only what lies at the address asked for has a tag there
        return _answer(status, headers, body)
    headers["ETag"] = f'"{etag}"'
    return _answer(status, headers, body, headers["ETag"])


def refusal(refused: RefusedError, accept: str, headers: dict[str, str] | None = None) -> Answer:
    """An error as text, or as JSON for who asks for that."""
    type_, body = refused.body(accept)
    more = {"Content-Type": type_, "Cache-Control": "no-cache", **refused.headers}
    return _answer(refused.status, (headers or {}) | more, body)


def _answer(status: int, headers: dict[str, str], body: bytes = b"", etag: str = "") -> Answer:
    whole = [*encode(headers), (b"content-length", b"%d" % len(body)), *ALWAYS]
    return Answer(status, whole, body, etag)


def _redirect(headers: dict[str, str], status: int) -> Answer:
    """Somewhere else to look; whoever does not follow is told in words."""
    text = f"It is at {headers['Location']}\n"
    return _answer(status, headers | {"Content-Type": "text/plain; charset=utf-8"}, text.encode())


def _instead(route: Route) -> list[str]:
    """What there is in place of a format that there is not."""
    if route.status != 406:
        return []
    found = [
        f"{FORMATS[name].title}: {relative(route.address, where)}"
        for name, where in formats_at(route).items()
    ]
    return ["There is", ", ".join(found)]
