"""The fast path says what `Walk` says, to the byte, or leaves the record to it."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path, PurePosixPath

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pyoxigraph import Literal, NamedNode, Quad, RdfFormat, Store, parse
from sample import vocabulary
from tiny import write_tiny

from benchmarks.corpus.files import Source
from kg import terms
from kg.compile import compile_sheet
from kg.context import Context, load_context
from kg.ontology import Ontology, load_ontology
from kg.plan import Plan, Record
from kg.plan.lexical import Datatype, quoted
from kg.sheets import Limits, parse_sheet
from kg.sheets.nodes import plain

FACTS = Path(__file__).parent.parent / "facts"
CASES = 4000 if os.environ.get("KG_LONG") else 120


@dataclass(frozen=True, eq=False)
class World:
    """A context and an ontology to write records for.

    `good` has values for each of its keys that no one would object to, as JSON, and `nested` the
    keys of nodes; `classes` have contexts, and `odd` means something else to each of the worlds.
    """

    context: Context
    ontology: Ontology
    plan: Plan
    ids: tuple[str, ...]
    types: tuple[str, ...]
    good: dict[str, tuple[str, ...]]
    nested: tuple[str, ...]
    classes: tuple[str, ...]
    odd: tuple[str, ...]

    @property
    def graph(self) -> str:
        return f"{self.context.base}graph/a"

    def walked(self, text: str, limits: Limits) -> tuple[list[str], list[str]] | None:
        """The sorted lines and the subjects that `Walk` gives; None where there is a problem."""
        sheet = parse_sheet("a.json", text.encode(), limits)
        compiled = compile_sheet(sheet, PurePosixPath("a.json"), self.context, self.ontology)
        if compiled.problems:
            return None
        lines = [f"{quad} .\n" for quad in compiled.quads if quad.subject.value != self.graph]
        return lines, [block.subject for block in compiled.blocks]

    def check(self, text: str, limits: Limits | None = None) -> Record | None:
        """Hold the plan to its word; gives what it said."""
        limits = limits or Limits()
        found = self.plan.compile(text, self.graph, limits)
        if found is not None:
            assert (sorted(set(found.lines)), found.subjects) == self.walked(text, limits)
        return found


# Worlds

TRICKS = r"""{
  "@version": 1.1, "@vocab": "https://v.example/#", "@language": "de",
  "v": "https://v.example/#", "o": "https://e.example/b/o/", "no": "https://v.example/no",
  "x": {"@id": "https://x.example/", "@prefix": true},
  "xsd": "http://www.w3.org/2001/XMLSchema#",
  "id": "@id", "called": "@id", "type": "@type", "kind": "@type", "is": "@value", "all": "@set",
  "graph": "@graph", "index": "@index", "nothing": null,
  "name": "v:name", "plain": {"@id": "v:plain", "@language": null},
  "said": {"@id": "v:said", "@language": "EN-gb"}, "x:said": {"@id": "x:said", "@language": "fr"},
  "größe": "v:size",
  "whole": {"@id": "v:whole", "@type": "xsd:integer"},
  "small": {"@id": "v:small", "@type": "xsd:int"},
  "exact": {"@id": "v:exact", "@type": "xsd:decimal"},
  "about": {"@id": "v:about", "@type": "xsd:double"},
  "true": {"@id": "v:true", "@type": "xsd:boolean"},
  "day": {"@id": "v:day", "@type": "xsd:date"},
  "at": {"@id": "v:at", "@type": "xsd:dateTime"},
  "for": {"@id": "v:for", "@type": "xsd:duration"},
  "uri": {"@id": "v:uri", "@type": "xsd:anyURI"},
  "text": {"@id": "v:text", "@type": "xsd:string"},
  "own": {"@id": "v:own", "@type": "x:type"},
  "any": {"@id": "v:any", "@type": "@none"},
  "ref": {"@id": "v:ref", "@type": "@id"},
  "term": {"@id": "v:term", "@type": "@vocab"},
  "known": {"@id": "o:known", "@type": "@id"}, "foreign": "o:foreign",
  "set": {"@id": "v:set", "@type": "@id", "@container": "@set"},
  "map": {"@id": "v:map", "@container": "@language"},
  "back": {"@reverse": "v:back", "@type": "@id"},
  "scoped": {"@id": "v:scoped", "@type": "@vocab",
             "@context": {"@vocab": "https://w.example/#", "name": "https://w.example/other"}},
  "based": {"@id": "v:based", "@type": "@id", "@context": {"@base": "https://other.example/b/"}},
  "self": {"@id": "v:self", "@context": {"self": {"@id": "v:self", "@type": "xsd:integer"}}},
  "deaf": {"@id": "v:deaf", "@context": {"id": null, "name": null, "is": "v:is"}},
  "T": {"@id": "v:T", "@context": {
    "name": {"@id": "v:t-name", "@type": "@id"}, "is": "v:is", "said": null,
    "ref": {"@id": "v:t-ref", "@context": {"name": "@value", "plain": "@set"}}}},
  "U": {"@id": "v:U", "@context": {
    "kind": "v:kind", "plain": {"@id": "v:u-plain", "@type": "xsd:decimal"}, "name": "@id"}},
  "W": {"@id": "v:W", "@context": {"@vocab": null, "@language": "fr"}},
  "R": "v:R", "Known": "o:Known"
}"""
TRICKS_ONTOLOGY = """
@prefix o: <https://e.example/b/o/> . @prefix v: <https://v.example/#> .
@prefix owl: <http://www.w3.org/2002/07/owl#> .
@prefix rdfs: <http://www.w3.org/2000/01/rdf-schema#> .
<https://e.example/b/o> a owl:Ontology .
o:known a owl:ObjectProperty ; rdfs:range o:Known . o:Known a owl:Class .
v:ref rdfs:range v:R . v:set rdfs:range o:Unknown . v:scoped rdfs:range v:R, v:T .
"""
TEXTS = ('"a"', '"Grün"', '""', r'"\"q\" \\ \n\u0001"', '"9"', '"https://x.example/y"')
IRIS = (
    '"a"',
    '"a/b.c"',
    '"x:1"',
    '"urn:a:b"',
    '"https://x.example/y"',
    '"a//b"',
    '"ä"',
    '"a/../c"',
)
NUMBERS = ("1", '"1"', '"01"', "-0", "0.50", "1e3", '"-12.5"', "12345678901234567890", '"x"')
TIMES = ('"2022-01-02"', '"2022-02-30"', '"2022-01-02T24:00:00"', '"2022-01-02T10:00:00Z"',
         '"P12M"', '"PT0S"', '"2022-01-02T10:00:00.50+00:00"')  # fmt: skip
ODD = (
    "a", "", " ", "a b", "<a>", "a|b", "a\\b", "a\n", "\x00", "\x7f", "\uffff", "\U0001f600",
    ".", "..", "./a", "a/..", "a..b", "a.", "/a", "//a", "//a/b", "?q", "a?q", "#f", "a#f", "~a",
    "-", "a%20b", "a%zz", ":a", "a:", "_:b", "nope:1", "HTTP://e.example/", "mailto:a@b", "a/b:c",
    "graph/x", "graph", "software/kg", "metadata/", "queries/q", "x" * 300, "http://[", "@id",
    "@type", "@graph", "@context", "@value", "@set", "@list", "@language", "@foo", "@", "<<",
    "true", "null", "1", "01", "1.50", "1e5", "NaN", "INF", "2022-01-01", "P1W", "a/b#c/d",
)  # fmt: skip
RAW = (
    "null", "true", "false", "0", "-0", "01", "1.0", "1.", "1e400", "-1E-7", "+1", "1" * 40,
    "NaN", "Infinity", "-Infinity", "[]", "{}", "[[]]", "[null]", r'"\ud83d\ude00"', r'"\ud800"',
    r'"\udc00a"', r'"\ud800\ud800"', '"\t"', '"', "", "'a'", '{"@value": "a"}', '{"@set": ["a"]}',
    '{"@value": "a", "@language": "en"}', '{"is": "a"}', '{"all": ["a"]}', '{"en": "a"}',
    '{"@list": []}', '{"@context": {}, "id": "a"}', '{"id": ""}', '{"id": 1}', '{"id": ["a"]}',
    '{"id": "a"}', '{"id": "a", "@id": "b"}', '{"id": "a", "type": []}', '{"type": "T"}',
    '{"id": "a", "id": "b"}', '{"id": "a", "type": null}', '{"type": [null]}', '["a", ["b"]]',
)  # fmt: skip


def tricks() -> World:
    base = "https://e.example/b/"
    triples = tuple(parse(TRICKS_ONTOLOGY, RdfFormat.TURTLE))
    context = Context.parse(json.loads(TRICKS), base)
    ontology = Ontology(f"{base}o", (), triples)
    texts = ("name", "plain", "said", "x:said", "größe", "text", "any", "own", "v:other", "free")
    good = {
        **dict.fromkeys(texts, TEXTS),
        **dict.fromkeys(("whole", "small", "exact", "about", "true"), (*NUMBERS, "true")),
        **dict.fromkeys(("day", "at", "for"), TIMES),
        **dict.fromkeys(("ref", "set", "uri", "known", "based"), IRIS),
        "plain": (*TEXTS, *NUMBERS, "true", "false", "0.1e-2"),
        "term": ('"ref"', '"T"', '"a"', '"x:1"'),
        "scoped": ('"a"', '"name"', '"x:1"'),
        "self": ("1", '"01"'),
        "deaf": TEXTS,
    }
    return World(
        context, ontology, Plan(context, ontology),
        ids=("id", "called", "@id"),
        types=("R", "Known", "Free", "x:T", "https://x.example/T"),
        good=good,
        nested=("name", "ref", "known", "scoped", "based", "self", "v:other", "free", "deaf"),
        classes=("T", "U", "W"),
        odd=(*json.loads(TRICKS), f"{base}o/nope", "https://v.example/#ref",
             "o:known", "o:nope", "o/nope", "o/Known", "v:T", "is", base),
    )  # fmt: skip


def core() -> World:
    context, ontology = vocabulary()
    references = (
        "study",
        "population",
        "broader",
        "exactMatch",
        "document",
        "dose",
        "skos:related",
    )
    good = {
        **dict.fromkeys(("label", "altLabel", "note", "identifier", "skos:editorialNote"), TEXTS),
        **dict.fromkeys(("pValue", "value", "start", "sampleSize"), NUMBERS),
        **dict.fromkeys(references[:-1], ('"a"', '"a//b"', '"ä"', '"CHEBI:18248"', '"urn:a:b"')),
        "duration": TIMES,
        "year": ("2022", '"1999"'),
        "lowerExclusive": ("true", "false", '"1"'),
        "direction": ('"lower"', '"higher"', '"le:direction-mixed"'),
        "dimension": ('"dose"', '"scope"'),
        "hedge": ('"asserted"', '"possible"'),
    }
    return World(
        context, ontology, Plan(context, ontology),
        ids=("id", "@id"),
        types=("Finding", "Mineral", "le:Study", "https://example.org/T"),
        good=good,
        nested=("passages", "selector", "quantity", "dose", "skos:related", "hedge"),
        classes=("Finding",),
        odd=("le:nope", "direction-lower", "lower", "Mineral", "CHEBI", "CHEBL:1", "skos:broader",
             terms.LE + "nope", terms.LE + "Finding", terms.LE, "lable", context.base),
    )  # fmt: skip


def tiny(folder: Path) -> World:
    project = write_tiny(folder).project
    context = load_context(folder / "ontology/context.jsonld", project.base)
    ontology = load_ontology(folder / "ontology")
    return World(
        context, ontology, Plan(context, ontology),
        ids=("id",),
        types=("Mineral", "o:Mineral"),
        good={"label": TEXTS, "altLabel": TEXTS, "mass": NUMBERS, "like": IRIS[:2]},
        nested=("like",),
        classes=("Mineral",),
        odd=("ontology#Mineral", "ontology#nope", "o:mass", "o:nope", "ontology", context.base),
    )  # fmt: skip


@pytest.fixture(scope="session")
def worlds(tmp_path_factory: pytest.TempPathFactory) -> dict[str, World]:
    return {
        "core": core(),
        "tiny": tiny(tmp_path_factory.mktemp("tiny")),
        "tricks": tricks(),
    }


NAMES = ("core", "tiny", "tricks")


# Records. An object is a list of pairs here, so that a key may stand twice; a scalar is JSON.


class Object(list[tuple[str, object]]):
    pass


def written(value: object, ascii_only: bool) -> str:
    if isinstance(value, Object):
        pairs = ((json.dumps(k, ensure_ascii=ascii_only), written(v, ascii_only)) for k, v in value)
        return "{" + ", ".join(f"{key}: {item}" for key, item in pairs) + "}"
    if isinstance(value, list):
        return "[" + ",\n".join(written(item, ascii_only) for item in value) + "]"
    return str(value)


PROSE = st.text(max_size=12).map(json.dumps)
NAMES_OF_NODES = st.sampled_from(["n/a", "n/b.c", "n/d-e/f", "n", "n/~g//h"]).map(json.dumps)


@st.composite
def ordinary(draw: st.DrawFn, world: World, depth: int = 2) -> Object:
    """A node that nobody would object to."""
    name = [(draw(st.sampled_from(world.ids)), draw(NAMES_OF_NODES))]
    node = Object(name if depth == 2 or draw(st.booleans()) else [])
    types = draw(st.permutations(world.types)) if draw(st.booleans()) else []
    if types:
        several: list[object] = list(map(json.dumps, types[:2]))
        node.append(("type", draw(st.sampled_from([several, *several]))))
    nested = draw(st.sampled_from(["", *world.nested])) if depth else ""
    if nested:
        inner = ordinary(world, depth - 1)
        node.append((nested, draw(inner | st.lists(inner, min_size=1, max_size=2))))
    keys = draw(st.lists(st.sampled_from(sorted(world.good)), min_size=1, max_size=4, unique=True))
    node += [(key, draw(values_of(world, key))) for key in keys if key != nested]
    return Object(reversed(node)) if draw(st.booleans()) else node


@cache
def values_of(world: World, key: str) -> st.SearchStrategy[object]:
    """Values of a key, one or several."""
    values: st.SearchStrategy[object] = st.sampled_from(world.good[key])
    if world.good[key] is TEXTS:
        values |= PROSE
    return values | st.lists(values, min_size=1, max_size=3)


CHANGES = st.sampled_from(["value", "key", "insert", "delete", "type"])


@cache
def pools(world: World) -> tuple[st.SearchStrategy[str], st.SearchStrategy[object]]:
    """Names, and values as JSON, odd ones among ordinary ones."""
    odd = st.sampled_from([*ODD, *world.odd])
    good = sorted({value for values in world.good.values() for value in values})
    keys = [*world.good, *world.nested, *world.ids, "type", "@type"]
    names = odd | st.sampled_from(keys) | st.text(max_size=5)
    return names, odd.map(json.dumps) | st.sampled_from([*RAW, *good]) | PROSE


@st.composite
def wild(draw: st.DrawFn, world: World) -> object:
    """An ordinary record with some of it replaced, moved, doubled or left out."""
    names, scalars = pools(world)
    record = draw(ordinary(world))
    for _ in range(draw(st.integers(1, 3))):
        parts = list(containers(record))
        part = draw(st.sampled_from(parts))
        at = draw(st.integers(0, max(len(part) - 1, 0)))
        name, value = draw(names), draw(scalars)
        match draw(st.integers(0, 5)):
            case 0:
                value = copied(draw(st.sampled_from(parts)))
            case 1:
                value = [value, value]
            case 2:
                value = Object([(name, value)])
        match draw(CHANGES):
            case "value" if part:
                part[at] = (part[at][0], value) if isinstance(part, Object) else value
            case "key" if part and isinstance(part, Object):
                part[at] = (name, part[at][1])
            case "delete" if part:
                del part[at]
            case "type" if isinstance(part, Object):
                class_ = json.dumps(draw(st.sampled_from(world.classes)))
                part[:] = [pair for pair in part if pair[0] != "type"]
                part.insert(at, ("@type", class_))
            case _:
                part.insert(at, (name, value) if isinstance(part, Object) else value)
    return record


def containers(value: object) -> Iterator[list[object]]:
    if isinstance(value, list):
        yield value
        for item in value:
            yield from containers(item[1] if isinstance(value, Object) else item)


def copied(value: object) -> object:
    if isinstance(value, Object):
        return Object((key, copied(item)) for key, item in value)
    return [copied(item) for item in value] if isinstance(value, list) else value


# The law


@pytest.mark.parametrize("name", NAMES)
@settings(max_examples=CASES, deadline=None)
@given(data=st.data())
def test_ordinary_records_are_compiled_just_as_walk_does_it(
    worlds: dict[str, World], name: str, data: st.DataObject
):
    world = worlds[name]
    text = written(data.draw(ordinary(world)), data.draw(st.booleans()))
    assert (world.check(text) is None) == (world.walked(text, Limits()) is None)


@pytest.mark.parametrize("name", NAMES)
@settings(max_examples=2 * CASES, deadline=None)
@given(data=st.data())
def test_wild_records_are_compiled_as_walk_does_it_or_not_at_all(
    worlds: dict[str, World], name: str, data: st.DataObject
):
    world = worlds[name]
    world.check(written(data.draw(wild(world)), data.draw(st.booleans())))


PLACES = (
    '{{"id": {odd}, "{key}": {good}}}',
    '{{"id": {odd}, "{nested}": {{"{key}": {good}}}}}',
    '{{"id": "a", "type": {odd}}}',
    '{{"id": "a", "type": ["{class_}", {odd}], "{key}": {good}}}',
    '{{"id": "a", {odd}: "b"}}',
    '{{"id": "a", {odd}: {{"en": "b"}}}}',
    '{{"id": "a", "type": "{class_}", {odd}: "b"}}',
    '{{"id": "a", "{key}": {odd}}}',
    '{{"id": "a", "{key}": [{good}, {odd}]}}',
    '{{"id": "a", "{nested}": {odd}}}',
    '{{"id": "a", "{nested}": {{"id": {odd}}}}}',
    '{{"id": "a", "{nested}": [{{{odd}: "b"}}]}}',
    '{{"id": "a", "type": "{class_}", "{nested}": {{{odd}: "b"}}}}',
    '{{"id": "a", "{nested}": {{"type": {odd}, "{key}": {good}}}}}',
    '{{"@graph": [{odd}, {{"id": "a", {odd}: "b"}}]}}',
    '{{"@graph": {{"id": "a", "{key}": {good}}}, {odd}: []}}',
    "{odd}",
)


@pytest.mark.parametrize("name", NAMES)
def test_anything_odd_in_any_place_is_read_as_walk_does_it_or_not_at_all(
    worlds: dict[str, World], name: str
):
    world = worlds[name]
    keys = [(key, values[0]) for key, values in world.good.items()]
    for number, odd in enumerate([*map(json.dumps, [*ODD, *world.odd]), *RAW]):
        for place in PLACES:
            turns = len(keys) if '{key}": {odd}' in place or '{key}": [' in place else 1
            for turn in range(turns):
                key, good = keys[(number + turn) % len(keys)]
                for nested in world.nested if "{nested}" in place else [""]:
                    for class_ in world.classes if "{class_}" in place else [""]:
                        parts = {"odd": odd, "key": key, "good": good, "nested": nested}
                        world.check(place.format(class_=class_, **parts))


@pytest.mark.parametrize("text", [
    '{"id": "a"}', '{"id": "a", "type": "R", "kind": "x:T"}',
    '{"id": "a", "called": "b", "name": "c"}',
    '{"id": "a", "name": "b", "name": "c"}', '{"id": "a", "set": {"name": "b"}}',
    '{"id": "a", "type": [true, null]}', '{"id": "a", "name": 1E5}', '{"id": "a", "back": "b"}',
    '{"id": "a", "map": {"en": "b"}}', '{"id": "https://v.example/#ref", "name": "a"}',
    '{"id": "o", "name": {"name": "a"}}', '{"id": "a", "name": "https://e.example/b/o/nope"}',
])  # fmt: skip
def test_what_is_wrong_or_rare_is_left_to_walk(worlds: dict[str, World], text: str):
    world = worlds["tricks"]
    assert world.plan.compile(text, world.graph, Limits()) is None or world.check(text)


def test_the_plan_of_a_nested_context_is_that_of_the_place(worlds: dict[str, World]):
    """What types and properties bring with them, as examples; none of it is left to `Walk`."""
    world = worlds["tricks"]
    for text in (
        '{"type": "T", "id": "a", "name": "b", "is": "c", "plain": "d", "ref": {"free": "e"}}',
        '{"name": "b", "is": "c", "id": "a", "type": ["T", "W"]}',
        '{"type": ["W", "T"], "id": "a", "is": "b", "ref": [{"id": "d", "free": "e"}]}',
        '{"id": "a", "type": "U", "plain": "01.50", "said": "b"}',
        '{"id": "a", "type": "W", "name": "b", "plain": "c", "ref": {"free": "d"}}',
        '{"id": "a", "scoped": ["name", "b", {"name": "c", "scoped": {"name": "d"}}]}',
        '{"id": "a", "based": ["b", {"id": "https://e.example/b/c", "based": {"free": "x"}}]}',
        '{"id": "a", "self": [1, {"self": "01"}], "deaf": [{"is": "b", "@id": "c"}, {"is": "d"}]}',
        '{"@graph": [{"id": "a", "known": {"name": "b"}}, {"id": "a", "ref": [{"name": "b"}]}]}',
    ):
        assert world.check(text) is not None, text


# The fast path is taken


def own_records() -> Iterator[object]:
    """The nodes of the project's own facts, as JSON records."""
    for file in sorted(FACTS.rglob("*.yaml")):
        for node in parse_sheet(file.name, file.read_bytes(), Limits()).nodes:
            records = plain(node)
            yield from records if isinstance(records, list) else [records]


