"""A project that is large enough for processes, and what a build of it must leave behind."""

from __future__ import annotations

import json
import os
import subprocess
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from processes import processes
from tiny import KG, Tiny, snapshot, write_tiny

from kg import open_release

# Records of two kilobytes: few records make a large sheet, which is compiled in no time.
_WORDS = " ".join(f"word{number}" for number in range(300))
RECORDS = 2_200
BUILD = (*KG, "-v", "build", "--no-files")


def record(number: int, **more: object) -> str:
    """A line of a sheet, of some two kilobytes."""
    node = {"id": f"mineral/m{number}", "type": "Mineral", "label": f"Mineral {number}"}
    return json.dumps({**node, "altLabel": f"{number} {_WORDS}", "mass": 1 + number % 99, **more})


def write_large(root: Path, records: int = RECORDS) -> Tiny:
    """A project of more than four megabytes, in two sheets of lines."""
    tiny = write_tiny(root)
    for part in range(2):
        lines = (record(number) for number in range(part, records, 2))
        tiny.write(f"facts/many-{part}.jsonl", "".join(f"{line}\n" for line in lines))
    return tiny


@dataclass(frozen=True)
class Ended:
    """How a build ended: its status, what it said, and how many seconds the end took."""

    status: int
    output: str
    errors: str
    seconds: float = 0.0


class Scene:
    """A project that has a release, and a change since, for which all is to be built from scratch.

    `temporary` is the folder for temporary files of builds.
    """

    def __init__(self, tiny: Tiny, temporary: Path) -> None:
        self.tiny = tiny
        self.temporary = temporary
        self.mark = f"scene-{os.getpid()}-{time.monotonic_ns()}"
        self.before = self.releases()
        # Another ontology: no sheet is what it was, and no release like the one before.
        with (tiny.root / "ontology/ontology.ttl").open("a") as ontology:
            ontology.write(":Metal a owl:Class .\n")

    def start(self, *command: str, **options: object) -> subprocess.Popen[str]:
        """Start a build in a group of processes of its own."""
        self.temporary.mkdir(exist_ok=True)
        environment = os.environ | {"KG_TEST_MARK": self.mark, "TMPDIR": str(self.temporary)}
        return subprocess.Popen(
            command or BUILD, cwd=self.tiny.root, env=environment, text=True,
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
            start_new_session=True, **options,
        )  # type: ignore[call-overload, no-any-return]  # fmt: skip

    def run(self, *command: str) -> Ended:
        """Run a build to its end."""
        with self.start(*command) as process:
            output, errors = process.communicate(timeout=60)
        return Ended(process.returncode, output, errors)

    def strike(
        self, blow: Callable[[subprocess.Popen[str]], None], stage: str = "", wait: float = 0
    ) -> Ended:
        """Run a build, and do something to it some seconds after a stage of it began."""
        with self.start() as process:
            assert process.stderr is not None
            said = line = ""
            while not line.startswith(stage):
                line = process.stderr.readline()
                assert line, f"there was no stage {stage}: {said}"
                said += line
            time.sleep(wait)
            start = time.monotonic()
            blow(process)
            output, errors = process.communicate(timeout=60)
            while processes(self.mark) and time.monotonic() - start < 20:
                time.sleep(0.01)
            return Ended(process.returncode, output, said + errors, time.monotonic() - start)

    def workers(self, build: subprocess.Popen[str]) -> list[int]:
        """The workers of a build."""
        return [pid for pid in processes(self.mark) if pid != build.pid and not _has_store(pid)]

    def loader(self) -> int:
        """The process that fills the store of a build."""
        deadline = time.monotonic() + 20
        while time.monotonic() < deadline:
            for pid in processes(self.mark):
                if _has_store(pid):
                    return pid
        raise AssertionError("there is no loader")

    def wait_for(self, pattern: str) -> Path:
        """Wait until a build has written a file or folder aside."""
        deadline = time.monotonic() + 20
        while time.monotonic() < deadline:
            for found in self.tiny.build.glob(f".kg-aside-*/{pattern}"):
                return found
            time.sleep(0.001)
        raise AssertionError(f"there is no {pattern}")

    def assert_as_before(self) -> None:
        """Nothing is left of the build that failed, and the release before is whole."""
        assert processes(self.mark) == []
        assert list(self.temporary.iterdir()) == []
        assert list(self.tiny.build.rglob(".kg-*")) == []
        assert self.releases() == self.before
        assert len(open_release(self.tiny.build).open_store()) > 2

    def assert_builds(self) -> None:
        """A build succeeds, and nothing is left of those before it."""
        before = open_release(self.tiny.build).digest
        ended = self.run()
        assert (ended.status, "Traceback" in ended.errors) == (0, False), ended.errors
        assert open_release(self.tiny.build).digest != before
        assert list(self.tiny.build.rglob(".kg-*")) == []
        assert list(self.temporary.iterdir()) == []

    def releases(self) -> dict[str, str]:
        """All of the build folder but what is no part of a release."""
        found = snapshot(self.tiny.build)
        return {name: text for name, text in found.items() if name not in ("inputs.json", "lock")}


def _has_store(pid: int) -> bool:
    try:
        files = [file.readlink() for file in Path(f"/proc/{pid}/fd").iterdir()]
    except OSError:  # it has just ended
        return False
    return any(file.parent.name == "store" for file in files)
