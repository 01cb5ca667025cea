"""Names for blank nodes in reports: the label that a file has for one, or the way to it.

`finding/x > le:passage` is the passage without a name that the finding leads to.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final

from pyoxigraph import BlankNode, NamedNode, Quad, Store

from kg.context import Context
from kg.outside.loading import OWN_LABEL, split_label
from kg.outside.places import labels_in, node_text
from kg.outside.sources import Source
from kg.sheets import Limits

# So many properties lead to a node, at most, in its name.
_LONGEST: Final = 16


@dataclass(frozen=True, slots=True)
class Name:
    """How a report calls a blank node; and where it is looked for: at a property of a node."""

    text: str
    node: str
    path: str = ""


@dataclass(slots=True)
class Namer:
    """Gives blank nodes of a store their names."""

    store: Store
    sources: Sequence[Source]
    limits: Limits
    context: Context
    _labels: dict[int, frozenset[str]] = field(default_factory=dict)
    _names: dict[str, Name] = field(default_factory=dict)

    def rename(self, text: str) -> str:
        """A text with the names of the blank nodes that it mentions."""
        return OWN_LABEL.sub(lambda match: self.name(match[0]).text, text)

    def name(self, node: str) -> Name:
        """The name of a blank node, given as `_:` and its label in the store."""
        if node not in self._names:
            self._names[node] = self._climb(node)
        return self._names[node]

    def file_of(self, node: str) -> str:
        """The name of the file that a blank node is in."""
        return self.sources[split_label(node[2:])[0]].name

    def _climb(self, node: str) -> Name:
        at: NamedNode | BlankNode = BlankNode(node[2:])
        steps: list[str] = []
        seen = {at}
        while isinstance(at, BlankNode) and not self._is_written(at):
            above = min(self.store.quads_for_pattern(None, None, at, None), key=_rank, default=None)
            if above is None or above.subject in seen or len(steps) >= _LONGEST:
                break
            steps.append(above.predicate.value)
            at = above.subject  # type: ignore[assignment]
            seen.add(at)
        way = [self.context.shorten(step) for step in reversed(steps)]
        return Name(" > ".join([self._start(at), *way]), node_text(at), steps[-1] if steps else "")

    def _start(self, node: NamedNode | BlankNode) -> str:
        if isinstance(node, NamedNode):
            return node.value
        return f"_:{split_label(node.value)[1]}" if self._is_written(node) else "[]"

    def _is_written(self, node: BlankNode) -> bool:
        number, label = split_label(node.value)
        if self.sources[number].by_line:
            return True
        if number not in self._labels:
            source = self.sources[number]
            self._labels[number] = labels_in(source, self.limits, self.context.base)
        return label in self._labels[number]


def _rank(quad: Quad) -> tuple[bool, str, str]:
    """What leads to a node, the best first; labels that a parser made up must decide nothing."""
    unnamed = isinstance(quad.subject, BlankNode)
    return unnamed, "" if unnamed else node_text(quad.subject), quad.predicate.value
