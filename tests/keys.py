"""Who holds which key, for tests of routes."""

from __future__ import annotations

from dataclasses import dataclass, field

from mcp_engine.access import Caller
from mcp_engine.errors import NotSignedIn


@dataclass
class Keys:
    """Knows callers by made-up keys."""

    callers: dict[str, Caller] = field(default_factory=dict)

    async def authenticate(self, credential: str) -> Caller:
        if credential not in self.callers:
            raise NotSignedIn("access.invalid_credential", "This credential does not work.")
        return self.callers[credential]
