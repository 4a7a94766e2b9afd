"""Which errors say that the database was not there, and nothing about what it was asked."""

from __future__ import annotations

from typing import Final

from sqlalchemy.exc import DBAPIError, InterfaceError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout

NO_ANSWER: Final = (OperationalError, InterfaceError, PoolTimeout, OSError)
"""What a step against the database may end with without having been answered; some of it is the step's own fault."""
_NOT_SERVING: Final = frozenset({"08", "57"})
"""SQLSTATE classes (PostgreSQL, appendix A): connection exceptions, and a server that is stopping or recovering."""
_OWN_FAULT: Final = frozenset({"57014", "57P04", "57P05"})
"""Of these classes what comes again whenever the same is asked: a statement that takes too long, a database that is
not there, a session that fell silent."""


def sqlstate_of(error: DBAPIError) -> str:
    """Return the five characters that PostgreSQL gave the error; nothing where it came from the driver."""
    return str(getattr(error.orig, "sqlstate", None) or "")


def is_outage(error: BaseException) -> bool:
    """Return whether the connection to the database broke or could not be made, and not by what was asked of it."""
    if not isinstance(error, DBAPIError):
        return False
    sqlstate = sqlstate_of(error)
    if sqlstate:
        return sqlstate[:2] in _NOT_SERVING and sqlstate not in _OWN_FAULT
    return error.connection_invalidated or isinstance(error, OperationalError)
