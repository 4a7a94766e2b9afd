"""Whether the engine knows when its documents don't answer: risk and coverage over SQuAD 2.0 and CLAPnq together.

`unsupported_rate` is the share of the answers given with the built-in strategy whose citations are not what the
data's gold spans say, `answered` the share of questions that are answered. `coverage` is the largest share that one
threshold of confidence can answer with at most 5 % of the answers unsupported. For the peer, a threshold of the
retrieval score (the nearest passage's cosine), the best one is looked for in the same answers, which favours it. The
curves of both are in `settings`, and `python -m benchmarks.risk_picture` draws them. No threshold or weight of the
engine is fitted here.
"""

from __future__ import annotations

from collections.abc import Sequence

from benchmarks.answers import THRESHOLD, Given, given_answers
from benchmarks.harness.benchmark import Benchmark, Context, Metric, Outcome, at_least, at_most
from benchmarks.harness.figures import ratio
from benchmarks.ranking import coverage_at, risk_coverage
from rag.sweeps.measuring import auroc

RISKS = {"05": 0.05, "10": 0.1, "20": 0.2, "30": 0.3}
_CURVE_POINTS = 100


def run(context: Context) -> Outcome:
    """Ask everything, then look at what each threshold would have answered."""
    found, settings = given_answers(context)
    on_topic = [one for one in found if not one.is_off_topic]
    off_topic = [one for one in found if one.is_off_topic]
    answered = [one for one in on_topic if one.confidence >= THRESHOLD]
    ours = _figures(on_topic, [one.confidence for one in on_topic])
    by_score = _figures(on_topic, [one.similarity for one in on_topic])
    metrics = {
        "unsupported_rate": sum(not one.is_supported for one in answered) / max(len(answered), 1),
        "answered": len(answered) / len(on_topic),
        **ours,
        "coverage_ratio": ratio(ours["coverage"], by_score["coverage"]),
        "coverage_ratio_20": ratio(ours["coverage_20"], by_score["coverage_20"]),
        "off_topic_answered": sum(one.confidence >= THRESHOLD for one in off_topic) / len(off_topic),
    }
    curves = {
        "curve": _points(on_topic, [one.confidence for one in on_topic]),
        "curve_retrieval_score": _points(on_topic, [one.similarity for one in on_topic]),
    }
    return Outcome(_finite(metrics), {"retrieval score": by_score}, {**settings, **curves})


def _points(found: Sequence[Given], scores: Sequence[float]) -> list[dict[str, float]]:
    curve = risk_coverage(scores, [one.is_supported for one in found])
    step = max(len(curve) // _CURVE_POINTS, 1)
    return [{"threshold": t, "coverage": c, "risk": r} for t, c, r in [*curve[::step], curve[-1]]]


def _figures(found: Sequence[Given], scores: Sequence[float]) -> dict[str, float]:
    curve = risk_coverage(scores, [one.is_supported for one in found])
    figures = {f"coverage_{name}": coverage_at(curve, risk) for name, risk in RISKS.items()}
    figures["coverage"] = figures.pop("coverage_05")
    for name in sorted({one.collection for one in found}):
        pairs = [(score, one.is_supported) for one, score in zip(found, scores, strict=True) if one.collection == name]
        found_auroc = auroc([s for s, is_right in pairs if is_right], [s for s, is_right in pairs if not is_right])
        figures |= {} if found_auroc is None else {f"auroc_{name}": found_auroc}
    return figures


def _finite(metrics: dict[str, float]) -> dict[str, float]:
    """Leave out what can't be told, such as a ratio to nothing."""
    return {key: value for key, value in metrics.items() if value == value and abs(value) != float("inf")}


BENCHMARK = Benchmark(
    name="abstention",
    summary="answers given without support, beside a threshold of the retrieval score",
    metrics=(
        Metric("unsupported_rate", "answers without support, of those given", at_most(0.05)),
        Metric("answered", "questions answered, of those about the collection"),
        Metric("coverage", "coverage with at most 5 % unsupported"),
        Metric("coverage_ratio", "the same over that of the retrieval score", at_least(2)),
        Metric("coverage_10", "coverage with at most 10 % unsupported"),
        Metric("coverage_20", "coverage with at most 20 % unsupported"),
        Metric("coverage_ratio_20", "the same over that of the retrieval score"),
        Metric("coverage_30", "coverage with at most 30 % unsupported"),
        Metric("auroc_squad", "AUROC, supported or not, SQuAD 2.0"),
        Metric("auroc_clapnq", "AUROC, supported or not, CLAPnq"),
        Metric("off_topic_answered", "questions about something else that are answered", at_most(0.01)),
    ),
    run=run,
)