def test_every_record_of_our_own_facts_goes_the_fast_way(worlds: dict[str, World]):
    records = list(own_records())
    assert len(records) > 200
    for record in records:
        assert worlds["core"].check(json.dumps(record)) is not None


def test_every_record_of_a_corpus_goes_the_fast_way(worlds: dict[str, World]):
    for number in range(40):
        text, _ = Source(seed=1).text(number)
        assert worlds["core"].check(text) is not None


# Text


def stored(literals: list[Literal]) -> list[str]:
    """The literals as a store gives them."""
    store = Store()
    for number, literal in enumerate(literals):
        store.add(Quad(NamedNode(f"n:{number}"), NamedNode("n:p"), literal))
    given = {int(quad.subject.value[2:]): str(quad.object) for quad in store}
    return [given[number] for number in range(len(literals))]


def test_every_character_is_escaped_as_the_store_does():
    points = [*range(0xD800), *range(0xE000, sys.maxunicode + 1)]
    texts = []
    for start in range(0, len(points), 64):
        chars = list(map(chr, points[start : start + 64]))
        texts.append("".join(char for char in chars if char.isprintable()))
        texts.append("".join(char for char in chars if not char.isprintable()))
    assert list(map(quoted, texts)) == stored(list(map(Literal, texts)))


