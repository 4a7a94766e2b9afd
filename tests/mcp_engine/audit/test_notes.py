"""Signed notes: strict in what they accept."""

from __future__ import annotations

import base64

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import given
from hypothesis import strategies as st

from mcp_engine.audit.notes import CheckpointSigner, NoteVerifier, parse_checkpoint
from mcp_engine.errors import InvalidInput

SIGNER = CheckpointSigner(Ed25519PrivateKey.from_private_bytes(bytes(range(32))))
OTHER = CheckpointSigner(Ed25519PrivateKey.from_private_bytes(bytes(32)))
ROOT = bytes(range(32))
NOTE = SIGNER.sign(7, ROOT)
# The example of Go's x/mod/sumdb/note documentation.
GO_VKEY = "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW"
GO_NOTE = (
    "If you think cryptography is the answer to your problem,\nthen you don't know what your problem is.\n\n"
    "— PeterNeumann x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM=\n"
)


def test_a_note_of_another_implementation_opens() -> None:
    verifier = NoteVerifier.parse(GO_VKEY)
    assert verifier.vkey == GO_VKEY
    assert verifier.open(GO_NOTE).startswith("If you think")


@given(size=st.integers(0, 2**63 - 1), root=st.binary(min_size=32, max_size=32))
def test_what_is_signed_opens_with_the_published_key(size: int, root: bytes) -> None:
    checkpoint = NoteVerifier.parse(SIGNER.verifier.vkey).open_checkpoint(SIGNER.sign(size, root))
    assert (checkpoint.size, checkpoint.root) == (size, root)


@given(position=st.integers(0, len(NOTE.encode()) - 1), flip=st.integers(1, 255))
def test_no_changed_byte_passes(position: int, flip: int) -> None:
    raw = bytearray(NOTE.encode())
    raw[position] ^= flip
    try:
        changed = raw.decode()
    except UnicodeDecodeError:
        return
    with pytest.raises(InvalidInput):
        SIGNER.verifier.open_checkpoint(changed)


def test_another_key_does_not_open_it() -> None:
    with pytest.raises(InvalidInput, match="no signature by the key"):
        OTHER.verifier.open(NOTE)


def test_signatures_of_others_are_passed_over() -> None:
    text, _, signature = NOTE.rpartition("\n\n")
    witnessed = f"{text}\n\n— someone.else/witness {'A' * 20}\n{signature}"
    assert SIGNER.verifier.open_checkpoint(witnessed).size == 7


def test_a_checkpoint_of_another_log_is_refused_although_signed() -> None:
    verifier = NoteVerifier("another-name", SIGNER.private_key.public_key())
    text = NOTE.rpartition("\n\n")[0] + "\n"
    signature = verifier.key_id + SIGNER.private_key.sign(text.encode())
    with pytest.raises(InvalidInput, match="of the log"):
        verifier.open_checkpoint(f"{text}\n— another-name {base64.b64encode(signature).decode()}\n")


@pytest.mark.parametrize(
    "text",
    [
        "",
        "log\n7\n",
        "log\n07\nAAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=\n",
        "log\n-1\nAAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=\n",
        "log\n9223372036854775808\nAAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=\n",
        "log\n7\nAAEC\n",
        "log\n7\nAAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh9=\n",
        "log\n7\nAAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=",
        "\n7\nAAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=\n",
    ],
)
def test_malformed_checkpoints_are_refused(text: str) -> None:
    with pytest.raises(InvalidInput):
        parse_checkpoint(text)


@pytest.mark.parametrize("vkey", ["", "name", "name+00000000+AAAA", GO_VKEY.replace("c7", "c8"), "a b+c74f20a3+AAAA"])
def test_malformed_keys_are_refused(vkey: str) -> None:
    with pytest.raises(InvalidInput):
        NoteVerifier.parse(vkey)
