"""The wheel is complete: installed elsewhere, it builds a project that has nothing of its own."""

from __future__ import annotations

import importlib.util
import json
import os
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

import kg

ROOT = Path(__file__).parent.parent

pytestmark = pytest.mark.skipif(
    importlib.util.find_spec("hatchling") is None, reason="hatchling, which makes wheels, is absent"
)


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> zipfile.ZipFile:
    folder = tmp_path_factory.mktemp("wheel")
    command = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(folder)]
    subprocess.run(command, cwd=ROOT, check=True, capture_output=True)
    (file,) = folder.glob("*.whl")
    return zipfile.ZipFile(file)


def test_the_wheel_holds_the_core_and_nothing_of_the_topic(wheel: zipfile.ZipFile) -> None:
    names = set(wheel.namelist())
    for folder, ending in (("ontology", "*"), ("shapes", "*.ttl"), ("queries", "*.rq")):
        for file in (ROOT / folder).glob(ending):
            assert f"kg/core/{folder}/{file.name}" in names
    for file in (ROOT / "kg").rglob("*.py"):
        assert file.relative_to(ROOT).as_posix() in names
    tops = {name.split("/")[0] for name in names}
    assert tops == {"kg", f"linked_evidence-{kg.__version__}.dist-info"}
    assert any(name.endswith("licenses/LICENSE") for name in names)
    (entry,) = (name for name in names if name.endswith("entry_points.txt"))
    assert wheel.read(entry).decode().split() == ["[console_scripts]", "kg", "=", "kg.cli:main"]


def test_it_builds_a_project_from_the_core_alone(wheel: zipfile.ZipFile, tmp_path: Path) -> None:
    site, project = tmp_path / "site", tmp_path / "project"
    wheel.extractall(site)
    (project / "facts").mkdir(parents=True)
    (project / "kg.toml").write_text('base = "https://example.org/"\n')
    (project / "facts/iron.yaml").write_text(
        "id: mineral/iron\ntype: Mineral\nlabel: Iron\naltLabel: Fe\n"
    )

    def run(*args: str) -> str:
        script = "import sys; from kg.cli import main; main()"
        result = subprocess.run(
            [sys.executable, "-c", script, *args],
            cwd=project,
            env=os.environ | {"PYTHONPATH": str(site)},
            capture_output=True,
            text=True,
            check=False,
        )
        assert result.returncode == 0, result.stdout + result.stderr
        return result.stdout

    script = "import kg.project as p; print(p.core_folder('shapes'))"
    where = subprocess.run(
        [sys.executable, "-c", script],
        cwd=project,
        env=os.environ | {"PYTHONPATH": str(site)},
        capture_output=True,
        text=True,
        check=True,
    )
    assert where.stdout == f"{site / 'kg/core/shapes'}\n"
    assert json.loads(run("build", "--json"))["sheets"] == 1
    assert "iron" in run("show", "iron").lower()
    listed = json.loads(run("query", "--list", "--json"))
    assert {query["name"] for query in listed} == {p.stem for p in (ROOT / "queries").glob("*.rq")}
    assert run("query", "coverage", "--format", "csv").splitlines()
    assert "mineral/iron" in run("export", "--format", "turtle")
