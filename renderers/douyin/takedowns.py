"""Posts somebody was asked to take down: looked for once a day until the platform has them no more.

The platform deletes nothing by interface, so that a person's word is all the task itself has; this is what holds it
against the account. What is still there a day later is said on the board of accounts, every day.
"""

from collections.abc import Mapping
from typing import Final

from cms.contract import ContractError, Unknown
from renderers.douyin import readings
from renderers.douyin.account import Account

WATCHED: Final = "takedowns"
_MOST: Final = 50
_DAY: Final = 86_400
_GIVEN_UP: Final = 60 * _DAY


async def watch(account: Account, item: str) -> None:
    """Remembers that a post is to go."""
    done = not item
    while not done:
        known, version = await account.services.state.get(WATCHED)
        asked = {**(known or {}), item: _seconds(account)}
        kept = dict(sorted(asked.items(), key=lambda one: one[1])[-_MOST:])
        done = await account.services.state.put(WATCHED, kept, version=version)


async def check(account: Account) -> None:
    """Looks whether they are gone. Raises ContractError `douyin.still_there` for one that should be and is not."""
    known, version = await account.services.state.get(WATCHED)
    if not known or await account.needs_consent():
        return
    kept, late = dict(known), ""
    for item, since in known.items():
        row = await readings.find(account, {"item": item})
        age = _seconds(account) - int(since)
        if isinstance(row, Unknown):
            continue
        if row is None or age > _GIVEN_UP:
            del kept[item]
            await account.services.journal.record("douyin.seen_gone" if row is None else "douyin.given_up", item=item)
        elif age >= _DAY:
            late = late or _named(row, item)
    if kept != known:
        await account.services.state.put(WATCHED, kept, version=version)
    if late:
        raise ContractError("douyin.still_there", post=late)


def _named(row: Mapping[str, object], item: str) -> str:
    title = row.get("title")
    return title.split("\n")[0][:60] if isinstance(title, str) and title else item


def _seconds(account: Account) -> int:
    return int(account.services.now().timestamp())
