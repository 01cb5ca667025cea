"""Shapes that judge only the focus nodes asked for.

The reference engine has an option for that, `focus_nodes`, which cannot be used: it leaves out
those nodes within `sh:node`, `sh:or` and the like, too, so that what is wrong there passes; and it
knows no literals. So the targets are found here (SHACL 2.1.3) and written as `sh:targetNode`.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Sequence

from pyoxigraph import Literal, NamedNode, Quad

from kg import terms
from kg.screen.rules import TARGETS, Rules, Said, Term

_TARGET_NODE = NamedNode(terms.SH + "targetNode")


def node_text(term: Term) -> str:
    """A focus node as it is named when it is flagged: an IRI as it is, all else as N-Triples.

    >>> node_text(NamedNode("http://example.org/a")), node_text(Literal("a", language="en"))
    ('http://example.org/a', '"a"@en')
    """
    return term.value if isinstance(term, NamedNode) else str(term)


def focused(rules: Sequence[Quad], data: Iterable[Quad], nodes: Collection[str]) -> list[Quad]:
    """The shapes, each with those of `nodes` for targets that it has in the data.

    `rules` must have no targets but those of SHACL Core, and no shape that is a class as well, as
    `Split.screened` has none. `data` holds, for all of `nodes`, the triples that they are subject
    or object of, and `rdfs:subClassOf` of all classes.
    """
    aims = _Aims(set(nodes), data)
    kept = [quad for quad in rules if quad.predicate.value not in TARGETS]
    for shape, said in Rules.of(rules).said.items():
        if not isinstance(shape, Literal):
            kept += [Quad(shape, _TARGET_NODE, node) for node in aims.of_shape(said)]
    return kept


class _Aims:
    """The nodes in question, by what makes them a target."""

    def __init__(self, nodes: set[str], data: Iterable[Quad]) -> None:
        self._nodes = nodes
        self._below: defaultdict[Term, set[Term]] = defaultdict(set)
        self._of_class: defaultdict[Term, dict[Term, None]] = defaultdict(dict)
        self._with: defaultdict[str, dict[Term, None]] = defaultdict(dict)
        self._under: defaultdict[str, dict[Term, None]] = defaultdict(dict)
        for quad in data:
            if quad.predicate == terms.SUBCLASS_OF:
                self._below[quad.object].add(quad.subject)
            if node_text(quad.subject) in nodes:
                self._with[quad.predicate.value][quad.subject] = None
                if quad.predicate == terms.TYPE:
                    self._of_class[quad.object][quad.subject] = None
            if node_text(quad.object) in nodes:
                self._under[quad.predicate.value][quad.object] = None

    def of_shape(self, said: Said) -> list[Term]:
        """The targets of a shape, each once."""
        found: dict[Term, None] = {}
        for value in said.get(terms.SH + "targetNode", ()):
            if node_text(value) in self._nodes:
                found[value] = None
        for value in said.get(terms.SH + "targetClass", ()):
            for class_ in self._subclasses(value):
                found |= self._of_class[class_]
        for value in said.get(terms.SH + "targetSubjectsOf", ()):
            found |= self._with[terms.text_of(value)]
        for value in said.get(terms.SH + "targetObjectsOf", ()):
            found |= self._under[terms.text_of(value)]
        return list(found)

    def _subclasses(self, class_: Term) -> Iterator[Term]:
        done = {class_}
        todo = [class_]
        while todo:
            yield (class_ := todo.pop())
            new = self._below[class_] - done
            done |= new
            todo += new
