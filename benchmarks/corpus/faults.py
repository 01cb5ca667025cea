"""What can be wrong with a document: one fault of each kind, and what `kg` says of it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction

from benchmarks.corpus.draw import Draw
from benchmarks.corpus.reading import Node


def _nothing(_nodes: list[Node], _other: str) -> None:
    pass


def _as_it_is(text: str) -> str:
    return text


@dataclass(frozen=True)
class Fault:
    """A kind of fault: what it does to the nodes, or else to the JSON text of a document.

    `rules` are the rules that `kg` reports for it, all of them at the document's line. While there
    are lines that cannot be read (`syntax`), `kg` judges no references, as one may lead there; a
    reference to nothing is then reported once those are mended.
    """

    name: str
    rules: tuple[str, ...]
    change: Callable[[list[Node], str], None] = _nothing
    spoil: Callable[[str], str] = _as_it_is


def _of(nodes: list[Node], *types: str) -> Node:
    """The first node of one of these types; every document has one of those asked for here."""
    return next(node for node in nodes if node["type"] in types)


def _set(type_: str, **values: object) -> Callable[[list[Node], str], None]:
    """A change that gives the first node of a type these values; None takes a key away."""

    def change(nodes: list[Node], _other: str) -> None:
        node = _of(nodes, type_)
        for key, value in values.items():
            node.pop(key, None)
            if value is not None:
                node[key] = value

    return change


def _wrong_size(nodes: list[Node], _other: str) -> None:
    _of(nodes, "ClinicalTrial", "ObservationalStudy")["sampleSize"] = "several"


def _misspell(nodes: list[Node], _other: str) -> None:
    node = _of(nodes, "Finding")
    node["relationKnd"] = node.pop("relationKind")


def _contradict(nodes: list[Node], other: str) -> None:
    """Describe a node of another document, or of the background, otherwise than that does."""
    study = {"id": f"study/{other}-1", "design": "not-reported"}
    article = {"id": "document/000", "cites": "publication/boulis-2021"}
    nodes.append(study if other else article)


def _truncate(text: str) -> str:
    """Break the text off, a few letters into a value."""
    return text[: text.rindex('":"', 0, len(text) * 2 // 3) + 5]


def _double_a_key(text: str) -> str:
    key = '"evidence":"cited-study"'
    return text.replace(key, f"{key},{key}", 1)


_BOUNDS = {"lower": 40, "upper": 10, "unit": "a", "reported": "40 to 10 years"}

FAULTS = (
    Fault("syntax", ("syntax",), spoil=_truncate),
    Fault("unknown-key", ("unknown-key",), _set("Finding", weather="fair")),
    Fault("misspelt-key", ("unknown-key",), _misspell),
    Fault("invalid-iri", ("invalid-iri",), _set("Finding", measurement="measurement/a b")),
    Fault("duplicate-key", ("duplicate-key",), spoil=_double_a_key),
    Fault(
        "missing-property", ("FindingShape-direction",),
        _set("Finding", direction=None, nullKind=None),
    ),
    Fault(
        "p-value-out-of-range", ("FindingShape-pValue",),
        _set("Finding", pValueBelow=None, pValue="1.3", reported="P = 1.3"),
    ),
    Fault(
        "wrong-class", ("FindingShape-outcome",),
        _set("Finding", outcome="population/healthy-controls"),
    ),
    Fault(
        "dangling-reference", ("dangling-reference",),
        _set("Finding", outcome="symptom/described-nowhere"),
    ),
    Fault("unknown-term", ("unknown-term",), _set("Finding", relationKind="coincidence")),
    Fault("wrong-datatype", ("StudyShape-sampleSize",), _wrong_size),
    Fault(
        "two-values", ("FindingShape-significance",),
        _set("Finding", significance=["significant", "not-significant"]),
    ),
    Fault("missing-passage", ("StatementShape-passages",), _set("Finding", passages=None)),
    Fault("bounds", ("QuantityShape-lower",),
          _set("Population", criterion={"type": "Quantity", **_BOUNDS})),
    Fault("conflict", ("conflict",), _contradict),
)  # fmt: skip
"""Every kind, in the order in which broken documents take turns."""


@dataclass(frozen=True)
class Spread:
    """Which documents are broken: one in each stretch of `1 / share`, at a place drawn.

    >>> spread = Spread(1, Fraction(1, 10))
    >>> [sum(spread.turn(n) is not None for n in range(10 * k, 10 * k + 10)) for k in range(3)]
    [1, 1, 1]
    """

    seed: int
    share: Fraction

    def turn(self, number: int) -> int | None:
        """Which broken document this is, from 0; None for one that is not broken."""
        turn = number * self.share.numerator // self.share.denominator
        start, end = self._start(turn), self._start(turn + 1)
        drawn = Draw(f"{self.seed}/broken/{turn}").between(start, end - 1)
        return turn if number == drawn else None

    def _start(self, turn: int) -> int:
        return -(-turn * self.share.denominator // self.share.numerator)
