"""The fair queue in front of the model processes: round robin over keys (tenants), bounded."""

from __future__ import annotations

from collections import OrderedDict, deque
from typing import Generic, TypeVar

T = TypeVar("T")


class QueueFull(Exception):
    """No place is left for this key."""


class FairQueue(Generic[T]):
    """Hands out items one key after the other, each key's own in order of arrival.

    `length` items may wait. A key that has nothing waiting still gets one place beyond that (up to
    twice the length), so one tenant's burst can't lock another out.
    """

    def __init__(self, length: int) -> None:
        self._length = length
        self._waiting: OrderedDict[str, deque[T]] = OrderedDict()
        self._size = 0

    def __len__(self) -> int:
        return self._size

    def put(self, key: str, item: T) -> None:
        """Add an item at the end of its key's line; raises `QueueFull`."""
        if self._size >= (self._length if key in self._waiting else 2 * self._length):
            raise QueueFull
        self._waiting.setdefault(key, deque()).append(item)
        self._size += 1

    def put_back(self, key: str, item: T) -> None:
        """Return an item that was taken and could not be served: it is the next one again."""
        self._waiting.setdefault(key, deque()).appendleft(item)
        self._waiting.move_to_end(key, last=False)
        self._size += 1

    def take(self) -> T | None:
        """Remove and return the next item; None when nothing waits."""
        if not self._waiting:
            return None
        key, line = next(iter(self._waiting.items()))
        item = line.popleft()
        self._size -= 1
        if line:
            self._waiting.move_to_end(key)
        else:
            del self._waiting[key]
        return item

    def remove(self, key: str, item: T) -> bool:
        """Take an item out of the line; False when it waits no longer."""
        line = self._waiting.get(key)
        if line is None or item not in line:
            return False
        line.remove(item)
        self._size -= 1
        if not line:
            del self._waiting[key]
        return True
