"""The frozen payload of one post: the article with its pictures by hash, made once and stored by the core."""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any, Final

from renderers.wechat.article import with_pictures
from renderers.wechat.covers import crops
from renderers.wechat.settings import AccountSettings

_FORMAT: Final = 1


@dataclass(frozen=True, slots=True)
class Payload:
    """What `prepare` freezes.

    Attributes:
        target, release: whose post it is; two targets of one account never share one.
        html: with placeholders of the release's files.
        pictures: the file that is uploaded, for each placeholder.
        problems: why it must not be sent, with the numbers of the sentence.
    """

    target: str
    release: str
    title: str
    author: str
    digest: str
    html: str
    source: str
    pictures: Mapping[str, str]
    cover: str
    problems: tuple[tuple[str, Mapping[str, int]], ...] = ()

    def encoded(self) -> bytes:
        value = {"format": _FORMAT, **asdict(self)}
        return json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode()


def decoded(data: bytes) -> Payload:
    value: dict[str, Any] = json.loads(data)
    if value.pop("format") != _FORMAT:
        raise ValueError("format")
    problems = tuple((what, params) for what, params in value.pop("problems"))
    return Payload(**value, problems=problems)


def article_object(
    payload: Payload, settings: AccountSettings, *, addresses: Mapping[str, str], cover: str, source: str
) -> dict[str, object]:
    """The article as draft/add takes it; empty fields are left out."""
    found: dict[str, object] = {
        "article_type": "news",
        "title": payload.title,
        "author": payload.author,
        "digest": payload.digest,
        "content": with_pictures(payload.html, addresses),
        "content_source_url": source,
        "thumb_media_id": cover,
        "need_open_comment": int(settings.comments != "off"),
        "only_fans_can_comment": int(settings.comments == "fans"),
        **_crop(settings),
    }
    return {name: value for name, value in found.items() if value != ""}


def _crop(settings: AccountSettings) -> dict[str, object]:
    match settings.cover_style:
        case "pic_crop":
            return {
                f"pic_crop_{name}": "_".join(f"{share:g}" for share in crops()[ratio])
                for name, ratio in (("235_1", "2.35_1"), ("1_1", "1_1"))
            }
        case "cover_info":
            percents = [
                {
                    "ratio": ratio,
                    **{name: f"{share:g}" for name, share in zip(("x1", "y1", "x2", "y2"), box, strict=True)},
                }
                for ratio, box in crops().items()
            ]
            return {"cover_info": {"crop_percent_list": percents}}
        case "none":
            return {}
