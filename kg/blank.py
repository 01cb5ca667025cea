"""Names for the blank nodes of RDF sheets: data has none.

A blank node that hangs from one place gets the name a nested YAML node would get: its parent's IRI
and the property, and a hash of its content where several hang from the same place. Others are named
by content alone. Content is told by colour refinement, which takes polynomial time whatever the
input (full canonicalisation does not); nodes that it cannot tell apart are refused, not guessed.
"""

from __future__ import annotations

import hashlib
from collections import Counter, defaultdict
from typing import Any

from pyoxigraph import BlankNode, NamedNode, Quad

from kg.iris import nested_iri

_ROUNDS = 32


class BlankNodeError(Exception):
    """Blank nodes that cannot be told apart; the message says what to do."""


def name_blank_nodes(quads: list[Quad], graph: str) -> list[Quad]:
    """The quads in the graph `graph`, every blank node replaced by an IRI.

    The names depend on what the nodes say and where they hang, never on the order or the labels
    of the input. Raises `BlankNodeError` for nodes that cannot be told apart.
    """
    colours = _colours(quads)
    names = _names(quads, colours, graph) if colours else {}
    home = NamedNode(graph)
    return [
        Quad(names.get(q.subject, q.subject), q.predicate, names.get(q.object, q.object), home)
        for q in quads
    ]


def _colours(quads: list[Quad]) -> dict[Any, str]:
    """Blank node → a hash of all that is said of it and of what it hangs from."""
    nodes = {t for q in quads for t in (q.subject, q.object) if isinstance(t, BlankNode)}
    colours: dict[Any, str] = dict.fromkeys(nodes, "")
    about: defaultdict[Any, list[Quad]] = defaultdict(list)
    for quad in quads:
        for end in {quad.subject, quad.object} & nodes:
            about[end].append(quad)
    kinds = 0
    for _ in range(_ROUNDS):
        said = {
            node: sorted(
                f"{_seen(q.subject, node, colours)} {q.predicate} {_seen(q.object, node, colours)}"
                for q in about[node]
            )
            for node in nodes
        }
        colours = {node: _hash("\n".join(lines)) for node, lines in said.items()}
        if len(set(colours.values())) == kinds:
            break
        kinds = len(set(colours.values()))
    return colours


def _seen(term: object, from_node: object, colours: dict[Any, str]) -> str:
    if term == from_node:
        return "@"
    return f"_:{colours[term]}" if term in colours else str(term)


def _names(quads: list[Quad], colours: dict[Any, str], graph: str) -> dict[Any, NamedNode]:
    parents: defaultdict[Any, list[Quad]] = defaultdict(list)
    for quad in quads:
        if quad.object in colours:
            parents[quad.object].append(quad)
    siblings = Counter((q.subject, q.predicate) for qs in parents.values() for q in qs)
    names: dict[Any, NamedNode] = {}
    for start in colours:
        # Climb to a node that has a name, then come down again; no recursion, cycles end it.
        path = [start]
        while path[-1] not in names:
            above = parents[path[-1]]
            if len(above) == 1 and above[0].subject in colours and above[0].subject not in path:
                path.append(above[0].subject)
            else:
                break
        for node in reversed(path):
            if node not in names:
                names[node] = NamedNode(_name(node, parents[node], siblings, names, colours, graph))
    _refuse_twins(names)
    return names


def _name(
    node: object,
    above: list[Quad],
    siblings: Counter[Any],
    names: dict[Any, NamedNode],
    colours: dict[Any, str],
    graph: str,
) -> str:
    if len(above) == 1:
        link = above[0]
        parent = names.get(link.subject, link.subject)
        if isinstance(parent, NamedNode):
            several = siblings[link.subject, link.predicate] > 1
            discriminator = colours[node][:8] if several else ""
            return nested_iri(parent.value, link.predicate.value, discriminator)
    return f"{graph}/node/{colours[node][:16]}"


def _refuse_twins(names: dict[Any, NamedNode]) -> None:
    twins = [name.value for name, count in Counter(names.values()).items() if count > 1]
    if twins:
        raise BlankNodeError(
            f"{len(twins)} blank nodes have doubles that nothing tells apart; give them IRIs"
        )


def _hash(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()
