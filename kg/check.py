"""Whether a project's sheets may become a release: all that can be found wrong, in one run.

compile → link → validate → check passages. Nothing is written but into a folder aside.
"""

from __future__ import annotations

import tempfile
from collections.abc import Set
from dataclasses import dataclass, replace
from pathlib import Path

from kg.compile import describe_dataset
from kg.context import Context
from kg.corpus import Corpus, open_corpus
from kg.errors import NoReleaseError, Problem, Severity
from kg.index import Index, described_in
from kg.iris import hash_of
from kg.link import Links, check_links
from kg.ontology import Ontology, canonical
from kg.passages import PassageCheck, check_passages
from kg.places import Places
from kg.progress import Progress, silent
from kg.project import Project
from kg.reading import sum_of
from kg.stats import Stats
from kg.store import open_release
from kg.tombstones import find_missing
from kg.validate import Result, place_results
from kg.validation import Engine, validate_corpus


@dataclass(frozen=True, slots=True)
class Checked:
    """What was found in a project's sheets.

    `sheets` is how many there are, `stats` counts what they say, `problems` are sorted by place.
    `described` has the hashes of all that is described, `whole` says whether all could be read.
    `judged` counts the results of the shapes, those too that say no more than another problem.

    >>> from kg import check_project, load_project
    >>> checked = check_project(load_project(Path()))
    >>> checked.whole, checked.stats.passages == checked.passages.not_checked
    (True, True)
    """

    sheets: int
    stats: Stats
    problems: tuple[Problem, ...]
    passages: PassageCheck
    context: Context
    ontology: Ontology
    described: Set[int]
    whole: bool
    judged: int


def check_project(
    project: Project,
    documents: Path | None = None,
    progress: Progress = silent,
    engine: Engine = "auto",
) -> Checked:
    """Read, compile and judge all sheets of a project; nothing is written that stays.

    With `documents`, a folder, the passages are checked as well. Raises `ConfigError` when the
    ontology, context or shapes themselves cannot be used.

    >>> from kg import load_project
    >>> check_project(load_project(Path())).problems
    ()
    """
    with (
        tempfile.TemporaryDirectory(prefix="kg-check-", ignore_cleanup_errors=True) as folder,
        open_corpus(project, Path(folder), sum_of, progress, keep=False) as corpus,
    ):
        return check_corpus(corpus, documents, progress, engine)


def check_corpus(
    corpus: Corpus, documents: Path | None, progress: Progress, engine: Engine
) -> Checked:
    """Judge what is compiled, as `check_project` does."""
    places = corpus.places()
    progress("link", 0, 0)
    links = check_links(corpus.parts, places, corpus.project.base, corpus.ontology.known)
    stats = corpus.stats(links.shared)
    passages = PassageCheck(0, 0, stats.passages)
    results = _judge(corpus, stats, links, engine, progress)
    if documents:
        progress("passages", 0, 0)
        passages = check_passages(corpus.open_store(), documents, places)
    problems = [
        *(problem for part in corpus.parts for problem in part.problems),
        *links.problems,
        *_place(_untold(results, corpus, links), places),
        *passages.problems,
    ]
    return Checked(
        sheets=len({part.piece.path for part in corpus.parts}),
        stats=stats,
        problems=tuple(sorted(set(problems), key=lambda problem: problem.order)),
        passages=passages,
        context=corpus.context,
        ontology=corpus.ontology,
        described=links.described,
        whole=all(part.whole for part in corpus.parts),
        judged=len(results),
    )


def _judge(
    corpus: Corpus, stats: Stats, links: Links, engine: Engine, progress: Progress
) -> list[Result]:
    """What the shapes find."""
    project = corpus.project
    said = describe_dataset(project.base, project.title, project.license, stats.main_language)
    return validate_corpus(corpus, canonical(said), links.shared, engine, progress)


def _untold(results: list[Result], corpus: Corpus, links: Links) -> list[Result]:
    """The results without those that say what was told already."""
    reported = {
        problem.value
        for part in corpus.parts
        for problem in part.problems
        if problem.rule == "unknown-term"
    }
    return [
        result
        for result in results
        if not links.has_told(result.focus, result.path, result.value)
        and result.value not in reported
    ]


def _place(results: list[Result], places: Places) -> list[Problem]:
    places.recall(subjects={hash_of(result.focus) for result in results})
    rest = {r.value for r in results if r.value and not places.find(r.focus)[0]}
    places.recall(subjects=set(map(hash_of, rest)))
    return place_results(results, places)


def check_removed(project: Project, checked: Checked, index: Index | None = None) -> Checked:
    """With a warning for everything that the current release has and the sheets describe no more.

    Sheets that could not be read whole may well describe it; then nothing is said. `index` is that
    of the release, where it was read already.
    """
    if not checked.whole:
        return checked
    try:
        release = open_release(project.build)
        before = described_in(release, project.base, index)
    except NoReleaseError:
        return checked
    lost = {graph: gone for graph, some in before.items() if (gone := some - checked.described)}
    problems = find_missing(
        release, lost, lambda iri: hash_of(iri) in checked.described, checked.context
    )
    both = {*checked.problems, *problems}
    return replace(checked, problems=tuple(sorted(both, key=lambda problem: problem.order)))


def refusals(
    problems: tuple[Problem, ...], passages: PassageCheck, *, strict: bool
) -> tuple[Problem, ...]:
    """All problems, when there is one among them that stops a build; else nothing."""
    if strict and passages.not_checked:
        message = f"passages not checked: {passages.not_checked}; name their folder (--documents)"
        problems = (*problems, Problem("-", 0, 0, message, "not-checked"))
    stopping = {Severity.ERROR, Severity.WARNING} if strict else {Severity.ERROR}
    return problems if any(p.severity in stopping for p in problems) else ()


def verify_passages(project: Project, documents: Path) -> tuple[PassageCheck, Context]:
    """Check the documents and passages of all sheets, and nothing else of them.

    Gives the context as well, for reports. Where there is no document, nothing is checked.

    >>> from kg import load_project
    >>> with tempfile.TemporaryDirectory() as empty:
    ...     found, _ = verify_passages(load_project(Path()), Path(empty))
    >>> found.checked, found.not_checked > 100
    (0, True)
    """
    with (
        tempfile.TemporaryDirectory(prefix="kg-verify-", ignore_cleanup_errors=True) as folder,
        open_corpus(project, Path(folder), sum_of, silent, keep=False) as corpus,
    ):
        result = check_passages(corpus.open_store(), documents, corpus.places())
    ordered = tuple(sorted(result.problems, key=lambda problem: problem.order))
    return replace(result, problems=ordered), corpus.context
