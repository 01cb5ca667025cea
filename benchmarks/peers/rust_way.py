"""The best that can be glued together by hand: everything in Rust, and in memory.

    python -m benchmarks.peers.rust_way RECORDS BACKGROUND SHAPES STORE

pyoxigraph parses JSON-LD, `shacl` judges, and pyoxigraph loads in bulk. What is missing beside
`kg build`: unknown keys and bad IRIs vanish in silence, a problem has no line, and nothing bounds
memory.
"""

from __future__ import annotations

import sys
from pathlib import Path

from pyoxigraph import RdfFormat, Store, parse, serialize
from shacl import Shapes

from benchmarks.peers.stages import Stages


def main(records: Path, background: Path, shapes: Path, store: Path) -> None:
    stages = Stages()
    with stages("parse"):
        parts = [background.read_bytes()]
        for file in sorted(records.iterdir()):
            quads = parse(path=file, format=RdfFormat.JSON_LD)
            lines = serialize((quad.triple for quad in quads), format=RdfFormat.N_TRIPLES)
            parts.append(lines or b"")
        data = b"".join(parts)
    with stages("validate"):
        rules = Shapes.from_file(str(shapes))
        report = rules.validate_text(data.decode(), format="ntriples", allow_warnings=True)
        if not report.conforms:
            sys.exit(str(report.results[:20]))
    with stages("load"):
        loaded = Store(str(store))
        loaded.bulk_load(data, format=RdfFormat.N_TRIPLES)
        loaded.flush()
    stages.print()


if __name__ == "__main__":
    main(*map(Path, sys.argv[1:]))
