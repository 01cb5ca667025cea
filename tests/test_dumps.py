"""Dumps: the same graph back from every reader, the same bytes from any order, readable text."""

from __future__ import annotations

import json
import random
import warnings
from collections.abc import Callable
from pathlib import Path

import pytest
import rdflib
from hypothesis import given, settings
from hypothesis import strategies as st
from pyld import jsonld
from pyoxigraph import BlankNode, Literal, NamedNode, Quad, RdfFormat, Store, Triple, parse
from sample import BASE, compile_text, vocabulary

from kg import terms
from kg.context import Context
from kg.dumps import choose_graphs, dump, quads_of, write_file
from kg.errors import KgError, UnknownNameError
from kg.formats import RDF_FORMATS
from kg.ontology import canonical

CONTEXT, ONTOLOGY = vocabulary()
GRAPH = NamedNode(BASE + "graph/one")
XSD = terms.XSD

Triples = set[Triple]


def by_pyoxigraph(data: bytes, name: str) -> Triples:
    return {quad.triple for quad in parse(data, RDF_FORMATS[name].rdf)}


def by_rdflib(data: bytes, name: str) -> Triples:
    formats = {"turtle": "turtle", "jsonld": "json-ld", "ntriples": "nt", "rdfxml": "xml"}
    formats |= {"nquads": "nquads", "trig": "trig"}
    # Lexical forms are compared, so rdflib must not rewrite them.
    normalize, rdflib.NORMALIZE_LITERALS = rdflib.NORMALIZE_LITERALS, False
    try:
        with warnings.catch_warnings():
            # rdflib's own parsers still use what it deprecates.
            warnings.simplefilter("ignore", DeprecationWarning)
            datasets = RDF_FORMATS[name].datasets
            dataset = rdflib.Dataset(default_union=True) if datasets else rdflib.Graph()
            dataset.parse(data=data, format=formats[name])
            found = list(dataset.triples((None, None, None)))
    finally:
        rdflib.NORMALIZE_LITERALS = normalize
    return {Triple(*map(from_rdflib, triple)) for triple in found}


def from_rdflib(term: rdflib.term.Node) -> NamedNode | Literal:
    if isinstance(term, rdflib.URIRef):
        return NamedNode(str(term))
    assert isinstance(term, rdflib.Literal)
    if term.language:
        return Literal(str(term), language=term.language)
    return Literal(str(term), datatype=NamedNode(str(term.datatype or XSD + "string")))


def by_pyld(data: bytes, name: str) -> Triples:
    assert name == "jsonld"
    quads = jsonld.to_rdf(json.loads(data), {"documentLoader": refuse})
    return {
        Triple(NamedNode(q["subject"]["value"]), NamedNode(q["predicate"]["value"]), _object(q))
        for q in quads["@default"]
    }


def _object(quad: dict[str, dict[str, str]]) -> NamedNode | Literal:
    term = quad["object"]
    if term["type"] == "IRI":
        return NamedNode(term["value"])
    if "language" in term:
        return Literal(term["value"], language=term["language"])
    return Literal(term["value"], datatype=NamedNode(term["datatype"]))


def refuse(address: str, _options: object) -> None:
    raise AssertionError(f"{address} was fetched")


READERS: list[tuple[str, Callable[[bytes, str], Triples]]] = [
    *((name, reader) for name in RDF_FORMATS for reader in (by_pyoxigraph, by_rdflib)),
    ("jsonld", by_pyld),
]
each_reader = pytest.mark.parametrize(
    ("name", "reader"), READERS, ids=[f"{name}-{reader.__name__}" for name, reader in READERS]
)

SHEET = """
- id: mineral/iron
  type: Mineral
  label: Iron
  altLabel: [Fe, ferrum]
  closeMatch: CHEBI:18248
- id: finding/iron-fatigue
  type: Finding
  label: Fatigue was less
  study: study/one
  exposure: mineral/iron
  outcome: symptom/fatigue
  direction: lower
  pValue: 0.030
  reported: P = 0.030
  passages:
    - {document: document/a, paragraph: 1, hedge: asserted, selector: {start: 0, end: 9}}
    - {document: document/b, paragraph: 2, hedge: possible, selector: {start: 5, end: 12}}
"""


