"""Douyin's calls as a table: path → whose token it needs and what it does."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from tests.fakes.douyin.codes import Refused, Wrong
from tests.fakes.douyin.posts import Item
from tests.fakes.stage.messages import Json, Request

if TYPE_CHECKING:
    from tests.fakes.douyin.simulator import Douyin

Do = Callable[["Douyin", Request], Json]
GET: Final = frozenset({"GET"})
POST: Final = frozenset({"POST"})
VIDEO: Final = "/api/douyin/v1/video"


@dataclass(frozen=True)
class Call:
    """`scope`: a person's token with this right ("" is any); `client`: the app's token; neither: none.

    `right`: what the app must be allowed.
    """

    do: Do
    methods: frozenset[str] = POST
    scope: str | None = None
    client: bool = False
    right: str = ""


def _user_info(sim: "Douyin", request: Request) -> Json:
    form = {**request.query, **request.form()}
    grant = sim.oauth.check_access(form.get("access_token", ""), form.get("open_id", ""), "")
    return {
        "open_id": grant.open_id,
        "union_id": f"u-{grant.open_id}",
        "nickname": sim.app.nickname,
        "avatar": "",
        "e_account_role": "EAccountM",
    }


def _upload_chunk(sim: "Douyin", request: Request) -> Json:
    query = request.query
    return sim.uploads.chunk(query.get("upload_id", ""), query.get("part_number", ""), request.parts())


def _create_video(sim: "Douyin", request: Request) -> Json:
    item = sim.posts.create_video(request.json())
    return {"item_id": item.item_id, "video_id": item.video_id}


def _create_pictures(sim: "Douyin", request: Request) -> Json:
    item = sim.posts.create_pictures(request.json())
    return {"item_id": item.item_id, "video_id": item.video_id}


def _video_data(sim: "Douyin", request: Request) -> Json:
    body = request.json()
    items, videos = body.get("item_ids") or [], body.get("video_ids") or []
    if not isinstance(items, list) or not isinstance(videos, list) or not (items or videos):
        raise Refused(Wrong.PARAMETERS, "item_ids 与 video_ids 不能同时为空")
    found = [item for item in sim.posts.newest() if item.item_id in items or item.video_id in videos]
    return {"list": [_item(sim, item) for item in found if not item.deleted]}


def _video_list(sim: "Douyin", request: Request) -> Json:
    cursor, count = request.query.get("cursor", "0"), request.query.get("count", "10")
    if not cursor.isdigit() or not count.isdigit() or not 1 <= int(count) <= sim.limits.list_count:
        raise Refused(Wrong.PARAMETERS, "cursor 或 count 不合法")
    items = [item for item in sim.posts.newest() if not item.deleted]
    end = int(cursor) + int(count)
    shown = [_item(sim, item) for item in items[int(cursor) : end]]
    return {"list": shown, "cursor": min(end, len(items)), "has_more": end < len(items)}


def _item(sim: "Douyin", item: Item) -> Json:
    return {
        "item_id": item.item_id,
        "video_id": item.video_id,
        "title": item.text,
        "cover": f"{sim.posts.base}/cover/{item.video_id}",
        # An address others cannot open is not given out while the platform looks at the post.
        "share_url": item.share_url if item.reviewed else "",
        "create_time": int(item.at.timestamp()),
        "is_top": False,
        "is_reviewed": item.reviewed,
        "video_status": item.status,
        "media_type": 2 if item.is_pictures else 4,
        "statistics": {
            "comment_count": 0,
            "digg_count": 0,
            "download_count": 0,
            "forward_count": 0,
            "play_count": 0,
            "share_count": 0,
        },
    }


def _events(sim: "Douyin", _: Request) -> Json:
    known = ("create_video", "authorize", "unauthorize", "receive_msg", "enter_im", "dial_phone")
    return {"list": [{"event": name, "status": int(name in sim.subscribed)} for name in known]}


def _subscribe(sim: "Douyin", request: Request) -> Json:
    for one in request.json().get("list", []):
        change = sim.subscribed.add if one.get("status") else sim.subscribed.discard
        change(str(one.get("event")))
    return {}


def _mock_event(sim: "Douyin", request: Request) -> Json:
    event = str(request.json().get("event_type", ""))
    if not event:
        raise Refused(Wrong.PARAMETERS, "event_type 缺失")
    sim.webhooks.put(event, {"mock": True}, sim.clock.now())
    return {}


_CREATE, _DATA, _LIST = "video.create.bind", "video.data.bind", "video.list.bind"
TABLE: Final = {
    "/oauth/access_token/": Call(lambda sim, ask: sim.oauth.access_token(ask.form())),
    "/oauth/refresh_token/": Call(lambda sim, ask: sim.oauth.refresh_token(ask.form())),
    "/oauth/renew_refresh_token/": Call(lambda sim, ask: sim.oauth.renew(ask.form())),
    "/oauth/client_token/": Call(lambda sim, ask: sim.oauth.client_token(ask.form())),
    "/oauth/userinfo/": Call(_user_info),
    f"{VIDEO}/upload_video/": Call(lambda sim, ask: sim.uploads.whole(ask.parts()), scope=_CREATE),
    f"{VIDEO}/init_video_part_upload/": Call(lambda sim, _: sim.uploads.begin(), scope=_CREATE),
    f"{VIDEO}/upload_video_part/": Call(_upload_chunk, scope=_CREATE),
    f"{VIDEO}/complete_video_part_upload/": Call(
        lambda sim, ask: sim.uploads.complete(ask.query.get("upload_id", "")), scope=_CREATE
    ),
    f"{VIDEO}/upload_image/": Call(lambda sim, ask: sim.uploads.picture(ask.parts()), scope=_CREATE),
    f"{VIDEO}/create_video/": Call(_create_video, scope=_CREATE),
    f"{VIDEO}/create_image_text/": Call(_create_pictures, scope=_CREATE),
    # Either right reads: the pages name different scopes for it.
    f"{VIDEO}/video_data/": Call(_video_data, scope=""),
    f"{VIDEO}/video_basic_info/": Call(_video_data, scope=""),
    f"{VIDEO}/video_list/": Call(_video_list, GET, scope=""),
    "/api/douyin/v1/schema/get_share/": Call(
        lambda sim, ask: sim.share.short_link(ask.json()), client=True, right="h5.share"
    ),
    "/open/getticket/": Call(lambda sim, _: sim.share.ticket(), GET, client=True, right="h5.share"),
    "/share-id/": Call(lambda sim, _: sim.share.share_id(), GET, client=True),
    "/event/status/list": Call(_events, GET, client=True),
    "/event/status/update": Call(_subscribe, client=True),
    "/sandbox/webhook/event/send/": Call(_mock_event, client=True),
}
