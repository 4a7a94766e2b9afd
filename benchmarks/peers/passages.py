"""Ranking by bm25s, and cutting by LangChain's recursive splitter, each as its own documentation sets it up."""

from __future__ import annotations

import importlib
from typing import Any

from protocol import serve


def rank(texts: list[str], questions: list[str], limit: int) -> list[list[int]]:
    """Return the numbers of the best texts for each question: BM25 over stemmed words without stop words."""
    bm25s: Any = importlib.import_module("bm25s")
    stemmer: Any = importlib.import_module("Stemmer").Stemmer("english")
    retriever = bm25s.BM25()
    retriever.index(bm25s.tokenize(texts, stopwords="en", stemmer=stemmer, show_progress=False), show_progress=False)
    asked = bm25s.tokenize(questions, stopwords="en", stemmer=stemmer, show_progress=False)
    found, _ = retriever.retrieve(asked, k=min(limit, len(texts)), show_progress=False)
    return [[int(one) for one in row] for row in found]


def split(texts: list[str], characters: int) -> list[list[tuple[int, int]]]:
    """Return the spans that the recursive splitter cuts each text into, without overlap."""
    splitters: Any = importlib.import_module("langchain_text_splitters")
    splitter = splitters.RecursiveCharacterTextSplitter(
        chunk_size=characters, chunk_overlap=0, add_start_index=True, separators=["\n\n", "\n", ".", "?", "!", " ", ""]
    )
    return [
        [
            (one.metadata["start_index"], one.metadata["start_index"] + len(one.page_content))
            for one in splitter.create_documents([text])
        ]
        for text in texts
    ]


if __name__ == "__main__":
    serve({"rank": rank, "split": split})
