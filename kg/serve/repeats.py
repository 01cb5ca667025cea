"""Requests that repeat an earlier one to the byte get its answer at once.

Programs send the same bytes for the same question. What they were answered is then kept as it went
over the wire, so that neither HTTP nor the address is read again: the fastest way to answer is to
know that one has.
"""

from __future__ import annotations

import itertools
import json
import os
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from kg.serve.cache import Cache
from kg.serve.headers import RawHeaders
from kg.serve.log import Log, timestamp

_MOST: Final = 32 << 20
LARGEST: Final = 512 << 10
"""An answer with more bytes is not kept."""
_EACH_ITS_OWN: Final = (b"date", b"x-request-id", b"transfer-encoding", b"connection")
_ids = itertools.count(1)
_process: Final = os.urandom(4).hex()


def request_id() -> bytes:
    """A name for a request that no other has."""
    return b"%s-%06x" % (_process.encode(), next(_ids))


@dataclass(frozen=True, slots=True)
class Repeat:
    """An answer as it is sent, but for its date and the request's id, and its line in the log."""

    head: bytes
    body: bytes
    id: bytes
    line: str


class Repeats:
    """Answers by the bytes of the requests that they were given to; of one release only."""

    def __init__(self, log: Log | None) -> None:
        self._log = log
        self._kept: Cache[bytes, Repeat] = Cache(_MOST)

    def answer(self, request: bytes, date: bytes) -> bytes | None:
        """The bytes to send, when these have been asked for before."""
        repeat = self._kept.get(request)
        if repeat is None:
            return None
        id_ = repeat.id or request_id()
        if self._log is not None:
            self._log.line(f'{{"time": "{timestamp()}", "id": "{id_.decode()}", {repeat.line}}}\n')
        return b"HTTP/1.1 200 OK\r\ndate: %b\r\nx-request-id: %b\r\n%b\r\n%b" % (
            date, id_, repeat.head, repeat.body,
        )  # fmt: skip

    def keep(
        self, request: bytes, id_: bytes, headers: RawHeaders, body: bytes, line: Mapping[str, Any]
    ) -> None:
        """Keep what a request was answered; `id_` is empty when the client gave none.

        Only what has a tag is kept: anything else may be another answer the next time.
        """
        names = {name for name, _ in headers}
        if b"etag" not in names or len(body) > LARGEST:
            return
        lines = [(name, value) for name, value in headers if name not in _EACH_ITS_OWN]
        if b"content-length" not in names:
            lines.append((b"content-length", b"%d" % len(body)))
        head = b"".join(b"%b: %b\r\n" % header for header in lines)
        told = json.dumps(dict(line) | {"ms": 0.0, "repeated": True})[1:-1]
        size = len(request) + len(head) + len(body) + len(told)
        self._kept.put(request, Repeat(head, body, id_, told), size)

    def clear(self) -> None:
        """Forget everything: there is a new release."""
        self._kept.clear()
