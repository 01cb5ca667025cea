"""Screened or not, validation finds the same.

`KG_LONG=1` runs thousands of cases instead of hundreds.
"""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from differential import (
    EX,
    ROOT,
    Maker,
    Screening,
    corpora,
    hierarchy,
    passing,
    project_rules,
    project_screening,
    reference,
)
from hypothesis import HealthCheck, given, settings
from pyoxigraph import Quad, RdfFormat, parse
from rdflib import Graph
from test_shapes import changed, rows

from kg.ontology import read_turtle_folder

CASES = Path(__file__).parent / "cases"
# What a build has at hand for each batch, without the data set, whose one constraint is a query.
SHARED = (*(q for q in passing() if q.subject.value != EX), *hierarchy())
EXAMPLES = 2000 if os.environ.get("KG_LONG") else 40


@settings(
    max_examples=EXAMPLES,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)
@given(corpora(Maker()))
def test_random_data_made_from_the_shapes(batches: list[list[Quad]]) -> None:
    """Each example holds up to a dozen nodes, three changes to each."""
    everything = [*(quad for batch in batches for quad in batch), *SHARED]
    assert project_screening().found(batches, SHARED) == reference(everything, project_rules())


def test_examples_that_break_one_constraint_each() -> None:
    """The rows of failing.txt, a copy of an example each: every constraint of every shape."""
    shared = [*passing(), *hierarchy()]
    copies = [_quads(changed(row)) for row in rows()]
    batches = [[quad for copy in copies[n::3] for quad in copy] for n in range(3)]
    everything = [*(quad for batch in batches for quad in batch), *shared]
    found = project_screening().found(batches, shared)
    assert found == reference(everything, project_rules())
    assert len({(shape, component) for _, _, _, _, shape, component, _ in found}) > 150


@pytest.mark.parametrize("folder", [ROOT / "shapes", CASES / "shapes"], ids=("project", "cases"))
def test_golden_cases(folder: Path) -> None:
    """What the sheets of all golden cases say, each case a batch."""
    rules = read_turtle_folder(folder, "shapes")
    batches = [list(parse(path=path)) for path in sorted(CASES.glob("*/expected.nq"))]
    shared = [*passing(), *hierarchy()]
    everything = [*(quad for batch in batches for quad in batch), *shared]
    assert Screening(rules).found(batches, shared) == reference(everything, rules) != set()


def _quads(graph: Graph) -> list[Quad]:
    return list(parse(graph.serialize(format="nt").encode(), format=RdfFormat.N_TRIPLES))
