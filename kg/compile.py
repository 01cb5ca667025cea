"""Sheet → quads, by way of the JSON-LD context alone; pure, and picklable on both sides.

What a sheet says stays tied to where it says it, so that whatever is found wrong later, by any
check, is reported at its line.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import PurePosixPath

from pyoxigraph import Literal, NamedNode, Quad, Triple

from kg import __version__, terms
from kg.blank import BlankNodeError, name_blank_nodes
from kg.context import Context
from kg.errors import Problem, Severity, did_you_mean
from kg.found import Block, Found
from kg.iris import graph_iri
from kg.ontology import Ontology, canonical
from kg.sheets import Mark, Sheet
from kg.sheets.rdf import Mentions
from kg.walk import Walk


@dataclass(frozen=True, slots=True)
class Compiled:
    """A sheet as quads in its own graph, canonical and sorted, its provenance among them."""

    name: str
    graph: str
    quads: tuple[Quad, ...]
    blocks: tuple[Block, ...]
    problems: tuple[Problem, ...]
    whole: bool


def compile_sheet(
    sheet: Sheet,
    path: PurePosixPath,
    context: Context,
    ontology: Ontology,
    *,
    part: bool = False,
) -> Compiled:
    """Compile one sheet; `path` is its place below the folder of sheets, which names its graph.

    What cannot be compiled becomes a problem and the rest goes on, so that one run finds all.
    Of a `part` of a sheet the quads have no provenance: that is the whole sheet's.
    """
    graph = graph_iri(context.base, path)
    if sheet.text:
        found = _from_rdf(sheet, graph)
    else:
        found = Walk(sheet, NamedNode(graph), ontology).run(context)
    found.problems.extend(_unknown_terms(sheet.name, found, ontology))
    found.problems.extend(_reserved(sheet.name, found, graph, context.base, ontology))
    quads = found.quads
    if not part:
        sources = {
            quad.object.value
            for quad in quads
            if quad.predicate == terms.HAS_SOURCE and isinstance(quad.object, NamedNode)
        }
        quads += provenance(sheet.name, sheet.sha256, graph, context.base, sources)
    quads = canonical(quads)
    problems = (*sheet.problems, *found.problems)
    return Compiled(sheet.name, graph, tuple(quads), tuple(found.blocks), problems, sheet.whole)


def provenance(
    name: str, sha256: str, graph: str, base: str, sources: Iterable[str]
) -> Iterator[Quad]:
    """Where a graph comes from: its sheet, the documents it cites, the software; no clock."""
    node = NamedNode(graph)
    facts: list[tuple[NamedNode, NamedNode, NamedNode | Literal]] = [
        (node, terms.TYPE, terms.ENTITY),
        (node, terms.LABEL, Literal(name)),
        (node, terms.SHA256, Literal(sha256)),
        (node, terms.ATTRIBUTED_TO, NamedNode(software_iri(base))),
        *((node, terms.DERIVED_FROM, NamedNode(source)) for source in sources),
    ]
    for subject, predicate, object_ in facts:
        yield Quad(subject, predicate, object_, node)


def software_iri(base: str) -> str:
    """The IRI of this version of the software among a project's."""
    return f"{base}software/kg-{__version__}"


def describe_dataset(
    base: str, title: str = "", license_: str = "", language: str = "en"
) -> list[Quad]:
    """What the dataset says of itself, in a graph of its own, named by the base.

    The space of its IRIs, its title and licence, and the software that made it: said once, as a
    triple in several graphs would count several times in their union.

    >>> len(describe_dataset("https://example.org/", "Iron"))
    6
    """
    dataset, software = NamedNode(base), NamedNode(software_iri(base))
    facts: list[tuple[NamedNode, NamedNode, NamedNode | Literal]] = [
        (dataset, terms.TYPE, terms.DATASET),
        (dataset, terms.URI_SPACE, Literal(base)),
        (software, terms.TYPE, terms.SOFTWARE_AGENT),
        (software, terms.LABEL, Literal(f"kg {__version__}")),
        (software, terms.SOFTWARE_VERSION, Literal(__version__)),
    ]
    if title:
        facts.append((dataset, terms.TITLE, Literal(title, language=language)))
    if license_:
        facts.append((dataset, terms.LICENSE, NamedNode(license_)))
    return [Quad(*fact, dataset) for fact in facts]


