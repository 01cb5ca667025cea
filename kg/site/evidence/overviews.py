"""All mechanisms, and all findings, of a release in one drawing; and those of one thing."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from pyoxigraph import NamedNode

from kg import terms
from kg.site.content import Content
from kg.site.evidence.maps import all_findings_map, findings_map
from kg.site.evidence.mechanisms import all_mechanisms, mechanisms_of
from kg.site.evidence.reading import Facts, le
from kg.site.pages import Page
from kg.view import Mention, View

_MECHANISM = le("Mechanism")


class Overviews:
    """The section of these pages; a project without mechanisms or findings lacks them."""

    def __init__(self, content: Content) -> None:
        self._content = content

    def pages(self) -> Iterator[Page]:
        """One page for all mechanisms, one for all findings."""
        facts = Facts(self._content)
        if facts.instances(_MECHANISM):
            yield Page("mechanisms", "page", title="Mechanisms")
        if facts.instances(terms.FINDING):
            yield Page("evidence", "page", title="Evidence map")

    def render(self, page: Page, format_: str, params: Mapping[str, str]) -> bytes:  # noqa: ARG002
        """One of the two."""
        if page.path == "mechanisms":
            found = all_mechanisms(self._content)
            return self._content.html(
                "mechanisms.html", page, page.title, mechanisms=found,
                description="Every causal step that documents tell, and the chains they make.",
            )  # fmt: skip
        map_ = all_findings_map(self._content)
        return self._content.html(
            "evidence_map.html", page, page.title, map=map_,
            description="What each study found, outcome by outcome.",
        )  # fmt: skip


def drawings_of(content: Content, view: View) -> dict[str, Any]:
    """What the page of a thing draws: its mechanisms, and a map of the findings on it, if any."""
    mechanisms = _mentions(view, _MECHANISM)
    leaving, coming = (
        [NamedNode(m.subject.iri) for m in mechanisms if le(role).value in m.role_iris]
        for role in ("subject", "object")
    )
    about = content.reader.value(NamedNode(view.iri))
    chain = mechanisms_of(content, about, leaving, coming) if leaving or coming else None
    findings = [NamedNode(mention.subject.iri) for mention in _mentions(view, terms.FINDING)]
    title = f"Findings on {about.text}, outcomes by study"
    return {
        "chain": chain if chain and chain.steps else None,
        "map": findings_map(Facts(content), findings, title) if len(findings) > 1 else None,
    }


def _mentions(view: View, class_: NamedNode) -> list[Mention]:
    return [m for group in view.groups if group.iri == class_.value for m in group.mentions]
