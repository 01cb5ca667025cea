"""The SPARQL endpoint: HTTP on one side, the pool of workers on the other.

https://www.w3.org/TR/sparql11-protocol/ and, for a request without a query,
https://www.w3.org/TR/sparql11-service-description/
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Final, Protocol

from pyoxigraph import Variable
from starlette.types import Receive, Scope, Send

from kg.context import Context
from kg.dumps import dump
from kg.formats import RDF_FORMATS, RESULT_FORMATS
from kg.project import Project
from kg.serve.answers import Answers
from kg.serve.asked import HTML, METHODS, Wanted, read_get, read_post, read_wanted
from kg.serve.description import COUNTS, PREFIXES, describe_service
from kg.serve.messages import Query, Term
from kg.serve.problems import RefusedError
from kg.serve.spool import IN_MEMORY, GoneError, Reader
from kg.serve.wire import Headers, Request, Response
from kg.serve.worker import WorkerSettings
from kg.serve.workers import PoolLimits
from kg.store import Release

_LOG: Final = logging.getLogger("kg.serve")
_MOST_URL: Final = 1 << 16
# What is shown as a page; more than that is for programs to read.
_MOST_SHOWN: Final = 1 << 19


class QueryPages(Protocol):
    """The pages of the endpoint, for people."""

    def form(self) -> bytes:
        """A form to write a query in."""
        ...

    def results(self, query: str, results: bytes, format_: str, problem: str) -> bytes:
        """An answer, as SPARQL JSON results or as Turtle, or why there is none."""
        ...


class SparqlEndpoint:
    """Answers SPARQL over a release: by HTTP as an ASGI application, and by name for pages."""

    def __init__(
        self,
        release: Release,
        project: Project,
        limits: PoolLimits,
        services: tuple[str, ...] = (),
    ) -> None:
        self.pages: QueryPages | None = None
        self._project = project
        self._limits = limits
        self._services = services
        self._answers = self._open(release)
        self._retiring: set[asyncio.Task[None]] = set()
        self._renderer = ThreadPoolExecutor(1, "results")

    def _open(self, release: Release) -> Answers:
        settings = WorkerSettings(
            store=str(release.path / "store"),
            context=str(self._project.ontology / "context.jsonld"),
            base=self._project.base,
            memory=self._limits.memory,
            services=self._services,
        )
        # A page of an answer shows the project's title and such as well.
        return Answers(settings, self._limits, f"{release.digest} {self._project}")

    @property
    def workers(self) -> int:
        """How many workers can work, or do; `/health` tells it."""
        return self._answers.pool.size

    async def start(self) -> None:
        """Start the workers; comes back when one of them is ready."""
        await self._answers.pool.start()

    async def swap(self, release: Release) -> None:
        """Answer from another release; queries under way go on with the one they began with."""
        answers = self._open(release)
        await answers.pool.start()
        before, self._answers = self._answers, answers
        drain = self._limits.seconds + self._limits.wait
        task = asyncio.get_running_loop().create_task(before.pool.close(drain))
        self._retiring.add(task)
        task.add_done_callback(self._retiring.discard)

    async def close(self, drain: float = 0) -> None:
        """Take no query any more; wait for those under way, and end every worker."""
        await asyncio.gather(self._answers.pool.close(drain), *self._retiring)
        self._renderer.shutdown(wait=False, cancel_futures=True)

    # --- for pages

    async def select(self, query: str, bindings: Mapping[Variable, Term] | None = None) -> bytes:
        """The answer to a SELECT or ASK query as SPARQL JSON results; raises `RefusedError`."""
        return await self.answer(query, "json", bindings)

    async def answer(
        self, query: str, format_: str, bindings: Mapping[Variable, Term] | None = None
    ) -> bytes:
        """The answer to a query in a format, by its name; raises `RefusedError`."""
        solutions = format_ if format_ in RESULT_FORMATS else ""
        graph = format_ if format_ in RDF_FORMATS else ""
        bound = sorted((bindings or {}).items(), key=lambda pair: pair[0].value)
        asked = Query(query, solutions, graph, bindings=tuple(bound))
        return (await self._answers.whole(asked, self._limits.bytes)).body

    # --- HTTP

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        request = Request.of(scope, receive, send)
        try:
            await self._answer(request)
        except RefusedError as refused:
            type_, body = refused.body(request.accept.decode("latin-1"))
            await request.refuse(refused, type_, body)
        except GoneError:
            _LOG.debug("a client has gone before its answer")

    async def _answer(self, request: Request) -> None:
        method, url = request.scope["method"], request.scope["query_string"]
        if method == "OPTIONS":
            await request.send_whole(204, [(b"allow", METHODS.encode())], b"")
            return
        if method not in ("GET", "HEAD", "POST"):
            raise RefusedError(405, f"{method} does nothing here", allow=METHODS)
        if len(url) > _MOST_URL:
            raise RefusedError(414, "that is too long for an address; use POST")
        if method == "POST":
            type_ = request.content_type.decode("latin-1")
            body = await request.body()
            if len(body) > _MOST_URL:  # a million escapes take their time, and others wait
                loop = asyncio.get_running_loop()
                asked = await loop.run_in_executor(self._renderer, read_post, url, type_, body)
            else:
                asked = read_post(url, type_, body)
        else:
            asked = read_get(url)
        accept = request.accept.decode("latin-1")
        wanted = read_wanted(accept, asked.format, self.pages is not None)
        if asked.text is None:
            await self._describe(request, wanted)
            return
        solutions, graph = (form.format if form else "" for form in wanted)
        await self._evaluate(request, Query(asked.text, solutions, graph, asked.dataset), wanted)

    async def _evaluate(self, request: Request, query: Query, wanted: Wanted) -> None:
        """Send the answer to a query: from what is known, whole, or as it comes."""
        answers = self._answers
        tag = answers.tag(query, wanted)
        if request.knows(tag):
            await request.respond(Response(tag, _headers("", tag), b""))
            return
        try:
            whole = answers.known(query)
            if whole is None:
                with answers.reading(query) as reader, request.watching(reader):
                    await reader.started()
                    type_ = wanted.type_of(reader.answer.graph)
                    if not await self._is_whole(reader, type_):
                        await request.stream(_headers(type_, tag), reader)
                        return
                    whole = answers.keep(reader.answer)
            type_ = wanted.type_of(whole.graph)
            body = whole.body
            if type_ == HTML:
                body = await self._page(query.text, body, "turtle" if whole.graph else "json", "")
        except RefusedError as refused:
            if HTML not in (wanted.type_of(False), wanted.type_of(True)):
                raise
            page = await self._page(query.text, b"", "json", refused.detail)
            await request.refuse(refused, HTML, page)
            return
        await request.respond(Response(tag, _headers(type_, tag), body))

    async def _is_whole(self, reader: Reader, type_: str) -> bool:
        """Whether an answer is all there and small, as one that is shown as a page must be."""
        if type_ != HTML:
            return reader.answer.done and reader.answer.size <= IN_MEMORY
        await reader.ended(_MOST_SHOWN)
        if reader.answer.size > _MOST_SHOWN:
            raise RefusedError(406, "the answer is too large for a page; ask for it as CSV or JSON")
        return True

    async def _page(self, query: str, results: bytes, format_: str, problem: str) -> bytes:
        assert self.pages is not None
        loop = asyncio.get_running_loop()
        show = self.pages.results
        make = partial(show, query, results, format_, problem)
        try:
            return await loop.run_in_executor(self._renderer, make)
        except RecursionError:  # a triple about a triple about a triple ...
            words = "the answer nests too deeply for a page; ask for it as CSV or JSON"
            raise RefusedError(406, words) from None

    async def _describe(self, request: Request, wanted: Wanted) -> None:
        """Send what the service says of itself: a form for people, RDF for programs."""
        if wanted.graph is None:
            raise RefusedError(
                406, "the description of the service is RDF, as text/turtle and such"
            )
        answers = self._answers
        counts = Query(COUNTS)
        tag = answers.tag(counts, wanted)
        type_ = wanted.graph.type
        if type_ == HTML:
            assert self.pages is not None
            body = self.pages.form()
        else:
            found = await answers.whole(counts, _MOST_SHOWN)
            quads = describe_service(self._project, found.body, self._services)
            context = Context.parse(PREFIXES, self._project.url)
            body = dump(quads, RDF_FORMATS[wanted.graph.format], context)
        await request.respond(Response(tag, _headers(type_, tag), body))


def _headers(type_: str, tag: bytes) -> Headers:
    """The headers of an answer that do not depend on its length."""
    headers = [(b"vary", b"Accept, Accept-Encoding")]
    if type_:
        headers.append((b"content-type", type_.encode()))
    if tag:
        return [*headers, (b"etag", tag), (b"cache-control", b"no-cache")]
    return [*headers, (b"cache-control", b"no-store")]
