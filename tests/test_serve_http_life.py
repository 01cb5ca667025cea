"""The life of `kg serve`: how it starts, goes over to a new release, keeps its log, and ends."""

from __future__ import annotations

import http.client
import json
import signal
import socket
import threading
import time
from collections.abc import Callable
from pathlib import Path
from urllib.parse import quote

import pytest
from serving import Server, read_all, serving
from tiny import Tiny, write_tiny

from kg.build import build_release
from kg.serve.log import Log
from kg.serve.protocol import ConnectionLimits
from kg.serve.server import _affordable
from kg.store import open_release

ASK = "/sparql?query=" + quote("SELECT ?m { <https://example.org/mineral/zinc> ?p ?m }")


@pytest.fixture
def tiny(tmp_path: Path) -> Tiny:
    tiny = write_tiny(tmp_path / "project")
    build_release(tiny.project)
    return tiny


def until(condition: Callable[[], bool], seconds: float = 15) -> None:
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "it did not come about"
        time.sleep(0.05)


# --- start


def test_it_says_where_it_is(tiny: Tiny) -> None:
    with serving(tiny.root) as server:
        digest = open_release(tiny.build).digest
        assert server.said == f"serving release {digest[:16]} at {server.url}/\n"
        assert server.ask("/").status == 200
        assert len(server.children()) >= 1


def test_what_keeps_it_from_starting_is_told_in_words(tiny: Tiny) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        result = tiny.kg("serve", "--port", port)
        assert (result.returncode, result.stdout) == (2, "")
        assert result.stderr == (
            f"kg: port {port} of 127.0.0.1 cannot be used: Address already in use;"
            " choose another with --port\n"
        )
    result = tiny.kg("serve", "--port", "0", "--host", "no.such.host.invalid")
    assert result.returncode == 2
    assert result.stderr.startswith("kg: no.such.host.invalid is no address of this machine")
    result = tiny.kg("serve", "--port", "0", "--log", "no/such/folder/log")
    assert result.returncode == 2
    assert "the log cannot be written" in result.stderr
    result = tiny.kg("serve", "--url", "ftp://a/")
    assert result.returncode == 2
    (tiny.build / "current").unlink()
    result = tiny.kg("serve", "--port", "0")
    assert result.returncode == 2
    assert "nothing is built yet" in result.stderr
    assert "kg build" in result.stderr


# --- a new release


class Asking(threading.Thread):
    """A client that asks without pause, on one connection; whatever is not 200 is a failure."""

    def __init__(self, server: Server, path: str, answers: dict[bytes, int]) -> None:
        super().__init__(daemon=True)
        self._server = server
        self._path = path
        self._answers = answers
        self.failures: list[object] = []
        self.ended = False

    def run(self) -> None:
        connection = http.client.HTTPConnection("127.0.0.1", self._server.port, timeout=30)
        while not self.ended:
            try:
                connection.request("GET", self._path)
                answer = connection.getresponse()
                body = answer.read()
                if answer.status != 200:
                    self.failures.append((answer.status, body))
                self._answers[body] = self._answers.get(body, 0) + 1
            except (OSError, http.client.HTTPException) as error:
                self.failures.append(error)
                connection.close()
        connection.close()


def test_a_new_release_is_served_without_one_failed_request(tiny: Tiny) -> None:
    with serving(tiny.root) as server:
        pages: dict[bytes, int] = {}
        answers: dict[bytes, int] = {}
        clients = [
            *(Asking(server, "/mineral/zinc.ttl", pages) for _ in range(2)),
            *(Asking(server, ASK, answers) for _ in range(2)),
        ]
        for client in clients:
            client.start()
        digests = [open_release(tiny.build).digest]
        for old, new in (("65.380", "65.5"), ("65.5", "65.6")):
            tiny.edit("facts/zinc.yaml", old, new)
            build_release(tiny.project)
            digests.append(open_release(tiny.build).digest)
            until(lambda: server.ask("/health").json["release"] == digests[-1])
            assert new in server.ask("/mineral/zinc.ttl").text
            assert new in server.ask(ASK).text
        time.sleep(0.2)
        for client in clients:
            client.ended = True
        for client in clients:
            client.join(timeout=30)
            assert client.failures == []
        assert len(pages) == len(answers) == len(digests) == 3
        assert min(*pages.values(), *answers.values()) > 1
        assert [line["release"] for line in server.entries(event="release")] == digests[1:]
        until(lambda: len(server.children()) <= 4)
        assert server.stop() == 0


