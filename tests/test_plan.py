"""The fast path says what `Walk` says, to the byte, or leaves the record to it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

from pyoxigraph import NamedNode
from sample import BASE, vocabulary

from kg.compile import _reserved, _unknown_terms
from kg.context import Context
from kg.ontology import Ontology, canonical
from kg.plan import Plan
from kg.sheets import Limits, parse_sheet
from kg.sheets.nodes import plain
from kg.walk import Walk

FACTS = Path(__file__).parent.parent / "facts"
GRAPH = BASE + "graph/a"


def walked(
    text: str, context: Context, ontology: Ontology, limits: Limits
) -> tuple[list[str], list[str]] | None:
    """The sorted lines and the subjects that `Walk` gives; None where there is any problem."""
    sheet = parse_sheet("a.json", text.encode(), limits)
    found = Walk(sheet, NamedNode(GRAPH), ontology).run(context)
    foreign = _unknown_terms(sheet.name, found, ontology)
    reserved = _reserved(sheet.name, found, GRAPH, context.base, ontology)
    if any([*sheet.problems, *found.problems, *foreign, *reserved]):
        return None
    lines = [f"{quad} .\n" for quad in canonical(found.quads)]
    return lines, [block.subject for block in found.blocks]


def own_records() -> Iterator[object]:
    """The nodes of the project's own facts, as JSON records."""
    for file in sorted(FACTS.rglob("*.yaml")):
        for node in parse_sheet(file.name, file.read_bytes(), Limits()).nodes:
            records = plain(node)
            yield from records if isinstance(records, list) else [records]


def test_every_record_of_our_own_facts_goes_the_fast_way():
    context, ontology = vocabulary()
    plan = Plan(context, ontology)
    for record in own_records():
        text = json.dumps(record, ensure_ascii=False)
        found = plan.compile(text, GRAPH, Limits())
        assert found is not None
        lines = sorted(set(found.lines))
        assert (lines, found.subjects) == walked(text, context, ontology, Limits())
