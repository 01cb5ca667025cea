"""Screened or not, validation finds the same.

`KG_LONG=1` runs thousands of cases instead of hundreds.
"""

from __future__ import annotations

import os

from differential import (
    EX,
    Maker,
    corpora,
    hierarchy,
    passing,
    project_rules,
    project_screening,
    reference,
)
from hypothesis import HealthCheck, given, settings
from pyoxigraph import Quad

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
