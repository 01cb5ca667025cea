"""Lists by type: every class that something is of, and what is of it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from pyoxigraph import NamedNode

from kg import terms
from kg.iris import local_name, slug
from kg.site.addresses import path_of
from kg.site.content import Content
from kg.site.directory import folded
from kg.site.pages import Page

PER_PAGE: Final = 500


@dataclass(frozen=True, slots=True)
class Type:
    """A class with its list: how many things are of it or of a class below it."""

    iri: str
    name: str
    definition: str
    path: str
    count: int
    below: tuple[Type, ...]


class Lists:
    """The list of lists, and one list for each class, in parts where it is long."""

    def __init__(self, content: Content) -> None:
        self._content = content
        self._below: dict[str, set[str]] = {}
        self._members: dict[str, list[str]] = {}

    def pages(self) -> Iterator[Page]:
        """The list of lists, then each class by its name."""
        content = self._content
        members: defaultdict[str, set[str]] = defaultdict(set)
        for iri, class_ in content.typed():
            if path_of(iri, content.project.base):
                members[class_].add(iri)
        self._collect(members)
        if not self._members:
            return
        yield Page("types", "page", title="Browse")
        for class_ in sorted(self._members):
            path = f"types/{slug(local_name(class_)) or 'class'}"
            if path in content.lists.values():
                path = f"types/{slug(content.context.shorten(class_))}"
            while path in content.lists.values():
                path += "-2"
            content.lists[class_] = path
            for part in range(-(-len(self._members[class_]) // PER_PAGE)):
                yield Page(f"{path}/{part + 1}" if part else path, "page", iri=class_)

    def _collect(self, members: Mapping[str, set[str]]) -> None:
        """Give each class what is of it or of a class below it, whatever the order of the data."""
        reader = self._content.reader
        todo, parents = list(members), dict[str, set[str]]()
        while todo:
            class_ = todo.pop()
            if class_ not in parents:
                above = reader.objects(NamedNode(class_), terms.SUBCLASS_OF)
                named = {one.value for one in above if isinstance(one, NamedNode)}
                parents[class_] = {one for one in named if self._content.anchor_of(one)} - {class_}
                todo.extend(parents[class_])
        self._below = {
            class_: {one for one in parents if class_ in parents[one]} for class_ in parents
        }
        for class_ in parents:
            found: set[str] = set()
            level, seen = [class_], {class_}
            while level:
                one = level.pop()
                found |= members.get(one, set())
                level.extend(self._below[one] - seen)
                seen |= self._below[one]
            self._members[class_] = sorted(found)

    def render(self, page: Page, format_: str, params: Mapping[str, str]) -> bytes:  # noqa: ARG002
        """The list of lists, or a list."""
        content = self._content
        if not page.iri:
            own, others = self.roots()
            return content.html("types.html", page, page.title, own=own, others=others)
        first = content.lists[page.iri]
        part = int(page.path.rpartition("/")[2]) if page.path != first else 1
        start = (part - 1) * PER_PAGE
        listed = self._sorted(page.iri)
        name = content.name_of(page.iri)
        values: dict[str, Any] = {
            "type": self._type(page.iri, deep=False),
            "items": [self._item(iri) for iri in listed[start : start + PER_PAGE]],
            "start": start,
            "total": len(listed),
            "parts": [
                (n + 1, f"{first}/{n + 1}/" if n else f"{first}/")
                for n in range(-(-len(listed) // PER_PAGE))
            ],
            "part": part,
        }
        values["description"] = values["type"].definition
        title = name[:1].upper() + name[1:]
        crumbs = [("Browse", "types/"), *([(title, f"{first}/")] if part > 1 else [])]
        return content.html("list.html", page, f"{title}, part {part}" if part > 1 else title,
                            crumbs, **values)  # fmt: skip

    def roots(self) -> tuple[list[Type], list[Type]]:
        """The classes of the ontology that are below no other, and those of other vocabularies."""
        inner = {one for below in self._below.values() for one in below}
        roots = [self._type(one) for one in self._members if one not in inner]
        roots.sort(key=lambda type_: folded(type_.name))
        ours = self._content.ontology
        own = [type_ for type_ in roots if ours and type_.iri.startswith(ours)]
        return own, [type_ for type_ in roots if type_ not in own]

    def _type(self, class_: str, *, deep: bool = True) -> Type:
        content, node = self._content, NamedNode(class_)
        definitions = content.reader.objects(node, terms.DEFINITION)
        below = [self._type(one) for one in self._below[class_] if self._members[one]]
        return Type(
            class_,
            content.name_of(class_),
            " ".join(map(terms.text_of, definitions)),
            content.lists[class_],
            len(self._members[class_]),
            tuple(sorted(below, key=lambda type_: folded(type_.name))) if deep else (),
        )

    def _sorted(self, class_: str) -> list[str]:
        """The things of a class: those with a label by it, then the others by their IRIs."""
        base, known = self._content.project.base, self._content.directory.by_path

        def order(iri: str) -> tuple[bool, str, str]:
            entry = known.get(path_of(iri, base) or "")
            return entry is None, entry.folded[0] if entry else "", iri

        return sorted(self._members[class_], key=order)

    def _item(self, iri: str) -> dict[str, Any]:
        """A thing in a list: what it is called, and what tells it from its neighbours."""
        reader, node = self._content.reader, NamedNode(iri)
        definitions = reader.objects(node, terms.DEFINITION)
        return {
            "iri": iri,
            "label": self._content.name_of(iri),
            "kinds": [reader.text(kind) for kind in reader.kinds(node)],
            "definition": " ".join(map(terms.text_of, definitions)),
            "places": reader.places(node)[:3],
        }
