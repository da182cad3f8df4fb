"""Keeping accounts alive: once a day each channel may refresh what would end, and the end of a consent is spoken of.

When an account is looked at next stands in its own values, taken by compare-and-set: of several workers one does it,
and a killed one's turn comes again.
"""

import asyncio
import datetime as dt
from typing import Any, Final

from sqlalchemy.exc import SQLAlchemyError

from cms.contract import Channel, ContractError, Services, Standing
from cms.kernel.clock import from_ms, to_ms
from cms.kernel.log import logger
from cms.planning.models import Target
from cms.planning.targets import as_contract, targets
from cms.publishing.accounts import mended_by_administrator, pause
from cms.publishing.workshop import Workshop

# The name of what is remembered here among an account's values.
REMEMBERED: Final = "upkeep"
EVERY: Final = dt.timedelta(days=1)
# A platform that is away is asked again the same day.
AGAIN: Final = dt.timedelta(hours=1)
_LOOK: Final = 60.0
_LONGEST: Final = 120.0

log = logger("publishing.upkeep")


async def keep_accounts(shop: Workshop) -> None:
    """Looks every minute whose turn it is; runs until cancelled, a database that is away is waited for."""
    while True:
        try:
            await keep_due(shop)
        except SQLAlchemyError:
            log.exception("the database is away")
        await asyncio.sleep(_LOOK)


async def keep_due(shop: Workshop) -> int:
    """Looks after every account whose day is over; returns how many."""
    async with shop.database.read() as session:
        rows = await targets(session)
    count = 0
    for row in rows:
        channel = shop.channels.get(row.kind)
        if channel is not None and (channel.upkeep is not None or channel.standing is not None):
            count += await _keep(shop, row, channel)
    return count


async def _keep(shop: Workshop, row: Target, channel: Channel) -> bool:
    target, now = as_contract(row), shop.clock.now()
    services = shop.services(target)
    remembered, version = await services.state.get(REMEMBERED)
    known: dict[str, Any] = dict(remembered or {})
    if "next" in known and from_ms(known["next"]) > now:
        return False
    # Taken before it is done: if we are killed in between, an hour is lost and nothing else.
    taken = {**known, "next": to_ms(now + AGAIN)}
    if not await services.state.put(REMEMBERED, taken, version=version):
        return False
    fault = await _called(shop, row, channel, services)
    standing = await channel.standing(target, services.state) if channel.standing is not None else Standing()
    told = await _told(services, known.get("told"), standing, now)
    if shop.metrics is not None and standing.consent_ends is not None:
        days = (standing.consent_ends - now) / dt.timedelta(days=1)
        shop.metrics.gauge("yunping_consent_days", days, account=row.code)
    done: dict[str, Any] = {"next": to_ms(now + (AGAIN if fault else EVERY)), "at": to_ms(now), "told": told}
    if fault is not None:
        done |= {"error": fault.code, "params": {name: str(value)[:200] for name, value in fault.params.items()}}
    await services.state.put(REMEMBERED, done, version=version + 1)
    return True


async def _called(shop: Workshop, row: Target, channel: Channel, services: Services) -> ContractError | None:
    """The channel's own work; what only an administrator mends pauses the account as a refused post does."""
    if channel.upkeep is None:
        return None
    try:
        async with asyncio.timeout(_LONGEST):
            await channel.upkeep(as_contract(row), services)
    except ContractError as fault:
        found = fault
    except TimeoutError:
        found = ContractError("publishing.upkeep_failed", why="timeout")
    except Exception as defect:  # the edge of a channel: one account's trouble keeps no other from its turn
        log.exception("an account was not looked after", target=row.code)
        found = ContractError("publishing.upkeep_failed", why=type(defect).__name__)
    else:
        return None
    await services.journal.record("publishing.upkeep", end=found.code)
    if mended_by_administrator(found.code):
        params = {name: str(value)[:200] for name, value in found.params.items()}
        async with shop.database.write() as session:
            await pause(session, row.id, found.code, params, now=shop.clock.now())
    return found


async def _told(services: Services, before: object, standing: Standing, now: dt.datetime) -> int | None:
    """Writes a mark of the consent's end into the journal when it is reached, each once; the last one told."""
    mark = mark_of(standing, now)
    if mark is not None and mark != before:
        await services.journal.record("publishing.consent_ends", days=mark)
    return mark


def mark_of(standing: Standing, now: dt.datetime) -> int | None:
    """The most urgent mark that is reached; None while none is. Pure."""
    if standing.consent_ends is None:
        return None
    left = standing.consent_ends - now
    return min((days for days in standing.marks if left <= dt.timedelta(days=days)), default=None)
