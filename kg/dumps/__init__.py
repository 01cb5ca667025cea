r"""Graphs → bytes in a standard format: sorted, prefixed, the same whatever the order of the input.

>>> from kg import terms
>>> from kg.formats import RDF_FORMATS
>>> from pyoxigraph import Literal, NamedNode
>>> context = Context.parse({"skos": terms.SKOS}, "https://example.org/")
>>> iron = NamedNode("https://example.org/mineral/iron")
>>> quad = Quad(iron, terms.PREF_LABEL, Literal("Iron", language="en"))
>>> print(dump([quad], RDF_FORMATS["turtle"], context).decode(), end="")
@base <https://example.org/> .
@prefix skos: <http://www.w3.org/2004/02/skos/core#> .
<BLANKLINE>
<mineral/iron> skos:prefLabel "Iron"@en .
"""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterable, Sequence
from pathlib import Path

from pyoxigraph import BlankNode, NamedNode, Quad, Store, serialize

from kg import terms
from kg.context import Context
from kg.dumps.json_ld import write_json_ld
from kg.dumps.layout import Layout
from kg.dumps.rdf_xml import write_rdf_xml
from kg.dumps.turtle import write_trig, write_turtle
from kg.errors import KgError, UnknownNameError, did_you_mean
from kg.formats import GraphFormat

__all__ = ["choose_graphs", "dump", "quads_of", "write_file"]


def dump(quads: Iterable[Quad], format_: GraphFormat, context: Context) -> bytes:
    """The quads in a format, UTF-8; the context gives base, prefixes and order.

    N-Quads and TriG keep the graphs apart, the other formats hold their union. Raises `KgError`
    for what the format cannot hold.
    """
    quads = set(quads)
    triples = {quad.triple for quad in quads}
    layout = Layout.of(context)
    match format_.name:
        case "turtle":
            return write_turtle(triples, layout).encode()
        case "trig":
            return write_trig(quads, layout).encode()
        case "jsonld":
            return write_json_ld(triples, layout, context).encode()
        case "rdfxml":
            return write_rdf_xml(triples, layout)
    if format_.name == "nquads":
        return serialize(sorted(quads, key=str), format=format_.rdf) or b""
    return serialize(sorted(triples, key=str), format=format_.rdf) or b""


def quads_of(store: Store, graphs: Sequence[NamedNode] = ()) -> list[Quad]:
    """All quads of some graphs of a store; of every graph when none is named."""
    if not graphs:
        return list(store)
    return [q for graph in graphs for q in store.quads_for_pattern(None, None, None, graph)]


def choose_graphs(store: Store, context: Context, names: Iterable[str]) -> list[NamedNode]:
    """The graphs that `names` name: by IRI, CURIE, relative IRI, or the path of their sheet.

    Raises `UnknownNameError` for a graph that the store does not have.
    """
    known: dict[str, NamedNode] = {}
    for graph in store.named_graphs():
        if isinstance(graph, BlankNode):
            continue
        labels = store.quads_for_pattern(graph, terms.LABEL, None, graph)
        known |= {terms.text_of(quad.object): graph for quad in labels}
        known |= {context.shorten(graph.value): graph, graph.value: graph}
    chosen = []
    for name in names:
        written = name.strip().removeprefix("<").removesuffix(">")
        found = known.get(written) or known.get(context.expand(written))
        if found is None:
            hint = did_you_mean(written, known)
            end = f"; did you mean `{hint}`?" if hint else ""
            raise UnknownNameError(f"there is no graph `{written}`{end}")
        chosen.append(found)
    return chosen


def write_file(path: Path, data: bytes) -> None:
    """Write a file whole or not at all: aside, then one rename; raises `KgError`.

    A link stays a link to the file that is replaced; a device or a pipe is written to.
    """
    try:
        if path.exists() and not path.is_file():
            path.write_bytes(data)
            return
        path = path.resolve()
        aside = path.with_name(f".{path.name}.{os.getpid()}.aside")
        try:
            with aside.open("wb") as file:
                file.write(data)
                file.flush()
                os.fsync(file.fileno())
            aside.replace(path)
        finally:
            with contextlib.suppress(FileNotFoundError):
                aside.unlink()
    except OSError as error:
        raise KgError(f"{path} cannot be written: {error.strerror}") from error
