"""How slow steps tell a person what they are doing."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Protocol


class Progress(Protocol):
    """Where start-up reports its steps."""

    def step(self, title: str) -> AbstractContextManager[Callable[[str], None]]:
        """Return the context of one step, whose value shows how far it has come; leaving it says that it is done."""
        ...

    def say(self, text: str) -> None:
        """Tell the person something once."""
        ...
