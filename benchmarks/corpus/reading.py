"""A document as it is read: the nodes that have come of it, and how far the reader is."""

from __future__ import annotations

import hashlib
from typing import Any

from benchmarks.corpus import words
from benchmarks.corpus.draw import Draw

Node = dict[str, Any]
"""What a sheet holds, with the same keys.

Whole numbers are numbers; a number with a fraction is text, since JSON-LD reads a bare `0.03` as
a double.
"""

_HEDGES = ("asserted",) * 6 + ("qualified",) * 3 + ("possible",) * 2 + ("theoretical", "unresolved")


def key_of(number: int) -> str:
    """What stands for a document in the IRIs of its nodes.

    >>> key_of(123)
    '000123'
    """
    return f"{number:06d}"


class Reading:
    """A document as it is read from beginning to end, and the nodes that have come of it.

    `nodes` begins with the document and its publication.
    """

    def __init__(self, number: int, draw: Draw) -> None:
        self.key = key_of(number)
        self.draw = draw
        self._position = 0
        self._paragraph = 1
        surname, place = draw.pick(words.SURNAMES), draw.pick(words.PLACES)
        year = draw.between(1994, 2026)
        self.by = f"{surname} {year}"
        self.where = place
        publication = self._publication(surname, year)
        cited = [publication["id"]]
        if draw.chance(0.03):
            cited.append(draw.pick(words.SHARED_PUBLICATIONS))
        self.document: Node = {
            "id": f"document/{self.key}",
            "type": "Document",
            "label": f"Article by {surname} and others, {place} {year} ({self.key})",
            "fileName": f"{self.key}_{surname}-{year}.txt",
            "sha256": _sha256(f"{self.key} {self.by} {place}"),
            "language": draw.pick(words.LANGUAGES),
            "cites": cited,
        }
        self.nodes = [self.document, publication]

    def _publication(self, surname: str, year: int) -> Node:
        draw = self.draw
        names = [f"{surname} {draw.pick(words.INITIALS)}"]
        for _ in range(draw.between(0, 5)):
            names.append(f"{draw.pick(words.SURNAMES)} {draw.pick(words.INITIALS)}")
        node: Node = {
            "id": f"publication/{self.key}",
            "type": "Publication",
            "label": f"{surname} et al. {year}",
            "authors": ", ".join(names),
            "journal": draw.pick(words.JOURNALS),
            "year": year,
            "volume": str(draw.between(1, 140)),
        }
        if draw.chance(0.6):
            node["doi"] = f"10.5555/corpus.{self.key}"
        return node

    def passage(self, text: str) -> Node:
        """Where the document says `text`: each passage stands behind the ones before."""
        draw = self.draw
        if draw.chance(0.4):
            self._paragraph += draw.between(1, 2)
        start = self._position + draw.between(1, 300)
        self._position = end = start + len(text)
        return {
            "document": f"document/{self.key}",
            "paragraph": self._paragraph,
            "hedge": draw.pick(_HEDGES),
            "sha256": _sha256(text),
            "selector": {"start": start, "end": end},
        }

    def passages(self, text: str) -> list[Node]:
        """One place where the document says `text`; sometimes it says it twice."""
        found = [self.passage(text)]
        if self.draw.chance(0.06):
            found.append(self.passage(f"Again, {text}"))
        return found

    def add(self, node: Node) -> str:
        """Keep a node; gives its IRI. A few get a remark of the reader."""
        if self.draw.chance(0.03):
            node["note"] = self.draw.pick(words.REMARKS)
        self.nodes.append(node)
        iri: str = node["id"]
        return iri


def _sha256(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()
