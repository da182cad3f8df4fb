"""How a Douyin account stands, and what is done daily so that a quiet one keeps its consent."""

import datetime as dt
from typing import Final

from cms.contract import AccountState, ContractError, NotSent, Services, Standing, Target
from renderers.douyin.account import MODE, TOKENS, Account, CapabilityGone, Halt
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
    except CapabilityGone as gone:
        await (await Account.open(target, services)).downgrade(gone)
    except Halt as halt:
        if isinstance(halt.outcome, NotSent):
            raise ContractError(halt.outcome.code, **halt.outcome.params) from halt
        raise ContractError("douyin.no_answer", why=type(halt.outcome).__name__) from halt


async def standing(target: Target, state: AccountState) -> Standing:
    """Out of the tokens' ends and of whether the platform lets the account post by itself."""
    settings = Settings.model_validate(dict(target.settings))
    if settings.mode is Mode.outbox:
        return Standing(notes=("douyin.standing.outbox",))
    tokens, _ = await state.get(TOKENS)
    seconds = number((tokens or {}).get("consent_ends"))
    if seconds is None:
        return Standing(notes=("douyin.standing.no_consent",))
    mode, _ = await state.get(MODE)
    notes = ("douyin.standing.downgraded",) if mode and mode.get("outbox") else ()
    return Standing(consent_ends=dt.datetime.fromtimestamp(seconds, dt.UTC), marks=_MARKS, notes=notes)
