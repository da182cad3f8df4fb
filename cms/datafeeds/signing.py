"""Who signs what a feed says: the guard, as the desk knows it."""

from collections.abc import Mapping
from typing import Protocol

from cms.trust.signed import Signed


class FeedSigner(Protocol):
    """Signs with the feed's own key and numbers what it signs; the caller has asked `can` before."""

    async def sign_feed(self, feed: str, schema: str, values: Mapping[str, object], *, lasts_ms: int) -> Signed:
        """Raises Unavailable for a guard that is down, Refused `guard.feed_unknown` for a feed it has no key of."""
        ...
