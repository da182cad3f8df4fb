"""How a WeChat account stands: nothing of it ends, and two limits of our own are worth a meter."""

import datetime as dt

from pydantic import ValidationError

from cms.contract import AccountState, Quota, Standing, Target
from renderers.wechat.settings import AccountSettings, settings_of

PUBLISHES = "wechat.own_limit_publishes"
CALLS = "wechat.own_limit_calls"


async def standing(target: Target, state: AccountState) -> Standing:  # noqa: ARG001 - all of it stands in the settings
    try:
        settings = settings_of(target)
    except ValidationError:
        settings = AccountSettings()
    return Standing(
        quotas=(
            Quota(PUBLISHES, settings.publishes_a_day, dt.timedelta(days=1)),
            Quota(CALLS, settings.calls_a_minute, dt.timedelta(minutes=1)),
        )
    )
