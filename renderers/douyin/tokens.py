"""Tokens and their ends: access 15 days, refresh 30 days, renewed five times, then a person must consent again.

A lost answer to *refresh* is harmless, the call is simply repeated. A lost answer to *renew* may have killed the old
refresh token without our having the new one; so it is renewed only right after a refresh, when the access token has
its full 15 days left for a person to consent again.
"""

import datetime as dt
from collections.abc import Mapping
from typing import Any, Final

from cms.contract import NotSent, Services, Target
from renderers.douyin.account import TOKENS, Account, Halt, no, no_answer
from renderers.douyin.errors import Trouble
from renderers.douyin.settings import LIMITS, Mode
from renderers.douyin.wire import Answer, Garbled, number

REFRESH: Final = "/oauth/refresh_token/"
RENEW: Final = "/oauth/renew_refresh_token/"
WARN_DAYS: Final = (30, 14, 7, 3, 1)
REFRESH_WITHIN: Final = dt.timedelta(days=5)
# Each renewal throws away what is left of the old month; less than this and one bad weekend ends the consent.
RENEW_WITHIN: Final = dt.timedelta(days=3)
_LEASE_SECONDS: Final = 90.0
_TRIES: Final = 5


def consent_ends(refresh_ends: dt.datetime, renewals: int, *, may_renew: bool) -> dt.datetime:
    """When a person must consent again, if every renewal that is left is made in time."""
    left = max(0, LIMITS.renewals - renewals) if may_renew else 0
    return refresh_ends + (dt.timedelta(days=LIMITS.refresh_days) - RENEW_WITHIN) * left


def after_grant(data: Mapping[str, Any], at: dt.datetime) -> dict[str, Any]:
    """What is remembered of a first consent."""
    access, refresh_left = number(data.get("expires_in")), number(data.get("refresh_expires_in"))
    refresh_ends = at + dt.timedelta(seconds=refresh_left or LIMITS.refresh_days * 86_400)
    return _noted(
        {"open_id": str(data.get("open_id") or ""), "renewals": 0, "may_renew": True},
        access_ends=at + dt.timedelta(seconds=access or LIMITS.access_days * 86_400),
        refresh_ends=refresh_ends,
    )


async def refresh(account: Account, *, used: str) -> str:
    """A fresh access token in place of `used`, which was refused or is about to end.

    Raises:
        Halt: the refresh token is dead (a person must consent again), or the platform did not answer.
    """
    vault = account.services.vault
    async with account.services.lease.hold("token", _LEASE_SECONDS):
        current = await vault.get("access_token")
        if current and current != used:
            return current  # another process was faster
        held = await vault.get("refresh_token")
        if not held:
            raise Halt(NotSent("douyin.setup.consent_over", retry=False, params={"code": 0, "said": "–"}))
        fields = {"client_key": account.settings.client_key, "grant_type": "refresh_token", "refresh_token": held}
        answer = await account.form(REFRESH, **fields)
        if isinstance(answer, Garbled):
            raise no_answer(answer)
        if answer.code:
            await _note_dead(account, answer)
            raise no(answer)
        fresh = answer.data.get("access_token")
        if not isinstance(fresh, str) or not fresh:
            raise no_answer(Garbled("no token"))
        await vault.put("access_token", fresh)
        left = number(answer.data.get("expires_in")) or LIMITS.access_days * 86_400
        ends = {"access_ends": int(account.now.timestamp()) + left}
        # Tokens that an operator typed in by hand come without their ends and owner; the platform tells them here.
        if kept := number(answer.data.get("refresh_expires_in")):
            ends["refresh_ends"] = int(account.now.timestamp()) + kept
        owner = answer.data.get("open_id")
        if not account.open_id and isinstance(owner, str):
            account.open_id = owner
        await _change(account, open_id=account.open_id, **ends)
        await _renew(account, account.now)
        return fresh


async def upkeep(target: Target, services: Services) -> dt.datetime | None:
    """Refreshes and renews what ends soon, so that a quiet account stays alive; gives the end of the consent.

    To be called daily, and soon again when it raises `Halt`: as `refresh` does, and for a renewal that got no yes,
    because there are only days for it and a day holds many tries.
    """
    await keep_fresh(await Account.open(target, services))
    tokens, _ = await services.state.get(TOKENS)
    if tokens and _is_renewable(tokens, services.now()):
        raise Halt(NotSent("douyin.renewal_open", retry=True))
    return _instant((tokens or {}).get("consent_ends"))


