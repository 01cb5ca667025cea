"""Worker processes: jobs and results, and every way in which a process can come to an end."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from jobs import (
    a_function,
    add,
    count_jobs,
    echo,
    end,
    fail,
    fail_oddly,
    fail_to_prepare,
    later,
    nothing,
    pid_of,
    state_of,
    take_all_memory,
    tell_much,
)
from processes import children, descriptors, processes, script

from kg.child import Child
from kg.errors import ConfigError, NonconformingError, Problem, WorkerError
from kg.pool import Pool, worker_count


@pytest.fixture(autouse=True)
def _nothing_is_left() -> Iterator[None]:
    before, files = set(children()), len(descriptors())
    yield
    assert set(children()) <= before
    assert len(descriptors()) == files


@pytest.fixture(params=[0, 2])
def pool(request: pytest.FixtureRequest) -> Iterator[Pool[dict[str, int]]]:
    with Pool(request.param, state_of, 10) as pool:
        yield pool


@pytest.fixture
def workers() -> Iterator[Pool[None]]:
    with Pool(2, nothing) as pool:
        yield pool


# Jobs and results


def test_every_result_comes_with_the_number_of_its_job(pool: Pool[dict[str, int]]) -> None:
    results = dict(pool.run(add, range(50)))
    assert results == {number: 10 + number for number in range(50)}


def test_no_jobs_no_results(pool: Pool[dict[str, int]]) -> None:
    assert list(pool.run(add, [])) == []


def test_the_state_is_made_once_and_kept_from_run_to_run(pool: Pool[dict[str, int]]) -> None:
    first = [result for _, result in pool.run(count_jobs, range(9))]
    second = [result for _, result in pool.run(count_jobs, range(9))]
    pids = {pid for pid, _ in first + second}
    assert len(pids) <= 2
    # Each counts all its jobs, over both runs.
    assert sum(max(n for p, n in first + second if p == pid) for pid in pids) == 18


def test_jobs_are_done_by_other_processes_and_all_of_them() -> None:
    with Pool(2, nothing) as pool:
        pids = {pid for _, pid in pool.run(pid_of, range(20))}
    assert len(pids) == 2
    assert os.getpid() not in pids
    with Pool(0, nothing) as pool:
        assert {pid for _, pid in pool.run(pid_of, range(20))} == {os.getpid()}


def test_results_come_when_they_are_ready(workers: Pool[None]) -> None:
    """A slow job keeps nobody waiting but who stands behind it."""
    list(workers.run(pid_of, range(4)))  # all have started
    results = workers.run(later, [2.0, 0.0, 0.0, 0.0])
    assert next(results) == (1, 0.0)
    results.close()


def test_jobs_and_results_of_many_megabytes(workers: Pool[None]) -> None:
    """More than fits between two processes, both ways at once."""
    jobs = [bytes([number]) * 6_000_000 for number in range(8)]
    assert all(job == jobs[number] for number, job in workers.run(echo, jobs))


def test_jobs_are_taken_only_as_they_can_be_done() -> None:
    taken = 0

    def jobs() -> Iterator[int]:
        nonlocal taken
        for number in range(100):
            taken += 1
            yield number

    with Pool(2, nothing) as pool:
        ahead = [taken - done for done, _ in enumerate(pool.run(echo, jobs()))]
    assert taken == 100
    assert max(ahead) <= 2 * 2 + 1
    # Nor are they taken one by one, with workers that wait.
    assert ahead[0] == 4


def test_a_run_that_was_given_up_does_not_disturb_the_next(pool: Pool[dict[str, int]]) -> None:
    for _ in pool.run(add, range(100)):
        break
    assert dict(pool.run(add, [7, 8])) == {0: 17, 1: 18}
    with pytest.raises(ZeroDivisionError):
        list(pool.run(fail, [ZeroDivisionError()] * 6))
    assert dict(pool.run(add, [7, 8])) == {0: 17, 1: 18}


def test_two_runs_at_a_time_are_a_mistake_that_is_told(workers: Pool[None]) -> None:
    first = workers.run(echo, range(10))
    next(first)
    list(workers.run(echo, range(10)))
    with pytest.raises(RuntimeError, match="one run at a time"):
        list(first)


def test_jobs_that_cannot_be_had(pool: Pool[dict[str, int]]) -> None:
    def jobs() -> Iterator[int]:
        yield 1
        raise ConfigError("no second job")

    with pytest.raises(ConfigError, match="no second job"):
        list(pool.run(add, jobs()))


def test_there_is_at_least_one_core() -> None:
    assert 1 <= worker_count() <= (os.cpu_count() or 1)


# Jobs that fail


def test_what_a_user_can_mend_is_raised_as_it_was(pool: Pool[dict[str, int]]) -> None:
    problem = Problem("a.yaml", 4, 1, "label must be given", "label")
    with pytest.raises(NonconformingError) as caught:
        list(pool.run(fail, [NonconformingError((problem,))]))
    assert caught.value.problems == (problem,)
    assert not hasattr(caught.value, "__notes__")


def test_a_mistake_of_ours_keeps_its_traceback(workers: Pool[None]) -> None:
    with pytest.raises(LookupError) as caught:
        list(workers.run(fail, [LookupError("a bug")]))
    assert "in fail\n    raise error" in caught.value.__notes__[0]


def test_an_exception_that_cannot_be_sent_is_told_in_words(workers: Pool[None]) -> None:
    with pytest.raises(RuntimeError, match="OddError: so odd") as caught:
        list(workers.run(fail_oddly, [1]))
    assert "in fail_oddly" in caught.value.__notes__[0]


def test_a_result_that_cannot_be_sent(workers: Pool[None]) -> None:
    with pytest.raises(Exception, match="pickle") as caught:
        list(workers.run(a_function, [1]))
    assert "in send" in caught.value.__notes__[0]
    assert dict(workers.run(echo, [1])) == {0: 1}


def test_a_job_that_cannot_be_sent(workers: Pool[None]) -> None:
    with pytest.raises(Exception, match="pickle"):
        list(workers.run(echo, [lambda: None]))
    assert dict(workers.run(echo, [1])) == {0: 1}


def test_a_state_that_cannot_be_made() -> None:
    for count in (0, 2):
        with (
            pytest.raises(ConfigError, match="no context"),
            Pool(count, fail_to_prepare, ConfigError("no context")) as pool,
        ):
            list(pool.run(echo, range(9)))


def test_words_that_nobody_reads_keep_nobody_waiting() -> None:
    child = Child(tell_much)
    time.sleep(0.5)
    told = []
    while not told or told[-1] >= 0:
        told.append(child.receive())
    child.close()
    assert told[:3] == [0, 1, 2]
    assert len(told) < 20_000


# Processes that end


@pytest.mark.parametrize(
    ("way", "words"),
    [
        ("SIGKILL", r"signal 9 \(SIGKILL: killed, often for lack of memory\); nothing was built"),
        ("SIGSEGV", r"signal 11 \(SIGSEGV: it crashed\)"),
        ("SIGTERM", r"signal 15 \(SIGTERM\)"),
        ("SIGINT", r"signal 2 \(SIGINT\)"),
        ("exit", "ended with status 7; nothing was built"),
        ("leave", "ended with status 5; nothing was built"),
    ],
)
def test_a_process_that_ends_in_a_job(workers: Pool[None], way: str, words: str) -> None:
    with pytest.raises(WorkerError, match=words):
        list(workers.run(end, [way]))


def test_a_process_that_is_killed_from_outside(workers: Pool[None]) -> None:
    """It is told at once, while another one works on."""
    _, pid = next(workers.run(pid_of, [0]))
    start = time.monotonic()

    def jobs() -> Iterator[float]:
        yield 30.0
        yield 30.0
        os.kill(pid, signal.SIGKILL)

    with pytest.raises(WorkerError, match="SIGKILL"):
        list(workers.run(later, jobs()))
    assert time.monotonic() - start < 10


def test_a_process_that_is_killed_between_two_runs(workers: Pool[None]) -> None:
    for pid in {pid for _, pid in workers.run(pid_of, range(20))}:
        os.kill(pid, signal.SIGKILL)
    with pytest.raises(WorkerError, match="SIGKILL"):
        list(workers.run(echo, range(20)))


def test_a_process_that_runs_out_of_memory(workers: Pool[None]) -> None:
    with pytest.raises(WorkerError, match=r"not enough memory: .*; nothing was built"):
        list(workers.run(take_all_memory, [1]))


def test_no_processes_can_be_had(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "executable", "/nowhere/python")
    with pytest.raises(WorkerError, match="cannot be started: No such file"):
        Pool(2, nothing).__enter__()


# Scripts that have a pool

AT_WORK = """
def tasks():
    yield from range(2)
    print("at work", flush=True)
    time.sleep(0.3)
    yield from range(100)

