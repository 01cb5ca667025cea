"""Mechanisms as chains: which causal step documents join to which.

A box of a chain is a thing at one place of it. Two steps meet in a box where a document leads from
one to the other, or where both start, or both end, in the same thing. Where nobody joins what
comes into a thing with what goes out of it, the thing has two boxes: a chain must not say what no
document says.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Final

from pyoxigraph import NamedNode

from kg.site.content import Content
from kg.site.drawings.chain import Box, Link, draw_chain
from kg.site.drawings.shapes import Drawing
from kg.site.drawings.text import plain
from kg.site.evidence.reading import Facts, le
from kg.view import Place, Value

_LEADS_TO: Final = le("leadsTo")
MOST_BOXES: Final = 60
MOST_STEPS: Final = 1000


@dataclass(frozen=True, slots=True)
class Step:
    """One causal step, with where it is said and the steps that it leads to.

    `firmness` ranks the firmest hedge among its places.
    """

    mechanism: Value
    subject: Value
    relation: str
    object: Value
    locations: tuple[str, ...]
    hedges: tuple[str, ...]
    firmness: int
    places: tuple[Place, ...]
    leads_to: tuple[Value, ...]


@dataclass(frozen=True, slots=True)
class Mechanisms:
    """Some steps, and drawings of them: one for each chain of at least two steps.

    A chain too large to be read as a drawing has none; `undrawn` counts these, and `more` the steps
    that are not here as there are too many. `about` is the thing whose chains they are, if any's.
    """

    steps: tuple[Step, ...]
    drawings: tuple[Drawing, ...]
    undrawn: int = 0
    more: int = 0
    about: Value | None = None


def mechanisms_of(
    content: Content, about: Value, leaving: Sequence[NamedNode], coming: Sequence[NamedNode]
) -> Mechanisms:
    """The chains that go on from some steps, and those that end in others, for a thing's sake."""
    facts = Facts(content)
    found = dict.fromkeys(_closure(leaving, lambda one: facts.nodes(one, _LEADS_TO)))
    found |= dict.fromkeys(_closure(coming, lambda one: facts.subjects(_LEADS_TO, one)))
    steps = [step for one in list(found)[:MOST_STEPS] if (step := _step(facts, one))]
    chain = _chain(steps, about)
    title = f"Mechanisms from and to {about.text}"
    drawn = 0 < len(chain.boxes) <= MOST_BOXES
    drawings = (_drawing(chain, range(len(chain.boxes)), title),) if drawn else ()
    more = max(len(found) - MOST_STEPS, 0)
    return Mechanisms(tuple(steps), drawings, int(bool(steps) and not drawn), more, about)


def all_mechanisms(content: Content) -> Mechanisms:
    """Every mechanism there is."""
    facts = Facts(content)
    found = facts.instances(le("Mechanism"))
    steps = [step for one in found[:MOST_STEPS] if (step := _step(facts, one))]
    chain = _chain(steps, None)
    parts = [part for part in _parts(chain) if _links(chain, part)[1:]]
    readable = [part for part in parts if len(part) <= MOST_BOXES]
    drawings = [
        _drawing(chain, part, f"Chain {number}: {_ends(chain, part)}")
        for number, part in enumerate(readable, start=1)
    ]
    more = max(len(found) - MOST_STEPS, 0)
    return Mechanisms(tuple(steps), tuple(drawings), len(parts) - len(readable), more)


def _closure(
    starts: Iterable[NamedNode], following: Callable[[NamedNode], Iterable[NamedNode]]
) -> list[NamedNode]:
    """The starts and all that follows them, nearest first."""
    found = dict.fromkeys(starts)
    todo = list(found)
    while todo:
        for one in following(todo.pop(0)):
            if one not in found:
                found[one] = None
                todo.append(one)
    return list(found)


