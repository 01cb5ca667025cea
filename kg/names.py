"""Names → IRIs: what a person types, to what the store describes.

>>> from kg import terms
>>> from pyoxigraph import Literal, Quad, Store
>>> context = Context.parse({"le": terms.LE}, "https://example.org/")
>>> iron = NamedNode("https://example.org/mineral/iron")
>>> store = Store()
>>> store.add(Quad(iron, terms.PREF_LABEL, Literal("Iron", language="en")))
>>> resolve(store, context, "iron") == resolve(store, context, "mineral/iron") == iron
True
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from functools import cached_property

from pyoxigraph import Literal, NamedNode, Store

from kg import terms
from kg.context import Context, is_iri
from kg.errors import UnknownNameError, did_you_mean
from kg.iris import local_name
from kg.things import described, is_retired

_LABELS = (terms.PREF_LABEL, terms.ALT_LABEL, terms.LABEL)
_LISTED = 8


def resolve(store: Store, context: Context, text: str, *, retired: bool = False) -> NamedNode:
    """The IRI in the store that `text` names; whoever asks often asks `Names`.

    `text` is an IRI (in angle brackets or not), a CURIE, an identifier relative to the base
    (`mineral/magnesium`), the last part of one (`magnesium`), or a label in any case. What is
    written out wins over a last part, that over a label, and both over a term of the ontology.

    Raises `UnknownNameError` for a name of nothing, with the nearest one there is, for a name of
    several things, with all of them, and for a retired one, with what replaced it, unless `retired`
    says that it will do.
    """
    return Names(store, context).resolve(text, retired=retired)


class Names:
    """The names in a store that does not change, looked up once."""

    def __init__(self, store: Store, context: Context) -> None:
        self._store = store
        self._context = context

    def resolve(self, text: str, *, retired: bool = False) -> NamedNode:
        """As the function of the same name."""
        node = self._find(text)
        if is_retired(self._store, node) and not retired:
            raise UnknownNameError(tell_retired(self._store, self._context, node))
        return node

    def _find(self, text: str) -> NamedNode:
        store, context = self._store, self._context
        name = text.strip()
        bracketed = name.startswith("<") and name.endswith(">")
        written = name[1:-1] if bracketed else context.expand(name)
        if name and is_iri(written) and is_known(store, NamedNode(written)):
            return _matched(store, NamedNode(written), context.base)
        if name and not bracketed:
            for named in (
                self._by_last_part[0].get(name, set()),
                self._by_label.get(name.casefold(), set()),
                self._by_last_part[1].get(name, set()),
            ):
                # Where one of several is not retired, that one is meant.
                live = {iri for iri in named if not is_retired(store, NamedNode(iri))}
                if len(live or named) == 1:
                    return NamedNode(next(iter(live or named)))
                if named:
                    raise UnknownNameError(_ambiguous(name, named, context))
        raise UnknownNameError(self._unknown(written if bracketed else name))

    @cached_property
    def _entities(self) -> set[str]:
        return _entities(self._store, self._context.base)

    @cached_property
    def _others(self) -> set[str]:
        return _others(self._store, self._context.base)

    @cached_property
    def _by_last_part(self) -> tuple[dict[str, set[str]], dict[str, set[str]]]:
        """The things, and the terms of the ontology, by the last part of their IRIs."""
        parts: tuple[defaultdict[str, set[str]], defaultdict[str, set[str]]]
        parts = defaultdict(set), defaultdict(set)
        for found, iris in zip(parts, (self._entities, self._others), strict=True):
            for iri in iris:
                found[local_name(iri)].add(iri)
        return parts

    @cached_property
    def _labels(self) -> dict[str, set[str]]:
        """The things by label or alternative label."""
        found: defaultdict[str, set[str]] = defaultdict(set)
        for predicate in _LABELS:
            for quad in self._store.quads_for_pattern(None, predicate, None, None):
                iri = terms.text_of(quad.subject)
                if iri in self._entities:
                    found[terms.text_of(quad.object)].add(iri)
        return found

    @cached_property
    def _by_label(self) -> dict[str, set[str]]:
        """The same, in any case."""
        found: defaultdict[str, set[str]] = defaultdict(set)
        for label, iris in self._labels.items():
            found[label.casefold()] |= iris
        return found

    @cached_property
    def _spellings(self) -> dict[str, set[str]]:
        """Whatever a thing or a term may be called by, with the short name of what it is."""
        spellings: defaultdict[str, set[str]] = defaultdict(set)
        for iri in self._entities | self._others:
            short = self._context.shorten(iri)
            for spelling in {iri, short, local_name(iri)} - {""}:
                spellings[spelling].add(short)
        for label, iris in self._labels.items():
            spellings[label] |= set(map(self._context.shorten, iris))
        return spellings

    def _unknown(self, name: str) -> str:
        prefix = self._context.unknown_prefix(name)
        if prefix:
            hint = did_you_mean(prefix, self._context.prefixes)
            end = f"; did you mean `{hint}`?" if hint else ""
            return f"the prefix `{prefix}` in `{name}` is not declared{end}"
        found = sorted(self._spellings.get(did_you_mean(name, self._spellings), ()))
        end = "; did you mean " + " or ".join(f"`{f}`" for f in found[:3]) + "?" if found else ""
        return f"nothing here is called `{name}`{end}"


def tell_retired(store: Store, context: Context, node: NamedNode) -> str:
    """In words: that a node is retired, and what replaced it."""
    quads = store.quads_for_pattern(node, terms.REPLACED_BY, None, None)
    others = sorted({context.shorten(terms.text_of(quad.object)) for quad in quads})
    listed = " or ".join(f"`{other}`" for other in others)
    end = f"; {listed} replaced it" if others else ""
    return f"`{context.shorten(node.value)}` is retired{end}"


def _matched(store: Store, node: NamedNode, base: str) -> NamedNode:
    """The one thing of ours that `node`, a term of another vocabulary, is an exact match of."""
    ours = node.value.startswith(base) or next(store.quads_for_pattern(node, None, None), None)
    matches = {q.subject for q in store.quads_for_pattern(None, terms.EXACT_MATCH, node)}
    only = matches.pop() if len(matches) == 1 and not ours else node
    return only if isinstance(only, NamedNode) else node


def is_known(store: Store, node: NamedNode) -> bool:
    """Whether the store says anything of or with `node`."""
    patterns = (
        (node, None, None, None),
        (None, None, node, None),
        (None, node, None, None),
        (None, None, None, node),
    )
    return any(next(store.quads_for_pattern(*pattern), None) for pattern in patterns)


def label_of(store: Store, node: NamedNode) -> str:
    """The label of a node, in English where there are several; '' when it has none."""
    found = label_term(store, node)
    return terms.text_of(found) if found is not None else ""


def label_term(store: Store, node: NamedNode) -> Literal | NamedNode | None:
    """As `label_of`, with the language it is in."""
    for predicate in (terms.PREF_LABEL, terms.LABEL):
        quads = store.quads_for_pattern(node, predicate, None, None)
        found = [q.object for q in quads if isinstance(q.object, Literal | NamedNode)]
        if found:
            return min(found, key=lambda o: (getattr(o, "language", None) != "en", o.value, str(o)))
    return None


def _entities(store: Store, base: str) -> set[str]:
    """What data describes under an id of its own: not a graph, nor a node nested in another."""
    subjects = described(store)
    graphs = {terms.text_of(graph) for graph in store.named_graphs()}
    return {
        iri
        for iri in subjects - graphs
        if iri.startswith(base) and not _is_nested(iri, subjects, base)
    }


def _is_nested(iri: str, subjects: set[str], base: str) -> bool:
    parent = iri.rpartition("/")[0]
    while len(parent) >= len(base):
        if parent in subjects:
            return True
        parent = parent.rpartition("/")[0]
    return False


def _others(store: Store, base: str) -> set[str]:
    """What is described and is no data: the terms of the ontology."""
    return {iri for iri in described(store) if not iri.startswith(base) and "#" in iri}


def _ambiguous(name: str, iris: Iterable[str], context: Context) -> str:
    names = sorted(map(context.shorten, iris))
    listed = ", ".join(f"`{other}`" for other in names[:_LISTED])
    more = f" and {len(names) - _LISTED} more" if len(names) > _LISTED else ""
    return f"`{name}` stands for {len(names)} things: {listed}{more}; say which"
