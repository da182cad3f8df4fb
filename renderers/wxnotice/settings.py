"""What an operator sets of one list of readers, and the platform's limits."""

import datetime as dt
from typing import Final, Literal

from pydantic import BaseModel, ConfigDict, Field

from cms.contract import Rate, Target

SECRETS: Final = ("app_secret",)
RATES: Final = (
    Rate("/cgi-bin/message/template/send", 2000, dt.timedelta(days=1)),
    Rate("/cgi-bin/message/subscribe/bizsend", 2000, dt.timedelta(days=1)),
    Rate("/cgi-bin/stable_token", 2000, dt.timedelta(days=1)),
)
MOST_READERS: Final = 300
VALUE: Final = 20
"""Characters of one value of a message."""
_NAME: Final = r"^[a-z_]{1,20}[0-9]{0,3}$"


class NoticeSettings(BaseModel):
    """`Target.settings` of a target of kind ``wxnotice``; field by field the form on the desk."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    appid: str = Field("", max_length=64)
    base_url: str = Field("https://api.weixin.qq.com", pattern=r"^https?://[a-z0-9.:\[\]-]+$")
    way: Literal["template", "subscribe"] = Field("template")
    template_id: str = Field("", max_length=64)
    title_name: str = Field("thing1", pattern=_NAME)
    time_name: str = Field("time2", pattern=_NAME)
    office_name: str = Field("thing3", pattern=_NAME)
    readers: tuple[str, ...] = Field((), max_length=MOST_READERS)


def settings_of(target: Target) -> NoticeSettings:
    """Raises pydantic's ValidationError for what the desk would not have taken."""
    return NoticeSettings.model_validate(dict(target.settings))
