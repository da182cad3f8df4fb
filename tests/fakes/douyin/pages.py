"""What people see: the consent page, and the account's feed on a phone."""

import re
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import urlencode, urlsplit

from markupsafe import Markup, escape

from tests.fakes.douyin.codes import Refused
from tests.fakes.douyin.posts import FRIENDS, PRIVATE, PUBLIC, REVIEWING, UNFIT, Item
from tests.fakes.stage.messages import Answer, Request
from tests.fakes.stage.pages import file, html, templates

if TYPE_CHECKING:
    from tests.fakes.douyin.simulator import Douyin

_PAGES = templates(Path(__file__).parent / "templates")
_TOPIC = re.compile(r"(#[^\s#@]+|@[^\s#@]+)")
CONSENT: Final = "/platform/oauth/connect/"
WORDS: Final = {
    UNFIT: ("审核未通过", "bad"),
    REVIEWING: ("审核中 · 仅自己可见", "wait"),
    PUBLIC: ("已公开", "good"),
    FRIENDS: ("好友可见", "plain"),
    PRIVATE: ("仅自己可见", "plain"),
}
SCOPES: Final = {
    "user_info": "读取昵称和头像",
    "video.create.bind": "代为发布视频和图文",
    "video.data.bind": "读取作品的状态和数据",
    "video.list.bind": "读取作品列表",
    "renew_refresh_token": "延长授权时间",
    "h5.share": "由本人手机发布",
}


def page(sim: "Douyin", request: Request) -> Answer | None:
    path, name = request.path, request.path.rpartition("/")[2]
    if path == CONSENT and request.method == "GET":
        return _consent(sim, request)
    if path == "/_consent" and request.method == "POST":
        return _consented(sim, request)
    if request.method not in {"GET", "HEAD"}:
        return None
    if path == "/" or path.startswith("/share/"):
        return _feed(sim, path)
    return _media(sim, request, name)


def _media(sim: "Douyin", request: Request, name: str) -> Answer | None:
    path = request.path
    if path == f"/media/{name}" and name in sim.uploads.videos:
        video = sim.uploads.videos[name]
        return file(request, video.data, video.media_type)
    covers = {item.video_id: item.cover for item in sim.posts.items.values()}
    image = {f"/picture/{name}": f"img/{name}", f"/cover/{name}": covers.get(name, "")}.get(path, "")
    if image in sim.uploads.pictures:
        picture = sim.uploads.pictures[image]
        return file(request, picture.data, picture.media_type)
    return None


def _feed(sim: "Douyin", path: str) -> Answer | None:
    items = sim.posts.newest()
    if path != "/":
        items = [item for item in items if urlsplit(item.share_url).path == path]
        if not items:
            return None
    trouble = sim.troubles.get("video.create.bind")
    return html(
        _PAGES,
        "feed.html",
        platform="douyin",
        revision=sim.revision,
        account=sim.app.nickname,
        items=[_shown(sim, item) for item in items],
        public=sum(item.is_visible for item in sim.posts.items.values()),
        granted=any(not grant.revoked for grant in sim.oauth.grants),
        trouble=trouble.value[2] if trouble else "",
        calls=sim.journal.entries[:-9:-1],
    )


def _shown(sim: "Douyin", item: Item) -> dict[str, Any]:
    word, tone = ("已删除", "plain") if item.deleted else WORDS[item.status]
    known = sim.uploads.pictures
    return {
        "id": item.item_id,
        "text": _marked(item.text),
        "plain": item.text or "（没有文字）",
        "at": item.at,
        "word": word,
        "tone": tone,
        "gone": item.deleted,
        "waiting": not item.reviewed and not item.deleted,
        "pictures": [f"/picture/{one.removeprefix('img/')}" for one in item.pictures if one in known],
        "video": f"/media/{item.video_id}" if item.video_id in sim.uploads.videos else "",
        "cover": f"/picture/{item.cover.removeprefix('img/')}" if item.cover in known and not item.pictures else "",
    }


def _marked(text: str) -> Markup:
    """Topics and names stand out, as in the app."""
    return Markup().join(
        Markup("<b>{}</b>").format(part) if _TOPIC.fullmatch(part) else escape(part) for part in _TOPIC.split(text)
    )


def _consent(sim: "Douyin", request: Request) -> Answer:
    values: dict[str, Any] = {
        "platform": "douyin",
        "revision": "",
        "account": sim.app.nickname,
        "client": "云屏",
        "names": SCOPES,
    }
    try:
        sim.oauth.check_consent(request.query)
    except Refused as refused:
        values |= {"wrong": refused.message, "code": refused.code(new=False), "scopes": [], "query": ""}
        return html(_PAGES, "consent.html", status=400, **values)
    back = urlsplit(request.query["redirect_uri"])
    # A browser applies the form's policy to where the form leads in the end.
    policy = f"form-action 'self' {back.scheme}://{back.netloc}"
    scopes = request.query["scope"].split(",")
    return html(
        _PAGES, "consent.html", policy=policy, **values, wrong="", scopes=scopes, query=urlencode(request.query)
    )


def _consented(sim: "Douyin", request: Request) -> Answer:
    try:
        sim.oauth.check_consent(request.query)
    except Refused:
        return Answer(400, b"")
    scope = request.query["scope"]
    answer = {"code": sim.oauth.consent(scope), "state": request.query.get("state", ""), "scopes": scope}
    back = request.query["redirect_uri"]
    return Answer(302, b"", {"Location": back + ("&" if "?" in back else "?") + urlencode(answer)})
