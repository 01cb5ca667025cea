"""The records as LinkML sees them: a schema, and the documents as data of it.

LinkML expresses all of a record but one thing: that a text has a language. A slot's values are
literals of a datatype or none; neither the schema language nor `linkml-convert` has language tags.
Such texts get a datatype of their own here, `ENGLISH`, for somebody else to replace.
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any, Final

from benchmarks.corpus import BASE
from benchmarks.corpus.tables import TABLES, Table
from kg.context import Context, Term
from kg.ontology import load_ontology
from kg.terms import LE, XSD

ENGLISH: Final = f"{LE}english"
ROOT: Final = "Corpus"
_SEVERAL: Final = ("passages",)
_TYPES: Final = {
    f"{XSD}decimal": "decimal",
    f"{XSD}integer": "integer",
    f"{XSD}boolean": "boolean",
    f"{XSD}gYear": "year",
    f"{XSD}duration": "length_of_time",
}

Node = dict[str, Any]


def write_schema(file: Path, context: Context, ontology: Path) -> None:
    """Write the schema: a class for each of the tables, an enumeration for each list of terms."""
    known = load_ontology(ontology).known
    enums: dict[str, Any] = {}
    classes: dict[str, Any] = {}
    for name, table in TABLES.items():
        slots: dict[str, Any] = {"id": {"identifier": True, "range": "uriorcurie"}}
        for key in _keys(table):
            term = term_of(context, key)
            slots[key] = {"slot_uri": term.iri, "range": _range(key, term)}
            slots[key]["multivalued"] = key in (*table.lists, *_SEVERAL)
            if term.coercion == "@vocab":
                enums[_range(key, term)] = {"permissible_values": _values(context, key, known)}
        class_ = context.expand(name, vocab=True)
        classes[name] = {"class_uri": class_, "attributes": slots}
    lists = {
        name: {"range": name, "multivalued": True, "inlined_as_list": True} for name in classes
    }
    schema = {
        "id": f"{BASE}schema",
        "name": "records",
        "prefixes": {"linkml": "https://w3id.org/linkml/", "xsd": XSD, "le": LE},
        "imports": ["linkml:types"],
        "types": {
            "year": {"base": "str", "uri": "xsd:gYear"},
            "length_of_time": {"base": "str", "uri": "xsd:duration"},
            "english": {"base": "str", "uri": "le:english"},
        },
        "enums": enums,
        "classes": {**classes, ROOT: {"tree_root": True, "attributes": lists}},
    }
    file.write_text(json.dumps(schema, indent=1), encoding="utf-8")


def _keys(table: Table) -> Iterator[str]:
    """What a node can say. The type is its class; a passage is told of by its owner."""
    yield from (key for key in (*table.columns, *table.lists) if key not in ("type", "owner"))
    yield from _SEVERAL


def _range(key: str, term: Term) -> str:
    if term.coercion == "@id":
        return "uriorcurie"
    if term.coercion == "@vocab":
        return f"{key}_values"
    return "english" if term.language else _TYPES.get(term.coercion, "string")


def _values(context: Context, key: str, known: Iterable[str]) -> dict[str, Any]:
    """The terms that a key can name, by the word that a record has for each."""
    start = vocabulary(context, key)
    found = sorted(iri for iri in known if iri.startswith(start))
    return {iri[len(start) :]: {"meaning": iri.replace(LE, "le:")} for iri in found}


def vocabulary(context: Context, key: str) -> str:
    """What stands before a word that is a value of a key."""
    return context.scope(key).expand("", vocab=True)


def term_of(context: Context, key: str) -> Term:
    """The property of a key, coerced as the key's own context says."""
    term = context.term(key)
    assert term, f"the context has no key {key}"
    return context.scope(key).coercion_of(key, term)


def write_data(file: Path, nodes: Iterable[Node], context: Context) -> None:
    """Write nodes that are written out as lists by class, without nesting: each has an IRI."""
    lists: defaultdict[str, list[Node]] = defaultdict(list)

    def flat(node: Node) -> str:
        own: Node = {}
        for key, value in node.items():
            if key != "type":
                several = isinstance(value, list) or key in ("design", "cites", "sides")
                values = [
                    one(key, item) for item in (value if isinstance(value, list) else [value])
                ]
                own[key] = values if several else values[0]
        lists[node["type"].rpartition("#")[2]].append(own)
        return str(own["id"])

    def one(key: str, value: Any) -> Any:
        if isinstance(value, dict):
            return flat(value)
        named = key == "id" or term_of(context, key).coercion == "@id"
        return BASE + value if named and "://" not in value else value

    for node in nodes:
        flat(node)
    file.write_text(json.dumps(lists, ensure_ascii=False), encoding="utf-8")
