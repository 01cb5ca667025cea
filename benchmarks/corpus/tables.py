"""The same facts as relational tables, for tools that map tables to RDF.

A table for every class, a column for every key of one value, and a table of its own for every key
of several. IRIs are written in full, since a template of a mapping would escape their slashes. The
background, which every corpus shares, is not among the tables.
"""

from __future__ import annotations

import csv
import hashlib
import json
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from benchmarks.corpus.files import BASE, Corpus, Source, use_folder
from benchmarks.corpus.reading import Node
from kg.project import core_folder
from kg.terms import LE

_STATEMENT = ("label", "note", "evidence")
_TRIPLE = ("subject", "relation", "object")


@dataclass(frozen=True)
class Table:
    """A table: its name, its columns beside `id`, and the keys that have tables of their own."""

    name: str
    columns: tuple[str, ...]
    lists: tuple[str, ...] = ()


_STUDIES = Table(
    "studies", ("type", "label", "note", "population", "sampleSize", "publication"),
    ("design", "arms"),
)  # fmt: skip

TABLES: Final = {
    "Document": Table(
        "documents", ("label", "note", "fileName", "sha256", "language"), ("cites",)
    ),
    "Publication": Table(
        "publications", ("label", "note", "authors", "journal", "year", "volume", "doi")
    ),
    "ClinicalTrial": _STUDIES,
    "ObservationalStudy": _STUDIES,
    "Review": _STUDIES,
    "Population": Table(
        "populations", ("label", "note", "condition", "sampleSize", "subgroupOf", "criterion")
    ),
    "Intervention": Table(
        "interventions", ("label", "note", "given", "route", "dose", "duration", "reported")
    ),
    "Quantity": Table(
        "quantities",
        ("value", "lower", "lowerExclusive", "upper", "unit", "reported"),
    ),
    "Finding": Table(
        "findings",
        (
            *_STATEMENT, "study", "population", "exposure", "exposureMeasurement", "outcome",
            "measurement", "comparator", "relationKind", "direction", "valence", "nullKind",
            "significance", "scope", "pValue", "pValueBelow", "reported", "certainty", "supports",
            "disputes", "leavesOpen",
        ),
    ),
    "Mechanism": Table("mechanisms", (*_STATEMENT, *_TRIPLE, "leadsTo")),
    "Characteristic": Table("characteristics", (*_STATEMENT, *_TRIPLE)),
    "Recommendation": Table("recommendations", (*_STATEMENT, "subject", "quantity", "appliesTo")),
    "Limitation": Table("limitations", (*_STATEMENT, "subject")),
    "Correspondence": Table("correspondences", (*_STATEMENT, "study", "probablySameAs", "reason")),
    "Disagreement": Table("disagreements", ("label", "note", "reason", "dimension"), ("sides",)),
    "Passage": Table(
        "passages", ("owner", "document", "paragraph", "hedge", "sha256", "selector")
    ),
    "TextPositionSelector": Table("selectors", ("start", "end")),
}  # fmt: skip
"""The table of each class. `owner` of a passage is the node that has it under `passages`."""

Row = tuple[str, dict[str, str]]
"""The name of a table, and cells by their columns."""


def write_csv(folder: Path, documents: int, *, seed: int = 1) -> Corpus:
    """Write the documents of a corpus, none of them broken, as `TABLE.csv` files into a folder.

    Several values of a key KEY are in `TABLE_KEY.csv`, with the columns `id` and KEY. Raises
    `ValueError` for too many documents, and `FileExistsError` for a folder in use.
    """
    use_folder(folder, documents)
    source, flat = Source(seed), _Flattener()
    headers = {table.name: ("id", *table.columns) for table in TABLES.values()}
    for table in TABLES.values():
        headers |= {f"{table.name}_{key}": ("id", key) for key in table.lists}
    paths = {name: folder / f"{name}.csv" for name in headers}
    with ExitStack() as stack:
        writers = {}
        for name, header in headers.items():
            file = stack.enter_context(paths[name].open("w", encoding="utf-8", newline=""))
            writers[name] = csv.DictWriter(file, header, restval="", lineterminator="\n")
            writers[name].writeheader()
        for number in range(documents):
            for node in source.document(number):
                for name, cells in flat.rows(node):
                    writers[name].writerow(cells)
    size = sum(path.stat().st_size for path in paths.values())
    return Corpus(folder, documents, 0, len(paths), size)


class _Flattener:
    """Makes rows of nodes; the context says which values are IRIs."""

    def __init__(self) -> None:
        file = core_folder("ontology") / "context.jsonld"
        context: dict[str, Any] = json.loads(file.read_text(encoding="utf-8"))["@context"]
        self._starts = {
            key: BASE if term["@type"] == "@id" else term["@context"]["@vocab"]
            for key, term in context.items()
            if isinstance(term, dict) and term.get("@type") in ("@id", "@vocab")
        }

    def rows(self, node: Node) -> Iterator[Row]:
        """The rows of a node and of all that is nested in it."""
        yield from self._rows(BASE + node["id"], node["type"], node)

    def _rows(self, iri: str, type_: str, node: Node, owner: str = "") -> Iterator[Row]:
        table = TABLES[type_]
        cells = {"id": iri}
        if owner:
            cells["owner"] = owner
        for key, value in node.items():
            if key == "passages":
                for passage in value:
                    nested = f"{iri}/passages/{_fingerprint(passage)}"
                    yield from self._rows(nested, "Passage", passage, iri)
            elif isinstance(value, dict):
                cells[key] = f"{iri}/{key}"
                class_ = "TextPositionSelector" if key == "selector" else "Quantity"
                yield from self._rows(cells[key], class_, value)
            elif key in table.lists:
                for item in value if isinstance(value, list) else [value]:
                    yield f"{table.name}_{key}", {"id": iri, key: self._cell(key, item)}
            elif key in table.columns:
                cells[key] = self._cell(key, value)
        yield table.name, cells

    def _cell(self, key: str, value: object) -> str:
        if key == "type":
            return f"{LE}{value}"
        if isinstance(value, bool):
            return "true" if value else "false"
        return f"{self._starts.get(key, '')}{value}"


def _fingerprint(node: Node) -> str:
    """What `kg` puts behind `passages/` in the IRI of a passage: a hash of what it says."""
    selector = {key: str(value) for key, value in node["selector"].items()}
    plain = {**node, "paragraph": str(node["paragraph"]), "selector": selector}
    return hashlib.sha256(json.dumps(plain, sort_keys=True).encode()).hexdigest()[:8]
