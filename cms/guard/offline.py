"""Recalling from the command line, with the database down and with or without a running guard."""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from cms.guard.client import GuardClient, Recall
from cms.guard.core import Core, GuardSettings
from cms.guard.errors import GuardRefused
from cms.guard.operations import OPERATIONS
from cms.guard.recalling import Item
from cms.guard.service import Guard
from cms.trust.delegations import Delegations, read_delegations
from cms.trust.signed import Signed


async def recall_offline(
    settings: GuardSettings,
    clock: Callable[[], int],
    *,
    person: str,
    items: Sequence[Item] | None,
    reason: str,
    second: str | None = None,
) -> Recall:
    """Recalls through the running guard, or over its files when none runs; `items` None means everything.

    `person` and `second` are ids or names in the delegations.

    Raises:
        GuardRefused: as `Guard.recall`, and `guard.person_unknown`.
    """
    client = GuardClient(settings.socket)
    try:
        state = await client.state()
    except GuardRefused as refused:
        if refused.code != "guard.unreachable":
            raise
        return await _over_files(settings, clock, person=person, items=items, reason=reason, second=second)
    try:
        granted = read_delegations(Signed.of(state["delegations"]).text)
        other = _id_of(granted, second) if second else None
        return await client.recall(_id_of(granted, person), items, reason, second=other)
    finally:
        await client.close()


async def ask_offline(
    settings: GuardSettings, clock: Callable[[], int], operation: str, arguments: Mapping[str, object]
) -> Any:
    """An operation of the running guard, or the same over its files when none runs. Raises GuardRefused."""
    client = GuardClient(settings.socket)
    try:
        return await client.ask(operation, arguments)
    except GuardRefused as refused:
        if refused.code != "guard.unreachable":
            raise
    finally:
        await client.close()
    core = await asyncio.to_thread(Core, settings, clock)
    try:
        return await OPERATIONS[operation].run(Guard(core), arguments)
    finally:
        await asyncio.to_thread(core.close)


async def _over_files(
    settings: GuardSettings,
    clock: Callable[[], int],
    *,
    person: str,
    items: Sequence[Item] | None,
    reason: str,
    second: str | None,
) -> Recall:
    core = await asyncio.to_thread(Core, settings, clock)
    try:
        granted = core.delegations.value
        other = _id_of(granted, second) if second else None
        signed, receipts = await Guard(core).recall(_id_of(granted, person), items, reason, second=other)
    finally:
        await asyncio.to_thread(core.close)
    return Recall(signed, receipts)


def _id_of(granted: Delegations, person: str) -> str:
    found = [one.person for one in granted.people if person in {one.person, one.name}]
    if len(found) != 1:
        raise GuardRefused("guard.person_unknown", person=person)
    return found[0]
