"""The catalogue of a release: DCAT 3, a dataset for each part, a distribution for each file."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from pyoxigraph import Literal, NamedNode

from kg import terms
from kg.downloads import File, Material
from kg.iris import slug
from kg.metadata.triples import Triples, Value, name_of, named, number

# Of what media type is which standard the specification.
STANDARDS: Final = {
    "text/turtle": "https://www.w3.org/TR/turtle/",
    "application/ld+json": "https://www.w3.org/TR/json-ld11/",
    "application/n-triples": "https://www.w3.org/TR/n-triples/",
    "application/n-quads": "https://www.w3.org/TR/n-quads/",
    "application/trig": "https://www.w3.org/TR/trig/",
    "application/rdf+xml": "https://www.w3.org/TR/rdf-syntax-grammar/",
    "text/csv": "https://www.rfc-editor.org/rfc/rfc4180",
    "application/csvm+json": "https://www.w3.org/TR/tabular-metadata/",
}
# What each part of a release is, other than the graph itself.
PARTS: Final = {
    "tables": ("Tables", "The facts as tables, one for each kind of thing."),
    "ontology": ("Ontology", "The classes and properties that the facts use."),
    "vocabularies": ("Vocabularies", "The closed lists of values that the facts use."),
    "shapes": ("Shapes", "What every fact was checked against (SHACL)."),
}
_MEDIA_TYPES: Final = "https://www.iana.org/assignments/media-types/"
_PROTOCOL: Final = "https://www.w3.org/TR/sparql11-protocol/"
_GZIP: Final = "application/gzip"
# ISO 639-1 and 639-2 as the Library of Congress publishes them, as DCAT asks.
_LANGUAGES: Final = "http://id.loc.gov/vocabulary/iso639-"
_ORCID: Final = re.compile(r"\s*[<(]?(https://orcid\.org/[0-9X-]{19})[>)]?\s*$")


@dataclass(frozen=True, slots=True)
class Agent:
    """Whoever made or publishes something; a person is told by an ORCID iD behind the name.

    >>> Agent.parse("Josiah Carberry <https://orcid.org/0000-0002-1825-0097>")
    Agent(name='Josiah Carberry', orcid='https://orcid.org/0000-0002-1825-0097')
    """

    name: str
    orcid: str = ""

    @classmethod
    def parse(cls, text: str) -> Agent:
        """Read a name as a project's configuration has it."""
        match = _ORCID.search(text)
        name = text[: match.start()].strip() if match else text.strip()
        return cls(name or text.strip(), match[1] if match else "")


def address(file: File) -> str:
    """Where a file is on the site of a project, relative to its root."""
    return f"downloads/{file.name}"


def agents_of(material: Material) -> tuple[list[Agent], list[Agent]]:
    """The creators and the publisher of a project, as far as it tells them."""
    project = material.project
    publishers = [Agent.parse(project.publisher)] if project.publisher.strip() else []
    return [Agent.parse(text) for text in project.creators if text.strip()], publishers


def languages_of(material: Material) -> list[str]:
    """The languages of the facts' texts, each by its primary subtag (BCP 47)."""
    return sorted({tag.split("-")[0].lower() for tag in material.stats.languages})


def description_of(material: Material) -> str:
    """What the project says of itself, else what can be said of any graph."""
    general = f"The graph of {material.title}: facts with the places where they were read."
    return material.project.description or general


def describe_catalogue(said: Triples, material: Material, files: Sequence[File]) -> None:
    """Say what there is to download and to ask, by whom, and under which licence."""
    url = material.project.url
    common = _common(said, material)
    page = said.a(NamedNode(f"{url}downloads/"), terms.FOAF + "Document")
    endpoint = NamedNode(f"{url}sparql")
    service = said.a(said.node("service"), terms.DCAT + "DataService")
    _say_dataset(said, material, files, common)
    said.say(
        said.dataset,
        {terms.DCAT + "landingPage": page, terms.VOID + "sparqlEndpoint": endpoint},
    )
    said.say(
        said.a(said.node("catalogue"), terms.DCAT + "Catalog"),
        common
        | {
            terms.TITLE.value: said.text(material.title),
            terms.DCTERMS + "description": said.text(description_of(material)),
            terms.FOAF + "homepage": page,
            terms.DCAT + "dataset": [said.dataset, *_say_parts(said, material, files, common)],
            terms.DCAT + "service": service,
        },
    )
    said.say(
        service,
        {
            terms.TITLE.value: Literal("SPARQL endpoint", language="en"),
            terms.DCAT + "endpointURL": endpoint,
            terms.DCAT + "servesDataset": said.dataset,
            terms.DCTERMS + "conformsTo": _standard(said, _PROTOCOL),
            terms.LICENSE.value: common[terms.LICENSE.value],
            terms.DCTERMS + "publisher": common[terms.DCTERMS + "publisher"],
        },
    )


