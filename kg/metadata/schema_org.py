"""The release as a schema.org `Dataset`, as search engines for data sets read it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from kg.downloads import File, Material
from kg.metadata.dcat import Agent, address, agents_of, description_of, languages_of


def schema_org(material: Material, files: Sequence[File]) -> dict[str, Any]:
    """The description as JSON-LD with a context that is not to be fetched."""
    project = material.project
    creators, publishers = agents_of(material)
    described: dict[str, Any] = {
        "@context": {"@vocab": "https://schema.org/"},
        "@id": project.base,
        "@type": "Dataset",
        "name": material.title,
        "description": description_of(material),
        "url": project.url,
        "identifier": project.base,
        "version": material.version,
        "license": project.license,
        "datePublished": project.issued,
        "keywords": list(project.keywords),
        "inLanguage": languages_of(material),
        "creator": [agent(creator) for creator in creators],
        "publisher": [agent(publisher) for publisher in publishers],
        "isAccessibleForFree": True,
        "includedInDataCatalog": {
            "@type": "DataCatalog",
            "@id": f"{project.base}metadata/catalogue",
            "name": material.title,
            "url": project.url,
        },
        "distribution": [_download(project.url, file) for file in files],
    }
    return told(described)


def agent(who: Agent) -> dict[str, Any]:
    """A person, where an ORCID iD tells that it is one; else an organization."""
    kind = "Person" if who.orcid else "Organization"
    return told({"@type": kind, "@id": who.orcid, "name": who.name})


def told(described: dict[str, Any]) -> dict[str, Any]:
    """A description without what is not known."""
    return {key: value for key, value in described.items() if value not in ("", [], None)}


def _download(url: str, file: File) -> dict[str, Any]:
    return {
        "@type": "DataDownload",
        "name": file.title,
        "contentUrl": url + address(file),
        "encodingFormat": "application/gzip" if file.source else file.media_type,
        "contentSize": f"{file.size} B",
        "sha256": file.sha256,
    }
