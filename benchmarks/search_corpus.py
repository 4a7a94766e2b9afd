"""A corpus of any size for search: passages made of real sentences, with vectors that follow from theirs.

A passage is six sentences drawn from a window of twelve that follow each other in a real text; its vector is
the normalised mean of theirs by the engine's own embedder. So words, lengths and neighbourhoods are those of
real text, and 100,000 passages need no 100,000 runs of the model; neighbours overlap, which makes near
passages hard to tell apart, for us and for peers alike. Questions are real.
"""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from benchmarks.harness.benchmark import Context
from benchmarks.harness.figures import evenly
from benchmarks.question_sets import lines
from rag.embedding import MiniLMEmbedder, Vectors, normalised
from rag.sentences import split_sentences

SENTENCES_A_PASSAGE = 6
WINDOW = 12
MOST_SENTENCES = 12_000
QUESTIONS = 200
_OWN_TEXTS = ("docs/*.md", "docs/design/*.md", "rag/sample/*.md", "tests/data/chunking/*.md", "README.md")
_ROOT = Path(__file__).parents[1]


@dataclass(frozen=True, slots=True)
class Passage:
    """A passage as the numbers of its sentences in `Sentences.texts`."""

    sentences: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Corpus:
    """Sentences with their vectors, and questions with theirs."""

    texts: list[str]
    vectors: Vectors
    questions: list[str]
    question_vectors: Vectors
    source: str

    def passages(self, count: int, seed: int) -> tuple[list[Passage], Vectors]:
        """Return `count` different passages and their vectors; the same for the same seed."""
        chance = np.random.default_rng(seed)
        found: dict[tuple[int, ...], None] = {}
        while len(found) < count:
            start = int(chance.integers(0, len(self.texts) - WINDOW))
            chosen = np.sort(chance.choice(WINDOW, SENTENCES_A_PASSAGE, replace=False)) + start
            found[tuple(int(number) for number in chosen)] = None
        numbers = np.array(list(found))
        vectors = np.concatenate([self.vectors[part].mean(axis=1) for part in np.array_split(numbers, 100)])
        return [Passage(one) for one in found], normalised(vectors)


def load_corpus(context: Context) -> Corpus:
    """Read the texts, embed each sentence once, and keep the vectors in the cache folder."""
    texts, questions, source = _texts(context.data)
    key = hashlib.sha256("\n".join([*texts, *questions]).encode()).hexdigest()[:16]
    kept = context.cache / f"vectors-{key}.npz"
    if not kept.exists():
        context.say(f"embedding {len(texts):,} sentences and {len(questions)} questions ({source}), once")
        vectors, question_vectors = asyncio.run(_embedded(texts, questions))
        context.cache.mkdir(parents=True, exist_ok=True)
        partial = kept.with_suffix(".partial.npz")
        np.savez(partial, vectors=vectors, questions=question_vectors)
        partial.rename(kept)
    with np.load(kept) as stored:
        return Corpus(texts, stored["vectors"], questions, stored["questions"], source)


async def _embedded(texts: list[str], questions: list[str]) -> tuple[Vectors, Vectors]:
    embedder = MiniLMEmbedder()
    return await embedder.embed_passages(texts), await embedder.embed_queries(questions)


def _texts(data: Path | None) -> tuple[list[str], list[str], str]:
    if data is not None and (data / "chunking").is_dir():
        documents = [path.read_text() for path in sorted((data / "chunking").glob("*.md"))]
        documents += list(_passages_of(data / "clapnq" / "answerable.jsonl"))
        questions = [one["question"] for one in lines(data / "chunking" / "questions.jsonl")]
        source = "public data sets"
    else:
        documents = [path.read_text() for pattern in _OWN_TEXTS for path in sorted(_ROOT.glob(pattern))]
        questions = []
        source = "this repository's own texts: name a folder of data sets with --data for larger ones"
    texts = [text for document in documents for text in _sentences(document)][:MOST_SENTENCES]
    return texts, evenly(questions or texts, QUESTIONS), source


def _sentences(document: str) -> Iterator[str]:
    for span in split_sentences(document):
        text = document[span.start : span.end]
        if len(text) >= 20:
            yield text


def _passages_of(path: Path) -> Iterator[str]:
    for line in lines(path) if path.exists() else []:
        yield from (passage["text"] for passage in line["passages"])
