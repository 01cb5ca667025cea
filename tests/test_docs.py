"""The documentation says what is true: its examples run, and the reference is generated.

`python tests/test_docs.py` writes docs/cli.md anew.
"""

from __future__ import annotations

import inspect
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import click
import pytest
from sample import compile_text
from tiny import KG

import kg
from kg.cli import group

ROOT = Path(__file__).parent.parent
REFERENCE = ROOT / "docs/cli.md"
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]


def reference() -> str:
    """The page docs/cli.md, from what every command says of itself."""
    context = click.Context(group, info_name="kg")
    lines = ["# Command line", "", "Generated from the commands: `python tests/test_docs.py`.", ""]
    lines += _section("kg [OPTIONS] COMMAND", group)
    for name in group.list_commands(context):
        command = group.get_command(context, name)
        assert command is not None
        arguments = [p for p in command.params if isinstance(p, click.Argument)]
        shown = "".join(
            f" {p.human_readable_name}" if p.required else f" [{p.human_readable_name}]"
            for p in arguments
        )
        lines += _section(f"kg {name} [OPTIONS]{shown}", command)
    return "\n".join(lines)


def _section(usage: str, command: click.Command) -> Iterator[str]:
    yield from ("## " + usage.partition(" [")[0], "", f"    {usage}", "")
    assert command.help
    for paragraph in inspect.cleandoc(command.help).split("\n\n"):
        literal = paragraph.startswith("\b\n")
        body = paragraph.removeprefix("\b\n").splitlines()
        yield from (f"    {line}" for line in body) if literal else body
        yield ""
    for parameter in command.params:
        if isinstance(parameter, click.Option):
            yield _option(parameter)
    yield ""


def _option(option: click.Option) -> str:
    choices = "|".join(option.type.choices) if isinstance(option.type, click.Choice) else ""
    value = "" if option.is_flag else f" {choices or option.metavar or option.type.name.upper()}"
    names = ", ".join(f"`{name}{value}`" for name in (*option.opts, *option.secondary_opts))
    default = option.default if option.show_default is True else option.show_default
    end = f" Default: {default}." if default else ""
    return f"- {names}: {option.help}{end}"


def blocks(page: Path, language: str) -> list[tuple[int, str]]:
    """The fenced blocks of a language on a page, each with its line."""
    text = page.read_text(encoding="utf-8")
    return [
        (text.count("\n", 0, match.start()) + 2, match[1])
        for match in re.finditer(rf"^```{language}\n(.*?)^```", text, re.MULTILINE | re.DOTALL)
    ]


def examples(language: str, starts: str) -> list[object]:
    return [
        pytest.param(text, id=f"{page.name}:{line}")
        for page in PAGES
        for line, text in blocks(page, language)
        if re.match(starts, text)
    ]


def test_the_reference_is_what_the_commands_say() -> None:
    assert REFERENCE.read_text(encoding="utf-8") == reference(), "run: python tests/test_docs.py"


def test_every_option_is_in_the_reference() -> None:
    text = REFERENCE.read_text(encoding="utf-8")
    context = click.Context(group, info_name="kg")
    for name in group.list_commands(context):
        assert f"\n## kg {name}\n" in text
        command = group.get_command(context, name)
        assert command is not None
        for parameter in command.params:
            if isinstance(parameter, click.Option):
                assert all(f"`{option}" in text for option in parameter.opts)


@pytest.mark.parametrize("text", examples("yaml", r"(#.*\n)*(- )?id:"))
def test_a_sheet_in_the_documentation_compiles(text: str) -> None:
    """What it refers to need not be there; everything else must be right."""
    compiled = compile_text(text)
    assert [str(problem) for problem in compiled.problems] == []
    assert compiled.quads


@pytest.fixture(scope="module")
def copy(tmp_path_factory: pytest.TempPathFactory, project_release: kg.Release) -> Path:
    """A copy of the project, built, with a `kg` of its own to call."""
    folder = tmp_path_factory.mktemp("copy")
    for name in ("facts", "ontology", "shapes", "queries"):
        shutil.copytree(ROOT / name, folder / name)
    shutil.copyfile(ROOT / "pyproject.toml", folder / "pyproject.toml")
    shutil.copytree(project_release.path.parent.parent, folder / "build", symlinks=True)
    shim = folder / "bin/kg"
    shim.parent.mkdir()
    shim.write_text(f'#!/bin/sh\nexec {KG[0]} {KG[1]} "{KG[2]}" "$@"\n')
    shim.chmod(0o755)
    return folder


def shown_commands() -> list[object]:
    found = {}
    for page in PAGES:
        for line, text in blocks(page, "console"):
            for number, shown in enumerate(text.splitlines()):
                command = re.sub(r"\s+#.*", "", shown.removeprefix("$ "))
                # What needs the documents, or files that a reader would write, cannot run here.
                needs = "--documents" in command or "< " in command or "--file" in command
                if re.match(r"\$ (kg|echo) ", shown) and not needs:
                    found.setdefault(command, f"{page.name}:{line + number}")
    return [pytest.param(command, id=place) for command, place in found.items()]


@pytest.mark.parametrize("command", shown_commands())
def test_a_command_in_the_documentation_runs(command: str, copy: Path) -> None:
    result = subprocess.run(
        ["sh", "-c", command],
        cwd=copy,
        env={"PATH": f"{copy / 'bin'}:/usr/bin:/bin", "LC_ALL": "C.UTF-8"},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert (result.returncode, result.stderr) == (0, "") or (
        result.returncode == 0 and "Traceback" not in result.stderr
    )


def test_links_between_pages_lead_somewhere() -> None:
    for page in PAGES:
        for target in re.findall(r"\]\(([^)#\s]+)[^)]*\)", page.read_text(encoding="utf-8")):
            if "://" not in target and not target.startswith("mailto:"):
                assert (page.parent / target).exists(), f"{page.name}: {target}"


if __name__ == "__main__":
    REFERENCE.write_text(reference(), encoding="utf-8")
    sys.exit(0)
