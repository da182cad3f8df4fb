"""How an operator's account stands: whether its line answers, what it said last, and what is to be done."""

import datetime as dt
from typing import Final

from pydantic import ValidationError

from cms.contract import AccountState, LastAnswer, Quota, Standing, Target
from renderers.iptv.notes import Heard, heard
from renderers.iptv.settings import settings_of

_CALLS: Final = "iptv"
_MINUTE: Final = dt.timedelta(minutes=1)


async def standing(target: Target, state: AccountState) -> Standing:
    """Out of the settings and of what was heard on the line."""
    try:
        settings = settings_of(target)
    except ValidationError:
        return Standing(notes=("iptv.standing.bad_settings",))
    quotas = (Quota(_CALLS, settings.calls_a_minute, _MINUTE),)
    if not (settings.csp and settings.lsp and settings.service):
        return Standing(notes=("iptv.standing.incomplete",), quotas=quotas)
    found = await heard(state)
    last = last_answer(found)
    return Standing(answer=last, notes=_todo(found, last), quotas=quotas)


def last_answer(found: Heard) -> LastAnswer | None:
    """The newest thing that was heard, and whether it is a good one."""
    newest = max(found.answered, found.lost, found.noticed)
    if not newest:
        return None
    at = dt.datetime.fromtimestamp(newest, dt.UTC)
    if newest == found.noticed:
        return LastAnswer(at, "iptv.heard.noticed", is_good=True)
    if newest == found.lost:
        note = "iptv.heard.unreadable" if found.why else "iptv.heard.lost"
        return LastAnswer(at, note, is_good=False, params={"why": found.why})
    if found.refused:
        return LastAnswer(at, "iptv.heard.refused", is_good=False, params={"why": found.refused})
    return LastAnswer(at, "iptv.heard.taken", is_good=True)


def _todo(found: Heard, last: LastAnswer | None) -> tuple[str, ...]:
    if last is None:
        return ("iptv.standing.untried",)
    if last.note in {"iptv.heard.lost", "iptv.heard.unreadable"}:
        return ("iptv.standing.lost",)
    if last.note == "iptv.heard.refused":
        return ("iptv.standing.refused",)
    # They take orders and never tell how one ended: their way back to us is not set up.
    return ("iptv.standing.no_notice",) if not found.noticed else ()
