"""A view of one thing → text for a terminal."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator
from typing import Final

from kg.errors import printable
from kg.view import Group, Mention, Place, Property, Value, View

_BOLD: Final = "1"
_DIM: Final = "2"
_INDENT: Final = "  "


def format_view(view: View, width: int, *, colour: bool = False) -> str:
    """The view as lines of at most `width` characters, where words allow.

    >>> print(format_view(View("https://example.org/a", "a", "Iron", ("mineral",), ("Fe",), "",
    ...     (Property("unit", (Value("mg/d"),)),), (), ()), 60), end="")
    Iron  a
    mineral, also called Fe
    <BLANKLINE>
    unit  mg/d
    """
    page = _Page(width, colour)
    return "".join(f"{line}\n" for line in page.view(view))


class _Page:
    def __init__(self, width: int, colour: bool) -> None:
        self._width = max(width, 40)
        self._colour = colour

    def view(self, view: View) -> Iterator[str]:
        title = view.label or view.name
        name = "" if title == view.name else f"  {self._style(view.name, _DIM)}"
        yield self._style(title, _BOLD) + name
        called = f"also called {', '.join(view.other_labels)}" if view.other_labels else ""
        if view.kinds or called:
            yield from self._wrap(", ".join([*view.kinds, *([called] if called else [])]))
        if view.definition:
            yield from self._wrap(view.definition)
        if view.properties:
            yield ""
            yield from self._properties(view.properties, "")
        if view.places:
            yield from ("", self._style("Read at", _BOLD))
            for place in view.places:
                yield from self._wrap(format_place(place), _INDENT)
        for group in view.groups:
            yield ""
            yield from self._group(group)

    def _properties(self, properties: tuple[Property, ...], indent: str) -> Iterator[str]:
        column = max(len(printable(property_.name, lines=True)) for property_ in properties)
        for property_ in properties:
            name = printable(property_.name, lines=True).ljust(column)
            for value in property_.values:
                first = f"{indent}{name}{_INDENT}"
                yield from self._wrap(_full(value), first, " " * len(first))
                if value.parts:
                    yield from self._properties(value.parts, indent + _INDENT * 2)
                name = " " * column

    def _group(self, group: Group) -> Iterator[str]:
        count = len(group.mentions) + group.more
        yield self._style(f"{group.kind[:1].upper()}{group.kind[1:]} ({count})", _BOLD)
        for mention in group.mentions:
            yield from self._mention(mention)
        if group.more:
            yield from self._wrap(f"and {group.more} more", _INDENT)

    def _mention(self, mention: Mention) -> Iterator[str]:
        inner = _INDENT * 2
        yield from self._wrap(mention.subject.text, f"{_INDENT}- ", inner)
        through = f" through {', '.join(mention.through)}" if mention.through else ""
        role = f"as {', '.join(mention.roles)}{through}"
        name = f"{mention.subject.name}, " if mention.subject.name else ""
        yield from self._wrap(name + role, inner, style=_DIM)
        told = [f"{p.name}: {', '.join(v.text for v in p.values)}" for p in mention.properties]
        if told:
            yield from self._wrap("; ".join(told), inner)
        for place in mention.places:
            yield from self._wrap(format_place(place), inner)

    def _wrap(
        self, text: str, first: str = "", rest: str | None = None, style: str = ""
    ) -> Iterator[str]:
        rest = first if rest is None else rest
        lines = textwrap.wrap(
            printable(text, lines=True),
            self._width,
            initial_indent=first,
            subsequent_indent=rest,
            break_long_words=False,
            break_on_hyphens=False,
        )
        for line in lines or [first.rstrip()]:
            yield self._style(line, style) if style else line

    def _style(self, text: str, style: str) -> str:
        shown = printable(text, lines=True)
        return f"\x1b[{style}m{shown}\x1b[0m" if self._colour else shown


def format_place(place: Place) -> str:
    """A passage in one line: document, paragraph, code points, hedge.

    >>> format_place(Place("First document", "4", "2210", "2333", "asserted"))
    'First document ¶4, 2210-2333: asserted'
    """
    paragraph = f" ¶{place.paragraph}" if place.paragraph else ""
    span = f", {place.start}-{place.end}" if place.start and place.end else ""
    hedge = f": {place.hedge}" if place.hedge else ""
    return f"{place.document}{paragraph}{span}{hedge}"


def _full(value: Value) -> str:
    return f"{value.text} ({value.name})" if value.name else value.text
