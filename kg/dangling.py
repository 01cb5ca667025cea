"""References to nothing, looked up in a store: a SHACL engine takes hours where that is large.

What is found is what the core's shape on references would find; in sheets, kg.link finds it.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from typing import Any, Final

from pyoxigraph import Literal, NamedNode, Quad, Store

from kg import terms
from kg.validate import Result

_SHAPE: Final = terms.SHAPES + "DatasetShape"


def is_of_references(rule: Quad) -> bool:
    """Whether a triple is of the core's shape that asks of all references to lead somewhere."""
    return terms.text_of(rule.subject).startswith(_SHAPE)


def find_dangling(store: Store, rules: Iterable[Quad]) -> Iterator[Result]:
    """What the core's shape on references finds in a store, its graphs merged.

    `rules` are the triples of that shape, as the core has them: every IRI that begins as a data
    set says its own do must be the subject of something.
    """
    said = {quad.predicate.value: terms.text_of(quad.object) for quad in rules}
    spaces = _spaces(store)
    starts = tuple(spaces)
    values: Any = store.query(
        "SELECT DISTINCT ?value { ?subject ?predicate ?value FILTER isIRI(?value) }",
        use_default_graph_as_union=True,
    )
    for (value,) in values if starts else ():
        if not value.value.startswith(starts):
            continue
        if next(iter(store.quads_for_pattern(value, None, None, None)), None):
            continue
        foci = {f for start in starts if value.value.startswith(start) for f in spaces[start]}
        for focus in foci:
            yield Result(
                focus=focus,
                path="",
                value=value.value,
                message=said[terms.SH + "message"].replace("{?value}", value.value),
                shape=_SHAPE,
                component=terms.SH + "SPARQLConstraintComponent",
                severity=said[terms.SH + "severity"],
            )


def _spaces(store: Store) -> dict[str, set[str]]:
    """How the IRIs of data sets begin, and which data sets say so, named as focus nodes are."""
    found: Any = store.query(
        f"""SELECT DISTINCT ?set ?space {{
            ?set a/{terms.SUBCLASS_OF}* {terms.DATASET} ; {terms.URI_SPACE} ?space }}""",
        use_default_graph_as_union=True,
    )
    spaces: defaultdict[str, set[str]] = defaultdict(set)
    for focus, space in found:
        if space == Literal(terms.text_of(space)):
            named = isinstance(focus, NamedNode)
            spaces[space.value].add(focus.value if named else str(focus))
    return spaces
