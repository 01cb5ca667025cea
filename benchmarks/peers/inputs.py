"""What the peers read: the same facts as `kg build`, in the form that suits each best.

Making these is not measured, so that a peer has only its own work to do.
"""

from __future__ import annotations

import hashlib
import itertools
import json
import math
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, Final

from pyoxigraph import Literal, NamedNode, Quad, RdfFormat, Store, serialize

from benchmarks.corpus import BASE
from benchmarks.corpus.tables import write_csv
from benchmarks.peers.mapping import write_mapping
from benchmarks.peers.record_schema import Node, write_data, write_schema
from kg import load_project, terms
from kg.context import Context, load_context
from kg.iris import nested_iri
from kg.ontology import load_ontology
from kg.project import Project
from kg.store import open_release

_RECORDS: Final = f"{BASE}graph/records/"
_TOGETHER: Final = 1000


@dataclass(frozen=True)
class Inputs:
    """A corpus that `kg build` has built in `corpus`, and a folder for what is made of it.

    Each property makes its files when it is first asked for, and gives their path.
    """

    corpus: Path
    folder: Path
    documents: int
    seed: int

    @cached_property
    def project(self) -> Project:
        return load_project(self.corpus)

    @cached_property
    def context(self) -> Context:
        return load_context(self.project.ontology / "context.jsonld", BASE)

    @property
    def store(self) -> Store:
        """What `kg build` made."""
        return open_release(self.project.build).open_store()

    @cached_property
    def facts(self) -> Path:
        """Every quad of the release, as N-Quads."""
        path = self.folder / "facts.nq"
        self.store.dump(path, format=RdfFormat.N_QUADS)
        return path

    @cached_property
    def background(self) -> Path:
        """The sheets of the background, which are YAML, and the ontology, as N-Triples.

        Without provenance of sheets. With what a shape asks for: the space of the dataset's IRIs.
        """
        path = self.folder / "background.nt"
        with path.open("wb") as file:
            serialize((quad.triple for quad in self._background()), file, RdfFormat.N_TRIPLES)
        return path

    def _background(self) -> Iterator[Quad]:
        store = self.store
        for graph in store.named_graphs():
            iri = getattr(graph, "value", "")
            sheet = iri.startswith(f"{BASE}graph/")
            if iri != BASE and not iri.startswith(_RECORDS):
                quads = store.quads_for_pattern(None, None, None, graph)
                yield from (quad for quad in quads if quad.subject != graph or not sheet)
        dataset = NamedNode(BASE)
        yield Quad(dataset, terms.TYPE, terms.DATASET)
        yield Quad(dataset, terms.URI_SPACE, Literal(BASE))

    @cached_property
    def shapes(self) -> Path:
        """All shapes in one Turtle file."""
        path = self.folder / "shapes.ttl"
        files = sorted(self.project.shapes.glob("*.ttl"))
        path.write_text("\n".join(file.read_text("utf-8") for file in files), "utf-8")
        return path

    @cached_property
    def records(self) -> Path:
        """A folder of JSON-LD files, each with the project's context and 1,000 documents.

        What JSON-LD has no rule for is written out: the IRI and the class that a nested node gets
        from `kg build`. Numbers are text, as rdflib holds a whole JSON number to be an integer
        whatever the context says.
        """
        folder = self.folder / "records"
        folder.mkdir()
        file = self.project.ontology / "context.jsonld"
        context = json.loads(file.read_text(encoding="utf-8"))["@context"]
        documents = self._documents()
        for number in range(math.ceil(self.documents / _TOGETHER)):
            nodes = list(itertools.chain(*itertools.islice(documents, _TOGETHER)))
            data = {"@context": {**context, "@base": BASE}, "@graph": nodes}
            name = f"records-{number:04d}.jsonld"
            (folder / name).write_text(json.dumps(data, ensure_ascii=False), encoding="utf-8")
        return folder

    @cached_property
    def linkml_records(self) -> Path:
        """The documents as one JSON file, as the LinkML schema has them."""
        file = self.folder / "linkml.json"
        write_data(file, itertools.chain(*self._documents()), self.context)
        return file

    @cached_property
    def linkml_schema(self) -> Path:
        """The LinkML schema."""
        file = self.folder / "linkml-schema.json"
        write_schema(file, self.context, self.project.ontology)
        return file

    def _documents(self) -> Iterator[list[Node]]:
        """The nodes of each document, written out."""
        written_out = _WrittenOut(self.context, self.project.ontology)
        for file in sorted((self.project.facts / "records").glob("*.jsonl")):
            with file.open(encoding="utf-8") as lines:
                for line in lines:
                    yield [written_out.node(node) for node in json.loads(line)["@graph"]]

    @cached_property
    def tables(self) -> Path:
        """A folder of CSV files, with the mapping."""
        folder = self.folder / "tables"
        write_csv(folder, self.documents, seed=self.seed)
        write_mapping(folder, self.context)
        return folder

    def remove(self) -> None:
        """Free the disk."""
        shutil.rmtree(self.folder)


class _WrittenOut:
    """Gives the nested nodes of a record the IRIs and classes that `kg build` gives them."""

    def __init__(self, context: Context, ontology: Path) -> None:
        ranges = load_ontology(ontology).ranges
        found = {key: context.term(key) for key in context.keys}
        self._ranges = {key: ranges.get(term.iri, "") for key, term in found.items() if term}

    def node(self, node: Node, iri: str = "", range_: str = "") -> Node:
        iri = node.get("id", iri)
        named = {"id": iri, "type": node.get("type", range_)}
        for key, value in node.items():
            named[key] = self._value(value, iri, key)
        return named

    def _value(self, value: Any, iri: str, key: str) -> Any:
        range_ = self._ranges.get(key, "")
        if isinstance(value, dict):
            return self.node(value, nested_iri(iri, key), range_)
        if isinstance(value, list):
            return [
                self.node(item, nested_iri(iri, key, _fingerprint(item)), range_)
                if isinstance(item, dict)
                else _plain(item)
                for item in value
            ]
        return _plain(value)


def _fingerprint(node: Node) -> str:
    text = json.dumps(_plain(node), sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()[:8]


def _plain(value: Any) -> Any:
    """The value with its numbers as text."""
    if isinstance(value, dict):
        return {key: _plain(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_plain(item) for item in value]
    return value if isinstance(value, bool) else str(value)
