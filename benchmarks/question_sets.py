"""Documents with questions, and where in them each answer stands: SQuAD 2.0, CLAPnq, and the chunking report's corpora.

Rows are read as their publishers wrote them; README.md has the layout. Where a folder is missing, the small sets of
our own under `tests/data` stand in for it, which only shows that the benchmark runs.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

_OWN = Path(__file__).parents[1] / "tests" / "data"


@dataclass(frozen=True, slots=True)
class Gold:
    """What answers a question, or a part of that: `documents[document][start:end]`."""

    document: str
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Asked:
    """A question; without `gold` its documents don't answer it."""

    question: str
    gold: tuple[Gold, ...]


@dataclass(frozen=True, slots=True)
class QuestionSet:
    """Documents by name, what is asked of them, and whether the rows are our own few."""

    name: str
    documents: dict[str, str]
    asked: list[Asked]
    is_own: bool

    @property
    def answerable(self) -> list[Asked]:
        return [one for one in self.asked if one.gold]


def squad(data: Path | None) -> QuestionSet:
    """Return SQuAD 2.0, each paragraph a document; an impossible question has no gold."""
    path, is_own = found_file(data, "squad2/dev.json")
    documents: dict[str, str] = {}
    asked: list[Asked] = []
    for article in json.loads(path.read_text())["data"]:
        for number, paragraph in enumerate(article["paragraphs"]):
            name = f"{article['title']}-{number}.txt"
            documents[name] = paragraph["context"]
            for row in paragraph["qas"]:
                places = [(one["answer_start"], one["answer_start"] + len(one["text"])) for one in row["answers"]]
                gold = () if row["is_impossible"] else tuple(Gold(name, *place) for place in dict.fromkeys(places))
                asked.append(Asked(row["question"], gold))
    return QuestionSet("squad", documents, asked, is_own)


def clapnq(data: Path | None) -> QuestionSet:
    """Return CLAPnq, each passage a document; gold are the sentences that annotators selected."""
    documents: dict[str, str] = {}
    asked: list[Asked] = []
    is_own = False
    for part in ("answerable", "unanswerable"):
        path, is_own = found_file(data, f"clapnq/{part}.jsonl")
        for number, row in enumerate(lines(path)):
            passages = {f"{part}-{number}-{place}.txt": one["text"] for place, one in enumerate(row["passages"])}
            documents |= passages
            sentences: list[str] = [text for one in row["output"] for text in one.get("selected_sentences") or ()]
            gold = [one for name, text in passages.items() for one in _places(name, text, sentences)]
            asked.append(Asked(row["input"], tuple(dict.fromkeys(gold))))
    return QuestionSet("clapnq", documents, asked, is_own)


def chunking(data: Path | None) -> QuestionSet:
    """Return the corpora of Smith and Troynikov's report on chunking (2024), with their reference spans."""
    path, is_own = found_file(data, "chunking/questions.jsonl")
    rows = lines(path)
    names = {row["corpus"] for row in rows}
    documents = {f"{name}.txt": (path.parent / f"{name}.md").read_text() for name in sorted(names)}
    asked = [
        Asked(
            row["question"],
            tuple(Gold(f"{row['corpus']}.txt", one["start_index"], one["end_index"]) for one in row["references"]),
        )
        for row in rows
    ]
    return QuestionSet("chunking", documents, asked, is_own)


def found_file(data: Path | None, name: str) -> tuple[Path, bool]:
    """Return a file of the data sets, or where it is missing our own few rows, and whether it is those."""
    given = None if data is None else data / name
    return (given, False) if given is not None and given.exists() else (_OWN / name, True)


def _places(name: str, text: str, sentences: list[str]) -> Iterator[Gold]:
    for sentence in sentences:
        start = text.find(sentence)
        if start >= 0:
            yield Gold(name, start, start + len(sentence))


def lines(path: Path) -> list[Any]:
    """Return the rows of a file of JSON lines."""
    return [json.loads(line) for line in path.read_text().splitlines() if line]
