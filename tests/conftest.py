from dataclasses import replace
from pathlib import Path

import pytest

from kg import Release, build_release, load_project, open_release

ROOT = Path(__file__).parent.parent


@pytest.fixture(scope="session")
def project_release(tmp_path_factory: pytest.TempPathFactory) -> Release:
    """The repository's own facts, built into a folder of the test run."""
    project = replace(load_project(ROOT), build=tmp_path_factory.mktemp("release") / "build")
    build_release(project)
    return open_release(project.build)
