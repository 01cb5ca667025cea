"""Turtle and TriG for people: grouped, one property a line, relative IRIs under the base.

The store's own writer is exact but hard to read: it puts all objects on one line, leaves no space
between subjects, and shortens whatever shares the host of the base (`</linked-evidence/ontology>`).
Terms and their escapes are still the store's; only the layout is ours.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable
from typing import Final

from pyoxigraph import BlankNode, DefaultGraph, Literal, NamedNode, Quad, Triple

from kg import terms
from kg.dumps.layout import Description, Layout, Object, term_order

_WIDTH: Final = 100
_INDENT: Final = "    "
# Narrower than the grammar (Turtle 6.5, PN_LOCAL): nothing that needs an escape.
_LOCAL: Final = re.compile(r"[A-Za-z0-9_](?:[A-Za-z0-9_.-]*[A-Za-z0-9_-])?")
_NATIVE: Final = {
    terms.XSD + "integer": re.compile(r"[+-]?[0-9]+"),
    terms.XSD + "decimal": re.compile(r"[+-]?[0-9]*\.[0-9]+"),
    terms.XSD + "boolean": re.compile(r"true|false"),
}


def write_turtle(triples: Iterable[Triple], layout: Layout) -> str:
    """The triples as Turtle; the same text whatever their order."""
    writer = _Writer(layout)
    body = writer.descriptions(layout.describe(triples))
    return writer.header() + "".join(f"\n{block}\n" for block in body)


def write_trig(quads: Iterable[Quad], layout: Layout) -> str:
    """The quads as TriG, a block for each graph, the default graph first."""
    graphs: defaultdict[NamedNode | BlankNode | DefaultGraph, list[Triple]] = defaultdict(list)
    for quad in quads:
        graphs[quad.graph_name].append(quad.triple)
    writer = _Writer(layout)
    blocks = writer.descriptions(layout.describe(graphs.pop(DefaultGraph(), [])))
    named = [graph for graph in graphs if not isinstance(graph, DefaultGraph)]
    for graph in sorted(named, key=term_order):
        body = "\n\n".join(writer.descriptions(layout.describe(graphs[graph])))
        # Not textwrap.indent: it also breaks lines at characters that a literal may hold.
        indented = "\n".join(_INDENT + line if line else "" for line in body.split("\n"))
        blocks.append(f"{writer.term(graph)} {{\n{indented}\n}}")
    return writer.header() + "".join(f"\n{block}\n" for block in blocks)


class _Writer:
    """Writes terms short, and remembers which prefixes and whether the base were used."""

    def __init__(self, layout: Layout) -> None:
        self._layout = layout
        by_length = sorted(layout.prefixes.items(), key=lambda item: (-len(item[1]), item))
        self._namespaces = [(namespace, prefix) for prefix, namespace in by_length]
        self._used: set[str] = set()
        self._known: dict[str, str] = {}
        self._relative = False

    def header(self) -> str:
        """The base and the prefixes in use, sorted; to be asked for last."""
        lines = [f"@base <{self._layout.base}> ."] if self._relative else []
        lines += [
            f"@prefix {prefix}: <{self._layout.prefixes[prefix]}> ."
            for prefix in sorted(self._used, key=lambda prefix: (prefix.lower(), prefix))
        ]
        return "".join(f"{line}\n" for line in lines)

    def descriptions(self, described: list[Description]) -> list[str]:
        """One block of text for each subject."""
        blocks = []
        for subject, properties in described:
            lines = [self._property(predicate, objects) for predicate, objects in properties]
            blocks.append(f"{self.term(subject)} " + f" ;\n{_INDENT}".join(lines) + " .")
        return blocks

    def _property(self, predicate: NamedNode, objects: list[Object]) -> str:
        name = "a" if predicate == terms.TYPE else self.term(predicate)
        written = [self.term(term) for term in objects]
        line = f"{name} {', '.join(written)}"
        if len(written) == 1 or len(line) <= _WIDTH - 2 * len(_INDENT):
            return line
        return f"{name}\n{_INDENT * 2}" + f",\n{_INDENT * 2}".join(written)

    def term(self, term: Object) -> str:
        if isinstance(term, NamedNode):
            if term.value not in self._known:
                self._known[term.value] = self._iri(term.value)
            return self._known[term.value]
        if isinstance(term, Literal):
            return self._literal(term)
        if isinstance(term, Triple):
            parts = (term.subject, term.predicate, term.object)
            return f"<<( {' '.join(map(self.term, parts))} )>>"
        return str(term)

    def _iri(self, iri: str) -> str:
        if relative := self._layout.relative(iri):
            self._relative = True
            return f"<{relative}>"
        for namespace, prefix in self._namespaces:
            if iri.startswith(namespace) and _LOCAL.fullmatch(iri, len(namespace)):
                self._used.add(prefix)
                return f"{prefix}:{iri[len(namespace) :]}"
        return f"<{iri}>"

    def _literal(self, literal: Literal) -> str:
        datatype = literal.datatype.value
        if literal.language or datatype == terms.XSD + "string":
            return str(literal)
        if datatype in _NATIVE and _NATIVE[datatype].fullmatch(literal.value):
            return literal.value
        return f"{Literal(literal.value)}^^{self.term(literal.datatype)}"
