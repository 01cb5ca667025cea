"""What a release says of itself: in its store as RDF, and in files for those who look for data.

The store has it in the graph that the base names: a catalogue (DCAT 3), what is in the graph
(VoID), and the stock queries. No clock, and nothing that a project does not tell.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any, Final

from pyoxigraph import Quad

from kg import terms
from kg.compile import describe_dataset
from kg.downloads import File, Folder, Material
from kg.dumps import dump
from kg.formats import RDF_FORMATS
from kg.metadata.contents import describe_contents
from kg.metadata.croissant import croissant
from kg.metadata.dcat import describe_catalogue
from kg.metadata.queries import describe_queries
from kg.metadata.ro_crate import FILE_NAME as RO_CRATE
from kg.metadata.ro_crate import ro_crate
from kg.metadata.schema_org import schema_org
from kg.metadata.triples import Triples

__all__ = ["describe_release", "write_descriptions"]

_LINKED_DATA: Final = RDF_FORMATS["jsonld"].media_type


def describe_release(material: Material, files: Sequence[File] = ()) -> list[Quad]:
    """All that the dataset says of itself and of its files, in the graph that its base names.

    Not canonical yet: the store knows but one datatype of whole numbers, and DCAT wants another in
    its files, `xsd:nonNegativeInteger`. Read into a store, the two are the same.
    """
    base = material.project.base
    said = Triples(base, material.stats.main_language)
    describe_catalogue(said, material, files)
    describe_contents(said, material)
    describe_queries(said, material)
    return [*describe_dataset(base), *said.quads()]


def write_descriptions(folder: Folder, material: Material, quads: Sequence[Quad]) -> None:
    """Write the metadata into the folder of a release's files, and the sums of them all."""
    queries = material.project.base + "queries/"
    stock = [
        q for q in quads if terms.text_of(q.subject).startswith((queries, _prefixes(material)))
    ]
    parts = {"metadata": ("Metadata (DCAT, VoID)", quads), "queries": ("Stock queries", stock)}
    for name, (title, some) in parts.items():
        for format_ in (RDF_FORMATS["turtle"], RDF_FORMATS["jsonld"]):
            data = dump(some, format_, material.context)
            title_ = f"{title} as {format_.title}"
            folder.add(f"{name}.{format_.extension}", data, title_, format_.media_type, name)
    files = [file for file in folder.files if file.part not in parts]
    data = _json(schema_org(material, files))
    folder.add("dataset.jsonld", data, "Metadata (schema.org)", _LINKED_DATA, "metadata")
    data = _json(croissant(material, files))
    folder.add("croissant.json", data, "Metadata (Croissant)", _LINKED_DATA, "metadata")
    data = _json(ro_crate(material, folder.files))
    folder.add(RO_CRATE, data, "Metadata (RO-Crate)", _LINKED_DATA, "metadata")
    folder.add_sums()


def _prefixes(material: Material) -> str:
    return material.project.base + "metadata/prefixes"


def _json(document: dict[str, Any]) -> bytes:
    return (json.dumps(document, indent=2, ensure_ascii=False) + "\n").encode()
