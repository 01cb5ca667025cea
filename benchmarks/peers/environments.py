"""Peers that cannot live beside `kg` in one Python environment have one of their own.

morph-kgc asks for older versions of pyoxigraph and rdflib; linkml brings a JSON-LD parser that
takes the place of rdflib's own.
"""

from __future__ import annotations

import subprocess
import sys
import venv
from dataclasses import dataclass
from pathlib import Path
from typing import Final

_FOLDER: Final = Path(__file__).parent.parent.parent / ".cache" / "peers"


@dataclass(frozen=True)
class Environment:
    """An environment with one package in it, made once and kept."""

    package: str
    version: str

    @property
    def path(self) -> Path:
        return _FOLDER / f"{self.package}-{self.version}"

    @property
    def python(self) -> Path:
        return self.path / "bin" / "python"

    @property
    def _complete(self) -> Path:
        return self.path / "complete"

    def absent(self) -> str:
        """Why it is not there, '' when it is."""
        return "" if self._complete.exists() else f"not installed: {self.package}"

    def make(self) -> str:
        """Make it, unless it is there; gives the reason when it cannot be made, else ''."""
        if not self.absent():
            return ""
        print(f"installing {self.package} in an environment of its own", file=sys.stderr)
        venv.create(self.path, with_pip=True, clear=True)
        install = [str(self.python), "-m", "pip", "install", "--quiet"]
        done = subprocess.run(
            [*install, f"{self.package}=={self.version}"], capture_output=True, text=True
        )
        if done.returncode:
            last = done.stderr.strip().splitlines()[-1:]
            return f"{self.package} cannot be installed: {' '.join(last)}"
        self._complete.touch()
        return ""


MORPH: Final = Environment("morph-kgc", "2.10.0")
LINKML: Final = Environment("linkml", "1.12.1")

ENVIRONMENTS: Final = (MORPH, LINKML)
