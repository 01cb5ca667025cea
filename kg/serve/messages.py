"""What the server and a query worker say to each other, over a pair of connected sockets.

A message is a kind of one byte, the length of what follows (32 bits, big-endian), and that. The
server sends a `QUERY`. The worker answers with one `HEAD`, with `DATA` as it is computed and with
`END`; or, instead of any of these or what is left of them, with an `ERROR`.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from typing import Final, NamedTuple

from pyoxigraph import BlankNode, Literal, NamedNode, Variable

from kg.results import Dataset

READY: Final = b"R"  # The store is open.
QUERY: Final = b"Q"  # A `Query`, pickled: only the worker reads pickles, and only the server's.
HEAD: Final = b"H"  # The name of the answer's format, behind `GRAPH` if it is a graph.
DATA: Final = b"D"
END: Final = b"E"  # `LEAVES`, if the worker takes no other query; else nothing.
ERROR: Final = b"X"  # JSON: the fields of a `RefusedError`.

_PREFIX: Final = struct.Struct("!cI")
PREFIX_SIZE: Final = _PREFIX.size

GRAPH: Final = b"graph "
LEAVES: Final = b"leaves"

Term = NamedNode | Literal | BlankNode


class Query(NamedTuple):
    """A query with all that its answer depends on, given a store.

    `solutions` and `graph` name the formats wanted for answers of either kind; "" for none.
    """

    text: str
    solutions: str = "json"
    graph: str = "turtle"
    dataset: Dataset | None = None
    bindings: tuple[tuple[Variable, Term], ...] = ()


def message(kind: bytes, content: bytes = b"") -> bytes:
    r"""A message as it is sent.

    >>> message(DATA, b"abc")
    b'D\x00\x00\x00\x03abc'
    """
    return _PREFIX.pack(kind, len(content)) + content


def read_prefix(data: bytes | bytearray, start: int = 0) -> tuple[bytes, int]:
    """The kind of a message and the length of its content, from its first bytes."""
    kind, length = _PREFIX.unpack_from(data, start)
    return kind, length


class Messages:
    """Cuts what arrives, however it is cut, into messages.

    >>> messages = Messages()
    >>> [list(messages.feed(bytes([byte]))) for byte in message(DATA, b"a")][-2:]
    [[], [(b'D', b'a')]]
    """

    def __init__(self) -> None:
        self._data = bytearray()

    def feed(self, data: bytes) -> Iterator[tuple[bytes, bytes]]:
        """The messages that are complete with these bytes."""
        buffer = self._data
        buffer += data
        at = 0
        while len(buffer) - at >= PREFIX_SIZE:
            kind, length = read_prefix(buffer, at)
            end = at + PREFIX_SIZE + length
            if len(buffer) < end:
                break
            yield kind, bytes(buffer[at + PREFIX_SIZE : end])
            at = end
        del buffer[:at]
