"""What is wrong with a value that pydantic refused, in words for whoever wrote it."""

from __future__ import annotations

from pydantic import ValidationError

_SHOWN = 5


def faults_of(error: ValidationError, *, whole: str = "") -> str:
    """Return each wrong member and what is wrong with it, the first five.

    Args:
        whole: how the value itself is called, where no member of it is wrong.
    """
    faults = error.errors()[:_SHOWN]
    return "; ".join(f"{'.'.join(map(str, fault['loc'])) or whole}: {fault['msg']}" for fault in faults)
