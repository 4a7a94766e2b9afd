"""Writes the rows of both tasks, for the evaluation and for the live experiment, which share none.

    python -m benchmarks.real_use.rows [--data DIR] [--out DIR]

The folder has `squad2/dev.json` (SQuAD 2.0) and `bbh/object_counting.json` (BIG-Bench Hard).
"""

from __future__ import annotations

import argparse
import json
import os
import random
from collections.abc import Sequence
from pathlib import Path
from typing import Any

SEED = 7
LONGEST_PASSAGE = 900
"""Characters, so that a few-shot prompt and a passage fit a small model's attention."""
Row = dict[str, Any]


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--data", type=Path, default=os.environ.get("MCP_ENGINE_BENCH_DATA"), required=False)
    parser.add_argument("--out", type=Path, default=Path())
    options = parser.parse_args()
    if options.data is None:
        parser.error("name the folder of the data by --data or MCP_ENGINE_BENCH_DATA")
    tried, questions = _questions(json.loads((options.data / "squad2/dev.json").read_text()))
    counts = _counts(json.loads((options.data / "bbh/object_counting.json").read_text()))
    _write(options.out / "answers-tried.jsonl", tried)
    # One question a passage, because an interval takes rows to have nothing in common.
    _write(options.out / "answers.jsonl", [rows[0] for rows in questions[:120]])
    _write(options.out / "answers-live.jsonl", [row for rows in questions[120:] for row in rows][:150])
    _write(options.out / "counts.jsonl", counts[:100])
    _write(options.out / "counts-live.jsonl", counts[100:250])


def _questions(articles: Row) -> tuple[list[Row], list[list[Row]]]:
    """Return the twenty on which the wording was tried, and one or two of each other short passage, all shuffled."""
    order = random.Random(SEED)
    found: list[Row] = []
    for passage in (passage for article in articles["data"] for passage in article["paragraphs"]):
        asked = [one for one in passage["qas"] if not one["is_impossible"]]
        if asked and len(passage["context"]) <= LONGEST_PASSAGE:
            found += [_question(passage["context"], one) for one in order.sample(asked, min(2, len(asked)))]
    order.shuffle(found)
    tried, others = found[:20], found[20:]
    seen = {row["inputs"]["passage"] for row in tried}
    by_passage: dict[str, list[Row]] = {}
    for row in others:
        if row["inputs"]["passage"] not in seen:
            by_passage.setdefault(row["inputs"]["passage"], []).append(row)
    return tried, [*by_passage.values()]


def _question(passage: str, asked: Row) -> Row:
    right = sorted({answer["text"] for answer in asked["answers"]})
    return {"inputs": {"passage": passage, "question": asked["question"]}, "expected": right}


def _counts(task: Row) -> list[Row]:
    rows = [{"inputs": {"question": one["input"]}, "expected": one["target"]} for one in task["examples"]]
    random.Random(SEED).shuffle(rows)
    return rows


def _write(path: Path, rows: Sequence[Row]) -> None:
    path.write_text("".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows))
    print(f"{path}: {len(rows)} rows")


if __name__ == "__main__":
    main()
