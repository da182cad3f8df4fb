"""What publishing asks of the guard: tombstones before anything else, and a note of where each release went."""

import uuid
from collections.abc import Sequence
from typing import Final, Protocol

from cms.guard.client import GuardClient
from cms.guard.errors import GuardRefused
from cms.guard.recalling import Item
from cms.kernel.errors import Refused, Unavailable

_AWAY: Final = frozenset({"guard.unreachable", "guard.unanswered"})


class Guard(Protocol):
    """The signer of tombstones. Both calls may be made again: what is already there is no second change."""

    async def recall(
        self,
        *,
        person: uuid.UUID,
        releases: Sequence[str],
        assets: Sequence[str],
        reason: str,
        second: uuid.UUID | None,
    ) -> None:
        """Returns when the tombstones are signed and on the guard's disk.

        Raises:
            Unavailable: `publishing.guard_down`; it may or may not have happened.
            Refused: the guard says no: no right, or a second person is needed.
        """
        ...

    async def register(self, release: str, *, document: str, places: Sequence[str]) -> None:
        """Tells where a release is about to be shown, so that it can be recalled with the database gone.

        Raises:
            Unavailable: `publishing.guard_down`.
        """
        ...


class ClientGuard:
    """The guard over its socket."""

    def __init__(self, client: GuardClient) -> None:
        self._client = client

    async def recall(
        self,
        *,
        person: uuid.UUID,
        releases: Sequence[str],
        assets: Sequence[str],
        reason: str,
        second: uuid.UUID | None,
    ) -> None:
        items = [Item(release, None, None) for release in releases] + [Item(None, asset, None) for asset in assets]
        try:
            await self._client.recall(str(person), items, reason, second=None if second is None else str(second))
        except GuardRefused as refused:
            raise _said(refused) from refused

    async def register(self, release: str, *, document: str, places: Sequence[str]) -> None:
        try:
            await self._client.register(release, document=document, places=places)
        except GuardRefused as refused:
            raise _said(refused) from refused


def _said(refused: GuardRefused) -> Refused | Unavailable:
    if refused.code in _AWAY:
        return Unavailable("publishing.guard_down")
    return Refused(refused.code, **refused.params)
