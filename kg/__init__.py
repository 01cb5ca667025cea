"""Reviewed facts about documents become a knowledge graph to trust, query, cite and download.

The whole interface for Python; the command line is built on the same functions.

>>> import kg
>>> from pathlib import Path
>>> kg.load_project(Path("facts")).title
'Magnesium and fibromyalgia'
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

__version__ = "0.1.0"

if TYPE_CHECKING:
    from kg.build import build_release
    from kg.check import Checked, check_project, verify_passages
    from kg.errors import KgError, NonconformingError, Problem
    from kg.project import Project, load_project
    from kg.store import Release, open_release
    from kg.summary import Summary

# Loaded when first used: `import kg` alone must not wait for parsers and stores.
_HOMES = {
    "Checked": "kg.check",
    "KgError": "kg.errors",
    "NonconformingError": "kg.errors",
    "Problem": "kg.errors",
    "Project": "kg.project",
    "Release": "kg.store",
    "Summary": "kg.summary",
    "build_release": "kg.build",
    "check_project": "kg.check",
    "load_project": "kg.project",
    "open_release": "kg.store",
    "verify_passages": "kg.check",
}

__all__ = [
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


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(importlib.import_module(_HOMES[name]), name)
