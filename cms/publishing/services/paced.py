"""The client for addresses outside as one account uses it: held to what its platform takes of each call."""

from collections.abc import Mapping, Sequence
from urllib.parse import urlsplit

from cms.contract import Outbound, Rate, Spent
from cms.kernel.clock import Clock
from cms.publishing.services.budget import RowBudget


class PacedOutbound:
    """Implements `cms.contract.Outbound` over another; what an account used is a row, so a restart forgets nothing."""

    def __init__(self, inner: Outbound, budget: RowBudget, rates: Sequence[Rate], clock: Clock) -> None:
        self._inner = inner
        self._budget = budget
        self._rates = rates
        self._clock = clock

    async def request(
        self, method: str, url: str, *, body: bytes | None = None, headers: Mapping[str, str] | None = None, limit: int
    ) -> tuple[int, Mapping[str, str], bytes]:
        """As the other.

        Raises:
            Spent: `publishing.rate_spent`; the call did not leave.
        """
        path = urlsplit(url).path
        for rate in self._rates:
            if rate.covers(path):
                wait = await self._budget.take(rate.name, limit=rate.limit, per=rate.per, now=self._clock.now())
                if wait is not None:
                    raise Spent("publishing.rate_spent", wait=wait, path=path[:120], limit=rate.limit)
        return await self._inner.request(method, url, body=body, headers=headers, limit=limit)
