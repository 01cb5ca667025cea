"""pySHACL, as the peers call it."""

from __future__ import annotations

import sys
from pathlib import Path

import pyshacl
from rdflib import Graph


def judge(data: Graph, shapes: Path) -> None:
    """End the program with the report when the data do not conform."""
    rules = Graph().parse(shapes, format="turtle")
    # In place: otherwise it copies the graph first.
    conforms, _, report = pyshacl.validate(
        data, shacl_graph=rules, inplace=True, allow_warnings=True
    )
    if not conforms:
        sys.exit(str(report)[:2000])
