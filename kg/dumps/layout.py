"""The order and the short names in which a person reads a graph; the same in every format.

The project's own subjects first, by IRI, a node right before what is nested in it. Of properties
the class first, then the label, then as the context lists its keys, then the rest by IRI.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from pyoxigraph import BlankNode, Literal, NamedNode, Triple

from kg import terms
from kg.context import Context, is_iri

Subject = NamedNode | BlankNode
Object = NamedNode | BlankNode | Literal | Triple
Description = tuple[Subject, list[tuple[NamedNode, list[Object]]]]

_FIRST: Final = (terms.TYPE.value, terms.PREF_LABEL.value, terms.LABEL.value)
# Relative references that every reader resolves alike: plain segments, none starting with a dot.
_RELATIVE: Final = re.compile(r"[A-Za-z0-9_-][A-Za-z0-9._-]*(?:/[A-Za-z0-9_-][A-Za-z0-9._-]*)*")
_USUAL: Final = {
    "le": terms.LE,
    "rdf": terms.RDF,
    "rdfs": terms.RDFS,
    "xsd": terms.XSD,
    "owl": terms.OWL,
    "skos": terms.SKOS,
    "dcterms": terms.DCTERMS,
    "prov": terms.PROV,
    "oa": terms.OA,
    "sh": terms.SH,
    "void": terms.VOID,
    "dcat": terms.DCAT,
    "foaf": terms.FOAF,
    "spdx": terms.SPDX,
    "schema": terms.SCHEMA,
}


@dataclass(frozen=True, slots=True)
class Layout:
    """How a project's graphs are laid out: its base, its prefixes, the rank of each property."""

    base: str
    prefixes: dict[str, str]
    ranks: dict[str, int]

    @classmethod
    def of(cls, context: Context) -> Layout:
        """The layout that a context implies; its prefixes win over the usual ones.

        >>> Layout.of(Context.parse({"dct": "http://purl.org/dc/terms/"}, "https://b/")).prefixes[
        ...     "dct"]
        'http://purl.org/dc/terms/'
        """
        own = {
            prefix: namespace
            for prefix, namespace in sorted(context.prefixes.items())
            if prefix.isascii() and prefix.replace("-", "").isalnum() and is_iri(namespace)
        }
        usual = {
            prefix: namespace
            for prefix, namespace in _USUAL.items()
            if prefix not in context.prefixes and namespace not in own.values()
        }
        listed = [term.iri for key in context.keys if (term := context.term(key))]
        ranks = {iri: rank for rank, iri in enumerate(dict.fromkeys([*_FIRST, *listed]))}
        return cls(context.base, own | usual, ranks)

    def relative(self, iri: str) -> str:
        """The IRI relative to the base, or '' when it is not plainly under it.

        >>> layout = Layout("https://example.org/", {}, {})
        >>> layout.relative("https://example.org/mineral/iron")
        'mineral/iron'
        >>> layout.relative("https://example.org/a:b"), layout.relative("https://example.org/")
        ('', '')
        """
        end = iri[len(self.base) :] if iri.startswith(self.base) else ""
        return end if _RELATIVE.fullmatch(end) else ""

    def property_order(self, iri: str) -> tuple[int, str]:
        """Sort key of a property."""
        return self.ranks.get(iri, len(self.ranks)), iri

    def _subject_order(self, subject: Subject) -> tuple[bool, tuple[int, list[str], str]]:
        return not subject.value.startswith(self.base), term_order(subject)

    def describe(self, triples: Iterable[Triple]) -> list[Description]:
        """The triples by subject and property, all in order, each once."""
        found: defaultdict[Subject, defaultdict[NamedNode, set[Object]]]
        found = defaultdict(lambda: defaultdict(set))
        for triple in triples:
            assert not isinstance(triple.subject, (Literal, Triple))
            found[triple.subject][triple.predicate].add(triple.object)
        return [
            (
                subject,
                [
                    (predicate, sorted(found[subject][predicate], key=term_order))
                    for predicate in sorted(
                        found[subject], key=lambda named: self.property_order(named.value)
                    )
                ],
            )
            for subject in sorted(found, key=self._subject_order)
        ]


def term_order(term: Object) -> tuple[int, list[str], str]:
    """Sort key of a term: IRIs by their segments, so that what is nested follows its parent."""
    if isinstance(term, NamedNode):
        return 0, term.value.split("/"), ""
    if isinstance(term, Literal):
        return 2, [term.value], str(term)
    return 1, [str(term)], ""
