"""How much of what a set of quads holds, from their lines; what two sets hold adds up.

A release counts its quads piece by piece, keeps the counts of each, and adds them: nothing here
needs the whole graph in memory. Counts of several pieces are those of their union as long as no
two of them describe the same subject.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence, Set
from dataclasses import dataclass, field
from operator import itemgetter
from typing import Any, Final, NamedTuple

from kg import terms
from kg.iris import namespace_of
from kg.things import may_be_thing

# Quads: above, what needs the whole graph in memory is left out of a release, which says so.
LARGE: Final = 1_000_000

# The properties that map a thing to one of another vocabulary.
MATCHES: Final = frozenset(
    terms.SKOS + name
    for name in ("exactMatch", "closeMatch", "broadMatch", "narrowMatch", "relatedMatch")
)
_MATCHES: Final = frozenset(f"<{iri}>" for iri in MATCHES)
_TYPE: Final = str(terms.TYPE)
_COUNT: Final = 2**63
# An IRI without its closing bracket, to be compared: `a` comes before `a-b`, `<a>` does not.
_OPEN: Final = itemgetter(slice(None, -1))


@dataclass(slots=True)
class Stats:
    r"""Counts of quads in the graphs of sheets. Every key is an IRI, without its brackets.

    `entities` are the subjects under the base. `types` has a key for every set of classes that a
    subject is of: their IRIs in the order of their lines, joined by a blank. `examples` has the
    least IRI of a thing (see kg.things) of each class. `properties` has how many triples have a
    property, and how many subjects. `links` counts mappings by property and namespace of the
    target, `languages` the literals by language tag.

    >>> line = '<https://e.org/a> <https://e.org/p> "Iron"@en <https://e.org/graph/a> .\n'
    >>> stats = Stats.of_lines([line], "https://e.org/")
    >>> stats.plus(Stats.of_lines([line.replace("/a>", "/b>", 1)], "https://e.org/"))
    >>> stats.quads, stats.subjects, stats.properties, stats.main_language
    (2, 2, {'https://e.org/p': (2, 2)}, 'en')
    """

    subjects: int = 0
    entities: int = 0
    types: dict[str, int] = field(default_factory=dict)
    examples: dict[str, str] = field(default_factory=dict)
    properties: dict[str, tuple[int, int]] = field(default_factory=dict)
    links: dict[tuple[str, str], int] = field(default_factory=dict)
    languages: dict[str, int] = field(default_factory=dict)

    @classmethod
    def of_lines(cls, lines: Iterable[str], base: str, namespaces: Sequence[str] = ()) -> Stats:
        """The counts of sorted lines of N-Quads; see `sum_lines`."""
        return sum_lines(lines, base, namespaces).stats

    @property
    def quads(self) -> int:
        """How many quads there are."""
        return sum([triples for triples, _ in self.properties.values()])

    @property
    def is_large(self) -> bool:
        """Whether there are too many quads to hold all of them in memory."""
        return self.quads > LARGE

    @property
    def passages(self) -> int:
        """How many subjects are passages: they have a source."""
        return self.properties.get(terms.HAS_SOURCE.value, (0, 0))[1]

    @property
    def classes(self) -> dict[str, int]:
        """Class → how many subjects are of it, as far as the quads say so themselves."""
        found: Counter[str] = Counter()
        for types, subjects in self.types.items():
            for class_ in types.split(" "):
                found[class_] += subjects
        return dict(found)

    @property
    def main_language(self) -> str:
        """The language that most texts are in; English when none says."""
        found = self.languages
        return min(found, key=lambda tag: (-found[tag], tag), default="en")

    def instances(self, classes: Set[str]) -> int:
        """How many subjects are of any of some classes, each counted once."""
        return sum(n for types, n in self.types.items() if not classes.isdisjoint(types.split(" ")))

    def plus(self, other: Stats) -> None:
        """Add the counts of other quads, none of which has a subject of these."""
        self.subjects += other.subjects
        self.entities += other.entities
        for mine, more in (
            (self.types, other.types),
            (self.links, other.links),
            (self.languages, other.languages),
        ):
            _add(mine, more)
        examples, properties = self.examples, self.properties
        for class_, iri in other.examples.items():
            if iri < examples.get(class_, iri + "~"):
                examples[class_] = iri
        for iri, (triples, subjects) in other.properties.items():
            known = properties.get(iri, (0, 0))
            properties[iri] = (known[0] + triples, known[1] + subjects)


class Summed(NamedTuple):
    """The counts of some lines, and what links them to others.

    `subjects` are the IRIs that they describe, in the order of the lines; `refs` the IRIs under the
    base that they refer to and do not describe.
    """

    stats: Stats
    subjects: list[str]
    refs: set[str]


def sum_lines(lines: Iterable[str], base: str, namespaces: Sequence[str] = ()) -> Summed:
    r"""Count lines of N-Quads, or N-Triples, as the store writes them: sorted, each triple once.

    `namespaces` are those that a project has names for: a mapping counts for the longest of them.

    >>> line = "<https://e.org/a> <urn:p> <https://e.org/{}> <https://e.org/graph/a> .\n"
    >>> summed = sum_lines([line.format("a"), line.format("b")], "https://e.org/")
    >>> summed.stats.quads, summed.subjects, summed.refs
    (2, ['https://e.org/a'], {'https://e.org/b'})
    """
    under = f"<{base}"
    heads: list[str] = []  # the subjects
    firsts, repeats = [], []  # the property of each triple that is its subject's first, or another
    tails: list[str] = []  # what stands behind the text of each literal
    refs: set[str] = set()
    parts: set[str] = set()
    mapped: list[tuple[str, str]] = []
    groups: defaultdict[str, list[str]] = defaultdict(list)  # the subjects by their classes
    classes: list[str] = []
    subject = property_ = below = ""
    for line in lines:
        head, predicate, object_, _ = line.split(" ", 3)
        if head != subject:
            if classes:
                groups[" ".join(classes)].append(subject)
                classes = []
            heads.append(head)
            subject, property_, below = head, "", f"{head[:-1]}/"
        if predicate == property_:
            repeats.append(predicate)
        else:
            property_ = predicate
            firsts.append(predicate)
        if object_[0] == '"':
            tails.append(line[line.rindex('"') :])
            continue
        if predicate == _TYPE:
            classes.append(object_)
        if object_.startswith(under):
            refs.add(object_)
            if object_.startswith(below):
                parts.add(object_)
        elif predicate in _MATCHES:
            mapped.append((predicate, object_))
    if classes:
        groups[" ".join(classes)].append(subject)
    refs.difference_update(heads)
    properties, more = Counter(firsts), Counter(repeats)
    stats = Stats(
        subjects=len(heads),
        entities=sum(head.startswith(under) for head in heads),
        types={_bare(types): len(members) for types, members in groups.items()},
        examples=_examples(groups, parts, base),
        properties={iri[1:-1]: (n + more[iri], n) for iri, n in properties.items()},
        links=_links(mapped, namespaces),
        languages=_languages(tails),
    )
    return Summed(stats, [head[1:-1] for head in heads], {ref[1:-1] for ref in refs})


def _examples(groups: Mapping[str, list[str]], parts: Set[str], base: str) -> dict[str, str]:
    """Class → the least IRI of a thing of it."""
    found: dict[str, str] = {}
    for types, members in groups.items():
        # Nearly always the first is a thing, or none is.
        least = min(members, key=_OPEN)[1:-1]
        if f"<{least}>" in parts or not may_be_thing(least, base):
            things = (
                head for head in members if head not in parts and may_be_thing(head[1:-1], base)
            )
            least = min(things, key=_OPEN, default="")[1:-1]
        for class_ in _bare(types).split(" ") if least else ():
            found[class_] = min(least, found.get(class_, least))
    return found


def _links(
    mapped: Iterable[tuple[str, str]], namespaces: Sequence[str]
) -> dict[tuple[str, str], int]:
    spaces = ((predicate[1:-1], namespace_of(iri[1:-1], namespaces)) for predicate, iri in mapped)
    return dict(Counter(spaces))


def _languages(tails: Iterable[str]) -> dict[str, int]:
    """Language tag → literals, from what stands behind their texts: the quote, `@`, the tag."""
    found: Counter[str] = Counter()
    for tail, literals in Counter(tails).items():
        if tail.startswith('"@'):
            tag = tail[2:].split(" ", 1)[0]
            found[tag.split("--", 1)[0]] += literals  # a direction of writing may follow
    return dict(found)


def _bare(iris: str) -> str:
    """IRIs without their brackets."""
    return iris.replace("<", "").replace(">", "")


def _add(mine: dict[Any, int], more: Mapping[Any, int]) -> None:
    for key, count in more.items():
        mine[key] = mine.get(key, 0) + count


def pack(many: Iterable[Stats]) -> dict[str, Any]:
    """Counts, one after another, as plain JSON: what they share is written once.

    >>> pack([Stats(2, 2, {"urn:c": 1}), Stats(1, 1, {"urn:c": 1})])["texts"]
    ['urn:c']
    """
    number = _Numbers()
    rows = [
        [
            [each.subjects, each.entities],
            [item for types, n in each.types.items() for item in (number[types], n)],
            [number[class_] for class_ in each.examples],
            list(each.examples.values()),
            [item for p, (m, n) in each.properties.items() for item in (number[p], m, n)],
            [item for (p, s), n in each.links.items() for item in (number[p], number[s], n)],
            [item for tag, n in each.languages.items() for item in (number[tag], n)],
        ]
        for each in many
    ]
    return {"texts": list(number), "rows": rows}


class _Numbers(dict[str, int]):
    """Texts, each with a number: that of its first use."""

    def __missing__(self, text: str) -> int:
        number = self[text] = len(self)
        return number


def unpack(document: Any) -> list[Stats]:
    """What was packed; raises `ValueError` for anything else.

    >>> stats = Stats(2, 2, {"urn:c": 1}, {"urn:c": "urn:x"}, {"urn:p": (3, 2)}, {}, {"en": 1})
    >>> unpack(pack([stats, Stats()])) == [stats, Stats()]
    True
    """
    try:
        texts, rows = document["texts"], document["rows"]
        if type(rows) is not list:
            raise ValueError("no list of counts")
        text = _texts(texts).__getitem__
        return [_unpacked(row, text) for row in rows]
    except (KeyError, IndexError, TypeError) as error:
        raise ValueError(f"no packed counts: {error!r}") from error


def _unpacked(row: Any, text: Callable[[int], str]) -> Stats:
    (subjects, entities), types, classes, examples, properties, links, languages = row
    _check_numbers([subjects, entities, *types, *classes, *properties, *links, *languages])
    counts = zip(properties[1::3], properties[2::3], strict=True)
    targets = zip(map(text, links[::3]), map(text, links[1::3]), strict=True)
    return Stats(
        subjects,
        entities,
        dict(zip(map(text, types[::2]), types[1::2], strict=True)),
        dict(zip(map(text, classes), _texts(examples), strict=True)),
        dict(zip(map(text, properties[::3]), counts, strict=True)),
        dict(zip(targets, links[2::3], strict=True)),
        dict(zip(map(text, languages[::2]), languages[1::2], strict=True)),
    )


def _check_numbers(row: list[Any]) -> None:
    if {*map(type, row)} != {int} or not 0 <= min(row) <= max(row) < _COUNT:
        raise ValueError("no counts: whole numbers are expected")


def _texts(row: Any) -> list[str]:
    if type(row) is not list or not {*map(type, row)} <= {str}:
        raise ValueError("no texts where they are expected")
    return row
