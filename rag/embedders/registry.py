"""The embedding models of this instance, by name."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

from mcp_engine.errors import Refused
from rag.embedders.hosted import HostedEmbedder
from rag.embedders.options import BUNDLED, STATIC, EmbedderOptions, ServerOptions
from rag.embedders.server import ServerEmbedder
from rag.embedders.static import StaticEmbedder
from rag.embedding import Embedder, MiniLMEmbedder


class Embedders:
    """Gives out embedders; each is made when it is first wanted, and then stays.

    Args:
        bundled: the default.
        options: what the operator configured besides.
    """

    def __init__(self, bundled: MiniLMEmbedder, options: Sequence[EmbedderOptions] = ()) -> None:
        self.bundled = bundled
        self._options = {one.name: one for one in options}
        self._made: dict[str, Embedder] = {BUNDLED: bundled}
        self._making = asyncio.Lock()

    @property
    def names(self) -> list[str]:
        return [BUNDLED, STATIC, *self._options]

    async def named(self, name: str) -> Embedder:
        """Return the embedder of this name.

        Raises:
            Refused: `embedder.not_configured` when there is none (any more); what making it raises.
        """
        if name not in self._made:
            async with self._making:
                if name not in self._made:
                    self._made[name] = await asyncio.to_thread(self._make, name)
        return self._made[name]

    async def of_index(self, name: str, digest: str) -> Embedder:
        """Return the embedder that an index was made with.

        Raises:
            Refused: `embedder.not_configured`, or `embedder.changed` when that name means another model now.
        """
        embedder = await self.named(name)
        if embedder.digest != digest:
            raise Refused(
                "embedder.changed",
                f"The embedder {name!r} is not the one that this collection was indexed with; configure that one "
                "again, or index the collection anew with `mcp-engine docs reindex COLLECTION`.",
            )
        return embedder

    async def close(self) -> None:
        for embedder in self._made.values():
            if isinstance(embedder, ServerEmbedder | HostedEmbedder):
                await embedder.close()

    def _make(self, name: str) -> Embedder:
        if name == STATIC:
            return StaticEmbedder()
        options = self._options.get(name)
        if isinstance(options, ServerOptions):
            return ServerEmbedder(options)
        if options is not None:
            return HostedEmbedder(options)
        raise Refused(
            "embedder.not_configured",
            f"No embedder is named {name!r}; there are: {', '.join(self.names)}. MCP_ENGINE_EMBEDDERS_FILE lists more.",
        )
