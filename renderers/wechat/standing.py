"""How a WeChat account stands: nothing of it ends; the messages to followers and our own limits are worth a meter."""

import datetime as dt
from typing import Final

from pydantic import ValidationError

from cms.contract import AccountState, Quota, Standing, Target
from renderers.wechat.quota import pushes
from renderers.wechat.settings import AccountSettings, settings_of

PUBLISHES: Final = "wechat.own_limit_publishes"
CALLS: Final = "wechat.own_limit_calls"
TRIALS: Final = "wechat.own_limit_trials"
_DAY: Final = dt.timedelta(days=1)


async def standing(target: Target, state: AccountState) -> Standing:
    try:
        settings = settings_of(target)
    except ValidationError:
        settings = AccountSettings()
    own = (
        Quota(TRIALS, settings.trials_a_day, _DAY),
        Quota(CALLS, settings.calls_a_minute, dt.timedelta(minutes=1)),
    )
    if settings.way == "publish":
        publishes = Quota(PUBLISHES, settings.publishes_a_day, _DAY)
        return Standing(notes=("wechat.standing.publish",), quotas=(publishes, *own))
    sent = await pushes(state)
    tag = "" if settings.way == "push_all" else str(settings.push_tag)
    counted = tuple(one.at for one in sent if not one.tag or one.tag == tag)
    month = Quota("wechat.pushes_month", settings.pushes_a_month, 31 * _DAY, "month", counted)
    to_all = tuple(one.at for one in sent if not one.tag)
    day = (Quota("wechat.pushes_day", 1, _DAY, "day", to_all),) if not tag else ()
    return Standing(notes=("wechat.standing.push",), quotas=(month, *day, *own))
