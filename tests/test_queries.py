"""The stock queries: what they answer of the project's own facts, and of another topic's.

`expected/NAME.csv`, or `NAME.CASE.csv`, is what a query answers; lines before the header set its
parameters. Only the columns of the header are compared, every row and in order. The data's IRIs
stand there relative to their base, those of the ontology with the prefix `le:`.
"""

import csv
import re
from collections import defaultdict
from pathlib import Path

import pytest
import rdflib
from pyoxigraph import DefaultGraph, Literal, NamedNode, Quad, RdfFormat, Store, Variable
from rdflib.plugins.sparql import prepareQuery

from kg import Release
from kg.catalogue import StockQuery, load_catalogue, parse_query
from kg.context import Context, load_context
from kg.errors import UnknownNameError
from kg.names import resolve
from kg.results import run_query

ROOT = Path(__file__).parent.parent
BASE = "https://w3id.org/linked-evidence/magnesium-fibromyalgia/"
LE = "https://w3id.org/linked-evidence/ontology#"
CATALOGUE = load_catalogue(ROOT / "queries")
CASES = sorted((ROOT / "tests" / "expected").glob("*.csv"))
PARAMETERS = {
    "evidence-for-outcome": {"exposure", "outcome"},
    "p-values": set(),
    "null-findings": set(),
    "subgroup-findings": set(),
    "sample-sizes": set(),
    "studies-by-design": set(),
    "thresholds": set(),
    "group-differences": set(),
    "correlates": {"exposure"},
    "measurements": set(),
    "doses": set(),
    "doses-outside-range": set(),
    "doses-above-limit": set(),
    "preparations": set(),
    "mechanism-by-document": {"subject", "object"},
    "mechanisms-through": {"entity"},
    "mechanisms-to": {"target"},
    "deficiency-symptoms": {"deficiency"},
    "lower-compartments": set(),
    "cautions": set(),
    "limitations": set(),
    "shared-studies": set(),
    "document-entity": {"document", "entity"},
    "mechanism-chain": {"start"},
    "unattributed-statements": set(),
    "hypothesis-evidence": {"hypothesis"},
    "disagreements": set(),
    "coverage": set(),
}

Rows = list[dict[str, str]]


@pytest.fixture(scope="session")
def context() -> Context:
    return load_context(ROOT / "ontology" / "context.jsonld", BASE)


@pytest.fixture(scope="session")
def store(project_release: Release) -> Store:
    return project_release.open_store()


@pytest.fixture(scope="session")
def in_rdflib(store: Store) -> rdflib.Graph:
    return as_rdflib(store)


def as_rdflib(store: Store) -> rdflib.Graph:
    merged = Store()
    merged.extend(Quad(q.subject, q.predicate, q.object, DefaultGraph()) for q in store)
    graph = rdflib.Graph()
    data = merged.dump(format=RdfFormat.N_TRIPLES, from_graph=DefaultGraph())
    return graph.parse(data=data or b"", format="nt")


def bindings(
    query: StockQuery, values: dict[str, str], store: Store, context: Context
) -> dict[Variable, NamedNode | Literal]:
    return query.bind(values, lambda text: resolve(store, context, text))


def ask(
    query: StockQuery, values: dict[str, str], store: Store, context: Context, text: str = ""
) -> Rows:
    """The rows of an answer with its IRIs shortened and what is unbound left empty."""
    bound = {} if text else bindings(query, values, store, context)
    solutions = run_query(store, text or query.text, bound, context.base)
    names = [variable.value for variable in solutions.variables]
    return [
        {name: shorten(solution[name], context.base) for name in names} for solution in solutions
    ]


def shorten(term: NamedNode | Literal | None, base: str = BASE) -> str:
    return "" if term is None else term.value.removeprefix(base).replace(LE, "le:")


def inline(query: StockQuery, bound: dict[Variable, NamedNode | Literal]) -> str:
    """The query with its parameters in a VALUES block: what binding them has to amount to."""
    if not bound:
        return query.text
    names = " ".join(f"?{variable.value}" for variable in bound)
    values = " ".join(str(term) for term in bound.values())
    return query.text.replace("WHERE {", f"WHERE {{ VALUES ({names}) {{ ({values}) }}", 1)


