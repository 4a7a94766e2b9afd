"""Which errors say that the database was not there, and nothing about what it was asked."""

from __future__ import annotations

from typing import Final

from sqlalchemy.exc import DBAPIError, InterfaceError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout

NO_ANSWER: Final = (OperationalError, InterfaceError, PoolTimeout, OSError)
"""What a step against the database may end with that is worth repeating until it is answered."""
_NOT_SERVING = frozenset({"08", "57"})
"""SQLSTATE classes (PostgreSQL, appendix A): connection exceptions, and a server that is stopping or recovering."""


def sqlstate_of(error: DBAPIError) -> str:
    """Return the five characters that PostgreSQL gave the error; nothing where it came from the driver."""
    return str(getattr(error.orig, "sqlstate", None) or "")


def is_outage(error: BaseException) -> bool:
    """Return whether the connection to the database broke or could not be made."""
    if not isinstance(error, DBAPIError):
        return False
    sqlstate = sqlstate_of(error)
    unreachable = isinstance(error, OperationalError) and not sqlstate
    return error.connection_invalidated or sqlstate[:2] in _NOT_SERVING or unreachable
