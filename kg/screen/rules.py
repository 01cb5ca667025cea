"""A shapes graph, indexed by subject; what of it cannot be read as expected goes unscreened."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Final, TypeAlias

from pyoxigraph import BlankNode, Literal, NamedNode, Quad, Triple

from kg import terms

Term: TypeAlias = NamedNode | BlankNode | Literal | Triple
Said: TypeAlias = Mapping[str, tuple[Term, ...]]

FIRST: Final = terms.RDF + "first"
REST: Final = terms.RDF + "rest"
NIL: Final = NamedNode(terms.RDF + "nil")
_LONGEST_LIST: Final = 10_000

# What says nothing of what conforms.
NOTES: Final = frozenset(
    [terms.SH + n for n in ("message", "name", "description", "order", "group", "defaultValue")]
    + [terms.RDFS + n for n in ("label", "comment", "seeAlso", "isDefinedBy")]
)
TARGETS: Final = frozenset(
    terms.SH + "target" + name for name in ("Class", "Node", "SubjectsOf", "ObjectsOf")
)
SHAPE_VALUED: Final = frozenset(
    terms.SH + n for n in ("property", "node", "not", "qualifiedValueShape")
)
SHAPE_LISTS: Final = frozenset(terms.SH + n for n in ("and", "or", "xone"))
SEVERITY: Final = terms.SH + "severity"


class UnscreenableError(Exception):
    """A shape that the fast engine must not judge; the message says why."""


@dataclass(frozen=True)
class Rules:
    """What a shapes graph says of each subject: predicate → objects, as written."""

    said: Mapping[Term, Said]

    @classmethod
    def of(cls, quads: Iterable[Quad]) -> Rules:
        """Index the quads; each object once."""
        said: defaultdict[Term, defaultdict[str, dict[Term, None]]]
        said = defaultdict(lambda: defaultdict(dict))
        for quad in quads:
            said[quad.subject][quad.predicate.value][quad.object] = None
        return cls(
            {
                subject: {name: tuple(objects) for name, objects in rest.items()}
                for subject, rest in said.items()
            }
        )

    def of_subject(self, subject: Term) -> Said:
        """Predicate → objects of one subject; empty for what is none."""
        return self.said.get(subject, {})

    def items(self, head: Term) -> tuple[Term, ...]:
        """The items of a list that is written as it should be; raises `UnscreenableError`."""
        return tuple(item for _, item in self.cells(head))

    def cells(self, head: Term) -> Iterator[tuple[Term, Term]]:
        """Each cell of a list and its item; raises `UnscreenableError`."""
        seen: set[Term] = set()
        while head != NIL:
            said = self.of_subject(head)
            whole = set(said) == {FIRST, REST} and all(len(o) == 1 for o in said.values())
            if head in seen or not whole or len(seen) > _LONGEST_LIST:
                raise UnscreenableError("a list that is not well formed")
            seen.add(head)
            yield head, said[FIRST][0]
            head = said[REST][0]
