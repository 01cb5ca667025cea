"""The files of a release: what they hold is what the store holds, whatever the labels say."""

from __future__ import annotations

import csv
import gzip
import io
import json
import shutil
import subprocess
import tempfile
from collections.abc import Callable
from pathlib import Path

import csvw
import pytest
import rdflib
from click.testing import CliRunner
from pyoxigraph import Literal, NamedNode, Quad, Store, parse
from tiny import BASE, Tiny, snapshot, write_tiny

import kg
from kg import terms
from kg.blank import name_blank_nodes
from kg.build import build_release
from kg.cli import group
from kg.compile import describe_dataset
from kg.corpus import load_vocabulary, open_corpus
from kg.downloads import SUMS, Facts, Folder, facts_of, gather, read_sums, write_downloads
from kg.downloads.columns import guarded
from kg.downloads.tables import Table, make_tables
from kg.errors import ConfigError, KgError
from kg.export import export_files
from kg.formats import RDF_FORMATS
from kg.progress import silent
from kg.reading import sum_of
from kg.store import open_release
from kg.validate import validate

ROOT = Path(__file__).parent.parent
HOSTILE = (
    '</script><script>alert("1")</script>',
    "=1+1",
    "-2+3",
    "@SUM(A1)",
    "'=x",
    'a "quoted", text|with;every¦separator‖there',
    "two\nlines\r\nand\ra return",
    "tab\there",
    "שלום",
    "x" * 50_000,
)


@pytest.fixture
def tiny(tmp_path: Path) -> Tiny:
    return write_tiny(tmp_path / "project")


@pytest.fixture
def files(project_release: kg.Release) -> Path:
    return project_release.files


def built(tiny: Tiny) -> Path:
    build_release(tiny.project)
    return open_release(tiny.build).files


def facts(release: kg.Release, base: str) -> set[Quad]:
    return set(facts_of(release.open_store(), base))


def stored(quads: object) -> set[Quad]:
    """Quads as a store has them."""
    store = Store()
    store.extend(quads)  # type: ignore[arg-type]
    return set(store)


def read_table(files: Path, name: str) -> list[dict[str, str]]:
    text = (files / name).read_bytes().decode()
    return list(csv.DictReader(io.StringIO(text, newline="")))


def unguarded(text: str) -> str:
    """The documented way back."""
    rest = text.lstrip("'")
    return text[1:] if text.startswith("'") and rest.startswith(tuple("=+-@\t\r")) else text


# --- dumps


@pytest.mark.parametrize("format_", RDF_FORMATS.values(), ids=RDF_FORMATS)
def test_every_dump_holds_the_facts_and_nothing_else(
    format_: object, files: Path, project_release: kg.Release
) -> None:
    expected = facts(project_release, kg.load_project(ROOT).base)
    assert len(expected) > 4000
    data = (files / f"graph.{format_.extension}").read_bytes()  # type: ignore[attr-defined]
    read = stored(parse(data, format_.rdf))  # type: ignore[attr-defined]
    if format_.name in ("nquads", "trig"):  # type: ignore[attr-defined]
        assert read == expected
    else:
        assert {quad.triple for quad in read} == {quad.triple for quad in expected}


@pytest.mark.parametrize(("name", "format_"), [("ttl", "turtle"), ("rdf", "xml"), ("nt", "nt")])
def test_other_readers_read_the_same(files: Path, name: str, format_: str) -> None:
    graph = rdflib.Graph().parse(files / f"graph.{name}", format=format_)
    lines = (files / "graph.nt").read_bytes().splitlines()
    assert len(graph) == len(lines)


def test_compressed_files_hold_the_same_and_no_time(files: Path) -> None:
    packed = sorted(files.glob("*.gz"))
    assert len(packed) == len(RDF_FORMATS)
    for path in packed:
        data = path.read_bytes()
        assert gzip.decompress(data) == path.with_suffix("").read_bytes()
        # No flags, so no name; no time (RFC 1952, section 2.3).
        assert data[3:8] == bytes(5)


