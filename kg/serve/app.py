"""The HTTP application: one call for each request, from its head to its line in the log."""

from __future__ import annotations

import re
from time import perf_counter
from typing import Any, Final

from starlette.responses import FileResponse
from starlette.types import Message, Receive, Scope, Send

from kg.serve.headers import ALWAYS, RawHeaders, at_address, encode, is_known, preflight
from kg.serve.live import Live, Served
from kg.serve.log import Log
from kg.serve.pages import Answer, Question, refusal
from kg.serve.problems import RefusedError
from kg.serve.protocol import WHOLE
from kg.serve.repeats import LARGEST, request_id

# Headers that a 304 repeats (RFC 9110, 15.4.5); the client has the rest.
_NOT_MODIFIED: Final = (b"content-type", b"content-length", b"content-encoding")
_HARMLESS_ID: Final = re.compile(rb"[A-Za-z0-9._-]{1,64}")
_READING: Final = ("GET", "HEAD")


class Head:
    """The headers that decide about an answer, as text, and the id of the request."""

    __slots__ = ("accept", "coding", "given", "hosts", "id", "known")

    def __init__(self, headers: RawHeaders) -> None:
        self.accept = self.coding = self.known = ""
        self.hosts = 0
        self.id = b""
        self.given = True
        part = False
        for name, value in headers:
            if name == b"accept":
                text = value.decode("latin-1")
                self.accept = f"{self.accept}, {text}" if self.accept else text
            elif name == b"accept-encoding":
                self.coding = value.decode("latin-1")
            elif name == b"if-none-match":
                self.known = value.decode("latin-1")
            elif name == b"host":
                self.hosts += 1
            elif name == b"range":
                part = True
            elif name == b"x-request-id" and _HARMLESS_ID.fullmatch(value):
                self.id = value
        if part:  # of what is compressed, it would be of no use
            self.coding = ""
        if not self.id:
            self.given = False
            self.id = request_id()


class Exchange:
    """One request and what became of it: what is sent is counted, completed, and kept."""

    def __init__(self, scope: Scope, send: Send, head: Head) -> None:
        self.scope = scope
        self.head = head
        self.status = 0
        self.sent = 0
        self.headers: RawHeaders = []
        self.parts: list[bytes] = []
        self._send = send

    async def send(self, message: Message) -> None:
        """Send on a part of an answer that lacks what all answers have."""
        if message["type"] == "http.response.start":
            self.status = message["status"]
            self.headers = [*message.get("headers", ()), *ALWAYS]
            message["headers"] = [*self.headers, (b"x-request-id", self.head.id)]
        else:
            body = message.get("body", b"")
            self.sent += len(body)
            if self.sent <= LARGEST:
                self.parts.append(body)
        await self._send(message)

    async def answer(self, answer: Answer, body: bytes) -> None:
        """Send a whole answer, which has all its headers but the request's id."""
        self.status, self.sent = answer.status, len(body)
        self.headers, self.parts = answer.headers, [body]
        await self._send({
            "type": "http.response.start",
            "status": answer.status,
            "headers": [*answer.headers, (b"x-request-id", self.head.id)],
        })  # fmt: skip
        await self._send({"type": "http.response.body", "body": body})

    def line(self, release: str) -> dict[str, Any]:
        """What the log says of it, but when and how long."""
        return {
            "method": self.scope["method"],
            "path": _path(self.scope),
            "status": self.status,
            "bytes": self.sent,
            "release": release,
        }