def read_expected(path: Path) -> tuple[dict[str, str], list[str], Rows]:
    lines = path.read_text(encoding="utf-8").splitlines()
    head = [line[1:].split(":", 1) for line in lines if line.startswith("#")]
    reader = csv.DictReader(line for line in lines if not line.startswith("#"))
    rows = list(reader)
    return (
        {name.strip(): value.strip() for name, value in head},
        list(reader.fieldnames or ()),
        rows,
    )


def query_of(path: Path) -> StockQuery:
    return CATALOGUE[path.name.split(".")[0]]


def name_of(path: Path) -> str:
    return path.name.removesuffix(".csv")


# What they are.


def test_there_are_these_queries_with_these_parameters() -> None:
    assert {n: {p.name for p in query.params} for n, query in CATALOGUE.items()} == PARAMETERS


@pytest.mark.parametrize("query", CATALOGUE.values(), ids=CATALOGUE)
def test_a_query_says_what_it_is(query: StockQuery, store: Store, context: Context) -> None:
    """Each has a title and a description, each parameter a type, a description, and examples."""
    assert query.title
    assert query.description.endswith(".")
    for parameter in query.params:
        assert parameter.type == "iri"
        assert parameter.description
        for value in filter(None, (parameter.example, parameter.default)):
            assert parameter.example
            assert resolve(store, context, value)


@pytest.mark.parametrize("query", CATALOGUE.values(), ids=CATALOGUE)
def test_a_query_is_portable(query: StockQuery, store: Store) -> None:
    """SPARQL 1.1 with its own prefixes; parameters are selected; no IRI of any one topic."""
    prepareQuery(query.text)
    solutions = run_query(store, query.text, {}, BASE)
    selected = {variable.value for variable in solutions.variables}
    assert {parameter.name for parameter in query.params} <= selected
    assert "SELECT *" not in query.text
    code = re.sub(r"(?m)^(#|PREFIX).*$", "", query.text)
    assert not re.search(r"<[^\s<>=]+>", code), "an IRI is written out"
    for prefix in re.findall(r"PREFIX (\w+):", query.text):
        assert f"{prefix}:" in code, f"{prefix}: is not used"


def test_the_page_names_every_query_and_parameter() -> None:
    page = (ROOT / "docs" / "queries.md").read_text(encoding="utf-8")
    for name, parameters in PARAMETERS.items():
        (line,) = [line for line in page.splitlines() if line.startswith(f"| `{name}`")]
        assert set(re.findall(r"`([\w-]+)`", line)) >= {name, *parameters}


def test_the_query_on_the_page_runs(store: Store, context: Context) -> None:
    """The example of a query of one's own is one, and has an answer."""
    page = (ROOT / "docs" / "queries.md").read_text(encoding="utf-8")
    query = parse_query("own", page.split("```sparql\n")[1].split("```")[0])
    assert {"condition/fibromyalgia"} == {r["condition"] for r in ask(query, {}, store, context)}


# What they answer.


def test_every_query_has_its_expected_answer() -> None:
    assert {query_of(path).name for path in CASES} == CATALOGUE.keys()


@pytest.mark.parametrize(
    "path", [path for path in CASES if query_of(path).name != "coverage"], ids=name_of
)
def test_answer(path: Path, store: Store, context: Context) -> None:
    """The answer is the one read from the documents."""
    values, columns, expected = read_expected(path)
    answer = ask(query_of(path), values, store, context)
    assert [{column: row[column] for column in columns} for row in answer] == expected


