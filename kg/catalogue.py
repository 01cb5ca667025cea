"""Stock queries: SPARQL files that say in comments what they answer and what they take.

A line that starts with `#+` is metadata, and these lines together are YAML: the convention of grlc.

```sparql
#+ title: Evidence for an outcome
#+ description: What each study found of an exposure and an outcome.
#+ params:
#+   exposure: {type: iri, default: mineral/magnesium, example: magnesium, description: ...}
```

A parameter is a variable of the query by the same name, and one that the query selects. Its value
is bound as a term when the query is evaluated; it is never written into the text.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import yaml
from pyoxigraph import Literal, NamedNode, Variable

from kg import terms
from kg.errors import ConfigError, QueryError, UnknownNameError, did_you_mean

Resolve = Callable[[str], NamedNode]
"""What a user typed for a thing → its IRI."""

_VARIABLE: Final = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
TYPES: Final = ("iri", "string", "integer", "decimal", "boolean", "date")


@dataclass(frozen=True, slots=True)
class Parameter:
    """A variable of a stock query that the user may set. Without a default it may stay open."""

    name: str
    type: str
    description: str = ""
    default: str = ""
    example: str = ""


@dataclass(frozen=True, slots=True)
class StockQuery:
    """A query with a name; `text` is SPARQL 1.1, its metadata in comments."""

    name: str
    title: str
    description: str
    params: tuple[Parameter, ...]
    text: str
    tags: tuple[str, ...] = ()

    def bind(self, values: Mapping[str, str], resolve: Resolve) -> dict[Variable, Any]:
        """Parameters as terms: what the user gave, else the defaults.

        Raises `QueryError` for a parameter the query does not have, or a value of another type, and
        `UnknownNameError` for a name that stands for nothing.
        """
        known = {parameter.name: parameter for parameter in self.params}
        for name in values:
            if name not in known:
                hint = did_you_mean(name, known)
                has = ", ".join(known) or "none"
                end = f"did you mean `{hint}`?" if hint else f"it has {has}"
                raise QueryError(f"`{self.name}` has no parameter `{name}`; {end}")
        found = {}
        for name, parameter in known.items():
            value = values.get(name, parameter.default)
            if value:
                try:
                    found[Variable(name)] = _term(parameter, value, resolve)
                except UnknownNameError as error:
                    if name in values:
                        raise
                    told = f"set `{name}`, or leave it open: its default is for other facts"
                    raise UnknownNameError(f"{told} ({error})") from error
        return found


def load_catalogue(folder: Path) -> dict[str, StockQuery]:
    """Every `.rq` of a folder by name; raises `ConfigError` with all that is wrong with them."""
    queries: dict[str, StockQuery] = {}
    problems: list[str] = []
    for file in sorted(folder.glob("*.rq")):
        try:
            queries[file.stem] = parse_query(file.stem, file.read_text(encoding="utf-8"))
        except (OSError, ValueError, QueryError) as error:
            problems.append(f"{file}: {error}")
    if problems:
        raise ConfigError("\n".join(problems))
    return queries


def find_query(catalogue: Mapping[str, StockQuery], name: str) -> StockQuery:
    """A stock query by its name; raises `QueryError` with the nearest name."""
    if name in catalogue:
        return catalogue[name]
    hint = did_you_mean(name, catalogue)
    end = f"did you mean `{hint}`?" if hint else "`kg query --list` names them all"
    raise QueryError(f"there is no stock query `{name}`; {end}")


def parse_query(name: str, text: str) -> StockQuery:
    r"""Read a query with its metadata; raises `ValueError` when that is not as it should be.

    >>> query = parse_query("all", "#+ title: All\n#+ description: All.\nSELECT * {?s ?p ?o}")
    >>> query.title, query.params
    ('All', ())
    """
    lines = [line[2:].removeprefix(" ") for line in text.splitlines() if line.startswith("#+")]
    try:
        # The base loader leaves every scalar as text.
        metadata = yaml.load("\n".join(lines), Loader=yaml.BaseLoader) or {}
    except yaml.YAMLError as error:
        raise ValueError(f"the #+ lines are not YAML: {error}") from error
    if not isinstance(metadata, dict):
        raise ValueError("the #+ lines must be keys with values")
    _refuse_unknown(metadata, {"title", "description", "params", "tags"}, "the #+ lines")
    for key in ("title", "description"):
        if not isinstance(metadata.get(key), str) or not metadata[key].strip():
            raise ValueError(f"the #+ lines lack `{key}`")
    params = metadata.get("params") or {}
    if not isinstance(params, dict):
        raise ValueError("`params` must map each parameter's name to what it is")
    tags = metadata.get("tags") or []
    if not isinstance(tags, list) or not all(isinstance(tag, str) for tag in tags):
        raise ValueError("`tags` must be a list of texts")
    return StockQuery(
        name,
        metadata["title"].strip(),
        " ".join(metadata["description"].split()),
        tuple(_parameter(key, value) for key, value in params.items()),
        text,
        tuple(tags),
    )


def _parameter(name: str, settings: object) -> Parameter:
    if not _VARIABLE.fullmatch(name):
        raise ValueError(f"parameter `{name}` must be named as a variable of the query")
    if not isinstance(settings, dict) or not all(isinstance(v, str) for v in settings.values()):
        raise ValueError(f"parameter `{name}` must be keys with texts")
    _refuse_unknown(settings, {"type", "description", "default", "example"}, f"`{name}`")
    type_ = settings.get("type", "")
    if type_ not in TYPES:
        raise ValueError(f"parameter `{name}` must have a type: {', '.join(TYPES)}")
    parameter = Parameter(name, **settings)
    for value in (parameter.default, parameter.example):
        if value and type_ != "iri":
            _term(parameter, value, NamedNode)
    return parameter


def _refuse_unknown(settings: Mapping[str, object], known: set[str], where: str) -> None:
    for key in settings:
        if key not in known:
            hint = did_you_mean(key, known)
            end = f"; did you mean `{hint}`?" if hint else ""
            raise ValueError(f"{where}: unknown key `{key}`{end}")


def _term(parameter: Parameter, value: str, resolve: Resolve) -> NamedNode | Literal:
    if parameter.type == "iri":
        return resolve(value)
    if parameter.type == "string":
        return Literal(value)
    # The store knows the lexical forms; a literal it cannot read is not equal to itself as a value.
    literal = Literal(value, datatype=NamedNode(terms.XSD + parameter.type))
    if not _is_valid(literal):
        raise QueryError(f"`{parameter.name}` must be of type {parameter.type}, got `{value}`")
    return literal


def _is_valid(literal: Literal) -> bool:
    from pyoxigraph import Store

    cast = f"<{literal.datatype.value}>(?v)"
    solutions: Any = Store().query(
        f"SELECT ?v ({cast} AS ?cast) WHERE {{}}",
        substitutions={Variable("v"): Literal(literal.value)},
    )
    return any(solution["cast"] is not None for solution in solutions)
