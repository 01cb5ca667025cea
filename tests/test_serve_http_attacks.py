"""`kg serve` against clients that mean no good, or know no better: raw bytes over real sockets."""

from __future__ import annotations

import contextlib
import json
import re
import socket
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from serving import Server, read_all, serving
from tiny import Tiny, write_tiny

from kg.build import build_release

GET = b"GET /health HTTP/1.1\r\nHost: a\r\n"
LAST = GET + b"Connection: close\r\n\r\n"


@pytest.fixture(scope="module")
def tiny(tmp_path_factory: pytest.TempPathFactory) -> Tiny:
    tiny = write_tiny(tmp_path_factory.mktemp("attacked"))
    build_release(tiny.project)
    return tiny


@pytest.fixture(scope="module")
def server(tiny: Tiny) -> Iterator[Server]:
    with serving(tiny.root) as server:
        yield server


@pytest.fixture(autouse=True)
def still_well(server: Server) -> Iterator[None]:
    """Whatever was done to it, the server answers the next client."""
    yield
    assert server.ask("/health").status == 200


def statuses(data: bytes) -> list[int]:
    """The statuses of the answers in what came."""
    return [int(status) for status in re.findall(rb"HTTP/1\.1 (\d{3}) ", data)]


def one_answer(connection: socket.socket) -> bytes:
    """The next answer on a connection, whole."""
    stream = connection.makefile("rb", buffering=0)
    head = b""
    while not head.endswith(b"\r\n\r\n"):
        if not (byte := stream.read(1)):
            return head
        head += byte
    length = re.search(rb"content-length: (\d+)", head)
    body = b""
    while length and len(body) < int(length[1]):
        body += stream.read(int(length[1]) - len(body)) or b""
    return head + body


# --- what is no request


@pytest.mark.parametrize(
    "data",
    [
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + b"\x00" * 300,
        b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
        b"GET / HTTP/9.9\r\nHost: a\r\n\r\n",
        b"GET / HTTPS/1.1\r\nHost: a\r\n\r\n",
        b"GET /\x00 HTTP/1.1\r\nHost: a\r\n\r\n",
        b"GET /\xff\xfe HTTP/1.1\r\nHost: a\r\n\r\n",
        b"GET /a\\b\x7f HTTP/1.1\r\nHost: a\r\n\r\n",
        b"get / HTTP/1.1\r\nHost: a\r\n\r\n",
        b"BREW / HTTP/1.1\r\nHost: a\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: a\r\nA : b\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: a\r\nA\x00: b\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: a\r\nA: b\x00c\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: a\r\n folded: b\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: a\r\nno colon\r\n\r\n",
        b"CONNECT example.org:443 HTTP/1.1\r\nHost: a\r\n\r\n",
        b"GET / HTTP/1.1\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n",
    ],
)
def test_what_is_no_request_is_refused(server: Server, data: bytes) -> None:
    with server.connect() as connection:
        connection.sendall(data)
        got = one_answer(connection)
    assert statuses(got)[:1] in ([400], [405], [404]), got
    assert b"Traceback" not in got


@pytest.mark.parametrize(
    "head",
    [
        b"Content-Length: 5\r\nTransfer-Encoding: chunked\r\n",
        b"Transfer-Encoding: chunked\r\nContent-Length: 5\r\n",
        b"Transfer-Encoding: xchunked\r\n",
        b"Transfer-Encoding: chunked, identity\r\n",
        b"Transfer-Encoding : chunked\r\n",
        b"Transfer-Encoding:\x0bchunked\r\n",
        b"Content-Length: 5\r\nContent-Length: 6\r\n",
        b"Content-Length: +5\r\n",
        b"Content-Length: 5, 5\r\n",
        b"Content-Length: -1\r\n",
        b"Content-Length: 0x5\r\n",
        b"Content-Length: 99999999999999999999999\r\n",
    ],
)
def test_no_request_is_smuggled_in_another(server: Server, head: bytes) -> None:
    """A length that two readers could read in two ways is refused, and nothing after it is read."""
    hidden = b"GET /mineral/zinc HTTP/1.1\r\nHost: a\r\nX-Request-Id: smuggled\r\n\r\n"
    data = b"POST /mineral/iron HTTP/1.1\r\nHost: a\r\n" + head + b"\r\n0\r\n\r\n" + hidden
    got = server.raw(data)
    assert statuses(got) == [400], got
    assert b"smuggled" not in got


def test_the_body_of_a_request_is_not_the_next_one(server: Server) -> None:
    hidden = b"GET /a HTTP/1.1\r\nHost: a\r\nX-Request-Id: smuggled\r\n\r\n"
    length = b"Content-Length: %d\r\n\r\n" % len(hidden)
    for method in (b"GET", b"POST"):
        got = server.raw(method + b" / HTTP/1.1\r\nHost: a\r\n" + length + hidden + LAST)
        assert len(statuses(got)) == 2
        assert statuses(got)[1] == 200
        assert b"smuggled" not in got


