"""The main job, and the only module that knows its order.

read → compile → link → validate → check passages → write files → describe → load → swap.
Everything up to the files is `check_project`, and changes nothing on disk.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import asdict, dataclass, replace
from pathlib import Path, PurePosixPath
from typing import Any

from pyoxigraph import NamedNode, Quad, Store

from kg import __version__, terms
from kg.assemble import write_changes, write_files, write_reports
from kg.compile import Compiled, compile_sheet, describe_dataset, main_language
from kg.context import Context, load_context
from kg.downloads import SUMS, Facts, facts_of, gather
from kg.errors import ConfigError, NonconformingError, NoReleaseError, Problem, Severity
from kg.inputs import input_digest
from kg.link import Places, check_links
from kg.metadata import describe_release
from kg.ontology import Ontology, canonical, load_ontology
from kg.passages import PassageCheck, check_passages, count_unchecked
from kg.project import Project
from kg.report import count_by_severity
from kg.sheets import find_sheets, read_sheet
from kg.store import (
    Release,
    build_lock,
    folder_aside,
    open_release,
    release_before,
    release_digest,
    remove_leftovers,
    write_release,
)
from kg.summary import Summary
from kg.tombstones import find_removed
from kg.validate import place_results, validate

Progress = Callable[[str, int, int], None]
"""Told of every stage: its name, how much is done, and of how much (0: not known)."""


def _silent(_stage: str, _done: int, _total: int) -> None:
    pass


@dataclass(frozen=True, slots=True)
class Checked:
    """A project's sheets, compiled and judged.

    `quads` are what was judged, canonical: a graph per sheet, the ontology's, and one in which the
    dataset describes itself, in short; a release says more there. `problems` are sorted by place.

    >>> from dataclasses import fields
    >>> [field.name for field in fields(Checked)]
    ['sheets', 'quads', 'problems', 'passages', 'ontology', 'context']
    """

    sheets: tuple[Compiled, ...]
    quads: tuple[Quad, ...]
    problems: tuple[Problem, ...]
    passages: PassageCheck
    ontology: Ontology
    context: Context


def check_project(
    project: Project, documents: Path | None = None, progress: Progress = _silent
) -> Checked:
    """Read, compile and judge all sheets of a project; nothing is written.

    With `documents`, a folder, the passages are checked as well. Raises `ConfigError` when the
    ontology, context or shapes themselves cannot be used.

    >>> from kg import load_project
    >>> check_project(load_project(Path())).problems
    ()
    """
    context, ontology = load_vocabulary(project)
    sheets = compile_project(project, context, ontology, progress)
    places = Places(sheets)
    links = check_links(sheets, places, project.base, ontology.known)
    quads = [quad for sheet in sheets for quad in sheet.quads]
    said = describe_dataset(project.base, project.title, project.license, main_language(quads))
    dataset = canonical([*quads, *said])
    progress("validate", 0, 0)
    reported = {p.value for sheet in sheets for p in sheet.problems if p.rule == "unknown-term"}
    results = [
        result
        for result in validate([*dataset, *ontology.quads], project.shapes)
        if not links.has_told(result.focus, result.path, result.value)
        and result.value not in reported
    ]
    progress("passages", 0, 0)
    passages = check_passages(quads, documents, places) if documents else count_unchecked(quads)
    problems = [
        *(problem for sheet in sheets for problem in sheet.problems),
        *links.problems,
        *place_results(results, places),
        *passages.problems,
    ]
    return Checked(
        sheets=tuple(sheets),
        quads=(*dataset, *ontology.quads),
        problems=tuple(sorted(set(problems), key=lambda problem: problem.order)),
        passages=passages,
        ontology=ontology,
        context=context,
    )


def check_removed(project: Project, checked: Checked) -> Checked:
    """With a warning for everything that the current release has and the sheets describe no more.

    Sheets that could not be read whole may well describe it; then nothing is said.
    """
    if not all(sheet.whole for sheet in checked.sheets):
        return checked
    problems = {*checked.problems, *find_removed(project.build, checked.quads, checked.context)}
    return replace(checked, problems=tuple(sorted(problems, key=lambda problem: problem.order)))


def load_vocabulary(project: Project) -> tuple[Context, Ontology]:
    """The context and the ontology of a project; raises `ConfigError` when one cannot be used."""
    context = load_context(project.ontology / "context.jsonld", project.base)
    return context, load_ontology(project.ontology)


def compile_project(
    project: Project, context: Context, ontology: Ontology, progress: Progress = _silent
) -> list[Compiled]:
    """Read and compile every sheet, in the order of their paths."""
    files = find_sheets(project.facts)
    if not files:
        raise ConfigError(f"{project.facts}: there is no sheet")
    sheets = []
    for number, file in enumerate(files):
        progress("read", number, len(files))
        sheet = read_sheet(file, project.name_of(file), project.limits, project.base)
        path = PurePosixPath(file.relative_to(project.facts).as_posix())
        sheets.append(compile_sheet(sheet, path, context, ontology))
    return sheets


def build_release(
    project: Project,
    *,
    documents: Path | None = None,
    strict: bool = False,
    files: bool = True,
    wait: float = 0,
    progress: Progress = _silent,
) -> Summary:
    """Build a release and make it the current one, unless the input is that of the current one.

    `strict` also refuses warnings and passages that were not checked; without `files` there will
    be none to download; `wait` is how many seconds to wait for another build. Raises
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
    options = () if files else ("no files",)
    with build_lock(project.build, wait):
        inputs = input_digest(project, documents, *options)
        known = _known_summary(project, inputs, strict, files)
        if known:
            remove_leftovers(project.build)
            return known.timed(start, unchanged=True)
        checked = check_removed(project, check_project(project, documents, progress))
        refused = refusals(checked.problems, checked.passages, strict=strict)
        if refused:
            raise NonconformingError(refused)
        with folder_aside(project.build) as aside:
            summary, manifest, quads = _assemble(project, checked, aside, files, progress)
            # A file may have been edited meanwhile: then the next build must not trust this one.
            same = input_digest(project, documents, *options) == inputs
            manifest = {"inputs": inputs if same else "", **manifest, "summary": asdict(summary)}
            progress("load", 0, len(quads))
            write_release(project.build, quads, summary.digest, manifest, aside)
    return summary.timed(start, unchanged=False)


