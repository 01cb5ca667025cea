"""The tables as Croissant 1.1 (MLCommons): what loaders of data sets read."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

from kg.downloads import File, Material
from kg.downloads.columns import Column
from kg.downloads.tables import Table
from kg.metadata.dcat import address, agents_of, description_of, languages_of
from kg.metadata.schema_org import agent, told

_DATA_TYPES: Final = {
    "boolean": "sc:Boolean",
    "date": "sc:Date",
    "dateTime": "sc:DateTime",
    "decimal": "sc:Float",
    "double": "sc:Float",
    "gYear": "sc:Integer",
    "integer": "sc:Integer",
    "nonNegativeInteger": "sc:Integer",
    "positiveInteger": "sc:Integer",
    "anyURI": "sc:URL",
}
# The context that the specification asks every document to carry.
_CONTEXT: Final[dict[str, Any]] = {
    "@language": "en",
    "@vocab": "https://schema.org/",
    "citeAs": "cr:citeAs",
    "column": "cr:column",
    "conformsTo": "dct:conformsTo",
    "cr": "http://mlcommons.org/croissant/",
    "rai": "http://mlcommons.org/croissant/RAI/",
    "data": {"@id": "cr:data", "@type": "@json"},
    "dataType": {"@id": "cr:dataType", "@type": "@vocab"},
    "dct": "http://purl.org/dc/terms/",
    "equivalentProperty": "cr:equivalentProperty",
    "examples": {"@id": "cr:examples", "@type": "@json"},
    "extract": "cr:extract",
    "field": "cr:field",
    "fileProperty": "cr:fileProperty",
    "fileObject": "cr:fileObject",
    "fileSet": "cr:fileSet",
    "format": "cr:format",
    "includes": "cr:includes",
    "isLiveDataset": "cr:isLiveDataset",
    "jsonPath": "cr:jsonPath",
    "key": "cr:key",
    "md5": "cr:md5",
    "parentField": "cr:parentField",
    "path": "cr:path",
    "recordSet": "cr:recordSet",
    "references": "cr:references",
    "regex": "cr:regex",
    "repeated": "cr:repeated",
    "replace": "cr:replace",
    "samplingRate": "cr:samplingRate",
    "sc": "https://schema.org/",
    "separator": "cr:separator",
    "source": "cr:source",
    "subField": "cr:subField",
    "transform": "cr:transform",
}


def croissant(material: Material, files: Sequence[File]) -> dict[str, Any]:
    """The description: a file object for each table, a record set for its rows."""
    project = material.project
    creators, publishers = agents_of(material)
    tables = {table.file_name: table for table in material.tables}
    own = [file for file in files if file.name in tables]
    described: dict[str, Any] = {
        "@context": _CONTEXT,
        "@type": "sc:Dataset",
        "conformsTo": "http://mlcommons.org/croissant/1.1",
        "name": material.title,
        "description": description_of(material),
        "url": project.url,
        "version": material.version,
        "license": project.license,
        "datePublished": project.issued,
        "keywords": list(project.keywords),
        "inLanguage": languages_of(material),
        "creator": [agent(creator) for creator in creators],
        "publisher": [agent(publisher) for publisher in publishers],
        "citeAs": _citation(material),
        "distribution": [_file(project.url, file) for file in own],
        "recordSet": [_records(tables[file.name]) for file in own],
    }
    return told(described)


def _citation(material: Material) -> str:
    project = material.project
    creators = ", ".join(agent.name for agent in agents_of(material)[0])
    words = (creators, project.issued[:4], material.title, f"version {material.version}")
    return ". ".join(filter(None, (*words, project.url)))


def _file(url: str, file: File) -> dict[str, Any]:
    return {
        "@type": "cr:FileObject",
        "@id": file.name,
        "name": file.name,
        "description": file.title,
        "contentUrl": url + address(file),
        "contentSize": f"{file.size} B",
        "encodingFormat": file.media_type,
        "sha256": file.sha256,
    }


def _records(table: Table) -> dict[str, Any]:
    return {
        "@type": "cr:RecordSet",
        "@id": table.name,
        "name": table.name,
        "description": table.description or table.title,
        "key": {"@id": f"{table.name}/id"},
        "field": [_field(table, column) for column in table.columns],
    }


def _field(table: Table, column: Column) -> dict[str, Any]:
    # A cell of several values is one text, as is one in the columns beside it.
    data_type = _DATA_TYPES.get(column.datatype, "sc:Text")
    # No `references`: things refer to each other in circles, which readers take for an error.
    return {
        "@type": "cr:Field",
        "@id": f"{table.name}/{column.name}",
        "name": column.name,
        "description": column.property or column.name,
        "dataType": "sc:Text" if column.separator else data_type,
        "source": {
            "fileObject": {"@id": table.file_name},
            "extract": {"column": column.name},
        },
    }
