"""The main job, and the only module that knows its order.

check (compile, link, validate, passages) → write files → describe → complete the store → swap.
"""

from __future__ import annotations

import contextlib
import shutil
import time
from collections.abc import Iterator
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

from pyoxigraph import NamedNode

from kg import __version__, terms
from kg.assemble import write_changes, write_files, write_reports
from kg.check import Checked, check_corpus, check_removed, refusals
from kg.corpus import Corpus, open_corpus
from kg.downloads import SUMS, Facts, gather
from kg.errors import NonconformingError, NoReleaseError, Problem
from kg.index import Index, read_index, write_index
from kg.inputs import Inputs, read_inputs
from kg.metadata import describe_release
from kg.ontology import canonical
from kg.progress import Progress, silent
from kg.project import Project
from kg.reading import Reader
from kg.renew import renew_corpus
from kg.report import count_by_severity
from kg.stats import LARGE, pack
from kg.store import (
    Release,
    build_lock,
    digest_of_graphs,
    folder_aside,
    graph_digests,
    open_release,
    release_before,
    remove_leftovers,
    write_release,
)
from kg.summary import Summary
from kg.validation import Engine

_CACHE = "inputs.json"


@dataclass(frozen=True, slots=True)
class Options:
    """What a build is to do beside what every build does.

    `documents` is the folder of documents to check passages against. `strict` also refuses
    warnings, and passages that were not checked; without `files` there will be none to download.
    `engine` says by what shapes are judged; see `kg.validation`.
    """

    documents: Path | None = None
    strict: bool = False
    files: bool = True
    engine: Engine = "auto"


def build_release(
    project: Project, *, wait: float = 0, progress: Progress = silent, **options: Any
) -> Summary:
    """Build a release and make it the current one, unless the input is that of the current one.

    `wait` is how many seconds to wait for another build; `options` are those of `Options`. Raises
    `NonconformingError` with every problem, `LockedError`, and `ConfigError`; whatever is raised,
    the release before stays.

    >>> import tempfile
    >>> from kg import load_project
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     project = replace(load_project(Path()), build=Path(folder))
    ...     first, second = build_release(project), build_release(project)
    >>> first.unchanged, second.unchanged, first.digest == second.digest
    (False, True, True)
    """
    start = time.monotonic()
    asked = Options(**options)
    with build_lock(project.build, wait):
        cache = project.build / _CACHE
        inputs = _read(project, asked, cache)
        known = _known_summary(project, inputs.digest, asked)
        if known:
            remove_leftovers(project.build)
            return known.timed(start, unchanged=True)
        with folder_aside(project.build) as aside:
            summary, manifest, index = _build(project, aside, inputs, asked, progress)
            # A file may have been edited meanwhile: then the next build must not trust this one.
            same = _read(project, asked, cache).digest == inputs.digest
            manifest["inputs"] = inputs.digest if same else ""
            if same:
                write_index(aside, index)
            write_release(project.build, (), summary.digest, manifest, aside)
    return summary.timed(start, unchanged=False)


def _read(project: Project, asked: Options, cache: Path) -> Inputs:
    return read_inputs(project, asked.documents, () if asked.files else ("no files",), cache)


def _build(
    project: Project, aside: Path, inputs: Inputs, asked: Options, progress: Progress
) -> tuple[Summary, dict[str, Any], Index]:
    """Put a release together in a folder aside: its summary, its manifest and its index.

    Raises `NonconformingError` when what is found wrong stops it.
    """
    before = _before(project.build)
    with _open(project, aside, inputs, before, progress) as corpus:
        checked = check_corpus(corpus, asked.documents, progress, asked.engine)
        checked = check_removed(project, checked, before.index)
        refused = refusals(checked.problems, checked.passages, strict=asked.strict)
        if refused:
            raise NonconformingError(refused)
        summary, manifest = _assemble(corpus, checked, aside, before, asked.files, progress)
        index = Index(inputs.frame, corpus.parts, corpus.digests)
    shutil.rmtree(corpus.runs)
    return summary, manifest, index


