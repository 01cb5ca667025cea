import os
import signal
import subprocess
import threading
from collections.abc import Generator
from dataclasses import replace
from pathlib import Path
from typing import Any

import hypothesis
import pytest

from kg import Release, build_release, load_project, open_release
from kg.project import at_url
from kg.publish import publish

ROOT = Path(__file__).parent.parent

# Whoever is started in the background ignores Ctrl-C, and so would all that the tests start.
if threading.current_thread() is threading.main_thread():
    signal.signal(signal.SIGINT, signal.default_int_handler)

# How long an example takes says more of the machine than of the code. `KG_LONG=1` tries thousands
# of examples where it is hundreds otherwise.
hypothesis.settings.register_profile("kg", deadline=None, max_examples=200)
hypothesis.settings.register_profile("long", deadline=None, max_examples=5000)
hypothesis.settings.load_profile("long" if os.environ.get("KG_LONG") else "kg")


@pytest.fixture(scope="session")
def project_release(tmp_path_factory: pytest.TempPathFactory) -> Release:
    """The repository's own facts, built into a folder of the test run."""
    project = replace(load_project(ROOT), build=tmp_path_factory.mktemp("release") / "build")
    build_release(project)
    return open_release(project.build)


@pytest.fixture(scope="session")
def project_site(tmp_path_factory: pytest.TempPathFactory, project_release: Release) -> Path:
    """The site of the repository's own facts, published to be read below a path of its own."""
    build = project_release.path.parent.parent
    project = at_url(replace(load_project(ROOT), build=build), "http://localhost/a/b/")
    folder = tmp_path_factory.mktemp("www") / "a/b"
    publish(project, folder)
    return folder


@pytest.fixture
def disk(request: pytest.FixtureRequest, tmp_path: Path) -> Generator[Path, None, None]:
    """A small file system of its own: of 16 MiB, or as many as the test says."""
    folder = tmp_path / "disk"
    folder.mkdir()
    mount = [
        "mount",
        "-t",
        "tmpfs",
        "-o",
        f"size={getattr(request, 'param', 16)}m",
        "none",
        str(folder),
    ]
    try:
        mounted = subprocess.run(mount, capture_output=True, check=False).returncode == 0
    except FileNotFoundError:
        mounted = False
    if not mounted:
        pytest.skip("only root may mount a small disk")
    yield folder
    subprocess.run(["umount", "--lazy", str(folder)], check=True)


def _fail_if_skipped(report: Any) -> None:
    """Where nothing may be left out (`KG_NO_SKIP=1`), a test that was not run has failed."""
    if os.environ.get("KG_NO_SKIP") and report.skipped and not hasattr(report, "wasxfail"):
        reason = report.longrepr[2] if isinstance(report.longrepr, tuple) else report.longrepr
        report.outcome = "failed"
        report.longrepr = f"not run, and KG_NO_SKIP is set. {reason}"


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport() -> Generator[None, pytest.TestReport, pytest.TestReport]:
    report = yield
    _fail_if_skipped(report)
    return report


@pytest.hookimpl(wrapper=True)
def pytest_make_collect_report() -> Generator[None, pytest.CollectReport, pytest.CollectReport]:
    report = yield
    _fail_if_skipped(report)
    return report