@given(st.text())
def test_texts_are_escaped_as_the_store_does(text: str):
    assert [quoted(text)] == stored([Literal(text)])


def test_half_of_a_surrogate_pair_is_no_text():
    with pytest.raises(ValueError, match="str"):
        quoted("\ud800")


FORMS = (
    "0", "-0", "+0", "00", "01", "-1", "+1", "1.", ".5", "0.5", "-0.5", "-0.0", "1.50", "100",
    "1e3", "1E-3", "1e400", "-1e400", "0.1234567890123456789", "12345678.12345",
    "123456789.123456", "99999999.99999", "0.00001", "9" * 17, "9" * 18, "9" * 19, "9" * 20,
    "-" + "9" * 18, "-" + "9" * 19, "9223372036854775807", "9223372036854775808",
    "-9223372036854775808", "9" * 17 + ".5", "9" * 18 + ".5", "170141183460469231731",
    "0." + "0" * 17 + "1", "0." + "0" * 18 + "1", "true", "false", "TRUE", "1 ", " 1", "NaN",
    "INF", "-INF", "\u0661", "1\n", "", "2022", "-2022", "02022", "0000-01-01", "2022-01-01",
    "2022-02-29", "2024-02-29", "2022-02-30", "2022-13-01", "9999-12-28", "12022-01-01",
    "-2022-01-01", "2022-01-01Z", "2022-01-01+00:00", "2022-01-01-05:00", "2022-01-01T00:00:00",
    "2022-01-01T23:59:59Z", "2022-01-01T24:00:00", "2022-01-01T24:00:00Z",
    "2022-01-01T12:00:60", "2022-01-01T12:00:00.5", "2022-01-01T12:00:00.50Z",
    "2022-01-01T12:00:00+00:00", "2022-01-01T12:00:00-05:00", "12:00:00", "24:00:00", "P1D",
    "P7D", "P12M", "P1W", "PT0S", "P0D", "-P1D", "PT24H", "PT36H", "a b", "x:y", '"', "\\",
)  # fmt: skip
LOCALS = (
    "string", "boolean", "decimal", "integer", "double", "float", "date", "time", "dateTime",
    "dateTimeStamp", "gYear", "gMonth", "gDay", "gYearMonth", "gMonthDay", "duration",
    "yearMonthDuration", "dayTimeDuration", "byte", "short", "int", "long", "unsignedByte",
    "unsignedShort", "unsignedInt", "unsignedLong", "positiveInteger", "nonNegativeInteger",
    "nonPositiveInteger", "negativeInteger", "hexBinary", "base64Binary", "anyURI", "language",
    "nope",
)  # fmt: skip


