"""Engines that answer SPARQL, each over the same triples."""

from benchmarks.engines.asked import Answer, NotAnsweredError
from benchmarks.engines.jena import Jena
from benchmarks.engines.local import Oxigraph, Rdflib
from benchmarks.engines.virtuoso import Virtuoso

__all__ = ["ENGINES", "Answer", "NotAnsweredError"]

ENGINES = (Oxigraph, Rdflib, Virtuoso, Jena)
"""Each is made with the release's store and its triples as N-Triples, and is closed in the end.

`absent` says why one is not to be had, '' when it is.
"""
