"""Checking a proof offline: no server, no database, and the public key from the person who checks.

Uses the standard library, `cryptography`, `rfc8785` and this project's `merkle`, `notes` and `canonical`
only. What a proof that passes says: the log that holds this key has signed a tree in which these leaves,
word for word, have these places; and an opening that opens: this content is what its leaf was committed
to. It does not say that the log shows everybody the same tree; compare checkpoints for that.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal, cast

from mcp_engine.audit.merkle import HASH_BYTES, Hash, leaf_hash, verify_inclusion
from mcp_engine.audit.notes import Checkpoint, NoteVerifier, decode_base64
from mcp_engine.canonical import SALT_BYTES, commitment
from mcp_engine.errors import InvalidInput

FORMAT = "mcp-engine-proof/v1"
MAX_PATH = 63
EXECUTION = "execution.ended"
"""The kind of the leaves that hold commitments which can be opened."""
COMMITTED = ("inputs", "output")
_LARGEST_EXACT = 2**53 - 1


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
class CheckedOpening:
    """What a proof says of a content that a leaf is committed to.

    `opens`: `value` is what was committed to. `none`: the leaf says that there is none. `not_included`:
    the proof does not show it. `erased`: nor does it, and says that it was erased, which is not checked.
    """

    name: str
    state: Literal["opens", "none", "not_included", "erased"]
    value: Any = None


@dataclass(frozen=True, slots=True)
class CheckedProof:
    """What is proven: these leaves, the first of which was asked for, in this signed tree.

    `openings` are those of inputs and output when it is the proof of an execution, else there are none.
    """

    checkpoint: Checkpoint
    leaves: tuple[CheckedLeaf, ...]
    openings: tuple[CheckedOpening, ...] = ()


def check_proof(bundle_json: str | bytes, vkey: str) -> CheckedProof:
    """Check a proof bundle against the log's public key.

    Args:
        bundle_json: the JSON that `audit proof` wrote.
        vkey: the verifier key `name+hash+key`, from a source you trust; never from the proof.

    Raises:
        ProofRejected: `audit.proof_malformed` when it has not the form of a proof, `audit.proof_wrong` when a leaf
            is not in the tree or is about something else, `audit.opening_wrong` when a content is not what
            its leaf is committed to.
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
    return CheckedProof(checkpoint, leaves, _checked_openings(bundle.get("openings"), leaves))


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


def _checked_openings(openings: Any, leaves: tuple[CheckedLeaf, ...]) -> tuple[CheckedOpening, ...]:
    about = (leaf for leaf in leaves if leaf.kind == EXECUTION and leaf.subject == leaves[0].subject)
    leaf = next(about, None)
    shown = {} if openings is None else _object(openings, "its openings")
    if not shown.keys() <= {*COMMITTED}:
        raise _malformed(f"its openings are of something else than {' and '.join(COMMITTED)}")
    if leaf is None:
        if shown:
            raise _malformed("it has openings, and no leaf of the execution that they are of")
        return ()
    return tuple(_checked_opening(name, shown.get(name), leaf) for name in COMMITTED)


def _checked_opening(name: str, shown: Any, leaf: CheckedLeaf) -> CheckedOpening:
    committed = leaf.facts.get(f"{name}_commitment")
    if shown is None:
        return CheckedOpening(name, "none" if committed is None else "not_included")
    opening = _object(shown, f"the opening of {name}")
    if committed is None or opening.get("commitment") != committed:
        raise _opening_wrong(name, f"it is of another commitment than that in leaf {leaf.index}")
    value, salt = opening.get("value"), opening.get("salt")
    if opening.get("erased") is True and value is None and salt is None:
        return CheckedOpening(name, "erased")
    if not isinstance(salt, str) or not re.fullmatch(f"[0-9a-f]{{{2 * SALT_BYTES}}}", salt):
        raise _opening_wrong(name, f"its salt is not {SALT_BYTES} bytes in hex")
    if "value" not in opening or _commitment(name, bytes.fromhex(salt), value) != committed:
        raise _opening_wrong(
            name, f"it does not open its commitment in leaf {leaf.index}: the value or the salt was changed"
        )
    return CheckedOpening(name, "opens", value)


def _commitment(name: str, salt: bytes, value: Any) -> str:
    try:
        return commitment(salt, value)
    except InvalidInput as error:
        raise _opening_wrong(name, "its value has no canonical form") from error


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
        return json.loads(text, object_pairs_hook=without_duplicates, parse_int=_whole_number)
    except (ValueError, RecursionError) as error:
        raise _malformed(f"{what} is not JSON ({error})") from error


def _whole_number(digits: str) -> int | float:
    """Return an integer, or beyond 2^53 the float that it is in canonical JSON, where 1e20 has no exponent."""
    number = int(digits)
    return number if abs(number) <= _LARGEST_EXACT else float(digits)


def _object(value: Any, what: str) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise _malformed(f"{what} is not an object")
    return cast("dict[str, Any]", value)


def _text(value: Mapping[str, Any], name: str) -> str:
    text = value.get(name)
    if not isinstance(text, str):
        raise _malformed(f"{name!r} is missing")
    return text


def _opening_wrong(name: str, why: str) -> ProofRejected:
    return ProofRejected("audit.opening_wrong", f"The {name} that the proof shows can't be trusted: {why}.")


def _malformed(why: str) -> ProofRejected:
    return ProofRejected("audit.proof_malformed", f"This is no proof: {why}.")
