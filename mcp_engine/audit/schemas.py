"""What the audit routes answer."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Literal
from uuid import UUID

from pydantic import BaseModel, Field

PROOF_FORMAT = "mcp-engine-proof/v1"


class EntryView(BaseModel):
    """One entry of the caller's tenant; `seq` is its leaf's number, null until it is sequenced."""

    id: UUID
    seq: int | None
    kind: str
    subject: str
    about: str = Field(description="What the subject is, from the facts: `prompt greeting/2`.")
    actor_id: UUID
    occurred_at: datetime
    facts: dict[str, Any]
    leaf_hash: str = Field(description="Hex SHA-256 of the leaf, recomputed from this entry.")


class LogState(BaseModel):
    """The tree as it was last signed, and what waits to enter it. The tree is that of all tenants."""

    origin: str = Field(description="The log's name, as its checkpoints and its key have it.")
    tree_size: int = Field(description="Leaves, of all tenants.")
    root: str = Field(description="Base64 RFC 9162 root of the tree.")
    checkpoint: str = Field(description="C2SP tlog-checkpoint in a signed note.")
    signed_at: datetime
    waiting: int = Field(description="Committed entries that have no number yet.")


class LogKey(BaseModel):
    """The log's public key in the form `name+hash+key` of C2SP signed notes. Keep it where you check proofs."""

    vkey: str


class ProvenLeaf(BaseModel):
    """One leaf with its inclusion proof (base64 hashes, RFC 9162 order) in the bundle's checkpoint."""

    index: int
    leaf_data: str
    inclusion_path: list[str]


class ProofBundle(BaseModel):
    """Everything an offline check needs but the public key: `mcp-engine audit check FILE --vkey KEY`."""

    format: Literal["mcp-engine-proof/v1"] = PROOF_FORMAT
    subject: str
    tree_size: int
    checkpoint: str = Field(description="C2SP signed note.")
    leaves: list[ProvenLeaf] = Field(description="The proven entry first, then those it refers to.")


class VerificationProgress(BaseModel):
    """How far a verification is."""

    stage: Literal["leaves", "entries"]
    done: int
    total: int


class VerificationProblem(BaseModel):
    """One thing that is wrong.

    `seq` is exact when given. `position` orders problems: the first leaf that may be affected, at the latest.
    """

    what: str
    position: int
    seq: int | None = None
    entry_id: UUID | None = None
    kind: str | None = None
    subject: str | None = None
    fact: str | None = None
    tenant_id: UUID | None = Field(default=None, exclude=True)


class WitnessReport(BaseModel):
    """What the pinned checkpoint outside the data directory says."""

    status: Literal["consistent", "missing", "inconsistent"]
    size: int | None = None


class VerificationReport(BaseModel):
    """The result of comparing every live row with the tree, and the tree with what was signed."""

    ok: bool
    origin: str
    tree_size: int
    root: str | None = Field(description="Base64, recomputed from the leaves; null when a leaf is missing.")
    checkpoint_signed: bool
    checkpoints_checked: int
    witness: WitnessReport
    entries_checked: int
    live_rows_checked: int
    erased: int = Field(description="Live facts that can't be recomputed because their content was erased.")
    unsequenced: int = Field(description="Committed entries that wait for their number; not a problem.")
    first_problem: VerificationProblem | None
    problems: list[VerificationProblem]
