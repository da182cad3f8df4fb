"""The teller of a worker: what happened becomes signed calls, one at a time, beside the deliveries."""

import asyncio
from typing import Final

from sqlalchemy.exc import SQLAlchemyError

from cms.kernel.log import logger
from cms.kernel.wake import CALM
from cms.publishing.services.account import Account
from cms.publishing.services.addresses import Policy
from cms.publishing.services.outbound import GuardedOutbound
from cms.publishing.services.vault import SealedVault
from cms.webhooks.sending import HookRoom, send_next, spread
from deploy.installation import Installation
from deploy.services_maker import vault_key

# Between two looks when nothing rang; a retry is due by itself.
_POLL: Final = 2.0
_AGAIN: Final = 5.0

log = logger("deploy")


async def tell_others(here: Installation, owner: str) -> None:
    """Tells webhooks what happened until cancelled; a call that is broken off is taken over when its lease ends."""
    key = await asyncio.to_thread(vault_key, here.settings.data.resolve() / "keys" / "vault.key")
    room = HookRoom(
        here.db,
        here.clock,
        GuardedOutbound(Policy(exceptions=here.settings.exceptions)),
        lambda name: SealedVault(Account(name, here.db, here.clock), key),
        f"{owner}:webhooks",
        here.metrics,
    )
    while True:
        rung = here.wake.count
        try:
            made = await spread(room)
            busy = await send_next(room)
        except SQLAlchemyError:
            log.exception("the database is away")
            await asyncio.sleep(_AGAIN)
            continue
        except Exception:  # the edge of the worker: its lease runs out, and the row says so in the end
            log.exception("a webhook could not be told")
            await asyncio.sleep(_AGAIN)
            continue
        if not made and not busy:
            await here.wake.after(rung, within=_POLL, calm=CALM)
