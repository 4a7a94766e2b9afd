"""What the audit log says about labels of answers; the words of a label are feedback, which has entries of its own."""

from __future__ import annotations

from typing import Final

from mcp_engine.audit.events import AuditEvent
from rag.answer_labels.tables import AnswerLabelRow

LABELLED: Final = "answer.labelled"


def labelled(row: AnswerLabelRow) -> AuditEvent:
    facts = {
        "execution_id": str(row.execution_id),
        "verdict": row.verdict,
        "feedback_id": row.feedback_id and str(row.feedback_id),
        "demonstration_id": row.demonstration_id and str(row.demonstration_id),
        "version_id": row.version_id and str(row.version_id),
        "start": row.start,
        "end": row.end,
    }
    return AuditEvent(LABELLED, str(row.id), facts)