with Pool(2, jobs.nothing) as pool:
    list(pool.run(jobs.echo, range(4)))
    list(pool.run(jobs.{job}, tasks()))
"""


@pytest.mark.parametrize("job", ["never_come_back", "sleep_long"])
@pytest.mark.parametrize("way", ["group", "SIGINT", "SIGTERM", "SIGKILL"])
def test_who_started_them_is_ended(tmp_path: Path, way: str, job: str) -> None:
    """By Ctrl-C, which the terminal sends to the whole group, or by a signal of its own."""
    mark = tmp_path.name
    parent = script(AT_WORK.format(job=job), mark)
    assert parent.stdout is not None
    assert parent.stdout.readline() == "at work\n"
    assert len(processes(mark)) == 3
    if way == "group":
        os.killpg(parent.pid, signal.SIGINT)
    else:
        parent.send_signal(signal.Signals[way])
    start = time.monotonic()
    _, errors = parent.communicate(timeout=20)
    while processes(mark) and time.monotonic() - start < 10:
        time.sleep(0.01)
    assert processes(mark) == []
    assert time.monotonic() - start < 5  # less than 1, on a machine with nothing else to do
    if way in ("group", "SIGINT"):
        assert errors.count("Traceback") == errors.count("KeyboardInterrupt\n") == 1
    else:
        assert errors == ""


def test_a_script_is_not_run_again(tmp_path: Path) -> None:
    """Processes do not need the guard that some ways to start one ask for."""
    file = tmp_path / "once.py"
    file.write_text(
        "import threading, time\n"
        "from kg.pool import Pool\n"
        "print('once', flush=True)\n"
        "threading.Thread(target=time.sleep, args=[1], daemon=True).start()\n"
        "with Pool(2, dict) as pool:\n"
        "    print(list(pool.run(dict.get, ['a'])))\n",
        encoding="utf-8",
    )
    (tmp_path / "operator.py").write_text("raise SystemExit('found in the wrong place')\n")
    command = [sys.executable, "-W", "error", "-P", str(file)]
    result = subprocess.run(command, capture_output=True, text=True, timeout=30, cwd=tmp_path)
    assert (result.stdout, result.stderr) == ("once\n[(0, None)]\n", "")


@pytest.mark.parametrize("mebibytes", [0, 5, 20, 40, 80, 120, 200])
def test_an_address_space_that_is_small(mebibytes: int) -> None:
    """Wherever memory runs out there is a word about it, or else a result; never silence."""
    limited = f"""
pages = int(open("/proc/self/statm").read().split()[0])
most = {mebibytes} << 20
resource.setrlimit(resource.RLIMIT_AS, (most + (pages * 4096 if most < 50 << 20 else 0),) * 2)
with Pool(2, str) as pool:
    print(sum(len(text) for _, text in pool.run(str.ljust, [20 << 20] * 4)) >> 20)
"""
    out, errors = script(limited).communicate(timeout=30)
    last = errors.splitlines()[-1] if errors else ""
    assert out == "80\n" or last.startswith(("kg.errors.WorkerError: ", "MemoryError")), errors
