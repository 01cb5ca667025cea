"""SPARQL clients that others wrote get the answers that `kg query` gives, to every stock query."""

from __future__ import annotations

import json
import os
import re
import shlex
import shutil
import subprocess
from collections.abc import Iterator
from http import HTTPStatus
from itertools import pairwise
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import pytest
import rdflib
from pyoxigraph import NamedNode, RdfFormat, parse
from rdflib.plugins.stores.sparqlstore import SPARQLStore
from serving import Server, serving
from SPARQLWrapper import CSV, JSON, JSONLD, N3, RDFXML, TSV, TURTLE, XML, SPARQLWrapper

from kg import Release, load_project
from kg.catalogue import load_catalogue
from kg.context import load_context
from kg.names import resolve
from kg.results import run_query, write_standard

ROOT = Path(__file__).parent.parent
PROJECT = load_project(ROOT)
CATALOGUE = load_catalogue(ROOT / "queries")
XSD_STRING = "http://www.w3.org/2001/XMLSchema#string"
LANG_STRING = "http://www.w3.org/1999/02/22-rdf-syntax-ns#langString"

Row = dict[str, tuple[str, ...]]


@pytest.fixture(scope="module")
def server(project_release: Release, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """The project's own release, served."""
    root = tmp_path_factory.mktemp("clients")
    settings = {"base": PROJECT.base, "build": project_release.path.parent.parent}
    for name in ("facts", "ontology", "shapes", "queries"):
        settings[name] = ROOT / name
    lines = (f"{name} = {json.dumps(str(value))}\n" for name, value in settings.items())
    (root / "kg.toml").write_text("".join(lines), encoding="utf-8")
    (root / "build").mkdir()
    with serving(root) as server:
        yield server


@pytest.fixture(scope="module")
def texts(project_release: Release) -> dict[str, str]:
    """Every stock query as a client sends it: with the values of its parameters at its end."""
    store = project_release.open_store()
    context = load_context(ROOT / "ontology" / "context.jsonld", PROJECT.base)
    found = {}
    for name, query in CATALOGUE.items():
        bound = query.bind({}, lambda text: resolve(store, context, text))
        names = " ".join(map(str, bound))
        values = " ".join(map(str, bound.values()))
        found[name] = query.text + (f"\nVALUES ({names}) {{ ({values}) }}" if bound else "")
    return found


@pytest.fixture(scope="module")
def expected(project_release: Release) -> dict[str, list[Row]]:
    """What `kg query NAME` answers."""
    store = project_release.open_store()
    context = load_context(ROOT / "ontology" / "context.jsonld", PROJECT.base)
    found = {}
    for name, query in CATALOGUE.items():
        sent: list[bytes] = []
        bound = query.bind({}, lambda text: resolve(store, context, text))
        answer = run_query(store, query.text, bound, PROJECT.base)
        write_standard(answer, "json", context, sent.append)
        found[name] = rows_of(json.loads(b"".join(sent)))
    return found


def rows_of(results: Any) -> list[Row]:
    """The rows of SPARQL JSON results."""
    return [
        {name: _told(term) for name, term in row.items()} for row in results["results"]["bindings"]
    ]


def _told(term: dict[str, str]) -> tuple[str, ...]:
    if term["type"] == "uri":
        return "NamedNode", term["value"], "", ""
    if term["type"] == "bnode":
        return "BlankNode", term["value"], "", ""
    language = term.get("xml:lang", "")
    datatype = term.get("datatype", LANG_STRING if language else XSD_STRING)
    return "Literal", term["value"], datatype, language


def from_rdflib(term: Any) -> tuple[str, ...]:
    if isinstance(term, rdflib.URIRef):
        return "NamedNode", str(term), "", ""
    if isinstance(term, rdflib.BNode):
        return "BlankNode", str(term), "", ""
    language = term.language or ""
    datatype = str(term.datatype or (LANG_STRING if language else XSD_STRING))
    return "Literal", str(term), datatype, language


def test_every_stock_query_answers_something(expected: dict[str, list[Row]]) -> None:
    assert len(expected) == len(list((ROOT / "queries").glob("*.rq")))
    assert all(expected.values())


def test_sparqlwrapper(
    server: Server, texts: dict[str, str], expected: dict[str, list[Row]]
) -> None:
    for name, text in texts.items():
        client = SPARQLWrapper(f"{server.url}/sparql")
        client.setQuery(text)
        client.setReturnFormat(JSON)
        client.setMethod("POST" if len(text) % 2 else "GET")
        assert rows_of(client.queryAndConvert()) == expected[name], name


@pytest.mark.parametrize(
    ("format_", "type_"),
    [
        (CSV, "text/csv"),
        (TSV, "text/tab-separated-values"),
        (XML, "application/sparql-results+xml"),
    ],
)
def test_sparqlwrapper_in_other_formats(
    server: Server,
    texts: dict[str, str],
    expected: dict[str, list[Row]],
    format_: str,
    type_: str,
) -> None:
    client = SPARQLWrapper(f"{server.url}/sparql")
    client.setQuery(texts["p-values"])
    client.setReturnFormat(format_)
    answer = client.query()
    assert answer.info()["content-type"].startswith(type_)
    body = answer.response.read().decode()
    assert all(row["statement"][1] in body for row in expected["p-values"] if "statement" in row)


@pytest.mark.parametrize(
    ("format_", "parser"),
    [
        (TURTLE, RdfFormat.TURTLE),
        (N3, RdfFormat.TURTLE),
        (RDFXML, RdfFormat.RDF_XML),
        (JSONLD, RdfFormat.JSON_LD),
    ],
)
def test_sparqlwrapper_reads_graphs(server: Server, format_: str, parser: RdfFormat) -> None:
    """The client names formats in its own way, as `?format=json-ld`."""
    client = SPARQLWrapper(f"{server.url}/sparql")
    client.setQuery("DESCRIBE <mineral/magnesium>")
    client.setReturnFormat(format_)
    answer = client.query().response.read()
    assert NamedNode(f"{PROJECT.base}mineral/magnesium") in {
        q.subject for q in parse(answer, parser)
    }


@pytest.mark.parametrize("method", ["GET", "POST", "POST_FORM"])
def test_the_store_of_rdflib(
    server: Server, texts: dict[str, str], expected: dict[str, list[Row]], method: str
) -> None:
    store = SPARQLStore(f"{server.url}/sparql", method=method, returnFormat="json")
    graph = rdflib.Graph(store=store)
    for name, text in texts.items():
        rows = [
            {key: from_rdflib(term) for key, term in row.asdict().items()}
            for row in graph.query(text)
        ]
        assert rows == expected[name], name


def test_the_store_of_rdflib_as_a_graph(server: Server) -> None:
    graph = rdflib.Graph(store=SPARQLStore(f"{server.url}/sparql"))
    magnesium = rdflib.URIRef(f"{PROJECT.base}mineral/magnesium")
    label = graph.value(magnesium, rdflib.SKOS.prefLabel)
    assert label == rdflib.Literal("Magnesium", lang="en")
    assert len(list(graph.triples((magnesium, None, None)))) > 5


def node_modules() -> Path | None:
    """Where Comunica is installed: as `KG_NODE_MODULES` says, or below the project."""
    folders = [ROOT / ".cache/npm/node_modules", ROOT / "node_modules"]
    if "KG_NODE_MODULES" in os.environ:
        folders.insert(0, Path(os.environ["KG_NODE_MODULES"]))
    return next((f for f in folders if (f / "@comunica/query-sparql").is_dir()), None)


@pytest.mark.skipif(shutil.which("node") is None, reason="there is no Node.js to run Comunica")
@pytest.mark.skipif(node_modules() is None, reason="Comunica is not installed (npm)")
def test_comunica(server: Server, texts: dict[str, str], expected: dict[str, list[Row]]) -> None:
    queries = [{"text": text, "base": PROJECT.base} for text in texts.values()]
    script = ROOT / "tests/clients/comunica.mjs"
    result = subprocess.run(
        ["node", str(script), str(node_modules()), f"{server.url}/sparql"],
        input=json.dumps(queries), capture_output=True, text=True, timeout=120, check=False,
    )  # fmt: skip
    assert result.returncode == 0, result.stderr
    for name, rows in zip(texts, json.loads(result.stdout), strict=True):
        found = [{key: tuple(term) for key, term in row.items()} for row in rows]
        assert found == expected[name], name


def shown_requests() -> list[object]:
    """The `curl` commands of the page on SPARQL, each with what it shows."""
    text = (ROOT / "docs/sparql.md").read_text("utf-8")
    blocks = re.findall(r"^```console\n(.*?)^```", text, re.MULTILINE | re.DOTALL)
    return [
        pytest.param(command, shown, id=f"request-{number}")
        for number, (command, shown) in enumerate(
            found
            for block in blocks
            for found in re.findall(r"^\$ (curl .*)\n((?:[^$].*\n)*)", block, re.MULTILINE)
        )
    ]


@pytest.mark.parametrize(("command", "shown"), shown_requests())
def test_a_request_in_the_documentation_is_answered_as_it_says(
    server: Server, command: str, shown: str
) -> None:
    words = shlex.split(command)
    headers = dict(value.split(": ") for name, value in pairwise(words) if name == "-H")
    path = next(word for word in words if word.startswith("http")).partition(":8000")[2]
    form = dict(v.split("=", 1) for name, v in pairwise(words) if name == "--data-urlencode")
    if form:
        headers["Content-Type"] = "application/x-www-form-urlencoded"
    got = server.ask(path, "POST" if form else "GET", urlencode(form).encode() or None, **headers)
    status = f"HTTP/1.1 {got.status} {HTTPStatus(got.status).phrase}\n"
    text = f"{status}\n{got.text}" if "-i" in words else got.text
    pattern = re.escape(shown.rstrip("\n")).replace(r"\.\.\.", ".*")
    assert re.match(pattern, text.replace("\r", ""), re.DOTALL), text[:2000]
