"""Facts → tables, one for each kind of thing; nothing here knows a topic or a project.

The kinds are the classes of the ontology that stand below no other of it, and the kinds of
statement, which have little in common but being said. A class that data uses and the ontology does
not have is a kind of its own, unless all its things are parts of others.
"""

from __future__ import annotations

import csv
import io
import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Final

from pyoxigraph import NamedNode, Quad

from kg import terms
from kg.context import Context
from kg.downloads.columns import Column, Columns
from kg.dumps.layout import Layout, term_order
from kg.iris import local_name, slug
from kg.ontology import Ontology

_CLASSES: Final = {terms.OWL + "Class", terms.RDFS + "Class"}
_LABELS: Final = (terms.PREF_LABEL, terms.LABEL)


@dataclass(frozen=True, slots=True)
class Table:
    """A table: a row for each thing of a kind, sorted by IRI; the first column holds that."""

    name: str
    title: str
    description: str
    class_: str
    columns: tuple[Column, ...]

    @property
    def file_name(self) -> str:
        """The name of the file that holds it."""
        return f"{self.name}.csv"

    def csv(self) -> bytes:
        """The table as CSV (RFC 4180), UTF-8, with a line of column names."""
        text = io.StringIO(newline="")
        writer = csv.writer(text, lineterminator="\r\n")
        writer.writerow(column.name for column in self.columns)
        writer.writerows(zip(*(column.texts() for column in self.columns), strict=True))
        return text.getvalue().encode()


def make_tables(facts: Iterable[Quad], ontology: Ontology, context: Context) -> list[Table]:
    """The tables of all facts, by name; references between them are found and marked."""
    data = _Data(facts, ontology)
    kinds = _kinds(data, ontology)
    tables = [
        _table(name, class_, kinds[name, class_], data, context) for name, class_ in sorted(kinds)
    ]
    rows = {table.name: {cell[0] for cell in table.columns[0].cells} for table in tables}
    for table in tables:
        for column in table.columns[1:]:
            if column.datatype == "anyURI" and not column.separator:
                values = {value for cell in column.cells for value in cell}
                homes = [name for name, iris in rows.items() if values <= iris]
                column.references = homes[0] if homes else ""
    return tables


class _Data:
    """The facts by subject, with what is part of what, and the labels of everything."""

    def __init__(self, facts: Iterable[Quad], ontology: Ontology) -> None:
        facts = list(facts)
        self.graphs = {quad.graph_name for quad in facts}
        self.subjects = _index(facts)
        self.ontology = _index(ontology.triples)
        self.owners: defaultdict[NamedNode, list[NamedNode]] = defaultdict(list)
        for subject, properties in self.subjects.items():
            for objects in properties.values():
                for node in objects:
                    if isinstance(node, NamedNode) and node.value.startswith(subject.value + "/"):
                        self.owners[node].append(subject)

    @cached_property
    def instances(self) -> dict[str, list[NamedNode]]:
        """Class → the things that data says are of it; the graphs are no things."""
        found: defaultdict[str, list[NamedNode]] = defaultdict(list)
        for subject, properties in self.subjects.items():
            for class_ in properties.get(terms.TYPE, ()) if subject not in self.graphs else ():
                found[terms.text_of(class_)].append(subject)
        return found

    def label(self, node: NamedNode) -> str:
        """The label of a thing or a term, English first; '' for none."""
        for source in (self.subjects, self.ontology):
            for predicate in _LABELS:
                found = source.get(node, {}).get(predicate, ())
                labels = [(getattr(o, "language", "") != "en", terms.text_of(o)) for o in found]
                if labels:
                    return min(labels)[1]
        return ""

    def is_inlined(self, node: NamedNode) -> bool:
        """Whether a node is the one that its owner has under some key, and no item of a list."""
        return any("/" not in node.value[len(o.value) + 1 :] for o in self.owners.get(node, ()))


def _index(quads: Iterable[Quad]) -> dict[NamedNode, dict[NamedNode, list[Any]]]:
    found: defaultdict[NamedNode, defaultdict[NamedNode, set[Any]]]
    found = defaultdict(lambda: defaultdict(set))
    for quad in quads:
        if isinstance(quad.subject, NamedNode):
            found[quad.subject][quad.predicate].add(quad.object)
    return {
        subject: {key: sorted(values, key=term_order) for key, values in properties.items()}
        for subject, properties in found.items()
    }


