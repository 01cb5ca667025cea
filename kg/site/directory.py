"""All things by what they are called: for the lists from A to Z, and for search."""

from __future__ import annotations

import unicodedata
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Final

from kg.iris import local_name
from kg.site.pages import Page

MOST_FOUND: Final = 100
_LONGEST_QUERY: Final = 200
_WORDS: Final = 12


@dataclass(frozen=True, slots=True)
class Entry:
    """A thing as lists show it. `others` are its further labels and its identifiers.

    `names` are its label, the others and the end of its path, without case and accents; `text` is
    all of them at once.
    """

    page: Page
    label: str
    language: str
    kind: str
    others: tuple[str, ...]
    names: tuple[str, ...]
    text: str

    @property
    def initial(self) -> str:
        """The letter it stands under; `#` for what does not start with a letter."""
        first = self.names[0][:1]
        return first.upper() if first.isalpha() else "#"


def entry_of(page: Page, label: str, language: str, kind: str, others: Iterable[str]) -> Entry:
    """An entry, with its texts made ready to be compared.

    >>> entry_of(Page("mineral/iron", "thing"), "Ärzte", "de", "", ()).names
    ('arzte', 'iron')
    """
    others = tuple(others)
    known = (label, *others, local_name(page.path.rstrip("/")))
    names = tuple(map(folded, known))
    return Entry(page, label, language, kind, others, names, "\n".join(names))


class Directory:
    """Entries in the order of their labels.

    >>> iron = entry_of(Page("mineral/iron", "thing"), "Iron", "en", "mineral", ["Fe"])
    >>> directory = Directory([iron])
    >>> [[entry.label for entry in directory.search(text)] for text in ("IRÓN", "fe", "gold")]
    [['Iron'], ['Iron'], []]
    """

    def __init__(self, entries: Iterable[Entry]) -> None:
        self.entries = tuple(sorted(entries, key=_order))

    @cached_property
    def by_path(self) -> Mapping[str, Entry]:
        """Entries by the paths of their pages."""
        return {entry.page.path: entry for entry in self.entries}

    def letters(self) -> Iterator[tuple[str, list[Entry]]]:
        """Entries by their initials, in order."""
        found: defaultdict[str, list[Entry]] = defaultdict(list)
        for entry in self.entries:
            found[entry.initial].append(entry)
        yield from sorted(found.items())

    def search(self, text: str) -> list[Entry]:
        """What is called so: exactly, then by how it begins, by its words, by any part of it.

        Letters count without accents and case; every word of the text must be met.
        """
        wanted = folded(text[:_LONGEST_QUERY])
        words = wanted.split()[:_WORDS]
        if not words:
            return []
        ranked = []
        for entry in self.entries:
            if all(word in entry.text for word in words):
                rank = _rank(entry.names, " ".join(words), words)
                ranked.append((rank, len(entry.label), entry))
        ranked.sort(key=lambda found: found[:2])
        return [entry for _, _, entry in ranked]


def folded(text: str) -> str:
    """The text without case and accents, its blanks as single spaces.

    >>> folded(" Müller  & SØN")
    'muller & søn'
    """
    parts = unicodedata.normalize("NFKD", text.casefold())
    plain = "".join(c for c in parts if not unicodedata.combining(c))
    return " ".join(plain.split())


def _rank(names: tuple[str, ...], wanted: str, words: list[str]) -> int:
    """How well names meet what is wanted: the lower, the better; the first name counts most."""
    if names[0] == wanted:
        return 0
    if wanted in names:
        return 1
    if names[0].startswith(wanted):
        return 2
    if any(name.startswith(wanted) for name in names):
        return 3
    for rank, some in ((4, names[:1]), (5, names)):
        starts = [start for name in some for start in name.replace("-", " ").split()]
        if all(any(start.startswith(word) for start in starts) for word in words):
            return rank
    return 6


def _order(entry: Entry) -> tuple[bool, str, str]:
    return entry.initial == "#", entry.names[0], entry.page.path
