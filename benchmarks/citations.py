"""Whether citations are exact, and what the data's gold spans say: SQuAD 2.0 and CLAPnq, built-in strategy.

`byte_exact` compares every citation with the file that was added and with the stored version opened at its place.
`precision` is the share of citations that share a character with a gold span, over the answers to questions that have
one; `recall` the share of these questions' gold spans that a citation shares a character with (SQuAD's spans are
alternatives by several annotators: one is enough).
"""

from __future__ import annotations

from collections.abc import Sequence
from statistics import fmean

from benchmarks.answers import THRESHOLD, Given, given_answers
from benchmarks.harness.benchmark import Benchmark, Context, Metric, Outcome, at_least


def run(context: Context) -> Outcome:
    """Ask everything; figures are of the answers that the built-in strategy gives."""
    found, settings = given_answers(context)
    exact = [one for given in found for one in given.exact]
    answered = [one for one in found if one.gold and one.confidence >= THRESHOLD and one.cited]
    metrics = {"byte_exact": fmean(exact), **_figures(answered, ""), "citations": float(len(exact))}
    for name in sorted({one.collection for one in answered}):
        metrics |= _figures([one for one in answered if one.collection == name], f"_{name}")
    return Outcome(metrics, {}, settings)


def _figures(answered: Sequence[Given], suffix: str) -> dict[str, float]:
    return {
        f"precision{suffix}": fmean(fmean(one.cited) for one in answered),
        f"recall{suffix}": fmean(_recall(one) for one in answered),
        f"hit{suffix}": fmean(float(one.is_supported) for one in answered),
    }


def _recall(one: Given) -> float:
    return float(any(one.covered)) if one.collection == "squad" else fmean(one.covered)


BENCHMARK = Benchmark(
    name="citations",
    summary="whether citations are exact, and what annotators marked",
    metrics=(
        Metric("byte_exact", "citations that are exact", at_least(1)),
        Metric("precision", "citations that annotators marked too, of each answer", at_least(0.9)),
        Metric("recall", "what annotators marked that is cited", at_least(0.8)),
        Metric("hit", "answers with a citation that annotators marked"),
        Metric("precision_squad", "precision, SQuAD 2.0"),
        Metric("recall_squad", "recall, SQuAD 2.0"),
        Metric("precision_clapnq", "precision, CLAPnq"),
        Metric("recall_clapnq", "recall, CLAPnq"),
        Metric("citations", "citations looked at"),
    ),
    run=run,
)
