"""The pages of things: every IRI below the base that the store describes."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping
from typing import Any, Final

from pyoxigraph import NamedNode, Quad

from kg.formats import RDF_FORMATS
from kg.iris import local_name, slug
from kg.show import describe
from kg.site.addresses import path_of
from kg.site.content import Content, Crumb
from kg.site.pages import RESERVED, THING_FORMATS, Page
from kg.site.views import THING_VIEWS, ThingView

_EXTENSIONS: Final = frozenset({"html", *(f.extension for f in RDF_FORMATS.values())})


class Things:
    """One page for each thing; `unplaced` are the IRIs that could have none."""

    def __init__(self, content: Content) -> None:
        self._content = content
        self._views = {class_: view for view in THING_VIEWS for class_ in view.classes}
        # Things told apart from a page's own by a fragment: they are described on that page.
        self._parts: defaultdict[str, list[str]] = defaultdict(list)
        self.unplaced: list[str] = []

    def pages(self) -> Iterator[Page]:
        """Every thing that has a path which collides with no other page's."""
        found: dict[str, Page] = {}
        risky: list[Page] = []
        for iri in self._subjects():
            path = path_of(iri, self._content.project.base)
            if path in self._content.where:
                continue  # a page of the site describes it
            if path is None or path.split("/")[0] in RESERVED:
                self.unplaced.append(iri)
                continue
            whole, hash_, _ = iri.partition("#")
            if hash_:
                self._parts[path].append(iri)
            page = Page(path, "thing", THING_FORMATS, whole)
            if _is_risky(path):
                risky.append(page)
            elif found.setdefault(path, page).iri != whole:
                self.unplaced.append(iri)
        for page in risky:
            if any(path in found for path in _rivals(page.path)) or page.path == "index":
                self.unplaced.append(page.iri)
            else:
                found[page.path] = page
        yield from found.values()

    def _subjects(self) -> list[str]:
        """All subjects below the base, in order."""
        base = self._content.project.base
        found = {quad.subject.value for quad in self._content.store}
        return sorted(iri for iri in found if iri.startswith(base))

    def render(self, page: Page, format_: str, params: Mapping[str, str]) -> bytes:  # noqa: ARG002
        """A thing as a page, or its description as data."""
        quads = self.describe(page)
        if format_ != "html":
            return self._content.rdf(quads, format_)
        node = NamedNode(page.iri)
        view = self._content.reader.view(node)
        chosen = self._view_of(view.kind_iris)
        own: dict[str, Any] = chosen.values(self._content, node) if chosen else {}
        template = chosen.template if chosen else "thing.html"
        title = self._content.name_of(page.iri)
        values = {"view": view, "description": view.definition, **own}
        return self._content.html(template, page, title, self._crumbs(page), quads, **values)

    def describe(self, page: Page) -> list[Quad]:
        """What the store says of a page's thing, of what is nested in it, and of its parts."""
        store = self._content.store
        nodes = [page.iri, *self._parts.get(page.path, ())]
        return [quad for iri in nodes for quad in describe(store, NamedNode(iri))]

    def _view_of(self, kinds: tuple[str, ...]) -> ThingView | None:
        return next((self._views[kind] for kind in kinds if kind in self._views), None)

    def _crumbs(self, page: Page) -> list[Crumb]:
        """Its class, and what it is nested in."""
        content = self._content
        owner = content.reader.owner(NamedNode(page.iri))
        kinds = content.reader.kinds(owner)
        crumbs = []
        if kinds:
            path = f"types/{slug(local_name(kinds[0].value))}"
            if path in content.where:
                crumbs.append((content.name_of(kinds[0].value), f"{path}/"))
        address = content.address_of(owner.value)
        if owner.value != page.iri and address is not None:
            crumbs.append((content.name_of(owner.value), address))
        return crumbs


def _is_risky(path: str) -> bool:
    """Whether a path could be the file or the folder of another thing's page."""
    names = path.split("/")
    return names[-1] in ("", "index") or any(
        name.rpartition(".")[2] in _EXTENSIONS for name in names
    )


def _rivals(path: str) -> Iterator[str]:
    """The paths whose pages would need the same names on disk."""
    names = path.split("/")
    for end, name in enumerate(names, start=1):
        above = "/".join(names[: end - 1])
        stem, _, extension = name.rpartition(".")
        if end == len(names) and name in ("", "index"):
            yield from (above, f"{above}/") if above else ("",)
        elif extension in _EXTENSIONS:
            yield "/".join([*names[: end - 1], stem])
            if stem == "index":
                yield from (above, f"{above}/")
