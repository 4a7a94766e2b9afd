"""Checking a proof offline: no server, no database, and the public key from the person who checks.

Uses the standard library, `cryptography` and this package's `merkle` and `notes` only. What a proof
that passes says: the log that holds this key has signed a tree in which these leaves, word for word,
have these places. It does not say that the log shows everybody the same tree; compare checkpoints for that.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, cast

from mcp_engine.audit.merkle import HASH_BYTES, Hash, leaf_hash, verify_inclusion
from mcp_engine.audit.notes import Checkpoint, NoteVerifier, decode_base64
from mcp_engine.errors import InvalidInput

FORMAT = "mcp-engine-proof/v1"
MAX_PATH = 63


class ProofRejected(InvalidInput):
    """The proof does not prove what it claims; the message names the part that fails."""


@dataclass(frozen=True, slots=True)
class CheckedLeaf:
    """A leaf that is proven to be in the signed tree."""

    index: int
    id: str
    kind: str
    subject: str
    tenant: str
    actor: str
    at: str
    facts: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class CheckedProof:
    """What is proven: these leaves, the first of which was asked for, in this signed tree."""

    checkpoint: Checkpoint
    leaves: tuple[CheckedLeaf, ...]


def check_proof(bundle_json: str | bytes, vkey: str) -> CheckedProof:
    """Check a proof bundle against the log's public key.

    Args:
        bundle_json: the JSON that `audit proof` wrote.
        vkey: the verifier key `name+hash+key`, from a source you trust; never from the proof.

    Raises:
        ProofRejected: `audit.proof_malformed` when it has not the form of a proof, `audit.proof_wrong` when a leaf
            is not in the tree or is about something else.
        InvalidInput: a malformed key, a note that is malformed, unsigned or wrongly signed (see `notes`).
    """
    verifier = NoteVerifier.parse(vkey)
    bundle = _object(_parsed(bundle_json, "the proof"), "the proof")
    if bundle.get("format") != FORMAT:
        raise _malformed(f"its format is not {FORMAT}")
    checkpoint = verifier.open_checkpoint(_text(bundle, "checkpoint"))
    if bundle.get("tree_size") != checkpoint.size:
        raise _malformed("its tree size is not that of its checkpoint")
    items = bundle.get("leaves")
    if not isinstance(items, list) or not items:
        raise _malformed("it proves no leaf")
    leaves = tuple(_checked(item, checkpoint) for item in cast("list[Any]", items))
    if leaves[0].subject != _text(bundle, "subject"):
        raise ProofRejected("audit.proof_wrong", "The proof's first leaf is about something else than the proof says.")
    return CheckedProof(checkpoint, leaves)


def _checked(item: Any, checkpoint: Checkpoint) -> CheckedLeaf:
    leaf = _object(item, "a leaf")
    index, data, path = leaf.get("index"), _text(leaf, "leaf_data"), leaf.get("inclusion_path")
    if type(index) is not int or not isinstance(path, list):
        raise _malformed("a leaf lacks its index or its inclusion path")
    hashes = [_hash(encoded, index) for encoded in cast("list[Any]", path)[: MAX_PATH + 1]]
    if not verify_inclusion(leaf_hash(data.encode()), index, checkpoint.size, hashes, checkpoint.root):
        raise ProofRejected(
            "audit.proof_wrong", f"Leaf {index} is not in the signed tree: its data or its inclusion path is wrong."
        )
    content = _object(_parsed(data, f"leaf {index}"), f"leaf {index}")
    if content.get("v") != 1:
        raise _malformed(f"leaf {index} has an unknown version")
    return CheckedLeaf(
        index,
        **{name: _text(content, name) for name in ("id", "kind", "subject", "tenant", "actor", "at")},
        facts=_object(content.get("facts"), f"the facts of leaf {index}"),
    )


def _hash(encoded: Any, index: int) -> Hash:
    decoded = decode_base64(encoded, what=f"the path of leaf {index}") if isinstance(encoded, str) else b""
    if len(decoded) != HASH_BYTES:
        raise _malformed(f"the path of leaf {index} holds something that is no hash")
    return decoded


def _parsed(text: str | bytes, what: str) -> Any:
    def without_duplicates(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        if len({name for name, _ in pairs}) != len(pairs):
            raise _malformed(f"{what} names a member twice")
        return dict(pairs)

    try:
        return json.loads(text, object_pairs_hook=without_duplicates)
    except (ValueError, RecursionError) as error:
        raise _malformed(f"{what} is not JSON ({error})") from error


def _object(value: Any, what: str) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise _malformed(f"{what} is not an object")
    return cast("dict[str, Any]", value)


def _text(value: Mapping[str, Any], name: str) -> str:
    text = value.get(name)
    if not isinstance(text, str):
        raise _malformed(f"{name!r} is missing")
    return text


def _malformed(why: str) -> ProofRejected:
    return ProofRejected("audit.proof_malformed", f"This is no proof: {why}.")
