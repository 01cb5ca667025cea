"""The HTTP application: one call for each request, from its head to its line in the log."""

from __future__ import annotations

import os
import re
from time import perf_counter
from typing import Final

from starlette.responses import FileResponse
from starlette.types import Message, Receive, Scope, Send

from kg.serve.headers import ALWAYS, RawHeaders, encode, is_known, preflight
from kg.serve.live import Live, Served
from kg.serve.log import Log
from kg.serve.pages import Answer, Question, refusal
from kg.serve.problems import RefusedError

# Headers that a 304 repeats (RFC 9110, 15.4.5); the client has the rest.
_NOT_MODIFIED: Final = (b"content-type", b"content-length", b"content-encoding")
_HARMLESS_ID: Final = re.compile(rb"[A-Za-z0-9._-]{1,64}")
_READING: Final = ("GET", "HEAD")
_NO_STORE: Final = {"Cache-Control": "no-store"}


class Head:
    """The headers that decide about an answer, as text, and the id of the request."""

    __slots__ = ("accept", "coding", "hosts", "id", "known", "range")

    def __init__(self, headers: RawHeaders) -> None:
        self.accept = self.coding = self.known = ""
        self.range = False
        self.hosts = 0
        self.id = b""
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
                self.range = True
            elif name == b"x-request-id" and _HARMLESS_ID.fullmatch(value):
                self.id = value
        if not self.id:
            self.id = os.urandom(8).hex().encode()


class Exchange:
    """One request and what became of it: it counts what is sent, and adds what all answers have."""

    __slots__ = ("_send", "added", "scope", "sent", "status")

    def __init__(self, scope: Scope, send: Send, added: RawHeaders) -> None:
        self.scope = scope
        self._send = send
        self.added = added
        self.status = 0
        self.sent = 0

    async def send(self, message: Message) -> None:
        """Send on a part of the answer."""
        if message["type"] == "http.response.start":
            self.status = message["status"]
            message["headers"] = [*message.get("headers", ()), *self.added]
        else:
            self.sent += len(message.get("body", b""))
        await self._send(message)

    async def answer(self, answer: Answer, body: bytes) -> None:
        """Send a whole answer, which has all its headers but the request's id."""
        self.status, self.sent = answer.status, len(body)
        await self._send({
            "type": "http.response.start",
            "status": answer.status,
            "headers": [*answer.headers, self.added[0]],
        })  # fmt: skip
        await self._send({"type": "http.response.body", "body": body})


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
        head = Head(scope["headers"])
        exchange = Exchange(scope, send, [(b"x-request-id", head.id), *ALWAYS])
        served = self._live.served
        try:
            await self._answer(exchange, head, served, receive)
        except RefusedError as refused:
            await self._refuse(exchange, head, refused)
        except Exception as error:
            self._live.log.error("error", error, id=head.id.decode(), path=_path(scope))
            if exchange.status:
                raise  # too late for words: the connection is cut, so that nobody takes it for all
            await self._refuse(exchange, head, _mishap(head))
        finally:
            if self._log is not None:
                self._log.write(
                    "request",
                    id=head.id.decode(),
                    method=scope["method"],
                    path=_path(scope),
                    status=exchange.status,
                    bytes=0 if scope["method"] == "HEAD" else exchange.sent,
                    ms=round((perf_counter() - start) * 1000, 2),
                    release=served.digest[:12],
                )

    async def _answer(
        self, exchange: Exchange, head: Head, served: Served, receive: Receive
    ) -> None:
        scope = exchange.scope
        method = scope["method"]
        question = Question(
            scope["raw_path"].decode("latin-1"),
            scope["query_string"].decode("latin-1"),
            head.accept,
            head.coding,
        )
        answer = served.pages.known(question) if method in _READING else None
        if answer is None:
            if head.hosts > 1 or (head.hosts == 0 and scope["http_version"] == "1.1"):
                raise RefusedError(400, "A request must name one host.")
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
        await _deliver(exchange, answer, head, receive)

    async def _sparql(self, exchange: Exchange, method: str, receive: Receive) -> None:
        if method == "OPTIONS":
            await exchange.answer(_plain(204, preflight("GET, HEAD, POST, OPTIONS")), b"")
            return
        await self._live.endpoint(exchange.scope, receive, exchange.send)

    async def _refuse(self, exchange: Exchange, head: Head, refused: RefusedError) -> None:
        answer = refusal(refused, head.accept)
        await exchange.answer(answer, answer.body)


async def _deliver(exchange: Exchange, answer: Answer, head: Head, receive: Receive) -> None:
    """Send an answer, or only that the client has it already."""
    if answer.etag and head.known and is_known(answer.etag, head.known):
        kept = [header for header in answer.headers if header[0] not in _NOT_MODIFIED]
        await exchange.answer(Answer(304, kept), b"")
    elif answer.file is not None:
        await _stream(exchange, answer, receive)
    else:
        body = b"" if exchange.scope["method"] == "HEAD" else answer.body
        await exchange.answer(answer, body)


async def _stream(exchange: Exchange, answer: Answer, receive: Receive) -> None:
    """Send a file, or the part of it that the client asks for."""
    assert answer.file is not None
    headers = {name.decode(): value.decode("latin-1") for name, value in answer.headers}
    response = FileResponse(
        answer.file, headers=headers, media_type=headers.pop("content-type", None)
    )
    del exchange.added[1:]  # they are among the headers already
    await response(exchange.scope, receive, exchange.send)


def _plain(status: int, headers: dict[str, str]) -> Answer:
    return Answer(status, [*encode(headers), *ALWAYS])


def _mishap(head: Head) -> RefusedError:
    return RefusedError(500, f"Something went wrong here; the log has it as {head.id.decode()}.")


def _path(scope: Scope) -> str:
    query = scope["query_string"].decode("latin-1")
    path: str = scope["raw_path"].decode("latin-1")
    return f"{path}?{query}" if query else path