def _assemble(
    project: Project, checked: Checked, aside: Path, files: bool, progress: Progress
) -> tuple[Summary, dict[str, Any], list[Quad]]:
    """Put a release together in a folder aside: its summary, its manifest, and all its quads."""
    facts = facts_of(checked.quads, project.base)
    vocabulary = checked.ontology.quads
    data = release_digest([*facts, *vocabulary])
    said = Facts.of(facts, project.base, tuple(checked.context.prefixes.values()))
    material = gather(project, checked.context, checked.ontology, said, data)
    progress("files", 0, 0)
    notes: list[Problem] = []
    if files:
        metadata, notes = write_files(aside / "files", material)
    else:
        metadata = canonical(describe_release(material))
    quads = [*facts, *metadata, *vocabulary]
    digest = release_digest(quads)
    checked = replace(checked, problems=(*checked.problems, *notes), quads=tuple(quads))
    before = release_before(project.build, digest)
    write_reports(aside, checked.problems, checked.context)
    store = Store()
    store.bulk_extend(facts)
    write_changes(aside, before, store, digest, checked.context)
    manifest = {
        "data": data,
        "before": before.digest if before else "",
        "software": f"kg {__version__}",
        "removed": [p.focus for p in checked.problems if p.rule == "removed"],
    }
    count = len(list((aside / "files").glob("*")))
    return replace(_summarize(checked, digest), files=count), manifest, quads


def verify_passages(project: Project, documents: Path) -> tuple[PassageCheck, Context]:
    """Check the documents and passages of all sheets, and nothing else of them.

    Gives the context as well, for reports. Where there is no document, nothing is checked.

    >>> import tempfile
    >>> from kg import load_project
    >>> with tempfile.TemporaryDirectory() as empty:
    ...     found, _ = verify_passages(load_project(Path()), Path(empty))
    >>> found.checked, found.not_checked > 100
    (0, True)
    """
    context, ontology = load_vocabulary(project)
    sheets = compile_project(project, context, ontology)
    quads = [quad for sheet in sheets for quad in sheet.quads]
    result = check_passages(quads, documents, Places(sheets))
    ordered = tuple(sorted(result.problems, key=lambda problem: problem.order))
    return replace(result, problems=ordered), context


def refusals(
    problems: tuple[Problem, ...], passages: PassageCheck, *, strict: bool
) -> tuple[Problem, ...]:
    """All problems, when there is one among them that stops a build; else nothing."""
    if strict and passages.not_checked:
        message = f"passages not checked: {passages.not_checked}; name their folder (--documents)"
        problems = (*problems, Problem("-", 0, 0, message, "not-checked"))
    stopping = {Severity.ERROR, Severity.WARNING} if strict else {Severity.ERROR}
    return problems if any(p.severity in stopping for p in problems) else ()


def _known_summary(project: Project, inputs: str, strict: bool, files: bool) -> Summary | None:
    """The summary of the current release when it was built from the same input and still opens."""
    try:
        release: Release = open_release(project.build)
        if release.manifest.get("inputs") != inputs:
            return None
        summary = Summary(**release.manifest["summary"])
        # Cheap signs of damage that still opens; a full digest would cost as much as a build.
        if (release.digest, len(release.open_store())) != (summary.digest, summary.quads):
            return None
        if files and not (release.files / SUMS).is_file():
            return None
        doubtful = summary.results["warning"] or summary.passages["not_checked"]
    except (NoReleaseError, KeyError, TypeError):
        return None
    return None if strict and doubtful else summary


def _summarize(checked: Checked, digest: str) -> Summary:
    statements = _instances(checked, terms.STATEMENT)
    counts: dict[str, Any] = asdict(checked.passages)
    del counts["problems"]
    return Summary(
        sheets=len(checked.sheets),
        statements=statements,
        findings=_instances(checked, terms.FINDING),
        quads=len(checked.quads),
        results=count_by_severity(checked.problems),
        passages=counts,
        digest=digest,
        seconds=0.0,
    )


def _instances(checked: Checked, class_: NamedNode) -> int:
    classes = checked.ontology.subclasses(class_)
    return len(
        {
            quad.subject
            for quad in checked.quads
            if quad.predicate == terms.TYPE and getattr(quad.object, "value", "") in classes
        }
    )
