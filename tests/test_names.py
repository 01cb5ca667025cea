import pytest
from pyoxigraph import Literal, NamedNode, Quad, Store

from kg import terms
from kg.context import Context
from kg.errors import UnknownNameError
from kg.names import label_of, resolve

BASE = "https://example.org/topic/"
CONTEXT = Context.parse(
    {
        "le": terms.LE,
        "CHEBI": {"@id": "http://purl.obolibrary.org/obo/CHEBI_", "@prefix": True},
    },
    BASE,
)
CHEBI = NamedNode("http://purl.obolibrary.org/obo/CHEBI_25107")


def data(name: str) -> NamedNode:
    return NamedNode(BASE + name)


@pytest.fixture(scope="module")
def store() -> Store:
    graph = data("graph/documents/000")
    labels = {
        data("mineral/magnesium"): ["Magnesium", "Mg"],
        data("intervention/macian-2022"): ["Magnesium in the trial of 2022"],
        data("study/macian-2022"): ["The trial of 2022"],
        data("document/000"): ["First document"],
        data("symptom/pain"): ["Pain"],
        data("symptom/chronic-pain"): ["Chronic pain", "Ache"],
        data("symptom/muscle-pain"): ["Muscle pain", "ache"],
        graph: ["facts/documents/000.yaml"],
        NamedNode(terms.LE + "pain"): ["pain"],
        NamedNode(terms.LE + "direction-lower"): ["lower"],
    }
    quads = [
        Quad(
            node,
            terms.ALT_LABEL if number else terms.PREF_LABEL,
            Literal(text, language="en"),
            graph,
        )
        for node, texts in labels.items()
        for number, text in enumerate(texts)
    ]
    dose = data("intervention/macian-2022/dose")
    quads.append(Quad(data("intervention/macian-2022"), NamedNode(terms.LE + "dose"), dose, graph))
    quads.append(Quad(dose, NamedNode(terms.LE + "unit"), Literal("mg"), graph))
    quads.append(
        Quad(data("mineral/magnesium"), NamedNode(terms.SKOS + "closeMatch"), CHEBI, graph)
    )
    store = Store()
    store.extend(quads)
    return store


@pytest.mark.parametrize(
    ("name", "iri"),
    [
        ("magnesium", data("mineral/magnesium")),
        (" magnesium ", data("mineral/magnesium")),
        ("mineral/magnesium", data("mineral/magnesium")),
        (BASE + "mineral/magnesium", data("mineral/magnesium")),
        (f"<{BASE}mineral/magnesium>", data("mineral/magnesium")),
        ("Mg", data("mineral/magnesium")),
        ("MUSCLE PAIN", data("symptom/muscle-pain")),
        ("pain", data("symptom/pain")),
        ("intervention/macian-2022/dose", data("intervention/macian-2022/dose")),
        ("CHEBI:25107", CHEBI),
        ("le:direction-lower", NamedNode(terms.LE + "direction-lower")),
        ("direction-lower", NamedNode(terms.LE + "direction-lower")),
        ("000", data("document/000")),
        ("graph/documents/000", data("graph/documents/000")),
        ("le:unit", NamedNode(terms.LE + "unit")),
    ],
)
def test_a_name_resolves(store: Store, name: str, iri: NamedNode) -> None:
    """An IRI, a CURIE, a relative id, a last part and a label all name the same thing."""
    assert resolve(store, CONTEXT, name) == iri


@pytest.mark.parametrize(
    ("name", "message"),
    [
        (
            "macian-2022",
            "`macian-2022` stands for 2 things: `intervention/macian-2022`, `study/macian-2022`; "
            "say which",
        ),
        (
            "Ache",
            "`Ache` stands for 2 things: `symptom/chronic-pain`, `symptom/muscle-pain`; say which",
        ),
        ("magnesum", "nothing here is called `magnesum`; did you mean `mineral/magnesium`?"),
        (
            "chronik pain",
            "nothing here is called `chronik pain`; did you mean `symptom/chronic-pain`?",
        ),
        (
            f"<{BASE}mineral/magnesum>",
            f"nothing here is called `{BASE}mineral/magnesum`; did you mean `mineral/magnesium`?",
        ),
        (
            "CHEBL:25107",
            "the prefix `CHEBL` in `CHEBL:25107` is not declared; did you mean `CHEBI`?",
        ),
        ("x:1", "the prefix `x` in `x:1` is not declared"),
        ("dose", "nothing here is called `dose`"),
        ("quite-unknown", "nothing here is called `quite-unknown`"),
        ("<a b>", "nothing here is called `a b`"),
        ("", "nothing here is called ``"),
    ],
)
def test_a_name_is_refused(store: Store, name: str, message: str) -> None:
    """What names nothing, or several things, is refused with what could have been meant."""
    with pytest.raises(UnknownNameError) as caught:
        resolve(store, CONTEXT, name)
    assert str(caught.value) == message


def test_a_long_list_of_candidates_is_cut() -> None:
    store = Store()
    store.extend([Quad(data(f"c{n}/same"), terms.PREF_LABEL, Literal("x")) for n in range(12)])
    with pytest.raises(UnknownNameError, match=r"12 things: .*`c5/same` and 4 more; say which"):
        resolve(store, CONTEXT, "same")


def test_an_english_label_comes_first() -> None:
    """Of several labels the English one is shown, and `rdfs:label` only without another."""
    store = Store()
    one, two, three = data("one"), data("two"), data("three")
    store.extend(
        [
            Quad(one, terms.PREF_LABEL, Literal("Aspirine", language="fr")),
            Quad(one, terms.PREF_LABEL, Literal("aspirin", language="en")),
            Quad(one, terms.LABEL, Literal("a")),
            Quad(two, terms.LABEL, Literal("second")),
        ]
    )
    assert [label_of(store, node) for node in (one, two, three)] == ["aspirin", "second", ""]


def test_a_retired_name_says_what_replaced_it() -> None:
    def named(path: str) -> NamedNode:
        return NamedNode(context.base + path)

    context = Context.parse({"le": terms.LE}, "https://example.org/")
    store = Store()
    retired = Quad(named("mineral/fe"), terms.DEPRECATED, Literal(True))
    store.extend([retired, Quad(retired.subject, terms.REPLACED_BY, named("mineral/iron"))])
    store.add(Quad(named("mineral/iron"), terms.LABEL, Literal("Iron")))
    for name in ("mineral/fe", "fe"):
        with pytest.raises(UnknownNameError) as caught:
            resolve(store, context, name)
        assert str(caught.value) == "`mineral/fe` is retired; `mineral/iron` replaced it"
        assert resolve(store, context, name, retired=True) == retired.subject
    store.add(Quad(named("symbol/fe"), terms.LABEL, Literal("Fe")))
    assert resolve(store, context, "fe") == named("symbol/fe")
