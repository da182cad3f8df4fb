"""What an operator sets of one service account, and the platform's limits as settings with the date of their check.

Several limits changed in recent years and sources differ; each default is the smaller of what was found.
"""

import re
from collections.abc import Mapping
from typing import Final, Literal

from pydantic import BaseModel, ConfigDict, Field

from cms.contract import Target

CHECKED_ON: Final = "2026-10"
CONSOLE: Final = "https://mp.weixin.qq.com/"
SECRETS: Final = ("app_secret", "callback_token", "callback_aes_key")

_LIMIT: Final = f"平台的限制，{CHECKED_ON} 核对；平台调整后在此修改。"
_BASE: Final = re.compile(r"https?://[a-z0-9.:\[\]-]+")


class AccountSettings(BaseModel):
    """`Target.settings` of a target of kind ``wechat``; field by field the form on the desk."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    appid: str = Field("", title="AppID", description="公众平台“设置与开发—基本配置”中的开发者 ID。", max_length=64)
    base_url: str = Field(
        "https://api.weixin.qq.com",
        title="接口地址",
        description="平台接口的地址；容灾或演示用模拟器时修改。",
        pattern=_BASE.pattern + "$",
    )
    author: str = Field("", title="文章作者", description="显示在文章标题下；留空用稿件的来源。", max_length=64)
    theme: str = Field(
        "#b3261e", title="主题色", description="小标题、提示卡的颜色，如 #b3261e。", pattern="^#[0-9a-f]{6}$"
    )
    comments: Literal["off", "all", "fans"] = Field(
        "off",
        title="留言",
        description="需要账号有留言权限。",
        json_schema_extra={"options": {"off": "关闭", "all": "所有人可留言", "fans": "仅关注者可留言"}},
    )
    cover_style: Literal["pic_crop", "cover_info", "none"] = Field(
        "pic_crop",
        title="封面裁剪字段",
        description="平台两种写法并存；封面已按 2.35:1 裁好，任一写法结果相同。",
        json_schema_extra={"options": {"pic_crop": "pic_crop", "cover_info": "cover_info", "none": "不发送"}},
    )
    callback_mode: Literal["aes", "plain"] = Field(
        "aes",
        title="消息加解密方式",
        description="须与公众平台“服务器配置”一致。",
        json_schema_extra={"options": {"aes": "安全模式（加密）", "plain": "明文模式"}},
    )
    title_limit: int = Field(32, title="标题字数上限", description=_LIMIT, ge=4, le=64)
    author_limit: int = Field(16, title="作者字数上限", description=_LIMIT, ge=2, le=64)
    digest_limit: int = Field(120, title="摘要字数上限", description=_LIMIT, ge=4, le=512)
    content_characters: int = Field(20_000, title="正文字符上限", description=_LIMIT, ge=1_000)
    content_bytes: int = Field(1_000_000, title="正文字节上限", description=_LIMIT, ge=10_000)
    picture_bytes: int = Field(1_000_000, title="正文图片字节上限", description=_LIMIT, ge=50_000)
    cover_bytes: int = Field(2_000_000, title="封面字节上限", description=_LIMIT, ge=50_000)
    source_url_bytes: int = Field(1_024, title="阅读原文地址字节上限", description=_LIMIT, ge=64)
    calls_a_minute: int = Field(
        300, title="每分钟接口调用上限", description="本系统的自我约束，超过时稍后继续。", ge=1, le=10_000
    )
    publishes_a_day: int = Field(
        50, title="每天发布上限", description="24 小时内最多发布的篇数，防止误操作刷屏。", ge=1, le=1_000
    )
    draft_grace_seconds: int = Field(
        60, title="草稿核对等待秒数", description="新建草稿没有答复时，过这么久仍查不到才认定没有建成。", ge=0, le=3_600
    )
    settle_minutes: int = Field(
        30,
        title="发布核对等待分钟数",
        description="提交发布没有答复时，过这么久仍查不到才认定没有提交成功。",
        ge=1,
        le=1_440,
    )


def settings_of(target: Target) -> AccountSettings:
    """The settings of a target; raises pydantic's ValidationError for what the desk would not have taken."""
    return AccountSettings.model_validate(dict(target.settings))


# What every account of this platform begins with; the checks at submit know no single account.
LIMITS: Final[Mapping[str, int]] = {
    name: AccountSettings.model_fields[field].default
    for name, field in (("title", "title_limit"), ("summary", "digest_limit"), ("body", "content_characters"))
}
