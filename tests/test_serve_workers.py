"""The pool of query workers, on its own: what it promises when things go wrong."""

from __future__ import annotations

import asyncio
import os
import signal
import time
from collections.abc import Awaitable, Callable
from dataclasses import replace
from pathlib import Path

import pytest
from pyoxigraph import Literal, Variable
from tiny import BASE, Tiny, write_tiny

from kg.build import build_release
from kg.errors import KgError
from kg.results import Dataset
from kg.serve.answers import Answers, is_volatile
from kg.serve.messages import Messages, Query, message
from kg.serve.problems import RefusedError
from kg.serve.sparql import SparqlEndpoint
from kg.serve.spool import IN_MEMORY, GoneError
from kg.serve.worker import WorkerSettings
from kg.serve.workers import Pool, PoolLimits
from kg.store import open_release

TRIPLES = "?a ?b ?c . ?d ?e ?f . ?g ?h ?i"
ENDLESS = f"SELECT (COUNT(*) AS ?n) {{ {TRIPLES} . ?j ?k ?l . ?m ?n0 ?o }}"
LIMITS = PoolLimits(workers=1, seconds=0.5, memory=256, bytes=4 << 20, queue=2, wait=5)

pytestmark = pytest.mark.filterwarnings("ignore:.*multi-threaded.*:DeprecationWarning")


@pytest.fixture(scope="module")
def tiny(tmp_path_factory: pytest.TempPathFactory) -> Tiny:
    tiny = write_tiny(tmp_path_factory.mktemp("workers"))
    build_release(tiny.project)
    return tiny


@pytest.fixture
def settings(tiny: Tiny) -> WorkerSettings:
    store = str(open_release(tiny.build).path / "store")
    return WorkerSettings(store, str(tiny.root / "ontology/context.jsonld"), BASE, 256)


def with_pool(
    settings: WorkerSettings, use: Callable[[Pool], Awaitable[None]], limits: PoolLimits = LIMITS
) -> None:
    async def run() -> None:
        pool = Pool(settings, limits)
        await pool.start()
        try:
            await use(pool)
        finally:
            await pool.close()
        assert children() == []

    asyncio.run(run())


def children() -> list[int]:
    """The workers that this process has."""
    tasks = Path(f"/proc/{os.getpid()}/task").iterdir()
    return [int(pid) for task in tasks for pid in (task / "children").read_text("ascii").split()]


async def ask(pool: Pool, text: str) -> bytes:
    answer = pool.submit(Query(text))
    with answer.reading() as reader:
        await reader.started()
        return b"".join([piece async for piece in reader.pieces()])


async def refusal(pool: Pool, text: str) -> RefusedError:
    with pytest.raises(RefusedError) as caught:
        await ask(pool, text)
    return caught.value


def test_a_query_over_a_limit_takes_nobody_with_it(settings: WorkerSettings) -> None:
    async def use(pool: Pool) -> None:
        before = set(children())
        timely = asyncio.gather(ask(pool, "ASK {} # 1"), ask(pool, "ASK {} # 2"))
        assert (await refusal(pool, ENDLESS)).status == 504
        assert await timely == [b'{"head":{},"boolean":true}\n'] * 2
        deep = await refusal(pool, f"ASK {{ FILTER({'(' * 10_000}1{')' * 10_000}) }}")
        assert (deep.status, "nests too deeply" in deep.detail) == (500, True)
        large = await refusal(pool, f"SELECT * {{ {TRIPLES} }}")
        assert (large.status, "larger than 4 MiB" in large.detail) == (500, True)
        assert await ask(pool, "ASK {}")
        assert set(children()) != before

    with_pool(settings, use)


def test_a_worker_that_somebody_kills_is_replaced(settings: WorkerSettings) -> None:
    async def use(pool: Pool) -> None:
        for _ in range(2):
            for pid in children():
                os.kill(pid, signal.SIGKILL)
            await asyncio.sleep(0.05)
            assert await ask(pool, "ASK {}")

    with_pool(settings, use)


def test_a_full_queue_refuses_and_says_when_to_come_again(settings: WorkerSettings) -> None:
    async def use(pool: Pool) -> None:
        tasks = [asyncio.create_task(refusal(pool, f"{ENDLESS} #{n}")) for n in range(3)]
        await asyncio.sleep(0)
        full = await refusal(pool, ENDLESS)
        assert (full.status, full.headers["Retry-After"]) == (503, "10")
        assert [(await task).status for task in tasks] == [504, 504, 504]

    with_pool(settings, use)


