"""A diff as text for a terminal, as JSON, and as RDF.

The RDF uses the Changeset vocabulary (http://purl.org/vocab/changeset/schema#): one change set for
each thing, with every triple that was removed or added as a statement. Its nodes are named by what
they say, so that the same change has the same name wherever it is computed.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterator
from itertools import groupby
from typing import Final

from pyoxigraph import Literal, NamedNode, Quad, Triple

from kg import terms
from kg.context import Context
from kg.diff.changes import Change, Diff, Entry, Kind, Term
from kg.dumps import dump
from kg.errors import printable
from kg.formats import RDF_FORMATS
from kg.iris import local_name

CS: Final = "http://purl.org/vocab/changeset/schema#"
_TITLES: Final = {
    Kind.ADDED: "Added",
    Kind.REMOVED: "Removed",
    Kind.RENAMED: "Renamed",
    Kind.RETIRED: "Retired",
    Kind.CHANGED: "Changed",
}
_TEXTS: Final = (terms.XSD + "string", terms.RDF + "langString")
_COLOURS: Final = {"+": "32", "-": "31", "~": "33"}


def format_text(diff: Diff, context: Context, *, colour: bool = False) -> str:
    """What changed, by what became of it and by class; a line for each value, old and new."""
    page = _Page(diff, context, colour)
    return "".join(f"{line}\n" for line in page.lines())


def format_json(diff: Diff, context: Context) -> bytes:
    """A JSON object: `old`, `new`, `counts`, and the list of `entries`.

    Each has `kind`, `iri`, `label`, `classes`, `others` and `changes`; a change has its `path` of
    property IRIs, the same in `keys` as a sheet would write it, the `part` and the `node` that
    have the value, `old` and `new`. These are null or a term as in the SPARQL 1.1 Query Results
    JSON Format, with the `label` of an IRI that has one.
    """
    names = _Names(context)
    entries = [
        {
            "kind": entry.kind.value,
            "iri": entry.thing.iri,
            "label": entry.thing.label,
            "classes": [{"iri": iri, "label": label} for iri, label in entry.thing.classes],
            "others": [{"iri": iri, "label": diff.labels.get(iri, "")} for iri in entry.others],
            "changes": [
                {
                    "path": list(change.path),
                    "keys": names.path(change.path),
                    "part": change.part,
                    "node": change.node,
                    "old": _json_term(change.old, diff.labels),
                    "new": _json_term(change.new, diff.labels),
                }
                for change in entry.changes
            ],
        }
        for entry in diff.entries
    ]
    document = {"old": diff.old, "new": diff.new, "counts": diff.counts, "entries": entries}
    return (json.dumps(document, indent=1, ensure_ascii=False) + "\n").encode()


def _json_term(term: Term | None, labels: dict[str, str]) -> dict[str, str] | None:
    if term is None:
        return None
    if isinstance(term, NamedNode):
        label = labels.get(term.value, "")
        return {"type": "uri", "value": term.value, **({"label": label} if label else {})}
    written = {"type": "literal", "value": terms.text_of(term)}
    if isinstance(term, Literal) and term.language:
        written["xml:lang"] = term.language
    elif isinstance(term, Literal) and term.datatype.value != terms.XSD + "string":
        written["datatype"] = term.datatype.value
    return written


def format_turtle(diff: Diff, context: Context) -> bytes:
    """The diff as change sets in Turtle; applied to the old version they give the new one."""
    quads = [
        Quad(triple.subject, triple.predicate, triple.object)
        for entry in diff.entries
        for triple in _change_set(entry, context.base)
    ]
    if "cs" not in {*context.prefixes, *context.keys}:
        context = context.extended({"cs": {"@id": CS, "@prefix": True}})
    return dump(quads, RDF_FORMATS["turtle"], context)


def _change_set(entry: Entry, base: str) -> Iterator[Triple]:
    signs = [("removal", t) for t in entry.removals] + [("addition", t) for t in entry.additions]
    content = "\n".join([entry.kind.value, entry.thing.iri, *(f"{s} {t}" for s, t in signs)])
    set_ = _named(base, "change", content)
    yield Triple(set_, terms.TYPE, NamedNode(CS + "ChangeSet"))
    yield Triple(set_, NamedNode(CS + "subjectOfChange"), NamedNode(entry.thing.iri))
    yield Triple(set_, NamedNode(CS + "changeReason"), Literal(entry.kind.value))
    for iri in entry.others:
        yield Triple(set_, terms.REPLACED_BY, NamedNode(iri))
    for sign, triple in signs:
        statement = _named(base, "statement", str(triple))
        yield Triple(set_, NamedNode(CS + sign), statement)
        yield Triple(statement, terms.TYPE, NamedNode(terms.RDF + "Statement"))
        yield Triple(statement, NamedNode(terms.RDF + "subject"), triple.subject)
        yield Triple(statement, NamedNode(terms.RDF + "predicate"), triple.predicate)
        yield Triple(statement, NamedNode(terms.RDF + "object"), triple.object)


def _named(base: str, kind: str, content: str) -> NamedNode:
    """A node on the page of the release, named by what it says."""
    return NamedNode(f"{base}release#{kind}-{hashlib.sha256(content.encode()).hexdigest()[:16]}")


class _Names:
    """Properties by their keys, as a sheet would write them."""

    def __init__(self, context: Context) -> None:
        self._context = context
        self._keys = {t.iri: key for key in reversed(context.keys) if (t := context.term(key))}
        self._keys[terms.TYPE.value] = "type"

    def path(self, path: tuple[str, ...]) -> str:
        return ".".join(self._keys.get(iri) or self._context.shorten(iri) for iri in path)


class _Page:
    def __init__(self, diff: Diff, context: Context, colour: bool) -> None:
        self._diff = diff
        self._context = context
        self._names = _Names(context)
        self._colour = colour

    def lines(self) -> Iterator[str]:
        counts = [f"{count} {kind}" for kind, count in self._diff.counts.items() if count]
        words = ", ".join(counts) or "no difference"
        yield printable(f"{self._diff.old} → {self._diff.new}: {words}")
        for kind in Kind:
            entries = sorted(self._diff.of(kind), key=lambda e: (self._class_of(e), e.thing.iri))
            if entries:
                yield from ("", self._style(_TITLES[kind], "1"))
            for class_, group in groupby(entries, key=self._class_of):
                yield f"  {printable(class_)}"
                for entry in group:
                    yield from self._entry(entry)

    def _class_of(self, entry: Entry) -> str:
        names = [label or local_name(iri) for iri, label in entry.thing.classes]
        return ", ".join(sorted(names)) or "of no class"

    def _entry(self, entry: Entry) -> Iterator[str]:
        sign = {Kind.ADDED: "+", Kind.REMOVED: "-", Kind.RETIRED: "-"}.get(entry.kind, "~")
        short = self._context.shorten(entry.thing.iri)
        label = f"{entry.thing.label}  " if entry.thing.label else ""
        others = " or ".join(map(self._context.shorten, entry.others))
        end = f" → {others}" if others else ""
        yield self._style(f"    {sign} {printable(label + short + end)}", _COLOURS[sign])
        if entry.kind is Kind.CHANGED:
            for part, changes in groupby(entry.changes, key=lambda c: (c.path[0], c.part)):
                yield from self._part(list(changes), nested=part[1] != entry.thing.iri)

    def _part(self, changes: list[Change], *, nested: bool) -> Iterator[str]:
        """The changes of one part; one that came or went as a whole takes one line."""
        for sign, values in (
            ("+", [(c.path, c.new) for c in changes if c.old is None]),
            ("-", [(c.path, c.old) for c in changes if c.new is None]),
        ):
            if nested and len(values) == len(changes):
                told = [
                    f"{self._names.path(path[1:])} {self._value(value)}"
                    for path, value in values
                    if path[-1] != terms.TYPE.value
                ]
                name = self._names.path(changes[0].path[:1])
                yield self._style(
                    f"        {sign} {printable(name)}: {'; '.join(told)}", _COLOURS[sign]
                )
                return
        yield from map(self._change, changes)

    def _change(self, change: Change) -> str:
        name = printable(self._names.path(change.path))
        if change.old is None:
            return self._style(f"        + {name}: {self._value(change.new)}", _COLOURS["+"])
        if change.new is None:
            return self._style(f"        - {name}: {self._value(change.old)}", _COLOURS["-"])
        return f"          {name}: {self._value(change.old)} → {self._value(change.new)}"

    def _value(self, term: Term | None) -> str:
        if isinstance(term, NamedNode):
            label, short = self._diff.labels.get(term.value, ""), self._context.shorten(term.value)
            return printable(f"{label} ({short})" if label else short)
        if isinstance(term, Literal) and term.datatype.value not in _TEXTS:
            return printable(term.value)
        return printable(f'"{terms.text_of(term)}"' if term is not None else "")

    def _style(self, text: str, style: str) -> str:
        return f"\x1b[{style}m{text}\x1b[0m" if self._colour else text


FORMS: Final[dict[str, Callable[[Diff, Context], bytes]]] = {
    "text": lambda diff, context: format_text(diff, context).encode(),
    "json": format_json,
    "turtle": format_turtle,
}
