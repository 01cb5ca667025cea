"""The mapping that makes RDF of the tables, in RML: a triples map for each table."""

from __future__ import annotations

from pathlib import Path

from benchmarks.corpus.tables import TABLES
from benchmarks.peers.record_schema import term_of
from kg.context import Context

_PREFIXES = """\
@prefix rml: <http://semweb.mmlab.be/ns/rml#> .
@prefix rr: <http://www.w3.org/ns/r2rml#> .
@prefix ql: <http://semweb.mmlab.be/ns/ql#> .
@prefix rdf: <http://www.w3.org/1999/02/22-rdf-syntax-ns#> .
"""
_OWNER = "owner"
"""The column of a passage that holds who has it."""
_TAKEN = ("subject", "object")
"""Columns that morph-kgc takes for its own: what they hold would be lost, without a word."""


def write_mapping(folder: Path, context: Context) -> None:
    """Write `mapping.ttl` beside the tables, and rename columns that it cannot refer to.

    A column is mapped to the property that the project's context gives its name.
    """
    for table in TABLES.values():
        _rename_columns(folder / f"{table.name}.csv")
    maps = [_PREFIXES]
    classes = {table.name: name for name, table in TABLES.items()}
    for table in TABLES.values():
        if table.name in classes:
            class_ = classes.pop(table.name)
            columns = [column for column in table.columns if column != _OWNER]
            typed = "" if "type" in columns else context.expand(class_, vocab=True)
            maps.append(_triples_map(folder, table.name, columns, context, typed))
            maps += (
                _triples_map(folder, f"{table.name}_{key}", [key], context) for key in table.lists
            )
    maps.append(_owners(folder, context))
    (folder / "mapping.ttl").write_text("\n".join(maps), encoding="utf-8")


def _rename_columns(table: Path) -> None:
    header, _, rows = table.read_text("utf-8").partition("\n")
    renamed = ",".join(_column(key) for key in header.split(","))
    if renamed != header:
        table.write_text(f"{renamed}\n{rows}", "utf-8")


def _column(key: str) -> str:
    return f"the_{key}" if key in _TAKEN else key


def _triples_map(
    folder: Path, table: str, columns: list[str], context: Context, class_: str = ""
) -> str:
    lines = [_start(folder, table, table, "id", class_)]
    lines += (_property(column, context) for column in columns)
    return " ;\n".join(lines) + " .\n"


def _owners(folder: Path, context: Context) -> str:
    """Who has a passage is said from the other end."""
    term = term_of(context, "passages")
    start = _start(folder, "owners", "passages", _OWNER, "")
    return f"{start} ;\n{_object(term.iri, 'id', 'rr:termType rr:IRI')} .\n"


def _start(folder: Path, name: str, table: str, subject: str, class_: str) -> str:
    class_ = f" ; rr:class <{class_}>" if class_ else ""
    return (
        f"<#{name}> a rr:TriplesMap ;\n"
        f'  rml:logicalSource [ rml:source "{folder / table}.csv" ; '
        "rml:referenceFormulation ql:CSV ] ;\n"
        f'  rr:subjectMap [ rml:reference "{subject}" ; rr:termType rr:IRI{class_} ]'
    )


def _property(column: str, context: Context) -> str:
    if column == "type":
        return _object("rdf:type", column, "rr:termType rr:IRI")
    term = term_of(context, column)
    if term.is_reference:
        return _object(term.iri, column, "rr:termType rr:IRI")
    if term.language:
        return _object(term.iri, column, f'rr:language "{term.language}"')
    if term.coercion:
        return _object(term.iri, column, f"rr:datatype <{term.coercion}>")
    return _object(term.iri, column, "rr:termType rr:Literal")


def _object(predicate: str, column: str, kind: str) -> str:
    named = predicate if predicate.startswith("rdf:") else f"<{predicate}>"
    return (
        f"  rr:predicateObjectMap [ rr:predicate {named} ; "
        f'rr:objectMap [ rml:reference "{_column(column)}" ; {kind} ] ]'
    )