@pytest.mark.parametrize("datatype", [*(terms.XSD + local for local in LOCALS), "x:own"])
def test_literals_are_as_the_store_gives_them(datatype: str):
    literals = [Literal(form, datatype=NamedNode(datatype)) for form in FORMS]
    written = Datatype(datatype)
    assert [written.write(form) for form in FORMS] == stored(literals)


NUMERALS = st.from_regex(r"[+-]?[0-9]{0,20}(\.[0-9]{0,19})?([eE][+-]?[0-9]{1,3})?", fullmatch=True)
MOMENTS = st.from_regex(r"[0-9]{4}-[01][0-9]-[0-3][0-9](T[0-2][0-9]:[0-6][0-9]:[0-6][0-9]Z?)?\Z")


@settings(max_examples=CASES)
@given(st.lists(NUMERALS | MOMENTS, min_size=1, max_size=20), st.sampled_from(LOCALS))
def test_any_number_and_moment_is_as_the_store_gives_it(forms: list[str], local: str):
    datatype = terms.XSD + local
    literals = [Literal(form, datatype=NamedNode(datatype)) for form in forms]
    assert [Datatype(datatype).write(form) for form in forms] == stored(literals)


# Limits


@pytest.mark.parametrize("text", [
    '{"id": "a", "label": "b"}',
    '[{"id": "a", "label": ["b", "c"]}]',
    '{"@graph": [{"id": "a", "passages": [{"document": "b", "selector": {"start": [1]}}]}]}',
    "[]",
    '{"@graph": []}',
    json.dumps({"id": "a", "label": "b" * 1000, "note": ["c"] * 20}),
])  # fmt: skip
def test_limits_are_those_of_the_reader(worlds: dict[str, World], text: str):
    world = worlds["core"]
    for depth in range(12):
        found = world.check(text, Limits(depth=depth))
        assert found is not None or depth < 9
    for nodes in range(60):
        found = world.check(text, Limits(nodes=nodes))
        assert found is not None or nodes < 50


