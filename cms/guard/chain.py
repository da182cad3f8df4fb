"""The root's next versions, and the return from a backup: what a guard takes from holders, screens and copies."""

import asyncio
from collections.abc import Sequence

from cms.guard import ceremony
from cms.guard.errors import GuardRefused
from cms.guard.service import Guard
from cms.guard.state import Json
from cms.trust.errors import TrustError
from cms.trust.limits import MAX_RECALLS
from cms.trust.recalls import Recalls, read_recalls
from cms.trust.root import Root, read_root
from cms.trust.signed import Signed, Verified, plain
from cms.trust.verify import verify_recalls


async def coming_keys(guard: Guard, roles: Sequence[str]) -> dict[str, str]:
    """Public keys that are to follow the guard's own; nothing uses them until a root names them."""
    unknown = [role for role in roles if role not in ceremony.ROLES or role == "root"]
    if unknown:
        raise GuardRefused("guard.role_unknown", role=unknown[0])
    async with guard.core.lock:
        keys = await asyncio.to_thread(lambda: {role: guard.core.keyring.coming(role) for role in roles})
    return {role: key.public.text for role, key in keys.items()}


async def sign_root(guard: Guard, draft: Signed, *, by: str, password: str) -> Signed:
    """The draft with the signature of the root key that still lies here: the last thing it signs is its own going.

    Raises:
        GuardRefused: `guard.root_elsewhere`, `guard.may_not_delegate`, `guard.wrong_password`, `guard.backoff`,
            `guard.root_not_next`.
    """
    core = guard.core
    guard.administrator(by)
    if not core.signs_root:
        raise GuardRefused("guard.root_elsewhere")
    await guard.opened(by, password)
    held, root = core.root.value, read_root(draft.text)
    if (root.domain, root.version) != (held.domain, held.version + 1):
        raise GuardRefused("guard.root_not_next", version=held.version + 1)
    return ceremony.add_signature(draft, Root.TYPE, core.keys["root"])


async def take_root(guard: Guard, signed: Signed) -> Signed:
    """A root that the threshold of holders signed. Under a higher epoch all counting begins again.

    Raises:
        GuardRefused: `guard.key_not_in_root`; TrustError as `verify_root`.
    """
    core = guard.core
    async with core.lock:
        before = core.root.value.epoch
        await asyncio.to_thread(core.take_root, signed)
        if core.root.value.epoch != before:
            guard.begin_epoch()
    return signed


async def union_recalls(guard: Guard, sets: Sequence[Signed]) -> Signed:
    """Every recall in these sets that this guard does not know; what screens, edges and copies kept from before.

    A set counts when a guard of any root of this district signed it. Stopping is easier than starting: whoever had such
    a key once can have pieces recalled, and nothing shown.

    Raises:
        GuardRefused: `guard.recalls_foreign`, `guard.recalls_full`.
    """
    core = guard.core
    read = await asyncio.to_thread(lambda: [_recalls(guard, signed) for signed in sets])
    async with core.lock:
        held = {(item["release"], item["asset"]) for item in core.state.items}
        new: dict[tuple[str | None, str | None], Json] = {}
        for recalls in read:
            for item in recalls.items:
                if (item.release, item.asset) not in held:
                    new.setdefault((item.release, item.asset), _plain(item))
        if len(held) + len(new) > MAX_RECALLS:
            raise GuardRefused("guard.recalls_full", limit=MAX_RECALLS)
        if new:
            await core.commit(("recalled", {"items": list(new.values()), "union": True}), recall=True)
            guard.tell_recalls()
    return core.recalls_signed


def _plain(item: object) -> Json:
    made = plain(item)
    return made if isinstance(made, dict) else {}


def _recalls(guard: Guard, signed: Signed) -> Recalls:
    epoch = read_recalls(signed.text).epoch
    for root in reversed(guard.core.chain):
        if root.value.epoch == epoch:
            try:
                found: Verified[Recalls] = verify_recalls(signed, root)
            except TrustError:
                continue
            return found.value
    raise GuardRefused("guard.recalls_foreign")
