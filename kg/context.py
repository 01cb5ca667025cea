"""The JSON-LD context: the one mapping from a sheet's keys to properties, and back.

Context processing is the standard's algorithm as pyld implements it; this module only looks terms
up in the result. Nothing is ever fetched: a context that names another by its address is refused.
"""

from __future__ import annotations

import json
import re
import warnings
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import Any, Final, NoReturn

from pyld import jsonld
from pyoxigraph import Literal, NamedNode

from kg.errors import ConfigError
from kg.iris import resolve_iri

_PROCESSOR: Final = jsonld.JsonLdProcessor()
_COMPACT_IRI: Final = re.compile(r"([^:/?#]*):(?!//)(.*)", re.DOTALL)
_SCHEMES: Final = {"urn", "tag", "mailto", "did", "doi", "info", "ni", "tel", "data"}
_SUPPORTED_CONTAINERS: Final = {"@set", "@language"}
# Sheets carry all scalars as text; these are not text in a context.
# Its values have a language each, and no type.
_LANG_STRING: Final = "http://www.w3.org/1999/02/22-rdf-syntax-ns#langString"
_TRUTH: Final = {"true": True, "false": False}
_NATIVE: Final[dict[str, dict[str, Any]]] = {
    "@version": {"1.1": 1.1},
    **dict.fromkeys(("@prefix", "@protected", "@propagate"), _TRUTH),
}


@dataclass(frozen=True, slots=True)
class Term:
    """What a key means: its property, and how its values are read.

    `coercion` is `@id` or `@vocab` for values that are IRIs, a datatype IRI, or empty.
    """

    iri: str
    coercion: str = ""
    language: str = ""
    reverse: bool = False
    by_language: bool = False

    @property
    def is_reference(self) -> bool:
        """Whether a value of this key is an IRI."""
        return self.coercion in ("@id", "@vocab")


class ContextError(Exception):
    """A context that cannot be used; the message says why."""


class Context:
    """An active context: looks up keys, expands values to IRIs and shortens IRIs.

    >>> context = Context.parse({"le": "https://example.org/#", "p": {"@id": "le:p"}}, "https://b/")
    >>> context.term("p").iri, context.expand("a/b"), context.shorten("https://example.org/#q")
    ('https://example.org/#p', 'https://b/a/b', 'le:q')
    """

    def __init__(self, source: Any, base: str, active: Any) -> None:
        self.source = source
        self.base = base
        self._active = active
        self._scopes: dict[str, Context] = {}
        self._terms: dict[str, Term | None] = {}

    @classmethod
    def parse(cls, source: Any, base: str) -> Context:
        """Process a context object against the empty context; raises `ContextError`."""
        empty = _PROCESSOR._get_initial_context({"processingMode": "json-ld-1.1"})
        return cls(source, base, empty).extended(source)

    def extended(self, source: Any) -> Context:
        """Process another context on top of this one; raises `ContextError`."""
        options = {"base": self.base, "documentLoader": _refuse, "processingMode": "json-ld-1.1"}
        try:
            with warnings.catch_warnings(action="error"):
                active = _PROCESSOR.process_context(self._active, _native(source), options)
        except jsonld.JsonLdError as error:
            raise ContextError(_reason(error)) from error
        except SyntaxWarning as warning:
            raise ContextError(str(warning)) from warning
        except (AttributeError, KeyError, TypeError, ValueError, RecursionError) as error:
            # pyld does not foresee every context that it might be handed.
            raise ContextError(f"it cannot be understood ({type(error).__name__})") from error
        for key, definition in active["mappings"].items():
            if definition and definition.get("@id"):
                _check_definition(key, definition)
            else:
                # A term set to null: it is known to mean nothing.
                active["mappings"][key] = None
        language = active.get("@language")
        if language and not is_language_tag(language):
            raise ContextError(f"`{language}` is not a language tag (BCP 47)")
        base = resolve_iri(self.base, active.get("@base") or "")
        if not is_iri(base):
            raise ContextError(f"`{base}` is not an IRI that others could resolve against")
        return Context(source, base, active)

    def term(self, key: str) -> Term | None:
        """What `key` means as a property, or None when the context does not say.

        A key may also be a compact or an absolute IRI, as in JSON-LD.
        """
        if key not in self._terms:
            self._terms[key] = self._find_term(key)
        return self._terms[key]

    def coercion_of(self, key: str, term: Term) -> Term:
        """`term`, with the coercion and language that this context gives `key`."""
        own = self.term(key) or Term("")
        return replace(term, coercion=own.coercion, language=own.language)

    def _find_term(self, key: str) -> Term | None:
        definition = self._active["mappings"].get(key)
        if definition:
            return Term(
                iri=definition["@id"],
                coercion=(definition.get("@type") or "").replace("@none", ""),
                language=definition.get("@language", self._active.get("@language")) or "",
                reverse=definition["reverse"],
                by_language="@language" in (definition.get("@container") or ()),
            )
        expanded = self.expand(key, vocab=True)
        return Term(expanded) if is_iri(expanded) else None

    @cached_property
    def keys(self) -> list[str]:
        """Every key that names a property, not a prefix, a class or a keyword."""
        return [
            key
            for key, definition in self._active["mappings"].items()
            if definition
            and key[0].islower()
            and not key.startswith("@")
            and not definition.get("_prefix")
            and not definition["@id"].startswith("@")
        ]

    @cached_property
    def types(self) -> list[str]:
        """Every term that may stand for a class: its name begins with a capital."""
        return [
            key
            for key, definition in self._active["mappings"].items()
            if definition and key[0].isupper() and not definition.get("_prefix")
        ]

    @cached_property
    def prefixes(self) -> dict[str, str]:
        """Prefix → namespace, for CURIEs and for the prefixes of written files."""
        return {
            key: definition["@id"]
            for key, definition in self._active["mappings"].items()
            if definition and definition.get("_prefix")
        }

    def scope(self, name: str) -> Context:
        """The context inside a property, or for the keys of a node of a type; often this one."""
        definition = self._active["mappings"].get(name)
        if not definition or "@context" not in definition:
            return self
        if name not in self._scopes:
            self._scopes[name] = self.extended(definition["@context"])
        return self._scopes[name]

    def unknown_prefix(self, text: str) -> str:
        """The prefix of a compact IRI that nothing declares; '' when there is no such thing.

        `CHEBL:25107` would be a valid IRI of an unknown scheme, and a silent mistake.
        """
        match = _COMPACT_IRI.fullmatch(text)
        if not match or match[1] in self._active["mappings"] or match[1].lower() in _SCHEMES:
            return ""
        return match[1]

    def alias(self, key: str) -> str:
        """The keyword that `key` stands for, or `key` itself: `id` → `@id`."""
        definition = self._active["mappings"].get(key)
        iri: str = definition["@id"] if definition else key
        return iri if iri.startswith("@") else key

    def expand(self, text: str, *, vocab: bool = False) -> str:
        """`text` as an absolute IRI: a term, a compact IRI, an IRI, or relative to the base."""
        definition = self._active["mappings"].get(text)
        if vocab and definition:
            return str(definition["@id"])
        match = _COMPACT_IRI.fullmatch(text)
        if match and match[1] in self._active["mappings"]:
            prefix = self._active["mappings"][match[1]]
            if prefix and (prefix.get("_prefix") or vocab):
                return str(prefix["@id"]) + match[2]
        if ":" in text.split("/")[0]:
            return text
        if vocab and self._active.get("@vocab") is not None:
            return str(self._active["@vocab"]) + text
        return text if vocab else resolve_iri(self.base, text)

    def resolve(self, text: str, *, vocab: bool) -> str:
        """The IRI a value names: as `expand`, and relative to the base where it is no term."""
        expanded = self.expand(text, vocab=vocab)
        return resolve_iri(self.base, expanded) if vocab and not is_iri(expanded) else expanded

    def shorten(self, iri: str) -> str:
        """The shortest name for `iri`: relative to the base, a CURIE, or the IRI itself."""
        names = [
            f"{prefix}:{iri[len(namespace) :]}"
            for prefix, namespace in self.prefixes.items()
            if iri.startswith(namespace) and len(iri) > len(namespace)
        ]
        if iri.startswith(self.base) and len(iri) > len(self.base):
            names.append(iri[len(self.base) :])
        return min(names, key=lambda name: (len(name), name), default=iri)


