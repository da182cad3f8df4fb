"""Has the line-ups of the screens signed anew when a root brings a new epoch or other keys of the guard."""

import asyncio
from typing import Any, Final

from sqlalchemy.exc import SQLAlchemyError

from cms.guard.errors import GuardRefused
from cms.kernel.log import logger
from cms.publishing.refresh import request_refresh
from cms.trust.root import read_root
from cms.trust.signed import Signed
from deploy.installation import Installation

# Within this a screen that refuses the old line-up is given one it takes; until then it shows what it has.
_POLL: Final = 5.0

log = logger("deploy")


async def follow_root(here: Installation) -> None:
    """Looks now and then until cancelled; asking twice for the same refresh asks once."""
    before: object = None
    while True:
        try:
            reign = reign_of(await here.guard.state())
            if before is not None and reign != before:
                async with here.db.write() as session:
                    await request_refresh(session, kind="screen", reason="screens.root", now=here.clock.now())
            before = reign
        except GuardRefused:
            pass  # away; its own alarm says so
        except SQLAlchemyError:
            log.exception("the database is away")
        await asyncio.sleep(_POLL)


def reign_of(state: dict[str, Any]) -> tuple[int, tuple[str, ...]]:
    """The epoch and the keys that sign line-ups under it. Pure."""
    root = read_root(Signed.of(state["root"]).text)
    return root.epoch, root.roles.guard.keys
