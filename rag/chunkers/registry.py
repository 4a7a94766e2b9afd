"""The chunker that a strategy names."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from rag.chunkers.parent_child import ParentChildChunker
from rag.chunkers.port import Chunker
from rag.chunkers.semantic import SemanticChunker
from rag.chunkers.sentence_window import WindowChunker
from rag.chunkers.structure import StructureChunker
from rag.chunkers.whole_sentences import SentenceChunker
from rag.strategy import Chunking, ChunkingKind

_CHUNKERS: Mapping[ChunkingKind, Callable[[Chunking], Chunker]] = {
    "sentences": lambda options: SentenceChunker(options.max_characters, options.overlap_sentences),
    "sentence_window": lambda options: WindowChunker(
        options.window_sentences, options.window_step, options.max_characters
    ),
    "structure": lambda options: StructureChunker(options.max_characters),
    "semantic": lambda options: SemanticChunker(
        options.breakpoint_percentile, options.group_sentences, options.max_characters
    ),
    "parent_child": lambda options: ParentChildChunker(options.max_characters, options.child_characters),
}


def chunker_for(options: Chunking) -> Chunker:
    return _CHUNKERS[options.kind](options)
