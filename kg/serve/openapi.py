"""The HTTP interface described in its own terms: OpenAPI 3.1."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any, Final

from kg.catalogue import Parameter, StockQuery, load_catalogue
from kg.formats import FORMATS, RDF_FORMATS, RESULT_FORMATS
from kg.site import Site

_Json = dict[str, Any]
_GRAPHS: Final = ("turtle", "jsonld", "ntriples", "rdfxml")
_SCHEMAS: Final[dict[str, _Json]] = {
    "integer": {"type": "integer"},
    "decimal": {"type": "number"},
    "boolean": {"type": "boolean"},
    "date": {"type": "string", "format": "date"},
}
_QUERY: Final = {"type": "string", "description": "SPARQL 1.1; nothing but queries."}
_GRAPH_URIS: Final = {"type": "array", "items": {"type": "string", "format": "uri"}}
_SPARQL_PARAMETERS: Final = {
    "query": _QUERY,
    "default-graph-uri": _GRAPH_URIS | {"description": "Graphs to query, merged."},
    "named-graph-uri": _GRAPH_URIS | {"description": "Graphs to query by name."},
    "format": {"type": "string", "description": "Instead of an Accept header."},
}
_PROBLEM: Final = {
    "description": "What is wrong, in words.",
    "content": {
        "application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}},
        "text/plain": {"schema": {"type": "string"}},
    },
}
_PROBLEM_SCHEMA: Final = {
    "type": "object",
    "description": "RFC 9457.",
    "required": ["title", "status", "detail"],
    "properties": {
        "title": {"type": "string"},
        "status": {"type": "integer"},
        "detail": {"type": "string"},
        "line": {"type": "integer"},
        "column": {"type": "integer"},
    },
}


def describe_interface(site: Site) -> bytes:
    """The description of what a site answers over HTTP, as JSON; the same for the same release."""
    project = site.project
    info: _Json = {"title": project.title or project.base, "version": _version(site)}
    if project.description:
        info["description"] = project.description
    if project.license:
        info["license"] = {"name": project.license, "url": project.license}
    catalogue = load_catalogue(project.queries)
    described = {
        "openapi": "3.1.0",
        "info": info,
        # Relative, so that it holds wherever the site is mounted.
        "servers": [{"url": "."}],
        "paths": {
            "/{path}": {"get": _thing()},
            "/{path}.{extension}": {"get": _twin()},
            "/sparql": _sparql(),
            **dict(_stock_queries(site, catalogue.values())),
            "/search/": {"get": _search()},
            "/.well-known/void": {"get": _metadata()},
            "/health": {"get": _health()},
        },
        "components": {"schemas": {"Problem": _PROBLEM_SCHEMA}},
    }
    return (json.dumps(described, indent=2, ensure_ascii=False) + "\n").encode()


def _version(site: Site) -> str:
    return site.project.version or site.release.digest[:12]


def _thing() -> _Json:
    see_other = {
        "description": "The page of the thing is elsewhere; for RDF, this is it already.",
        "headers": {"Location": {"schema": {"type": "string"}}},
        "content": _content([FORMATS[name].media_type for name in _GRAPHS]),
    }
    return {
        "operationId": "thing",
        "summary": "A thing, in the format that the Accept header asks for.",
        "description": "The path of an IRI below the base. With a slash at its end it is the page.",
        "parameters": [_path("path", "mineral/magnesium"), _format(("html", *_GRAPHS))],
        "responses": {
            "200": _good(["text/html", *(FORMATS[name].media_type for name in _GRAPHS)]),
            "303": see_other,
            "304": {"description": "The client has it already."},
            "404": _PROBLEM,
            "406": _PROBLEM,
            "410": {"description": "There was such a thing; this says what came in its place."},
        },
    }


def _twin() -> _Json:
    extensions = [RDF_FORMATS[name].extension for name in _GRAPHS]
    extension = _path("extension", "ttl")
    extension["schema"]["enum"] = extensions
    return {
        "operationId": "twin",
        "summary": "A thing in one format.",
        "parameters": [_path("path", "mineral/magnesium"), extension],
        "responses": {
            "200": _good(FORMATS[name].media_type for name in _GRAPHS),
            "404": _PROBLEM,
        },
    }


def _sparql() -> _Json:
    types = [f.media_type for f in RESULT_FORMATS.values()]
    types += [RDF_FORMATS[name].media_type for name in _GRAPHS]
    responses: _Json = {"200": _good(types)}
    for status in ("400", "403", "406", "413", "415", "500", "503", "504"):
        responses[status] = _PROBLEM
    parameters = [
        {"name": name, "in": "query", "schema": schema}
        for name, schema in _SPARQL_PARAMETERS.items()
    ]
    form = {"type": "object", "required": ["query"], "properties": _SPARQL_PARAMETERS}
    body = {
        "application/sparql-query": {"schema": _QUERY},
        "application/x-www-form-urlencoded": {"schema": form},
    }
    return {
        "get": {
            "operationId": "query",
            "summary": "The answer to a query; without one, the description of this service.",
            "parameters": parameters,
            "responses": responses,
        },
        "post": {
            "operationId": "queryByPost",
            "summary": "The answer to a query (SPARQL 1.1 Protocol).",
            "parameters": parameters[1:],
            "requestBody": {"required": True, "content": body},
            "responses": responses,
        },
    }


def _stock_queries(site: Site, queries: Iterable[StockQuery]) -> Iterable[tuple[str, _Json]]:
    """Each stock query in each of its formats."""
    for query in queries:
        page = site.page(f"queries/{query.name}")
        if page is None:
            continue
        for name in page.formats:
            if name == "rq":
                continue
            extension = FORMATS[name].extension
            end = "/" if name == "html" else f".{extension}"
            yield (
                f"/queries/{query.name}{end}",
                {
                    "get": {
                        "operationId": f"{query.name}-{extension}",
                        "summary": query.title,
                        "description": query.description,
                        "parameters": [_parameter(parameter) for parameter in query.params],
                        "responses": {
                            "200": _good([FORMATS[name].media_type]),
                            "400": _PROBLEM,
                            "503": _PROBLEM,
                            "504": _PROBLEM,
                        },
                    }
                },
            )


def _parameter(parameter: Parameter) -> _Json:
    # Values are checked as the text of the type that they name; empty leaves a parameter open.
    schema = {"type": "string", **_SCHEMAS.get(parameter.type, {})}
    described: _Json = {"name": parameter.name, "in": "query", "schema": schema}
    if parameter.description:
        described["description"] = parameter.description
    if parameter.example:
        described["example"] = parameter.example
    return described


def _search() -> _Json:
    text = {"name": "q", "in": "query", "schema": {"type": "string"}}
    return {
        "operationId": "search",
        "summary": "Things by their labels and other names.",
        "parameters": [text],
        "responses": {"200": _good(["text/html"])},
    }


def _metadata() -> _Json:
    return {
        "operationId": "metadata",
        "summary": "The description of the dataset (VoID, DCAT).",
        "responses": {"303": {"description": "It is at the address in Location."}},
    }


def _health() -> _Json:
    return {
        "operationId": "health",
        "summary": "Whether the server is well, and which release it serves.",
        "responses": {"200": _good(["application/json"])},
    }


def _good(types: Iterable[str]) -> _Json:
    return {"description": "What was asked for.", "content": _content(types)}


def _content(types: Iterable[str]) -> _Json:
    return {type_: {} for type_ in types}


def _path(name: str, example: str) -> _Json:
    schema = {"type": "string"}
    return {"name": name, "in": "path", "required": True, "schema": schema, "example": example}


def _format(names: Iterable[str]) -> _Json:
    schema = {"type": "string", "enum": [FORMATS[name].extension for name in names]}
    return {
        "name": "format",
        "in": "query",
        "description": "Instead of an Accept header.",
        "schema": schema,
    }
