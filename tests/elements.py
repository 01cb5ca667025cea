"""Pages as trees of elements: tables as rows of cells, links, and what has which id."""

from __future__ import annotations

from dataclasses import dataclass, field
from html.parser import HTMLParser

_VOID = {"meta", "link", "br", "input", "img", "hr"}


@dataclass
class Element:
    """An element with its attributes and what is in it."""

    tag: str
    attributes: dict[str, str] = field(default_factory=dict)
    content: list[Element | str] = field(default_factory=list)

    @property
    def text(self) -> str:
        """All text within, with single spaces."""
        parts = [part if isinstance(part, str) else part.text for part in self.content]
        return " ".join(" ".join(parts).split())

    @property
    def elements(self) -> list[Element]:
        """The elements right within."""
        return [part for part in self.content if isinstance(part, Element)]

    @property
    def within(self) -> list[Element]:
        """All elements within, in the order of the page."""
        return [e for part in self.elements for e in (part, *part.within)]

    def all(self, tag: str, class_: str = "") -> list[Element]:
        """The elements within that have a name, and a class if one is given."""
        return [
            element
            for element in self.within
            if element.tag == tag
            and (not class_ or class_ in element.attributes.get("class", "").split())
        ]

    def find(self, id_: str) -> Element:
        """The one element with an id; a test that asks for another fails."""
        found = [element for element in self.within if element.attributes.get("id") == id_]
        assert len(found) == 1, id_
        return found[0]

    @property
    def ids(self) -> list[str]:
        """Every id, in order."""
        return [e.attributes["id"] for e in self.within if "id" in e.attributes]

    @property
    def links(self) -> list[str]:
        """Where the links within lead."""
        return [e.attributes["href"] for e in self.all("a") if "href" in e.attributes]

    def table(self, id_: str) -> list[dict[str, Element]]:
        """The rows of a table, told by the id of its caption, by the heads of their columns."""
        table = next(t for t in self.all("table") if f"{id_}-caption" in t.ids)
        heads = [cell.text for row in table.all("thead")[0].elements for cell in row.elements]
        rows = table.all("tbody")[0].elements
        return [dict(zip(heads, row.elements, strict=True)) for row in rows]


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.root = Element("#page")
        self.open = [self.root]

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.handle_startendtag(tag, attrs)
        if tag not in _VOID:
            self.open.append(self.open[-1].elements[-1])

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.open[-1].content.append(Element(tag, {name: value or "" for name, value in attrs}))

    def handle_endtag(self, tag: str) -> None:
        if tag not in _VOID:
            assert self.open[-1].tag == tag, f"</{tag}> ends <{self.open[-1].tag}>"
            self.open.pop()

    def handle_data(self, data: str) -> None:
        self.open[-1].content.append(data)


def read_page(data: bytes) -> Element:
    """A page; fails where an element is not closed as it should be."""
    reader = _Reader()
    reader.feed(data.decode())
    reader.close()
    assert reader.open == [reader.root], reader.open[-1].tag
    return reader.root
