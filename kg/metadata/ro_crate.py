"""The folder of files as a research object: RO-Crate 1.2, an attached crate."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final
from urllib.parse import quote

from kg.downloads import File, Material
from kg.metadata.dcat import STANDARDS, Agent, agents_of, description_of, languages_of
from kg.metadata.schema_org import told
from kg.metadata.triples import name_of

FILE_NAME: Final = "ro-crate-metadata.json"
_SPECIFICATION: Final = "https://w3id.org/ro/crate/1.2"


def ro_crate(material: Material, files: Sequence[File]) -> dict[str, Any]:
    """The metadata document of the crate; what a project does not tell is not made up."""
    project = material.project
    creators, publishers = agents_of(material)
    licence = {"@id": project.license} if project.license else None
    root = {
        "@id": "./",
        "@type": "Dataset",
        "name": material.title,
        "description": description_of(material),
        "url": project.url,
        "version": material.version,
        "datePublished": project.issued,
        "license": licence,
        "keywords": ", ".join(project.keywords),
        "inLanguage": _one(languages_of(material)),
        "creator": _one([{"@id": _id(who)} for who in creators]),
        "publisher": _one([{"@id": _id(who)} for who in publishers]),
        "hasPart": [{"@id": quote(file.name)} for file in files],
    }
    graph: list[dict[str, Any]] = [
        {
            "@id": FILE_NAME,
            "@type": "CreativeWork",
            "about": {"@id": "./"},
            "conformsTo": {"@id": _SPECIFICATION},
        },
        told(root),
        *(_file(file) for file in files),
        *_agents([*creators, *publishers]),
        *_formats(files),
    ]
    if licence:
        name = project.license.rstrip("/").removeprefix("https://").removeprefix("http://")
        graph.append(
            {
                "@id": project.license,
                "@type": "CreativeWork",
                "name": name,
                "description": f"The licence of this data set: {project.license}",
            }
        )
    return {"@context": f"{_SPECIFICATION}/context", "@graph": graph}


def _file(file: File) -> dict[str, Any]:
    media_type = "application/gzip" if file.source else file.media_type
    standard = STANDARDS.get(media_type)
    return {
        "@id": quote(file.name),
        "@type": "File",
        "name": file.title,
        "description": f"{file.title} ({file.name})",
        "encodingFormat": [media_type, {"@id": standard}] if standard else media_type,
        "contentSize": str(file.size),
        "sha256": file.sha256,
    }


def _formats(files: Sequence[File]) -> list[dict[str, Any]]:
    """What describes each format that a file is in."""
    used = {STANDARDS.get(f.media_type, ""): f.media_type for f in files if not f.source}
    return [
        {"@id": iri, "@type": "WebPage", "name": f"Specification of {media_type}"}
        for iri, media_type in sorted(used.items())
        if iri
    ]


def _one(values: Sequence[Any]) -> Any:
    """A single value alone, as the specification wants it; else the list."""
    return values[0] if len(values) == 1 else list(values)


def _id(who: Agent) -> str:
    return who.orcid or f"#{name_of(who.name)}"


def _agents(whom: Sequence[Agent]) -> list[dict[str, Any]]:
    found = {_id(who): who for who in whom}
    return [
        {"@id": key, "@type": "Person" if who.orcid else "Organization", "name": who.name}
        for key, who in found.items()
    ]