def test_requests_in_a_row_are_answered_in_order(server: Server) -> None:
    paths = [
        "/health",
        "/mineral/iron.ttl",
        "/nothing",
        "/mineral/iron.ttl",
        "/mineral/zinc.nt",
    ] * 5
    head = "HTTP/1.1\r\nHost: a\r\nAccept: text/plain\r\nX-Request-Id"
    asked = b"".join(f"GET {path} {head}: n{n}\r\n\r\n".encode() for n, path in enumerate(paths))
    got = server.raw(asked + LAST)
    assert statuses(got) == [200, 200, 404, 200, 200] * 5 + [200]
    assert re.findall(rb"x-request-id: n(\d+)", got) == [b"%d" % n for n in range(25)]


def test_a_repeated_request_is_answered_alike_however_it_is_cut(server: Server) -> None:
    """Known requests are answered by their bytes; the rest of another must not be taken for one."""
    asked = b"GET /mineral/iron.ttl HTTP/1.1\r\nHost: cut\r\n\r\n"
    changing = re.compile(rb"(date|x-request-id): [^\r]*\r\n")

    def lines(data: bytes) -> list[bytes]:
        return sorted(changing.sub(b"", data).split(b"\r\n"))

    with server.connect() as connection:
        answers = []
        for _ in range(3):
            connection.sendall(asked)
            answers.append(lines(one_answer(connection)))
        for cut in (1, 20, len(asked) - 1):
            connection.sendall(asked[:cut])
            time.sleep(0.02)
            connection.sendall(asked[cut:])
            answers.append(lines(one_answer(connection)))
        # A body whose bytes are those of the known request is a body.
        head = b"POST /mineral/iron HTTP/1.1\r\nHost: cut\r\nContent-Length: %d\r\n\r\n" % len(
            asked
        )
        connection.sendall(head)
        time.sleep(0.05)
        connection.sendall(asked)
        assert statuses(one_answer(connection)) == [405]
        connection.sendall(asked)
        answers.append(lines(one_answer(connection)))
    assert all(answer == answers[0] for answer in answers)
    assert any(entry.get("repeated") for entry in server.entries(path="/mineral/iron.ttl"))


def test_a_body_is_no_request_however_often_its_head_came(server: Server) -> None:
    """A proxy may send one client's body behind the head, on a connection that others share."""
    body = b"GET /mineral/zinc.ttl HTTP/1.1\r\nHost: body\r\n\r\n"
    head = b"GET /mineral/iron.ttl HTTP/1.1\r\nHost: a\r\nContent-Length: %d\r\n\r\n" % len(body)
    for _ in range(3):
        with server.connect() as connection:
            connection.sendall(head)
            time.sleep(0.05)
            connection.sendall(body)
            time.sleep(0.05)
            connection.sendall(b"GET /health HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")
            got = read_all(connection)
        assert statuses(got) == [200, 200]
        assert b"Zinc" not in got


# --- what is too much


def test_too_long_an_address(server: Server) -> None:
    got = server.raw(b"GET /" + b"a" * 70_000 + b" HTTP/1.1\r\nHost: a\r\n\r\n")
    assert statuses(got) == [414]
    got = server.raw(b"GET /?q=" + b"a" * 500_000)
    assert statuses(got) == [431]


@pytest.mark.parametrize(
    "head",
    [b"A: " + b"b" * 40_000, b"".join(b"A%d: b\r\n" % n for n in range(5000)), b"A" * 100_000],
)
def test_too_many_headers(server: Server, head: bytes) -> None:
    assert statuses(server.raw(GET + head + b"\r\n\r\n"))[:1] in ([431], [400])


def test_headers_without_end(server: Server) -> None:
    """They are not gathered: the connection ends at the limit."""
    sent = 0
    with server.connect() as connection:
        connection.sendall(GET)
        with contextlib.suppress(OSError):
            while sent < 50 << 20:
                sent += connection.send(b"A: " + b"b" * 4000 + b"\r\n")
        assert sent < 10 << 20
        with contextlib.suppress(OSError):
            assert statuses(read_all(connection)) in ([431], [])


def test_a_body_that_nobody_asked_for_is_not_gathered(server: Server) -> None:
    before = memory(server.process.pid)
    head = b"POST /mineral/iron HTTP/1.1\r\nHost: a\r\nContent-Length: 40000000\r\n\r\n"
    with server.connect() as connection:
        connection.sendall(head)
        assert statuses(one_answer(connection)) == [405]
        connection.sendall(b"x" * 40_000_000)
    assert memory(server.process.pid) < before + (20 << 20)


def test_headers_behind_a_body_are_not_gathered(server: Server) -> None:
    """Trailers of a chunked body: millions of them fit into what a message may have."""
    before = memory(server.process.pid)
    head = b"POST /mineral/iron HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n"
    with server.connect() as connection:
        connection.sendall(head + b"0\r\n")
        for _ in range(200):
            connection.sendall(b"a:\r\n" * 10_000)
        assert memory(server.process.pid) < before + (20 << 20)
    assert server.ask("/health").status == 200


