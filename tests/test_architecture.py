"""The shape of the package: floors, sizes, and the names it offers."""

from __future__ import annotations

import ast
import importlib
import inspect
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

import kg

PACKAGE = Path(kg.__file__).parent

# Module → floor. A module imports only from floors below its own, or from siblings in its package.
FLOORS = {
    "errors": 0, "formats": 0, "iris": 0, "progress": 0, "summary": 0, "terms": 0,
    "answer": 1, "blank": 1, "catalogue": 1, "context": 1, "sparql": 1, "store": 1, "table": 1,
    "things": 1,
    "screen": 1, "screen.constraints": 1, "screen.focus": 1, "screen.forms": 1,
    "screen.look": 1, "screen.paths": 1, "screen.patterns": 1, "screen.rules": 1,
    "screen.split": 1,
    "sheets.nodes": 1,
    "bulk": 2, "child": 2, "names": 2, "ontology": 2, "project": 2, "stats": 2, "tombstones": 2,
    "dumps.layout": 2,
    "report": 2, "report.as_json": 2, "report.groups": 2, "report.kept": 2, "report.sarif": 2,
    "report.text": 2, "report.turtle": 2,
    "sheets": 2, "sheets.files": 2, "sheets.json_nodes": 2, "sheets.rdf": 2,
    "sheets.streams": 2, "sheets.yaml_nodes": 2,
    "found": 3, "inputs": 3, "literals": 3, "pool": 3, "quality": 3, "view": 3,
    "dumps": 3, "dumps.json_ld": 3, "dumps.rdf_xml": 3, "dumps.turtle": 3,
    "plan": 3, "plan.lexical": 3, "plan.scopes": 3, "plan.values": 3,
    "loader": 4, "results": 4, "show": 4, "walk": 4,
    "diff": 4, "diff.changes": 4, "diff.compare": 4, "diff.forms": 4, "diff.pairs": 4,
    "diff.sides": 4,
    "compile": 5, "show_text": 5,
    "downloads": 5, "downloads.columns": 5, "downloads.csvw": 5, "downloads.facts": 5,
    "downloads.folder": 5, "downloads.tables": 5,
    "pieces": 6,
    "metadata": 6, "metadata.contents": 6, "metadata.croissant": 6, "metadata.dcat": 6,
    "metadata.queries": 6, "metadata.ro_crate": 6, "metadata.schema_org": 6,
    "metadata.triples": 6,
    "assemble": 7, "index": 7, "places": 7, "reading": 7, "runs": 7,
    "export": 8, "link": 8, "passages": 8, "recall": 8, "validate": 8,
    "corpus": 9, "dangling": 9, "judge": 9,
    "site": 9, "site.addresses": 9, "site.cite": 9, "site.classes": 9, "site.content": 9,
    "site.directory": 9, "site.drawings": 9, "site.drawings.chain": 9, "site.drawings.grid": 9,
    "site.drawings.layers": 9, "site.drawings.shapes": 9, "site.drawings.text": 9,
    "site.embedded": 9, "site.entity": 9, "site.errors": 9, "site.evidence": 9,
    "site.evidence.disagreements": 9, "site.evidence.findings": 9,
    "site.evidence.hypotheses": 9, "site.evidence.maps": 9, "site.evidence.mechanisms": 9,
    "site.evidence.overviews": 9, "site.evidence.reading": 9, "site.evidence.statements": 9,
    "site.evidence.studies": 9, "site.files": 9, "site.headers": 9, "site.home": 9,
    "site.listed": 9, "site.lists": 9, "site.pages": 9, "site.reference": 9,
    "site.reference.answers": 9, "site.reference.ontology": 9, "site.reference.queries": 9,
    "site.reference.releases": 9, "site.reference.sparql": 9, "site.reference.vocabulary": 9,
    "site.render": 9, "site.report": 9, "site.search": 9, "site.things": 9, "site.views": 9,
    "site.xml_limits": 9,
    "renew": 10, "validation": 10,
    "publish": 10, "publish.apache": 10, "publish.hosts": 10, "publish.links": 10,
    "publish.swap": 10,
    "serve": 10, "serve.answers": 10, "serve.app": 10, "serve.asked": 10, "serve.cache": 10,
    "serve.description": 10, "serve.headers": 10, "serve.live": 10, "serve.log": 10,
    "serve.messages": 10, "serve.openapi": 10, "serve.pages": 10, "serve.problems": 10,
    "serve.process": 10, "serve.protocol": 10, "serve.repeats": 10, "serve.routes": 10,
    "serve.server": 10, "serve.sparql": 10, "serve.spool": 10, "serve.wire": 10,
    "serve.worker": 10, "serve.workers": 10,
    "check": 11,
    "outside": 11, "outside.loading": 11, "outside.places": 11, "outside.sources": 11,
    "outside.unnamed": 11,
    "build": 12,
    "": 13,
    "cli": 14, "cli.build": 14, "cli.check": 14, "cli.diff": 14, "cli.engine": 14,
    "cli.export": 14, "cli.progress": 14, "cli.publish": 14, "cli.query": 14, "cli.reports": 14,
    "cli.serve": 14, "cli.shared": 14, "cli.show": 14, "cli.validate": 14, "cli.verify": 14,
}  # fmt: skip

