"""A project: a folder with a configuration, its fact sheets, ontology, shapes and queries.

The configuration is the table `[tool.kg]` of `pyproject.toml`, or a file `kg.toml` with the same
keys at its top level (which wins). What a project does not have, it takes from the core that
travels with the package.
"""

from __future__ import annotations

import datetime
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass, field, fields, replace
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

from pyoxigraph import NamedNode

from kg.errors import ConfigError, did_you_mean, printable
from kg.sheets.nodes import Limits

_MOST = 2**40
_FOLDERS = ("facts", "ontology", "shapes", "queries", "build")
_TEXTS = ("title", "description", "license", "version", "publisher", "issued")
_LISTS = ("creators", "keywords")


@dataclass(frozen=True, slots=True)
class Project:
    """Where a project's parts are, as absolute paths, and how it is named.

    `base` is the IRI that every relative identifier resolves against; it ends in a slash. `url` is
    where the site is published, as the base unless told otherwise. `issued` is a date (ISO 8601).

    >>> project = load_project(Path())
    >>> project.name_of(project.facts / "terms/minerals.yaml")
    'facts/terms/minerals.yaml'
    """

    root: Path
    base: str
    facts: Path
    ontology: Path
    shapes: Path
    queries: Path
    build: Path
    url: str = ""
    title: str = ""
    description: str = ""
    license: str = ""
    version: str = ""
    publisher: str = ""
    issued: str = ""
    creators: tuple[str, ...] = ()
    keywords: tuple[str, ...] = ()
    limits: Limits = field(default_factory=Limits)

    def name_of(self, path: Path) -> str:
        """A path as messages show it: relative to the project, with forward slashes.

        A name may hold line ends, or bytes that are no text; those are escaped.
        """
        inside = path.is_relative_to(self.root)
        return printable((path.relative_to(self.root) if inside else path).as_posix())


def at_url(project: Project, url: str) -> Project:
    """The project, published somewhere else; raises `ConfigError` for what is no place for a site.

    >>> at_url(load_project(Path()), "https://example.org/kg/").url
    'https://example.org/kg/'
    """
    if not _is_base(url):
        raise ConfigError(f'a URL must be http or https, and end in "/", got "{url}"')
    return replace(project, url=url)


def core_folder(name: str) -> Path:
    """The core `ontology`, `shapes` or `queries` that travel with the package.

    >>> (core_folder("ontology") / "context.jsonld").is_file()
    True
    """
    package = Path(__file__).parent
    installed = package / "core" / name
    return installed if installed.is_dir() else package.parent / name


def load_project(folder: Path) -> Project:
    """The project that `folder` belongs to: the nearest configuration there or above.

    Raises `ConfigError` when there is none, or when it holds anything that is not understood.

    >>> load_project(Path("facts")) == load_project(Path())
    True
    """
    folder = folder.absolute()
    if not folder.is_dir():
        raise ConfigError(f"{folder} is not a folder")
    for root in (folder, *folder.parents):
        for name, table in (("kg.toml", ()), ("pyproject.toml", ("tool", "kg"))):
            settings = _read_table(root / name, table)
            if settings is not None:
                return _project(root, settings, root / name)
    raise ConfigError(
        f"no project at {folder} or above it: a project has a kg.toml, at the least\n"
        '    base = "https://example.org/my-topic/"\n'
        "or the same under [tool.kg] in its pyproject.toml"
    )


def _read_table(path: Path, table: tuple[str, ...]) -> dict[str, Any] | None:
    if not path.is_file():
        return None
    try:
        settings: Any = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError) as error:
        raise ConfigError(f"{path}: {error}") from error
    for name in table:
        settings = settings.get(name)
        if not isinstance(settings, dict):
            return None
    return dict(settings)