def test_every_fact_is_covered_where_it_stands(store: Store, context: Context) -> None:
    """All ninety facts are found, each in the paragraphs that tell it."""
    _, _, expected = read_expected(ROOT / "tests" / "expected" / "coverage.csv")
    answer = ask(CATALOGUE["coverage"], {}, store, context)
    places: defaultdict[tuple[str, str], set[int]] = defaultdict(set)
    for row in answer:
        if row["fact"]:
            places[row["fact"], row["document"]].add(int(row["paragraph"]))
    assert {place: " ".join(map(str, sorted(found))) for place, found in places.items()} == {
        (row["fact"], row["document"]): row["paragraphs"] for row in expected
    }
    assert {fact for fact, _ in places} == {f"fact-{n:02}" for n in range(1, 91)}


def test_coverage_shows_more_than_statements(store: Store, context: Context) -> None:
    """A fact may be carried by a study, what was given, a cut-off, a scale, or an article."""
    answer = ask(CATALOGUE["coverage"], {}, store, context)
    kinds = {row["fact"]: row["kind"] for row in answer}
    carriers = {fact: kinds[f"fact-{fact}"] for fact in ("09", "10", "29", "30", "31", "41")}
    assert carriers == {
        "09": "le:ObservationalStudy",
        "10": "le:Quantity",
        "29": "le:ClinicalTrial",
        "30": "le:Intervention",
        "31": "le:Measurement",
        "41": "le:Publication",
    }
    numbered = [bool(row["fact"]) for row in answer]
    assert numbered == sorted(numbered, reverse=True)
    assert [r["fact"] for r in answer if r["fact"]] == sorted(
        r["fact"] for r in answer if r["fact"]
    )


def test_a_parameter_may_stay_open(store: Store, context: Context) -> None:
    """Without its parameters a query answers for everything, the default answer included."""
    for query in CATALOGUE.values():
        values = {parameter.name: "" for parameter in query.params}
        everything = ask(query, values, store, context)
        default = ask(query, {}, store, context)
        assert default, query.name
        assert [row for row in everything if row in default] == default, query.name


# That the answer depends on the data alone.


@pytest.mark.parametrize("path", CASES, ids=name_of)
def test_rdflib_gives_the_same_answer(
    path: Path, store: Store, context: Context, in_rdflib: rdflib.Graph
) -> None:
    """Another engine, with the parameters as VALUES, gives the same rows in the same order."""
    values = read_expected(path)[0]
    query = query_of(path)
    bound = bindings(query, values, store, context)
    assert in_words(in_rdflib.query(inline(query, bound))) == in_words(
        run_query(store, query.text, bound, BASE)
    )


def in_words(solutions: object) -> list[list[tuple[str, ...]]]:
    """Rows of either engine as IRIs, and literals with datatype and language."""
    return [[_in_words(term) for term in row] for row in solutions]  # type: ignore[attr-defined]


def _in_words(term: object) -> tuple[str, ...]:
    if isinstance(term, Literal):
        return term.value, term.datatype.value, term.language or ""
    if isinstance(term, rdflib.Literal):
        plain = rdflib.RDF.langString if term.language else rdflib.XSD.string
        return str(term), str(term.datatype or plain), term.language or ""
    if isinstance(term, NamedNode):
        return (term.value,)
    return () if term is None else (str(term),)


@pytest.mark.parametrize("path", CASES, ids=name_of)
def test_nothing_but_the_data_counts(path: Path, store: Store, context: Context) -> None:
    """Neither the order of loading nor a triple that stands in two graphs changes a row."""
    other = Store()
    quads = sorted(store, key=lambda quad: (str(quad.object), str(quad.subject)), reverse=True)
    one, two = NamedNode("https://example.org/one"), NamedNode("https://example.org/two")
    other.extend(Quad(q.subject, q.predicate, q.object, one) for q in quads)
    other.extend(
        Quad(q.subject, q.predicate, q.object, two)
        for q in quads
        if q.predicate.value.endswith(("type", "Label", "study", "design", "identifier", "leadsTo"))
    )
    values = read_expected(path)[0]
    query = query_of(path)
    answer = ask(query, values, store, context)
    assert ask(query, values, other, context) == answer
    assert len({tuple(row.values()) for row in answer}) == len(answer)
    text = inline(query, bindings(query, values, store, context))
    assert ask(query, {}, store, context, text) == answer


# Another topic, made up, with what this one lacks.

