"""Connections that cannot be held open for nothing: limits in bytes, in seconds, in number.

uvicorn speaks HTTP; what it leaves open is how long a client may take, and how much it may send,
before there is a request to be answered. Every connection has one deadline; one look at all of
them each second ends those that are past it. Here, too, repeated requests are answered.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from math import inf
from typing import Any, Final

from uvicorn.protocols.http.httptools_impl import STATUS_LINE, HttpToolsProtocol

from kg.serve.repeats import Repeats

WHOLE: Final = "kg.request"
"""The extension of a scope with the `bytes` of a request, when an equal one may be sent."""
_LONGER: Final = 3
# How many requests may wait for the answer to one before them on the same connection, and how
# many bytes of a body for somebody to read them.
_MOST_QUEUED: Final = 64
_MOST_UNREAD: Final = 2 << 20
# Headers by which more follows than the head.
_FRAMING: Final = (b"content-length", b"transfer-encoding", b"upgrade")
_REASONS: Final = {
    408: b"The request took too long to arrive.",
    413: b"The body of the request is too large.",
    414: b"The address is too long.",
    431: b"The headers of the request are too large.",
    503: b"There are too many connections.",
}


@dataclass(frozen=True, slots=True)
class ConnectionLimits:
    """How many clients there may be, and what each may take up in seconds and in bytes.

    `patience` is for the head of a request, from its first byte to its last; its body, and an
    answer that is not taken, have three times as long.
    """

    connections: int = 1000
    patience: float = 10
    url: int = 64 << 10
    head: int = 32 << 10
    message: int = 64 << 20


@dataclass(eq=False, slots=True)
class Guard:
    """All connections of a server, and what they may not do."""

    limits: ConnectionLimits
    repeats: Repeats
    open: set[GuardedProtocol] = field(default_factory=set)
    # Connections without a request in work, those first that have been so for longest.
    idle: dict[GuardedProtocol, None] = field(default_factory=dict)

    async def watch(self) -> None:
        """End the connections that are past their deadline, for as long as this runs."""
        now = asyncio.get_running_loop().time
        while True:
            await asyncio.sleep(min(1.0, self.limits.patience / 4))
            for connection in list(self.open):
                connection.check(now())

    def admit(self, connection: GuardedProtocol) -> bool:
        """Take a connection in, if need be in place of one that does nothing."""
        self.open.add(connection)
        self.idle[connection] = None
        if len(self.open) <= self.limits.connections:
            return True
        oldest = next(iter(self.idle))
        if oldest is connection:
            return False
        oldest.transport.abort()
        self.remove(oldest)
        return True

    def remove(self, connection: GuardedProtocol) -> None:
        """Forget a connection."""
        self.open.discard(connection)
        self.idle.pop(connection, None)


class GuardedProtocol(HttpToolsProtocol):
    """uvicorn's HTTP protocol under the limits of a `Guard`."""

    def __init__(self, *args: Any, guard: Guard, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._guard = guard
        self._limits = guard.limits
        self._deadline = inf
        self._head = False  # whether the head of a request is on its way
        self._between = True  # whether nothing of a request is
        self._whole = b""  # the request that is on its way, if it is all in one piece
        self._received = 0  # of the request that is on its way
        self._over = False  # whether what comes is of no interest any more
        self._unsent = 0
        self._moved = 0.0

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """A client has come."""
        super().connection_made(transport)
        self._deadline = self.loop.time() + self._limits.patience
        if not self._guard.admit(self):
            self._refuse(503)

    def connection_lost(self, exc: Exception | None) -> None:
        """A client has gone."""
        self._guard.remove(self)
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """A client has sent something: perhaps not all of a request."""
        if self._over or self.transport.is_closing():
            return
        self._whole = b""
        if self._between and self in self._guard.idle and not self.flow.write_paused:
            if self._repeat(data):
                return
            self._deadline = self.loop.time() + self._limits.patience
            if data.startswith(b"GET ") and data.find(b"\r\n\r\n") == len(data) - 4:
                self._whole = data
        self._received += len(data)
        super().data_received(data)
        limit = self._limits.url + self._limits.head if self._head else self._limits.message
        if self._received > limit and not self.transport.is_closing():
            self._refuse(431 if self._head else 413)

    def _repeat(self, data: bytes) -> bool:
        """Answer a request that is known to the byte, if it is."""
        date = self.server_state.default_headers
        answer = self._guard.repeats.answer(data, date[0][1]) if date else None
        if answer is None:
            return False
        self._unset_keepalive_if_required()
        self._deadline = self.loop.time() + self.timeout_keep_alive
        self._guard.idle[self] = self._guard.idle.pop(self)
        self.transport.write(answer)
        return True

    def on_message_begin(self) -> None:
        """The first byte of a request is here."""
        super().on_message_begin()
        self._head = True
        self._between = False
        self._received = 0

    def on_header(self, name: bytes, value: bytes) -> None:
        """A header is here; one behind a body has nothing to say, and there could be millions."""
        if self._head:
            super().on_header(name, value)

    def on_headers_complete(self) -> None:
        """The head of a request is here; it may be answered."""
        self._head = False
        if self._over or self.transport.is_closing():
            return
        if len(self.pipeline) >= _MOST_QUEUED:
            self._over = True  # the client sees that the last was the last, and asks again
            self.pipeline[0][0].keep_alive = False
            return
        size = sum(len(name) + len(value) + 4 for name, value in self.headers)
        if len(self.url) > self._limits.url:
            self._refuse(414)
        elif size > self._limits.head:
            self._refuse(431)
        else:
            self._deadline = self.loop.time() + self._limits.patience * _LONGER
            self._guard.idle.pop(self, None)
            # What announces a body is not whole, though all that has come ends in an empty line.
            bodiless = not any(name in _FRAMING for name, _ in self.headers)
            if self._whole and bodiless and self.parser.should_keep_alive():
                self.scope["extensions"] = {WHOLE: {"bytes": self._whole}}
            super().on_headers_complete()

    def on_body(self, body: bytes) -> None:
        """Some of the body of a request is here."""
        if not self._over and not self.transport.is_closing():
            super().on_body(body)
            if len(self.cycle.body) > _MOST_UNREAD:
                self._refuse(413)

    def on_message_complete(self) -> None:
        """All of a request is here."""
        self._deadline = inf
        self._between = True
        if not self._over and not self.transport.is_closing():
            super().on_message_complete()

    def on_response_complete(self) -> None:
        """All of an answer is on its way."""
        super().on_response_complete()
        if not self.pipeline and not self.transport.is_closing():
            self._guard.idle[self] = None

    def resume_writing(self) -> None:
        """The client takes what it is sent."""
        self._moved = self.loop.time()
        super().resume_writing()

    def check(self, now: float) -> None:
        """End the connection if the client takes too long, to send or to receive."""
        unsent = self.transport.get_write_buffer_size()
        if unsent < self._unsent or not self._unsent:
            self._moved = now
        self._unsent = unsent
        if unsent and now - self._moved > self._limits.patience * _LONGER:
            self.transport.abort()
        elif now > self._deadline:
            if self.transport.is_closing():
                self.transport.abort()
            elif self._between:
                self.transport.close()
            else:
                self._refuse(408)

    def _refuse(self, status: int) -> None:
        """Say why, unless an answer is on its way already, and end the connection."""
        self._deadline = self.loop.time() + self._limits.patience
        if self.cycle is None or self.cycle.response_complete or not self.cycle.response_started:
            text = _REASONS[status]
            head = b"content-type: text/plain; charset=utf-8\r\nconnection: close\r\n"
            length = b"content-length: %d\r\n\r\n" % len(text)
            self.transport.write(STATUS_LINE[status] + head + length + text)
        self.transport.close()
