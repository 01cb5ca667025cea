"""Pages made for a class of things: a study, a document, a hypothesis.

A thing has the page `thing.html`. Where one of its classes has a view here, the page is the view's
template instead, which extends `thing.html`, with the values that the view adds.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

from pyoxigraph import NamedNode

from kg.site.content import Content


@dataclass(frozen=True, slots=True)
class ThingView:
    """A page made for the things of some classes, which are given by their IRIs."""

    classes: frozenset[str]
    template: str
    values: Callable[[Content, NamedNode], dict[str, Any]]


THING_VIEWS: Final[tuple[ThingView, ...]] = ()