def _from_rdf(sheet: Sheet, graph: str) -> Found:
    """An RDF sheet: all its triples go to the sheet's graph, its blank nodes get names."""
    found = Found()
    mentions = Mentions(sheet.text)
    others = {q.graph_name.value for q in sheet.quads if isinstance(q.graph_name, NamedNode)}
    for other in sorted(others - {graph}):
        mark = mentions.find(other)
        message = f"the named graph <{other}> is not kept: a sheet is one graph"
        found.problems.append(Problem(sheet.name, *mark, message, "named-graph", Severity.WARNING))
    plain = [q for q in sheet.quads if not isinstance(q.object, Triple)]
    if len(plain) < len(sheet.quads):
        message = "triple terms (RDF 1.2) are not supported; describe the statement as a node"
        found.problems.append(Problem(sheet.name, 0, 0, message, "triple-term"))
    try:
        found.quads = name_blank_nodes(plain, graph)
    except BlankNodeError as error:
        found.problems.append(Problem(sheet.name, 0, 0, str(error), "blank-node"))
    blocks: dict[str, Block] = {}
    for quad in found.quads:
        subject = terms.text_of(quad.subject)
        if subject not in blocks:
            blocks[subject] = Block(subject, mentions.find(subject))
        mark = blocks[subject].mark
        if isinstance(quad.object, NamedNode | Literal):
            blocks[subject].add(quad.predicate.value, quad.object, mark, mark)
    found.blocks = list(blocks.values())
    return found


def _reserved(
    name: str, found: Found, graph: str, base: str, ontology: Ontology
) -> Iterator[Problem]:
    """Descriptions of what is not a sheet's to describe: it could forge terms or provenance."""
    ours = tuple(base + end for end in ("graph/", "software/", "metadata/", "queries/"))
    for block in found.blocks:
        if block.subject in ontology.known or block.subject.startswith(ontology.namespaces):
            message = "terms of the ontology are described in the ontology, not in a sheet"
        elif block.subject.startswith(graph + "/node/"):
            continue  # a blank node of this sheet, named
        elif block.subject == base or block.subject.startswith(ours):
            message = "graphs, queries, software and the dataset itself are described by the build"
        else:
            continue
        yield Problem(name, *block.mark, message, "reserved", focus=block.subject)


def _unknown_terms(name: str, found: Found, ontology: Ontology) -> Iterator[Problem]:
    """Terms in the ontology's namespace that it does not have, at the places that use them."""
    for block in found.blocks:
        for predicate, values in block.values.items():
            if ontology.foreign_to(predicate):
                yield _unknown_term(name, block.keys[predicate], predicate, ontology)
            for value, mark in values:
                if ontology.foreign_to(value):
                    yield _unknown_term(name, mark, value, ontology)


def _unknown_term(name: str, mark: Mark, iri: str, ontology: Ontology) -> Problem:
    namespace = next(n for n in ontology.namespaces if iri.startswith(n))
    local = iri[len(namespace) :]
    others = [known[len(namespace) :] for known in ontology.known if known.startswith(namespace)]
    hint = did_you_mean(local, others)
    family = [o for o in others if o.split("-")[0] == local.split("-")[0]]
    if hint:
        end = f"; did you mean `{hint}`?"
    elif "-" in local and len(family) > 1:
        end = f"; there are {', '.join(sorted(o for o in family if '-' in o))}"
    else:
        end = ""
    message = f"the ontology has no term `{local}`{end}"
    return Problem(name, *mark, message, "unknown-term", value=iri)
