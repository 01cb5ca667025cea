"""The way with LinkML: linkml-convert, pySHACL, `oxigraph load`.

    python -m benchmarks.peers.linkml_way LINKML SCHEMA DATA BACKGROUND SHAPES STORE

LINKML is the Python that has linkml. It writes no language tags, so that by itself its result
does not conform; here they are put in afterwards, and the node that holds the lists is taken out.
"""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from rdflib import RDF, Graph, URIRef

from benchmarks.corpus import BASE
from benchmarks.peers.record_schema import ROOT
from benchmarks.peers.reference import judge
from benchmarks.peers.stages import Stages


def main(
    linkml: Path, schema: Path, records: Path, background: Path, shapes: Path, store: Path
) -> None:
    stages = Stages()
    converted, complete = store.with_name("converted.ttl"), store.with_name("complete.nt")
    with stages("convert"):
        # Without its own validation, as pySHACL validates.
        command = [linkml.with_name("linkml-convert"), "--no-validate", "--schema", schema]
        command += ["--target-class", ROOT, "-f", "json", "-t", "ttl", "-o", converted, records]
        subprocess.run(list(map(str, command)), check=True)
    with stages("languages"):
        text = converted.read_text(encoding="utf-8")
        assert '"@en' not in text, "linkml-convert writes language tags: nothing is to be put in"
        text = text.replace('"^^le:english', '"@en')
        data = Graph().parse(data=text, format="turtle")
        root = data.value(None, RDF.type, URIRef(f"{BASE}schema/{ROOT}"))
        data.remove((root, None, None))
        data.serialize(complete, format="nt", encoding="utf-8")
    with stages("validate"):
        data.parse(background, format="nt")
        judge(data, shapes)
    with stages("load"):
        load = ("oxigraph", "load", "--location", store, "--file", complete, background)
        subprocess.run(load, check=True)
    stages.print()


if __name__ == "__main__":
    main(*map(Path, sys.argv[1:]))
