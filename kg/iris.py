"""Minting IRIs: slugs, graphs and nested nodes."""

from __future__ import annotations

import re
import unicodedata
from pathlib import PurePosixPath


def slug(text: str) -> str:
    """Lower-case ASCII letters, digits and single hyphens, made from any text.

    >>> slug("Reported by Müller & Co.")
    'reported-by-muller-co'
    """
    ascii_text = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode()
    return re.sub(r"[^a-z0-9]+", "-", ascii_text.lower()).strip("-")


def graph_iri(base: str, sheet: PurePosixPath) -> str:
    """The named graph of a sheet, from its path below the folder of sheets, without the suffix.

    >>> graph_iri("https://example.org/", PurePosixPath("documents/000.yaml"))
    'https://example.org/graph/documents/000'
    """
    parts = sheet.with_suffix("").parts
    return base + "graph/" + "/".join(slug(part) or "-" for part in parts)


def local_name(iri: str) -> str:
    """What stands behind the last `#`, `/` or `:` of an IRI.

    >>> local_name("https://w3id.org/linked-evidence/ontology#pValue")
    'pValue'
    """
    return re.split(r"[#/:]", iri)[-1]


def nested_iri(parent: str, key: str, discriminator: str = "") -> str:
    """The IRI of a node nested in `parent` under `key`; one of several has a `discriminator`.

    It depends on nothing around it, so that adding or removing a sibling renames nothing.

    >>> nested_iri("https://example.org/finding/a", "dose")
    'https://example.org/finding/a/dose'
    """
    end = f"/{discriminator}" if discriminator else ""
    return f"{parent}/{local_name(key)}{end}"