def test_what_nests_too_deeply_to_be_ordinary_is_left_alone(worlds: dict[str, World]):
    world = worlds["core"]
    for start, end in (('{"id": "a", "skos:related": ', "}"), ("[", "]"), ('{"@graph": ', "}")):
        for depth in (40, 500, 100_000):
            text = start * depth + '{"id": "a", "label": "b"}' + end * depth
            assert world.plan.compile(text, world.graph, Limits(depth=10**6)) is None
        assert world.check(start + '{"id": "a", "label": "b"}' + end) is not None


def test_what_is_kept_is_bounded(worlds: dict[str, World], monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("kg.plan.values._MOST", 50)
    monkeypatch.setattr("kg.plan.scopes._NAMES", 30)
    monkeypatch.setattr("kg.plan.scopes._SCOPES", 5)
    world = core()
    for number in range(100):
        node = {"id": f"n/{number}", "pValue": f"0.0{number}0", "broader": f"m/{number}"}
        assert world.check(json.dumps(node)) is not None
    keys = [json.dumps({"id": "a", f"skos:k{number}": "b"}) for number in range(40)]
    odd = [world.check(text) is None for text in keys]
    assert odd == sorted(odd)
    assert sum(odd) in range(10, 20)
    world = core()
    odd = [world.check(nest(["evidence", "hedge"] * depth)) is None for depth in range(6)]
    assert odd == sorted(odd)
    assert (odd[1], odd[-1]) == (False, True)


def nest(keys: list[str]) -> str:
    value: object = {"label": "a"}
    for key in keys:
        value = {key: value}
    return json.dumps({"id": "a", "study": value})
