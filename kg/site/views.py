"""Pages made for a class of things: a study, a document, a hypothesis.

A thing has the page `thing.html`. Where one of its classes has a view here, the page is the view's
template instead, which extends `thing.html`, with the values that the view adds; a `view` among
them takes the place of the thing's own.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

from kg import terms
from kg.site.content import Content
from kg.site.evidence.disagreements import disagreement_values
from kg.site.evidence.maps import hypothesis_values
from kg.site.evidence.statements import document_values
from kg.site.evidence.studies import study_values
from kg.view import View


@dataclass(frozen=True, slots=True)
class ThingView:
    """A page made for the things of some classes, which are given by their IRIs."""

    classes: frozenset[str]
    template: str
    values: Callable[[Content, View], dict[str, Any]]


def _core(*names: str) -> frozenset[str]:
    return frozenset(terms.LE + name for name in names)


THING_VIEWS: Final[tuple[ThingView, ...]] = (
    ThingView(
        _core("Study", "ClinicalTrial", "ObservationalStudy", "Review"), "study.html", study_values
    ),
    ThingView(_core("Document"), "document.html", document_values),
    ThingView(_core("Hypothesis"), "hypothesis.html", hypothesis_values),
    ThingView(_core("Disagreement"), "disagreement.html", disagreement_values),
)
