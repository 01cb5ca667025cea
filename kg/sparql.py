"""What must be known of a query's text before it is run."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator
from typing import Final

from kg.errors import QueryError

_ESCAPE: Final = re.compile(r"\\u([0-9A-Fa-f]{4})|\\U([0-9A-Fa-f]{8})")
# What may hold the letters of a keyword without being one, as SPARQL's grammar spells it: strings,
# comments, variables, language tags and IRIs. Then words, which may be or hold a keyword: parsers
# read `SERVICEex:a`, `1SERVICE` and `ex:.SERVICE` as two tokens each.
_TOKEN: Final = re.compile(
    r'"""(?:[^\\]|\\.)*?"""' "|" r"'''(?:[^\\]|\\.)*?'''"
    "|" r'"(?:[^"\\\n\r]|\\.)*"' "|" r"'(?:[^'\\\n\r]|\\.)*'"
    "|" r"#[^\n\r]*"
    "|" r"[?$]\w+"
    "|" r"@[A-Za-z]+(?:-[A-Za-z0-9]+)*"
    "|" r"(?P<iri><(?:[^<>\"{}|^`\\\x00-\x20]|\\u[0-9A-Fa-f]{4}|\\U[0-9A-Fa-f]{8})*>)"
    "|" r"(?P<word>(?:[\w.:-]|%[0-9A-Fa-f]{2}|\\[_~.\-!$&'()*+,;=/?#@%])+)",
    re.DOTALL,
)  # fmt: skip
# `<` may also be the operator, and what looks like the rest of an IRI a comment or a string; but
# `scheme://` can stand in no expression.
_AMBIGUOUS: Final = re.compile(r"<(?!\w+://).*[#']", re.DOTALL)

_SERVICE: Final = re.compile(
    r"SERVICE[ \t\r\n]+(?:SILENT[ \t\r\n]+)?<([^<>\"{}|^`\\\x00-\x20]+)>", re.IGNORECASE
)
_UPDATES: Final = frozenset(
    ("insert", "delete", "load", "clear", "drop", "create", "add", "move", "copy", "with")
)


def refuse_federation(query: str, allowed: Collection[str] = ()) -> bool:
    r"""Raise `QueryError` when a query would ask another endpoint (SERVICE) than those allowed.

    Gives whether it asks any. The query is judged as written and with its Unicode escapes resolved
    (SPARQL 1.1, section 19.2), since parsers differ in when they do that. In doubt the answer is
    no: a prefixed name with `service` in it is refused as well, and an endpoint must be written out
    in full.

    >>> refuse_federation('SELECT ?service { ?service <https://e.org/service> "SERVICE" }')
    False
    >>> refuse_federation("SELECT * { \u0053ERVICE <http://example.org/> { ?s ?p ?o } }")
    Traceback (most recent call last):
    kg.errors.QueryError: SERVICE is not allowed: ...
    """
    found = {end for text in {query, unescape(query)} for end in _endpoints(text)}
    if not found <= set(allowed):
        if allowed:
            names = ", ".join(f"<{name}>" for name in allowed)
            raise QueryError(f"SERVICE is allowed for {names} alone, each written in full")
        raise QueryError(
            "SERVICE is not allowed: a query reads this graph and opens no connection"
            " (a name with `service` in it can be written as a full IRI)"
        )
    return bool(found)


def _endpoints(query: str) -> Iterator[str]:
    """What follows SERVICE, however the query is cut into tokens: an IRI, or "" for all else."""
    if "service" not in query.lower():
        return
    seen: set[int] = set()
    starts = [0]
    while starts:
        at = starts.pop()
        while at < len(query) and at not in seen:
            seen.add(at)
            token = _TOKEN.match(query, at)
            if token is None:
                at += 1
                continue
            if token["word"] and "service" in token["word"].lower():
                service = _SERVICE.match(query, at)
                yield service[1] if service else ""
            if token["iri"] and _AMBIGUOUS.match(token["iri"]):
                starts.append(at + 1)
            at = token.end()


def names_graphs(query: str) -> bool:
    """Whether a query has FROM clauses, which say what graphs it is about.

    >>> names_graphs("SELECT * FROM <g:a> {}"), names_graphs("ASK { ?from <x:FROM> 'FROM' }")
    (True, False)
    """
    query = unescape(query)
    if "from" not in query.lower():
        return False
    return any((match["word"] or "").lower() == "from" for match in _TOKEN.finditer(query))


def is_update(query: str) -> bool:
    r"""Whether a text is, by its first keyword, a SPARQL update and no query.

    >>> is_update("# a\nPREFIX delete: <urn:a> INSERT DATA {}"), is_update("SELECT * {}")
    (True, False)
    """
    words = (match["word"] or "" for match in _TOKEN.finditer(unescape(query)))
    for word in words:
        if word.lower() in ("base", "prefix", "version") or word.endswith(":"):
            continue
        if word:
            return word.lower() in _UPDATES
    return False


def unescape(query: str) -> str:
    r"""The query with its `\uXXXX` and `\UXXXXXXXX` escapes resolved."""

    def character(match: re.Match[str]) -> str:
        code = int(match[1] or match[2], 16)
        return chr(code) if code <= 0x10FFFF else match[0]

    return _ESCAPE.sub(character, query) if "\\" in query else query
