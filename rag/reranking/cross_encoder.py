"""Cross-encoders of this machine, each in a process of its own (`rag.reranking.host`)."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

from mcp_engine.errors import EngineError, ModelFailed, Refused, TimedOut
from mcp_engine.line_child import ChildEnded, LineChild
from rag.reranking.host import CHANGED, FAILED
from rag.reranking.options import RerankerOptions, files_digest

_LONGEST_QUOTE: Final = 500


class CrossEncoder:
    """One model with its process, which begins with the first question and is started again when it died.

    Args:
        digest: of the files that it has to be.
        seconds: how long one question may take.
    """

    def __init__(self, folder: Path, digest: str, seconds: float) -> None:
        self.digest = digest
        self._folder = folder
        self._seconds = seconds
        self._turn = threading.Lock()
        self._child: LineChild | None = None

    @property
    def name(self) -> str:
        return self._folder.name

    async def scores(self, question: str, texts: Sequence[str], max_tokens: int) -> list[float]:
        """Return the model's number for the question with each text, in order.

        Raises:
            Refused: `reranker.weights_missing`, `reranker.changed`; `reranker.unfit` for files that hold no
                cross-encoder.
            ModelFailed: `reranker.failed`: it refuses a text, or its process died.
            TimedOut: `reranker.timed_out`.
        """
        if not texts:
            return []
        asked = {"question": question, "texts": list(texts), "max_tokens": max_tokens}
        running = asyncio.create_task(asyncio.to_thread(self._asked, asked))
        try:
            return await asyncio.wait_for(asyncio.shield(running), self._seconds)
        except TimeoutError:
            self._kill()
            await asyncio.gather(running, return_exceptions=True)
            raise TimedOut(
                "reranker.timed_out",
                f"The cross-encoder {self.name!r} did not answer within {self._seconds:g} seconds; give it fewer "
                "passages (`candidates`) or `max_tokens`.",
            ) from None

    async def close(self) -> None:
        await asyncio.to_thread(self._close)

    def _asked(self, asked: Any) -> list[float]:
        with self._turn:
            try:
                if self._child is None or not self._child.is_alive:
                    self._end()
                    self._child = LineChild("rag.reranking.host", str(self._folder), self.digest)
                    self._check(self._child.receive())
                return list(self._check(self._child.ask(asked))["scores"])
            except ChildEnded as error:
                self._end()
                raise self._failed("its process died; it is started again for the next question") from error

    def _check(self, answer: dict[str, Any]) -> dict[str, Any]:
        """Return an answer that is no error."""
        code = answer.get("code")
        if code is None:
            return answer
        if code == FAILED:
            raise self._failed(answer["error"])
        self._end()
        if code == CHANGED:
            raise changed(self.name)
        raise Refused(code, f"The cross-encoder {self.name!r} can't be used: {answer['error'][:_LONGEST_QUOTE]}.")

    def _failed(self, why: str) -> EngineError:
        return ModelFailed(FAILED, f"The cross-encoder {self.name!r} failed: {why[:_LONGEST_QUOTE]}")

    def _kill(self) -> None:
        child = self._child
        if child is not None:
            child.kill()

    def _close(self) -> None:
        with self._turn:
            self._end()

    def _end(self) -> None:
        if self._child is not None:
            self._child.close()
            self._child = None


class CrossEncoders:
    """Gives out the models of this instance; each is made when it is first wanted, and then stays."""

    def __init__(self, options: RerankerOptions) -> None:
        self._options = options
        self._made: dict[tuple[str, str], CrossEncoder] = {}
        self._making = asyncio.Lock()

    async def named(self, name: str, digest: str | None) -> CrossEncoder:
        """Return a model.

        Args:
            digest: of its files as the strategy's version pins it; None for those that are there.

        Raises:
            Refused: `reranker.not_configured`, `reranker.weights_missing`, `reranker.changed`.
        """
        folder = self._options.folder(name)
        async with self._making:
            if digest is None or (name, digest) not in self._made:
                found = await asyncio.to_thread(files_digest, folder)
                if digest is not None and digest != found:
                    raise changed(name)
                if (name, found) not in self._made:
                    self._made[name, found] = CrossEncoder(folder, found, self._options.reranker_seconds)
                digest = found
            return self._made[name, digest]

    async def close(self) -> None:
        for one in self._made.values():
            await one.close()


def changed(name: str) -> Refused:
    """Return the error for files that are not those which a strategy pins."""
    return Refused(
        CHANGED,
        f"The files of the cross-encoder {name!r} are not those that the strategy was pushed with; put these back, or "
        "push the strategy again without `digest` and release that version.",
    )