def _step(facts: Facts, node: NamedNode) -> Step | None:
    """A mechanism as a step; None when it lacks an end."""
    subject, object_ = facts.one(node, le("subject")), facts.one(node, le("object"))
    if subject is None or object_ is None:
        return None
    places = facts.reader.places(node)
    return Step(
        mechanism=facts.reader.value(node),
        subject=subject,
        relation=facts.text(node, le("relation")),
        object=object_,
        locations=tuple(value.text for value in facts.values(node, le("location"))),
        hedges=facts.hedges(places),
        firmness=max(map(facts.firmness, places), default=0),
        places=places,
        leads_to=facts.values(node, _LEADS_TO),
    )


@dataclass(frozen=True, slots=True)
class _Chain:
    boxes: tuple[Box, ...]
    links: tuple[Link, ...]


def _chain(steps: Sequence[Step], about: Value | None) -> _Chain:
    """Steps as boxes and links. An end of a step is a port; ports that are joined are one box."""
    number = {step.mechanism.iri: n for n, step in enumerate(steps)}
    pairs = [
        (n, number[value.iri])
        for n, step in enumerate(steps)
        for value in step.leads_to
        if value.iri in number
    ]
    joined = [(n, after) for n, after in pairs if steps[n].object == steps[after].subject]
    followed, led_to = {n for n, _ in joined}, {after for _, after in joined}
    ports = _Ports()
    for n, step in enumerate(steps):
        ports.join(("from", n), ("from", n) if n in led_to else ("starts", step.subject))
        ports.join(("to", n), ("to", n) if n in followed else ("ends", step.object))
    for n, after in joined:
        ports.join(("to", n), ("from", after))
    boxes: dict[object, int] = {}
    things: list[Box] = []

    def box(port: tuple[str, object], thing: Value) -> int:
        root = ports.root(port)
        if root not in boxes:
            boxes[root] = len(things)
            things.append(Box(thing.text, marked=thing == about))
        return boxes[root]

    links = [
        Link(
            box(("from", n), step.subject),
            box(("to", n), step.object),
            ", in ".join([step.relation, *step.locations]),
            ", ".join(step.hedges),
            step.firmness,
        )
        for n, step in enumerate(steps)
    ]
    links += [
        Link(links[n].end, links[after].start, "leads to")
        for n, after in pairs
        if (n, after) not in joined
    ]
    return _Chain(tuple(things), tuple(links))


class _Ports:
    """Which ends of steps are joined (disjoint sets)."""

    def __init__(self) -> None:
        self._parents: dict[object, object] = {}

    def root(self, port: object) -> object:
        while (above := self._parents.get(port, port)) != port:
            port = above
        return port

    def join(self, one: object, other: object) -> None:
        self._parents[self.root(other)] = self.root(one)


def _parts(chain: _Chain) -> list[list[int]]:
    """The boxes that hang together, by their numbers; what has most comes first."""
    ports = _Ports()
    for link in chain.links:
        ports.join(link.start, link.end)
    parts: dict[object, list[int]] = {}
    for n in range(len(chain.boxes)):
        parts.setdefault(ports.root(n), []).append(n)
    return sorted(parts.values(), key=lambda part: (-len(part), part))


def _links(chain: _Chain, part: Sequence[int]) -> list[Link]:
    within = set(part)
    return [link for link in chain.links if link.start in within]


def _ends(chain: _Chain, part: Sequence[int]) -> str:
    """What a chain starts from."""
    links = _links(chain, part)
    targets = {link.end for link in links}
    starts = [n for n in part if n not in targets] or part[:1]
    names = list(dict.fromkeys(plain(chain.boxes[n].text) for n in starts))
    return f"from {' and '.join(names[:3])}" + (" and others" if names[3:] else "")


def _drawing(chain: _Chain, part: Sequence[int], title: str) -> Drawing:
    place = {n: number for number, n in enumerate(part)}
    links = [
        Link(place[one.start], place[one.end], one.text, one.hedge, one.firmness)
        for one in _links(chain, part)
    ]
    boxes = [chain.boxes[n] for n in part]
    said = [
        f"{boxes[one.start].text} {one.text} {boxes[one.end].text}"
        + (f" ({one.hedge})" if one.hedge else "")
        for one in links
    ]
    return draw_chain(boxes, links, title, "; ".join(said) + ".")
