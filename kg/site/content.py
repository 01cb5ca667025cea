"""What every section of a site is made from: the release's store, names, links and templates."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import cached_property, partial
from typing import Any, Final
from urllib.parse import urlsplit

from pyoxigraph import NamedNode, Quad

from kg import terms
from kg.context import load_context
from kg.dumps import dump
from kg.formats import FORMATS, RDF_FORMATS
from kg.names import label_term
from kg.project import Project
from kg.show import Reader
from kg.site.addresses import address, path_of, relative
from kg.site.cite import license_name
from kg.site.classes import Class, Classes
from kg.site.directory import Directory, entry_of, folded
from kg.site.embedded import embedded
from kg.site.listed import listed_terms
from kg.site.pages import RDF, Page
from kg.site.render import Templates, capital, many_of, script_data
from kg.site.xml_limits import beyond_xml
from kg.store import Release
from kg.view import Text

_NAV: Final = ("types", "search", "queries", "ontology", "downloads", "quality")

_VERSION: Final = NamedNode("http://www.w3.org/ns/dcat#version")
_TYPE: Final = terms.TYPE.value
_IDENTIFIER: Final = NamedNode(terms.DCTERMS + "identifier")
_HASH: Final = re.compile("[0-9a-f]{8,}")

Crumb = tuple[str, str]
"""A step of the way to a page: its name and its address."""


class Content:
    """A release as its pages see it.

    `where` is every page by its path, `parts` what has its place on the page of another by a
    fragment; both are filled in before the first page is rendered.
    """

    def __init__(self, release: Release, project: Project) -> None:
        self.release = release
        self.project = project
        self.store = release.open_store()
        self.context = load_context(project.ontology / "context.jsonld", project.base)
        self.reader = Reader(self.store, self.context)
        self.title = project.title or project.base
        versions = self.reader.objects(NamedNode(project.base), _VERSION)
        self.version = project.version or next((v.value for v in versions), release.digest[:12])
        self.where: dict[str, Page] = {}
        self.parts: dict[str, list[str]] = {}
        self.ontology = self._ontology()
        self._templates = Templates(
            project=project,
            version=self.version,
            license=license_name(project.license),
            formats=FORMATS,
            site_title=self.title,
            name_of=self.name_of,
            names_of=self.names_of,
            definition_of=self.definition_of,
            list_of=self.list_of,
        )

    def formats_of(self, iri: str) -> tuple[str, ...]:
        """The formats that what is said of a thing, or in a graph, can be had in."""
        held = (name for name in RDF if name != "rdfxml" or iri not in self._beyond_xml)
        return ("html", *held)

    @cached_property
    def _beyond_xml(self) -> frozenset[str]:
        return beyond_xml(self.store)

    def _ontology(self) -> str:
        """The IRI of the ontology in the store; it has a graph by the same name."""
        ontology = NamedNode(terms.OWL + "Ontology")
        found = self.store.quads_for_pattern(None, terms.TYPE, ontology, None)
        named = sorted(terms.text_of(q.subject) for q in found if q.subject == q.graph_name)
        return named[0] if named else ""

    @cached_property
    def _ontologies(self) -> tuple[str, ...]:
        """The IRIs of all ontologies that the graph of the first one describes."""
        if not self.ontology:
            return ()
        kind, graph = NamedNode(terms.OWL + "Ontology"), NamedNode(self.ontology)
        quads = self.store.quads_for_pattern(None, terms.TYPE, kind, graph)
        return tuple(sorted(terms.text_of(quad.subject) for quad in quads))

    def address_of(self, iri: str) -> str | None:
        """Where the site describes `iri`, fragment included; None when it does not.

        A term of the ontology has its place on the page of the ontology.
        """
        anchor = self.anchor_of(iri)
        if (anchor or iri == self.ontology) and "ontology" in self.where:
            return f"ontology/#{anchor}" if anchor else "ontology/"
        page = self.page_of(iri)
        if page is None:
            return None
        where = page.path if page.kind == "file" else address(page.path, "html")
        parts = self.parts.get(page.path, ())
        return f"{where}#part-{parts.index(iri) + 1}" if iri in parts else where

    def page_of(self, iri: str) -> Page | None:
        """The page that an IRI leads to: things go by their IRIs, files and the like by URLs."""
        for start in dict.fromkeys((self.project.base, self.project.url)):
            path = path_of(iri, start)
            if path is None:
                continue
            if path in self.where:
                return self.where[path]
            page = self.where.get(path.removesuffix("/"))
            if page and page.kind in ("page", "query"):
                return page
        return None

    def anchor_of(self, iri: str) -> str:
        """The anchor of a term on the page of the ontology; '' for what it does not list.

        Its own terms have the fragment of their IRIs, so that a redirect of the ontology's IRI to
        the page keeps leading to the term; others their short name, such as `skos:broader`.
        """
        if iri not in self._terms:
            return ""
        if iri.startswith(self.ontology):
            return iri[len(self.ontology) + 1 :]
        return self.context.shorten(iri)

    @cached_property
    def _terms(self) -> frozenset[str]:
        return listed_terms(self.store, self.ontology)

    def name_of(self, iri: str) -> str:
        """What a thing is called: its label, else where it is, else what it is part of."""
        node = NamedNode(iri)
        text, short = self.reader.text(node), self.context.shorten(iri)
        if text != short:
            return text
        titles = self.reader.objects(node, terms.TITLE)
        if titles:
            return titles[0].value
        place = self.reader.place(node)
        if place.source:
            paragraph = f", paragraph {place.paragraph}" if place.paragraph else ""
            span = f", {place.start}–{place.end}" if place.start and place.end else ""  # noqa: RUF001
            return f"{place.document}{paragraph}{span}"
        owner = self.reader.owner(node)
        if owner == node:
            return short
        names = [n for n in iri[len(owner.value) :].split("/") if n and not _HASH.fullmatch(n)]
        return f"{names[-1] if names else 'part'} of {self.reader.text(owner)}"

    def is_nested(self, iri: str) -> bool:
        """Whether the path of a thing is below that of another."""
        path = path_of(iri, self.project.base) or ""
        while path := path.rpartition("/")[0]:
            if path in self.where:
                return True
        return False

    def subjects(self) -> list[str]:
        """The IRIs below the base that are described, in order."""
        return sorted(
            row["s"].value
            for row in self._rows("SELECT DISTINCT ?s { GRAPH ?g { ?s ?p ?o } }")
            if row["s"].value.startswith(self.project.base)
        )

    def typed(self) -> Iterator[tuple[str, str]]:
        """Things below the base with their classes, apart from what the build describes."""
        own = (self.ontology, self.project.base)
        for row in self._rows(f"SELECT DISTINCT ?s ?c ?g {{ GRAPH ?g {{ ?s <{_TYPE}> ?c }} }}"):
            ours = row["s"].value.startswith(self.project.base)
            if ours and row["g"].value not in own and isinstance(row["c"], NamedNode):
                yield row["s"].value, row["c"].value

    @cached_property
    def classes(self) -> Classes:
        """The classes of things that have pages, and the classes of the ontology above them."""
        base = self.project.base

        def above(iri: str) -> list[str]:
            found = self.reader.objects(NamedNode(iri), terms.SUBCLASS_OF)
            named = [one.value for one in found if isinstance(one, NamedNode)]
            return [one for one in named if one.startswith(self._ontologies)]

        return Classes(((iri, kind) for iri, kind in self.typed() if path_of(iri, base)), above)

    def roots(self) -> tuple[list[Class], list[Class]]:
        """The uppermost classes by name: those of the ontology, and those of other vocabularies."""
        roots = sorted(self.classes.roots, key=lambda class_: folded(self.name_of(class_.iri)))
        own = [c for c in roots if c.iri.startswith(self._ontologies)]
        return own, [c for c in roots if c not in own]

    def list_of(self, class_: str) -> str:
        """The address of the list of what is of a class; '' when there is none."""
        found = self.classes.all.get(class_)
        return f"{found.path}/" if found else ""

    def names_of(self, class_: str) -> str:
        """What several things of a class are called, with a capital: `Studies`."""
        label = label_term(self.store, NamedNode(class_))
        language = getattr(label, "language", None) or "en"
        name = self.name_of(class_)
        if label is None:
            return name
        return capital(many_of(name) if language.startswith("en") else name)

    def definition_of(self, iri: str) -> str:
        """The definition of a term."""
        return " ".join(map(terms.text_of, self.reader.objects(NamedNode(iri), terms.DEFINITION)))

    @cached_property
    def directory(self) -> Directory:
        """Every thing of the sheets that has a name, or that is no part of another."""
        dataset = NamedNode(self.project.base)
        quads = self.store.quads_for_pattern(None, None, None, dataset)
        described = {terms.text_of(quad.subject) for quad in quads}
        kinds: dict[str, str] = {}
        for iri, kind in self.typed():
            kinds[iri] = min(kind, kinds.get(iri, kind))
        labels = self._texts(terms.PREF_LABEL, terms.LABEL)
        others = self._texts(terms.ALT_LABEL, _IDENTIFIER)
        entries = []
        for page in self.where.values():
            if page.kind not in ("thing", "gone") or page.iri in described:
                continue
            own = sorted(labels.get(page.iri, ()), key=lambda text: (text.language != "en", text))
            if not own and self.is_nested(page.iri):
                continue
            label = own[0] if own else Text(self.context.shorten(page.iri))
            more = [*own[1:], *sorted(others.get(page.iri, ()))]
            kind = kinds.get(page.iri, "")
            entries.append(entry_of(page, label, label.language, kind, more))
        return Directory(entries)

    def _texts(self, *predicates: NamedNode) -> dict[str, set[Text]]:
        found: defaultdict[str, set[Text]] = defaultdict(set)
        for predicate in predicates:
            for row in self._rows(f"SELECT ?s ?o {{ GRAPH ?g {{ ?s <{predicate.value}> ?o }} }}"):
                found[row["s"].value].add(Text.of(row["o"]))
        return found

    def _rows(self, query: str) -> Iterator[Any]:
        """The solutions of a query: for a whole store, faster than a pattern by far."""
        solutions: Any = self.store.query(query)
        yield from solutions

    def rdf(self, quads: Iterable[Quad], format_: str) -> bytes:
        """Quads in an RDF format, by its name."""
        return dump(quads, RDF_FORMATS[format_], self.context)

    def html(
        self,
        template: str,
        page: Page,
        title: str,
        crumbs: Sequence[Crumb] = (),
        data: Iterable[Quad] | Mapping[str, Any] = (),
        **values: Any,
    ) -> bytes:
        """A page from a template that extends `base.html`.

        `crumbs` are the steps between home and the page, `data` goes into it as JSON-LD, which
        it may be already; `description` among the values is what a search engine shows.
        """
        ready = script_data(data) if isinstance(data, Mapping) else embedded(data)
        values |= {"title": title, "crumbs": crumbs, "data": ready if data else ""}
        return self._render(template, page, relative, values)

    def error(self, template: str, page: Page, *, absolute: bool, **values: Any) -> bytes:
        """A page that may be met at any address; with `absolute`, it does not ask at which."""
        links = self._absolute if absolute else relative
        return self._render(template, page, links, values | {"crumbs": (), "data": ""})

    def _absolute(self, _start: str, target: str) -> str:
        return (urlsplit(self.project.url).path or "/") + target

    def _render(self, template: str, page: Page, links: Any, values: dict[str, Any]) -> bytes:
        here = page.path if page.kind == "file" else address(page.path, "html")
        link = partial(links, here)

        def href(iri: str) -> str:
            target = self.address_of(iri)
            if target is not None:
                return str(link(target))
            # What would be of this site has no page; elsewhere, only what a browser can open.
            outside = not iri.startswith((self.project.base, self.project.url))
            return iri if outside and iri.startswith(("http://", "https://")) else ""

        return self._templates.render(template, **{
            "page": page,
            "link": link,
            "href": href,
            "inside": lambda iri: self.address_of(iri) is not None,
            "url": self.project.url + here,
            "where": self.where,
            "menu": [self.where[path] for path in _NAV if path in self.where],
            "address": address,
            "description": self.project.description,
        } | values)  # fmt: skip
