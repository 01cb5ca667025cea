"""Configuration is found, read strictly, and refused with every mistake in it."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from kg.errors import ConfigError
from kg.project import Project, core_folder, load_project
from kg.sheets.nodes import Limits

BASE = 'base = "https://example.org/t/"\n'


def project(folder: Path, text: str, name: str = "kg.toml") -> Project:
    (folder / name).write_text(text, encoding="utf-8")
    return load_project(folder)


def refused(folder: Path, text: str) -> list[str]:
    with pytest.raises(ConfigError) as caught:
        project(folder, text)
    return [line.partition("kg.toml: ")[2] for line in str(caught.value).splitlines()]


def test_a_base_is_all_that_a_project_must_have(tmp_path: Path):
    found = project(tmp_path, BASE)
    assert (found.base, found.title, found.limits) == ("https://example.org/t/", "", Limits())
    assert (found.facts, found.build) == (tmp_path / "facts", tmp_path / "build")
    assert found.ontology == core_folder("ontology")


def test_what_the_project_has_itself_it_does_not_take_from_the_core(tmp_path: Path):
    (tmp_path / "shapes").mkdir()
    found = project(tmp_path, BASE + 'facts = "sheets"\nontology = "voc"\n')
    assert found.shapes == tmp_path / "shapes"
    assert (found.facts, found.ontology) == (tmp_path / "sheets", tmp_path / "voc")


def test_the_configuration_may_stand_in_pyproject_toml(tmp_path: Path):
    found = project(tmp_path, f'[tool.kg]\n{BASE}title = "T"\n', "pyproject.toml")
    assert (found.base, found.title) == ("https://example.org/t/", "T")


def test_kg_toml_wins_over_pyproject_toml(tmp_path: Path):
    (tmp_path / "pyproject.toml").write_text(f"[tool.kg]\n{BASE}")
    assert project(tmp_path, 'base = "https://example.org/u/"').base == "https://example.org/u/"


def test_the_nearest_configuration_above_is_used(tmp_path: Path):
    inner = tmp_path / "facts" / "deep"
    inner.mkdir(parents=True)
    (tmp_path / "facts" / "pyproject.toml").write_text("[tool.other]\nx = 1\n")
    (tmp_path / "kg.toml").write_text(BASE)
    assert load_project(inner).root == tmp_path


@pytest.mark.parametrize("text", ["tool = 5", "[tool]\nkg = 5", "[tool.kgg]", ""])
def test_a_pyproject_without_our_table_is_not_ours(tmp_path: Path, text: str):
    with pytest.raises(ConfigError, match="no project"):
        project(tmp_path, text, "pyproject.toml")


def test_a_folder_that_does_not_exist_is_told(tmp_path: Path):
    with pytest.raises(ConfigError, match="not a folder"):
        load_project(tmp_path / "nowhere")


def test_every_mistake_is_told_in_one_run(tmp_path: Path):
    text = """\
bse = "x"
title = 5
license = "CC BY 4.0"
url = "example.org"
issued = "today"
keywords = ["a", 5]
facs = "facts"
[limits]
byte = 5
depth = 0
nodes = true
"""
    assert refused(tmp_path, text) == [
        "unknown setting `bse`; did you mean `base`?",
        "unknown setting `facs`; did you mean `facts`?",
        "`title` must be text in quotes",
        '`keywords` must be a list of texts: ["...", "..."]',
        '`base` is missing: the IRI that identifiers start with, ending in "/"',
        '`url` must be an http or https IRI that ends in "/", got "example.org"',
        '`license` must be the IRI of a licence, got "CC BY 4.0"',
        '`issued` must be a date such as 2026-01-31, got "today"',
        "unknown limit `byte`; did you mean `bytes`?",
        f"limit `depth` must be a whole number from 1 to {2**40}",
        f"limit `nodes` must be a whole number from 1 to {2**40}",
    ]


@pytest.mark.parametrize(
    "base",
    ["", "x/", "https://example.org", "https://example.org/?q/", "https://example.org/#/",
     "ftp://example.org/", "https://exa mple.org/", "https://[/", "urn:a/", "//example.org/",
     "https://example.org/a%22b/", "https://example.org/%0d%0aA/", "https://example.org/%5C/"],
)  # fmt: skip
def test_a_base_must_be_a_web_address_that_ends_in_a_slash(tmp_path: Path, base: str):
    assert len(refused(tmp_path, f"base = '{base}'")) == 1


@pytest.mark.parametrize("iri", ["javascript:alert(1)", "data:text/html,a", "CC BY 4.0"])
def test_a_licence_is_something_to_link_to(tmp_path: Path, iri: str):
    assert len(refused(tmp_path, f"{BASE}license = '{iri}'")) == 1


def test_limits_are_read(tmp_path: Path):
    found = project(tmp_path, BASE + "[limits]\nbytes = 10\ndepth = 3\n")
    assert found.limits == Limits(bytes=10, depth=3)


@pytest.mark.parametrize(
    "text", [BASE + "limits = 5", BASE + "[limits]\nzzz = 1", BASE + "base = 5", "base = 5", "["]
)
def test_what_is_not_toml_or_of_the_wrong_kind_is_refused(tmp_path: Path, text: str):
    with pytest.raises(ConfigError, match=r"kg\.toml"):
        project(tmp_path, text)


def test_a_configuration_that_is_not_utf8_is_refused(tmp_path: Path):
    (tmp_path / "kg.toml").write_bytes(b'title = "\xff"')
    with pytest.raises(ConfigError, match=r"kg\.toml"):
        load_project(tmp_path)


def test_paths_are_named_from_the_project_and_on_one_line(tmp_path: Path):
    found = project(tmp_path, BASE)
    assert found.name_of(tmp_path / "facts" / "a.yaml") == "facts/a.yaml"
    assert found.name_of(Path("/elsewhere/a.yaml")) == "/elsewhere/a.yaml"
    odd = os.fsdecode(b"a\nb\xff\xe2\x80\xae.yaml")
    assert found.name_of(tmp_path / odd) == "a\\nb\\udcff\\u202e.yaml"
