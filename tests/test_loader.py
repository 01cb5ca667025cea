"""A store that is loaded in a process of its own, and all that can get in its way."""

from __future__ import annotations

import os
import random
import signal
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from processes import children, descriptors, processes, script
from pyoxigraph import Store

from kg.errors import KgError, WorkerError
from kg.loader import Loader


@pytest.fixture(autouse=True)
def _nothing_is_left() -> Iterator[None]:
    before, files = set(children()), len(descriptors())
    yield
    assert set(children()) <= before
    assert len(descriptors()) == files


def lines(count: int, start: int = 0) -> list[str]:
    return [
        f'<urn:s{n % 100}> <urn:p{n % 7}> "{n}" <urn:g{n % 3}> .\n'
        for n in range(start, start + count)
    ]


def write(folder: Path, files: int, quads: int) -> list[Path]:
    paths = []
    for number in range(files):
        paths.append(folder / f"{number}.nq")
        paths[-1].write_text("".join(lines(quads, number * quads)), encoding="utf-8")
    return paths


def content(store: Path) -> list[str]:
    return sorted(f"{quad} .\n" for quad in Store.read_only(str(store)))


def its_process() -> int:
    """The loader, which is the only process that a test has started."""
    (pid,) = (pid for pid in children() if b"kg.child" in cmdline(pid))
    return pid


def cmdline(pid: int) -> bytes:
    return Path(f"/proc/{pid}/cmdline").read_bytes()


def again(step: Callable[[], object]) -> None:
    """Do something again and again, for quite a while."""
    deadline = time.monotonic() + 20
    while time.monotonic() < deadline:
        step()
        time.sleep(0.01)


@pytest.mark.parametrize("group", [1, 250, 1000, 100_000])
def test_all_that_was_announced_is_there(tmp_path: Path, group: int) -> None:
    """However much of it the store is given at a time."""
    files = write(tmp_path, files=20, quads=100)
    with Loader(tmp_path / "store", group) as loader:
        for file in files:
            loader.add(file, 100)
        loader.finish()
        assert loader.done == 2000
    assert content(tmp_path / "store") == sorted(lines(2000))


def test_nothing_at_all(tmp_path: Path) -> None:
    with Loader(tmp_path / "store") as loader:
        loader.finish()
        assert loader.done == 0
    assert content(tmp_path / "store") == []


def test_quads_are_loaded_while_others_are_made(tmp_path: Path) -> None:
    first, second = write(tmp_path, files=2, quads=500)
    with Loader(tmp_path / "store", 500) as loader:
        assert loader.done == 0
        loader.add(first, 500)
        deadline = time.monotonic() + 20
        while loader.done < 500 and time.monotonic() < deadline:
            time.sleep(0.01)
        assert loader.done == 500
        told: list[int] = []
        loader.add(second, 500)
        loader.finish(told.append)
        assert told[-1] == 1000
        assert told == sorted(told)


def test_many_files_can_be_announced_before_the_first_is_loaded(tmp_path: Path) -> None:
    """Who makes them need not wait."""
    (file,) = write(tmp_path, files=1, quads=10)
    with Loader(tmp_path / "store") as loader:
        os.kill(its_process(), signal.SIGSTOP)
        for _ in range(100):
            loader.add(file, 10)
        os.kill(its_process(), signal.SIGCONT)
        for _ in range(2000):
            loader.add(file, 10)
        loader.finish()
        assert loader.done == 21_000
    assert content(tmp_path / "store") == sorted(lines(10))


def test_the_process_is_gone_with_what_it_was_for(tmp_path: Path) -> None:
    with Loader(tmp_path / "store"):
        pid = its_process()
    assert not Path(f"/proc/{pid}").exists()


# What can go wrong


def test_a_disk_that_is_full(tmp_path: Path, disk: Path) -> None:
    dice = random.Random(1)
    file = tmp_path / "large.nq"
    with file.open("w", encoding="utf-8") as stream:
        for number in range(30_000):
            stream.write(f'<urn:{number}> <urn:p> "{dice.randbytes(500).hex()}" .\n')
    with Loader(disk / "store") as loader:
        loader.add(file, 30_000)
        with pytest.raises(KgError, match=r"store cannot be written: .*No space left"):
            loader.finish()


