"""Whatever a query does, it is stopped, its process is gone, and the user is told in words."""

from __future__ import annotations

import faulthandler
import multiprocessing
import os
import resource
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from tiny import KG, Tiny, write_tiny

from kg.answer import QueryLimits, Send, no_connections, run_limited
from kg.build import build_release
from kg.errors import NoReleaseError, QueryError

# Python 3.12 warns of threads when a process forks; those of a test runner sleep.
pytestmark = pytest.mark.filterwarnings("ignore:.*multi-threaded.*:DeprecationWarning")

ENDLESS = "SELECT (COUNT(*) AS ?n) { ?a ?b ?c . ?d ?e ?f . ?g ?h ?i . ?j ?k ?l . ?m ?n0 ?o }"
HUNGRY = "SELECT * { ?a ?b ?c . ?d ?e ?f . ?g ?h ?i . ?j ?k ?l } ORDER BY ?c ?f ?i ?l"
DEEP = f"SELECT * {{ FILTER({'(' * 10_000}1{')' * 10_000}) }}"


@pytest.fixture(scope="module")
def tiny(tmp_path_factory: pytest.TempPathFactory) -> Tiny:
    tiny = write_tiny(tmp_path_factory.mktemp("answer"))
    build_release(tiny.project)
    return tiny


@pytest.fixture(autouse=True)
def _nothing_left_running() -> Iterator[None]:
    yield
    assert multiprocessing.active_children() == []


def run(work: object, **limits: float) -> bytes:
    return b"".join(run_limited(work, QueryLimits(**limits)))  # type: ignore[arg-type]


def test_what_is_sent_arrives_whole_and_in_order() -> None:
    def work(send: Send) -> None:
        send(b"a" * (3 << 20))
        send(b"")
        send(b"end")

    assert run(work) == b"a" * (3 << 20) + b"end"


def test_work_that_takes_too_long_is_stopped() -> None:
    start = time.monotonic()
    with pytest.raises(QueryError, match=r"stopped after 0\.2 s"):
        run(lambda _send: time.sleep(60), seconds=0.2)
    assert time.monotonic() - start < 5


def test_time_that_the_reader_takes_does_not_count() -> None:
    def work(send: Send) -> None:
        for _ in range(4):
            send(b"a" * (1 << 20))

    parts = []
    for part in run_limited(work, QueryLimits(seconds=0.5)):
        time.sleep(0.2)
        parts.append(part)
    assert len(b"".join(parts)) == 4 << 20


def test_more_than_may_be_sent_is_refused() -> None:
    with pytest.raises(QueryError, match="larger than 1 MiB"):
        run(lambda send: send(b"a" * ((1 << 20) + 1)), bytes=1 << 20)


def test_work_that_needs_too_much_memory_is_stopped() -> None:
    with pytest.raises(QueryError, match="more than 64 MiB of memory"):
        run(lambda send: send(b"a" * (1 << 30)), memory=64)


def test_an_error_arrives_as_it_was_raised() -> None:
    def work(send: Send) -> None:
        raise NoReleaseError("nothing")

    with pytest.raises(NoReleaseError, match="nothing"):
        run(work)


def test_a_bug_keeps_its_traceback() -> None:
    def work(send: Send) -> None:
        raise ZeroDivisionError("a bug")

    with pytest.raises(ZeroDivisionError) as caught:
        run(work)
    assert "raise ZeroDivisionError" in "".join(caught.value.__notes__)


@pytest.mark.parametrize(
    ("number", "words"),
    [
        (signal.SIGSEGV, "nests too deeply"),
        (signal.SIGABRT, "of memory"),
        (signal.SIGKILL, "status -9"),
    ],
)
def test_a_process_that_dies_is_explained(number: int, words: str) -> None:
    def die(_send: Send) -> None:
        faulthandler.disable()  # the test runner's, which would print a trace
        os.kill(os.getpid(), number)

    with pytest.raises(QueryError, match=words):
        run(die)


def test_a_reader_that_stops_ends_the_work() -> None:
    def work(send: Send) -> None:
        while True:
            send(b"more")

    parts = run_limited(work, QueryLimits())
    assert next(parts) == b"more"
    parts.close()  # type: ignore[attr-defined]


@pytest.mark.parametrize("seconds", [float("inf"), 1e300])
def test_any_number_of_seconds_will_do(seconds: float) -> None:
    assert run(lambda send: send(b"a"), seconds=seconds, memory=1 << 60) == b"a"


def test_no_file_is_opened_where_connections_are_forbidden() -> None:
    before = resource.getrlimit(resource.RLIMIT_NOFILE)
    with no_connections(), pytest.raises(OSError, match="Too many open files"):
        os.open(os.devnull, os.O_RDONLY)
    assert resource.getrlimit(resource.RLIMIT_NOFILE) == before