def test_sums_are_those_of_all_files(files: Path) -> None:
    checked = subprocess.run(
        ["sha256sum", "--check", "--strict", "SHA256SUMS"], cwd=files, capture_output=True
    )
    assert checked.returncode == 0
    assert {*read_sums(files), "SHA256SUMS"} == {path.name for path in files.iterdir()}


def test_the_same_facts_in_other_sheets_give_the_same_tables_and_triples(tiny: Tiny) -> None:
    before = snapshot(built(tiny))
    both = "".join(
        f"---\n{(tiny.root / f'facts/{name}.yaml').read_text()}" for name in ("zinc", "iron")
    )
    (tiny.root / "facts/zinc.yaml").unlink()
    (tiny.root / "facts/iron.yaml").unlink()
    tiny.write("facts/both.yaml", both)
    after = snapshot(built(tiny))
    same = {name for name in before if before[name] == after.get(name)}
    assert {"minerals.csv", "csv-metadata.json", "ontology.ttl", "shapes.jsonld"} <= same


def test_what_a_format_cannot_hold_is_left_out_with_a_note(tiny: Tiny) -> None:
    """XML has no way to write a control character; the other formats do."""
    tiny.write("facts/odd.yaml", 'id: mineral/odd\ntype: Mineral\nlabel: "a\\u0001b"\n')
    summary = build_release(tiny.project)
    release = open_release(tiny.build)
    assert summary.results == {"error": 0, "warning": 0, "info": 1}
    assert not list(release.files.glob("graph.rdf*"))
    assert (release.files / "graph.ttl.gz").is_file()
    assert "graph.rdf is left out" in (release.path / "report.json").read_text()
    assert summary.files == len(list(release.files.iterdir()))


# --- tables


def test_tables_are_valid_and_their_references_lead_somewhere(files: Path) -> None:
    tables = csvw.TableGroup.from_file(files / "csv-metadata.json")
    rows = {str(table.url): list(table.iterdicts(strict=True)) for table in tables.tables}
    assert tables.check_referential_integrity()
    names = {"entities", "studies", "findings", "mechanisms", "passages", "documents"}
    assert {f"{name}.csv" for name in names} <= set(rows)
    assert all(rows.values())
    keys = {
        (str(table.url), key.columnReference[0], str(key.reference.resource))
        for table in tables.tables
        for key in table.tableSchema.foreignKeys
    }
    assert ("findings.csv", "study", "studies.csv") in keys
    assert ("passages.csv", "document", "documents.csv") in keys


@pytest.mark.parametrize(
    ("name", "class_"),
    [("entities", "Entity"), ("studies", "Study"), ("findings", "Finding"),
     ("mechanisms", "Mechanism"), ("passages", "Passage")],
)  # fmt: skip
def test_a_table_has_a_row_for_each_thing(
    name: str, class_: str, files: Path, project_release: kg.Release
) -> None:
    query = f"""
        PREFIX rdfs: <http://www.w3.org/2000/01/rdf-schema#>
        SELECT DISTINCT ?thing {{ ?thing a/rdfs:subClassOf* <{terms.LE}{class_}> }}"""
    store = project_release.open_store()
    found = {row["thing"].value for row in store.query(query, use_default_graph_as_union=True)}
    assert {row["id"] for row in read_table(files, f"{name}.csv")} == found


def test_passages_tell_their_place(files: Path) -> None:
    for row in read_table(files, "passages.csv"):
        assert int(row["selector_start"]) < int(row["selector_end"])
        assert row["part_of"]
        assert row["id"].startswith(row["part_of"].split("|")[0])


def test_every_value_of_a_property_is_in_the_tables(
    files: Path, project_release: kg.Release
) -> None:
    """Read by the metadata beside them, the cells are the texts of the graph."""
    tables = csvw.TableGroup.from_file(files / "csv-metadata.json")
    store = project_release.open_store()
    for table in tables.tables:
        columns = [
            column
            for column in table.tableSchema.columns
            if column.propertyUrl and not column.aboutUrl and column.name != "id"
        ]
        for row in read_table(files, str(table.url)):
            for column in columns:
                cell = unguarded(row[column.name])
                values = set(cell.split(column.separator)) if column.separator else {cell}
                said = store.quads_for_pattern(
                    NamedNode(row["id"]), NamedNode(str(column.propertyUrl)), None, None
                )
                kept = {
                    terms.text_of(quad.object)
                    for quad in said
                    if isinstance(quad.object, Literal) is (column.valueUrl is None)
                    or column.separator
                }
                assert values - {""} == kept or not cell or column.lang, (row["id"], column.name)