@pytest.mark.parametrize("damage", ["store", "manifest", "configuration"])
def test_a_damaged_release_is_not_served(tiny: Tiny, damage: str) -> None:
    with serving(tiny.root) as server:
        before = server.ask("/health").json["release"]
        bad = tiny.build / "releases" / ("0" * 64)
        (bad / "store").mkdir(parents=True)
        (bad / "store/CURRENT").write_text("nonsense", encoding="utf-8")
        (bad / "manifest.json").write_text("[" if damage == "manifest" else "{}", "utf-8")
        if damage == "configuration":
            tiny.write("kg.toml", "base = ")
        link = tiny.build / "aside"
        link.symlink_to(Path("releases", bad.name))
        link.replace(tiny.build / "current")
        refused = server.entries(event="release-refused")
        assert {line["refused"] for line in refused} == {bad.name}
        assert server.ask("/health").json["release"] == before
        assert server.ask("/mineral/iron.ttl").status == 200
        assert server.ask(ASK).status == 200
        assert "Traceback" not in server.ask("/nothing").text


def test_a_file_that_a_build_has_just_removed(tiny: Tiny) -> None:
    """For half a second, and if builds come that fast: who asks then is told to ask again."""
    with serving(tiny.root) as server:
        (tiny.build / "current").resolve().joinpath("files/SHA256SUMS").unlink()
        got = server.ask("/downloads/SHA256SUMS")
        assert (got.status, got.headers["retry-after"]) == (503, "1")
        assert all(line["event"] != "error" for line in server.logged())


@pytest.mark.parametrize(("files", "most"), [(100_000, 1000), (2300, 1000), (1300, 500), (64, 10)])
def test_every_connection_may_be_sent_a_file(
    monkeypatch: pytest.MonkeyPatch, files: int, most: int
) -> None:
    """However many files the system allows, none of the clients let in finds them all in use."""
    limits = [(files, files)]
    monkeypatch.setattr("resource.getrlimit", lambda _: limits[-1])
    monkeypatch.setattr("resource.setrlimit", lambda _, pair: limits.append(pair))
    assert _affordable(ConnectionLimits()).connections == most


# --- the log


def test_every_request_has_its_line(tiny: Tiny) -> None:
    with serving(tiny.root) as server:
        digest = open_release(tiny.build).digest
        body = server.ask("/mineral/iron.ttl?x=1", X_Request_Id="one").body
        server.ask("/mineral/iron.ttl?x=1", "HEAD", X_Request_Id="two")
        server.ask("/nothing", X_Request_Id="three")
        server.ask(ASK, X_Request_Id="four")
        (line,) = server.entries(id="one")
        assert line.pop("ms") > 0
        assert line.pop("time").endswith("Z")
        assert line == {
            "event": "request", "id": "one", "method": "GET", "path": "/mineral/iron.ttl?x=1",
            "status": 200, "bytes": len(body), "release": digest[:12],
        }  # fmt: skip
        assert [line["bytes"] for line in server.entries(id="two")] == [0]
        assert [line["status"] for line in server.entries(id="three")] == [404]
        assert [line["path"] for line in server.entries(id="four")] == [ASK]
        # Whoever rotates logs renames the file: the next line makes a new one.
        moved = server.log.rename(server.log.with_suffix(".1"))
        server.ask("/", X_Request_Id="five")
        until(server.log.exists)
        assert [line["path"] for line in server.entries(id="five")] == ["/"]
        assert "five" not in moved.read_text("utf-8")


def test_without_a_file_the_log_goes_to_standard_error(tiny: Tiny) -> None:
    for options, lines in (((), 1), (("-q",), 0)):
        process = tiny.start(*options, "serve", "--port", "0", "--workers", "1")
        try:
            port = listening(process.pid)
            connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
            connection.request("GET", "/health")
            assert connection.getresponse().status == 200
            connection.close()
            process.send_signal(signal.SIGTERM)
            stdout, stderr = process.communicate(timeout=20)
        finally:
            process.kill()
            process.wait()
        assert (process.returncode, stdout) == (0, "")
        said = stderr.splitlines()
        logged = [json.loads(line) for line in said if line.startswith("{")]
        paths = [line["path"] for line in logged if line["event"] == "request"]
        assert paths == ["/health"] * lines
        assert len(said) - len(logged) == lines


