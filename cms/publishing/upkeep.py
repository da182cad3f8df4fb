"""Keeping accounts alive, once a day: a channel refreshes what would end, and those in charge are told in time.

They are told of a consent that ends and of an account that is silent. When an account is looked at next stands in its
own values, taken by compare-and-set: of several workers one does it, and a killed one's turn comes again.
"""

import asyncio
import datetime as dt
from typing import Any, Final

from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncSession

from cms.contract import Channel, ContractError, Services, Standing
from cms.kernel.clock import from_ms, to_ms
from cms.kernel.log import logger
from cms.notices.alarms import raise_alarm
from cms.notices.tell import settle
from cms.planning.models import Target
from cms.planning.targets import as_contract, targets
from cms.publishing.accounts import mended_by_administrator, pause
from cms.publishing.silence import last_post, level_of_silence, silent_days
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
        if channel is not None and channel.post is not None:
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
    told = await _told(shop, row, services, known.get("told"), mark_of(standing, now))
    silent = await _silent(shop, row, known.get("silent", 0), now)
    if shop.metrics is not None and standing.consent_ends is not None:
        days = (standing.consent_ends - now) / dt.timedelta(days=1)
        shop.metrics.gauge("yunping_consent_days", days, account=row.code)
    done: dict[str, Any] = {
        "next": to_ms(now + (AGAIN if fault else EVERY)),
        "at": to_ms(now),
        "told": told,
        "silent": silent,
    }
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


async def _told(shop: Workshop, row: Target, services: Services, before: object, mark: int | None) -> int | None:
    """Speaks of a mark of the consent's end when it is reached, each once; the last one told."""
    now, cause = shop.clock.now(), f"consent:{row.code}"
    if mark == before:
        return mark
    async with shop.database.write() as session:
        if mark is None:
            await settle(session, cause=cause, now=now)
        else:
            subject = "notices.subject.consent" if mark else "notices.subject.consent_over"
            await _alarm(session, row, subject, mark, cause=cause, now=now)
    if mark is not None:
        await services.journal.record("publishing.consent_ends", days=mark)
    return mark


async def _silent(shop: Workshop, row: Target, before: int, now: dt.datetime) -> int:
    """Speaks of a silent account at each mark of the rule, each once; the last one told."""
    cause = f"silent:{row.code}"
    async with shop.database.write() as session:
        days = silent_days(await last_post(session, row.id), row.created_at, now)
        level = level_of_silence(days)
        if level > before:
            await _alarm(session, row, "notices.subject.silent", days, cause=cause, now=now)
        elif level < before:
            await settle(session, cause=cause, now=now)
    return level


async def _alarm(session: AsyncSession, row: Target, subject: str, days: int, *, cause: str, now: dt.datetime) -> None:
    said: dict[str, Any] = {"subject": subject, "params": {"name": row.name, "days": days}, "href": "/desk/accounts/"}
    await raise_alarm(session, cause=cause, unit=row.unit_path, now=now, **said)


def mark_of(standing: Standing, now: dt.datetime) -> int | None:
    """The most urgent mark that is reached; None while none is. Pure."""
    if standing.consent_ends is None:
        return None
    left = standing.consent_ends - now
    return min((days for days in standing.marks if left <= dt.timedelta(days=days)), default=None)