def test_hostile_texts_come_back_unharmed(tiny: Tiny) -> None:
    lines = ["id: mineral/evil", "type: Mineral", "label: Evil", "altLabel:"]
    lines += [f"  - {json_text(text)}" for text in HOSTILE]
    tiny.write("facts/evil.yaml", "\n".join(lines) + "\n")
    files = built(tiny)
    metadata = csvw.TableGroup.from_file(files / "csv-metadata.json")
    (table,) = metadata.tables
    column = next(c for c in table.tableSchema.columns if c.name == "altLabel")
    (row,) = (r for r in read_table(files, "minerals.csv") if r["label"] == "Evil")
    assert set(unguarded(row["altLabel"]).split(column.separator)) == set(HOSTILE)
    assert not any(cell.startswith(tuple("=+@\t\r")) for cell in row.values())
    read = stored(parse((files / "graph.jsonld").read_bytes(), RDF_FORMATS["jsonld"].rdf))
    assert set(HOSTILE) <= {terms.text_of(quad.object) for quad in read}


def json_text(text: str) -> str:
    escaped = text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
    return '"' + escaped.replace("\r", "\\r").replace("\t", "\\t") + '"'


@pytest.mark.parametrize("text", [*HOSTILE, "", "'", "''", "-0.5", "+3", "1e5", "-", "'-0.5"])
def test_the_guard_against_formulas_can_be_undone(text: str) -> None:
    assert unguarded(guarded(text)) == text


def tables_of(tiny: Tiny) -> list[Table]:
    """The tables of what the sheets say, whether shapes accept it or not."""
    aside = Path(tempfile.mkdtemp(dir=tiny.root))
    with open_corpus(tiny.project, aside, sum_of, silent, keep=False) as corpus:
        quads = Facts(corpus.lines, corpus.stats())
        return make_tables(quads, corpus.ontology, corpus.context)


def test_a_value_of_another_type_makes_its_column_text(tiny: Tiny) -> None:
    (before,) = tables_of(tiny)
    assert {c.name: c.datatype for c in before.columns}["mass"] == "decimal"
    tiny.write(
        "facts/odd.ttl",
        '<https://example.org/mineral/odd> a <https://example.org/ontology#Mineral> ;\n'
        '  <http://www.w3.org/2004/02/skos/core#prefLabel> "Odd", "Seltsam"@de, "Odd"@en ;\n'
        '  <https://example.org/ontology#mass> "heavy", <https://example.org/mineral/iron> .\n',
    )  # fmt: skip
    (after,) = tables_of(tiny)
    named = {column.name: column for column in after.columns}
    assert {"label", "label_de", "label_text", "mass", "mass_2"} <= set(named)
    assert named["mass"].datatype == "anyURI"
    assert named["mass_2"].datatype == "string"
    assert named["label_de"].language == "de"


def test_classes_that_the_ontology_does_not_have(tiny: Tiny) -> None:
    """Names that would be the same are told apart; nothing needs a label."""
    tiny.write(
        "facts/other.ttl",
        "<https://example.org/a> a <urn:x:Mineral> . <https://example.org/b#c> a <urn:y:日本> .\n"
        "<https://example.org/ü> a <urn:z:Category> .\n",
    )
    names = [table.name for table in tables_of(tiny)]
    assert names == ["categories", "minerals", "minerals-2", "things"]
    tables = csvw.TableGroup.from_file(built(tiny) / "csv-metadata.json")
    assert len([list(table.iterdicts(strict=True)) for table in tables.tables]) == 4