def _project(root: Path, settings: dict[str, Any], source: Path) -> Project:
    problems = [*_unknown(settings), *_misspelt(settings)]
    limits = _limits(settings.get("limits", {}), problems)
    if problems:
        raise ConfigError("\n".join(f"{source}: {problem}" for problem in problems))
    values: dict[str, Any] = {
        **{name: settings[name] for name in _TEXTS if name in settings},
        **{name: tuple(settings[name]) for name in _LISTS if name in settings},
        **{name: _folder(root, name, settings) for name in _FOLDERS},
    }
    base = settings["base"]
    return Project(root=root, base=base, url=settings.get("url", base), limits=limits, **values)


def _unknown(settings: dict[str, Any]) -> Iterator[str]:
    """What is wrong with the names of settings, and with the types of their values."""
    texts = {"base", "url", *_TEXTS, *_FOLDERS}
    known = texts | {"limits", *_LISTS}
    for key in sorted(settings.keys() - known):
        hint = did_you_mean(key, known)
        yield f"unknown setting `{key}`" + (f"; did you mean `{hint}`?" if hint else "")
    for key in sorted(settings.keys() & texts):
        if not isinstance(settings[key], str):
            yield f"`{key}` must be text in quotes"
        elif "\0" in settings[key]:
            yield f"`{key}` holds a NUL character"
    for key in sorted(settings.keys() & set(_LISTS)):
        value = settings[key]
        if not isinstance(value, list) or not all(isinstance(item, str) for item in value):
            yield f'`{key}` must be a list of texts: ["...", "..."]'


def _misspelt(settings: dict[str, Any]) -> Iterator[str]:
    """What is wrong with the values of settings that are texts."""
    texts = {key: value for key, value in settings.items() if isinstance(value, str)}
    if "base" not in settings:
        yield '`base` is missing: the IRI that identifiers start with, ending in "/"'
    for key in ("base", "url"):
        if key in texts and not _is_base(texts[key]):
            yield f'`{key}` must be an http or https IRI that ends in "/", got "{texts[key]}"'
    if texts.get("license") and not _is_license(texts["license"]):
        yield f'`license` must be the IRI of a licence, got "{texts["license"]}"'
    if texts.get("issued") and not _is_date(texts["issued"]):
        yield f'`issued` must be a date such as 2026-01-31, got "{texts["issued"]}"'


def _is_date(text: str) -> bool:
    try:
        return datetime.date.fromisoformat(text).isoformat() == text
    except ValueError:
        return False


def _folder(root: Path, name: str, settings: dict[str, Any]) -> Path:
    """A folder of the project: as configured, else by its usual name, else the core's."""
    if name in settings:
        return root / str(settings[name])
    usual = root / name
    if usual.is_dir() or name in ("facts", "build"):
        return usual
    return core_folder(name)


def _limits(settings: object, problems: list[str]) -> Limits:
    known = {f.name for f in fields(Limits)}
    if not isinstance(settings, dict):
        problems.append("`limits` must be a table")
        return Limits()
    for key, value in sorted(settings.items()):
        if key not in known:
            hint = did_you_mean(key, known)
            end = f"; did you mean `{hint}`?" if hint else f"; there are {', '.join(sorted(known))}"
            problems.append(f"unknown limit `{key}`{end}")
        elif not isinstance(value, int) or isinstance(value, bool) or not 1 <= value <= _MOST:
            problems.append(f"limit `{key}` must be a whole number from 1 to {_MOST}")
    return Limits(**settings) if not problems else Limits()


def _is_iri(text: str) -> bool:
    try:
        NamedNode(text)
    except ValueError:
        return False
    return True


def _is_license(text: str) -> bool:
    """Whether pages may link to it: `javascript:` and such are IRIs, too."""
    return _is_iri(text) and urlsplit(text).scheme in ("http", "https", "urn")


def _is_base(text: str) -> bool:
    if not _is_iri(text):
        return False
    parts = urlsplit(text)
    plain = not parts.query and not parts.fragment
    # Where the path is written into the configuration of a host, it must be one word there.
    path = unquote(parts.path)
    plain = plain and path.isprintable() and not set(path) & set('"\\{}')
    return parts.scheme in ("http", "https") and plain and text.endswith("/")
