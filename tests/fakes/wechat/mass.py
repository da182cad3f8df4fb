"""WeChat's pushes to followers: four a month, one to all a day, and a client's own id against doubles."""

import datetime as dt
from collections.abc import Callable
from dataclasses import dataclass, field

from tests.fakes.stage.clock import Clock, day, month
from tests.fakes.stage.messages import Json
from tests.fakes.wechat.codes import Refused
from tests.fakes.wechat.drafts import Drafts
from tests.fakes.wechat.limits import Limits
from tests.fakes.wechat.publishing import Publishing

KNOWN_HOURS = 24
CONFIRM_MINUTES = 30


@dataclass
class Push:
    """One message to followers."""

    msg_id: int
    msg_data_id: int
    client_id: str
    to_all: bool
    at: dt.datetime
    media_id: str
    status: str = "SENDING"
    event: str = ""
    article_id: str = ""


@dataclass
class Mass:
    """`confirm` is an administrator's word on a push to all: none, granted, refused or silent."""

    clock: Clock
    limits: Limits
    drafts: Drafts
    publishing: Publishing
    number: Callable[[str], int]
    count: Callable[[str], None]
    later: Callable[[float, Callable[[], None]], None]
    finished: Callable[[Push], None]
    delay: float = 2.0
    confirm: str = "none"
    followers: int = 1286
    pushes: dict[int, Push] = field(default_factory=dict)
    previews: list[dt.datetime] = field(default_factory=list)

    def send(self, body: Json) -> Push:
        now = self.clock.now()
        client_id = body.get("clientmsgid", "")
        if not isinstance(client_id, str):
            raise Refused(47001)
        if len(client_id.encode()) > self.limits.clientmsgid:
            raise Refused(45067)
        self._check_known(client_id, now)
        to_all = bool(body.get("filter", {}).get("is_to_all")) if isinstance(body.get("filter"), dict) else False
        media_id = self._media_id(body)
        self._check_quota(now, to_all=to_all)
        number = self.number("push")
        push = Push(3147483654 + number, 2247483660 + number, client_id, to_all, now, media_id)
        self.pushes[push.msg_id] = push
        self.count("pushes")
        self._plan(push)
        return push

    def preview(self, body: Json) -> int:
        self._media_id(body)
        now = self.clock.now()
        if sum(day(at) == day(now) for at in self.previews) >= self.limits.previews_a_day:
            raise Refused(45009)
        self.previews.append(now)
        return 3000000000 + len(self.previews)

    def get(self, msg_id: object) -> Push:
        found = self.pushes.get(int(str(msg_id))) if str(msg_id).isdigit() else None
        if found is None:
            raise Refused(40059)
        return found

    def delete(self, msg_id: object, index: int) -> None:
        push = self.get(msg_id)
        push.status = "DELETE"
        if push.article_id:
            self.publishing.delete(push.article_id, index)

    def left(self, now: dt.datetime) -> int:
        return self.limits.mass_a_month - sum(month(push.at) == month(now) for push in self._counted())

    def _counted(self) -> list[Push]:
        return [push for push in self.pushes.values() if push.status != "SEND_FAIL"]

    def _check_known(self, client_id: str, now: dt.datetime) -> None:
        for push in self.pushes.values():
            if client_id and push.client_id == client_id and now - push.at < dt.timedelta(hours=KNOWN_HOURS):
                raise Refused(45065, msg_id=push.msg_id, msg_data_id=push.msg_data_id)

    def _check_quota(self, now: dt.datetime, *, to_all: bool) -> None:
        if sum(now - push.at < dt.timedelta(minutes=1) for push in self.pushes.values()) >= self.limits.mass_a_minute:
            raise Refused(45011)
        today = any(push.to_all and day(push.at) == day(now) for push in self._counted())
        if self.left(now) <= 0 or (to_all and today):
            raise Refused(45028)

    def _media_id(self, body: Json) -> str:
        if body.get("msgtype") == "text":
            return ""
        payload = body.get("mpnews")
        if body.get("msgtype") != "mpnews" or not isinstance(payload, dict):
            raise Refused(40035, "msgtype")
        media_id = str(payload.get("media_id", ""))
        self.drafts.get(media_id)
        return media_id

    def _plan(self, push: Push) -> None:
        if not push.to_all or self.confirm in {"none", "granted"}:
            self.later(self.delay, lambda: self._out(push))
        elif self.confirm == "refused":
            self.later(self.delay, lambda: self._fail(push, "err(40001)"))
        else:
            self.later(CONFIRM_MINUTES * 60, lambda: self._fail(push, "err(40002)"))

    def _out(self, push: Push) -> None:
        if push.status == "DELETE":
            return
        draft = self.drafts.box.pop(push.media_id, None)
        if push.media_id and draft is None:
            self._fail(push, "send fail")
            return
        if draft is not None:
            push.article_id = self.publishing.show(draft.articles, pushed=True).article_id
        push.status, push.event = "SEND_SUCCESS", "send success"
        self.finished(push)

    def _fail(self, push: Push, event: str) -> None:
        push.status, push.event = "SEND_FAIL", event
        self.finished(push)
