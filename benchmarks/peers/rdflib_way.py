"""The way with rdflib: JSON-LD parser, pySHACL, and rdflib's Oxigraph store.

    python -m benchmarks.peers.rdflib_way RECORDS BACKGROUND SHAPES STORE

What was tried, and is not done as it is slower or wrong: a document at a time (a fifth slower than
many in a file); an Oxigraph store as the graph that pySHACL judges (several times slower than
rdflib's own); pySHACL over parts (documents refer to each other, so that parts have false
violations). `addN` hands the store everything in one transaction.
"""

from __future__ import annotations

import sys
from pathlib import Path

from rdflib import Graph

from benchmarks.peers.reference import judge
from benchmarks.peers.stages import Stages


def main(records: Path, background: Path, shapes: Path, store: Path) -> None:
    stages = Stages()
    data = Graph()
    with stages("parse"):
        for file in sorted(records.iterdir()):
            data.parse(file, format="json-ld")
        data.parse(background, format="nt")
    with stages("validate"):
        judge(data, shapes)
    with stages("load"):
        stored = Graph(store="Oxigraph", identifier=data.identifier)
        stored.open(str(store), create=True)
        stored.addN((*triple, stored) for triple in data)
        stored.close()
    stages.print()


if __name__ == "__main__":
    main(*map(Path, sys.argv[1:]))
