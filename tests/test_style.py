"""No file of the project repeats the sources: facts are told in words of our own."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
DOCUMENTS = ROOT.parent / "shared/documents"
_WORDS = 8
_AUTHORS = re.compile(r"^ *authors: .*$", re.MULTILINE)


def runs(text: str) -> dict[tuple[str, ...], int]:
    """Every run of eight words, whatever their case and punctuation, and where it starts."""
    words = [(match[0].lower(), match.start()) for match in re.finditer(r"\w+", text)]
    return {
        tuple(word for word, _ in words[i : i + _WORDS]): words[i][1]
        for i in range(len(words) - _WORDS + 1)
    }


def files() -> list[Path]:
    """What is under version control, or would be."""
    command = ["git", "ls-files", "--cached", "--others", "--exclude-standard", "-z"]
    try:
        listed = subprocess.run(command, cwd=ROOT, capture_output=True, check=True).stdout
    except (FileNotFoundError, subprocess.CalledProcessError):
        found = ROOT.rglob("*")
        return [
            p for p in found if p.is_file() and ".git" not in p.parts and "build" not in p.parts
        ]
    paths = [ROOT / name for name in listed.decode().split("\0") if name]
    return [path for path in paths if path.is_file()]


@pytest.mark.skipif(not DOCUMENTS.is_dir(), reason="the source documents are not at hand")
def test_no_eight_words_in_a_row_are_those_of_a_source() -> None:
    sources = {
        run
        for file in DOCUMENTS.iterdir()
        if file.is_file()
        for run in runs(file.read_text("utf-8"))
    }
    assert len(sources) > 1000
    found = []
    for file in files():
        # Who wrote an article is a fact, not a sentence.
        text = _AUTHORS.sub("", file.read_bytes().decode("utf-8", errors="ignore"))
        for run, start in runs(text).items():
            if run in sources:
                found.append(f"{file.relative_to(ROOT)}:{text.count(chr(10), 0, start) + 1}")
    assert found == []


def test_runs_of_words() -> None:
    text = "One, two THREE (four) five-six\nseven eight nine"
    assert list(runs(text)) == [
        ("one", "two", "three", "four", "five", "six", "seven", "eight"),
        ("two", "three", "four", "five", "six", "seven", "eight", "nine"),
    ]
