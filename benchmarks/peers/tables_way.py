"""The way with a mapping: morph-kgc over CSV, pySHACL, `oxigraph load`.

    python -m benchmarks.peers.tables_way MORPH TABLES BACKGROUND SHAPES STORE

MORPH is the Python that has morph-kgc. TABLES holds `mapping.ttl` (`benchmarks.peers.mapping`
writes it) beside the tables.
"""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from rdflib import Graph

from benchmarks.peers.reference import judge
from benchmarks.peers.stages import Stages

_CONFIG = """\
[CONFIGURATION]
output_file = {output}
output_format = N-TRIPLES
logging_level = WARNING
[DataSource]
mappings = {mapping}
"""


def main(morph: Path, tables: Path, background: Path, shapes: Path, store: Path) -> None:
    stages = Stages()
    mapped = store.with_name("mapped.nt")
    with stages("map"):
        config = store.with_name("morph.ini")
        config.write_text(_CONFIG.format(output=mapped, mapping=tables / "mapping.ttl"), "utf-8")
        subprocess.run([morph, "-m", "morph_kgc", config], cwd=tables, check=True)
    with stages("validate"):
        data = Graph()
        data.parse(mapped, format="nt")
        data.parse(background, format="nt")
        judge(data, shapes)
    with stages("load"):
        load = ("oxigraph", "load", "--location", store, "--file", mapped, background)
        subprocess.run(load, check=True)
    stages.print()


if __name__ == "__main__":
    main(*map(Path, sys.argv[1:]))