def test_a_folder_that_cannot_be_made(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with (
        pytest.raises(KgError, match=r"store cannot be written: .*Not a directory"),
        Loader(tmp_path / "file/store") as loader,
    ):
        loader.finish()


@pytest.mark.parametrize("bad", ["missing.nq", "."])
def test_a_file_that_cannot_be_read(tmp_path: Path, bad: str) -> None:
    (good,) = write(tmp_path, files=1, quads=10)
    with Loader(tmp_path / "store") as loader:
        loader.add(good, 10)
        loader.add(tmp_path / bad, 10)
        with pytest.raises(KgError, match=r"cannot be read: .*; nothing was built"):
            loader.finish()


def test_lines_that_are_no_quads(tmp_path: Path) -> None:
    """Which only a mistake of ours can make: the traceback is kept."""
    file = tmp_path / "bad.nq"
    file.write_text("<urn:a> <urn:b>\n")
    with Loader(tmp_path / "store") as loader:
        loader.add(file, 1)
        with pytest.raises(SyntaxError) as caught:
            loader.finish()
    assert "bulk_load" in caught.value.__notes__[0]


def test_an_error_is_told_before_all_is_announced(tmp_path: Path) -> None:
    (good,) = write(tmp_path, files=1, quads=10)
    with Loader(tmp_path / "store", 1) as loader:
        loader.add(tmp_path / "missing.nq", 10)
        with pytest.raises(KgError, match="cannot be read"):
            again(lambda: loader.add(good, 10))


@pytest.mark.parametrize("when", ["add", "done", "finish"])
def test_the_process_is_killed(tmp_path: Path, when: str) -> None:
    (file,) = write(tmp_path, files=1, quads=10)
    with Loader(tmp_path / "store") as loader:
        loader.add(file, 10)
        os.kill(its_process(), signal.SIGKILL)
        then = {
            "add": lambda: again(lambda: loader.add(file, 10)),
            "done": lambda: again(lambda: loader.done),
            "finish": loader.finish,
        }
        with pytest.raises(WorkerError, match=r"signal 9 \(SIGKILL.*nothing was built"):
            then[when]()


@pytest.mark.parametrize("way", ["SIGKILL", "SIGINT"])
def test_who_started_it_is_ended(tmp_path: Path, way: str) -> None:
    """While it loads, or waits for more."""
    mark = tmp_path.name
    write(tmp_path, files=1, quads=10)
    parent = script(
        f"with Loader(Path({str(tmp_path)!r}, 'store')) as loader:\n"
        f"    loader.add(Path({str(tmp_path)!r}, '0.nq'), 10)\n"
        "    print('at work', flush=True)\n"
        "    time.sleep(600)\n",
        mark,
    )
    assert parent.stdout is not None
    assert parent.stdout.readline() == "at work\n"
    assert len(processes(mark)) == 2
    parent.send_signal(signal.Signals[way])
    start = time.monotonic()
    _, errors = parent.communicate(timeout=20)
    while processes(mark) and time.monotonic() - start < 10:
        time.sleep(0.01)
    assert processes(mark) == []
    assert errors.count("Traceback") == (way == "SIGINT")


@pytest.mark.parametrize("mebibytes", [0, 20, 60, 100, 300, 3000])
def test_an_address_space_that_is_small(tmp_path: Path, mebibytes: int) -> None:
    """Wherever memory runs out there is a word about it, or else a store; never silence."""
    write(tmp_path, files=4, quads=5000)
    out, errors = script(
        f"folder = Path({str(tmp_path)!r})\n"
        "pages = int(open('/proc/self/statm').read().split()[0])\n"
        f"resource.setrlimit(resource.RLIMIT_AS, (max(pages * 4096, {mebibytes} << 20),) * 2)\n"
        "with Loader(folder / 'store', 1) as loader:\n"
        "    for file in folder.glob('*.nq'):\n"
        "        loader.add(file, 5000)\n"
        "    loader.finish()\n"
        "    print(loader.done)\n"
    ).communicate(timeout=30)
    last = errors.splitlines()[-1] if errors else ""
    assert out == "20000\n" or last.startswith(("kg.errors.", "MemoryError")), errors