@pytest.fixture(scope="module")
def quads() -> list[Quad]:
    """A small sheet and the whole core ontology, as a release holds them."""
    compiled = compile_text(SHEET, "one.yaml")
    assert not compiled.problems
    return [*compiled.quads, *ONTOLOGY.quads]


# What the store can hold, at its nastiest.
characters = st.characters(codec="utf-8")
texts = st.one_of(
    st.text(characters, max_size=12),
    st.sampled_from(
        [
            "",
            '"',
            '"""',
            "\\",
            "'",
            "a\nb\r\nc\rd\te",
            "\0",
            "\x01\x1f\x7f\x85\u2028\u2029",
            "\ufffe\uffff",
            "\u05d0\u05d1 \u202eabc\u202c",
            "\U0001f9ea\U0010ffff",
            "\\u0041 &amp; <a> ]]> %41",
            " leading and trailing ",
            "_:b0",
            "https://example.org/topic/a",
            "long " * 5000,
        ]
    ),
)
numbers = st.one_of(
    st.integers(-(10**17), 10**17).map(
        lambda n: Literal(str(n), datatype=NamedNode(XSD + "integer"))
    ),
    st.decimals(-(10**9), 10**9, places=6).map(
        lambda n: Literal(f"{n:f}", datatype=NamedNode(XSD + "decimal"))
    ),
    st.floats().map(Literal),
    st.booleans().map(Literal),
)
typed = st.sampled_from(
    [
        Literal(text, datatype=NamedNode(XSD + name))
        for text, name in [
            ("0.000001", "decimal"),
            ("03", "decimal"),
            ("-0.0", "decimal"),
            (".5", "decimal"),
            ("1E400", "double"),
            ("NaN", "float"),
            ("not a number", "integer"),
            ("1", "boolean"),
            ("2022", "gYear"),
            ("2022-11-22T01:02:03.40Z", "dateTime"),
            ("P1M", "duration"),
            ("YWI=", "base64Binary"),
            ("https://example.org/", "anyURI"),
        ]
    ]
    + [
        Literal("<b>x</b>", datatype=NamedNode(terms.RDF + "XMLLiteral")),
        Literal("mg/d", datatype=NamedNode("https://example.org/type(1)")),
    ]
)
tags = st.sampled_from(["en", "en-GB", "DE-at-1996", "zh-Hant-TW", "x-priv", "sr-Latn-RS"])
literals = st.one_of(
    texts.map(Literal),
    st.builds(lambda t, tag: Literal(t, language=tag), texts, tags),
    numbers,
    typed,
)
iris = st.one_of(
    st.from_regex(r"\A[a-z0-9]{1,4}(/[a-z0-9-]{1,5}){0,2}\Z").map(lambda end: BASE + end),
    st.sampled_from(
        [
            BASE,
            BASE[:-1],
            *(
                BASE + end
                for end in [
                    "a:b", "a/b:c", "/a", "a//b", "a/", "./a", "../a", "a/../b", "..", "?q", "#f",
                    "a?b=c#d", "a(b)", "a%20b", "a%2Fb", "\u00e9t\u00e9", "a.b", "a.", ".a", "a~b",
                    "a;b,c", "@a", "@id", "a'b", "a&b", "_:a", "le:x", "type", "label",
                    "\U0001f9ea",
                ]
            ),
            "https://example.org/other",
            "https://example.org",
            "https://example.com/\u4e2d(x)",
            "http://purl.obolibrary.org/obo/CHEBI_25107",
            "http://purl.obolibrary.org/obo/CHEBI_",
            "https://doi.org/10.1000/(sici)1:2<3".replace("<", "%3C"),
            terms.LE + "direction-lower",
            terms.LE + "direction-",
            terms.LE + "hedge-asserted",
            terms.LE + "a/b",
            terms.LE,
            "urn:uuid:12345678",
            "urn:a:b%00c",
            "tag:example.org,2022:a/b",
            "mailto:a@example.org",
        ]
    ),
).map(NamedNode)  # fmt: skip
predicates = st.sampled_from(
    [
        terms.TYPE.value,
        terms.PREF_LABEL.value,
        terms.LABEL.value,
        terms.LE + "pValue",
        terms.LE + "direction",
        terms.LE + "hedge",
        terms.LE + "dimension",
        terms.LE + "passage",
        terms.LE + "sampleSize",
        terms.LE + "unheard-of",
        terms.RDF + "first",
        terms.RDF + "_1",
        "https://example.org/topic/own",
        "http://example.com/a.b-c",
        "http://example.com/a%20b",
        "urn:x",
    ]
).map(NamedNode)
triples = st.builds(Triple, iris, predicates, st.one_of(iris, literals))
datasets = st.lists(
    st.builds(
        lambda t, graph: Quad(t.subject, t.predicate, t.object, NamedNode(BASE + graph)),
        triples,
        st.sampled_from(["graph/one", "graph/two", "graph/\u00fc(3)"]),
    ),
    max_size=12,
).map(canonical)


