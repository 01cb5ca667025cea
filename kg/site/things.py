"""The pages of things: every IRI below the base that the store describes."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Final

from pyoxigraph import NamedNode, Quad

from kg import terms
from kg.context import is_iri
from kg.formats import RDF_FORMATS
from kg.show import describe
from kg.site.addresses import address, path_of
from kg.site.content import Content, Crumb
from kg.site.entity import entity_parts
from kg.site.evidence.overviews import drawings_of
from kg.site.pages import RESERVED, Page
from kg.site.views import THING_VIEWS, ThingView
from kg.things import is_retired
from kg.tombstones import replacements

_EXTENSIONS: Final = frozenset({"html", *(f.extension for f in RDF_FORMATS.values())})
_IN_DATASET: Final = NamedNode(terms.VOID + "inDataset")
_MOST_CONTENTS: Final = 500
_MOST_EMBEDDED: Final = 2_000


class Things:
    """One page for each thing; `unplaced` are the IRIs that could have none."""

    def __init__(self, content: Content) -> None:
        self._content = content
        self._views = {class_: view for view in THING_VIEWS for class_ in view.classes}
        self._graphs = frozenset(content.store.named_graphs())
        self.unplaced: list[str] = []

    def pages(self) -> Iterator[Page]:
        """Every thing that has a path which collides with no other page's."""
        gone = self._gone()
        found: dict[str, Page] = {}
        risky: list[Page] = []
        for iri in self._content.subjects():
            path = path_of(iri, self._content.project.base)
            taken = self._content.page_of(iri)
            if taken and taken.kind != "file":
                continue  # a page of the site describes it
            if path is None or taken or path.split("/")[0] in RESERVED:
                self.unplaced.append(iri)
                continue
            whole, hash_, _ = iri.partition("#")
            if hash_:
                self._content.parts.setdefault(path, []).append(iri)
            formats = self._content.formats_of(whole)
            page = Page(path, "gone" if iri in gone else "thing", formats, whole)
            if _is_risky(path):
                risky.append(page)
            elif found.setdefault(path, page).iri != whole:
                self.unplaced.append(iri)
        for page in risky:
            if page.path == "index" or any(path in found for path in _rivals(page.path)):
                self.unplaced.append(page.iri)
            else:
                found[page.path] = page
        yield from found.values()

    def _gone(self) -> frozenset[str]:
        """The things that were retired."""
        store = self._content.store
        named = {q.subject for q in store.quads_for_pattern(None, terms.DEPRECATED, None, None)}
        nodes = [node for node in named if isinstance(node, NamedNode)]
        return frozenset(node.value for node in nodes if is_retired(store, node))

    def render(self, page: Page, format_: str, params: Mapping[str, str]) -> bytes:  # noqa: ARG002
        """A thing as a page, or its description as data."""
        content, node = self._content, NamedNode(page.iri)
        quads = [*self._describe(page), *self._document(page)]
        if format_ != "html":
            if node in self._graphs:
                quads = list(content.store.quads_for_pattern(None, None, None, node))
            return content.rdf(quads, format_)
        view = content.reader.view(node)
        chosen = self._view_of(view.kind_iris)
        own: dict[str, Any] = chosen.values(content, view) if chosen else {}
        view = own.get("view", view)
        values: dict[str, Any] = {
            "view": view,
            "description": view.definition,
            "title_language": getattr(view.label, "language", ""),
            "contents": self._contents(node),
            "parts": [
                (content.name_of(iri), tuple(content.reader.properties(NamedNode(iri))))
                for iri in content.parts.get(page.path, ())
            ],
            "replaced_by": replacements(content.store, node) or [],
            **entity_parts(content, view),
            "drawn": drawings_of(content, view),
            **own,
        }
        template = "gone.html" if page.kind == "gone" else chosen.template if chosen else ""
        title, data = content.name_of(page.iri), quads[:_MOST_EMBEDDED]
        crumbs = self._crumbs(page)
        return content.html(template or "thing.html", page, title, crumbs, data, **values)

    def _describe(self, page: Page) -> list[Quad]:
        """What the store says of a page's thing, of what is nested in it, and of its parts."""
        store = self._content.store
        nodes = [page.iri, *self._content.parts.get(page.path, ())]
        return [quad for iri in nodes for quad in describe(store, NamedNode(iri))]

    def _document(self, page: Page) -> Iterator[Quad]:
        """What a client that followed a link should know besides: whose description this is.

        The document is told from its thing, as VoID has it (section 6.1), and has the licence.
        """
        project = self._content.project
        document = project.url + address(page.path, "html")
        if not is_iri(document):
            return
        subject, thing = NamedNode(document), NamedNode(page.iri)
        yield Quad(subject, terms.PRIMARY_TOPIC, thing)
        yield Quad(subject, _IN_DATASET, NamedNode(project.base))
        if project.license:
            yield Quad(subject, terms.LICENSE, NamedNode(project.license))

    def _contents(self, graph: NamedNode) -> list[tuple[str, str]]:
        """The things that the graph of a sheet describes, by name; the first of very many."""
        if graph not in self._graphs:
            return []
        found = {
            terms.text_of(q.subject)
            for q in self._content.store.quads_for_pattern(None, terms.TYPE, None, graph)
            if q.subject != graph
        }
        whole = [iri for iri in sorted(found) if not self._content.is_nested(iri)]
        return [(iri, self._content.name_of(iri)) for iri in whole[:_MOST_CONTENTS]]

    def _view_of(self, kinds: Iterable[str]) -> ThingView | None:
        """The view of a class of the thing, or of the nearest class above."""
        level = list(kinds)
        seen = set(level)
        while level:
            for kind in level:
                if kind in self._views:
                    return self._views[kind]
            above = {
                class_.value
                for kind in level
                for class_ in self._content.reader.objects(NamedNode(kind), terms.SUBCLASS_OF)
                if isinstance(class_, NamedNode)
            }
            level = sorted(above - seen)
            seen |= above
        return None

    def _crumbs(self, page: Page) -> list[Crumb]:
        """The list of its class, and what it is nested in."""
        content, node = self._content, NamedNode(page.iri)
        owner = content.reader.owner(node)
        crumbs = []
        for kind in content.reader.kinds(owner)[:1]:
            listed = content.list_of(kind.value)
            if listed:
                crumbs.append((content.names_of(kind.value), listed))
        where = content.address_of(owner.value)
        if owner != node and where is not None:
            crumbs.append((content.name_of(owner.value), where))
        return crumbs


def _is_risky(path: str) -> bool:
    """Whether a path could be the file or the folder of another thing's page."""
    names = path.split("/")
    return names[-1] in ("", "index") or any(
        name.rpartition(".")[2] in _EXTENSIONS for name in names
    )


def _rivals(path: str) -> Iterator[str]:
    """The paths whose pages would need the same names on disk.

    >>> list(_rivals("iron.ttl")), list(_rivals("iron/")), list(_rivals("a/index"))
    (['iron'], ['iron'], ['a', 'a/'])
    """
    names = path.split("/")
    for end, name in enumerate(names, start=1):
        above = "/".join(names[: end - 1])
        stem, _, extension = name.rpartition(".")
        if name == "":
            yield above
        elif name == "index" and end == len(names):
            yield from (above, f"{above}/")
        elif extension in _EXTENSIONS:
            yield "/".join([*names[: end - 1], stem])
            if stem == "index":
                yield from (above, f"{above}/")
