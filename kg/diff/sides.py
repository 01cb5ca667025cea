"""What `kg diff` compares: releases and exported files, by the names that people give them."""

from __future__ import annotations

import gzip
import os
import re
import zlib
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import IO, Final, cast

from pyoxigraph import BlankNode, NamedNode, Quad, Store, parse

from kg import terms
from kg.blank import BlankNodeError, name_blank_nodes
from kg.context import is_iri
from kg.diff.compare import Side
from kg.errors import KgError, NoReleaseError, UnknownNameError
from kg.formats import RDF_FORMATS
from kg.ontology import load_ontology
from kg.project import Project
from kg.store import Release, open_release, release_before
from kg.things import is_data_graph, is_provenance

_DIGEST: Final = re.compile(r"[0-9a-f]{4,64}")
_SHOWN: Final = 12
_FORMATS: Final = {f".{format_.extension}": format_ for format_ in RDF_FORMATS.values()}


def open_side(project: Project, name: str) -> Side:
    """One version of a project's data.

    `name` is `current`, `before` (the release before the current one), the digest of a release or
    its beginning, the folder of a release, or an RDF file, gzipped or not. Raises `NoReleaseError`
    and `UnknownNameError` when there is no such release, and `KgError` for a file that cannot be
    read.
    """
    path = Path(name)
    if name == "current":
        return _release(open_release(project.build), project, "the current release")
    if name == "before":
        return _release(_before(project.build), project, "the release before")
    # Unlike those of `pathlib`, these functions take any text for a name, also one too long.
    if os.path.isdir(path / "store"):  # noqa: PTH112
        real = path.resolve()
        return _release(Release(real, real.name, {}), project, f"the release in {name}")
    if os.path.isfile(path):  # noqa: PTH113
        return Side(name, _read(path, project), project.base)
    kept = _kept(project.build)
    found = [folder for folder in kept if _DIGEST.fullmatch(name) and folder.name.startswith(name)]
    if len(found) == 1:
        return _release(Release(found[0], found[0].name, {}), project, "release")
    listed = ", ".join(folder.name[:_SHOWN] for folder in kept) or "none"
    raise UnknownNameError(f"`{name}` is no file and no one release; there are {listed}")


def _before(build: Path) -> Release:
    """The release before the current one, or the only other that is kept."""
    current = open_release(build)
    found = release_before(build, current.digest)
    if found is None:
        others = [path for path in _kept(build) if path.name != current.digest]
        if len(others) != 1:
            raise NoReleaseError(f"there is no release in {build} before the current one")
        found = Release(others[0], others[0].name, {})
    return found


def _kept(build: Path) -> list[Path]:
    """The folders of all finished releases."""
    return sorted(path for path in build.glob("releases/*") if (path / "manifest.json").is_file())


def _release(release: Release, project: Project, what: str) -> Side:
    store = release.open_store()
    # A release may be of another project, or from before the base was changed.
    spaces = store.quads_for_pattern(None, terms.URI_SPACE, None, None)
    found = [(terms.text_of(q.object), q.graph_name) for q in spaces]
    bases = {space for space, graph in found if is_iri(space) and graph == NamedNode(space)}
    base = bases.pop() if len(bases) == 1 else project.base
    digest = release.digest[:_SHOWN]
    return Side(f"{what} ({digest})" if what != "release" else f"release {digest}", store, base)


def _read(path: Path, project: Project) -> Store:
    """The data of an exported file, in a store of its own; raises `KgError`."""
    zipped = path.suffix == ".gz"
    format_ = _FORMATS.get(Path(path.name.removesuffix(".gz")).suffix)
    if format_ is None:
        raise KgError(f"{path}: not a graph by its name; there are {', '.join(_FORMATS)}, and .gz")
    store = Store()
    loose: list[Quad] = []
    try:
        with gzip.open(path) if zipped else path.open("rb") as file:
            quads = parse(cast(IO[bytes], file), format=format_.rdf)
            store.bulk_extend(_data(quads, project, loose))
        # Exported data have no blank nodes; a file by others gets the names that a sheet would.
        store.extend(name_blank_nodes(loose, f"{project.base}graph/-"))
    except (OSError, EOFError, SyntaxError, zlib.error, BlankNodeError) as error:
        raise KgError(f"{path} cannot be read: {error}") from error
    return store


def _data(quads: Iterable[Quad], project: Project, loose: list[Quad]) -> Iterator[Quad]:
    """What sheets say among the quads of a file, which may be the union of all graphs.

    Quads with blank nodes are put into `loose` instead.
    """
    base, ontology = project.base, load_ontology(project.ontology)
    described = {quad.subject for quad in ontology.quads}
    others = {base, ontology.iri}
    for quad in quads:
        graph, subject = quad.graph_name, quad.subject
        if BlankNode in (type(subject), type(quad.object)):
            loose.append(quad)
        elif is_data_graph(graph, base):
            yield quad
        elif isinstance(graph, NamedNode) and graph.value in others:
            continue
        elif subject not in described and not is_provenance(subject, base):
            yield Quad(subject, quad.predicate, quad.object, NamedNode(f"{base}graph/-"))
