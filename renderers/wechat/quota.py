"""The messages to followers that this account has left: four a calendar month to each, one a day to all of them.

Counted here and not in a budget, because what did certainly not go out is given back: one of four is too dear to lose
to a refused call. Messages that somebody sends in the platform's own console are not known here; then its own no comes.
"""

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from cms.contract import AccountState
from renderers.wechat.dates import BEIJING
from renderers.wechat.errcodes import Held
from renderers.wechat.settings import AccountSettings

_NAME: Final = "wx:pushes"
_KEPT: Final = 100
_TURNS: Final = 5


@dataclass(frozen=True, slots=True)
class Push:
    """One message that may have gone out; `tag` is empty for all followers."""

    key: str
    at: dt.datetime
    tag: str = ""


async def pushes(state: AccountState) -> tuple[Push, ...]:
    value, _ = await state.get(_NAME)
    return _read(value)


async def take(state: AccountState, key: str, settings: AccountSettings, now: dt.datetime) -> None:
    """Counts one, once for each `key`. Raises Held when the month or the day has none left."""
    for _ in range(_TURNS):
        value, version = await state.get(_NAME)
        known = _read(value)
        if any(one.key == key for one in known):
            return
        mine = Push(key, now, str(settings.push_tag) if settings.way == "push_tag" else "")
        check(known, mine, settings.pushes_a_month)
        if await state.put(_NAME, _written([*known, mine]), version=version):
            return
    raise Held("wechat.token_busy", retry=True)


async def give_back(state: AccountState, key: str) -> None:
    """It certainly did not go out."""
    for _ in range(_TURNS):
        value, version = await state.get(_NAME)
        known = _read(value)
        kept = [one for one in known if one.key != key]
        if len(kept) == len(known) or await state.put(_NAME, _written(kept), version=version):
            return


def check(known: Sequence[Push], mine: Push, limit: int) -> None:
    """The rules of the platform, by Beijing's calendar; pure. Raises Held."""
    day = mine.at.astimezone(BEIJING)
    # To all reaches whoever is in a tag as well; of two tags nobody knows who is in both.
    month = [one for one in known if _month(one.at) == (day.year, day.month) and (not one.tag or one.tag == mine.tag)]
    if len(month) >= limit:
        raise Held("wechat.push_month_used", retry=False, count=len(month), limit=limit)
    if not mine.tag and any(not one.tag and one.at.astimezone(BEIJING).date() == day.date() for one in known):
        raise Held("wechat.push_day_used", retry=False)


def _month(at: dt.datetime) -> tuple[int, int]:
    local = at.astimezone(BEIJING)
    return local.year, local.month


def _read(value: Any) -> tuple[Push, ...]:
    return tuple(
        Push(str(one["key"]), dt.datetime.fromisoformat(one["at"]), str(one["tag"]))
        for one in value or ()
        if isinstance(one, Mapping)
    )


def _written(known: Sequence[Push]) -> list[dict[str, str]]:
    return [{"key": one.key, "at": one.at.isoformat(), "tag": one.tag} for one in known[-_KEPT:]]
