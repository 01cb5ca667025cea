"""JSON lines are read in slices: whole lines of any file, and always cut at the same places."""

from __future__ import annotations

import gzip
import io
import json
import os
import random
import subprocess
import sys
from itertools import pairwise, takewhile
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kg.sheets import Limits
from kg.sheets.files import BLOCK
from kg.sheets.streams import SIZES, Sizes, Slice, cut_slices, read_slices

if sys.version_info >= (3, 14):
    from compression import zstd
else:
    from backports import zstd

SMALL = Sizes(window=64, most=4096, lines=256)


def zstd_compress(data: bytes) -> bytes:
    """As the `zstd` command does, with a checksum."""
    return zstd.compress(data, options={zstd.CompressionParameter.checksum_flag: 1})


PACKED = {"a.jsonl": bytes, "a.jsonl.gz": gzip.compress, "a.jsonl.zst": zstd_compress}
a_line = st.binary(max_size=40).map(lambda line: line.replace(b"\n", b""))
some_lines = st.lists(a_line | st.sampled_from([b"", b"\r", b"{}"]), max_size=120)


def cut(
    data: bytes, name: str = "a.jsonl", limits: Limits | None = None, sizes: Sizes = SIZES
) -> list[Slice]:
    return list(cut_slices(io.BytesIO(data), name, limits or Limits(), sizes))


def told(slices: list[Slice]) -> list[tuple[int, str]]:
    return [(problem.line, problem.rule) for slice_ in slices for problem in slice_.problems]


def count_shared(one: list[bytes], other: list[bytes]) -> int:
    return len(list(takewhile(lambda pair: pair[0] == pair[1], zip(one, other, strict=False))))


def records(count: int, seed: int = 0) -> list[bytes]:
    """Lines that look like records, of a few hundred bytes each."""
    chance = random.Random(seed)
    return [
        json.dumps({"id": f"mineral/{n}", "note": chance.randbytes(chance.randint(50, 250)).hex()})
        .encode()
        for n in range(count)
    ]  # fmt: skip


# Where it is cut


@given(lines=some_lines, newline=st.booleans())
def test_slices_are_the_text_in_whole_lines_and_know_their_place(lines: list[bytes], newline: bool):
    text = b"\n".join(lines) + (b"\n" if newline else b"")
    slices = cut(text, sizes=SMALL)
    assert b"".join(slice_.data for slice_ in slices) == text
    for before, slice_ in pairwise(slices):
        assert before.data.endswith(b"\n")
        assert slice_.data
    for slice_ in slices:
        ahead = text[: slice_.offset]
        assert ahead + slice_.data == text[: slice_.offset + len(slice_.data)]
        assert slice_.first_line == ahead.count(b"\n") + 1
    assert [slice_.last for slice_ in slices] == [False] * (len(slices) - 1) + [True]
    assert told(slices) == []


@given(data=st.data(), lines=st.lists(a_line, min_size=1, max_size=120))
def test_an_edited_line_changes_only_the_slices_beside_it(data: st.DataObject, lines: list[bytes]):
    """One line inserted, changed or removed: at most three slices in a row are others."""
    sizes = Sizes(window=64, most=10**6, lines=10**6)
    at = data.draw(st.integers(0, len(lines) - 1), "at")
    instead = data.draw(st.lists(a_line, max_size=2), "instead")
    old = [slice_.data for slice_ in cut(b"\n".join([*lines, b""]), sizes=sizes)]
    edited = [*lines[:at], *instead, *lines[at + 1 :], b""]
    new = [slice_.data for slice_ in cut(b"\n".join(edited), sizes=sizes)]
    ahead = count_shared(old, new)
    behind = count_shared(old[ahead:][::-1], new[ahead:][::-1])
    assert len(old) - ahead - behind <= 3


def test_an_edit_in_a_large_file_leaves_all_but_a_few_slices_as_they_were():
    lines = records(40_000)
    old = {slice_.data for slice_ in cut(b"\n".join(lines))}
    lines[20_000:20_000] = [b'{"id": "mineral/new"}']
    del lines[30_000]
    new = {slice_.data for slice_ in cut(b"\n".join(lines))}
    assert len(old) > 8
    assert len(new - old) <= 6


