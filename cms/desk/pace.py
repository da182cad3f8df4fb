"""How often one address may ask for what needs no account: a window in memory, bounded, a process."""

import datetime as dt
from collections import OrderedDict, deque
from typing import Final

from cms.kernel.errors import TooMany

# Addresses remembered at a time; the oldest are forgotten first, which only ever lets somebody in.
_MOST: Final = 10_000


class Pace:
    """At most `limit` in any `per` for each address."""

    def __init__(self, limit: int, per: dt.timedelta) -> None:
        self._limit = limit
        self._per = per
        self._seen: OrderedDict[str, deque[dt.datetime]] = OrderedDict()

    def take(self, address: str, now: dt.datetime) -> None:
        """Raises TooMany `desk.too_fast` with `seconds`, and then counts nothing."""
        seen = self._seen.setdefault(address, deque())
        self._seen.move_to_end(address)
        while len(self._seen) > _MOST:
            self._seen.popitem(last=False)
        while seen and seen[0] <= now - self._per:
            seen.popleft()
        if len(seen) >= self._limit:
            raise TooMany("desk.too_fast", seconds=max(1, round((seen[0] + self._per - now).total_seconds())))
        seen.append(now)