# --- the same through the command line


@pytest.mark.parametrize(
    ("query", "options", "words"),
    [
        (ENDLESS, ("--timeout", "0.5"), "stopped after 0.5 s"),
        (HUNGRY, ("--memory", "256"), "more than 256 MiB of memory"),
        (HUNGRY, ("--memory", "256", "--format", "json"), "more than 256 MiB of memory"),
        (DEEP, (), "nests too deeply"),
    ],
    ids=["endless", "hungry", "hungry-json", "deep"],
)
def test_a_query_over_a_limit_ends_in_words(
    tiny: Tiny, query: str, options: tuple[str, ...], words: str
) -> None:
    result = tiny.kg("query", "-", *options, stdin=query)
    assert (result.returncode, result.stdout) == (2, "")
    assert words in result.stderr
    assert len(result.stderr.splitlines()) == 1
    # The next one is none the worse for it, in as little memory as may be asked for.
    assert tiny.kg("query", "-", "--memory", "256", stdin="ASK { ?s ?p ?o }").stdout == "yes\n"


def start(tiny: Tiny, query: str) -> subprocess.Popen[bytes]:
    """`kg query` at work on a query, in a session of its own."""
    (tiny.root / "query.rq").write_text(query)
    process = subprocess.Popen(
        [*KG, "query", "--file", "query.rq"],
        cwd=tiny.root,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        start_new_session=True,
    )
    deadline = time.monotonic() + 20
    while len(group(process.pid)) < 2 and time.monotonic() < deadline:
        time.sleep(0.02)
    time.sleep(0.1)
    assert len(group(process.pid)) == 2
    return process


def group(leader: int) -> set[int]:
    """The processes of a group that are still there."""
    listed = subprocess.run(
        ["ps", "-A", "-o", "pid=,pgid=,stat="], capture_output=True, text=True, check=True
    )
    rows = [line.split() for line in listed.stdout.splitlines()]
    return {int(pid) for pid, pgid, stat in rows if int(pgid) == leader and stat[0] != "Z"}


def wait_until_gone(leader: int) -> None:
    deadline = time.monotonic() + 5
    while group(leader) and time.monotonic() < deadline:
        time.sleep(0.05)
    assert group(leader) == set()


def test_ctrl_c_ends_a_query_at_once(tiny: Tiny) -> None:
    with start(tiny, ENDLESS) as process:
        begin = time.monotonic()
        os.killpg(process.pid, signal.SIGINT)
        _, errors = process.communicate(timeout=10)
    assert time.monotonic() - begin < 3
    assert process.returncode == 130
    assert b"Traceback" not in errors
    wait_until_gone(process.pid)


@pytest.mark.skipif(sys.platform != "linux", reason="other systems do not tell a pipe's end")
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGKILL])
def test_no_query_outlives_its_command(tiny: Tiny, number: signal.Signals) -> None:
    with start(tiny, ENDLESS) as process:
        process.send_signal(number)
        process.communicate(timeout=10)
    # The one is heard, and what was begun is cleared away; the other is not.
    assert process.returncode == (143 if number == signal.SIGTERM else -number)
    wait_until_gone(process.pid)


def test_a_reader_that_leaves_ends_the_query_quietly(tiny: Tiny) -> None:
    query = "SELECT * { ?a ?b ?c . ?d ?e ?f . ?g ?h ?i }"
    (tiny.root / "wide.rq").write_text(query)
    with subprocess.Popen(
        [*KG, "query", "-f", "wide.rq", "--format", "csv"],
        cwd=tiny.root,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    ) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        assert process.stdout.readline() == b"a,b,c,d,e,f,g,h,i\r\n"
        process.stdout.close()
        assert process.stderr.read() == b""
    assert process.returncode == 141


def test_a_hard_limit_set_from_outside_is_kept(tiny: Tiny) -> None:
    script = (
        "import resource; resource.setrlimit(resource.RLIMIT_DATA, (1 << 30, 1 << 30))\n"
        "from kg.cli import main; main()"
    )
    command = [sys.executable, "-c", script, "query", "-"]
    result = subprocess.run(
        command, cwd=tiny.root, input="ASK { ?s ?p ?o }", capture_output=True, text=True, check=True
    )
    assert result.stdout == "yes\n"


def test_the_query_process_works_in_the_folder_it_was_started_in(
    tiny: Tiny, tmp_path: Path
) -> None:
    """Nothing of a query depends on where it is asked from."""
    (tmp_path / "elsewhere").mkdir()
    command = [*KG, "-C", str(tiny.root / "facts"), "query", "-"]
    result = subprocess.run(
        command, cwd=tmp_path / "elsewhere", input="ASK {}", capture_output=True, text=True,
        check=True,
    )  # fmt: skip
    assert result.stdout == "yes\n"
