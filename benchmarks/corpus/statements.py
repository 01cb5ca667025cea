"""What a document says beside the findings of its studies."""

from __future__ import annotations

from benchmarks.corpus import words
from benchmarks.corpus.reading import Node, Reading
from benchmarks.corpus.studies import add_finding


def add_mechanism(reading: Reading, place: int) -> None:
    """How one thing acts on another, and now and then what follows from that."""
    draw = reading.draw
    first = draw.between(0, len(words.LINKS) - 1)
    names = [f"mechanism/{reading.key}-{place}", f"mechanism/{reading.key}-{place}-next"]
    steps = 2 if draw.chance(0.15) else 1
    for step in range(steps):
        # The object of a step is the subject of the next, and no step leads back.
        subject, object_ = (words.LINKS[n % len(words.LINKS)] for n in (first, first + 5))
        first += 5
        relation, verb = draw.pick(words.ACTIONS)
        text = f"{subject[1][0].upper()}{subject[1][1:]} {verb} {object_[1]}"
        node: Node = {
            "id": names[step],
            "type": "Mechanism",
            "label": text,
            "subject": subject[0],
            "relation": relation,
            "object": object_[0],
            "evidence": draw.pick(("untraceable", "cited-study")),
            "passages": reading.passages(f"{text}, as {reading.by} hold."),
        }
        if step + 1 < steps:
            node["leadsTo"] = names[step + 1]
        reading.add(node)


def add_characteristic(reading: Reading, place: int) -> None:
    subject, relation, object_, text = reading.draw.pick(words.CHARACTERISTICS)
    reading.add({
        "id": f"characteristic/{reading.key}-{place}",
        "type": "Characteristic",
        "label": text,
        "subject": subject,
        "relation": relation,
        "object": object_,
        "evidence": "untraceable",
        "passages": reading.passages(f"{text}, as {reading.by} hold."),
    })  # fmt: skip


def add_recommendation(reading: Reading) -> None:
    draw = reading.draw
    most = f"{draw.between(20, 90) / 2:.1f}"
    reading.add({
        "id": f"recommendation/{reading.key}",
        "type": "Recommendation",
        "label": f"Not above {most} dg a day",
        "subject": "entity/upper-intake-limit",
        "quantity": {"upper": most, "unit": "dg/d", "reported": f"≤ {most} dg per day"},
        "appliesTo": draw.pick(words.PEOPLE),
        "evidence": "untraceable",
        "passages": reading.passages(f"Nobody should take more than {most} dg a day."),
    })  # fmt: skip


def add_elsewhere(reading: Reading, other: str) -> None:
    """Something said about a study that another document, or the background, describes."""
    draw, key = reading.draw, reading.key
    study = f"study/{other}-1" if other else draw.pick(words.SHARED_STUDIES)
    form = draw.between(1, 4) if other else 1
    if form == 1:
        text = "The people were few, and came from one place"
        reading.add({
            "id": f"limitation/{key}",
            "type": "Limitation",
            "label": text,
            "subject": study,
            "evidence": "cited-study",
            "passages": reading.passages(text),
        })  # fmt: skip
    elif form == 2:
        finding = add_finding(reading, f"{key}-elsewhere", words.EXPOSURES[0], [])
        finding["study"] = study
        finding["population"] = f"population/{other}-1"
    elif form == 3:
        reading.add({
            "id": f"disagreement/{key}",
            "type": "Disagreement",
            "label": f"{reading.by} against the document {other}",
            "sides": [f"finding/{key}-1-1", f"finding/{other}-1-1"],
            "dimension": draw.pick(("direction", "method", "scope")),
            "reason": "The two are not told of the same people.",
        })  # fmt: skip
    else:
        reading.document["cites"].append(f"publication/{other}")
        elsewhere = {**reading.passage("as was seen before"), "document": f"document/{other}"}
        reading.add({
            "id": f"correspondence/{key}",
            "type": "Correspondence",
            "label": f"What {reading.by} tell may be the study of document {other}",
            "study": f"study/{key}-1",
            "probablySameAs": study,
            "reason": "Place, year and number of people are the same.",
            "evidence": "curator-inference",
            "passages": [reading.passage("as was seen before"), elsewhere],
        })  # fmt: skip
