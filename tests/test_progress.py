"""What long commands tell of how far they have come."""

from __future__ import annotations

import contextlib
import os
import pty
import re
import subprocess
import sys

import pytest

from kg.cli.progress import Stage, tell_in_lines


class Clock:
    """One that goes only when it is told to."""

    def __init__(self) -> None:
        self.seconds = 1000.0

    def __call__(self) -> float:
        return self.seconds


@pytest.mark.parametrize(
    ("name", "first", "done", "total", "seconds", "words"),
    [
        ("read", 0, 100_000_000, 361_000_000, 4, "100 of 361 MB, 25 MB/s, 0:10 left"),
        ("read", 0, 400, 1_300, 1, "0.4 of 1.3 kB, 400/s, 0:02 left"),
        ("read", 0, 3_600_000_000, 3_600_000_000, 90, "3.6 of 3.6 GB, 40 MB/s, 0:00 left"),
        ("read", 0, 5_000_000, 0, 2, "5.0 MB, 2.5 MB/s"),
        ("load", 400_000, 600_000, 1_190_000, 4, "600,000 of 1,190,000 quads, 50,000/s, 0:12 left"),
        ("validate", 0, 3, 30_000, 2, "3 of 30,000 pieces, 1.5/s, 5:33:18 left"),
        ("pages", 0, 5, 60, 0.5, "5 of 60"),  # too early for a rate
        ("pages", 5, 5, 60, 20, "5 of 60"),  # and nothing to make one of
        ("pages", 0, 30, 60, 10, "30 of 60, 3.0/s, 0:10 left"),
        ("files", 0, 0, 0, 10, ""),
    ],
)  # fmt: skip
def test_words(name: str, first: int, done: int, total: int, seconds: float, words: str) -> None:
    clock = Clock()
    stage = Stage(name, clock)
    stage.update(first, total)
    clock.seconds += seconds
    stage.update(done, total)
    assert stage.words() == words


def test_lines_are_few(capsys: pytest.CaptureFixture[str]) -> None:
    """One when a stage begins, and one in ten seconds."""
    clock = Clock()
    tell = tell_in_lines(clock)
    for done in range(251):
        tell("read", done * 1_000_000, 250_000_000)
        clock.seconds += 0.1
    tell("link", 0, 0)
    tell("link", 0, 0)
    printed = capsys.readouterr()
    assert printed.out == ""
    assert printed.err.splitlines() == [
        "read (250 MB)",
        "read: 100 of 250 MB, 10 MB/s, 0:15 left",
        "read: 200 of 250 MB, 10 MB/s, 0:05 left",
        "link",
    ]


SCRIPT = """
import time
from kg.cli.progress import moving_bar
with moving_bar() as tell:
    tell("read", 0, 361_000_000)
    time.sleep(1.1)
    tell("read", 100_000_000, 361_000_000)
    time.sleep(0.2)
    tell("link", 0, 0)
    time.sleep(0.2)
    tell("load", 500_000, 1_190_000)
    time.sleep(0.2)
"""


def on_a_terminal(**environment: str) -> str:
    """What comes on a terminal of 80 columns."""
    leader, terminal = pty.openpty()
    env = {k: v for k, v in os.environ.items() if k not in ("NO_COLOR", "TERM", "COLUMNS")}
    shown = b""
    with subprocess.Popen(
        [sys.executable, "-c", SCRIPT], stderr=terminal,
        env=env | {"TERM": "xterm-256color", "COLUMNS": "80"} | environment,
    ) as process:  # fmt: skip
        os.close(terminal)
        with contextlib.suppress(OSError):  # nobody is at the other end any more
            while data := os.read(leader, 1 << 16):
                shown += data
    os.close(leader)
    assert process.returncode == 0
    return shown.decode()


def test_the_bar_tells_rate_and_time_left() -> None:
    shown = on_a_terminal()
    assert "\x1b[38;5;" in shown  # colours
    plain = re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", shown)
    assert re.search(r"read +━+.* 100 of 361 MB, \d+ MB/s, 0:\d\d left +0:00:\d\d", plain)
    assert re.search(r"link +━+", plain)
    assert re.search(r"load +━+.* 500,000 of 1,190,000 quads", plain)
    assert all(len(line) <= 80 for line in re.split(r"[\r\n]+", plain))
    # The cursor is back, and the last line is empty again.
    assert shown.rindex("\x1b[?25h") > shown.rindex("\x1b[?25l")
    assert shown.endswith("\x1b[2K")


def test_no_colours_where_none_are_wanted() -> None:
    shown = on_a_terminal(NO_COLOR="1")
    assert "100 of 361 MB" in shown
    assert not re.search(r"\x1b\[[0-9;]*3[0-9]", shown)
