"""Resolving and minting IRIs: references, slugs, graphs and nested nodes."""

from __future__ import annotations

import hashlib
import re
import unicodedata
from collections.abc import Iterable
from pathlib import PurePosixPath
from typing import Final

# RFC 3986, appendix B: scheme, authority, path, query, fragment.
_PARTS: Final = re.compile(
    r"(?:([A-Za-z][A-Za-z0-9+.-]*):)?(?://([^/?#]*))?([^?#]*)(\?[^#]*)?(#.*)?", re.DOTALL
)
_PACKED: Final = (".gz", ".zst")


def resolve_iri(base: str, reference: str) -> str:
    """A reference resolved against a base, by RFC 3986, section 5.2; no character is dropped.

    `urllib.parse.urljoin` strips blanks and line ends, merges `//`, and raises on some input.

    >>> resolve_iri("https://example.org/a/", "b//c"), resolve_iri("https://example.org/a/", "../d")
    ('https://example.org/a/b//c', 'https://example.org/d')
    """
    scheme, authority, path, query, fragment = _parts(reference)
    if scheme is not None:
        return reference
    of_base = _parts(base)
    if authority is None:
        authority = of_base[1]
        if not path:
            path, query = of_base[2], query if query is not None else of_base[3]
        elif not path.startswith("/"):
            root = "/" if authority is not None and not of_base[2] else ""
            path = _without_dots(root + of_base[2][: of_base[2].rfind("/") + 1] + path)
        else:
            path = _without_dots(path)
    start = f"{of_base[0]}:" if of_base[0] is not None else ""
    host = f"//{authority}" if authority is not None else ""
    return f"{start}{host}{path}{query or ''}{fragment or ''}"


def _parts(reference: str) -> tuple[str | None, str | None, str, str | None, str | None]:
    match = _PARTS.fullmatch(reference)
    assert match  # every part may be empty, and the path takes whatever is left
    scheme, authority, path, query, fragment = match.groups()
    return scheme, authority, path, query, fragment


def _without_dots(path: str) -> str:
    """The path without its `.` and `..` segments; one `..` too many stops at the top."""
    kept: list[str] = []
    segments = path.split("/")
    for segment in segments:
        if segment == "..":
            if len(kept) > 1:
                kept.pop()
        elif segment != ".":
            kept.append(segment)
    if segments[-1] in (".", ".."):
        kept.append("")
    return "/".join(kept)


def slug(text: str) -> str:
    """Lower-case ASCII letters, digits and single hyphens, made from any text.

    >>> slug("Reported by Müller & Co.")
    'reported-by-muller-co'
    """
    ascii_text = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode()
    return re.sub(r"[^a-z0-9]+", "-", ascii_text.lower()).strip("-")


def sheet_suffix(name: str) -> str:
    """What the name of a sheet says of its format, in lower case; two suffixes when it is packed.

    >>> sheet_suffix("000.yaml"), sheet_suffix("all.v2.JSONL.gz")
    ('.yaml', '.jsonl.gz')
    """
    stem, _, last = name.lower().rpartition(".")
    suffix = f".{last}" if stem else ""
    return sheet_suffix(stem) + suffix if suffix in _PACKED else suffix


def graph_iri(base: str, sheet: PurePosixPath) -> str:
    """The named graph of a sheet, from its path below the folder of sheets, without the suffix.

    >>> graph_iri("https://example.org/", PurePosixPath("documents/000.yaml"))
    'https://example.org/graph/documents/000'
    """
    stem = sheet.name[: len(sheet.name) - len(sheet_suffix(sheet.name))]
    parts = sheet.with_name(stem).parts
    return base + "graph/" + "/".join(slug(part) or "-" for part in parts)


def local_name(iri: str) -> str:
    """What stands behind the last `#`, `/` or `:` of an IRI.

    >>> local_name("https://w3id.org/linked-evidence/ontology#pValue")
    'pValue'
    """
    return re.split(r"[#/:]", iri)[-1]


def namespace_of(iri: str, namespaces: Iterable[str] = ()) -> str:
    """The namespace an IRI is in: the longest of those known, else up to its last `#` or `/`.

    >>> namespace_of("http://purl.org/dc/terms/title")
    'http://purl.org/dc/terms/'
    """
    known = [namespace for namespace in namespaces if iri.startswith(namespace)]
    match = re.match(r".*[#/](?=.)", iri, re.DOTALL)
    return max(known, key=len, default="") or (match[0] if match else iri)


def nested_iri(parent: str, key: str, discriminator: str = "") -> str:
    """The IRI of a node nested in `parent` under `key`; one of several has a `discriminator`.

    It depends on nothing around it, so that adding or removing a sibling renames nothing.

    >>> nested_iri("https://example.org/finding/a", "dose")
    'https://example.org/finding/a/dose'
    """
    end = f"/{discriminator}" if discriminator else ""
    return f"{parent}/{local_name(key)}{end}"


def hash_of(iri: str) -> int:
    """What stands for an IRI where there are too many to keep: 64 bits of its BLAKE2b.

    >>> hash_of("https://example.org/iron") == hash_of("https://example.org/zinc")
    False
    """
    return int.from_bytes(hashlib.blake2b(iri.encode(), digest_size=8).digest(), "little")
