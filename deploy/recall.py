"""Recalling from the command line, with the database down and with or without a running guard."""

from cms.guard.offline import recall_offline
from cms.guard.recalling import Item
from cms.kernel.clock import SystemClock, to_ms
from deploy.guard_place import guard_settings
from deploy.guarding import refusals
from deploy.settings import Settings


async def recall_now(settings: Settings, *, release: str, reason: str, person: str) -> None:
    """Recalls one release for ever; `person` is an id or a name in the delegations.

    Raises the guard's refusals.
    """
    clock = SystemClock()
    with refusals():
        await recall_offline(
            guard_settings(settings),
            lambda: to_ms(clock.now()),
            person=person,
            items=[Item(release, None, None)],
            reason=reason,
        )
