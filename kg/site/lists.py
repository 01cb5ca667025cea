"""Lists by type: every class that something is of, and what is of it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final

from pyoxigraph import NamedNode

from kg import terms
from kg.site.addresses import path_of
from kg.site.classes import Class
from kg.site.content import Content
from kg.site.pages import Page

PER_PAGE: Final = 500


class Lists:
    """The list of lists, and one list for each class, in parts where it is long."""

    def __init__(self, content: Content) -> None:
        self._content = content

    def pages(self) -> Iterator[Page]:
        """The list of lists, then each class by its name."""
        classes = self._content.classes.all
        if classes:
            yield Page("types", "page", title="Browse")
        for class_ in classes.values():
            for part in range(_parts(class_)):
                yield Page(f"{class_.path}/{part + 1}" if part else class_.path, "page",
                           iri=class_.iri)  # fmt: skip

    def render(self, page: Page, format_: str, params: Mapping[str, str]) -> bytes:  # noqa: ARG002
        """The list of lists, or a list."""
        content = self._content
        if not page.iri:
            own, others = content.roots()
            return content.html("types.html", page, page.title, own=own, others=others)
        class_ = content.classes.all[page.iri]
        part = int(page.path.rpartition("/")[2]) if page.path != class_.path else 1
        start = (part - 1) * PER_PAGE
        listed = self._sorted(class_)[start : start + PER_PAGE]
        title = content.names_of(page.iri)
        first = f"{class_.path}/"
        values: dict[str, Any] = {
            "class_": class_,
            "definition": content.definition_of(page.iri),
            "items": [self._item(iri) for iri in listed],
            "start": start,
            "parts": [(n + 1, f"{first}{n + 1}/" if n else first) for n in range(_parts(class_))],
            "part": part,
        }
        values["description"] = values["definition"]
        crumbs = [("Browse", "types/"), *([(title, first)] if part > 1 else [])]
        heading = f"{title}, part {part}" if part > 1 else title
        return content.html("list.html", page, heading, crumbs, **values)

    def _sorted(self, class_: Class) -> list[str]:
        """The things of a class: those with a label by it, then the others by their IRIs."""
        base, known = self._content.project.base, self._content.directory.by_path

        def order(iri: str) -> tuple[bool, str, str]:
            entry = known.get(path_of(iri, base) or "")
            return entry is None, entry.names[0] if entry else "", iri

        return sorted(class_.members, key=order)

    def _item(self, iri: str) -> dict[str, Any]:
        """A thing in a list: what it is called, and what tells it from its neighbours."""
        reader, node = self._content.reader, NamedNode(iri)
        definitions = reader.objects(node, terms.DEFINITION)
        return {
            "iri": iri,
            "label": self._content.name_of(iri),
            "kinds": [kind.value for kind in reader.kinds(node)],
            "definition": " ".join(map(terms.text_of, definitions)),
            "places": reader.places(node)[:3],
        }


def _parts(class_: Class) -> int:
    return -(-class_.count // PER_PAGE)