def _kinds(data: _Data, ontology: Ontology) -> dict[tuple[str, str], list[NamedNode]]:
    """Table name and class → its things, sorted; a kind without things has no table."""
    declared = {
        subject.value
        for subject, properties in data.ontology.items()
        if any(terms.text_of(o) in _CLASSES for o in properties.get(terms.TYPE, ()))
    }
    # An ontology may also tell what a class of others is; that makes it no kind of thing here.
    classes = {c for c in declared if c.startswith(ontology.namespaces)} or declared
    below = {
        class_: {
            terms.text_of(o) for o in data.ontology[NamedNode(class_)].get(terms.SUBCLASS_OF, ())
        }
        & (classes - {class_})
        for class_ in classes
    }
    tops = {class_ for class_ in classes if not below[class_]}
    spread = {class_: ontology.subclasses(NamedNode(class_)) for class_ in tops}
    if terms.STATEMENT.value in tops:
        said = [class_ for class_ in classes if terms.STATEMENT.value in below[class_]]
        spread |= {class_: ontology.subclasses(NamedNode(class_)) for class_ in said}
        spread[terms.STATEMENT.value] = frozenset({terms.STATEMENT.value})
    covered = frozenset().union(*spread.values())
    for class_, instances in data.instances.items():
        if class_ not in covered and not all(map(data.is_inlined, instances)):
            spread[class_] = frozenset({class_})
    found: dict[tuple[str, str], list[NamedNode]] = {}
    names: set[str] = set()
    for class_ in sorted(spread, key=lambda iri: (_plural(iri), iri)):
        things = {node for each in spread[class_] for node in data.instances.get(each, ())}
        if things:
            name, number = _plural(class_), 2
            while name in names:
                name, number = f"{_plural(class_)}-{number}", number + 1
            names.add(name)
            found[name, class_] = sorted(things, key=term_order)
    return found


def _plural(class_: str) -> str:
    """The name of a table of things of a class.

    >>> [_plural(f"urn:{name}") for name in ("Entity", "Hypothesis", "ClinicalTrial")]
    ['entities', 'hypotheses', 'clinical-trials']
    """
    name = slug(re.sub(r"(?<=[a-z0-9])(?=[A-Z])", " ", local_name(class_.rstrip("/#")))) or "thing"
    for pattern, end in ((r"(?<=[^aeiou])y$", "ies"), (r"is$", "es"), (r"(?<=s|x)$", "es")):
        if re.search(pattern, name):
            return re.sub(pattern, end, name)
    return f"{name}s"


def _table(
    name: str, class_: str, things: Sequence[NamedNode], data: _Data, context: Context
) -> Table:
    columns = Columns(data.subjects, context, data.label)
    layout = Layout.of(context)
    made = [Column(columns.name("id"), "", [[thing.value] for thing in things], "anyURI")]
    made[0].suppressed = True
    owners = [data.owners.get(thing, ()) for thing in things]
    for column in columns.of_references("part_of", "", owners, "id"):
        column.suppressed = True
        made.append(column)
    for predicate in _properties(data.subjects, things, layout):
        own = columns.of_property(predicate, things)
        made += own
        parts = _parts(own, things, data)
        if parts:
            prefix = columns.key(predicate) + "_"
            for inner in _properties(data.subjects, parts, layout):
                if inner not in (terms.TYPE, *_LABELS):
                    made += columns.of_property(inner, parts, prefix, own[0].name)
    term = data.ontology.get(NamedNode(class_), {})
    definitions = [terms.text_of(o) for o in term.get(terms.DEFINITION, ())]
    title = name.replace("-", " ").capitalize()
    return Table(name, title, definitions[0] if definitions else "", class_, tuple(made))


def _properties(
    subjects: Mapping[NamedNode, Mapping[NamedNode, Any]],
    things: Iterable[NamedNode | None],
    layout: Layout,
) -> Iterator[NamedNode]:
    used = {key for thing in things if thing for key in subjects.get(thing, {})}
    yield from sorted(used, key=lambda named: layout.property_order(named.value))


def _parts(
    columns: list[Column], things: Sequence[NamedNode], data: _Data
) -> list[NamedNode | None]:
    """The nodes nested under one key, one in each row or none; nothing when a row has several."""
    if not columns or columns[0].datatype != "anyURI" or columns[0].separator:
        return []
    nodes = [NamedNode(cell[0]) if cell else None for cell in columns[0].cells]
    parts = [
        node if node and thing in data.owners.get(node, ()) and data.is_inlined(node) else None
        for thing, node in zip(things, nodes, strict=True)
    ]
    return parts if any(parts) else []