PUBLIC = [
    "Checked",
    "KgError",
    "NonconformingError",
    "Problem",
    "Project",
    "Release",
    "Summary",
    "build_release",
    "check_project",
    "load_project",
    "open_release",
    "verify_passages",
]


def modules() -> dict[str, ast.Module]:
    found = {}
    for path in sorted(PACKAGE.rglob("*.py")):
        parts = path.relative_to(PACKAGE).with_suffix("").parts
        name = ".".join(part for part in parts if part != "__init__")
        found[name] = ast.parse(path.read_text(encoding="utf-8"))
    return found


MODULES = modules()


def imports(tree: ast.AST) -> Iterator[str]:
    """The modules of the package that are imported in `tree`, without the leading `kg.`."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            for alias in node.names:
                if alias.name.split(".")[0] == "kg":
                    yield alias.name.partition(".")[2]
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, "imports are absolute"
            if node.module and node.module.split(".")[0] == "kg":
                home = node.module.partition(".")[2]
                for alias in node.names:
                    inner = f"{home}.{alias.name}".lstrip(".")
                    # The version is written in `kg` itself, so that anything may read it.
                    if inner != "__version__":
                        yield inner if inner in MODULES else home


def test_every_module_has_its_floor() -> None:
    assert set(FLOORS) == set(MODULES)


def test_the_page_on_concepts_shows_these_floors() -> None:
    page = (PACKAGE.parent / "docs" / "concepts.md").read_text(encoding="utf-8")
    rows = re.findall(r"^\| (\d+) \| (.+) \|$", page, re.MULTILINE)
    shown = {name: int(floor) for floor, names in rows for name in re.findall(r"`(\w+)`", names)}
    assert shown == {name: floor for name, floor in FLOORS.items() if name and "." not in name}


@pytest.mark.parametrize("name", sorted(MODULES))
def test_a_module_imports_only_from_floors_below(name: str) -> None:
    package = name.rpartition(".")[0] or name
    for other in imports(MODULES[name]):
        sibling = "." in f"{name}{other}" and other.split(".")[0] == package.split(".")[0]
        assert FLOORS[other] < FLOORS[name] or (sibling and other != name), f"{name} → {other}"


def test_no_cycle_hides_in_a_package() -> None:
    """Siblings may import each other, but never in a circle."""
    done: set[str] = set()

    def visit(name: str, path: tuple[str, ...]) -> None:
        assert name not in path, " → ".join([*path, name])
        if name not in done:
            for other in set(imports(MODULES[name])):
                visit(other, (*path, name))
            done.add(name)

    for name in MODULES:
        visit(name, ())


def functions() -> Iterator[tuple[str, ast.FunctionDef | ast.AsyncFunctionDef]]:
    for name, tree in MODULES.items():
        for node in ast.walk(tree):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                yield f"kg.{name}:{node.name}", node


def test_no_import_of_the_package_is_hidden_in_a_function() -> None:
    for place, function in functions():
        assert list(imports(function)) == [], place


def test_modules_are_read_in_one_go() -> None:
    for path in PACKAGE.rglob("*.py"):
        assert len(path.read_text(encoding="utf-8").splitlines()) <= 320, path.name


def test_functions_are_seen_at_one_glance() -> None:
    for place, function in functions():
        assert function.end_lineno is not None
        assert function.end_lineno - function.lineno < 60, place
        arguments = function.args
        named = [*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs]
        assert len([a for a in named if a.arg not in ("self", "cls")]) <= 6, place


def test_only_the_command_line_prints_and_exits() -> None:
    for name, tree in MODULES.items():
        if name.split(".")[0] == "cli":
            continue
        for node in ast.walk(tree):
            if isinstance(node, ast.Call):
                called = ast.unparse(node.func)
                assert called not in ("print", "sys.exit", "exit", "quit"), f"kg.{name}"


def test_only_one_module_uses_a_shacl_library() -> None:
    for name, tree in MODULES.items():
        for node in ast.walk(tree):
            names = [a.name for a in node.names] if isinstance(node, ast.Import) else []
            if isinstance(node, ast.ImportFrom) and node.module:
                names.append(node.module)
            shacl = {n.split(".")[0] for n in names} & {"pyshacl", "rdflib"}
            assert not shacl or name == "validate", f"kg.{name}"


def test_the_names_that_the_package_offers() -> None:
    assert kg.__all__ == PUBLIC
    for name in PUBLIC:
        assert getattr(kg, name).__name__ == name
    assert not hasattr(kg, "nothing_of_the_kind")


@pytest.mark.parametrize("name", PUBLIC)
def test_each_of_them_is_explained_by_an_example(name: str) -> None:
    text = inspect.getdoc(getattr(kg, name))
    assert text is not None
    assert ">>> " in text


def test_importing_the_package_loads_nothing_heavy() -> None:
    """What `import kg` costs is seen in the benchmarks; this is why it costs so little."""
    top = {
        alias for node in MODULES[""].body if isinstance(node, ast.Import) for alias in node.names
    }
    assert {alias.name for alias in top} == {"importlib"}


def test_every_module_can_be_imported_on_its_own() -> None:
    for name in MODULES:
        assert importlib.import_module(f"kg.{name}".rstrip(".")).__doc__
