"""What the processes in the tests of pools do: they import this module."""

from __future__ import annotations

import itertools
import os
import resource
import signal
import time
from collections.abc import Callable
from typing import Any, NoReturn

from kg.child import Starter


def nothing() -> None:
    pass


def state_of(number: int) -> dict[str, int]:
    return {"number": number, "pid": os.getpid(), "jobs": 0}


def count_jobs(state: dict[str, int], _job: object) -> tuple[int, int]:
    state["jobs"] += 1
    return state["pid"], state["jobs"]


def add(state: dict[str, int], job: int) -> int:
    return state["number"] + job


def echo(_state: object, job: Any) -> Any:
    return job


def pid_of(_state: object, _job: object) -> int:
    return os.getpid()


def sleep_long(_state: object, _job: object) -> None:
    time.sleep(600)


def later(_state: object, seconds: float) -> float:
    time.sleep(seconds)
    return seconds


def never_come_back(_state: object, _job: object) -> int:
    """One call that no signal handler of Python can interrupt, nor another thread."""
    return sum(itertools.repeat(0))


def end(_state: object, way: str) -> NoReturn:
    if way == "exit":
        os._exit(7)
    if way == "leave":
        raise SystemExit(5)
    os.kill(os.getpid(), signal.Signals[way])
    time.sleep(60)
    raise AssertionError


def fail(_state: object, error: Exception) -> NoReturn:
    raise error


def fail_to_prepare(error: Exception) -> NoReturn:
    raise error


def take_all_memory(_state: object, _job: object) -> int:
    resource.setrlimit(resource.RLIMIT_DATA, (1 << 28, 1 << 28))
    return len(b"x" * (1 << 30))


def a_function(_state: object, _job: object) -> Callable[[], None]:
    return lambda: None


class OddError(Exception):
    """One that cannot be made again from what pickle keeps of it."""

    def __init__(self, first: str, second: str) -> None:
        super().__init__(first + second)


def fail_oddly(_state: object, _job: object) -> NoReturn:
    raise OddError("so ", "odd")


def tell_much(starter: Starter) -> None:
    for number in range(20_000):
        starter.send_if_read(number)
    starter.send(-1)
