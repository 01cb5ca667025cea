"""What is in the graph, in numbers: VoID, with partitions, linksets and examples.

Everything counts the facts, each triple once though several sheets may say it: that is what the
dumps hold.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from typing import Final

from pyoxigraph import Literal, NamedNode, Triple

from kg import terms
from kg.downloads import Material
from kg.dumps.layout import term_order
from kg.iris import namespace_of
from kg.metadata.triples import Triples, key_of, named, number
from kg.things import things

_MATCHES: Final = {
    terms.SKOS + name
    for name in ("exactMatch", "closeMatch", "broadMatch", "narrowMatch", "relatedMatch")
}


def describe_contents(said: Triples, material: Material) -> None:
    """Say how much of what the graph holds, and to which vocabularies it is mapped."""
    triples = {quad.triple for quad in material.facts}
    base = material.project.base
    subjects = {terms.text_of(t.subject) for t in triples}
    entities = {iri for iri in subjects if iri.startswith(base)}
    said.say(
        said.dataset,
        {
            terms.VOID + "triples": number(len(triples)),
            terms.VOID + "entities": number(len(entities)),
            terms.VOID + "distinctSubjects": number(len(subjects)),
            terms.VOID + "distinctObjects": number(len({t.object for t in triples})),
        },
    )
    _say_classes(said, triples, material)
    _say_properties(said, triples)
    _say_links(said, triples, material)


def _say_classes(said: Triples, triples: Iterable[Triple], material: Material) -> None:
    members: defaultdict[NamedNode, set[str]] = defaultdict(set)
    for triple in triples:
        if triple.predicate == terms.TYPE and isinstance(triple.object, NamedNode):
            members[triple.object].add(terms.text_of(triple.subject))
    said.say(said.dataset, {terms.VOID + "classes": number(len(members))})
    examples = {thing.value for thing in things(material.facts, material.project.base)}
    for class_ in sorted(members, key=term_order):
        part = said.a(said.node("class", key_of(class_.value)), terms.VOID + "Dataset")
        count = number(len(members[class_]))
        said.say(part, {terms.VOID + "class": class_, terms.VOID + "entities": count})
        said.say(said.dataset, {terms.VOID + "classPartition": part})
        example = min(members[class_] & examples, default="")
        said.say(said.dataset, {terms.VOID + "exampleResource": named(example)})


def _say_properties(said: Triples, triples: Iterable[Triple]) -> None:
    used: defaultdict[NamedNode, list[Triple]] = defaultdict(list)
    for triple in triples:
        used[triple.predicate].append(triple)
    types = used.get(terms.TYPE, ())
    classes = {t.object.value for t in types if isinstance(t.object, NamedNode)}
    said.say(said.dataset, {terms.VOID + "properties": number(len(used))})
    for predicate in sorted(used, key=term_order):
        part = said.a(said.node("property", key_of(predicate.value)), terms.VOID + "Dataset")
        subjects = {t.subject for t in used[predicate]}
        objects = {t.object for t in used[predicate]}
        said.say(
            part,
            {
                terms.VOID + "property": predicate,
                terms.VOID + "triples": number(len(used[predicate])),
                terms.VOID + "distinctSubjects": number(len(subjects)),
                terms.VOID + "distinctObjects": number(len(objects)),
            },
        )
        said.say(said.dataset, {terms.VOID + "propertyPartition": part})
    spaces = {namespace_of(iri) for iri in {p.value for p in used} | classes}
    said.say(said.dataset, {terms.VOID + "vocabulary": [NamedNode(s) for s in sorted(spaces)]})


def _say_links(said: Triples, triples: Iterable[Triple], material: Material) -> None:
    """A linkset for each vocabulary that things are mapped to, and each kind of mapping."""
    base = material.project.base
    namespaces = {n: prefix for prefix, n in sorted(material.context.prefixes.items())}
    links: defaultdict[tuple[str, NamedNode], int] = defaultdict(int)
    for triple in triples:
        target = terms.text_of(triple.object)
        mapped = triple.predicate.value in _MATCHES and isinstance(triple.object, NamedNode)
        if mapped and not target.startswith(base):
            links[namespace_of(target, namespaces), triple.predicate] += 1
    for (space, predicate), count in sorted(links.items(), key=lambda item: str(item[0])):
        vocabulary = said.a(said.node("vocabulary", key_of(space)), terms.VOID + "Dataset")
        said.say(
            vocabulary,
            {
                terms.VOID + "uriSpace": Literal(space),
                terms.TITLE.value: Literal(namespaces.get(space, space)),
            },
        )
        name = f"{key_of(space)}-{key_of(predicate.value)}"
        linkset = said.a(said.node("linkset", name), terms.VOID + "Linkset")
        said.say(
            linkset,
            {
                terms.VOID + "target": [said.dataset, vocabulary],
                terms.VOID + "subjectsTarget": said.dataset,
                terms.VOID + "objectsTarget": vocabulary,
                terms.VOID + "linkPredicate": predicate,
                terms.VOID + "triples": number(count),
            },
        )
        said.say(said.dataset, {terms.VOID + "subset": linkset})
