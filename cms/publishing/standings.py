"""The account board with what each channel remembers of its accounts: meters, the end of a consent, notes."""

import datetime as dt
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final
from zoneinfo import ZoneInfo

from cms.contract import Channel, LastAnswer, Quota, Standing
from cms.kernel.clock import Clock
from cms.kernel.db import Database
from cms.people.actor import Actor
from cms.planning.targets import as_contract
from cms.publishing.board import AccountLine, account_lines
from cms.publishing.services.account import Account
from cms.publishing.services.state import RowState
from cms.publishing.silence import Tone, tone_of_silence
from cms.publishing.upkeep import mark_of

_BEIJING: Final = ZoneInfo("Asia/Shanghai")
_DAY: Final = dt.timedelta(days=1)
# Days of a consent that are left: from here on somebody must act, from here on at once.
_SOON: Final = 30
_NOW: Final = 7
_NEARLY: Final = 0.8
_HALF: Final = 0.5


@dataclass(frozen=True, slots=True)
class Meter:
    """How much of a budget is used in its present period."""

    name: str
    used: int
    limit: int
    tone: Tone


@dataclass(frozen=True, slots=True)
class ConsentLeft:
    """How long a person's consent lasts; `asks`: a mark is reached at which somebody is asked to renew it."""

    ends_at: dt.datetime
    days: int
    tone: Tone
    is_over: bool
    asks: bool


@dataclass(frozen=True, slots=True)
class AccountStanding:
    """One account of the board."""

    line: AccountLine
    days: int
    tone: Tone
    meters: Sequence[Meter]
    consent: ConsentLeft | None
    notes: Sequence[str]
    answer: LastAnswer | None = None


async def account_standings(
    db: Database, clock: Clock, actor: Actor, channels: Mapping[str, Channel], *, now: dt.datetime
) -> Sequence[AccountStanding]:
    """Every account the actor may see. Raises Denied as `account_lines`."""
    kinds = {kind: one for kind, one in channels.items() if one.post is not None}
    async with db.read() as session:
        lines = await account_lines(session, actor, sorted(kinds), now=now)
    return [await _standing(db, clock, one, kinds[one.target.kind], now) for one in lines]


async def _standing(
    db: Database, clock: Clock, one: AccountLine, channel: Channel, now: dt.datetime
) -> AccountStanding:
    state = RowState(Account(one.target.code, db, clock))
    try:
        found = await channel.standing(as_contract(one.target), state) if channel.standing is not None else Standing()
    except ValueError:  # settings of an older program
        found = Standing(notes=("desk.accounts.settings_wrong",))
    days = one.silent_days(now)
    meters = [meter_of(quota, one.taken.get(quota.name, ()), now) for quota in found.quotas]
    paced = (Quota(rate.name, rate.limit, rate.per) for rate in channel.rates)
    # Dozens of paths have a limit; only one that comes near is worth a look.
    near = (meter_of(quota, one.taken.get(quota.name, ()), now) for quota in paced)
    meters += [meter for meter in near if _near(meter)]
    return AccountStanding(
        one, days, tone_of_silence(days), tuple(meters), consent_of(found, now), found.notes, found.answer
    )


def _near(meter: Meter) -> bool:
    return meter.used >= meter.limit * _HALF


def meter_of(quota: Quota, taken: Sequence[dt.datetime], now: dt.datetime) -> Meter:
    """Pure."""
    since = _begun(quota, now)
    used = sum(at > since for at in (taken if quota.taken is None else quota.taken))
    share = used / quota.limit if quota.limit else 1.0
    return Meter(quota.name, used, quota.limit, "bad" if share >= 1 else "wait" if share >= _NEARLY else "good")


def _begun(quota: Quota, now: dt.datetime) -> dt.datetime:
    if not quota.calendar:
        return now - quota.per
    # Platforms count their days and months by Beijing's calendar.
    midnight = now.astimezone(_BEIJING).replace(hour=0, minute=0, second=0, microsecond=0)
    first = midnight if quota.calendar == "day" else midnight.replace(day=1)
    return first - dt.timedelta(microseconds=1)


def consent_of(standing: Standing, now: dt.datetime) -> ConsentLeft | None:
    """The countdown, and whether a mark of it is reached; pure."""
    if standing.consent_ends is None:
        return None
    days = math.floor((standing.consent_ends - now) / _DAY)
    is_over = standing.consent_ends <= now
    tone: Tone = "bad" if is_over or days <= _NOW else "wait" if days <= _SOON else "good"
    return ConsentLeft(standing.consent_ends, days, tone, is_over, mark_of(standing, now) is not None)