@each_reader
def test_a_release_reads_back(
    quads: list[Quad], name: str, reader: Callable[[bytes, str], Triples]
) -> None:
    """Every reader finds exactly the triples of the store in every format."""
    data = dump(quads, RDF_FORMATS[name], CONTEXT)
    assert reader(data, name) == {quad.triple for quad in quads}


def test_named_graphs_are_kept(quads: list[Quad]) -> None:
    for name in ("nquads", "trig"):
        assert set(parse(dump(quads, RDF_FORMATS[name], CONTEXT), RDF_FORMATS[name].rdf)) == set(
            quads
        )


@pytest.mark.parametrize("name", ["turtle", "trig", "jsonld", "nquads", "ntriples"])
@settings(max_examples=150)
@given(quads=datasets, seed=st.integers(0, 2**32))
def test_anything_reads_back_with_pyoxigraph(name: str, quads: list[Quad], seed: int) -> None:
    """Whatever the store can hold comes back, and the order of the input never shows."""
    format_ = RDF_FORMATS[name]
    data = dump(quads, format_, CONTEXT)
    found = set(parse(data, format_.rdf))
    if name in ("trig", "nquads"):
        assert found == set(quads)
    else:
        assert {quad.triple for quad in found} == {quad.triple for quad in quads}
    random.Random(seed).shuffle(quads)
    assert dump(quads, format_, CONTEXT) == data


@pytest.mark.parametrize(
    ("name", "reader"),
    [(n, r) for n, r in READERS if r is not by_pyoxigraph],
    ids=[f"{n}-{r.__name__}" for n, r in READERS if r is not by_pyoxigraph],
)
@settings(max_examples=60)
@given(quads=datasets)
def test_anything_reads_back_with_other_readers(
    name: str, reader: Callable[[bytes, str], Triples], quads: list[Quad]
) -> None:
    """Other readers agree; RDF/XML refuses what it cannot hold, and pyld rounds every double."""
    if reader is by_pyld:
        quads = [q for q in quads if "XMLSchema#double" not in str(q.object)]
    try:
        data = dump(quads, RDF_FORMATS[name], CONTEXT)
    except KgError:
        assert name == "rdfxml"
        return
    assert reader(data, name) == {quad.triple for quad in quads}


def test_the_order_of_the_input_never_shows(quads: list[Quad]) -> None:
    for format_ in RDF_FORMATS.values():
        data = dump(quads, format_, CONTEXT)
        assert dump([*reversed(quads), *quads], format_, CONTEXT) == data


def test_turtle_is_made_for_reading() -> None:
    """The base and used prefixes alone, class and label first, nested nodes after their parent."""
    facts = [q for q in compile_text(SHEET, "one.yaml").quads if "/finding/" in q.subject.value]
    assert dump(facts, RDF_FORMATS["turtle"], CONTEXT).decode() == TURTLE


