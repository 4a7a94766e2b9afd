"""Rate limits by the generic cell rate algorithm (GCRA, ITU-T I.371 annex A; the "virtual scheduling" form).

One number a credential: the theoretical arrival time (TAT) of the next request if they came evenly.
A request conforms while TAT lies no more than the burst's tolerance ahead of now. The state is this
process's own: several servers each grant the limit.
"""

from __future__ import annotations

import time
from collections import OrderedDict
from collections.abc import Callable
from uuid import UUID

from mcp_engine.errors import SlowDown

_ROUNDING_SECONDS = 1e-6  # waiting exactly as long as was said must be enough, whatever floats do


class RateLimiter:
    """Grants each credential `burst` requests at once and `requests_per_second` over time.

    Args:
        clock: monotonic seconds.
        capacity: credentials remembered; beyond it the longest idle one starts over with a full burst.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic, *, capacity: int = 100_000) -> None:
        self._clock = clock
        self._capacity = capacity
        self._arrivals: OrderedDict[UUID, float] = OrderedDict()

    def spend(self, credential_id: UUID, *, requests_per_second: float, burst: int) -> None:
        """Count one request.

        Raises:
            SlowDown: `access.rate_limited` with the seconds until the next request conforms; a
                refused request is not counted.
        """
        now = self._clock()
        interval = 1.0 / requests_per_second
        arrival = max(now, self._arrivals.get(credential_id, now))
        wait = arrival - (burst - 1) * interval - now
        if wait > _ROUNDING_SECONDS:
            raise SlowDown(
                "access.rate_limited",
                f"This key may send {requests_per_second:g} requests a second and {burst} at once; "
                f"repeat in {wait:.3g} s.",
                retry_after_seconds=wait,
            )
        self._arrivals[credential_id] = arrival + interval
        self._arrivals.move_to_end(credential_id)
        if len(self._arrivals) > self._capacity:
            self._arrivals.popitem(last=False)

    def __len__(self) -> int:
        return len(self._arrivals)
