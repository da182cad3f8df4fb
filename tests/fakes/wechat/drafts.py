"""WeChat's draft box: every limit by characters and bytes, and the cleaning of what is put in."""

import datetime as dt
import re
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any, Final

from tests.fakes.stage.messages import Json
from tests.fakes.wechat.codes import Refused
from tests.fakes.wechat.html import clean, text_of
from tests.fakes.wechat.limits import Limits
from tests.fakes.wechat.media import Media

DIGEST_FROM_BODY: Final = 54
_CROP = re.compile(r"(?:[01](?:\.\d{1,6})?)(?:_[01](?:\.\d{1,6})?){3}")
_RATIOS: Final = frozenset({"1_1", "16_9", "2.35_1"})
_ESCAPED = re.compile(r"\\u[0-9a-fA-F]{4}")


@dataclass(frozen=True)
class Article:
    """One article as the platform keeps it."""

    kind: str
    title: str
    author: str
    digest: str
    content: str
    source_url: str
    thumb: str
    comments: bool
    fans_only: bool
    pictures: tuple[str, ...] = ()
    losses: tuple[str, ...] = ()


@dataclass
class Draft:
    """A draft with its articles."""

    media_id: str
    articles: list[Article]
    updated: dt.datetime


@dataclass
class Drafts:
    """The box. `may_comment` tells whether the account has the right to open comments."""

    limits: Limits
    media: Media
    identity: Callable[[str], str]
    count: Callable[[str], None]
    defect: Callable[[str], None]
    may_comment: Callable[[], bool]
    box: dict[str, Draft] = field(default_factory=dict)

    def add(self, body: Json, now: dt.datetime) -> str:
        given = body.get("articles")
        if not isinstance(given, list) or not given:
            raise Refused(47001)
        if len(given) > self.limits.articles:
            raise Refused(45008)
        articles = [self._article(one) for one in given]
        media_id = f"drf_{self.identity('draft')[:60]}"
        self.box[media_id] = Draft(media_id, articles, now)
        self.count("drafts")
        return media_id

    def update(self, body: Json, now: dt.datetime) -> None:
        draft = self.get(str(body.get("media_id", "")))
        index, given = body.get("index", 0), body.get("articles")
        if not isinstance(index, int) or not 0 <= index < len(draft.articles):
            raise Refused(40114)
        if not isinstance(given, dict):
            raise Refused(47001)
        draft.articles[index] = self._article(given)
        draft.updated = now
        self.count("drafts_updated")

    def get(self, media_id: str) -> Draft:
        if media_id not in self.box:
            raise Refused(40007)
        return self.box[media_id]

    def delete(self, media_id: str) -> None:
        self.get(media_id)
        del self.box[media_id]
        self.count("drafts_deleted")

    def listed(self, offset: int, count: int) -> list[Draft]:
        if not 1 <= count <= 20 or offset < 0:
            raise Refused(40035)
        newest = sorted(self.box.values(), key=lambda draft: (draft.updated, draft.media_id), reverse=True)
        return newest[offset : offset + count]

    def _article(self, given: Any) -> Article:
        if not isinstance(given, dict):
            raise Refused(47001)
        kind = _text(given, "article_type") or "news"
        if kind not in {"news", "newspic"}:
            raise Refused(40035, "article_type")
        title, author, digest = _text(given, "title"), _text(given, "author"), _text(given, "digest")
        self._check_words(title, author, digest)
        source = _text(given, "content_source_url")
        if len(source.encode()) > self.limits.source_url:
            raise Refused(45005)
        if source and not source.startswith(("http://", "https://")):
            raise Refused(41039)
        comments, fans = _switch(given, "need_open_comment"), _switch(given, "only_fans_can_comment")
        if comments and not self.may_comment():
            raise Refused(88000)
        _check_crop(given)
        article = Article(kind, title, author, digest, _text(given, "content"), source, "", comments, fans)
        return self._pictures(article, given) if kind == "newspic" else self._news(article, given)

    def _check_words(self, title: str, author: str, digest: str) -> None:
        if not title:
            raise Refused(40035, "title missing")
        if len(title) > self.limits.title:
            raise Refused(45003)
        if len(author) > self.limits.author:
            raise Refused(45110)
        if len(digest) > self.limits.digest:
            raise Refused(45004)
        for text in (title, author):
            if _ESCAPED.search(text):
                self.defect(f"escapes are visible: {text[:80]}")

    def _news(self, article: Article, given: Json) -> Article:
        content = article.content
        if not content.strip():
            raise Refused(44004)
        # By what was sent, not by what is left of it.
        if len(content) >= self.limits.content_characters or len(content.encode()) >= self.limits.content_bytes:
            raise Refused(45002)
        thumb = _text(given, "thumb_media_id")
        material = self.media.get(thumb)
        if material.kind not in {"image", "thumb"}:
            raise Refused(40007)
        cleaned = clean(content, self.media.is_ours)
        for loss in cleaned.losses:
            self.defect(f"dropped from «{article.title[:20]}»: {loss}")
        digest = article.digest or text_of(cleaned.html)[:DIGEST_FROM_BODY]
        return replace(article, content=cleaned.html, digest=digest, thumb=thumb, losses=tuple(cleaned.losses))

    def _pictures(self, article: Article, given: Json) -> Article:
        listed = given.get("image_info", {}).get("image_list", []) if isinstance(given.get("image_info"), dict) else []
        ids = tuple(str(one.get("image_media_id", "")) for one in listed if isinstance(one, dict))
        if not 1 <= len(ids) <= self.limits.pictures:
            raise Refused(40035, "image_list")
        if any(self.media.get(one).kind != "image" for one in ids):
            raise Refused(40007)
        if len(article.content) >= self.limits.content_characters:
            raise Refused(45002)
        words = text_of(article.content)
        if words != " ".join(article.content.split()):
            self.defect(f"markup in the plain text of «{article.title[:20]}»")
        return replace(article, content=words, thumb=ids[0], pictures=ids)


def _text(given: Json, name: str) -> str:
    value = given.get(name, "")
    if not isinstance(value, str):
        raise Refused(47001, f"{name} is not a string")
    return value


def _switch(given: Json, name: str) -> bool:
    value = given.get(name, 0)
    if value not in {0, 1}:
        raise Refused(47001, name)
    return bool(value)


def _check_crop(given: Json) -> None:
    for name in ("pic_crop_235_1", "pic_crop_1_1"):
        crop = _text(given, name)
        if crop and (not _CROP.fullmatch(crop) or not _is_window(*map(float, crop.split("_")))):
            raise Refused(53402)
    cover = given.get("cover_info", {})
    for crop in cover.get("crop_percent_list", []) if isinstance(cover, dict) else []:
        if not isinstance(crop, dict) or crop.get("ratio") not in _RATIOS:
            raise Refused(53404)
        edges = [crop.get(edge) for edge in ("x1", "y1", "x2", "y2")]
        if not all(isinstance(edge, str) and re.fullmatch(r"[01](\.\d{1,6})?", edge) for edge in edges):
            raise Refused(53405)
        if not _is_window(*(float(str(edge)) for edge in edges)):
            raise Refused(53405)


def _is_window(left: float, top: float, right: float, bottom: float) -> bool:
    return 0 <= left < right <= 1 and 0 <= top < bottom <= 1