def test_odd_identifiers_and_values(tiny: Tiny) -> None:
    label = "<http://www.w3.org/2004/02/skos/core#prefLabel>"
    mineral = f"a <{BASE}ontology#Mineral>"
    date = "<http://www.w3.org/2001/XMLSchema#date>"
    lines = [
        f'<{BASE}a%20b/> {mineral} ; {label} "x"@en .',
        f'<{BASE}x.ttl> {mineral} ; {label} "x"@en-GB, "", "y"@en ; <urn:p> <urn:a>, <urn:b:#> .',
        f'<{BASE}index#frag> {mineral} ; {label} "日本"@ja ; <urn:like/> "2020-02-29"^^{date} .',
        f'<{BASE}ü?q=1> {mineral}, <urn:Other/> ; {label} "z" ; <urn:q> "2021-02-29"^^{date} .',
    ]
    tiny.write("facts/odd.ttl", "\n".join(lines))
    tables = csvw.TableGroup.from_file(built(tiny) / "csv-metadata.json")
    assert all(list(table.iterdicts(strict=True)) for table in tables.tables)
    found = {row["id"] for row in read_table(open_release(tiny.build).files, "minerals.csv")}
    assert {f"{BASE}{end}" for end in ("a%20b/", "x.ttl", "index#frag", "ü?q=1")} <= found


def test_a_project_without_facts_or_queries(tiny: Tiny) -> None:
    shutil.rmtree(tiny.root / "queries")
    (tiny.root / "queries").mkdir()
    tiny.write("facts/iron.yaml", "# nothing yet\n")
    tiny.write("facts/zinc.yaml", "")
    files = built(tiny)
    assert not list(files.glob("*.csv"))
    assert not (files / "csv-metadata.json").exists()
    assert (files / "queries.ttl").is_file()
    assert "graph.ttl" in read_sums(files)


# --- ontology and shapes


@pytest.mark.parametrize("extension", ["ttl", "jsonld"])
def test_the_ontology_is_that_of_the_store(
    extension: str, files: Path, project_release: kg.Release
) -> None:
    format_ = next(f for f in RDF_FORMATS.values() if f.extension == extension)
    _, ontology = load_vocabulary(kg.load_project(ROOT))
    written = list(parse((files / f"ontology.{extension}").read_bytes(), format_.rdf))
    data = name_blank_nodes(written, ontology.iri)
    graph = NamedNode(ontology.iri)
    kept = project_release.open_store().quads_for_pattern(None, None, None, graph)
    assert set(data) == set(kept)
    part = list(parse((files / f"vocabularies.{extension}").read_bytes(), format_.rdf))
    assert {quad.triple for quad in part} < {quad.triple for quad in written}


def test_the_shapes_judge_as_those_of_the_project(tiny: Tiny, tmp_path: Path) -> None:
    files = built(tiny)
    shapes = tmp_path / "shapes"
    shapes.mkdir()
    shutil.copyfile(files / "shapes.ttl", shapes / "shapes.ttl")
    bad = [
        Quad(NamedNode(f"{BASE}x"), terms.TYPE, NamedNode(f"{BASE}ontology#Mineral")),
        Quad(NamedNode(f"{BASE}x"), NamedNode(f"{BASE}ontology#mass"), Literal(999)),
    ]
    found = validate(bad, shapes)
    assert found == validate(bad, tiny.project.shapes)
    assert len(found) == 3


def test_the_shapes_of_this_project_judge_its_files(
    files: Path, project_release: kg.Release, tmp_path: Path
) -> None:
    """Those judge what sheets say; metadata is the business of others' shapes."""
    shutil.copyfile(files / "shapes.ttl", tmp_path / "shapes.ttl")
    base = kg.load_project(ROOT).base
    judged = [q for q in project_release.open_store() if q.graph_name != NamedNode(base)]
    assert validate([*judged, *describe_dataset(base)], tmp_path) == []


# --- kg build --no-files, kg export --all


