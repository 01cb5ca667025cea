"""One HTTP request of the SPARQL endpoint: reading it, and sending what it is answered with."""

from __future__ import annotations

import asyncio
import contextlib
import gzip
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final, NamedTuple

from starlette.types import Receive, Scope, Send

from kg.serve.headers import accepts_gzip, is_known
from kg.serve.problems import RefusedError
from kg.serve.spool import GoneError, Reader

Headers = list[tuple[bytes, bytes]]

_MOST_BODY: Final = 1 << 20
_BODY_SECONDS: Final = 30.0
_SEND_SECONDS: Final = 60.0
# Most answers take less time than it is worth to look whether the client is still there.
_WATCH_AFTER: Final = 0.1
# Less than this is one packet, zipped or not; more than that takes a while to zip.
_WORTH_ZIPPING: Final = 1200
_LONG_TO_ZIP: Final = 1 << 16
_LEVEL: Final = 3
_GZIP: Final = (b"content-encoding", b"gzip")


class Response(NamedTuple):
    """An answer ready to be sent to whoever asks the same; `tag` is its ETag, or empty."""

    tag: bytes
    headers: Headers
    body: bytes


@dataclass(frozen=True, slots=True)
class Request:
    """A request as ASGI has it, with the headers that matter."""

    scope: Scope
    receive: Receive
    send: Send
    accept: bytes
    known: bytes
    content_type: bytes
    length: bytes
    zips: bool

    @classmethod
    def of(cls, scope: Scope, receive: Receive, send: Send) -> Request:
        """The request, its headers read."""
        accept = known = content_type = length = encoding = b""
        for name, value in scope["headers"]:
            if name == b"accept":
                accept = accept + b", " + value if accept else value
            elif name == b"if-none-match":
                known = value
            elif name == b"content-type":
                content_type = value
            elif name == b"content-length":
                length = value
            elif name == b"accept-encoding":
                encoding = encoding + b", " + value if encoding else value
        zips = bool(encoding) and accepts_gzip(encoding.decode("latin-1"))
        return cls(scope, receive, send, accept, known, content_type, length, zips)

    @property
    def bodiless(self) -> bool:
        """Whether only the headers of the answer are wanted."""
        return bool(self.scope["method"] == "HEAD")

    async def body(self) -> bytes:
        """What is posted; raises `RefusedError` when it is too much, or takes too long."""
        too_large = RefusedError(413, f"a request may have {_MOST_BODY >> 20} MiB")
        if self.length.isdigit() and int(self.length) > _MOST_BODY:
            raise too_large
        data = bytearray()
        try:
            async with asyncio.timeout(_BODY_SECONDS):
                while True:
                    message = await self.receive()
                    if message["type"] == "http.disconnect":
                        raise GoneError
                    data += message.get("body", b"")
                    if len(data) > _MOST_BODY:
                        raise too_large
                    if not message.get("more_body", False):
                        return bytes(data)
        except TimeoutError:
            raise RefusedError(408, "the request takes too long to arrive") from None

    async def respond(self, response: Response) -> None:
        """Send an answer, or only that the client has it already."""
        if self.knows(response.tag):
            kept = [header for header in response.headers if header[0] != b"content-type"]
            await self.send_whole(304, kept, b"")
            return
        headers, body = response.headers, response.body
        if self.zips and len(body) > _WORTH_ZIPPING:
            headers = [*headers, _GZIP]
            if len(body) > _LONG_TO_ZIP:
                body = await asyncio.to_thread(_zip, body)
            else:
                body = _zip(body)
        await self.send_whole(200, [*headers, (b"content-length", b"%d" % len(body))], body)

    def knows(self, tag: bytes) -> bool:
        """Whether the client has said that it has what this tag is of."""
        known = bool(tag and self.known)
        return known and is_known(tag.removeprefix(b"W/").decode(), self.known.decode("latin-1"))

    async def refuse(self, refused: RefusedError, type_: str, body: bytes) -> None:
        """Send an error."""
        headers = {"Content-Type": type_, "Content-Length": str(len(body)), "Vary": "Accept"}
        headers |= {"Cache-Control": "no-store"} | refused.headers
        raw = [(name.lower().encode(), value.encode()) for name, value in headers.items()]
        await self.send_whole(refused.status, raw, body)

    async def send_whole(self, status: int, headers: Headers, body: bytes) -> None:
        """Send a whole answer whose headers are complete."""
        start = {"type": "http.response.start", "status": status, "headers": headers}
        await self.send(start)
        await self.send({"type": "http.response.body", "body": b"" if self.bodiless else body})

    async def stream(self, headers: Headers, reader: Reader) -> bool:
        """Send an answer as it comes; gives whether it was sent to its end.

        Otherwise the connection is cut short, so that nobody takes what came for all there is.
        """
        zipper = zlib.compressobj(_LEVEL, wbits=zlib.MAX_WBITS | 16) if self.zips else None
        if zipper is not None:
            headers = [*headers, _GZIP]
        elif reader.answer.done:
            headers = [*headers, (b"content-length", b"%d" % reader.answer.size)]
        await self.send({"type": "http.response.start", "status": 200, "headers": headers})
        if not self.bodiless:
            try:
                async for piece in reader.pieces():
                    if zipper is not None:
                        piece = await asyncio.to_thread(_zip_piece, zipper, piece)
                    async with asyncio.timeout(_SEND_SECONDS):
                        await self.send(
                            {"type": "http.response.body", "body": piece, "more_body": True}
                        )
            except (RefusedError, TimeoutError):
                return False
        end = zipper.flush() if zipper is not None and not self.bodiless else b""
        await self.send({"type": "http.response.body", "body": end})
        return True

    @contextlib.contextmanager
    def watching(self, reader: Reader) -> Iterator[None]:
        """Meanwhile, have the reader leave when the client does."""
        loop = asyncio.get_running_loop()
        tasks: list[asyncio.Task[None]] = []

        async def watch() -> None:
            while (await self.receive())["type"] != "http.disconnect":
                pass
            reader.leave()

        timer = loop.call_later(_WATCH_AFTER, lambda: tasks.append(loop.create_task(watch())))
        try:
            yield
        finally:
            timer.cancel()
            for task in tasks:
                task.cancel()


def _zip(body: bytes) -> bytes:
    return gzip.compress(body, _LEVEL, mtime=0)


def _zip_piece(zipper: zlib._Compress, piece: bytes) -> bytes:
    """A piece, zipped so that all of it can be read before the next one comes."""
    return zipper.compress(piece) + zipper.flush(zlib.Z_SYNC_FLUSH)
