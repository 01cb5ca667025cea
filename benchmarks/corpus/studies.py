"""Studies: the people in them, what they were given, and what was found."""

from __future__ import annotations

from typing import Any

from benchmarks.corpus import words
from benchmarks.corpus.draw import Draw
from benchmarks.corpus.reading import Node, Reading

_UNITS = ("mg/d", "mg/d", "mmol/d")


def add_study(reading: Reading, place: int, *, trial: bool) -> None:
    """A study with its people, what they were given, and what was found."""
    draw, name = reading.draw, f"{reading.key}-{place}"
    condition, called = draw.pick(words.CONDITIONS)
    size = draw.between(12, 900)
    population = reading.add({
        "id": f"population/{name}",
        "type": "Population",
        "label": f"People with {called} in {reading.where}, {reading.by}",
        "condition": condition,
        "sampleSize": size,
    })  # fmt: skip
    word = "Trial" if trial else "Survey"
    node: Node = {
        "id": f"study/{name}",
        "type": "ClinicalTrial" if trial else "ObservationalStudy",
        "label": f"{word} in {reading.where} by {reading.by}, no. {place}",
        "design": ["cross-sectional", "observational"],
        "population": population,
        "sampleSize": size,
        "publication": f"publication/{reading.key}",
    }
    given: tuple[str, str, str] = draw.pick(words.EXPOSURES)
    arms: list[str] = []
    if trial:
        node["design"] = draw.pick(_DESIGNS)
        iri, substance = draw.pick(words.GIVEN)
        arms = node["arms"] = _arms(reading, name, iri, substance)
        given = (arms[0], substance, "")
    if draw.chance(0.7):
        node["passages"] = reading.passages(f"{size} people with {called} took part.")
    reading.add(node)
    for number in range(1, draw.between(1, 2 if place == 1 else 1) + 1):
        finding = add_finding(reading, f"{name}-{number}", given, arms)
        finding["study"] = node["id"]
        finding["population"] = population
        if draw.chance(0.15):
            finding["population"] = _subgroup(reading, f"{name}-{number}", population)
            finding["scope"] = "subgroup"


_DESIGNS = (
    ["randomized", "double-blind", "placebo-controlled", "trial"],
    ["randomized", "placebo-controlled"],
    ["randomized", "trial"],
    ["trial"],
)


def add_review(reading: Reading, place: int) -> None:
    text = f"The literature was read in {reading.where}"
    reading.add({
        "id": f"study/{reading.key}-{place}",
        "type": "Review",
        "label": f"Review by {reading.by}, no. {place}",
        "design": reading.draw.pick(("literature-review", "systematic-review")),
        "population": reading.draw.pick(words.PEOPLE),
        "passages": reading.passages(text),
    })  # fmt: skip


def _arms(reading: Reading, name: str, given: str, called: str) -> list[str]:
    """What a trial gave: something at a dose, and mostly a placebo beside it."""
    draw = reading.draw
    amount, unit = draw.between(1, 60) * 10, draw.pick(_UNITS)
    months = draw.between(1, 12)
    dose: Node = {"value": amount, "unit": unit, "reported": f"{amount} {unit[:-2]} daily"}
    if draw.chance(0.2):
        most = f"{amount * 1.5:.1f}"
        dose = {
            "lower": amount,
            "upper": most,
            "unit": unit,
            "reported": f"{amount} to {most} a day",
        }
    arms = [
        reading.add({
            "id": f"intervention/{name}-given",
            "type": "Intervention",
            "label": f"{called[0].upper()}{called[1:]} as given in {reading.where}, {reading.by}",
            "given": given,
            "route": "oral",
            "dose": dose,
            "duration": f"P{months}M",
            "reported": f"for {months} months",
        })
    ]  # fmt: skip
    if draw.chance(0.7):
        arms.append(
            reading.add({
                "id": f"intervention/{name}-placebo",
                "type": "Intervention",
                "label": f"Placebo as given in {reading.where}, {reading.by}",
                "given": "entity/placebo",
                "route": "not-reported",
            })
        )  # fmt: skip
    return arms


def _subgroup(reading: Reading, name: str, of: str) -> str:
    """Some of the people of a study, told by a mark or by a score."""
    draw = reading.draw
    mark, called = draw.pick(words.MARKS)
    criterion: Any = mark
    if draw.chance(0.5):
        least = draw.between(3, 12)
        called = f"a score above {least}"
        criterion = {
            "type": "Quantity", "lower": least, "lowerExclusive": True, "unit": "{score}",
            "reported": f"> {least}",
        }  # fmt: skip
    return reading.add({
        "id": f"population/{name}",
        "type": "Population",
        "label": f"Those with {called} in {reading.by}",
        "subgroupOf": of,
        "criterion": criterion,
    })  # fmt: skip


def add_finding(reading: Reading, name: str, given: tuple[str, str, str], arms: list[str]) -> Node:
    """What a study found; whoever calls adds the study and the people."""
    draw = reading.draw
    exposure, cause, assay = given
    outcome, effect, instrument = draw.pick(words.OUTCOMES)
    direction, verb = draw.pick(_DIRECTIONS)
    text = f"{cause[0].upper()}{cause[1:]} {verb} {effect} ({reading.where}, {reading.by})"
    node: Node = {
        "id": f"finding/{name}",
        "type": "Finding",
        "label": text,
        "exposure": exposure,
        "outcome": outcome,
        "relationKind": "effect" if arms else draw.pick(("association", "difference")),
        "direction": direction,
        "scope": "whole-sample",
        "certainty": "not-rated",
        "evidence": "cited-study",
    }
    if instrument:
        node["measurement"] = instrument
    if assay:
        node["exposureMeasurement"] = assay
    if len(arms) > 1:
        node["comparator"] = arms[1]
    elif not arms and draw.chance(0.4):
        node["comparator"] = "population/healthy-controls"
    _weigh(draw, node)
    node["passages"] = reading.passages(text)
    reading.add(node)
    return node


_DIRECTIONS = (
    ("lower", "went with less"), ("lower", "brought down"), ("higher", "went with more"),
    ("mixed", "went now with more, now with less"), ("no-difference", "made no odds to"),
)  # fmt: skip


def _weigh(draw: Draw, node: Node) -> None:
    """Say what the document tells of significance, and what the finding bears on."""
    thousandths = draw.between(1, 49)
    if node["direction"] == "no-difference":
        node["nullKind"] = "tested"
        node["significance"] = "not-significant"
        thousandths += 50 * draw.between(1, 18)
    else:
        node["significance"] = "significant"
        if node["direction"] != "mixed":
            good = (node["direction"] == "higher") == (node["outcome"] in words.GOOD)
            node["valence"] = "better" if good else "worse"
    form = draw.random()
    if form < 0.6:
        node["pValue"] = f"{thousandths / 1000:.3f}"
        node["reported"] = f"P = {node['pValue']}"
    elif form < 0.75 and thousandths < 50:
        node["pValueBelow"] = draw.pick(("0.001", "0.01", "0.05"))
        node["reported"] = f"p < {node['pValueBelow'][1:]}"
    elif thousandths < 50:
        node["significance"] = "not-reported"
    hypothesis = words.HYPOTHESES.get(node["outcome"])
    if hypothesis:
        node[draw.pick(("supports", "supports", "disputes", "leavesOpen"))] = hypothesis