@contextlib.contextmanager
def _open(
    project: Project, aside: Path, inputs: Inputs, before: _Before, progress: Progress
) -> Iterator[Corpus]:
    """The sheets, compiled and in a store; from a release, only what is new is compiled."""

    def sum_of(path: Path) -> str:
        return inputs.sum_of(path, project.root)

    release, index = before.release, before.index
    if release and index.parts and index.frame == inputs.frame:
        with renew_corpus(aside, release, index, Reader(project, sum_of), progress) as corpus:
            if corpus:
                yield corpus
                return
    with open_corpus(project, aside, sum_of, progress, keep=True) as corpus:
        yield corpus


@dataclass(frozen=True, slots=True)
class _Before:
    """The current release and its index, which takes long to read; where there are any."""

    release: Release | None
    index: Index

    def changed(
        self, release: Release | None, graphs: dict[str, tuple[str, int]]
    ) -> list[NamedNode] | None:
        """The graphs that are not as a release has them; None where that is not known."""
        index = self.index if release == self.release else read_index(release) if release else None
        old = index.graphs if index else {}
        if not old:
            return None
        every = sorted(old.keys() | graphs.keys())
        return [NamedNode(graph) for graph in every if old.get(graph) != graphs.get(graph)]


def _before(build: Path) -> _Before:
    try:
        release = open_release(build)
    except NoReleaseError:
        return _Before(None, Index())
    return _Before(release, read_index(release))


def _assemble(
    corpus: Corpus,
    checked: Checked,
    aside: Path,
    current: _Before,
    files: bool,
    progress: Progress,
) -> tuple[Summary, dict[str, Any]]:
    """Write the files and reports of a release, and complete its store."""
    project, vocabulary = corpus.project, corpus.ontology.quads
    graphs = corpus.digests
    digests = {f"<{graph}>": digest for graph, (digest, _) in graphs.items()}
    digests |= graph_digests(vocabulary)
    data = digest_of_graphs(digests)
    facts = Facts(corpus.lines, checked.stats)
    material = gather(project, corpus.context, corpus.ontology, facts, data)
    progress("files", 0, 0)
    notes: list[Problem] = []
    if files:
        metadata, notes = write_files(aside / "files", material)
    else:
        metadata = canonical(describe_release(material))
    digest = digest_of_graphs(digests | graph_digests(metadata))
    store = corpus.complete(metadata)
    checked = replace(checked, problems=(*checked.problems, *notes))
    before = release_before(project.build, digest)
    write_reports(aside, checked.problems, checked.context)
    write_changes(aside, before, store, digest, checked.context, current.changed(before, graphs))
    count = sum(count for _, count in graphs.values()) + len(vocabulary) + len(metadata)
    written = len(list((aside / "files").glob("*")))
    summary = replace(_summarize(checked, count, digest), files=written)
    manifest = {
        "data": data,
        "before": before.digest if before else "",
        "software": f"kg {__version__}",
        "removed": [p.focus for p in checked.problems if p.rule == "removed"],
        "judged": checked.judged,
        "summary": asdict(summary),
        "stats": pack([checked.stats]),
    }
    return summary, manifest


def _known_summary(project: Project, inputs: str, asked: Options) -> Summary | None:
    """The summary of the current release when it was built from the same input and still opens."""
    try:
        release = open_release(project.build)
        if release.manifest.get("inputs") != inputs:
            return None
        summary = Summary(**release.manifest["summary"])
        # Cheap signs of damage that still opens; a full digest would cost as much as a build.
        store = release.open_store()
        if release.digest != summary.digest:
            return None
        if summary.quads <= LARGE and len(store) != summary.quads:
            return None
        if asked.files and not (release.files / SUMS).is_file():
            return None
        doubtful = summary.results["warning"] or summary.passages["not_checked"]
    except (NoReleaseError, KeyError, TypeError):
        return None
    return None if asked.strict and doubtful else summary


def _summarize(checked: Checked, quads: int, digest: str) -> Summary:
    counts: dict[str, Any] = asdict(checked.passages)
    del counts["problems"]
    return Summary(
        sheets=checked.sheets,
        statements=checked.stats.instances(checked.ontology.subclasses(terms.STATEMENT)),
        findings=checked.stats.instances(checked.ontology.subclasses(terms.FINDING)),
        quads=quads,
        results=count_by_severity(checked.problems),
        passages=counts,
        digest=digest,
        seconds=0.0,
    )
