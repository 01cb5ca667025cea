"""Why a query has no answer, as HTTP says it: a status, and words for people and programs."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from http import HTTPStatus
from typing import Any, Final

from kg.errors import KgError
from kg.formats import choose

_JSON: Final = "application/problem+json"
_TYPES: Final = {
    "text/plain": "text/plain",
    _JSON: _JSON,
    "application/json": _JSON,
    "application/sparql-results+json": _JSON,
    "application/ld+json": _JSON,
}


@dataclass(eq=False)
class RefusedError(KgError):
    """A request that is answered with an error. `line` and `column`, where there is a place.

    >>> str(RefusedError(404, "there is no graph of that name"))
    'there is no graph of that name'
    """

    status: int
    detail: str
    line: int = 0
    column: int = 0
    retry_after: int = 0
    allow: str = ""

    def __str__(self) -> str:
        return self.detail

    @property
    def headers(self) -> dict[str, str]:
        """The headers that belong to the status."""
        headers = {}
        if self.retry_after:
            headers["Retry-After"] = str(self.retry_after)
        if self.allow:
            headers["Allow"] = self.allow
        return headers

    def body(self, accept: str) -> tuple[str, bytes]:
        r"""Content type and content: a problem as JSON (RFC 9457) where asked for, else text.

        >>> RefusedError(400, "no query", line=1, column=7).body("application/json")[1]
        b'{"title": "Bad Request", "status": 400, "detail": "no query", "line": 1, "column": 7}\n'
        """
        type_ = _TYPES[choose(accept, list(_TYPES)) or "text/plain"]
        if type_ != _JSON:
            return "text/plain; charset=utf-8", f"{self.detail}\n".encode()
        place = {"line": self.line, "column": self.column} if self.line else {}
        title = HTTPStatus(self.status).phrase
        problem = {"title": title, "status": self.status, "detail": self.detail, **place}
        return type_, (json.dumps(problem, ensure_ascii=False) + "\n").encode()

    def to_json(self) -> bytes:
        """All of it, for `from_json` in another process."""
        return json.dumps(asdict(self)).encode()

    @classmethod
    def from_json(cls, data: bytes) -> RefusedError:
        """What `to_json` gave."""
        fields: dict[str, Any] = json.loads(data)
        return cls(**fields)
