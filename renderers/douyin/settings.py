"""What an operator sets for a Douyin account, and the platform's limits as data."""

import datetime as dt
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from pydantic import BaseModel, ConfigDict, Field

MIB: Final = 1 << 20


class Mode(StrEnum):
    """How a piece gets to the account."""

    auto = "auto"
    api = "api"
    outbox = "outbox"


class Visibility(StrEnum):
    """Who sees a new post."""

    everybody = "everybody"
    self = "self"
    friends = "friends"


@dataclass(frozen=True, slots=True)
class Limits:
    """What the platform takes, as read on `checked_on`; its pages change without notice."""

    checked_on: dt.date
    text: int = 1000
    title: int = 30
    topics: int = 5
    topic: int = 20
    seconds: int = 15 * 60
    single_upload: int = 128 * MIB  # the older of two published figures
    part_least: int = 5 * MIB  # every part but the last
    picture: int = 20 * MIB
    access_days: int = 15
    refresh_days: int = 30
    renewals: int = 5


LIMITS: Final = Limits(checked_on=dt.date(2026, 11, 25))


class Settings(BaseModel):
    """The form on the desk of one Douyin account."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    mode: Mode = Field(
        Mode.auto,
        title="发布方式",
        description="没有代发权限的账号由人工发布：系统备好视频、封面和文案，由人下载后发布。",
        json_schema_extra={
            "options": {"auto": "有权限时自动发布，没有时人工发布", "api": "只自动发布", "outbox": "只人工发布"}
        },
    )
    client_key: str = Field("", max_length=64, title="应用 client_key", description="抖音开放平台“应用详情”里的标识。")
    open_id: str = Field(
        "", max_length=128, title="账号 open_id", description="可留空，扫码授权后自动记下；填写后只接受这个账号的授权。"
    )
    scope: str = Field(
        "video.create.bind,video.data.bind,video.list.bind,renew_refresh_token",
        max_length=400,
        title="授权范围",
        description="以逗号分隔。含有未获批的权限时，抖音会拒绝整个授权页，请删去未获批的项。",
    )
    base_url: str = Field(
        "https://open.douyin.com",
        max_length=200,
        pattern=r"^https?://[^\s/?#]+$",
        title="接口地址",
        description="一般不用改；演示时指向平台模拟器。",
    )
    topics: tuple[str, ...] = Field((), max_length=5, title="默认话题", description="每条作品都带上的话题，不用写“#”。")
    visible_to: Visibility = Field(
        Visibility.everybody,
        title="谁可以看",
        description="新作品的可见范围。",
        json_schema_extra={"options": {"everybody": "公开", "self": "仅自己可见", "friends": "互关朋友可见"}},
    )
    may_download: bool = Field(default=True, title="允许他人保存", description="关闭后，别人不能把视频存到手机。")
    lecture_seconds: int = Field(
        600, ge=3, le=LIMITS.seconds, title="宣讲视频最长秒数", description="超出部分不上传，完整视频在网站收看。"
    )
    card_seconds: float = Field(
        4.0, ge=0.2, le=15, title="图文卡片每张秒数", description="图文短视频每张卡片停留的时间。"
    )
    width: int = Field(720, ge=72, le=1080, multiple_of=2, title="画面宽度", description="竖屏 9:16，默认 720×1280。")
    chunk_above_mb: int = Field(
        10, ge=0, le=128, title="超过多少 MB 分片上传", description="较大的视频分片上传，断线后从断点继续。"
    )
    # Our client gives one request half a minute: five megabytes pass on any office line, fifty do not.
    chunk_mb: int = Field(5, ge=5, le=20, title="每片大小 MB", description="平台要求除最后一片外不小于 5 MB。")

    @property
    def private_status(self) -> int:
        """As the platform counts it."""
        return {Visibility.everybody: 0, Visibility.self: 1, Visibility.friends: 2}[self.visible_to]

    @property
    def download_type(self) -> int:
        """0 allows, 1 does not."""
        return 0 if self.may_download else 1

    @property
    def height(self) -> int:
        """16:9 upright, even as the encoder asks."""
        return self.width * 16 // 9 // 2 * 2
