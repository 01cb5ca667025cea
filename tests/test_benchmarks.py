"""The benchmarks: what they measure, what they compare, and what they show of it."""

import sys
import xml.etree.ElementTree as ET
from pathlib import Path

import pytest
from pyoxigraph import Literal, NamedNode, Quad, RdfFormat, Store

from benchmarks import build, query
from benchmarks.check import difference, read_told
from benchmarks.corpus import BASE
from benchmarks.engines import NotAnsweredError
from benchmarks.engines.local import Oxigraph, Rdflib
from benchmarks.measure import Limits, measure
from benchmarks.peers import FLOOR, PEERS, environments
from benchmarks.plot import plot_growth
from benchmarks.results import CLEAN, Results, Row, describe_machine, read_results
from benchmarks.tables import KG, format_results
from kg import Release, load_project
from kg.catalogue import load_catalogue
from kg.context import load_context
from kg.names import resolve

ROOT = Path(__file__).parent.parent
PLENTY = Limits(seconds=60, memory=1e9)
SVG = "{http://www.w3.org/2000/svg}"

# Two processes that work for a while with memory of their own; the first never waits for the other.
WORK = """
import os, time
if os.fork() == 0:
    os.setsid()
kept = bytearray(os.urandom(1)) * 60_000_000
end = time.process_time() + 0.5
while time.process_time() < end:
    pass
time.sleep(0.3)
"""


def python(text: str) -> list[str]:
    return [sys.executable, "-c", text]


def test_children_count_whoever_waits_for_them() -> None:
    """The time and the memory of a child are counted, and so they are when it is an orphan."""
    usage = measure(python(WORK), ROOT, PLENTY)
    assert (usage.code, usage.stopped) == (0, "")
    assert usage.memory > 110e6
    assert usage.cpu > 0.5


def test_what_is_left_over_is_ended_and_counts() -> None:
    """A child that would go on for ever goes with its parent; the time that it took is counted."""
    text = "import os, time\nif os.fork() == 0:\n    while True: pass\ntime.sleep(1.5)"
    usage = measure(python(text), ROOT, PLENTY)
    assert 1.5 < usage.seconds < 20
    assert usage.cpu > 0.2


@pytest.mark.parametrize(
    ("text", "limits", "why"),
    [
        ("import time; time.sleep(60)", Limits(0.3, 1e9), "over 0.3 s"),
        ("kept = b'x' * 300_000_000\nwhile True: pass", Limits(60, 0.1e9), "over 0.1 GB"),
    ],
    ids=["time", "memory"],
)
def test_a_limit_ends_everything(text: str, limits: Limits, why: str) -> None:
    usage = measure(python(f"import os\nos.fork()\n{text}"), ROOT, limits)
    assert usage.stopped == why
    assert usage.code == -9
    assert usage.seconds < 30


@pytest.fixture(scope="module")
def results() -> Results:
    """Twenty documents through every way that is installed here."""
    return build.run(build.Options((20,), Limits(300, 4e9), install=False))


def test_every_way_that_is_installed_comes_to_the_same_triples(results: Results) -> None:
    absent = {peer.name: peer.absent() for peer in (FLOOR, *PEERS)}
    rows = list(results.group(CLEAN))
    assert [row.name for row in rows[:-2]] == [KG, *absent]
    ours = rows[0]
    assert ours.note.endswith("findings")
    for row in rows[1:]:
        if absent.get(row.name):
            assert (row.state, row.measured) == (absent[row.name], False)
        else:
            assert (row.state, row.note) == ("", "the same")
            assert row.quads == ours.quads
        assert row.measured is not bool(row.state)


def test_the_table_has_a_line_for_every_way_with_figures_or_the_reason(results: Results) -> None:
    lines = [line for line in format_results(results).splitlines() if line.startswith("| ")]
    cells = [[cell.strip() for cell in line.strip("|").split("|")] for line in lines]
    table = {line[0]: line[1:] for line in cells if len(line) == 8}
    assert next(iter(table)) == "what"
    for row in results.group(CLEAN):
        shown = table[row.name]
        if row.measured:
            assert shown[0] == f"{row.seconds:,.2f} s"
            assert shown[3] == f"{row.quads / row.seconds:,.0f}"
        else:
            assert shown[0].startswith("not installed: ")
            assert not any(shown[1:6])


def test_results_are_kept_and_read_again(results: Results, tmp_path: Path) -> None:
    results.write(tmp_path / "results.json")
    assert read_results(tmp_path / "results.json") == results


def test_a_store_that_tells_something_else_is_told(tmp_path: Path) -> None:
    """Provenance may differ; a single other triple may not."""
    le = "https://w3id.org/linked-evidence/ontology#"
    finding, p_value = NamedNode(f"{BASE}finding/1"), NamedNode(f"{le}pValue")
    decimal = NamedNode("http://www.w3.org/2001/XMLSchema#decimal")
    told = []
    for number, sheet in (("0.01", "a"), ("0.01", "b"), ("0.02", "b")):
        path = tmp_path / f"{sheet}{number}"
        store = Store(str(path))
        graph = NamedNode(f"{BASE}graph/{sheet}")
        store.add(Quad(finding, p_value, Literal(number, datatype=decimal), graph))
        store.add(Quad(graph, NamedNode(f"{le}sha256"), Literal(sheet), graph))
        store.flush()
        del store
        told.append(read_told(path))
    assert difference(told[0], told[1]) == ""
    assert difference(told[0], told[2]) == "other P-values"


