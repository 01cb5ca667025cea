"""What is known of one thing, as plain values: `kg.show` finds it, others lay it out.

The texts are what a person reads. The IRIs behind them are there for links, and do not count when
two views are compared: what reads alike is alike.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from pyoxigraph import BlankNode, Literal, NamedNode

Term = NamedNode | BlankNode | Literal


class Text(str):
    """A text that knows its language; '' where data do not tell it.

    >>> Text.of(Literal("fer", language="fr")).language
    'fr'
    """

    language: str = ""

    @classmethod
    def of(cls, term: Term) -> Text:
        """What a term says, in its language."""
        text = cls(term.value)
        text.language = (term.language or "") if isinstance(term, Literal) else ""
        return text


@dataclass(frozen=True, slots=True)
class Value:
    """A literal's text, or a thing's label with its short name and, if nested, what it says.

    `term` is the value as data has it.
    """

    text: str
    name: str = ""
    parts: tuple[Property, ...] = ()
    term: Term | None = field(default=None, compare=False)

    @property
    def iri(self) -> str:
        """The IRI of a thing; '' for a literal."""
        return self.term.value if isinstance(self.term, NamedNode) else ""

    @property
    def language(self) -> str:
        """The language of a text that has one."""
        return (self.term.language or "") if isinstance(self.term, Literal) else ""

    @property
    def datatype(self) -> str:
        """The IRI of the datatype of a literal."""
        return self.term.datatype.value if isinstance(self.term, Literal) else ""


@dataclass(frozen=True, slots=True)
class Property:
    """A property, by its label, with all its values."""

    name: str
    values: tuple[Value, ...]
    iri: str = field(default="", compare=False)


@dataclass(frozen=True, slots=True)
class Place:
    """A passage: where in which document, in code points, and how firmly it is said there.

    `iri` is the passage's, `source` the document's.
    """

    document: str
    paragraph: str
    start: str
    end: str
    hedge: str
    iri: str = field(default="", compare=False)
    source: str = field(default="", compare=False)


@dataclass(frozen=True, slots=True)
class Mention:
    """Something that refers to the thing shown: as what, and through what that stands for it.

    `role_iris` are the properties that `roles` are the names of.
    """

    subject: Value
    roles: tuple[str, ...]
    through: tuple[str, ...]
    properties: tuple[Property, ...]
    places: tuple[Place, ...]
    role_iris: tuple[str, ...] = field(default=(), compare=False)


@dataclass(frozen=True, slots=True)
class Group:
    """The mentions by one kind of thing, and how many more there are than are listed."""

    kind: str
    mentions: tuple[Mention, ...]
    more: int = 0
    iri: str = field(default="", compare=False)


@dataclass(frozen=True, slots=True)
class View:
    """One thing: what it is called, what it is, what it says, and what refers to it.

    Its labels are `Text` where they are read from a store.
    """

    iri: str
    name: str
    label: str
    kinds: tuple[str, ...]
    other_labels: tuple[str, ...]
    definition: str
    properties: tuple[Property, ...]
    places: tuple[Place, ...]
    groups: tuple[Group, ...]
    kind_iris: tuple[str, ...] = field(default=(), compare=False)
