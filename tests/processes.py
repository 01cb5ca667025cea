"""What tests see of processes, and a way to start one."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).parent
IMPORTS = """
import os, resource, time, jobs
from pathlib import Path
from kg.loader import Loader
from kg.pool import Pool
"""


def processes(mark: str) -> list[int]:
    """The processes at work that have a mark in their environment."""
    found = []
    for folder in Path("/proc").iterdir():
        if folder.name.isdigit():
            try:
                if mark.encode() in (folder / "environ").read_bytes():
                    found.append(int(folder.name))
            except OSError:
                continue
    return found


def children() -> list[int]:
    """The processes that this one has started, those that nobody waited for as well."""
    found = []
    for folder in Path("/proc").iterdir():
        if folder.name.isdigit():
            try:
                stat = (folder / "stat").read_text()
            except OSError:
                continue
            if int(stat.rpartition(")")[2].split()[1]) == os.getpid():
                found.append(int(folder.name))
    return found


def descriptors() -> set[str]:
    return {path.name for path in Path("/proc/self/fd").iterdir()}


def script(lines: str, mark: str = "") -> subprocess.Popen[str]:
    """A process in a group of its own; what it starts has the mark, too."""
    return subprocess.Popen(
        [sys.executable, "-c", IMPORTS + lines],
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, start_new_session=True,
        env=os.environ | {"PYTHONPATH": str(HERE), "KG_TEST_MARK": mark},
    )  # fmt: skip