TOPIC = "https://example.org/iron/"
OTHER_TOPIC = """
@prefix le: <https://w3id.org/linked-evidence/ontology#> .
@prefix dcterms: <http://purl.org/dc/terms/> .
@prefix oa: <http://www.w3.org/ns/oa#> .
@prefix skos: <http://www.w3.org/2004/02/skos/core#> .
@base <https://example.org/iron/> .

<a> a le:Document . <b> a le:Document .
<p1> a le:Passage ; oa:hasSource <a> ; le:paragraph 1 ; le:hedge le:hedge-asserted ; oa:hasSelector <s1> .
<p2> a le:Passage ; oa:hasSource <b> ; le:paragraph 2 ; le:hedge le:hedge-possible ; oa:hasSelector <s2> .
<s1> oa:start 0 ; oa:end 9 . <s2> oa:start 5 ; oa:end 7 .

<iron> a le:Mineral . <sulfate> a le:Preparation ; le:contains <iron> .
<fatigue> a le:Symptom . <deep-fatigue> a le:Symptom ; skos:broader <fatigue> .

<trial> a le:ClinicalTrial ; le:design le:design-trial ; le:population <all> ; le:sampleSize 90 ;
  le:arm <high>, <low>, <usual>, <grains> ; le:passage <p1>, <p2> .
<women> le:subgroupOf <all> ; le:sampleSize 40 . <men> le:subgroupOf <all> .
<high> le:given <iron> ; le:dose <d1> . <d1> le:lower 40 ; le:upper 60 ; le:unit "mg/d" .
<low> le:given <iron> ; le:dose <d2> . <d2> le:upper 5 ; le:unit "mg/d" .
<usual> le:given <iron> ; le:dose <d3> . <d3> le:value 10 ; le:unit "mg/d" .
<grains> le:given <iron> ; le:dose <d4> . <d4> le:value 900 ; le:unit "[gr]/d" .
<as-sulfate> le:given <sulfate> ; le:duration "P2W" .
<range> a le:Characteristic ; le:subject <iron> ; le:quantity <q1> ; le:passage <p1> .
<q1> le:lower 10 ; le:upper 45 ; le:unit "mg/d" .
<limit> a le:Recommendation ; le:subject <iron> ; le:quantity <q2> ; le:passage <p1> .
<q2> le:upper 45 ; le:unit "mg/d" .
<stricter> a le:Recommendation ; le:subject <iron> ; le:quantity <q3> ; le:passage <p2> .
<q3> le:upper 20 ; le:unit "mg/d" .

<f1> a le:Finding ; le:study <trial> ; le:exposure <as-sulfate> ; le:outcome <deep-fatigue> ;
  le:population <women> ; le:direction le:direction-lower ; le:relationKind le:kind-effect ;
  le:significance le:significance-significant ; le:scope le:scope-subgroup ; le:pValueBelow 0.05 ;
  le:passage <p1> .
<f2> a le:Finding ; le:study <trial> ; le:exposure <as-sulfate> ; le:outcome <fatigue> ;
  le:population <men> ; le:direction le:direction-mixed ; le:relationKind le:kind-effect ;
  le:significance le:significance-not-reported ; le:scope le:scope-subgroup ; le:pValue 0.2 ;
  le:passage <p2> .
<apart> a le:Disagreement ; le:side <f1>, <f2> ; le:dimension le:dimension-scope ; le:reason "r" .

<m1> a le:Mechanism ; le:relation le:relation-affects ; le:subject <e0> ; le:object <e1> ; le:leadsTo <m2> ; le:passage <p1> .
<m2> a le:Mechanism ; le:relation le:relation-affects ; le:subject <e1> ; le:object <e2> ; le:leadsTo <m3> ; le:passage <p1>, <p2> .
<m3> a le:Mechanism ; le:relation le:relation-affects ; le:subject <e2> ; le:object <e3> ; le:leadsTo <m4>, <m1>, <m3> ; le:passage <p2> .
<m4> a le:Mechanism ; le:relation le:relation-affects ; le:subject <e3> ; le:object <e4> ; le:leadsTo <m5> ; le:passage <p1> .
<m5> a le:Mechanism ; le:relation le:relation-affects ; le:subject <e4> ; le:object <e5> ; le:leadsTo <m6> ; le:passage <p1> .
<m6> a le:Mechanism ; le:relation le:relation-affects ; le:subject <e5> ; le:object <e6> ; le:passage <p1> .
"""  # noqa: E501


