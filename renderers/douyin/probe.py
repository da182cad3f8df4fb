"""What an account may do today: a right that was withdrawn is asked for again daily, so that it comes back by itself.

The question is the beginning of an upload in parts, which needs the same right as a post and leaves nothing behind.
"""

from typing import Final

from renderers.douyin.account import MODE, SCAN, Account, CapabilityGone, Halt
from renderers.douyin.calls import call
from renderers.douyin.settings import Mode
from renderers.douyin.uploads import INIT
from renderers.douyin.wire import Answer

_WEEK: Final = 7 * 86_400


async def probe(account: Account) -> bool:
    """Whether the account posts by itself again; False where it did not lose that, or still has it not."""
    services = account.services
    mode, version = await services.state.get(MODE)
    if account.settings.mode is not Mode.auto or not (mode or {}).get("outbox") or await account.needs_consent():
        return False
    try:
        answer = await call(account, INIT)
    except (Halt, CapabilityGone):
        return False
    if not isinstance(answer, Answer) or answer.code:
        return False
    await services.state.put(MODE, {}, version=version)
    await services.journal.record("douyin.restored", after=mode.get("code"))
    return True


async def forget_refusal(account: Account) -> None:
    """A link to scan may be tried again after a week: what the app may have is decided anew from time to time."""
    refused, version = await account.services.state.get(SCAN)
    since = int((refused or {}).get("since") or 0)
    if refused and refused.get("gone") and int(account.services.now().timestamp()) - since >= _WEEK:
        await account.services.state.put(SCAN, {}, version=version)
