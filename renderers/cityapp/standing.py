"""How an App's account stands: nothing of it ends; two limits of our own are worth a meter."""

import datetime as dt
from typing import Final

from pydantic import ValidationError

from cms.contract import AccountState, Quota, Standing, Target
from renderers.cityapp.settings import AppSettings, settings_of

PUSHES: Final = "cityapp.own_limit_pushes"
QUESTIONS: Final = "cityapp.own_limit_questions"
MINUTE: Final = dt.timedelta(minutes=1)


async def standing(target: Target, state: AccountState) -> Standing:  # noqa: ARG001 - all of it stands in the settings
    try:
        settings = settings_of(target)
    except ValidationError:
        settings = AppSettings()
    return Standing(
        quotas=(
            Quota(PUSHES, settings.pushes_a_minute, MINUTE),
            Quota(QUESTIONS, settings.questions_a_minute, MINUTE),
        )
    )
