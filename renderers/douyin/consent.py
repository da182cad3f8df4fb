"""A person's consent: the link that asks for it, and what comes back through it.

The link is begun on the desk only and carries a secret state of one use; whoever opens the return address without it,
or with the account of somebody else, changes nothing.
"""

import datetime as dt
import hashlib
import hmac
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from cms.contract import Services, Site, Target
from renderers.douyin.account import MODE, SCAN, TOKENS, Account
from renderers.douyin.settings import Settings
from renderers.douyin.tokens import after_grant
from renderers.douyin.wire import Garbled, address

CONNECT: Final = "/platform/oauth/connect/"
TOKEN: Final = "/oauth/access_token/"  # noqa: S105 - a path
PENDING: Final = "consent"
VALID_FOR: Final = dt.timedelta(minutes=30)


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why a consent was not taken; `code` is the key of its sentence."""

    code: str
    said: str = ""


def return_address(site: Site, target: Target) -> str:
    """What must be registered at the platform for this account."""
    return f"{site.base_url.rstrip('/')}/hooks/douyin/{target.code}/oauth"


def consent_url(settings: Settings, *, state: str, redirect_uri: str) -> str:
    """The page of the platform on which a person lets us post."""
    return address(
        settings.base_url,
        CONNECT,
        client_key=settings.client_key,
        response_type="code",
        scope=settings.scope,
        redirect_uri=redirect_uri,
        state=state,
    )


async def begin(target: Target, services: Services) -> str:
    """A link for the desk, valid for half an hour; a newer one ends the older."""
    settings = Settings.model_validate(dict(target.settings))
    state = secrets.token_urlsafe(32)
    until = int((services.now() + VALID_FOR).timestamp())
    _, version = await services.state.get(PENDING)
    await services.state.put(PENDING, {"state": _digest(state), "until": until}, version=version)
    return consent_url(settings, state=state, redirect_uri=return_address(services.site, target))


async def finish(target: Target, services: Services, *, code: str, state: str, now: dt.datetime) -> Refusal | None:
    """Trades the code for tokens and lets the account post by itself again; None when all went well."""
    pending, version = await services.state.get(PENDING)
    if not pending or not hmac.compare_digest(str(pending.get("state")), _digest(state)):
        return Refusal("douyin.consent_state")
    # Used up before the trade: a link that was caught on the way is of no more use.
    if not await services.state.put(PENDING, {}, version=version) or pending["until"] < now.timestamp():
        return Refusal("douyin.consent_state")
    account = await Account.open(target, services)
    granted = await _traded(account, code)
    if isinstance(granted, Refusal):
        return granted
    if account.settings.open_id and granted["open_id"] != account.settings.open_id:
        await services.journal.record("douyin.other_account", open_id=str(granted["open_id"])[:12])
        return Refusal("douyin.other_account")
    await services.vault.put("access_token", str(granted["access_token"]))
    await services.vault.put("refresh_token", str(granted["refresh_token"]))
    await _put(services, TOKENS, after_grant(granted, account.now))
    await _put(services, MODE, {})
    await _put(services, SCAN, {})
    await services.journal.record("douyin.consented", scope=str(granted.get("scope") or "")[:200])
    return None


async def _traded(account: Account, code: str) -> Mapping[str, Any] | Refusal:
    """The tokens for the code."""
    secret = await account.services.vault.get("client_secret")
    key = account.settings.client_key
    if not secret or not key:
        return Refusal("douyin.no_app")
    answer = await account.form(TOKEN, client_key=key, client_secret=secret, code=code, grant_type="authorization_code")
    if isinstance(answer, Garbled):
        return Refusal("douyin.no_answer", answer.why)
    if answer.code:
        return Refusal("douyin.consent_refused", f"{answer.code} {answer.said}")
    granted = [answer.data.get(name) for name in ("access_token", "refresh_token", "open_id")]
    if not all(isinstance(value, str) and value for value in granted):
        return Refusal("douyin.consent_refused", "–")
    return answer.data


async def _put(services: Services, name: str, value: object) -> None:
    done = False
    while not done:
        _, version = await services.state.get(name)
        done = await services.state.put(name, value, version=version)


def _digest(state: str) -> str:
    return hashlib.sha256(state.encode()).hexdigest()
