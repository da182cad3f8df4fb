"""Signing with a passkey on the desk: what the page offers the browser, and what the browser's answer becomes."""

import json
from collections.abc import Mapping
from typing import Any, Final

from sqlalchemy.ext.asyncio import AsyncSession

from cms.desk.visit import Form, Visit
from cms.kernel.clock import to_ms
from cms.kernel.errors import DomainError, Refused
from cms.people.actor import Actor
from cms.people.passkeys import Answer, key_of, passkeys_of
from cms.trust.approval import Approval
from cms.trust.errors import TrustError
from cms.trust.keys import WEBAUTHN
from cms.trust.shape import read

_LONGEST: Final = 8_000  # characters of an answer


async def offered(session: AsyncSession, actor: Actor) -> Mapping[str, str] | None:
    """What the page's script asks the browser for; None for somebody without a passkey."""
    held = await passkeys_of(session, actor.person)
    return {"rp": held[-1].rp, "ids": " ".join(one.credential for one in held)} if held else None


async def standing(visit: Visit, session: AsyncSession) -> Mapping[str, Any]:
    """The person's passkeys for their own page, and the place where a new one would be made."""
    held = await passkeys_of(session, visit.actor.person)
    try:
        place = (await visit.deps.keys.delegations()).value.passkeys
    except DomainError:  # the page is worth more than this card; without the guard nothing could be enrolled
        place = None
    return {
        "rows": [{"label": one.label, "key": one.key[:16], "made_at": one.made_at} for one in held],
        "rp": place.rp if place else "",
        "ids": " ".join(one.credential for one in held),
        "person": str(visit.actor.person),
        "login": visit.actor.name,
    }


def answer_in(form: Form) -> Answer | None:
    """The browser's answer in the form; None where there is none. Raises Refused `people.passkey_refused`."""
    given = form.get("passkey", "")
    return answer_of(given) if isinstance(given, str) and given else None


def answer_of(given: str) -> Answer:
    try:
        return read(Answer, json.loads(given[:_LONGEST]), "passkey")
    except (ValueError, RecursionError) as error:
        raise Refused("people.passkey_refused", reason="json") from error
    except TrustError as error:
        raise Refused("people.passkey_refused", reason=error.code) from error


async def approve_with(visit: Visit, answer: Answer, text: str) -> Approval:
    """The person's approval of a release, checked and remembered by the guard.

    Raises Refused `people.passkey_unknown`, `people.passkey_refused`, and what the guard refuses.
    """
    deps, person = visit.deps, visit.actor.person
    async with deps.db.read() as session:
        key = await key_of(session, person, answer.credential)
    made = Approval(str(person), key, WEBAUTHN, answer.raw, to_ms(visit.now), answer.assertion)
    return await deps.keys.witness(made, text)
