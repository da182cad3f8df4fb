"""How a Douyin account stands, and what is done daily so that a quiet one keeps its consent."""

import datetime as dt
from typing import Final

from cms.contract import AccountState, ContractError, NotSent, Quota, Services, Standing, Target
from renderers.douyin import takedowns
from renderers.douyin.account import MODE, POSTS, SCAN, TOKENS, Account, CapabilityGone, Halt
from renderers.douyin.probe import forget_refusal, probe
from renderers.douyin.settings import Mode, Settings
from renderers.douyin.tokens import WARN_DAYS, upkeep
from renderers.douyin.wire import number

_MARKS: Final = (*WARN_DAYS, 0)


async def keep_up(target: Target, services: Services) -> None:
    """Refreshes and renews what ends soon; an account that a person serves by hand has nothing to keep.

    Raises ContractError with the code of what the platform said.
    """
    if Settings.model_validate(dict(target.settings)).mode is Mode.outbox:
        return
    try:
        await upkeep(target, services)
        account = await Account.open(target, services)
        await probe(account)
        await forget_refusal(account)
        await takedowns.check(account)
    except CapabilityGone as gone:
        await (await Account.open(target, services)).downgrade(gone)
    except Halt as halt:
        if isinstance(halt.outcome, NotSent):
            raise ContractError(halt.outcome.code, **halt.outcome.params) from halt
        raise ContractError("douyin.no_answer", why=type(halt.outcome).__name__) from halt


async def standing(target: Target, state: AccountState) -> Standing:
    """Out of the tokens' ends and of whether the platform lets the account post by itself."""
    settings = Settings.model_validate(dict(target.settings))
    quotas = (Quota(POSTS, settings.posts_a_day, dt.timedelta(days=1)),)
    if settings.mode is Mode.outbox:
        return Standing(notes=("douyin.standing.outbox",))
    if settings.mode is Mode.scan:
        return Standing(notes=("douyin.standing.scan",))
    tokens, _ = await state.get(TOKENS)
    seconds = number((tokens or {}).get("consent_ends"))
    if seconds is None:
        return Standing(notes=("douyin.standing.no_consent",))
    mode, _ = await state.get(MODE)
    refused, _ = await state.get(SCAN)
    notes: tuple[str, ...] = ()
    if mode and mode.get("outbox"):
        is_scanned = settings.mode is Mode.auto and not (refused and refused.get("gone"))
        notes = ("douyin.standing.downgraded_scan" if is_scanned else "douyin.standing.downgraded",)
    ends = dt.datetime.fromtimestamp(seconds, dt.UTC)
    return Standing(consent_ends=ends, marks=_MARKS, notes=notes, quotas=quotas)
