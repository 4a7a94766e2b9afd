"""Credentials at rest, such as those of providers: Fernet (AES-128-CBC with HMAC-SHA256), bound to their row."""

from __future__ import annotations

import json
from uuid import UUID

from cryptography.fernet import Fernet, InvalidToken

from mcp_engine.errors import Refused


class CredentialSeal:
    """Seals credentials with the instance's key.

    The tenant and the owner's id are inside the seal: a token copied to another row, by whoever
    can write to the database, does not open there.

    Args:
        owner: what has the credential, as people call it; it begins the codes of errors.
    """

    def __init__(self, key: bytes, *, owner: str = "provider") -> None:
        self._fernet = Fernet(key)
        self._owner = owner

    def seal(self, tenant_id: UUID, owner_id: UUID, credential: str) -> bytes:
        content = {"tenant": str(tenant_id), self._owner: str(owner_id), "credential": credential}
        return self._fernet.encrypt(json.dumps(content).encode())

    def open(self, tenant_id: UUID, owner_id: UUID, sealed: bytes) -> str:
        """Return the credential; raises `Refused` (`….credential_unreadable`) when it is not this row's."""
        try:
            content = json.loads(self._fernet.decrypt(sealed))
        except InvalidToken:
            raise self._unreadable() from None
        if content["tenant"] != str(tenant_id) or content.get(self._owner) != str(owner_id):
            raise self._unreadable()
        return str(content["credential"])

    def _unreadable(self) -> Refused:
        return Refused(
            f"{self._owner}.credential_unreadable",
            f"The {self._owner}'s credential can't be opened with this instance's key; delete the {self._owner} and "
            "create it again.",
        )
