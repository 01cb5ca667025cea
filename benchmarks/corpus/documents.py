"""The description of one generated document: the nodes that a careful reader would write down."""

from __future__ import annotations

from collections.abc import Callable

from benchmarks.corpus.draw import Draw
from benchmarks.corpus.reading import Node, Reading
from benchmarks.corpus.statements import (
    add_characteristic,
    add_elsewhere,
    add_mechanism,
    add_recommendation,
)
from benchmarks.corpus.studies import add_review, add_study

Other = Callable[[Draw], str]
"""Draws the key of an earlier document to refer to; '' when there is none to take."""


def describe(number: int, draw: Draw, other: Other) -> list[Node]:
    """The nodes of a document: itself, its publication, studies, and all that it says.

    Every document has `study/KEY-1` with a `population/KEY-1`, `finding/KEY-1-1` and
    `publication/KEY`, so that later ones can refer to them.
    """
    reading = Reading(number, draw)
    add_study(reading, 1, trial=draw.chance(0.6))
    if draw.chance(0.3):
        kind = draw.random()
        if kind < 0.2:
            add_review(reading, 2)
        else:
            add_study(reading, 2, trial=kind < 0.6)
    for place in range(1, draw.between(0, 2) + 1):
        (add_mechanism if draw.chance(0.5) else add_characteristic)(reading, place)
    if draw.chance(0.15):
        add_recommendation(reading)
    if draw.chance(0.08):
        add_elsewhere(reading, other(draw) if draw.chance(0.8) else "")
    return reading.nodes
