"""What became of a passage, for the terminal."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from mcp_engine.cli import output
from rag.odds import probability

if TYPE_CHECKING:
    from rich.console import Console

_SHOWN_CHARACTERS = 90
_MARKS = {"passed": "✓", "dropped": "✗ dropped here"}


def render_why(console: Console, why: dict[str, Any]) -> None:
    """Print the passage, a line a stage, and for its sentences a line each."""
    version, page = why["version"], why["page"]
    where = f"{version['document']} v{version['number']}" + (f", page {page}" if page is not None else "")
    console.print(f"{where}, {why['start']}-{why['end']} · {why['strategy']}", markup=False, style="bold")
    console.print(_shortened(why["text"]) + "\n", markup=False)
    stages = why["stages"]
    cells = [(one["stage"], _MARKS[one["outcome"]], one["note"], _numbers(one)) for one in stages]
    output.table(("stage", "", "what happened", "scores"), cells, empty="Nothing was looked at.")(console)
    sentences = [sentence for one in stages for sentence in one.get("sentences", ())]
    if sentences:
        console.print()
        lines = [(_score(one["score"]), one["verdict"].replace("_", " "), _shortened(one["text"])) for one in sentences]
        output.table(("score", "verdict", "sentence"), lines, empty="")(console)


def _numbers(stage: dict[str, Any]) -> str:
    show = _NUMBERS.get(stage["stage"])
    return "" if show is None else show(stage)


def _candidates(stage: dict[str, Any]) -> str:
    dense, lexical = stage["dense"], stage["lexical"]
    meaning = f"meaning {_score(dense['similarity'])}, rank {dense['rank']} (last {_score(dense['last_similarity'])})"
    rank = "no rank" if lexical["rank"] is None else f"rank {lexical['rank']}"
    words = f"words {_score(lexical['bm25'])}, {rank} (last {_score(lexical['last_bm25'])})"
    missing = f"; lacks {', '.join(lexical['words_missing'])}" if lexical["words_missing"] else ""
    return f"{meaning}; {words}{missing}"


def _fusion(stage: dict[str, Any]) -> str:
    last = f" (last in {_score(stage['last_score'])})" if stage["last_score"] is not None else ""
    shares = f"meaning {_score(stage['dense_share'])} and words {_score(stage['lexical_share'])} of 1"
    return f"{_score(stage['score'])}{last} from {shares}"


def _diversity(stage: dict[str, Any]) -> str:
    return f"gain {_score(stage['gain'])} (last in {_score(stage['last_gain'])})"


def _reranking(stage: dict[str, Any]) -> str:
    said = "" if stage["score"] is None else f"{_score(stage['score'])} by {stage['model']}, "
    return f"{said}{_score(stage['share'])} of 1 (was {_score(stage['score_before'])}, rank {stage['rank_before']})"


def _sentences(stage: dict[str, Any]) -> str:
    return f"floor {_score(stage['floor'])}, best {_score(stage['best_score'])}, at most {stage['max_sentences']}"


def _answer(stage: dict[str, Any]) -> str:
    parts = ", ".join(f"{name.replace('_', ' ')} {_score(value)}" for name, value in stage["evidence"].items())
    judging, own = stage["judging"], stage["own_confidence"]
    judged = "" if judging is None else f", judge {judging['model']} {probability(judging['score']):.2f}"
    alone = "" if own is None else f" (own check {own:.2f}{judged})"
    return f"confidence {stage['confidence']:.2f} of {stage['threshold']:.2f}{alone}: {parts}"


_NUMBERS: dict[str, Callable[[dict[str, Any]], str]] = {
    "candidates": _candidates,
    "fusion": _fusion,
    "diversity": _diversity,
    "reranking": _reranking,
    "sentences": _sentences,
    "answer": _answer,
}


def _score(value: float | None) -> str:
    return "–" if value is None else f"{value:.3f}"


def _shortened(text: str) -> str:
    line = " ".join(text.split())
    return line if len(line) <= _SHOWN_CHARACTERS else line[:_SHOWN_CHARACTERS].rsplit(maxsplit=1)[0] + " …"
