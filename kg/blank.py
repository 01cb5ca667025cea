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
# A name holds the names of all that it hangs from; a list hangs link from link.
_DEPTH = 256


class BlankNodeError(Exception):
    """Blank nodes that cannot be told apart; the message says what to do."""


def name_blank_nodes(quads: list[Quad], graph: str) -> list[Quad]:
    """The quads in the graph `graph`, every blank node replaced by an IRI.

    The names depend on what the nodes say and where they hang, never on the order or the labels
    of the input. Raises `BlankNodeError` for nodes that cannot be told apart, or nest too deeply.
    """
    nodes = {t for q in quads for t in (q.subject, q.object) if isinstance(t, BlankNode)}
    parents: defaultdict[Any, list[Quad]] = defaultdict(list)
    for quad in quads:
        if quad.object in nodes:
            parents[quad.object].append(quad)
    ordered, tops = _chains(nodes, parents)
    names = _names(ordered, tops, parents, _colours(quads, nodes), graph)
    home = NamedNode(graph)
    return [
        Quad(names.get(q.subject, q.subject), q.predicate, names.get(q.object, q.object), home)
        for q in quads
    ]


def _chains(nodes: set[Any], parents: dict[Any, list[Quad]]) -> tuple[list[Any], set[Any]]:
    """Every node, each behind the one it hangs from; and those that hang from no other.

    No recursion. Nodes on a cycle hang from none: to cut it at any one would be a guess.
    """
    depths: dict[Any, int] = {}
    ordered: list[Any] = []
    for start in nodes:
        path, seen = [start], {start}
        cycle: list[Any] = []
        while path[-1] not in depths:
            above = parents.get(path[-1], [])
            parent = above[0].subject if len(above) == 1 else None
            if parent in seen:
                cycle = path[path.index(parent) :]
            if cycle or parent not in nodes or len(path) > _DEPTH:
                break
            path.append(parent)
            seen.add(parent)
        chain = [node for node in reversed(path) if node not in depths]
        depth = depths.get(path[-1], 0)
        for node in chain:
            depth = 1 if node in cycle else depth + 1
            depths[node] = depth
        if depth > _DEPTH:
            raise BlankNodeError(f"blank nodes nest more than {_DEPTH} deep; give them IRIs")
        ordered += chain
    return ordered, {node for node, depth in depths.items() if depth == 1}


def _colours(quads: list[Quad], nodes: set[Any]) -> dict[Any, str]:
    """Blank node → a hash of all that is said of it and of what it hangs from."""
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


def _names(
    ordered: list[Any],
    tops: set[Any],
    parents: dict[Any, list[Quad]],
    colours: dict[Any, str],
    graph: str,
) -> dict[Any, NamedNode]:
    siblings = Counter((q.subject, q.predicate) for above in parents.values() for q in above)
    names: dict[Any, NamedNode] = {}
    for node in ordered:
        above = parents.get(node, [])
        parent = above[0].subject if len(above) == 1 else None
        if node not in tops:
            parent = names[parent]
        if isinstance(parent, NamedNode):
            several = siblings[above[0].subject, above[0].predicate] > 1
            discriminator = colours[node][:8] if several else ""
            name = nested_iri(parent.value, above[0].predicate.value, discriminator)
        else:
            name = f"{graph}/node/{colours[node][:16]}"
        names[node] = NamedNode(name)
    _refuse_twins(names)
    return names


def _refuse_twins(names: dict[Any, NamedNode]) -> None:
    twins = [name.value for name, count in Counter(names.values()).items() if count > 1]
    if twins:
        raise BlankNodeError(
            f"{len(twins)} blank nodes have doubles that nothing tells apart; give them IRIs"
        )


def _hash(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()
