"""What is in the graph, in numbers: VoID, with partitions, linksets and examples.

Everything counts the facts, each triple once though several sheets may say it: that is what the
dumps hold. How many objects are distinct takes all of them in memory, and of a large graph it is
not said.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from typing import Final

from pyoxigraph import Literal, NamedNode

from kg import terms
from kg.downloads import Material
from kg.iris import namespace_of
from kg.metadata.triples import Triples, key_of, named, number
from kg.stats import Stats, sum_lines

_VOID_OBJECTS: Final = terms.VOID + "distinctObjects"


@dataclass(slots=True)
class _Objects:
    """The objects of some triples, as N-Quads writes them, and those of each property."""

    all: set[str] = field(default_factory=set)
    of: defaultdict[str, set[str]] = field(default_factory=lambda: defaultdict(set))


def describe_contents(said: Triples, material: Material) -> None:
    """Say how much of what the graph holds, and to which vocabularies it is mapped."""
    stats, objects = material.stats, None
    if not stats.is_large:
        stats, objects = _recount(material)
    said.say(
        said.dataset,
        {
            terms.VOID + "triples": number(stats.quads),
            terms.VOID + "entities": number(stats.entities),
            terms.VOID + "distinctSubjects": number(stats.subjects),
            _VOID_OBJECTS: number(len(objects.all)) if objects else None,
        },
    )
    _say_classes(said, stats)
    _say_properties(said, stats, objects)
    _say_links(said, stats, material)


def _recount(material: Material) -> tuple[Stats, _Objects]:
    """The counts, exact also where several sheets describe the same, and the distinct objects."""
    stats, objects = material.stats, _Objects()
    subjects: set[str] = set()
    subject = ""
    for line in material.facts.lines():
        head, predicate, rest = line.split(" ", 2)
        if head != subject:
            subject = head
            subjects.add(head)
        object_ = rest[: rest.rindex(" <")]
        objects.all.add(object_)
        objects.of[predicate].add(object_)
    if len(subjects) != stats.subjects:
        stats = _union(material)
    return stats, objects


def _union(material: Material) -> Stats:
    """The counts of facts without their graphs: a triple that several sheets say is one."""
    triples = {f"{line[: line.rindex(' <')]} .\n" for line in material.facts.lines()}
    return sum_lines(sorted(triples), material.project.base, material.namespaces).stats


def _say_classes(said: Triples, stats: Stats) -> None:
    classes = stats.classes
    said.say(said.dataset, {terms.VOID + "classes": number(len(classes))})
    for class_ in sorted(classes):
        part = said.a(said.node("class", key_of(class_)), terms.VOID + "Dataset")
        count = number(classes[class_])
        said.say(part, {terms.VOID + "class": NamedNode(class_), terms.VOID + "entities": count})
        said.say(said.dataset, {terms.VOID + "classPartition": part})
        example = named(stats.examples.get(class_, ""))
        said.say(said.dataset, {terms.VOID + "exampleResource": example})


def _say_properties(said: Triples, stats: Stats, objects: _Objects | None) -> None:
    said.say(said.dataset, {terms.VOID + "properties": number(len(stats.properties))})
    for iri, (triples, subjects) in sorted(stats.properties.items()):
        part = said.a(said.node("property", key_of(iri)), terms.VOID + "Dataset")
        said.say(
            part,
            {
                terms.VOID + "property": NamedNode(iri),
                terms.VOID + "triples": number(triples),
                terms.VOID + "distinctSubjects": number(subjects),
                _VOID_OBJECTS: number(len(objects.of[f"<{iri}>"])) if objects else None,
            },
        )
        said.say(said.dataset, {terms.VOID + "propertyPartition": part})
    spaces = {namespace_of(iri) for iri in [*stats.properties, *stats.classes]}
    said.say(said.dataset, {terms.VOID + "vocabulary": [NamedNode(s) for s in sorted(spaces)]})


def _say_links(said: Triples, stats: Stats, material: Material) -> None:
    """A linkset for each vocabulary that things are mapped to, and each kind of mapping."""
    namespaces = {n: prefix for prefix, n in sorted(material.context.prefixes.items())}
    for (predicate, space), count in sorted(stats.links.items()):
        vocabulary = said.a(said.node("vocabulary", key_of(space)), terms.VOID + "Dataset")
        said.say(
            vocabulary,
            {
                terms.VOID + "uriSpace": Literal(space),
                terms.TITLE.value: Literal(namespaces.get(space, space)),
            },
        )
        name = f"{key_of(space)}-{key_of(predicate)}"
        linkset = said.a(said.node("linkset", name), terms.VOID + "Linkset")
        said.say(
            linkset,
            {
                terms.VOID + "target": [said.dataset, vocabulary],
                terms.VOID + "subjectsTarget": said.dataset,
                terms.VOID + "objectsTarget": vocabulary,
                terms.VOID + "linkPredicate": NamedNode(predicate),
                terms.VOID + "triples": number(count),
            },
        )
        said.say(said.dataset, {terms.VOID + "subset": linkset})