def _common(said: Triples, material: Material) -> dict[str, Value]:
    """What holds for a release and for every part of it."""
    project = material.project
    _, publishers = agents_of(material)
    licence = named(project.license)
    if licence:
        said.a(licence, terms.DCTERMS + "LicenseDocument")
    issued = Literal(project.issued, datatype=NamedNode(terms.XSD + "date"))
    languages = [
        said.a(NamedNode(f"{_LANGUAGES}{len(tag) - 1}/{tag}"), terms.DCTERMS + "LinguisticSystem")
        for tag in languages_of(material)
        if len(tag) in (2, 3)
    ]
    return {
        terms.LICENSE.value: licence,
        terms.DCTERMS + "issued": issued if project.issued else None,
        terms.DCTERMS + "publisher": [_agent(said, agent) for agent in publishers],
        terms.DCTERMS + "language": languages,
    }


def _say_dataset(
    said: Triples, material: Material, files: Sequence[File], common: dict[str, Value]
) -> None:
    project = material.project
    creators, _ = agents_of(material)
    ontologies = [NamedNode(header) for header in material.ontology.headers]
    said.a(said.dataset, terms.DCAT + "Dataset")
    for ontology in ontologies:
        said.a(ontology, terms.DCTERMS + "Standard")
    dumps = [file for file in files if file.part == "graph"]
    said.say(
        said.dataset,
        common
        | {
            terms.TITLE.value: said.text(material.title),
            terms.DCTERMS + "description": said.text(description_of(material)),
            terms.DCTERMS + "identifier": Literal(project.base),
            terms.DCTERMS + "creator": [_agent(said, agent) for agent in creators],
            terms.DCTERMS + "conformsTo": ontologies,
            terms.DCAT + "version": Literal(material.version),
            terms.OWL + "versionInfo": Literal(material.digest),
            terms.DCAT + "keyword": said.texts(project.keywords),
            terms.DCAT + "distribution": [_say_file(said, material, f, common) for f in dumps],
            terms.VOID + "dataDump": [NamedNode(project.url + address(file)) for file in dumps],
        },
    )


def _say_parts(
    said: Triples, material: Material, files: Sequence[File], common: dict[str, Value]
) -> list[NamedNode]:
    """A dataset for each part of a release that is not the graph itself."""
    datasets = []
    for part, (title, description) in PARTS.items():
        own = [file for file in files if file.part == part]
        if own:
            dataset = said.a(said.node("part", part), terms.DCAT + "Dataset")
            datasets.append(dataset)
            said.say(
                dataset,
                common
                | {
                    terms.TITLE.value: Literal(f"{material.title}: {title}", language="en"),
                    terms.DCTERMS + "description": Literal(description, language="en"),
                    terms.DCTERMS + "isPartOf": said.dataset,
                    terms.DCAT + "distribution": [
                        _say_file(said, material, file, common) for file in own
                    ],
                },
            )
    return datasets


def _say_file(said: Triples, material: Material, file: File, common: dict[str, Value]) -> NamedNode:
    """A distribution, with all that is needed to fetch it and to know that it is whole."""
    url = material.project.url
    name = slug(file.name)
    checksum = said.a(said.node("checksum", name), terms.SPDX + "Checksum")
    algorithm = said.a(
        NamedNode(terms.SPDX + "checksumAlgorithm_sha256"), terms.SPDX + "ChecksumAlgorithm"
    )
    digest = Literal(file.sha256, datatype=NamedNode(terms.XSD + "hexBinary"))
    said.say(checksum, {terms.SPDX + "algorithm": algorithm})
    said.say(checksum, {terms.SPDX + "checksumValue": digest})
    distribution = said.a(said.node("distribution", name), terms.DCAT + "Distribution")
    standard = STANDARDS.get(file.media_type, "")
    said.say(
        distribution,
        {
            terms.TITLE.value: Literal(file.title, language="en"),
            terms.DCAT + "accessURL": NamedNode(f"{url}downloads/"),
            terms.DCAT + "downloadURL": NamedNode(url + address(file)),
            terms.DCAT + "mediaType": _media_type(said, file.media_type),
            terms.DCAT + "compressFormat": _media_type(said, _GZIP) if file.source else None,
            terms.DCAT + "byteSize": number(file.size, "nonNegativeInteger"),
            terms.SPDX + "checksum": checksum,
            terms.DCTERMS + "conformsTo": _standard(said, standard) if standard else None,
            terms.LICENSE.value: common[terms.LICENSE.value],
            terms.DCTERMS + "issued": common[terms.DCTERMS + "issued"],
        },
    )
    return distribution


def _agent(said: Triples, agent: Agent) -> NamedNode:
    iri = named(agent.orcid) or said.node("agent", name_of(agent.name))
    said.a(iri, terms.FOAF + "Agent", *([terms.FOAF + "Person"] if agent.orcid else []))
    said.say(iri, {terms.FOAF + "name": Literal(agent.name)})
    return iri


def _media_type(said: Triples, media_type: str) -> NamedNode:
    return said.a(NamedNode(_MEDIA_TYPES + media_type), terms.DCTERMS + "MediaType")


def _standard(said: Triples, iri: str) -> NamedNode:
    return said.a(NamedNode(iri), terms.DCTERMS + "Standard")
