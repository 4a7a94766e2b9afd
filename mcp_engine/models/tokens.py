"""How many tokens a text is for a model."""

from __future__ import annotations

import threading
from pathlib import Path
from typing import Final, Protocol

from mcp_engine.errors import ModelFailed
from mcp_engine.line_child import ChildEnded, LineChild

_BYTES_A_TOKEN: Final = 3


class TokenCounter(Protocol):
    """Counts the tokens of texts as one model does. Its call may block: call it from a thread."""

    @property
    def is_exact(self) -> bool:
        """Whether the model's own tokenizer counts."""
        ...

    def count(self, text: str) -> int:
        """Return how many tokens `text` is; raises `ModelFailed` (`model.tokenizer_failed`)."""
        ...


class EstimatedTokens:
    """For a model at a server, whose tokenizer is not here: a token for three bytes of UTF-8, begun ones too.

    That is more than tokenizers of today make of prose in European languages (about four characters a token). Of
    numbers, code and rare scripts it can be less.
    """

    is_exact = False

    def count(self, text: str) -> int:
        return -(-len(text.encode(errors="replace")) // _BYTES_A_TOKEN)


class GgufTokens:
    """Counts by the vocabulary of a GGUF file, in a process of its own that begins with the first text."""

    is_exact = True

    def __init__(self, path: Path) -> None:
        self._path = path
        self._turn = threading.Lock()
        self._child: LineChild | None = None

    def count(self, text: str) -> int:
        with self._turn:
            try:
                if self._child is None or not self._child.is_alive:
                    self._end()
                    self._child = LineChild("mcp_engine.models.token_host", str(self._path))
                    self._child.receive()
                return int(self._child.ask(text)["tokens"])
            except ChildEnded as error:
                self._end()
                raise ModelFailed(
                    "model.tokenizer_failed", f"The tokenizer of {self._path.name} did not count a text; see the log."
                ) from error

    def close(self) -> None:
        with self._turn:
            self._end()

    def _end(self) -> None:
        if self._child is not None:
            self._child.close()
            self._child = None


ESTIMATED: Final = EstimatedTokens()
