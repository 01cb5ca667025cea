"""Screening: a fast SHACL engine finds the focus nodes that the reference engine must judge.

The engine is the package `shacl`, written in Rust; it comes with the extra `fast` and nothing here
needs it before a `Screen` is made. The only module that uses it.
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import cache
from importlib.metadata import PackageNotFoundError, version
from importlib.util import find_spec
from io import BytesIO
from typing import Any, Final

from pyoxigraph import Quad, RdfFormat, serialize

from kg.screen.focus import focused, node_text
from kg.screen.split import Part, Split, Unit, split_shapes

__all__ = [
    "Part",
    "Screen",
    "ScreenError",
    "Split",
    "Unit",
    "available",
    "engine",
    "focused",
    "node_text",
    "split_shapes",
]

_PACKAGE: Final = "shacl"
# The versions that the tests hold beside the reference engine: from, and below.
_TRIED: Final = ((0, 3, 4), (0, 4))


class ScreenError(Exception):
    """The fast engine cannot say which nodes to flag; the reference engine must judge them all."""


@cache
def engine() -> str:
    """The name and version of the fast engine, such as `shacl 0.3.4`; '' when there is none.

    It takes part in fingerprints, since another version may flag other nodes.
    """
    try:
        found = version(_PACKAGE)
    except PackageNotFoundError:
        return ""
    numbers = tuple(int(part) if part.isdigit() else 0 for part in found.split(".")[:3])
    tried = _TRIED[0] <= numbers < _TRIED[1]
    return f"{_PACKAGE} {found}" if tried and find_spec(_PACKAGE) else ""


def available() -> bool:
    """Whether there is a fast engine, of a version that was tried, to screen with."""
    return bool(engine())


class Screen:
    """The fast engine with a shapes graph compiled: made once, used for many batches.

    It may be used by several threads, yet not after a fork: for larger data it has threads of its
    own, which a forked process lacks.
    """

    def __init__(self, shapes: Iterable[Quad]) -> None:
        """Compile what `split_shapes` allows; raises `ScreenError`."""
        if not available():
            raise ScreenError("there is no fast SHACL engine: install linked-evidence[fast]")
        import shacl

        written = BytesIO()
        serialize((quad.triple for quad in shapes), written, format=RdfFormat.N_TRIPLES)
        self._shapes = _checked(shacl.Shapes.from_text, written.getvalue(), "ntriples")

    def flagged(self, data: bytes) -> set[str]:
        """The focus nodes that have any result, named as `node_text` does.

        `data` is N-Triples or N-Quads, UTF-8; the graphs are merged. Empty when all conforms.
        Raises `ScreenError`, also when a blank node is to be flagged, for the engine has no name
        for it.
        """
        report = _checked(self._shapes.validate_text, data, "nquads")
        nodes = {result.focus_node for result in report.results}
        if any(node.startswith("_:") for node in nodes):
            raise ScreenError("a blank node does not conform")
        return {node[1:-1] if node.startswith("<") else node for node in nodes}


def _checked(call: Any, data: bytes, form: str) -> Any:
    """What the engine answers; raises `ScreenError` for whatever it raises."""
    try:
        return call(data.decode("utf-8"), form)
    except Exception as error:
        raise ScreenError(str(error)) from error
    except BaseException as error:
        # A panic of the engine is told as an exception that no `except Exception` sees.
        if type(error).__module__ != "pyo3_runtime":
            raise
        raise ScreenError(f"the engine failed: {error}") from error