TURTLE = """\
@base <https://example.org/topic/> .
@prefix le: <https://w3id.org/linked-evidence/ontology#> .
@prefix oa: <http://www.w3.org/ns/oa#> .
@prefix skos: <http://www.w3.org/2004/02/skos/core#> .

<finding/iron-fatigue> a le:Finding ;
    skos:prefLabel "Fatigue was less"@en ;
    le:study <study/one> ;
    le:exposure <mineral/iron> ;
    le:outcome <symptom/fatigue> ;
    le:direction le:direction-lower ;
    le:pValue 0.03 ;
    le:reported "P = 0.030" ;
    le:passage
        <finding/iron-fatigue/passages/ddc1b1d4>,
        <finding/iron-fatigue/passages/e4046dd3> .

<finding/iron-fatigue/passages/ddc1b1d4> a le:Passage ;
    oa:hasSource <document/a> ;
    oa:hasSelector <finding/iron-fatigue/passages/ddc1b1d4/selector> ;
    le:paragraph 1 ;
    le:hedge le:hedge-asserted .

<finding/iron-fatigue/passages/ddc1b1d4/selector> a oa:TextPositionSelector ;
    oa:start 0 ;
    oa:end 9 .

<finding/iron-fatigue/passages/e4046dd3> a le:Passage ;
    oa:hasSource <document/b> ;
    oa:hasSelector <finding/iron-fatigue/passages/e4046dd3/selector> ;
    le:paragraph 2 ;
    le:hedge le:hedge-possible .

<finding/iron-fatigue/passages/e4046dd3/selector> a oa:TextPositionSelector ;
    oa:start 5 ;
    oa:end 12 .
"""


def test_trig_indents_each_graph() -> None:
    """Line separators inside a literal are no line ends of the file."""
    quads = [
        Quad(NamedNode(BASE + "a"), terms.PREF_LABEL, Literal("x\u2028y\nz"), GRAPH),
        Quad(NamedNode(BASE + "a"), terms.PREF_LABEL, Literal(True), GRAPH),
        Quad(
            NamedNode(BASE + "b"),
            terms.PREF_LABEL,
            Literal("1", datatype=NamedNode(XSD + "decimal")),
        ),
    ]
    assert dump(quads, RDF_FORMATS["trig"], CONTEXT).decode() == (
        f"@base <{BASE}> .\n"
        f"@prefix skos: <{terms.SKOS}> .\n"
        f"@prefix xsd: <{XSD}> .\n\n"
        '<b> skos:prefLabel "1"^^xsd:decimal .\n\n'
        "<graph/one> {\n"
        '    <a> skos:prefLabel true, "x\u2028y\\nz" .\n'
        "}\n"
    )


def test_jsonld_has_one_object_for_each_node(quads: list[Quad]) -> None:
    """The project's keys, in its order; context and base inline; no blank nodes, exact numbers."""
    document = json.loads(dump(quads, RDF_FORMATS["jsonld"], CONTEXT))
    assert list(document) == ["@context", "@graph"]
    assert document["@context"] == CONTEXT.source | {"@base": BASE}
    nodes = {node["id"]: node for node in document["@graph"]}
    assert len(nodes) == len(document["@graph"]) == len({quad.subject for quad in quads})
    assert not any(name.startswith("_:") for name in nodes)
    finding = nodes[BASE + "finding/iron-fatigue"]
    assert list(finding) == [
        "id", "type", "label", "study", "exposure", "outcome", "direction", "pValue", "reported",
        "passages",
    ]  # fmt: skip
    assert finding["direction"] == "lower"
    assert finding["pValue"] == "0.03"
    assert nodes[BASE + "mineral/iron"]["closeMatch"] == "CHEBI:18248"


@pytest.mark.parametrize(
    "source", [[{"skos": terms.SKOS}], {"skos": terms.SKOS, "@base": "other/"}]
)
def test_jsonld_adds_the_base_to_any_context(source: object) -> None:
    context = Context.parse(source, BASE)
    quad = Quad(NamedNode(context.base + "a"), terms.PREF_LABEL, Literal("x"), GRAPH)
    data = dump([quad], RDF_FORMATS["jsonld"], context)
    assert f'"@id": "{context.base}a"' in data.decode()
    assert by_pyld(data, "jsonld") == {quad.triple}


def test_an_empty_graph_is_a_valid_file() -> None:
    for name, reader in READERS:
        assert reader(dump([], RDF_FORMATS[name], CONTEXT), name) == set()