def memory(pid: int) -> int:
    """What a process holds, in bytes."""
    text = Path(f"/proc/{pid}/status").read_text("ascii")
    found = re.search(r"VmRSS:\s+(\d+) kB", text)
    assert found
    return int(found[1]) << 10


def test_the_log_cannot_be_written_into(server: Server) -> None:
    hostile = '/%0a{"event":"request"}"\\x1b[31m<script>'
    server.raw(f"GET {hostile} HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n".encode())
    end = time.monotonic() + 5
    while "script" not in server.log.read_text("utf-8") and time.monotonic() < end:
        time.sleep(0.05)
    for line in server.log.read_text("utf-8").splitlines():
        assert json.loads(line)["event"] in ("request", "warning", "error", "unplaced", "release")
        assert line.isascii()


# --- what is too slow


def test_clients_that_dawdle_are_shown_out(tmp_path: Path) -> None:
    """They may not keep others out, either: there are more of them than places."""
    tiny = write_tiny(tmp_path / "slow")
    build_release(tiny.project)
    options = ("--connections", "20", "--patience", "1.5")
    with serving(tiny.root, *options) as server, contextlib.ExitStack() as stack:
        slow = [stack.enter_context(server.connect()) for _ in range(50)]
        for connection in slow:
            with contextlib.suppress(OSError):
                connection.sendall(b"GET / HTTP/1.1\r\nHost: ")
        start = time.monotonic()
        assert server.ask("/health").status == 200
        assert time.monotonic() - start < 1
        slowest = stack.enter_context(server.connect())
        silent = stack.enter_context(server.connect())
        start = time.monotonic()
        slowest.settimeout(0.2)
        slowest.sendall(b"GET /")
        got = b""
        while not got and time.monotonic() - start < 20:  # a byte now and then buys no time
            slowest.sendall(b"a")
            with contextlib.suppress(TimeoutError):
                got = slowest.recv(1 << 16)
        assert 1 < time.monotonic() - start < 5
        assert statuses(got) == [408]
        assert read_all(silent) == b""


def test_who_takes_nothing_is_cut_off(tmp_path: Path) -> None:
    """Answers that nobody reads are neither gathered nor waited for."""
    tiny = write_tiny(tmp_path / "stalled")
    build_release(tiny.project)
    with serving(tiny.root, "--patience", "0.5") as server:
        asked = b"GET /assets/style.css HTTP/1.1\r\nHost: a\r\n\r\n"
        before = memory(server.process.pid)
        with server.connect() as connection:
            start = time.monotonic()
            with contextlib.suppress(ConnectionError):
                while time.monotonic() - start < 10:
                    connection.sendall(asked)
            assert time.monotonic() - start < 8
        assert memory(server.process.pid) < before + (40 << 20)


def test_requests_in_a_row_without_end_are_not_gathered(server: Server) -> None:
    """The server answers some of them and ends the connection."""
    before = memory(server.process.pid)
    asked = b"GET /mineral/iron.ttl HTTP/1.1\r\nHost: a\r\n\r\n" * 1000
    with server.connect() as connection:
        start = time.monotonic()
        with contextlib.suppress(ConnectionError):
            while time.monotonic() - start < 10:
                connection.sendall(asked)
        assert time.monotonic() - start < 5
    assert memory(server.process.pid) < before + (20 << 20)
    got = server.raw(asked)
    assert set(statuses(got)) == {200}
    assert 64 <= len(statuses(got)) < 100
    assert b"connection: close" in got[got.rindex(b"HTTP/1.1 200") :]


def test_bodies_that_wait_are_not_gathered(server: Server) -> None:
    """A request that waits for the one before it may not bring much of a body along."""
    before = memory(server.process.pid)
    first = b"POST /sparql HTTP/1.1\r\nHost: a\r\nContent-Type: application/sparql-query\r\n"
    slow = b"SELECT (COUNT(*) AS ?n) { ?a ?b ?c . ?d ?e ?f . ?g ?h ?i . ?j ?k ?l }"
    with server.connect() as connection:
        connection.sendall(first + b"Content-Length: %d\r\n\r\n" % len(slow) + slow)
        connection.sendall(first + b"Content-Length: 60000000\r\n\r\n")
        with contextlib.suppress(ConnectionError):
            connection.settimeout(1)
            with contextlib.suppress(TimeoutError):
                connection.sendall(b"x" * 60_000_000)
        assert memory(server.process.pid) < before + (20 << 20)


@pytest.mark.parametrize("data", [b"\r\n" * 10, b"GET /", GET, GET[:-2]])
def test_nothing_is_not_waited_for(server: Server, data: bytes) -> None:
    """Just the start of what is tested above at length: what is incomplete is not answered yet."""
    with server.connect() as connection:
        connection.sendall(data)
        connection.settimeout(0.1)
        with pytest.raises(TimeoutError):
            connection.recv(1)