@pytest.fixture(scope="module")
def other_topic() -> Store:
    store = Store()
    store.load(OTHER_TOPIC.encode(), format=RdfFormat.TURTLE)
    for name in ("ontology.ttl", "vocabularies.ttl"):
        store.load(path=ROOT / "ontology" / name, format=RdfFormat.TURTLE)
    return store


@pytest.mark.parametrize(
    ("name", "values", "columns", "rows"),
    [
        ("p-values", {}, "pValue population", ["0.2 men", "< 0.05 women"]),
        # Each exposure stands for what gives or contains it, each outcome for what is narrower.
        (
            "evidence-for-outcome",
            {"exposure": "iron", "outcome": "fatigue"},
            "finding exposedTo design sampleSize",
            ["f1 as-sulfate trial 40", "f2 as-sulfate trial "],
        ),
        (
            "evidence-for-outcome",
            {"exposure": "sulfate", "outcome": "deep-fatigue"},
            "finding",
            ["f1"],
        ),
        # Whose size is not told (men) has no row of the whole's.
        (
            "sample-sizes",
            {},
            "population sampleSize document",
            ["all 90 a", "all 90 b", "women 40 a", "women 40 b"],
        ),
        # A dose at a bound is within, and one in another unit is not compared.
        (
            "doses-outside-range",
            {},
            "intervention position range",
            ["high above range", "low below range"],
        ),
        (
            "doses-above-limit",
            {},
            "source highest limit",
            ["high 60 limit", "high 60 stricter", "range 45 stricter"],
        ),
        (
            "doses",
            {},
            "source",
            ["grains", "high", "limit", "low", "range", "stricter", "usual", "as-sulfate"],
        ),
        # One study in two documents, and where they differ.
        (
            "shared-studies",
            {},
            "document otherDocument study otherStudy disagreement",
            ["a b trial trial apart"],
        ),
        # No step twice, five at the most; the firmest telling of a step, the weakest step.
        (
            "mechanism-chain",
            {"start": "e0"},
            "target steps hedge",
            [
                "e1 1 le:hedge-asserted",
                "e2 2 le:hedge-asserted",
                "e3 3 le:hedge-possible",
                "e4 4 le:hedge-possible",
                "e5 5 le:hedge-possible",
            ],
        ),
        ("mechanisms-to", {"target": "e1"}, "step document", ["m1 a", "m2 a", "m2 b", "m3 b"]),
    ],
)
def test_another_topic(
    other_topic: Store, name: str, values: dict[str, str], columns: str, rows: list[str]
) -> None:
    """The queries know nothing of the topic: parameters say what it is about."""
    context = load_context(ROOT / "ontology" / "context.jsonld", TOPIC)
    answer = ask(CATALOGUE[name], values, other_topic, context)
    assert [" ".join(row[column] for column in columns.split()) for row in answer] == rows
    bound = bindings(CATALOGUE[name], values, other_topic, context)
    text = inline(CATALOGUE[name], bound)
    assert in_words(as_rdflib(other_topic).query(text)) == in_words(
        run_query(other_topic, CATALOGUE[name].text, bound, TOPIC)
    )


def test_a_default_of_another_topic_is_told(other_topic: Store) -> None:
    """Where the default is unknown, the message names it, and the parameter can be set."""
    context = load_context(ROOT / "ontology" / "context.jsonld", TOPIC)
    with pytest.raises(UnknownNameError, match="mineral/magnesium"):
        ask(CATALOGUE["correlates"], {}, other_topic, context)
    assert ask(CATALOGUE["correlates"], {"exposure": "iron"}, other_topic, context) == []
