"""Douyin's posts: created once per upload, looked at by the platform, and only then public."""

import datetime as dt
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final

from tests.fakes.douyin.codes import Refused, Wrong
from tests.fakes.douyin.uploads import Uploads
from tests.fakes.stage.clock import Clock
from tests.fakes.stage.messages import Json

UNFIT, REVIEWING, PUBLIC, FRIENDS, PRIVATE = 2, 4, 5, 6, 7
BY_PRIVACY: Final = {0: PUBLIC, 1: PRIVATE, 2: FRIENDS}
PERMANENT: Final = "https://www.iesdouyin.com"


@dataclass
class Item:
    """One post."""

    item_id: str
    video_id: str
    text: str
    cover: str
    pictures: tuple[str, ...]
    private_status: int
    at: dt.datetime
    share_url: str
    status: int = REVIEWING
    reviewed: bool = False
    deleted: bool = False
    share_id: str = ""

    @property
    def is_visible(self) -> bool:
        return self.status == PUBLIC and not self.deleted

    @property
    def is_pictures(self) -> bool:
        return bool(self.pictures)


@dataclass
class Review:
    """How the platform's people will look at the next posts; `passes` are used up first."""

    delay: float = 3.0
    passed: bool = True
    passes: list[bool] = field(default_factory=list)


@dataclass
class Posts:
    """All posts of the account; `told` hears of one that was made or reviewed."""

    clock: Clock
    uploads: Uploads
    identity: Callable[[str], str]
    count: Callable[[str], None]
    later: Callable[[float, Callable[[], None]], None]
    told: Callable[[Item], None]
    base: str = PERMANENT
    review: Review = field(default_factory=Review)
    items: dict[str, Item] = field(default_factory=dict)

    def create_video(self, body: Json, *, share_id: str = "") -> Item:
        video = self.uploads.videos.get(_text(body, "video_id"))
        if video is None:
            raise Refused(Wrong.PARAMETERS, "video_id 不存在")
        text, privacy = self._words(body)
        cover = _text(body, "custom_cover_image_url")
        if cover and cover not in self.uploads.pictures:
            raise Refused(Wrong.PARAMETERS, "封面 image_id 不存在")
        seconds = body.get("cover_tsp", 0)
        if not isinstance(seconds, int | float) or seconds < 0:
            raise Refused(Wrong.PARAMETERS, "cover_tsp 不合法")
        if video.used:
            raise Refused(Wrong.PARAMETERS, "video_id 已被使用")
        video.used = True
        return self._make(video.video_id, text, cover, (), privacy, share_id)

    def create_pictures(self, body: Json, *, share_id: str = "") -> Item:
        listed = body.get("image_list")
        if not isinstance(listed, list) or not 1 <= len(listed) <= self.uploads.limits.images:
            raise Refused(Wrong.PARAMETERS, "image_list 不合法")
        if any(one not in self.uploads.pictures for one in listed):
            raise Refused(Wrong.PARAMETERS, "image_id 不存在")
        text, privacy = self._words(body)
        return self._make(f"v1{self.identity('video')[:30]}", text, listed[0], tuple(listed), privacy, share_id)

    def create_elsewhere(self, text: str, share_id: str, *, pictures: bool) -> Item:
        """A post made by the person's own phone: its media never passed through the interface."""
        return self._make(f"v2{self.identity('video')[:30]}", text, "", ("phone",) if pictures else (), 0, share_id)

    def newest(self) -> list[Item]:
        return sorted(self.items.values(), key=lambda item: item.at, reverse=True)

    def delete(self, item_id: str) -> None:
        """By the person, in the app: there is no call for it."""
        item = self.items[item_id]
        if not item.deleted:
            self.count("deletes")
        item.deleted = True

    def settle_review(self, item: Item, *, passed: bool) -> None:
        if item.reviewed:
            return
        item.reviewed = True
        item.status = BY_PRIVACY[item.private_status] if passed else UNFIT
        self.count("reviews_passed" if passed else "reviews_refused")
        self.told(item)

    def _make(
        self, video_id: str, text: str, cover: str, pictures: tuple[str, ...], privacy: int, share_id: str
    ) -> Item:
        number = self.identity("item")
        url = f"{self.base}/share/{'note' if pictures else 'video'}/{int(number[:15], 16)}"
        item = Item(
            f"@9V{number[:40]}==",
            video_id,
            text,
            cover,
            pictures,
            privacy,
            self.clock.now(),
            url,
            share_id=share_id,
        )
        self.items[item.item_id] = item
        self.count("creates")
        self.told(item)
        review = self.review
        passed = review.passes.pop(0) if review.passes else review.passed
        self.later(review.delay, lambda: self.settle_review(item, passed=passed))
        return item

    def _words(self, body: Json) -> tuple[str, int]:
        text, privacy = _text(body, "text"), body.get("private_status", 0)
        if len(text) > self.uploads.limits.text:
            raise Refused(Wrong.PARAMETERS, "text 超过1000字")
        if privacy not in BY_PRIVACY or isinstance(privacy, bool):
            raise Refused(Wrong.PARAMETERS, "private_status 不合法")
        if body.get("download_type", 0) not in {0, 1}:
            raise Refused(Wrong.PARAMETERS, "download_type 不合法")
        return text, privacy


def _text(body: Json, name: str) -> str:
    value = body.get(name, "")
    if not isinstance(value, str):
        raise Refused(Wrong.PARAMETERS, f"{name} 应为字符串")
    return value
