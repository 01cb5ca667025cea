"""The commands `export` and `show`, on a project built in a temporary folder."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from pyoxigraph import RdfFormat, parse
from sample import BASE, write_project

from kg.build import build_release
from kg.cli import group
from kg.errors import NoReleaseError, UnknownNameError
from kg.formats import RDF_FORMATS
from kg.store import open_release

IRON = "id: mineral/iron\ntype: Mineral\nlabel: Iron\naltLabel: Fe\nexactMatch: MESH:D007501\n"
ZINC = "id: mineral/zinc\ntype: Mineral\nlabel: Zinc\n"
SHAPES = """
@prefix sh: <http://www.w3.org/ns/shacl#> .
@prefix le: <https://w3id.org/linked-evidence/ontology#> .
<https://example.org/shape> a sh:NodeShape ; sh:targetClass le:Mineral .
"""


@dataclass(frozen=True)
class Cli:
    folder: Path

    def __call__(self, *arguments: str) -> Result:
        return CliRunner().invoke(group, ["-C", str(self.folder), *arguments])


@pytest.fixture(scope="module")
def kg(tmp_path_factory: pytest.TempPathFactory) -> Cli:
    folder = tmp_path_factory.mktemp("project")
    files = {"facts/iron.yaml": IRON, "facts/zinc.yaml": ZINC}
    project = write_project(folder, {**files, "shapes/shapes.ttl": SHAPES})
    build_release(project)
    return Cli(folder)


@pytest.mark.parametrize("name", RDF_FORMATS)
def test_every_format_goes_to_standard_output(kg: Cli, name: str) -> None:
    result = kg("export", "--format", name)
    assert result.exit_code == 0
    found = list(parse(result.stdout_bytes, RDF_FORMATS[name].rdf))
    store = open_release(kg.folder / "build").open_store()
    assert {quad.triple for quad in found} == {quad.triple for quad in store}
    assert kg("export", "--format", name).stdout_bytes == result.stdout_bytes


def test_one_graph_goes_to_a_file(kg: Cli, tmp_path: Path) -> None:
    """The extension says the format; what was written is told on standard error."""
    file = tmp_path / "iron.NQ"
    result = kg("export", "--graph", "facts/iron.yaml", "-o", str(file))
    assert (result.exit_code, result.stdout) == (0, "")
    assert result.stderr == f"{file}: 8 quads as N-Quads\n"
    graphs = {quad.graph_name.value for quad in parse(file.read_bytes(), RdfFormat.N_QUADS)}
    assert graphs == {BASE + "graph/iron"}


def test_an_unknown_graph_is_an_error_with_a_hint(kg: Cli) -> None:
    error = kg("export", "--graph", "facts/irn.yaml").exception
    assert isinstance(error, UnknownNameError)
    assert error.exit_code == 2
    assert "did you mean `facts/iron.yaml`?" in str(error)


def test_without_a_build_there_is_nothing_to_export_or_show(tmp_path: Path) -> None:
    write_project(tmp_path, {})
    for command in (["export"], ["show", "iron"]):
        assert isinstance(Cli(tmp_path)(*command).exception, NoReleaseError)


def test_show_as_text(kg: Cli) -> None:
    """What goes to a pipe has no colours."""
    assert kg("show", "iron").stdout == (
        "Iron  mineral/iron\nmineral, also called Fe\n\nexact match  MESH:D007501\n"
    )


@pytest.mark.parametrize(
    ("name", "format_"), [("Fe", "turtle"), (f"<{BASE}mineral/iron>", "jsonld")]
)
def test_show_as_data(kg: Cli, name: str, format_: str) -> None:
    result = kg("show", name, "--format", format_)
    subjects = {q.subject.value for q in parse(result.stdout_bytes, RDF_FORMATS[format_].rdf)}
    assert (result.exit_code, subjects) == (0, {BASE + "mineral/iron"})


def test_show_of_an_unknown_name_is_an_error(kg: Cli) -> None:
    assert isinstance(kg("show", "irom").exception, UnknownNameError)
