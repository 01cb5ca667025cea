"""How to cite a release: in words, and for a reference manager."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

from kg.iris import slug
from kg.metadata.dcat import Agent
from kg.project import Project

_SPECIAL: Final = {
    "\\": r"\textbackslash{}", "~": r"\textasciitilde{}", "^": r"\textasciicircum{}",
    **{c: rf"\{c}" for c in "{}$&#_%"},
}  # fmt: skip

_CREATIVE_COMMONS: Final = re.compile(
    r"https?://creativecommons\.org/(?:licenses/([a-z-]+)|publicdomain/(zero))/([0-9.]+)/?"
)


@dataclass(frozen=True, slots=True)
class Citation:
    """What a citation holds; anything but title, version and identifier may be empty."""

    authors: tuple[str, ...]
    year: str
    title: str
    version: str
    publisher: str
    identifier: str

    @classmethod
    def of(cls, project: Project, version: str) -> Citation:
        """The citation of a version of a project."""
        names = tuple(Agent.parse(text).name for text in project.creators if text.strip())
        publisher = Agent.parse(project.publisher).name if project.publisher.strip() else ""
        title = project.title or project.base
        return cls(names, project.issued[:4], title, version, publisher, project.base)

    def text(self) -> str:
        """One line, as in a list of references.

        >>> Citation(("A. Doe",), "2026", "Iron", "1.0", "", "https://example.org/").text()
        'A. Doe (2026). Iron, version 1.0 [data set]. https://example.org/'
        """
        who = ", ".join(self.authors)
        when = f"({self.year})" if self.year else ""
        start = " ".join(part for part in (who, when) if part)
        what = f"{self.title}, version {self.version} [data set]"
        known = [part for part in (start, what, self.publisher) if part]
        return f"{'. '.join(part.rstrip('.') for part in known)}. {self.identifier}"

    def bibtex(self) -> str:
        r"""An entry for BibTeX.

        >>> print(Citation(("A & B",), "2026", "Iron", "1.0", "", "https://example.org/").bibtex())
        @misc{iron-2026,
          author = {{A \& B}},
          title = {{Iron}},
          year = {2026},
          version = {1.0},
          howpublished = {\url{https://example.org/}}
        }
        """
        fields = {
            "author": " and ".join(f"{{{_escaped(name)}}}" for name in self.authors),
            "title": f"{{{_escaped(self.title)}}}",
            "year": self.year,
            "version": _escaped(self.version),
            "publisher": _escaped(self.publisher),
            "howpublished": rf"\url{{{self.identifier}}}",
        }
        lines = ",\n".join(f"  {name} = {{{value}}}" for name, value in fields.items() if value)
        key = slug(f"{self.title[:60]} {self.year}") or "data-set"
        return f"@misc{{{key},\n{lines}\n}}"


def _escaped(text: str) -> str:
    """A text as LaTeX prints it."""
    return re.sub(r"[\\{}$&#_%~^]", lambda match: _SPECIAL[match[0]], " ".join(text.split()))


def license_name(iri: str) -> str:
    """A licence as people call it, where that can be read from its IRI.

    >>> license_name("https://creativecommons.org/licenses/by-sa/4.0/"), license_name("urn:x")
    ('CC BY-SA 4.0', 'urn:x')
    """
    match = _CREATIVE_COMMONS.fullmatch(iri)
    if not match:
        return iri
    return f"CC {match[1].upper()} {match[3]}" if match[1] else f"CC0 {match[3]}"