def test_a_query_waits_only_so_long_for_its_turn(settings: WorkerSettings) -> None:
    async def use(pool: Pool) -> None:
        busy = asyncio.create_task(refusal(pool, ENDLESS))
        await asyncio.sleep(0)
        waited = await refusal(pool, "ASK {}")
        assert (waited.status, "waited 0.1 s" in waited.detail) == (503, True)
        await busy

    with_pool(settings, use, replace(LIMITS, wait=0.1))


def test_answers_that_nobody_reads_take_only_so_much_room(settings: WorkerSettings) -> None:
    """They lie in files; together they have a limit, and what a reader has left is free again."""

    async def use(pool: Pool) -> None:
        query = f"SELECT * {{ {TRIPLES} }} LIMIT 3000"
        with pool.submit(Query(query)).reading() as reader:
            await reader.ended(1 << 30)
            assert IN_MEMORY < reader.answer.size < 2 << 20
            larger = f"SELECT * {{ {TRIPLES} }} LIMIT 6000"
            full = await refusal(pool, larger)
            assert (full.status, "being read" in full.detail) == (503, True)
        assert len(await ask(pool, query)) > IN_MEMORY

    with_pool(settings, use, replace(LIMITS, spool=5 << 19))


def test_who_hoards_answers_does_not_keep_others_out(settings: WorkerSettings) -> None:
    """The largest of those that lie about is given up, and its reader told."""

    async def use(pool: Pool) -> None:
        rows = f"SELECT * {{ {TRIPLES} }} LIMIT"
        with pool.submit(Query(f"{rows} 3000")).reading() as hoarder:
            pieces = hoarder.pieces()
            await anext(pieces)
            await hoarder.ended(1 << 30)
            assert len(await ask(pool, f"{rows} 1000")) < hoarder.answer.size
            assert len(await ask(pool, f"{rows} 2500")) > IN_MEMORY
            with pytest.raises(RefusedError, match="being read"):
                await anext(pieces)
        for _ in range(3):
            assert len(await ask(pool, f"{rows} 3000")) > IN_MEMORY

    with_pool(settings, use, replace(LIMITS, spool=3 << 20))