async def introduce(account: Account) -> None:
    """Learns whose tokens these are, where nobody said it. Raises as `refresh` does."""
    token = await account.services.vault.get("access_token")
    if token and account.settings.client_key and not account.open_id and account.settings.mode is not Mode.outbox:
        await refresh(account, used=token)


async def keep_fresh(account: Account) -> None:
    """Refreshes and renews what ends soon. Raises `Halt` as `refresh` does."""
    token = await account.services.vault.get("access_token")
    now = account.services.now()
    ends = _instant(account.tokens.get("access_ends"))
    if token and (ends is None or ends - now < REFRESH_WITHIN or _is_renewable(account.tokens, now)):
        await refresh(account, used=token)


async def _renew(account: Account, at: dt.datetime) -> None:
    tokens, _ = await account.services.state.get(TOKENS)
    if not tokens or not _is_renewable(tokens, at):
        return
    held = await account.services.vault.get("refresh_token")
    answer = await account.form(RENEW, client_key=account.settings.client_key, refresh_token=held or "")
    if isinstance(answer, Garbled):
        # The access token still lives its days; the next refresh tells whether the renewal had happened.
        await account.services.journal.record("douyin.renewal_lost", why=answer.why)
        return
    if answer.code:
        if answer.row.trouble in {Trouble.capability, Trouble.consent}:
            await _change(account, may_renew=False)
        return
    fresh = answer.data.get("refresh_token")
    if isinstance(fresh, str) and fresh:
        await account.services.vault.put("refresh_token", fresh)
        left = number(answer.data.get("expires_in")) or LIMITS.refresh_days * 86_400
        await _change(account, refresh_ends=int(at.timestamp()) + left, renewals=int(tokens.get("renewals", 0)) + 1)
        await account.services.journal.record("douyin.renewed", renewals=int(tokens.get("renewals", 0)) + 1)


def _is_renewable(tokens: Mapping[str, Any], at: dt.datetime) -> bool:
    """Whether the refresh token ends soon and may still be renewed."""
    ends = _instant(tokens.get("refresh_ends"))
    left = LIMITS.renewals - int(tokens.get("renewals", 0))
    return ends is not None and ends - at <= RENEW_WITHIN and left > 0 and bool(tokens.get("may_renew", True))


async def _note_dead(account: Account, answer: Answer) -> None:
    if answer.row.trouble is Trouble.consent:
        # Over since it was to be over, at the latest a moment ago: it must not seem to end anew with each look.
        known = number(account.tokens.get("refresh_ends")) or 0
        over = min(known, int(account.now.timestamp()) - 60) if known else int(account.now.timestamp()) - 60
        await _change(account, refresh_ends=over, may_renew=False)
        await account.services.journal.record("douyin.setup.consent_over", code=answer.code)


async def _change(account: Account, **values: Any) -> None:
    for _ in range(_TRIES):
        found, version = await account.services.state.get(TOKENS)
        tokens = {**(found or {}), **values}
        ends = _instant(tokens.get("refresh_ends"))
        if ends is not None:
            told = consent_ends(ends, int(tokens.get("renewals", 0)), may_renew=bool(tokens.get("may_renew", True)))
            tokens["consent_ends"] = int(told.timestamp())
        if await account.services.state.put(TOKENS, tokens, version=version):
            account.tokens = tokens
            return


def _noted(known: dict[str, Any], *, access_ends: dt.datetime, refresh_ends: dt.datetime) -> dict[str, Any]:
    told = consent_ends(refresh_ends, known["renewals"], may_renew=known["may_renew"])
    ends = {"access_ends": access_ends, "refresh_ends": refresh_ends, "consent_ends": told}
    return known | {name: int(end.timestamp()) for name, end in ends.items()}


def _instant(seconds: object) -> dt.datetime | None:
    found = number(seconds)
    return None if found is None else dt.datetime.fromtimestamp(found, dt.UTC)
