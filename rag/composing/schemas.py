"""What an answer says of having been written by a model."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, Field

from rag.composing.bearing import Fault
from rag.packing_report import PackingReport


class Statement(BaseModel):
    """A sentence that a model wrote, and the numbers of the citations that bear it out."""

    text: str
    citations: list[int]

    @property
    def marked(self) -> str:
        """The sentence as it stands in the answer's text, with its markers."""
        return f"{self.text} {''.join(f'[{number}]' for number in self.citations)}"


class CutStatement(BaseModel):
    """A sentence that a model wrote and the answer does not have, and why: see docs/composing.md."""

    text: str
    fault: Fault


class Composition(PackingReport):
    """What came of letting a model write the answer.

    Where nothing of it stayed (`is_used` is false), the answer is made of the chosen sentences, as without a model;
    `error_code` says that the model failed. `completed` says that the model left out the sentence that most probably
    answers, which then stands at the end: the decision that there is an answer rests on it.
    """

    kind: Literal["order", "prose"]
    is_used: bool
    cut: list[CutStatement] = Field(default_factory=list[CutStatement])
    completed: bool = False
    error_code: str | None = None
