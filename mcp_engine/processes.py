"""Child processes that must not outlive their parent."""

from __future__ import annotations

import ctypes
import os
import signal
import sys

_PR_SET_PDEATHSIG = 1


def die_with_parent(parent_pid: int, number: signal.Signals = signal.SIGKILL) -> None:
    """Have the kernel send `number` to this process when its parent ends (Linux, prctl(2)).

    The signal belongs to the thread that started this process: it comes when that thread ends.

    Args:
        parent_pid: the parent as it was told at the start; when it is gone already, this process
            ends at once (`SystemExit`).
    """
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, number)
    if os.getppid() != parent_pid:
        raise SystemExit(0)
