"""Signed checkpoints: C2SP `signed-note` and `tlog-checkpoint` with Ed25519, parsed strictly.

Sources: https://c2sp.org/signed-note, https://c2sp.org/tlog-checkpoint; Go's `x/mod/sumdb/note` reads
and writes the same bytes. Every error is an `InvalidInput` that says which part is wrong.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import re
from dataclasses import dataclass

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from mcp_engine.audit.merkle import HASH_BYTES, Hash
from mcp_engine.errors import InvalidInput

MAX_NOTE_BYTES = 64 * 1024
MAX_SIGNATURES = 100
_ED25519 = b"\x01"
_SIGNATURE = re.compile(r"— ([^\s+]+) ([A-Za-z0-9+/]+={0,2})")
_SIZE = re.compile(r"0|[1-9][0-9]{0,18}")
_VKEY_FORM = (
    "A verifier key is one line of the form name+hash+key, such as mcp-engine/b1c52e16+170d6a4b+AdMfIna1ED…; "
    "`mcp-engine audit key` prints it."
)
_VKEY = re.compile(r"([^\s+]+)\+([0-9a-f]{8})\+([A-Za-z0-9+/]+={0,2})")


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """A tree of one log at one size: what a checkpoint note says."""

    origin: str
    size: int
    root: Hash

    def text(self) -> str:
        return f"{self.origin}\n{self.size}\n{encode_base64(self.root)}\n"


@dataclass(frozen=True, slots=True)
class NoteVerifier:
    """A name and the public key that signs for it."""

    name: str
    public_key: Ed25519PublicKey

    @classmethod
    def parse(cls, vkey: str) -> NoteVerifier:
        """Read a verifier key `name+hash+key`.

        Raises:
            InvalidInput: `audit.key_malformed`.
        """
        match = _VKEY.fullmatch(vkey.strip())
        if not match:
            raise InvalidInput("audit.key_malformed", f"This is no verifier key. {_VKEY_FORM}")
        name, key_id, encoded = match.groups()
        key = decode_base64(encoded, what="the verifier key")
        if key[:1] != _ED25519 or len(key) != 1 + 32:
            raise InvalidInput("audit.key_malformed", f"The verifier key is not an Ed25519 key. {_VKEY_FORM}")
        if _key_id(name, key).hex() != key_id:
            raise InvalidInput(
                "audit.key_malformed",
                "The verifier key's hash does not fit its name and key: a part of it was changed.",
            )
        return cls(name, Ed25519PublicKey.from_public_bytes(key[1:]))

    @property
    def vkey(self) -> str:
        return f"{self.name}+{self.key_id.hex()}+{encode_base64(self._encoded_key)}"

    @property
    def key_id(self) -> bytes:
        return _key_id(self.name, self._encoded_key)

    @property
    def _encoded_key(self) -> bytes:
        return _ED25519 + self.public_key.public_bytes(Encoding.Raw, PublicFormat.Raw)

    def open(self, note: str) -> str:
        """Return the text of a note that this key has signed; signatures by others are passed over.

        Raises:
            InvalidInput: `audit.note_malformed`, `audit.note_unsigned` without a signature by this key,
                `audit.signature_wrong` when there is one and it does not verify.
        """
        text, signatures = _split(note)
        mine = [signature for name, signature in signatures if name == self.name and signature[:4] == self.key_id]
        if not mine:
            raise InvalidInput("audit.note_unsigned", f"The checkpoint has no signature by the key of {self.name}.")
        for signature in mine:
            try:
                self.public_key.verify(signature[4:], text.encode())
            except InvalidSignature:
                raise InvalidInput(
                    "audit.signature_wrong", f"The checkpoint's signature by {self.name} is wrong."
                ) from None
        return text

    def open_checkpoint(self, note: str) -> Checkpoint:
        """Return the checkpoint in a note that this key has signed as the log's own.

        Raises:
            InvalidInput: as `open` and `parse_checkpoint`; `audit.wrong_origin` for another log's.
        """
        checkpoint = parse_checkpoint(self.open(note))
        if checkpoint.origin != self.name:
            raise InvalidInput(
                "audit.wrong_origin", f"The checkpoint is of the log {checkpoint.origin!r}, the key of {self.name!r}."
            )
        return checkpoint


@dataclass(frozen=True, slots=True)
class CheckpointSigner:
    """Signs the checkpoints of one log, whose name is made from the public key.

    A log that was wiped and begun again under the same key is therefore the same log, and its pinned
    checkpoint shows the loss.
    """

    private_key: Ed25519PrivateKey

    @property
    def verifier(self) -> NoteVerifier:
        public_key = self.private_key.public_key()
        raw = public_key.public_bytes(Encoding.Raw, PublicFormat.Raw)
        return NoteVerifier(f"mcp-engine/{hashlib.sha256(raw).hexdigest()[:16]}", public_key)

    def sign(self, size: int, root: Hash) -> str:
        """Return the signed note of a tree."""
        verifier = self.verifier
        text = Checkpoint(verifier.name, size, root).text()
        signature = verifier.key_id + self.private_key.sign(text.encode())
        return f"{text}\n— {verifier.name} {encode_base64(signature)}\n"


def parse_checkpoint(text: str) -> Checkpoint:
    """Read the body of a checkpoint; extension lines after the root are passed over, as the spec allows.

    Raises:
        InvalidInput: `audit.note_malformed`.
    """
    lines = text.split("\n")
    if len(lines) < 4 or lines[-1] or not all(lines[:-1]):
        raise _malformed("a checkpoint has an origin, a size and a root, one a line")
    origin, size, root = lines[:3]
    if not _SIZE.fullmatch(size) or int(size) >= 2**63:
        raise _malformed("the tree size is not a plain decimal number")
    decoded = decode_base64(root, what="the checkpoint's root")
    if len(decoded) != HASH_BYTES:
        raise _malformed("the root is not 32 bytes")
    return Checkpoint(origin, int(size), decoded)


def encode_base64(data: bytes) -> str:
    return base64.b64encode(data).decode()


def decode_base64(encoded: str, *, what: str) -> bytes:
    """Decode standard padded base64, refusing every second spelling of the same bytes.

    Raises:
        InvalidInput: `audit.base64_malformed`, naming `what`.
    """
    try:
        data = base64.b64decode(encoded, validate=True)
    except (binascii.Error, ValueError):
        data = None
    if data is None or encode_base64(data) != encoded:
        raise InvalidInput("audit.base64_malformed", f"The base64 of {what} is malformed.")
    return data


def _split(note: str) -> tuple[str, list[tuple[str, bytes]]]:
    """Return a note's text and its signatures (name, key id followed by the signature)."""
    if len(note) > MAX_NOTE_BYTES:
        raise _malformed("it is too long")
    if any(character < " " and character != "\n" for character in note):
        raise _malformed("it holds control characters")
    text, separator, block = note.rpartition("\n\n")
    if not separator or not text or not block.endswith("\n"):
        raise _malformed("the blank line before the signatures, or the last line's end, is missing")
    lines = block[:-1].split("\n")
    if len(lines) > MAX_SIGNATURES:
        raise _malformed("it has too many signatures")
    return text + "\n", [_signature(line) for line in lines]


def _signature(line: str) -> tuple[str, bytes]:
    match = _SIGNATURE.fullmatch(line)
    if not match:
        raise _malformed("a signature line does not have the form '— name signature'")
    signature = decode_base64(match[2], what="a signature")
    if len(signature) < 5:
        raise _malformed("a signature is too short")
    return match[1], signature


def _key_id(name: str, key: bytes) -> bytes:
    return hashlib.sha256(name.encode() + b"\n" + key).digest()[:4]


def _malformed(why: str) -> InvalidInput:
    return InvalidInput("audit.note_malformed", f"The checkpoint is malformed: {why}.")
