"""Engines in this process: pyoxigraph over the release's store, rdflib in memory."""

from __future__ import annotations

import multiprocessing
import time
from collections.abc import Callable
from importlib.util import find_spec
from multiprocessing.connection import Connection
from pathlib import Path

from pyoxigraph import QuerySolutions, Store

from benchmarks.engines.asked import Answer, NotAnsweredError


class Oxigraph:
    """pyoxigraph's `Store.query` over the store on disk, the union of its graphs as default."""

    name = "pyoxigraph"

    def __init__(self, store: Path, _triples: Path, _folder: Path) -> None:
        self._store = store

    @staticmethod
    def absent() -> str:
        return ""

    def ask(self, text: str, times: int, limit: float) -> Answer:
        """Ask several times; raises `NotAnsweredError` after `limit` seconds for each."""

        def ready() -> Callable[[], int]:
            # A store survives no fork.
            store = Store.read_only(str(self._store))

            def count() -> int:
                found = store.query(text, use_default_graph_as_union=True)
                assert isinstance(found, QuerySolutions)
                return sum(1 for _ in found)

            return count

        return _in_a_child(ready, times, limit)

    def close(self) -> None:
        """Nothing is open."""


class Rdflib:
    """rdflib over its own store in memory."""

    name = "rdflib, in memory"

    def __init__(self, _store: Path, triples: Path, _folder: Path) -> None:
        from rdflib import Graph

        self._graph = Graph().parse(triples, format="nt")

    @staticmethod
    def absent() -> str:
        return "" if find_spec("rdflib") else "not installed: rdflib"

    def ask(self, text: str, times: int, limit: float) -> Answer:
        """Ask several times; raises `NotAnsweredError` after `limit` seconds for each."""

        def count() -> int:
            return sum(1 for _ in self._graph.query(text))

        return _in_a_child(lambda: count, times, limit)

    def close(self) -> None:
        """Let the memory go."""
        self._graph.close()


def _in_a_child(ready: Callable[[], Callable[[], int]], times: int, limit: float) -> Answer:
    """Count several times, in a process that can be ended."""
    fork = multiprocessing.get_context("fork")
    receiver, sender = fork.Pipe(duplex=False)
    child = fork.Process(target=_count, args=(ready, times, sender), daemon=True)
    child.start()
    sender.close()
    seconds: list[float] = []
    rows = 0
    try:
        receiver.recv()  # it is ready
        for _ in range(times):
            if not receiver.poll(limit):
                raise NotAnsweredError(f"over {limit:g} s")
            rows, taken = receiver.recv()
            seconds.append(taken)
    except EOFError:
        raise NotAnsweredError("failed") from None
    finally:
        child.kill()
        child.join()
    return Answer(rows, tuple(seconds))


def _count(ready: Callable[[], Callable[[], int]], times: int, sender: Connection) -> None:
    count = ready()
    sender.send(None)
    for _ in range(times):
        start = time.perf_counter()
        rows = count()
        sender.send((rows, time.perf_counter() - start))