@pytest.mark.parametrize(
    ("quad", "message"),
    [
        (
            Quad(NamedNode(BASE + "a"), NamedNode("https://example.org/1"), Literal("x")),
            r"RDF/XML cannot hold .*<https://example.org/1>.* \(not well-formed",
        ),
        (
            Quad(NamedNode(BASE + "a"), terms.LABEL, Literal("bell \a")),
            r'RDF/XML cannot hold .*"bell \\\\u0007".* \(not well-formed',
        ),
        (
            Quad(NamedNode(BASE + "a"), NamedNode(terms.RDF + "li"), Literal("x")),
            "RDF/XML cannot hold .*#li>.*reserved syntax term",
        ),
    ],
)
def test_rdfxml_refuses_what_xml_cannot_hold(quad: Quad, message: str) -> None:
    """The one triple to blame is named among others that are fine."""
    fine = Quad(NamedNode(BASE + "a"), terms.LABEL, Literal("a\r\n\tb"))
    assert by_rdflib(dump([fine], RDF_FORMATS["rdfxml"], CONTEXT), "rdfxml") == {fine.triple}
    with pytest.raises(KgError, match=message):
        dump([fine, quad], RDF_FORMATS["rdfxml"], CONTEXT)


def test_jsonld_refuses_what_it_cannot_hold() -> None:
    triple = Triple(NamedNode(BASE + "a"), terms.LABEL, Literal("x"))
    about = Quad(NamedNode(BASE + "b"), terms.LABEL, triple)
    with pytest.raises(KgError, match="a triple about the triple"):
        dump([about], RDF_FORMATS["jsonld"], CONTEXT)
    confused = Quad(NamedNode("CHEBI:1"), terms.LABEL, Literal("x"))
    with pytest.raises(KgError, match="JSON-LD cannot hold this"):
        dump([confused], RDF_FORMATS["jsonld"], CONTEXT)
    text = dump([about], RDF_FORMATS["turtle"], CONTEXT)
    assert {quad.triple for quad in parse(text, RdfFormat.TURTLE)} == {about.triple}


def test_blank_nodes_of_an_answer_are_written() -> None:
    """Data has none, but a query may construct some."""
    node = BlankNode("b1")
    quad = Quad(node, terms.LABEL, Literal("x"))
    for name in ("turtle", "jsonld", "ntriples", "rdfxml"):
        (back,) = by_pyoxigraph(dump([quad], RDF_FORMATS[name], CONTEXT), name)
        assert isinstance(back.subject, BlankNode)


@pytest.fixture(scope="module")
def store(quads: list[Quad]) -> Store:
    store = Store()
    store.extend(quads)
    return store


def test_graphs_are_chosen_by_name(store: Store) -> None:
    """An IRI, a relative name, and the path of the sheet name the same graph."""
    names = ["one.yaml", "graph/one", GRAPH.value, f"<{GRAPH.value}>"]
    assert choose_graphs(store, CONTEXT, names) == [GRAPH] * 4
    assert {q.graph_name for q in quads_of(store, [GRAPH])} == {GRAPH}
    assert len(quads_of(store)) == len(store) > len(quads_of(store, [GRAPH]))


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("on.yaml", "there is no graph `on.yaml`; did you mean `one.yaml`?"),
        ("zzz", "there is no graph `zzz`"),
    ],
)
def test_an_unknown_graph_is_refused(store: Store, name: str, message: str) -> None:
    with pytest.raises(UnknownNameError) as caught:
        choose_graphs(store, CONTEXT, [name])
    assert str(caught.value) == message


def test_a_file_is_written_whole_or_not_at_all(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What cannot be written leaves the old file and nothing beside it."""
    file = tmp_path / "out.ttl"
    write_file(file, b"old")

    def fail(_handle: int) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr("os.fsync", fail)
        with pytest.raises(KgError, match=r"out\.ttl cannot be written: No space left on device"):
            write_file(file, b"new")
    assert file.read_bytes() == b"old"
    assert list(tmp_path.iterdir()) == [file]
    with pytest.raises(KgError, match="cannot be written: No such file or directory"):
        write_file(tmp_path / "nowhere" / "out.ttl", b"new")


def test_a_link_stays_a_link_and_a_device_a_device(tmp_path: Path) -> None:
    file, link = tmp_path / "out.ttl", tmp_path / "link.ttl"
    file.write_bytes(b"old")
    link.symlink_to(file)
    write_file(link, b"new")
    assert link.is_symlink()
    assert file.read_bytes() == b"new"
    write_file(Path("/dev/null"), b"new")
    assert Path("/dev/null").is_char_device()
