"""What an operator sets of one service account, and the platform's limits as settings with the date of their check.

Several limits changed in recent years and sources differ; each default is the smaller of what was found.
"""

import re
from typing import Final, Literal

from pydantic import BaseModel, ConfigDict, Field

from cms.contract import Target

CONSOLE: Final = "https://mp.weixin.qq.com/"
SECRETS: Final = ("app_secret", "callback_token", "callback_aes_key")

_BASE: Final = re.compile(r"https?://[a-z0-9.:\[\]-]+")


class AccountSettings(BaseModel):
    """`Target.settings` of a target of kind ``wechat``; field by field the form on the desk, named in the catalogue."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    appid: str = Field("", max_length=64)
    base_url: str = Field("https://api.weixin.qq.com", pattern=_BASE.pattern + "$")
    way: Literal["publish", "push_all", "push_tag"] = Field("publish")
    push_tag: int = Field(0, ge=0, le=1_000_000)
    testers: tuple[str, ...] = Field((), max_length=10)
    author: str = Field("", max_length=64)
    theme: str = Field("#b3261e", pattern="^#[0-9a-f]{6}$")
    look: Literal["bar", "label", "centre", "line"] = Field("bar")
    comments: Literal["off", "all", "fans"] = Field("off")
    cover_style: Literal["pic_crop", "cover_info", "none"] = Field("pic_crop")
    callback_mode: Literal["aes", "plain"] = Field("aes")
    title_limit: int = Field(32, ge=4, le=64)
    author_limit: int = Field(16, ge=2, le=64)
    digest_limit: int = Field(120, ge=4, le=512)
    content_characters: int = Field(20_000, ge=1_000)
    content_bytes: int = Field(1_000_000, ge=10_000)
    picture_bytes: int = Field(1_000_000, ge=50_000)
    cover_bytes: int = Field(2_000_000, ge=50_000)
    source_url_bytes: int = Field(1_024, ge=64)
    calls_a_minute: int = Field(300, ge=1, le=10_000)
    publishes_a_day: int = Field(50, ge=1, le=1_000)
    pushes_a_month: int = Field(4, ge=0, le=31)
    trials_a_day: int = Field(100, ge=0, le=1_000)
    draft_grace_seconds: int = Field(60, ge=0, le=3_600)
    settle_minutes: int = Field(30, ge=1, le=1_440)


def settings_of(target: Target) -> AccountSettings:
    """The settings of a target; raises pydantic's ValidationError for what the desk would not have taken."""
    return AccountSettings.model_validate(dict(target.settings))


_USUAL: Final = AccountSettings()
LIMITS: Final = {
    "title": _USUAL.title_limit,
    "summary": _USUAL.digest_limit,
    "body": _USUAL.content_characters,
}
"""What an account takes unless its operator knows better, for those who write; a body counts with its markup there."""
