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
    scan = "scan"
    outbox = "outbox"


class TextAs(StrEnum):
    """What a piece without a video becomes."""

    film = "film"
    pictures = "pictures"


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
    posts_a_day: int = 75  # of one person by the interface; remembered, so that an account may be set to another
    total: int = 4096 * MIB


LIMITS: Final = Limits(checked_on=dt.date(2026, 11, 25))


class Settings(BaseModel):
    """The form on the desk of one Douyin account; its fields are named in the catalogue."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    mode: Mode = Field(Mode.auto)
    client_key: str = Field("", max_length=64)
    open_id: str = Field("", max_length=128)
    scope: str = Field("video.create.bind,video.data.bind,video.list.bind,renew_refresh_token", max_length=400)
    base_url: str = Field("https://open.douyin.com", max_length=200, pattern=r"^https?://[^\s/?#]+$")
    topics: tuple[str, ...] = Field((), max_length=5)
    visible_to: Visibility = Field(Visibility.everybody)
    may_download: bool = Field(default=True)
    lecture_seconds: int = Field(600, ge=3, le=LIMITS.seconds)
    text_as: TextAs = Field(TextAs.film)
    card_seconds: float = Field(4.0, ge=0.2, le=15)
    width: int = Field(720, ge=72, le=1080, multiple_of=2)
    scan_hours: int = Field(2, ge=1, le=48)
    posts_a_day: int = Field(LIMITS.posts_a_day, ge=1, le=500)
    chunk_above_mb: int = Field(10, ge=0, le=128)
    # Our client gives one request half a minute: five megabytes pass on any office line, fifty do not.
    chunk_mb: int = Field(5, ge=5, le=20)

    @property
    def is_platform(self) -> bool:
        """Whether this is the platform itself and no simulator."""
        return self.base_url.startswith("https://")

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