def load_context(path: Path, base: str) -> Context:
    """The context in a file, with `base` as its base; raises `ConfigError` naming the file."""
    try:
        document = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError) as error:
        raise ConfigError(f"{path}: {error}") from error
    if not isinstance(document, dict) or "@context" not in document:
        raise ConfigError(f'{path}: a context file is an object with the key "@context"')
    try:
        return Context.parse(document["@context"], base)
    except ContextError as error:
        raise ConfigError(f"{path}: {error}") from error


def is_iri(text: str) -> bool:
    """Whether `text` is a valid absolute IRI (RFC 3987).

    >>> is_iri("https://example.org/ä"), is_iri("a b"), is_iri("https://example.org/<x>")
    (True, False, False)
    """
    try:
        NamedNode(text)
    except ValueError:
        return False
    return True


def is_language_tag(text: str) -> bool:
    """Whether `text` is a well-formed language tag (BCP 47)."""
    try:
        Literal("", language=text)
    except ValueError:
        return False
    return True


def _check_definition(key: str, definition: dict[str, Any]) -> None:
    """Refuse what pyld lets pass and no sheet could use; raises `ContextError`."""
    odd = set(definition.get("@container") or ()) - _SUPPORTED_CONTAINERS
    iri, type_ = definition["@id"], definition.get("@type") or "@none"
    language = definition.get("@language")
    if odd:
        raise ContextError(f"`{key}` has the container {min(odd)}; sheets know only @set")
    if not (iri.startswith("@") or is_iri(iri)):
        raise ContextError(f"`{key}` stands for `{iri}`, which is not a valid IRI")
    if type_ not in ("@id", "@vocab", "@none") and not (is_iri(type_) and type_ != _LANG_STRING):
        raise ContextError(f"`{key}` has the type `{type_}`, which sheets cannot use")
    if language and not is_language_tag(language):
        raise ContextError(f"`{key}` has `{language}` for a language tag (BCP 47)")


def _native(source: Any) -> Any:
    """A context as it came from a sheet, with the numbers and truth values that it must have."""
    if isinstance(source, list):
        return [_native(item) for item in source]
    if not isinstance(source, dict):
        return source
    return {
        key: _NATIVE[key].get(value, value)
        if key in _NATIVE and isinstance(value, str)
        else _native(value)
        for key, value in source.items()
    }


def _refuse(address: str, _options: Any) -> NoReturn:
    raise ContextError(f"the context {address} would have to be fetched; give its content instead")


def _reason(error: jsonld.JsonLdError) -> str:
    """The innermost reason of pyld's nested errors."""
    cause: BaseException = error
    while cause.__cause__ is not None:
        cause = cause.__cause__
    return str(cause.args[0] if cause.args else cause)