def test_a_full_disk_ends_the_answer_and_no_reader_waits(
    settings: WorkerSettings, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(buffering: int = -1) -> object:
        return Path("/dev/full").open("r+b", buffering=buffering)

    async def use(pool: Pool) -> None:
        monkeypatch.setattr("tempfile.TemporaryFile", full)
        refused = await refusal(pool, f"SELECT * {{ {TRIPLES} }} LIMIT 3000")
        assert refused.detail.startswith("the answer cannot be kept: No space left")
        assert await ask(pool, "ASK {}")

    with_pool(settings, use)


def test_a_reader_that_leaves_frees_the_worker(settings: WorkerSettings) -> None:
    async def use(pool: Pool) -> None:
        for _ in range(2):
            with pool.submit(Query(ENDLESS)).reading() as reader:
                asyncio.get_running_loop().call_later(0.05, reader.leave)
                with pytest.raises(GoneError):
                    await reader.started()
            assert await ask(pool, "ASK {}")

    with_pool(settings, use, replace(LIMITS, seconds=60))


def test_a_query_that_waits_may_be_given_up(settings: WorkerSettings) -> None:
    async def use(pool: Pool) -> None:
        busy = asyncio.create_task(refusal(pool, ENDLESS))
        await asyncio.sleep(0)
        with pool.submit(Query("ASK {}")).reading():
            pass
        await busy
        assert await ask(pool, "ASK {}")

    with_pool(settings, use)


def test_a_pool_drains(settings: WorkerSettings) -> None:
    async def run() -> None:
        pool = Pool(settings, LIMITS)
        await pool.start()
        under_way = asyncio.create_task(refusal(pool, ENDLESS))
        waits = asyncio.create_task(ask(pool, "ASK {}"))
        await asyncio.sleep(0)
        closing = asyncio.create_task(pool.close(drain=5))
        await asyncio.sleep(0)
        assert (await refusal(pool, "ASK {}")).status == 503
        assert (await under_way).status == 504
        assert await waits
        await closing
        assert children() == []

    asyncio.run(run())


def test_what_is_under_way_when_a_pool_closes_is_told(settings: WorkerSettings) -> None:
    async def run() -> None:
        pool = Pool(settings, LIMITS)
        await pool.start()
        tasks = [asyncio.create_task(refusal(pool, f"{ENDLESS} #{n}")) for n in range(2)]
        await asyncio.sleep(0)
        await pool.close()
        assert [(await task).status for task in tasks] == [503, 503]

    asyncio.run(run())


@pytest.mark.parametrize("what", ["store", "context"])
def test_a_pool_that_cannot_start_says_why(
    settings: WorkerSettings, tmp_path: Path, what: str
) -> None:
    async def run() -> None:
        broken = replace(settings, **{what: str(tmp_path / "nothing")})
        with pytest.raises(KgError, match="nothing"):
            await Pool(broken, LIMITS).start()
        assert children() == []

    asyncio.run(run())


def test_answers_are_evaluated_once_and_kept(settings: WorkerSettings) -> None:
    async def run() -> None:
        answers = Answers(settings, replace(LIMITS, queue=0), "digest")
        await answers.pool.start()
        query = Query("SELECT (COUNT(*) AS ?n) { ?a ?b ?c . ?d ?e ?f }")
        # One worker and no queue: a second evaluation at the same time would be refused.
        bodies = await asyncio.gather(*(answers.whole(query, 1000) for _ in range(5)))
        assert len({body.body for body in bodies}) == 1
        await answers.pool.close()
        assert await answers.whole(query, 1000) == bodies[0]
        with pytest.raises(RefusedError, match="the server ends"):
            await answers.whole(Query("ASK {}"), 1000)

    asyncio.run(run())


def test_a_very_long_query_is_not_remembered() -> None:
    """To see whether it may be would take long, and all others would wait."""
    long = "ASK {} #" + "\\u0041" * 170_000
    start = time.process_time()
    assert is_volatile(long)
    assert time.process_time() - start < 0.005
    assert not is_volatile(long[:50_000])


@pytest.mark.parametrize("part", ["graph", "parameter"])
def test_what_is_kept_is_weighed_with_what_clients_chose(
    settings: WorkerSettings, part: str
) -> None:
    """A small answer to a long request is not small."""

    async def run() -> None:
        answers = Answers(settings, LIMITS, "digest")
        await answers.pool.start()
        long = "a" * (1 << 20)
        for number in range(3):
            graph, value = f"urn:{number}:{long}", Literal(f"{number}{long}")
            known = {
                "graph": Query("ASK {}", dataset=Dataset(named=(graph,))),
                "parameter": Query("SELECT ?x {}", bindings=((Variable("x"), value),)),
            }[part]
            await answers.whole(known, 4 << 20)
            assert answers._kept.size > (number + 1) << 20
        await answers.pool.close()

    asyncio.run(run())


def test_an_error_is_not_kept(settings: WorkerSettings) -> None:
    async def run() -> None:
        answers = Answers(settings, LIMITS, "digest")
        await answers.pool.start()
        for _ in range(2):
            with pytest.raises(RefusedError, match="not valid"):
                await answers.whole(Query("SELECT"), 1000)
            with pytest.raises(RefusedError, match="larger than"):
                await answers.whole(Query("SELECT * { ?s ?p ?o }"), 1000)
        await answers.pool.close()

    asyncio.run(run())


def test_another_release_is_swapped_in_without_a_refusal(tiny: Tiny) -> None:
    release = open_release(tiny.build)
    limits = replace(LIMITS, workers=2, queue=100)

    async def run() -> None:
        endpoint = SparqlEndpoint(release, tiny.project, limits)
        await endpoint.start()
        stop = asyncio.Event()

        async def insist(client: int) -> int:
            number = 0
            while not stop.is_set():
                await endpoint.select(f"ASK {{ }} # {client} {number}")
                number += 1
            return number

        clients = [asyncio.create_task(insist(client)) for client in range(4)]
        for _ in range(2):
            await asyncio.sleep(0.1)
            await endpoint.swap(release)
        stop.set()
        assert all(number > 0 for number in await asyncio.gather(*clients))
        await endpoint.close()
        assert children() == []

    asyncio.run(run())


def test_messages_may_be_cut_anywhere() -> None:
    sent = [(b"D", b"a" * length) for length in (0, 1, 255, 70_000)]
    data = b"".join(message(kind, content) for kind, content in sent)
    for size in (1, 3, 4096, len(data)):
        messages = Messages()
        pieces = (data[start : start + size] for start in range(0, len(data), size))
        assert [found for piece in pieces for found in messages.feed(piece)] == sent
