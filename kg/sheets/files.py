"""Files → bytes: opened when they are what they seem, unpacked block by block.

However much a packed file grows, no more than a block of it and the window of its compression
(128 MiB at most) is in memory.
"""

from __future__ import annotations

import stat
import sys
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any, BinaryIO, Final

BLOCK: Final = 256 * 1024

# What is read of a packed file at once. A member copies what of it is another's, so a file of many
# small members would be slow to read in large parts.
_PACKED: Final = 8 * 1024
# As the `zstd` command has it: what asks for more memory is refused.
_ZSTD_WINDOW: Final = 27


class SheetError(Exception):
    """A sheet cannot be read, or not be read on; holds the words and the rule of a problem."""

    def __init__(self, message: str, rule: str) -> None:
        super().__init__(message)
        self.message = message
        self.rule = rule


def open_sheet(path: Path) -> BinaryIO:
    """A file, opened for reading; a link only when it leads to a file beside it or below.

    Raises `SheetError` for what is no regular file, leads elsewhere, or may not be read.
    """
    try:
        if path.is_symlink() and not _stays_below(path):
            message = "is a link that leads elsewhere; it is not read: put the file itself here"
            raise SheetError(message, "link")
        # A pipe or a device would never end.
        if not stat.S_ISREG(path.stat().st_mode):
            raise SheetError("is not a regular file", "unreadable")
        return path.open("rb")
    except OSError as error:
        raise SheetError(f"cannot be read: {error.strerror}", "unreadable") from error


def _stays_below(link: Path) -> bool:
    try:
        return link.resolve().is_relative_to(link.parent.resolve()) and not link.is_dir()
    except (OSError, RuntimeError):
        # A link that leads to itself is no way out; reading it says what is wrong.
        return True


def read_blocks(file: BinaryIO, name: str) -> Iterator[bytes]:
    """The bytes of a file in blocks, none empty, unpacked when its name ends in `.gz` or `.zst`.

    Members and frames one behind the other are one text. Raises `SheetError` where the file
    breaks off, is damaged or holds what is not compressed; what stands before was given by then.

    >>> import gzip, io
    >>> packed = io.BytesIO(gzip.compress(b"one ") + gzip.compress(b"text"))
    >>> b"".join(read_blocks(packed, "a.jsonl.gz"))
    b'one text'
    """
    unpack = _UNPACKERS.get(name[name.rfind(".") :].lower(), _read_plain)
    try:
        yield from unpack(file)
    except OSError as error:
        raise SheetError(f"cannot be read on: {error.strerror}", "unreadable") from error


def _read_plain(file: BinaryIO) -> Iterator[bytes]:
    while block := file.read(BLOCK):
        yield block


def _read_gzip(file: BinaryIO) -> Iterator[bytes]:
    packed = file.read(_PACKED)
    if not packed:
        raise _damaged("gzip", "the file is empty")
    while packed:
        member = zlib.decompressobj(zlib.MAX_WBITS | 16)
        while not member.eof:
            try:
                block = member.decompress(packed, BLOCK)
            except zlib.error as error:
                raise _damaged("gzip", str(error)) from error
            if not (block or packed or member.eof):
                raise _damaged("gzip", "the file ends too early")
            if block:
                yield block
            packed = member.unconsumed_tail
            if not (packed or member.eof):
                packed = file.read(_PACKED)
        # Tapes and some tools fill up with zeros.
        packed = member.unused_data.lstrip(b"\0")
        while not packed and (more := file.read(_PACKED)):
            packed = more.lstrip(b"\0")


def _read_zstd(file: BinaryIO) -> Iterator[bytes]:
    zstd = _zstd()
    options = {zstd.DecompressionParameter.window_log_max: _ZSTD_WINDOW}
    packed = file.read(_PACKED)
    if not packed:
        raise _damaged("Zstandard", "the file is empty")
    while packed:
        frame = zstd.ZstdDecompressor(options=options)
        while not frame.eof:
            try:
                block = frame.decompress(packed, BLOCK)
            except zstd.ZstdError as error:
                raise _damaged("Zstandard", str(error)) from error
            if block:
                yield block
            packed = file.read(_PACKED) if frame.needs_input else b""
            if frame.needs_input and not packed:
                raise _damaged("Zstandard", "the file ends too early")
        packed = frame.unused_data or file.read(_PACKED)


def _zstd() -> Any:
    # Imported when there is something to unpack: most projects have no such sheets.
    if sys.version_info >= (3, 14):
        from compression import zstd
    else:
        from backports import zstd
    return zstd


def _damaged(format_: str, words: str) -> SheetError:
    # What the libraries say begins with what they were doing.
    reason = words.rpartition(": ")[2]
    return SheetError(f"not valid {format_}: {reason}; nothing from here on is read", "compression")


_UNPACKERS: Final = {".gz": _read_gzip, ".zst": _read_zstd}