def test_a_build_without_files(tiny: Tiny) -> None:
    with_files = build_release(tiny.project)
    without = build_release(tiny.project, files=False)
    assert (with_files.unchanged, without.unchanged) == (False, False)
    assert without.files == 0
    assert not open_release(tiny.build).files.exists()
    assert build_release(tiny.project, files=False).unchanged
    again = build_release(tiny.project)
    assert (again.unchanged, again.digest) == (False, with_files.digest)
    assert again.files == with_files.files > 20


def test_files_that_were_damaged_are_made_again(tiny: Tiny) -> None:
    files = built(tiny)
    before = snapshot(files)
    (files / "graph.ttl").write_text("damaged")
    (files / "SHA256SUMS").unlink()
    assert snapshot(built(tiny)) == before


def test_export_all_writes_what_the_build_wrote(tiny: Tiny, tmp_path: Path) -> None:
    target = tmp_path / "a/downloads"
    files = built(tiny)
    release = open_release(tiny.build)
    count = export_files(tiny.project, release, target)
    assert snapshot(target) == snapshot(files)
    assert count == len(snapshot(target))
    build_release(tiny.project, files=False)
    export_files(tiny.project, open_release(tiny.build), target)
    assert snapshot(target) == snapshot(files)
    assert [path.name for path in target.parent.iterdir()] == ["downloads"]


def a_file_more(folder: Path) -> None:
    (folder / "thesis.txt").write_text("mine")


def a_folder_more(folder: Path) -> None:
    (folder / "thesis").mkdir()


def no_sums(folder: Path) -> None:
    (folder / "SHA256SUMS").unlink()


def a_link_in_its_place(folder: Path) -> None:
    folder.rename(folder.with_name("elsewhere"))
    folder.symlink_to("elsewhere")


def a_file_in_its_place(folder: Path) -> None:
    shutil.rmtree(folder)
    folder.write_text("mine")


@pytest.mark.parametrize(
    "change", [a_file_more, a_folder_more, no_sums, a_link_in_its_place, a_file_in_its_place]
)
def test_a_folder_of_somebody_else_is_not_replaced(
    tiny: Tiny, tmp_path: Path, change: Callable[[Path], None]
) -> None:
    target = tmp_path / "downloads"
    built(tiny)
    export_files(tiny.project, open_release(tiny.build), target)
    change(target)
    before = snapshot(tmp_path)
    with pytest.raises(KgError, match="holds other things"):
        export_files(tiny.project, open_release(tiny.build), target)
    assert snapshot(tmp_path) == before


def test_export_on_the_command_line(tiny: Tiny) -> None:
    assert tiny.kg("build").returncode == 0
    told = tiny.kg("export", "--all", "-o", "out")
    assert (told.returncode, told.stdout) == (0, "")
    assert "out: " in told.stderr
    facts_alone = tiny.kg("export", "--facts", "--format", "nquads").stdout
    assert facts_alone == (tiny.root / "out/graph.nq").read_text(encoding="utf-8")
    assert "none" in tiny.kg("build", "--no-files").stdout


@pytest.mark.parametrize(
    "options", [["--all"], ["--all", "-o", "x", "--facts"], ["-o", "."], ["--facts", "-g", "x"]]
)
def test_options_of_export_that_do_not_go_together(options: list[str], tiny: Tiny) -> None:
    runner = CliRunner()
    told = runner.invoke(group, ["-C", str(tiny.root), "export", *options])
    assert told.exit_code == 2
    assert "Error: " in told.output


def test_queries_that_cannot_be_read_stop_a_build(tiny: Tiny) -> None:
    build_release(tiny.project)
    before = snapshot(tiny.build)
    tiny.write("queries/bad.rq", "SELECT * {}")
    with pytest.raises(ConfigError, match=r"bad\.rq"):
        build_release(tiny.project)
    assert snapshot(tiny.build) == before


def test_writing_twice_gives_the_same_bytes(tiny: Tiny, tmp_path: Path) -> None:
    build_release(tiny.project)
    context, ontology = load_vocabulary(tiny.project)
    found = list(facts(open_release(tiny.build), BASE))
    for name, quads in (("one", found), ("two", found[::-1])):
        store = Store()
        store.extend(quads)
        material = gather(tiny.project, context, ontology, Facts.stored(store, BASE), "0f")
        assert write_downloads(Folder(tmp_path / name), material) == []
    assert snapshot(tmp_path / "one") == snapshot(tmp_path / "two")


