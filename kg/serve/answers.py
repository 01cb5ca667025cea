"""The answers of one release: evaluated once, kept, and shared by all who ask the same."""

from __future__ import annotations

import hashlib
import re
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final, NamedTuple

import pyoxigraph

from kg import __version__
from kg.serve.cache import Cache
from kg.serve.messages import Query
from kg.serve.problems import RefusedError
from kg.serve.spool import Answer, Reader
from kg.serve.worker import WorkerSettings
from kg.serve.workers import Pool, PoolLimits
from kg.sparql import unescape

_KEPT: Final = 64 << 20
_LONGEST: Final = 1 << 16
# Functions that give something else each time, and what another endpoint says.
_VOLATILE: Final = re.compile(r"service|(?:now|rand|uuid|bnode)\s*+[(#]")
_WORDS: Final = ("service", "now", "rand", "uuid", "bnode")


class Whole(NamedTuple):
    """An answer that is all there: its format, whether it is a graph, and its bytes."""

    format: str
    graph: bool
    body: bytes


class Answers:
    """What queries give, over the store of a release; `state` is another when that may be."""

    def __init__(self, settings: WorkerSettings, limits: PoolLimits, state: str) -> None:
        self.pool = Pool(settings, limits)
        self._kept: Cache[Query, Whole] = Cache(_KEPT)
        self._coming: dict[Query, Answer] = {}
        self._salt = f"{state} {__version__} {pyoxigraph.__version__} ".encode()

    def known(self, query: Query) -> Whole | None:
        """The answer, if it is at hand."""
        return self._kept.get(query)

    def tag(self, query: Query, *more: object) -> bytes:
        """An ETag for the answer, known before it is; empty when that is another each time.

        It is a weak one: the same solutions may come in another order.
        """
        if is_volatile(query.text):
            return b""
        of = repr((query.solutions, query.graph, query.dataset, query.bindings, more))
        text = f"{of}\n{query.text}".encode(errors="surrogatepass")
        return b'W/"%s"' % hashlib.sha256(self._salt + text).hexdigest()[:32].encode()

    @contextmanager
    def reading(self, query: Query) -> Iterator[Reader]:
        """Read an answer as it comes, together with all who ask the same meanwhile."""
        answer = self._coming.get(query)
        if answer is None:
            answer = self.pool.submit(query)
            answer.lasting = not is_volatile(query.text)
            if answer.lasting:
                self._coming[query] = answer
        try:
            with answer.reading() as reader:
                yield reader
        finally:
            if self._coming.get(query) is answer and (answer.done or not answer.readers):
                del self._coming[query]

    def keep(self, answer: Answer) -> Whole:
        """The answer, which is all there; it is kept unless it is large or would be another."""
        whole = Whole(answer.format, answer.graph, answer.read(0))
        if answer.lasting:
            self._kept.put(answer.query, whole, _size(answer.query) + len(whole.body))
        return whole

    async def whole(self, query: Query, most: int) -> Whole:
        """The answer as a whole, up to a size; raises `RefusedError`."""
        known = self._kept.get(query)
        if known is not None:
            return known
        with self.reading(query) as reader:
            await reader.ended(most)
            if reader.answer.size > most:
                raise RefusedError(500, f"the answer is larger than {most >> 20} MiB")
            return self.keep(reader.answer)


def _size(query: Query) -> int:
    """What a query takes up as a key: clients choose its text, its graphs and its parameters."""
    graphs = (*query.dataset.default, *query.dataset.named) if query.dataset else ()
    texts = (query.text, *graphs, *(term.value for _, term in query.bindings))
    return 1000 + sum(map(sys.getsizeof, texts))


def is_volatile(text: str) -> bool:
    """Whether a query may have another answer next time, of the same data.

    >>> is_volatile("SELECT (RAND() AS ?x) {}"), is_volatile("SELECT * {}")
    (True, False)
    """
    # A query may have a million characters, and other requests wait while they are looked at:
    # what is that long is not worth to be remembered.
    if len(text) > _LONGEST:
        return True
    text = unescape(text).lower()
    return any(word in text for word in _WORDS) and _VOLATILE.search(text) is not None
