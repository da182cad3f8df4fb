"""WeChat's calls as a table: path → what it needs and what it does."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from tests.fakes.stage.messages import Json, Request
from tests.fakes.wechat.codes import Refused
from tests.fakes.wechat.drafts import Article
from tests.fakes.wechat.publishing import Publication

if TYPE_CHECKING:
    from tests.fakes.wechat.simulator import WeChat

Do = Callable[["WeChat", Request], Json]
GET: Final = frozenset({"GET"})
POST: Final = frozenset({"POST"})


@dataclass(frozen=True)
class Call:
    """One row of the table."""

    do: Do
    methods: frozenset[str] = POST
    needs_token: bool = True
    right: str = ""
    bare: bool = True
    """A good answer with fields of its own has no errcode."""


def _sign_in(sim: "WeChat", appid: str, secret: str, grant: str, peer: str) -> None:
    account = sim.account
    if grant != "client_credential":
        raise Refused(40002)
    if not appid or not secret:
        raise Refused(41004 if appid else 41002)
    if appid != account.appid:
        raise Refused(40013)
    if account.frozen:
        raise Refused(40243)
    if secret != account.secret:
        raise Refused(40125)
    if account.address_state:
        raise Refused(account.address_state)
    if account.allowed is not None and peer not in account.allowed:
        raise Refused(40164, f"invalid ip {peer} ipv6 ::ffff:{peer}, not in whitelist")


def _token(sim: "WeChat", request: Request) -> Json:
    query = request.query
    _sign_in(sim, query.get("appid", ""), query.get("secret", ""), query.get("grant_type", ""), request.peer)
    value, seconds = sim.tokens.give_plain()
    return {"access_token": value, "expires_in": seconds}


def _stable_token(sim: "WeChat", request: Request) -> Json:
    body = request.json()
    appid, secret, grant = (str(body.get(name, "")) for name in ("appid", "secret", "grant_type"))
    _sign_in(sim, appid, secret, grant, request.peer)
    value, seconds = sim.tokens.give_stable(force=body.get("force_refresh") is True)
    return {"access_token": value, "expires_in": seconds}


def _quota(sim: "WeChat", request: Request) -> Json:
    limit, used = sim.quota(_string(request.json(), "cgi_path"))
    return {"quota": {"daily_limit": limit, "used": used, "remain": limit - used}}


def _clear_quota(sim: "WeChat", request: Request) -> Json:
    if request.json().get("appid") != sim.account.appid:
        raise Refused(40013)
    sim.clear_quota()
    return {}


def _request_details(sim: "WeChat", request: Request) -> Json:
    rid = _string(request.json(), "rid")
    return {"request": {"invoke_time": int(sim.clock.now().timestamp()), "cost_in_ms": 1, "request_url": rid}}


def _check_callback(sim: "WeChat", request: Request) -> Json:
    body = request.json()
    if body.get("action") not in {"dns", "ping", "all"} or body.get("check_operator") not in _OPERATORS:
        raise Refused(40035)
    if not sim.callbacks.mailbox.url:
        raise Refused(40035, "no callback url")
    line = {"ip": "127.0.0.1", "from_operator": "CAP"}
    return {"dns": [{**line, "real_operator": "CAP"}], "ping": [{**line, "package_loss": "0%", "time": "1.0ms"}]}


def _addresses(_: "WeChat", __: Request) -> Json:
    return {"ip_list": ["127.0.0.1"]}


# media


def _upload_image(sim: "WeChat", request: Request) -> Json:
    return {"url": sim.media.upload_image(request.parts())}


def _add_material(sim: "WeChat", request: Request) -> Json:
    material = sim.media.add(request.query.get("type", ""), request.parts(), sim.clock.now())
    return {"media_id": material.media_id, **({"url": material.url} if material.url else {})}


def _get_material(sim: "WeChat", request: Request) -> Json:
    material = sim.media.get(_string(request.json(), "media_id"))
    return {"title": material.title, "description": material.introduction, "down_url": material.url or ""}


def _del_material(sim: "WeChat", request: Request) -> Json:
    sim.media.remove(_string(request.json(), "media_id"))
    return {}


def _count_material(sim: "WeChat", _: Request) -> Json:
    kinds = [material.kind for material in sim.media.library.values()]
    counts = {f"{kind}_count": kinds.count(kind) for kind in ("voice", "video", "image")}
    return {**counts, "news_count": len(sim.drafts.box)}


def _list_material(sim: "WeChat", request: Request) -> Json:
    body = request.json()
    offset, count = _window(body)
    found = [one for one in sim.media.library.values() if one.kind == body.get("type")]
    found.sort(key=lambda one: one.made, reverse=True)
    items = [
        {"media_id": one.media_id, "name": one.name, "update_time": int(one.made.timestamp()), "url": one.url or ""}
        for one in found[offset : offset + count]
    ]
    return {"total_count": len(found), "item_count": len(items), "item": items}


def _upload_temporary(sim: "WeChat", request: Request) -> Json:
    kind = request.query.get("type", "")
    return {"type": kind, "media_id": sim.media.lend(kind, request.parts()), "created_at": _seconds(sim)}


# drafts


def _draft_add(sim: "WeChat", request: Request) -> Json:
    return {"media_id": sim.drafts.add(request.json(literal_escapes=True), sim.clock.now()), "item": []}


def _draft_update(sim: "WeChat", request: Request) -> Json:
    sim.drafts.update(request.json(literal_escapes=True), sim.clock.now())
    return {}


def _draft_get(sim: "WeChat", request: Request) -> Json:
    draft = sim.drafts.get(_string(request.json(), "media_id"))
    return {"news_item": [_draft_item(sim, draft.media_id, article) for article in draft.articles]}


def _draft_list(sim: "WeChat", request: Request) -> Json:
    body = request.json()
    bare = body.get("no_content") == 1
    items = [
        {
            "media_id": draft.media_id,
            "content": {"news_item": [_draft_item(sim, draft.media_id, one, bare=bare) for one in draft.articles]},
            "update_time": int(draft.updated.timestamp()),
        }
        for draft in sim.drafts.listed(*_window(body))
    ]
    return {"total_count": len(sim.drafts.box), "item_count": len(items), "item": items}


def _draft_count(sim: "WeChat", _: Request) -> Json:
    return {"total_count": len(sim.drafts.box)}


def _draft_delete(sim: "WeChat", request: Request) -> Json:
    sim.drafts.delete(_string(request.json(), "media_id"))
    return {}


def _draft_item(sim: "WeChat", media_id: str, article: Article, *, bare: bool = False) -> Json:
    url = f"http://mp.weixin.qq.com/s?__biz=MzA5MDAwMDAwMA==&tempkey={media_id[-24:]}"
    return {**_news(sim, article, bare=bare), "url": url}


def _news(sim: "WeChat", article: Article, *, bare: bool) -> Json:
    thumb = sim.media.library.get(article.thumb)
    item: Json = {
        "article_type": article.kind,
        "title": article.title,
        "author": article.author,
        "digest": article.digest,
        "content_source_url": article.source_url,
        "thumb_media_id": article.thumb,
        "thumb_url": (thumb.url or "") if thumb else "",
        "show_cover_pic": 0,
        "need_open_comment": int(article.comments),
        "only_fans_can_comment": int(article.fans_only),
    }
    if article.kind == "newspic":
        item["image_info"] = {"image_list": [{"image_media_id": one} for one in article.pictures]}
    return item if bare else {**item, "content": article.content}


# publishing


def _submit(sim: "WeChat", request: Request) -> Json:
    job = sim.publishing.submit(_string(request.json(), "media_id"))
    return {"publish_id": job.publish_id, "msg_data_id": job.msg_data_id}


def _publish_state(sim: "WeChat", request: Request) -> Json:
    job = sim.publishing.get(str(request.json().get("publish_id", "")))
    answer: Json = {"publish_id": job.publish_id, "publish_status": job.status, "fail_idx": list(job.fail_idx)}
    if job.article_id:
        items = sim.publishing.article(job.article_id).items
        links = [{"idx": place, "article_url": item.url} for place, item in enumerate(items, 1)]
        answer |= {"article_id": job.article_id, "article_detail": {"count": len(links), "item": links}}
    return answer


def _publish_delete(sim: "WeChat", request: Request) -> Json:
    body = request.json()
    index = body.get("index", 0)
    if not isinstance(index, int):
        raise Refused(47001)
    sim.publishing.delete(_string(body, "article_id"), index)
    return {}


def _published_article(sim: "WeChat", request: Request) -> Json:
    publication = sim.publishing.article(_string(request.json(), "article_id"))
    return {"news_item": _published_items(sim, publication, bare=False)}


def _published_list(sim: "WeChat", request: Request) -> Json:
    body = request.json()
    bare = body.get("no_content") == 1
    items = [
        {
            "article_id": one.article_id,
            "content": {"news_item": _published_items(sim, one, bare=bare)},
            "update_time": int(one.at.timestamp()),
        }
        for one in sim.publishing.listed(*_window(body))
    ]
    return {"total_count": len(sim.publishing.publications), "item_count": len(items), "item": items}


def _published_items(sim: "WeChat", publication: Publication, *, bare: bool) -> list[Json]:
    return [
        {**_news(sim, item.article, bare=bare), "url": item.url, "is_deleted": item.deleted or item.banned}
        for item in publication.items
    ]


# pushes


def _send_all(sim: "WeChat", request: Request) -> Json:
    push = sim.mass.send(request.json())
    return {"msg_id": push.msg_id, "msg_data_id": push.msg_data_id}


def _send_some(sim: "WeChat", request: Request) -> Json:
    body = request.json()
    users = body.get("touser")
    if not isinstance(users, list) or not 2 <= len(users) <= 10_000:
        raise Refused(40035, "touser")
    push = sim.mass.send({**body, "filter": {"is_to_all": False}})
    return {"msg_id": push.msg_id, "msg_data_id": push.msg_data_id}


def _preview(sim: "WeChat", request: Request) -> Json:
    return {"msg_id": sim.mass.preview(request.json())}


def _push_state(sim: "WeChat", request: Request) -> Json:
    push = sim.mass.get(request.json().get("msg_id", ""))
    return {"msg_id": push.msg_id, "msg_status": push.status}


def _push_delete(sim: "WeChat", request: Request) -> Json:
    body = request.json()
    sim.mass.delete(body.get("msg_id", ""), int(body.get("article_idx", 0)))
    return {}


def _speed(_: "WeChat", request: Request) -> Json:
    if request.json().get("speed", 0) not in range(5):
        raise Refused(40035, "speed")
    return {"speed": 0, "realspeed": 80}


# menu, notices, comments


def _menu_create(sim: "WeChat", request: Request) -> Json:
    menu = request.json(literal_escapes=True)
    buttons = menu.get("button")
    if not isinstance(buttons, list) or not 1 <= len(buttons) <= 3:
        raise Refused(40016, "invalid button size")
    if any(len(button.get("sub_button", [])) > 5 for button in buttons):
        raise Refused(40023, "invalid sub button size")
    sim.menu = menu
    return {}


def _menu_get(sim: "WeChat", _: Request) -> Json:
    if sim.menu is None:
        raise Refused(46003, "menu no exist")
    return {"menu": sim.menu}


def _menu_delete(sim: "WeChat", _: Request) -> Json:
    sim.menu = None
    return {}


def _template(sim: "WeChat", request: Request) -> Json:
    body = request.json()
    for name in ("touser", "template_id", "data"):
        if not body.get(name):
            raise Refused(47003, f"argument invalid: {name}")
    once = (body["touser"], body.get("client_msg_id"))
    for number, sent in enumerate(sim.templates, 1):
        # For ten minutes one message for an id; nobody tells here what comes later.
        if once[1] and (sent["touser"], sent.get("client_msg_id")) == once:
            return {"msgid": 200000000 + number}
    sim.templates.append(body)
    sim.journal.count("notices")
    return {"msgid": 200000000 + len(sim.templates)}


def _subscription(sim: "WeChat", request: Request) -> Json:
    body = request.json()
    if not all(body.get(name) for name in ("touser", "template_id", "data")):
        raise Refused(47003, "argument invalid")
    if body["touser"] in sim.unwilling:
        raise Refused(43101, "user refuse to accept the msg")
    sim.templates.append(body)
    sim.journal.count("notices")
    return {}


def _comment(sim: "WeChat", request: Request) -> Json:
    body = request.json()
    if "msg_data_id" not in body:
        raise Refused(40035, "msg_data_id")
    name = request.path.rpartition("/")[2]
    if name in {"open", "close"}:
        if not isinstance(body["msg_data_id"], int):
            raise Refused(47001, "msg_data_id")
        sim.talk[str(body["msg_data_id"])] = name == "open"
    return {}


def _seconds(sim: "WeChat") -> int:
    return int(sim.clock.now().timestamp())


def _string(body: Json, name: str) -> str:
    value: Any = body.get(name)
    if not isinstance(value, str) or not value:
        raise Refused(41006 if name == "media_id" else 40035, f"{name} missing")
    return value


def _window(body: Json) -> tuple[int, int]:
    offset, count = body.get("offset", 0), body.get("count", 20)
    if not isinstance(offset, int) or not isinstance(count, int):
        raise Refused(47001)
    return offset, count


_OPERATORS: Final = frozenset({"CHINANET", "UNICOM", "CAP", "DEFAULT"})
_COMMENTS: Final = ("open", "close", "list", "markelect", "unmarkelect", "delete", "reply/add", "reply/delete")
TABLE: Final = {
    "/cgi-bin/token": Call(_token, GET, needs_token=False),
    "/cgi-bin/stable_token": Call(_stable_token, needs_token=False),
    "/cgi-bin/clear_quota": Call(_clear_quota),
    "/cgi-bin/openapi/quota/get": Call(_quota, bare=False),
    "/cgi-bin/openapi/rid/get": Call(_request_details, bare=False),
    "/cgi-bin/callback/check": Call(_check_callback),
    "/cgi-bin/getcallbackip": Call(_addresses, GET),
    "/cgi-bin/get_api_domain_ip": Call(_addresses, GET),
    "/cgi-bin/media/uploadimg": Call(_upload_image, right="material"),
    "/cgi-bin/media/upload": Call(_upload_temporary, right="material"),
    "/cgi-bin/material/add_material": Call(_add_material, right="material"),
    "/cgi-bin/material/get_material": Call(_get_material, right="material"),
    "/cgi-bin/material/del_material": Call(_del_material, right="material"),
    "/cgi-bin/material/get_materialcount": Call(_count_material, GET, right="material"),
    "/cgi-bin/material/batchget_material": Call(_list_material, right="material"),
    "/cgi-bin/draft/add": Call(_draft_add, right="draft"),
    "/cgi-bin/draft/update": Call(_draft_update, right="draft"),
    "/cgi-bin/draft/get": Call(_draft_get, right="draft"),
    "/cgi-bin/draft/batchget": Call(_draft_list, right="draft"),
    "/cgi-bin/draft/count": Call(_draft_count, GET, right="draft"),
    "/cgi-bin/draft/delete": Call(_draft_delete, right="draft"),
    "/cgi-bin/draft/switch": Call(lambda _sim, _request: {"is_open": 1}),
    "/cgi-bin/freepublish/submit": Call(_submit, right="freepublish", bare=False),
    "/cgi-bin/freepublish/get": Call(_publish_state, right="freepublish"),
    "/cgi-bin/freepublish/delete": Call(_publish_delete, right="freepublish"),
    "/cgi-bin/freepublish/getarticle": Call(_published_article, right="freepublish"),
    "/cgi-bin/freepublish/batchget": Call(_published_list, right="freepublish"),
    "/cgi-bin/message/mass/sendall": Call(_send_all, right="mass", bare=False),
    "/cgi-bin/message/mass/send": Call(_send_some, right="mass", bare=False),
    "/cgi-bin/message/mass/preview": Call(_preview, right="mass"),
    "/cgi-bin/message/mass/get": Call(_push_state, right="mass"),
    "/cgi-bin/message/mass/delete": Call(_push_delete, right="mass"),
    "/cgi-bin/message/mass/speed/get": Call(_speed, right="mass", bare=False),
    "/cgi-bin/message/mass/speed/set": Call(_speed, right="mass", bare=False),
    "/cgi-bin/menu/create": Call(_menu_create),
    "/cgi-bin/menu/get": Call(_menu_get, GET),
    "/cgi-bin/menu/delete": Call(_menu_delete, GET),
    "/cgi-bin/message/template/send": Call(_template, bare=False),
    "/cgi-bin/message/subscribe/bizsend": Call(_subscription),
    **{f"/cgi-bin/comment/{name}": Call(_comment, right="comment") for name in _COMMENTS},
}