# --- large graphs


@pytest.fixture
def large(tiny: Tiny, monkeypatch: pytest.MonkeyPatch) -> kg.Release:
    """A release of a graph that is taken for a large one."""
    monkeypatch.setattr("kg.stats.LARGE", 3)
    build_release(tiny.project)
    return open_release(tiny.build)


def test_of_a_large_graph_there_is_one_dump_and_no_table(large: kg.Release) -> None:
    names = {path.name for path in large.files.iterdir()}
    assert {name for name in names if name.startswith("graph") or name.endswith("csv")} == {
        "graph.nq.gz"
    }
    assert {"ontology.ttl", "shapes.ttl", "metadata.ttl", "croissant.json"} < names
    assert {*read_sums(large.files), SUMS} == names
    data = (large.files / "graph.nq.gz").read_bytes()
    assert data[3:8] == bytes(5)
    lines = gzip.decompress(data).splitlines()
    assert stored(parse(b"\n".join(lines), RDF_FORMATS["nquads"].rdf)) == facts(large, BASE)
    assert lines == sorted(lines, key=lambda line: (line.split()[-2], line))
    report = json.loads((large.path / "report.json").read_text(encoding="utf-8"))
    (note,) = [p for p in report["problems"] if p["rule"] == "not-written"]
    assert "too many for tables" in note["message"]
    assert note["severity"] == "info"


def test_what_a_large_graph_says_of_itself_is_there(large: kg.Release) -> None:
    store = large.open_store()
    void = NamedNode(BASE)
    dumps = store.quads_for_pattern(void, NamedNode(terms.VOID + "dataDump"), None, None)
    assert [terms.text_of(quad.object).rpartition("/")[2] for quad in dumps] == ["graph.nq.gz"]
    assert not list(store.quads_for_pattern(None, NamedNode(terms.VOID + "distinctObjects"), None))
    (count,) = store.quads_for_pattern(void, NamedNode(terms.VOID + "triples"), None)
    assert int(terms.text_of(count.object)) == len(facts(large, BASE))
    described = json.loads((large.files / "croissant.json").read_text(encoding="utf-8"))
    assert "recordSet" not in described
    crate = json.loads((large.files / "ro-crate-metadata.json").read_text(encoding="utf-8"))
    parts = {part["@id"] for part in crate["@graph"][1]["hasPart"]}
    assert parts < {path.name for path in large.files.iterdir()}


def test_a_large_graph_is_exported_as_it_was_built(
    large: kg.Release, tiny: Tiny, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Also where its lines have to be sorted, and counted, a few at a time."""
    before = snapshot(large.files)
    assert before
    shutil.rmtree(large.files)
    monkeypatch.setattr("kg.downloads.facts._SORTED", 2)
    monkeypatch.setattr("kg.downloads.facts._COUNTED", 2)
    monkeypatch.setattr("kg.downloads.facts._READ", 2)
    export_files(tiny.project, large, tmp_path / "out")
    assert snapshot(tmp_path / "out") == before


def test_lines_of_a_store_are_sorted_whatever_they_hold(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("kg.downloads.facts._SORTED", 3)
    texts = ["\u2028", "\x85x", "a\nb\rc", "é", "\U0001f600", *map(str, range(5))]
    graphs = [NamedNode(f"{BASE}graph/{name}") for name in ("b", "a")]
    quads = [Quad(graphs[0], terms.LABEL, Literal(t), g) for t in texts for g in graphs]
    store = Store()
    store.extend([*quads, Quad(graphs[0], terms.LABEL, Literal("x"), NamedNode(BASE))])
    found = Facts.stored(store, BASE)
    assert list(found.lines()) == [
        f"{quad} .\n" for quad in sorted(quads, key=lambda q: (str(q.graph_name), str(q)))
    ]
    assert set(found) == set(quads)
    assert found.stats.quads == len(quads)
