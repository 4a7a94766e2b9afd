"""Provider credentials at rest: Fernet (AES-128-CBC with HMAC-SHA256), bound to their row."""

from __future__ import annotations

import json
from uuid import UUID

from cryptography.fernet import Fernet, InvalidToken

from mcp_engine.errors import Refused


class CredentialSeal:
    """Seals credentials with the instance's key.

    The tenant and the provider's id are inside the seal: a token copied to another row, by whoever
    can write to the database, does not open there.
    """

    def __init__(self, key: bytes) -> None:
        self._fernet = Fernet(key)

    def seal(self, tenant_id: UUID, provider_id: UUID, credential: str) -> bytes:
        content = {"tenant": str(tenant_id), "provider": str(provider_id), "credential": credential}
        return self._fernet.encrypt(json.dumps(content).encode())

    def open(self, tenant_id: UUID, provider_id: UUID, sealed: bytes) -> str:
        """Return the credential; raises `Refused` (`provider.credential_unreadable`) when it is not this row's."""
        try:
            content = json.loads(self._fernet.decrypt(sealed))
        except InvalidToken:
            raise self._unreadable() from None
        if content["tenant"] != str(tenant_id) or content["provider"] != str(provider_id):
            raise self._unreadable()
        return str(content["credential"])

    @staticmethod
    def _unreadable() -> Refused:
        return Refused(
            "provider.credential_unreadable",
            "The provider's credential can't be opened with this instance's key; delete the provider and create "
            "it again.",
        )
