"""Run a check as a user for whom permissions hold: root may read and write everything."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

_NOBODY = 65534
# What the check imports is imported while that is still allowed.
_BECOME = f"""
import os, sys
from pathlib import Path
{{imports}}
folder = Path(sys.argv[1])
if os.geteuid() == 0:
    os.setgroups([])
    os.setgid({_NOBODY})
    os.setuid({_NOBODY})
"""


@contextmanager
def folder_of_nobody() -> Iterator[Path]:
    """A folder that such a user owns, in a place they can get to."""
    with tempfile.TemporaryDirectory() as name:
        if os.geteuid() == 0:
            os.chown(name, _NOBODY, _NOBODY)
        yield Path(name)


def run_as_nobody(folder: Path, imports: str, check: str) -> str:
    """What a script prints that runs as such a user; it knows the folder as `folder`."""
    script = _BECOME.format(imports=imports) + check
    command = [sys.executable, "-c", script, str(folder)]
    result = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert result.returncode == 0, result.stderr
    return result.stdout
