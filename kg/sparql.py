"""What must be known of a query's text before it is run."""

from __future__ import annotations

import re
from typing import Final

from kg.errors import QueryError

_ESCAPE: Final = re.compile(r"\\u([0-9A-Fa-f]{4})|\\U([0-9A-Fa-f]{8})")
# What may hold the letters of a keyword without being one, as SPARQL's grammar spells it:
# strings, IRIs, comments, variables, language tags, and prefixed names.
_INERT: Final = re.compile(
    r'"""(?:[^\\]|\\.)*?"""' "|" r"'''(?:[^\\]|\\.)*?'''"
    "|" r'"(?:[^"\\\n\r]|\\.)*"' "|" r"'(?:[^'\\\n\r]|\\.)*'"
    "|" r"<[^<>\"{}|^`\\\x00-\x20]*>"
    "|" r"#[^\n\r]*"
    "|" r"[?$]\w+"
    "|" r"@[A-Za-z]+(?:-[A-Za-z0-9]+)*"
    "|" r"(?<![\w.-])(?!(?:\w|[.-])*service:)[\w.-]*:(?:[\w.:-]|%[0-9A-Fa-f]{2}|\\.)*",
    re.DOTALL | re.IGNORECASE,
)  # fmt: skip


def refuse_federation(query: str) -> None:
    r"""Raise `QueryError` when a query would ask another endpoint (SERVICE).

    Unicode escapes are resolved first, as SPARQL does (section 19.2). In doubt the answer is no:
    a prefix that is itself called `service` is refused as well.

    >>> refuse_federation('SELECT ?service { ?service ex:service "SERVICE" } # SERVICE')
    >>> refuse_federation("SELECT * { \\u0053ERVICE <http://example.org/> { ?s ?p ?o } }")
    Traceback (most recent call last):
    kg.errors.QueryError: SERVICE is not allowed: ...
    """
    if "service" in _INERT.sub(" ", unescape(query)).lower():
        raise QueryError("SERVICE is not allowed: a query reads this graph and opens no connection")


def unescape(query: str) -> str:
    r"""The query with its `\uXXXX` and `\UXXXXXXXX` escapes resolved."""

    def character(match: re.Match[str]) -> str:
        code = int(match[1] or match[2], 16)
        return chr(code) if code <= 0x10FFFF else match[0]

    return _ESCAPE.sub(character, query)
