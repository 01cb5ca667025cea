"""Other ways to the same store, each as a person who knows the tools well would go it."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Callable
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

from benchmarks.peers import environments
from benchmarks.peers.inputs import Inputs

Command = tuple[str, ...]


@dataclass(frozen=True)
class Peer:
    """A way to a validated store: `command` makes it at a path, from inputs.

    `absent` says why the peer is not to be had, '' when it is.
    """

    name: str
    absent: Callable[[], str]
    command: Callable[[Inputs, Path], Command]


def _needs(*names: str) -> Callable[[], str]:
    """What is missing of these modules and programs."""

    def missing() -> str:
        found = [name for name in names if not (find_spec(name) or shutil.which(name))]
        return f"not installed: {', '.join(found)}" if found else ""

    return missing


def _floor(inputs: Inputs, store: Path) -> Command:
    return ("oxigraph", "load", "--location", str(store), "--file", str(inputs.facts))


def _rust_way(inputs: Inputs, store: Path) -> Command:
    return _script("rust_way", inputs.records, inputs.background, inputs.shapes, store)


def _rdflib_way(inputs: Inputs, store: Path) -> Command:
    return _script("rdflib_way", inputs.records, inputs.background, inputs.shapes, store)


def _tables_way(inputs: Inputs, store: Path) -> Command:
    paths = (inputs.tables, inputs.background, inputs.shapes, store)
    return _script("tables_way", environments.MORPH.python, *paths)


def _linkml_way(inputs: Inputs, store: Path) -> Command:
    paths = (inputs.linkml_schema, inputs.linkml_records, inputs.background, inputs.shapes, store)
    return _script("linkml_way", environments.LINKML.python, *paths)


def _script(name: str, *paths: Path) -> Command:
    return (sys.executable, "-m", f"benchmarks.peers.{name}", *map(str, paths))


FLOOR = Peer("oxigraph load of N-Quads, not validated", _needs("oxigraph"), _floor)

PEERS = (
    Peer(
        "pyoxigraph + shacl, glued by hand",
        _needs("shacl"),
        _rust_way,
    ),
    Peer(
        "rdflib + pySHACL + rdflib's Oxigraph store",
        _needs("oxrdflib"),
        _rdflib_way,
    ),
    Peer(
        "morph-kgc + pySHACL + oxigraph load",
        lambda: _needs("oxigraph")() or environments.MORPH.absent(),
        _tables_way,
    ),
    Peer(
        "linkml-convert, its language tags put in + pySHACL + oxigraph load",
        lambda: _needs("oxigraph")() or environments.LINKML.absent(),
        _linkml_way,
    ),
)
"""Those that make the same store, validated."""
