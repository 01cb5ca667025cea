"""A study: how it was done, in whom, what was given, and what documents say came out."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final
from urllib.parse import quote

from pyoxigraph import NamedNode

from kg import terms
from kg.site.content import Content
from kg.site.evidence.findings import (
    FindingRow,
    Given,
    finding_rows,
    given,
    reading_order,
)
from kg.site.evidence.reading import Facts, le, rest_of
from kg.view import Place, Value, View

_DOI: Final = NamedNode("http://purl.org/ontology/bibo/doi")
_PMID: Final = NamedNode("http://purl.org/ontology/bibo/pmid")
_ISSUED: Final = NamedNode(terms.DCTERMS + "issued")


@dataclass(frozen=True, slots=True)
class People:
    """A population: whom it is a part of, what they have, and what picks them out."""

    population: Value
    subgroup_of: Value | None
    conditions: tuple[Value, ...]
    criteria: tuple[Value, ...]
    sample: str


@dataclass(frozen=True, slots=True)
class Article:
    """A publication; each identifier has a name, an address, and the text of itself."""

    publication: Value
    authors: str
    journal: str
    year: str
    identifiers: tuple[tuple[str, str, str], ...]


@dataclass(frozen=True, slots=True)
class Twin:
    """A study that is probably the same as another, and why a curator thinks so."""

    correspondence: Value
    other: Value
    reason: str
    places: tuple[Place, ...]


@dataclass(frozen=True, slots=True)
class Remark:
    """A statement about a study that is no finding, with its places."""

    statement: Value
    kind: Value | None
    places: tuple[Place, ...]


@dataclass(frozen=True, slots=True)
class StudyPage:
    """A study; everything is empty that no document tells. `documents` report it.

    `found` is how many findings there are, `findings` as many of them as a page can show.
    """

    design: tuple[Value, ...]
    sample: str
    arms: tuple[Given, ...]
    people: tuple[People, ...]
    articles: tuple[Article, ...]
    findings: tuple[FindingRow, ...]
    found: int
    limitations: tuple[Remark, ...]
    other_statements: tuple[Remark, ...]
    twins: tuple[Twin, ...]
    documents: tuple[tuple[Value, int], ...]


def study_page(facts: Facts, node: NamedNode) -> StudyPage:
    """All that documents tell of a study."""
    about = facts.subjects(le("study"), node)
    findings = [one for one in about if facts.is_a(one, terms.FINDING)]
    correspondences = [one for one in about if facts.nodes(one, le("probablySameAs"))]
    limitation = le("Limitation")
    said_of = [*about, *facts.subjects(le("subject"), node)]
    limits = [one for one in said_of if facts.is_a(one, limitation)]
    others = [one for one in said_of if one not in {*findings, *correspondences, *limits}]
    return StudyPage(
        design=facts.values(node, le("design")),
        sample=facts.text(node, le("sampleSize")),
        arms=given(facts, node, le("arm")),
        people=tuple(_people(facts, node, findings)),
        articles=tuple(_article(facts, one) for one in facts.nodes(node, terms.PUBLICATION)),
        findings=finding_rows(facts, findings),
        found=len(findings),
        limitations=remarks(facts, limits),
        other_statements=remarks(facts, others),
        twins=twins_of(facts, node),
        documents=_documents(facts, [node, *about]),
    )


def remarks(facts: Facts, nodes: list[NamedNode]) -> tuple[Remark, ...]:
    """Statements with their places, each once, in reading order."""
    found = [
        Remark(facts.reader.value(one), facts.one(one, terms.TYPE), facts.reader.places(one))
        for one in dict.fromkeys(nodes)
    ]
    return tuple(sorted(found, key=lambda remark: reading_order(remark.places)))


def _people(facts: Facts, node: NamedNode, findings: list[NamedNode]) -> list[People]:
    """The study's populations, then those that only its findings speak of."""
    population = le("population")
    found = dict.fromkeys(facts.nodes(node, population))
    found |= dict.fromkeys(one for f in findings for one in facts.nodes(f, population))
    return [
        People(
            facts.reader.value(one),
            facts.one(one, le("subgroupOf")),
            facts.values(one, le("condition")),
            facts.values(one, le("criterion")),
            facts.text(one, le("sampleSize")),
        )
        for one in found
    ]


def _article(facts: Facts, node: NamedNode) -> Article:
    identifiers = [
        ("DOI", f"https://doi.org/{quote(text)}", text) for text in facts.literals(node, _DOI)
    ] + [
        ("PMID", f"https://pubmed.ncbi.nlm.nih.gov/{quote(text)}/", text)
        for text in facts.literals(node, _PMID)
    ]
    return Article(
        facts.reader.value(node),
        facts.text(node, le("authors")),
        facts.text(node, le("journal")),
        facts.text(node, _ISSUED),
        tuple(identifiers),
    )


def twins_of(facts: Facts, node: NamedNode) -> tuple[Twin, ...]:
    """The studies that a study is probably the same as; either may be the one that says so."""
    same, study = le("probablySameAs"), le("study")
    pairs = [
        *((c, other) for c in facts.subjects(study, node) for other in facts.nodes(c, same)),
        *((c, other) for c in facts.subjects(same, node) for other in facts.nodes(c, study)),
    ]
    return tuple(
        Twin(
            facts.reader.value(one),
            facts.reader.value(other),
            facts.text(one, le("reason")),
            facts.reader.places(one),
        )
        for one, other in pairs
    )


def _documents(facts: Facts, nodes: list[NamedNode]) -> tuple[tuple[Value, int], ...]:
    """The documents that speak of some things, with the number of passages in each."""
    counts: dict[NamedNode, set[str]] = {}
    for node in nodes:
        for place in facts.reader.places(node):
            if place.source:
                counts.setdefault(NamedNode(place.source), set()).add(place.iri)
    ordered = sorted(counts, key=lambda document: document.value)
    return tuple((facts.reader.value(one), len(counts[one])) for one in ordered)


def study_values(content: Content, view: View) -> dict[str, object]:
    """What the page of a study shows."""
    study = study_page(Facts(content), NamedNode(view.iri))
    shown = [
        *(row.finding for row in study.findings),
        *(remark.statement for remark in (*study.limitations, *study.other_statements)),
        *(twin.correspondence for twin in study.twins),
    ]
    own = (le("design"), le("sampleSize"), le("arm"), le("population"), terms.PUBLICATION)
    return {"study": study, "view": rest_of(view, own, (value.iri for value in shown))}
