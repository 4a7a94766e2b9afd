"""Rows of a dataset, made of labelled answers: what `rag` evaluates strategies on."""

from __future__ import annotations

from typing import Any

from mcp_engine.evaluation.datasets.schemas import NewRow
from rag.answer_labels.schemas import AnswerLabel
from rag.schemas import Answer


def row_of(answer: Answer, label: AnswerLabel) -> NewRow | None:
    """Return the row of a labelled answer; None where the label does not say what is right.

    `sources` are words of a document, which survive its next version; without any when nothing answers. A label that
    gives an answer and no passage says nothing of sources, and the row has none.
    """
    metadata: dict[str, Any] = {"execution_id": str(answer.execution_id), "label": label.verdict}
    expected: str | None = label.answer
    if label.verdict == "supported":
        expected = " ".join([one.text for one in answer.prose] or [one.cited_text for one in answer.citations])
        metadata["sources"] = [{"document": one.version.document, "text": one.cited_text} for one in answer.citations]
    elif label.verdict == "rightly_refused":
        metadata["sources"] = []
    elif label.version_id is not None:
        found = next(
            one for one in answer.passages
            if (one.version.version_id, one.start, one.end) == (label.version_id, label.start, label.end)
        )  # fmt: skip
        metadata["sources"] = [{"document": found.version.document, "text": found.text}]
        expected = expected or found.text
    elif expected is None:
        return None
    return NewRow(inputs={"question": answer.question}, expected=expected, metadata=metadata)
