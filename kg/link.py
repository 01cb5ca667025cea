"""Checks between sheets: graphs, references and definitions that only the whole can judge."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from pyoxigraph import Literal, NamedNode, Quad

from kg import terms
from kg.compile import Compiled, software_iri
from kg.errors import Problem, Severity, did_you_mean
from kg.found import Block
from kg.iris import local_name
from kg.ontology import canonical
from kg.sheets import Mark
from kg.things import TRUE
from kg.tombstones import ALLOWED, heirs, leads_back

# How many pairs of names to compare for "did you mean", in all: about a second.
_COMPARISONS: Final = 50_000


class Places:
    """Where every subject, property and value is written, over all sheets."""

    def __init__(self, sheets: Iterable[Compiled]) -> None:
        self._blocks: defaultdict[str, list[tuple[str, Block]]] = defaultdict(list)
        for sheet in sheets:
            for block in sheet.blocks:
                self._blocks[block.subject].append((sheet.name, block))

    def blocks(self) -> Iterator[list[tuple[str, Block]]]:
        """For every subject, its descriptions and the sheets they are in."""
        yield from self._blocks.values()

    def find(self, subject: str, predicate: str = "", value: str = "") -> tuple[str, Mark]:
        """The sheet and the best place: of the value, else of the key, else of the subject.

        `("", Mark(0, 0))` when no sheet describes the subject.
        """
        blocks = self._blocks.get(subject, [])
        for name, block in blocks:
            for written, mark in block.values.get(predicate, ()):
                if written == value:
                    return name, mark
        for name, block in blocks:
            if predicate in block.keys:
                return name, block.keys[predicate]
        for name, block in blocks:
            return name, block.mark
        return "", Mark(0, 0)


@dataclass(frozen=True, slots=True)
class Links:
    """What the checks found.

    `dangling` holds the IRIs that nothing describes, `retired` those that are tombstones.
    """

    problems: tuple[Problem, ...]
    dangling: frozenset[str]
    retired: frozenset[str] = frozenset()

    def has_told(self, focus: str, path: str, value: str) -> bool:
        """Whether a shape that complains of this says no more than what was found here.

        A reference to nothing or to a tombstone is reported as such, and of a tombstone shapes ask
        for nothing that it should have.
        """
        misfit = focus in self.retired and path not in ALLOWED
        return misfit or value in self.dangling or value in self.retired


def check_links(
    sheets: Sequence[Compiled], places: Places, base: str, known: frozenset[str] = frozenset()
) -> Links:
    """Find shared graphs, references to nothing or to what is retired, and conflicting nodes.

    `known` holds the IRIs that the ontology describes; they may be under the base as well.
    When a sheet could not be read whole, what it defines is unknown: references are then not
    judged, and a note says so.
    """
    graves = _tombstones(places)
    problems = [*_shared_graphs(sheets), *_conflicts(places), *_retired(places, graves, base)]
    defined = {terms.text_of(quad.subject) for sheet in sheets for quad in sheet.quads}
    defined |= {sheet.graph for sheet in sheets} | {base, software_iri(base)}
    dangling = (
        {
            quad.object.value
            for sheet in sheets
            for quad in sheet.quads
            if isinstance(quad.object, NamedNode) and quad.object.value.startswith(base)
        }
        - defined
        - known
    )
    broken = [sheet.name for sheet in sheets if not sheet.whole]
    if broken:
        message = "could not be read whole, so references into it were not checked"
        problems += [Problem(name, 0, 0, message, "not-checked", Severity.INFO) for name in broken]
    else:
        problems += _dangling(places, dangling, defined, base)
    return Links(tuple(problems), frozenset(dangling), frozenset(graves))


def _shared_graphs(sheets: Sequence[Compiled]) -> Iterator[Problem]:
    first: dict[str, str] = {}
    for sheet in sorted(sheets, key=lambda sheet: sheet.name):
        other = first.setdefault(sheet.graph, sheet.name)
        if other != sheet.name:
            message = f"would share the graph <{sheet.graph}> with {other}; rename one of them"
            yield Problem(sheet.name, 0, 0, message, "shared-graph")


def _tombstones(places: Places) -> dict[str, list[str]]:
    """The IRIs that sheets retire, each with what replaced it."""
    found: dict[str, list[str]] = {}
    for descriptions in places.blocks():
        for _, block in descriptions:
            if any(value in TRUE for value, _ in block.values.get(terms.DEPRECATED.value, ())):
                values = block.values.get(terms.REPLACED_BY.value, ())
                found.setdefault(block.subject, []).extend(value for value, _ in values)
    return found


def _retired(places: Places, graves: dict[str, list[str]], base: str) -> Iterator[Problem]:
    """What is wrong with tombstones, and which references lead to one."""
    for descriptions in places.blocks() if graves else ():
        for name, block in descriptions:
            for predicate, values in block.values.items():
                if block.subject in graves:
                    message = _misfit(block.subject, predicate, graves)
                    if message:
                        yield Problem(
                            name, *block.keys[predicate], message, "tombstone",
                            focus=block.subject, path=predicate,
                        )  # fmt: skip
                    continue
                for value, mark in values:
                    if value in graves:
                        found = [f"`{iri.removeprefix(base)}`" for iri in heirs(value, graves.get)]
                        end = f"; refer to {' or '.join(found)}, which replaced it" if found else ""
                        message = f"`{value.removeprefix(base)}` is retired{end}"
                        yield Problem(
                            name, *mark, message, "retired", Severity.WARNING,
                            focus=block.subject, path=predicate, value=value,
                        )  # fmt: skip


def _misfit(subject: str, predicate: str, graves: dict[str, list[str]]) -> str:
    """What is wrong with a property of a tombstone; '' when nothing is."""
    if predicate not in ALLOWED:
        return f"a retired node says what replaced it, and a note; `{local_name(predicate)}` goes"
    if predicate == terms.REPLACED_BY.value and leads_back(subject, graves.get):
        return "what replaced a retired node must not lead back to it"
    return ""


def _dangling(
    places: Places, dangling: set[str], defined: set[str], base: str
) -> Iterator[Problem]:
    hints = _hints(sorted(dangling), defined, base)
    for descriptions in places.blocks():
        for name, block in descriptions:
            for predicate, values in block.values.items():
                for value, mark in values:
                    if value not in dangling:
                        continue
                    short = value[len(base) :]
                    hint = hints.get(value, "")
                    end = f"; did you mean `{hint}`?" if hint else ""
                    message = f"`{short}` is described nowhere{end}"
                    yield Problem(
                        name, *mark, message, "dangling-reference",
                        focus=block.subject, path=predicate, value=value,
                    )  # fmt: skip


def _hints(dangling: list[str], defined: set[str], base: str) -> dict[str, str]:
    """What some dangling IRIs may have meant; to search for all of many would take minutes."""
    names = [iri[len(base) :] for iri in defined if iri.startswith(base)]
    some = max(_COMPARISONS // max(len(names), 1), 1)
    return {iri: did_you_mean(iri[len(base) :], names) for iri in dangling[:some]}


def _conflicts(places: Places) -> Iterator[Problem]:
    """Two descriptions of one node that say the same property again, or say it otherwise.

    Other values are an error. The same ones in another sheet are unwise: the store answers from
    the union of the graphs, and a triple of two graphs counts twice there.
    """
    for descriptions in places.blocks():
        first: dict[str, tuple[set[NamedNode | Literal], str, Mark]] = {}
        for name, block in descriptions if len(descriptions) > 1 else ():
            for predicate, objects in block.objects.items() if block.whole else ():
                mark = block.keys[predicate]
                known, where, at = first.setdefault(predicate, (objects, name, mark))
                if known != objects and _written(known) != _written(objects):
                    rule, severity, how = "conflict", Severity.ERROR, "defined differently"
                elif where != name:
                    rule, severity, how = "repeated", Severity.WARNING, "said already"
                else:
                    continue
                message = (
                    f"`{local_name(predicate)}` of this node is {how} at "
                    f"{where}:{at.line}:{at.column}; say it in one place"
                )
                yield Problem(
                    name, *mark, message, rule, severity, focus=block.subject, path=predicate
                )


def _written(objects: set[NamedNode | Literal]) -> list[Quad]:
    """The objects as the store writes them: `0.30` and `0.3` are one number."""
    return canonical([Quad(terms.DATASET, terms.LABEL, object_) for object_ in objects])
