"""What a sheet was found to say, and where it says it."""

from __future__ import annotations

from dataclasses import dataclass, field

from pyoxigraph import Literal, NamedNode, Quad

from kg.errors import Problem
from kg.sheets import Mark


@dataclass(slots=True)
class Block:
    """One description of a subject: where it is, and each property's key and values.

    `whole` is False for what another node says of the subject, by a reverse property.
    """

    subject: str
    mark: Mark
    keys: dict[str, Mark] = field(default_factory=dict)
    values: dict[str, list[tuple[str, Mark]]] = field(default_factory=dict)
    objects: dict[str, set[NamedNode | Literal]] = field(default_factory=dict)
    whole: bool = True

    def add(self, predicate: str, object_: NamedNode | Literal, key: Mark, mark: Mark) -> None:
        """Note that `object_` is given for `predicate`."""
        self.keys.setdefault(predicate, key)
        self.values.setdefault(predicate, []).append((object_.value, mark))
        self.objects.setdefault(predicate, set()).add(object_)


@dataclass(slots=True)
class Found:
    """What a sheet was found to say: quads, the places of all of it, and what is wrong."""

    quads: list[Quad] = field(default_factory=list)
    blocks: list[Block] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)