def test_a_peer_without_its_environment_is_absent_with_the_reason() -> None:
    nowhere = environments.Environment("no-such-package", "0")
    assert nowhere.absent() == "not installed: no-such-package"


def made_up(*sizes: int) -> Results:
    """Figures that grow with the documents, by the square for one way; one that was left out."""
    rows = [
        *(Row(CLEAN, n, KG, n * 100, n / 50, n / 30, 10**8 + n, [[1, 1, 1]]) for n in sizes),
        *(
            Row(CLEAN, n, 'a "way" & <more>', 1, n * n / 1e4, 1, n * 999, [[1, 1, 1]])
            for n in sizes
        ),
        Row(CLEAN, sizes[-1], "another", state="over 60 s"),
    ]
    return Results(describe_machine(), rows)


def test_growth_has_exponents_and_what_was_left_out_is_said() -> None:
    text = format_results(made_up(100, 1000, 10_000))
    assert f"| {KG} | 100 → 1,000 → 10,000 | 10.0, 10.0 | 1.00 | 1.0, 1.0 |" in text
    assert "| 100.0, 100.0 | 2.00 | 10.0, 10.0 |" in text
    assert "| another | over 60 s |" in text


@pytest.mark.parametrize("sizes", [(1000,), (100, 1000, 10_000)])
def test_the_plot_is_valid_and_says_in_words_what_it_shows(sizes: tuple[int, ...]) -> None:
    root = ET.fromstring(plot_growth(made_up(*sizes)))
    assert root.tag == f"{SVG}svg"
    ids = {part.get("id"): part.text for part in root if part.get("id")}
    assert root.get("aria-labelledby", "").split() == list(ids)
    assert f"{KG}: {sizes[0]:,} documents" in str(ids["description"])
    lines = root.findall(f"{SVG}polyline")
    assert [len(str(line.get("points")).split()) for line in lines] == [len(sizes)] * 4
    width, height = map(float, root.get("viewBox", "").split()[2:])
    for line in lines:
        for point in str(line.get("points")).split():
            x, y = map(float, point.split(","))
            assert 0 < x < width
            assert 0 < y < height


def test_nothing_measured_is_nothing_to_draw() -> None:
    with pytest.raises(ValueError, match="nothing was measured"):
        plot_growth(Results({}))


def test_stock_queries_with_their_values_written_in_answer_the_same(
    project_release: Release,
) -> None:
    """What the engines are asked is what `kg query` asks."""
    project = load_project(ROOT)
    context = load_context(project.ontology / "context.jsonld", project.base)
    store = project_release.open_store()
    texts = dict(query.texts(project))
    catalogue = load_catalogue(project.queries)
    assert list(texts) == list(catalogue)
    for name, stock in catalogue.items():
        bindings = stock.bind({}, lambda text: resolve(store, context, text))
        asked = store.query(stock.text, substitutions=bindings, use_default_graph_as_union=True)
        written = store.query(texts[name], use_default_graph_as_union=True)
        assert sorted(map(str, written)) == sorted(map(str, asked)), name


@pytest.mark.parametrize("engine", [Oxigraph, Rdflib])
def test_an_engine_answers_or_says_why_not(
    engine: type[Oxigraph] | type[Rdflib], tmp_path: Path
) -> None:
    one = NamedNode("https://example.org/1")
    graphs = [NamedNode(f"https://example.org/graph/{name}") for name in "ab"]
    quads = [Quad(one, one, Literal(str(n)), graphs[n % 2]) for n in range(200)]
    store = Store(str(tmp_path / "store"))
    store.extend(quads)
    store.flush()
    store.dump(tmp_path / "triples.nt", format=RdfFormat.N_TRIPLES, from_graph=graphs[0])
    with (tmp_path / "triples.nt").open("ab") as file:
        store.dump(file, format=RdfFormat.N_TRIPLES, from_graph=graphs[1])
    del store
    opened = engine(tmp_path / "store", tmp_path / "triples.nt", tmp_path)
    answer = opened.ask("SELECT ?o { ?s ?p ?o }", times=2, limit=20)
    assert answer.rows == 200
    assert len(answer.seconds) == 2
    every = "SELECT (COUNT(*) AS ?n) { ?a ?b ?c . ?d ?e ?f . ?g ?h ?i . ?j ?k ?l }"
    with pytest.raises(NotAnsweredError, match=r"over 0\.5 s"):
        opened.ask(every, times=1, limit=0.5)
    with pytest.raises(NotAnsweredError, match="failed"):
        opened.ask("SELECT", times=1, limit=20)
    opened.close()


def test_other_numbers_of_rows_and_absent_engines_are_shown() -> None:
    answers = query.Answers({"cores": "2"}, {"Jena": "not installed: java"})
    for engine, rows, seconds in (("ours", 3, 0.01), ("right", 3, 0.04), ("wrong", 2, 0.001)):
        answers.asked.append(query.Asked(9, "doses", engine, rows, seconds))
    answers.asked.append(query.Asked(9, "doses", "slow", state="over 1 s"))
    text = query.format_answers(answers)
    assert "absent: Jena (not installed: java)" in text
    assert "| doses | 3 | 10.0 ms | 40.0 ms | 1.0 ms (2 rows) | over 1 s |" in text
    assert "| 1.0 (1 of 1) | 4.0 (1 of 1) | none | none |" in text
