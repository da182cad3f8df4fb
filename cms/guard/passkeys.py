"""Passkeys: the guard holds no private half; it knows the public one, and remembers what was approved with it."""

import asyncio
from typing import Final

from cms.guard.errors import GuardRefused
from cms.guard.service import Guard
from cms.trust.approval import Approval, release_digest
from cms.trust.keys import WEBAUTHN, alg_of, key_id
from cms.trust.release import read_release
from cms.trust.signed import plain
from cms.trust.verify import check_approval

_MOST: Final = 50  # keys a person ever had


async def enrol_passkey(guard: Guard, person: str, public: str) -> None:
    """A passkey's public half, good for nothing until it is delegated.

    Raises:
        GuardRefused: `guard.passkeys_full`; TrustError `trust.base64`, `trust.algorithm`.
    """
    async with guard.core.lock:
        held = guard.core.state.keys.get(person, [])
        if alg_of(public) != WEBAUTHN or key_id(WEBAUTHN, public) is None:
            raise GuardRefused("guard.passkey_form")
        if public in held:
            return
        if len(held) >= _MOST:
            raise GuardRefused("guard.passkeys_full", most=_MOST)
        await guard.core.commit(("enrolled", {"person": person, "public": public}))


async def witness(guard: Guard, approval: Approval, text: str) -> Approval:
    """An approval that a person made with a passkey: checked as a screen will, and remembered.

    Raises:
        GuardRefused: as `Guard.approve` but for passwords, and any `trust.…` code of the approval.
    """
    release = read_release(text)
    core = guard.core
    async with core.lock:
        guard.check_approvable(approval.person, release, text)
        granted = core.delegations.value
        await asyncio.to_thread(check_approval, approval, text, release, granted, now=core.clock())
        made = {"person": approval.person, "release": release_digest(text), "approval": plain(approval)}
        await core.commit(("approved", made))
    return approval