class App:
    """What uvicorn calls: pages, queries, and the few addresses that are the server's own."""

    def __init__(self, live: Live, log: Log | None) -> None:
        self._live = live
        self._log = log

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request (ASGI 3)."""
        if scope["type"] != "http":
            raise RuntimeError("only HTTP is spoken here")
        start = perf_counter()
        exchange = Exchange(scope, send, Head(scope["headers"]))
        served = self._live.served
        try:
            await self._answer(exchange, served, receive)
        except RefusedError as refused:
            await self._refuse(exchange, refused)
        except Exception as error:
            id_ = exchange.head.id.decode()
            self._live.log.error("error", error, id=id_, path=_path(scope))
            if exchange.status:
                raise  # too late for words: the connection is cut, so that nobody takes it for all
            why = f"Something went wrong here; the log has it as {id_}."
            await self._refuse(exchange, RefusedError(500, why))
        else:
            self._keep(exchange, served)
        finally:
            if self._log is not None:
                ms = round((perf_counter() - start) * 1000, 2)
                line = exchange.line(served.digest[:12])
                self._log.write("request", id=exchange.head.id.decode(), **line, ms=ms)

    def _keep(self, exchange: Exchange, served: Served) -> None:
        """Keep an answer for who asks the same in the same words."""
        whole = exchange.scope.get("extensions", {}).get(WHOLE)
        if whole and exchange.status == 200 and served is self._live.served:
            body = b"".join(exchange.parts)
            if len(body) == exchange.sent:
                given = exchange.head.id if exchange.head.given else b""
                line = {"event": "request"} | exchange.line(served.digest[:12])
                self._live.repeats.keep(whole["bytes"], given, exchange.headers, body, line)

    async def _answer(self, exchange: Exchange, served: Served, receive: Receive) -> None:
        scope, head = exchange.scope, exchange.head
        if head.hosts != 1 and (head.hosts or scope["http_version"] == "1.1"):
            raise RefusedError(400, "A request must name one host.")
        method = scope["method"]
        question = Question(
            scope["raw_path"].decode("latin-1"),
            scope["query_string"].decode("latin-1"),
            head.accept,
            head.coding,
        )
        answer = served.pages.known(question) if method in _READING else None
        if answer is None:
            own = self._live.own(question.path)
            if own == "sparql":
                await self._sparql(exchange, method, receive)
                return
            if method == "OPTIONS":
                answer = _plain(204, preflight())
            elif method not in _READING:
                raise RefusedError(405, "This can only be read.", allow="GET, HEAD, OPTIONS")
            elif own:
                answer = await self._live.describe(own, question)
            else:
                answer = await served.pages.answer(question)
        await _deliver(exchange, answer, receive)

    async def _sparql(self, exchange: Exchange, method: str, receive: Receive) -> None:
        if method == "OPTIONS":
            await exchange.answer(_plain(204, preflight("GET, HEAD, POST, OPTIONS")), b"")
            return
        send: Send = exchange.send
        if not exchange.scope["raw_path"].endswith(b"/"):
            send = _elsewhere(send, "sparql/")
        await self._live.endpoint(exchange.scope, receive, send)

    async def _refuse(self, exchange: Exchange, refused: RefusedError) -> None:
        answer = refusal(refused, exchange.head.accept)
        await exchange.answer(answer, answer.body)


async def _deliver(exchange: Exchange, answer: Answer, receive: Receive) -> None:
    """Send an answer, or only that the client has it already."""
    head = exchange.head
    if answer.etag and head.known and is_known(answer.etag, head.known):
        kept = [header for header in answer.headers if header[0] not in _NOT_MODIFIED]
        await exchange.answer(Answer(304, kept), b"")
    elif answer.file is not None:
        await _stream(exchange, answer, receive)
    else:
        body = b"" if exchange.scope["method"] == "HEAD" else answer.body
        await exchange.answer(answer, body)


def _elsewhere(send: Send, home: str) -> Send:
    """What sends pages as they must be at another address than their own, `home`."""
    longer = len(at_address(b"<head>", home)) - len(b"<head>")
    page = False

    async def send_page(message: Message) -> None:
        nonlocal page
        if message["type"] == "http.response.start":
            headers = dict(message.get("headers", ()))
            page = headers.get(b"content-type", b"").startswith(b"text/html")
            if page and b"content-length" in headers:
                headers[b"content-length"] = b"%d" % (int(headers[b"content-length"]) + longer)
                message["headers"] = list(headers.items())
        elif page:
            message["body"] = at_address(message.get("body", b""), home)
        await send(message)

    return send_page


async def _stream(exchange: Exchange, answer: Answer, receive: Receive) -> None:
    """Send a file, or the part of it that the client asks for."""
    assert answer.file is not None
    if not answer.file.exists():  # two builds since the last look: the release is gone
        raise RefusedError(503, "A new release is on its way; try again.", retry_after=1)
    headers = {name.decode(): value.decode("latin-1") for name, value in answer.headers}
    response = FileResponse(
        answer.file, headers=headers, media_type=headers.pop("content-type", None)
    )
    # Several parts at once are for nobody's good; whoever asks for that is sent the whole.
    single = [h for h in exchange.scope["headers"] if h[0] != b"range" or b"," not in h[1]]
    await response({**exchange.scope, "headers": single}, receive, exchange.send)


def _plain(status: int, headers: dict[str, str]) -> Answer:
    return Answer(status, [*encode(headers), *ALWAYS])


def _path(scope: Scope) -> str:
    query = scope["query_string"].decode("latin-1")
    path: str = scope["raw_path"].decode("latin-1")
    return f"{path}?{query}" if query else path
