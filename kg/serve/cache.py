"""What was dear to make is kept, within a bound in bytes."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Hashable
from typing import Final, Generic, TypeVar

_K = TypeVar("_K", bound=Hashable)
_V = TypeVar("_V")
# One value may take this part of the room: a giant must not throw out all the others.
_SHARE: Final = 4


class Cache(Generic[_K, _V]):
    """Values by key; the least recently used go when their sizes together exceed `most` bytes.

    >>> cache: Cache[str, bytes] = Cache(8)
    >>> for key in "abcda": cache.put(key, key.encode(), 2)
    >>> cache.put("e", b"e", 2), cache.get("b"), cache.get("a"), cache.size
    (None, None, b'a', 8)
    """

    __slots__ = ("_entries", "_most", "size")

    def __init__(self, most: int) -> None:
        self._most = most
        self._entries: OrderedDict[_K, tuple[_V, int]] = OrderedDict()
        self.size = 0

    def get(self, key: _K) -> _V | None:
        """The value of a key, or None."""
        entry = self._entries.get(key)
        if entry is None:
            return None
        self._entries.move_to_end(key)
        return entry[0]

    def put(self, key: _K, value: _V, size: int) -> None:
        """Keep a value that takes `size` bytes, unless that is more than a fair share."""
        self._drop(key)
        if size * _SHARE > self._most:
            return
        self._entries[key] = value, size
        self.size += size
        while self.size > self._most:
            self._drop(next(iter(self._entries)))

    def clear(self) -> None:
        """Give up everything."""
        self._entries.clear()
        self.size = 0

    def _drop(self, key: _K) -> None:
        entry = self._entries.pop(key, None)
        if entry is not None:
            self.size -= entry[1]

    def __len__(self) -> int:
        return len(self._entries)
