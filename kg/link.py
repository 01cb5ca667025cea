"""Checks between sheets: graphs, references and definitions that only the whole can judge."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence, Set
from dataclasses import dataclass, field
from typing import Final

from pyoxigraph import Literal, NamedNode, Quad

from kg import terms
from kg.compile import software_iri
from kg.errors import Problem, Severity, did_you_mean
from kg.iris import hash_of, local_name
from kg.ontology import canonical
from kg.pieces import Part, hashes
from kg.places import Places
from kg.sheets import Mark
from kg.things import TRUE
from kg.tombstones import ALLOWED, heirs, leads_back

# How many pairs of names to compare for "did you mean", in all: about a second.
_COMPARISONS: Final = 50_000


@dataclass(frozen=True, slots=True)
class Links:
    """What the checks found.

    `dangling` holds the IRIs that nothing describes, `retired` those that are tombstones, `shared`
    those that several parts describe; `described` has the hashes of all that is described.
    """

    problems: tuple[Problem, ...]
    dangling: frozenset[str]
    retired: frozenset[str] = frozenset()
    shared: frozenset[str] = frozenset()
    described: Set[int] = frozenset()

    def has_told(self, focus: str, path: str, value: str) -> bool:
        """Whether a shape that complains of this says no more than what was found here.

        A reference to nothing or to a tombstone is reported as such, and of a tombstone shapes ask
        for nothing that it should have.
        """
        misfit = focus in self.retired and path not in ALLOWED
        return misfit or value in self.dangling or value in self.retired


@dataclass(slots=True)
class Whole:
    """What all parts together describe and refer to, by hash.

    `described` holds what any part describes, `shared` what several do, or one does twice; `refs`
    what is referred to and described by none.
    """

    described: set[int] = field(default_factory=set)
    shared: set[int] = field(default_factory=set)
    refs: set[int] = field(default_factory=set)

    @classmethod
    def of(cls, parts: Iterable[Part], known: Iterable[str]) -> Whole:
        """Add up parts; `known` are the IRIs that are described elsewhere."""
        whole = cls()
        for part in parts:
            subjects = set(hashes(part.subjects))
            whole.shared |= whole.described & subjects
            whole.shared.update(hashes(part.twice))
            whole.described |= subjects
            whole.refs.update(hashes(part.refs))
        whole.refs -= whole.described
        whole.refs.difference_update(map(hash_of, known))
        return whole


def check_links(
    parts: Sequence[Part], places: Places, base: str, known: frozenset[str] = frozenset()
) -> Links:
    """Find shared graphs, references to nothing or to what is retired, and conflicting nodes.

    `known` holds the IRIs that the ontology describes; they may be under the base as well.
    What could not be read may define what is referred to: a reference whose name stands there is
    not judged, and a note says so. All that is judged is recalled into `places`.
    """
    elsewhere = {*known, base, software_iri(base), *(part.graph for part in parts)}
    whole = Whole.of(parts, elsewhere)
    places.recall(subjects=whole.shared, mentions=whole.refs)
    graves = _recall_tombstones(parts, places, base)
    problems = [*_shared_graphs(parts), *_conflicts(places), *_retired(places, graves, base)]
    dangling = {iri for iri in places.mentioned(base) if hash_of(iri) in whole.refs}
    broken = [part for part in parts if not part.whole]
    judged = dangling - places.unsure(dangling, broken) if broken else dangling
    problems += [*_unread(broken), *_dangling(places, judged, base)]
    shared = frozenset(iri for iri in places.names(0) if hash_of(iri) in whole.shared)
    whole.described.update(map(hash_of, elsewhere))
    return Links(tuple(problems), frozenset(dangling), frozenset(graves), shared, whole.described)


def _recall_tombstones(parts: Sequence[Part], places: Places, base: str) -> dict[str, list[str]]:
    """The IRIs that sheets retire, with what replaced each; all that mentions one is recalled."""
    retiring = [part for part in parts if terms.DEPRECATED.value in part.stats.properties]
    if not retiring:
        return {}
    places.recall_parts(retiring)
    graves = _tombstones(places)
    outside = not all(iri.startswith(base) for iri in graves)
    places.recall(mentions={hash_of(iri) for iri in graves}, everywhere=outside)
    return graves


def _unread(broken: Iterable[Part]) -> Iterator[Problem]:
    for name in sorted({part.piece.name for part in broken}):
        message = "could not be read whole, so references into it were not checked"
        yield Problem(name, 0, 0, message, "not-checked", Severity.INFO)


def _shared_graphs(parts: Iterable[Part]) -> Iterator[Problem]:
    first: dict[str, str] = {}
    for name, graph in sorted({(part.piece.name, part.graph) for part in parts}):
        other = first.setdefault(graph, name)
        if other != name:
            message = f"would share the graph <{graph}> with {other}; rename one of them"
            yield Problem(name, 0, 0, message, "shared-graph")


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


def _dangling(places: Places, dangling: set[str], base: str) -> Iterator[Problem]:
    hints = _hints(sorted(dangling), places.names(_COMPARISONS), base) if dangling else {}
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


def _hints(dangling: list[str], defined: Iterable[str], base: str) -> dict[str, str]:
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