@pytest.mark.parametrize("size", [100, 3000, 100_000])
def test_slices_are_a_megabyte_on_average_whatever_the_length_of_lines(size: int):
    chance = random.Random(size)
    lines = [chance.randbytes(size // 2).hex().encode() for _ in range(20_000_000 // size)]
    lengths = [len(slice_.data) for slice_ in cut(b"\n".join(lines))]
    assert min(lengths) >= SIZES.window
    assert max(lengths) <= SIZES.most + size
    assert 700_000 < sum(lengths) / len(lengths) < 1_500_000


@pytest.mark.parametrize("line", [b'{"id": "mineral/iron"}\n', b"\n", b"x" * 300_000 + b"\n"])
def test_lines_that_repeat_themselves_are_cut_by_their_number(line: bytes):
    text = line * (5_000_000 // len(line))
    slices = cut(text)
    assert b"".join(slice_.data for slice_ in slices) == text
    assert max(len(slice_.data) for slice_ in slices) <= SIZES.most + len(line)
    assert max(slice_.data.count(b"\n") for slice_ in slices) <= SIZES.lines


def test_a_small_file_is_one_slice():
    (slice_,) = cut(b"\n".join(records(900)))
    assert (slice_.first_line, slice_.offset, slice_.last) == (1, 0, True)
    assert cut(b"") == [Slice(b"", 1, 0, True)]


# How it is packed


@given(lines=some_lines, parts=st.lists(st.integers(0, 5000), max_size=4))
def test_members_and_frames_are_one_text(lines: list[bytes], parts: list[int]):
    text = b"\n".join(lines)
    plain = cut(text, sizes=SMALL)
    bounds = [0, *sorted(min(part, len(text)) for part in parts), len(text)]
    pieces = [text[a:b] for a, b in pairwise(bounds)]
    for name, pack in PACKED.items():
        assert cut(b"".join(map(pack, pieces)), name, sizes=SMALL) == plain


@pytest.mark.parametrize("name", ["a.jsonl.gz", "a.jsonl.zst"])
def test_a_large_packed_file_is_cut_as_the_plain_one(name: str):
    text = b"\n".join(records(30_000))
    assert cut(PACKED[name](text), name) == cut(PACKED[name](text), name.upper()) == cut(text)


def test_zeros_behind_the_last_member_are_none_of_the_text():
    assert cut(gzip.compress(b"{}\n") + b"\0" * 100_000, "a.jsonl.gz") == cut(b"{}\n")


@pytest.mark.parametrize("name", ["a.jsonl.gz", "a.jsonl.zst"])
def test_what_stands_before_a_break_stays_read(name: str):
    """Of the line in which it breaks off nothing is kept, and the problem is at that line."""
    text = b"\n".join(records(20_000))
    packed = PACKED[name](text)
    slices = cut(packed[: len(packed) // 2], name)
    given = b"".join(slice_.data for slice_ in slices)
    assert len(given) > len(text) // 4
    assert text.startswith(given)
    assert given.endswith(b"\n")
    assert told(slices) == [(given.count(b"\n") + 1, "compression")]
    assert slices[-1].last


@pytest.mark.parametrize("name", ["a.jsonl.gz", "a.jsonl.zst"])
def test_damage_in_the_middle_is_a_problem_where_it_is_noticed(name: str):
    """In a frame of Zstandard, that may be at its end only."""
    text = b"\n".join(records(20_000))
    packed = bytearray(PACKED[name](text))
    packed[len(packed) // 2 : len(packed) // 2 + 50] = b"\xff" * 50
    slices = cut(bytes(packed), name)
    ((line, rule),) = told(slices)
    assert (line > 1000, rule) == (True, "compression")


@pytest.mark.parametrize("name", ["a.jsonl.gz", "a.jsonl.zst"])
@pytest.mark.parametrize("data", [b"", b"{}\n", b"\x1f", b"\x28\xb5\x2f"], ids=repr)
def test_what_is_not_packed_is_a_problem(name: str, data: bytes):
    (slice_,) = cut(data, name)
    assert (slice_.data, slice_.last, told([slice_])) == (b"", True, [(1, "compression")])


@pytest.mark.parametrize("name", ["a.jsonl.gz", "a.jsonl.zst"])
def test_rubbish_behind_the_last_member_is_a_problem(name: str):
    slices = cut(PACKED[name](b"{}\n{}\n") + b"rubbish of some length", name)
    assert [slice_.data for slice_ in slices] == [b"{}\n{}\n"]
    assert told(slices) == [(3, "compression")]


def test_text_whose_checksum_is_wrong_is_a_problem():
    text = b"{}\n" * 500_000
    packed = bytearray(gzip.compress(text))
    packed[-8] ^= 1
    slices = cut(bytes(packed), "a.jsonl.gz")
    assert [rule for _, rule in told(slices)] == ["compression"]


def test_a_frame_that_asks_for_more_memory_than_usual_is_refused():
    options = {
        zstd.CompressionParameter.window_log: 28,
        zstd.CompressionParameter.enable_long_distance_matching: 1,
    }
    packer = zstd.ZstdCompressor(options=options)
    # In two steps, so that the size of the text is not known to the frame.
    packed = packer.compress(b"{}\n", mode=packer.FLUSH_BLOCK) + packer.flush()
    assert told(cut(packed, "a.jsonl.zst")) == [(1, "compression")]


@given(data=st.binary(max_size=60), name=st.sampled_from(list(PACKED)), pack=st.booleans())
def test_no_bytes_raise_an_exception(data: bytes, name: str, pack: bool):
    assert cut(PACKED[name](data) if pack else data, name)[-1].last


@given(data=st.data(), name=st.sampled_from(["a.jsonl.gz", "a.jsonl.zst"]))
def test_no_mutation_of_a_packed_file_raises_an_exception(data: st.DataObject, name: str):
    packed = bytearray(PACKED[name](b"\n".join(records(5))))
    for _ in range(data.draw(st.integers(1, 4))):
        at = data.draw(st.integers(0, len(packed) - 1))
        packed[at : at + data.draw(st.integers(0, 3))] = data.draw(st.binary(max_size=3))
    assert cut(bytes(packed), name)[-1].last


# Limits


def test_a_line_that_is_too_long_is_left_out_and_the_next_ones_read():
    lines = [b'{"id": "a"}', b"x" * 101, b"y" * 100, b"z" * 700_000, b"{}"]
    slices = cut(b"\n".join(lines), limits=Limits(bytes=100))
    assert b"".join(slice_.data for slice_ in slices).split(b"\n") == [
        b'{"id": "a"}', b"", b"y" * 100, b"", b"{}",
    ]  # fmt: skip
    assert told(slices) == [(2, "too-large"), (4, "too-large")]


@pytest.mark.parametrize("over", [0, 1])
def test_a_line_of_exactly_the_limit_is_read(over: int):
    most = BLOCK + 10
    slices = cut(b"x" * (most + over) + b"\n{}", limits=Limits(bytes=most))
    assert told(slices) == ([(1, "too-large")] if over else [])
    assert slices[-1].data.endswith(b"{}")


def test_offsets_are_those_of_the_file_behind_a_line_that_is_left_out():
    lines = [b"x" * 50_000, *records(20_000)]
    first, second, *_ = cut(b"\n".join(lines), limits=Limits(bytes=10_000))
    assert told([first]) == [(1, "too-large")]
    assert told([second]) == []
    assert b"\n".join(lines)[second.offset :].startswith(second.data)


def test_a_text_that_is_too_large_in_all_ends_there():
    text = b"{}\n" * BLOCK
    slices = cut(gzip.compress(text), "a.jsonl.gz", Limits(stream=2 * BLOCK))
    assert told(slices)[0][1] == "too-large"
    assert text.startswith(b"".join(slice_.data for slice_ in slices))


_READ = """
import resource, sys
from pathlib import Path
from kg.sheets import Limits
from kg.sheets.streams import read_slices
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
rules = {p.rule for s in read_slices(Path(sys.argv[1]), "a.jsonl.gz", Limits()) for p in s.problems}
print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before, *rules)
"""


@pytest.mark.parametrize(
    ("unit", "times", "rules"),
    [
        (b"x" * (1 << 24), 20, ["too-large"]),
        (b"\n".join(records(30_000)), 20, []),
        (b"\n" * (1 << 20), 8, []),
    ],
    ids=["one-line", "records", "no-lines"],
)
def test_memory_is_bounded_however_much_a_file_unpacks_to(
    unit: bytes, times: int, rules: list[str], tmp_path: Path
):
    """Up to 330 MB of text take less than 100 MB."""
    path = tmp_path / "a.jsonl.gz"
    path.write_bytes(gzip.compress(unit, 1) * times)
    command = [sys.executable, "-c", _READ, str(path)]
    said = subprocess.run(command, capture_output=True, text=True, timeout=60, check=True).stdout
    kibibytes, *found = said.split()
    assert found == rules
    assert int(kibibytes) < 100_000


# Files


def test_a_file_that_cannot_be_opened_gives_one_slice_that_says_so(tmp_path: Path):
    os.mkfifo(tmp_path / "pipe.jsonl")
    (tmp_path / "loop.jsonl").symlink_to("loop.jsonl")
    (tmp_path / "out.jsonl").symlink_to("/dev/zero")
    rules = {}
    for name in ("pipe.jsonl", "loop.jsonl", "out.jsonl", "gone.jsonl"):
        (slice_,) = read_slices(tmp_path / name, name, Limits())
        ((line, rules[name]),) = told([slice_])
        assert (line, slice_.data, slice_.last) == (0, b"", True)
    assert rules == {
        "pipe.jsonl": "unreadable",
        "loop.jsonl": "unreadable",
        "out.jsonl": "link",
        "gone.jsonl": "unreadable",
    }


def test_a_disk_that_fails_in_the_middle_is_a_problem_at_that_line():
    class Failing(io.BytesIO):
        def read(self, size: int | None = -1) -> bytes:
            if self.tell():
                raise OSError(5, "Input/output error")
            return super().read(size)

    slices = list(cut_slices(Failing(b"{}\n" * BLOCK), "a.jsonl", Limits()))
    assert told(slices) == [(BLOCK // 3 + 1, "unreadable")]


def test_a_file_is_closed_when_nobody_reads_on(tmp_path: Path):
    path = tmp_path / "a.jsonl"
    path.write_bytes(b"\n".join(records(10_000)))
    open_before = len(list(Path("/proc/self/fd").iterdir()))
    slices = read_slices(path, "a.jsonl", Limits())
    assert not next(slices).last
    slices.close()
    assert len(list(Path("/proc/self/fd").iterdir())) == open_before