def listening(pid: int) -> int:
    """The port that a process listens at, once it does."""
    found: list[int] = []

    def look() -> bool:
        inodes = set()
        for handle in Path(f"/proc/{pid}/fd").iterdir():
            try:
                inodes.add(handle.readlink().name.removeprefix("socket:[").removesuffix("]"))
            except OSError:
                continue
        for line in Path("/proc/net/tcp").read_text("ascii").splitlines()[1:]:
            fields = line.split()
            if fields[3] == "0A" and fields[9] in inodes:
                found.append(int(fields[1].partition(":")[2], 16))
        return bool(found)

    until(look)
    return found[0]


def test_a_log_that_cannot_be_written_disturbs_nobody(tmp_path: Path) -> None:
    log = Log(tmp_path / "log")
    (tmp_path / "log").unlink()
    (tmp_path / "log").mkdir()
    for number in range(10):
        log.write("request", number=number, path="a\nb" + "x" * 5000)
    time.sleep(0.3)
    (tmp_path / "log").rmdir()
    log.error("error", ValueError("why"), id="a")
    log.close()
    lines = (tmp_path / "log").read_text("utf-8").splitlines()
    assert json.loads(lines[-1])["error"].endswith("ValueError: why\n")


def test_a_mishap_is_told_to_the_log_and_not_to_the_client(tiny: Tiny) -> None:
    with serving(tiny.root) as server:
        file = open_release(tiny.build).path / "files/graph.nt"
        file.unlink()
        file.mkdir()
        for accept in ("text/html", "application/json"):
            got = server.ask("/downloads/graph.nt", Accept=accept)
            assert got.status == 500
            id_ = got.headers["x-request-id"]
            assert id_ in got.text
            assert "Error" not in got.text.replace("Internal Server Error", "")
            (line,) = server.entries(event="error", id=id_)
            assert "Traceback" in line["error"]
            assert [line["status"] for line in server.entries(event="request", id=id_)] == [500]
        assert server.ask("/mineral/iron.ttl").status == 200


def test_it_listens_at_other_addresses(tiny: Tiny) -> None:
    if not socket.has_dualstack_ipv6():
        pytest.skip("this machine has no IPv6")
    with serving(tiny.root, "--host", "::1") as server:
        assert f" at http://[::1]:{server.port}/\n" in server.said
        connection = http.client.HTTPConnection("::1", server.port, timeout=10)
        connection.request("GET", "/health")
        assert connection.getresponse().status == 200
        connection.close()


# --- the end


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_it_ends_when_what_is_in_work_is_answered(tiny: Tiny, number: int) -> None:
    with serving(tiny.root) as server:
        server.ask(ASK)
        workers = server.children()
        body = b"ASK { ?s ?p ?o }"
        head = b"POST /sparql HTTP/1.1\r\nHost: a\r\nContent-Type: application/sparql-query\r\n"
        with server.connect() as idle, server.connect() as busy:
            busy.sendall(head + b"Content-Length: %d\r\n\r\n" % len(body))
            time.sleep(0.1)
            server.process.send_signal(number)
            assert read_all(idle) == b""
            with pytest.raises(OSError, match="refused"):
                server.connect()
            busy.sendall(body)
            answer = read_all(busy)
        assert answer.startswith(b"HTTP/1.1 200 OK\r\n")
        assert b'"boolean":true' in answer
        assert server.process.wait(timeout=20) == 0
        until(lambda: not any(Path(f"/proc/{worker}").exists() for worker in workers))
        assert [line for line in server.logged() if line["event"] == "error"] == []


def test_killed_it_leaves_no_worker_behind(tiny: Tiny) -> None:
    with serving(tiny.root) as server:
        server.ask(ASK)
        workers = server.children()
        assert workers
        server.process.kill()
        server.process.wait()
        until(lambda: not any(alive(worker) for worker in workers))


def alive(pid: int) -> bool:
    try:
        stat = Path(f"/proc/{pid}/stat").read_text("ascii")
    except OSError:
        return False
    return stat.rpartition(")")[2].split()[0] != "Z"
