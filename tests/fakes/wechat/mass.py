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
    tag: str | None
    at: dt.datetime
    media_id: str
    status: str = "SENDING"
    event: str = ""
    reached: int = 0
    spared: int = 0
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
    shown: list[tuple[str, str, str]] = field(default_factory=list)
    """Who saw which title and which body as a preview."""
    strangers: set[str] = field(default_factory=set)
    """Names of people who do not follow the account."""

    def send(self, body: Json) -> Push:
        now = self.clock.now()
        client_id = body.get("clientmsgid", "")
        if not isinstance(client_id, str):
            raise Refused(47001)
        if len(client_id.encode()) > self.limits.clientmsgid:
            raise Refused(45067)
        self._check_known(client_id, now)
        chosen = body.get("filter")
        if not isinstance(chosen, dict):
            raise Refused(40035, "filter")
        tag = None if chosen.get("is_to_all") else str(chosen.get("tag_id", ""))
        media_id = self._media_id(body)
        self._check_quota(now, tag)
        number = self.number("push")
        push = Push(3147483654 + number, 2247483660 + number, client_id, tag, now, media_id)
        self.pushes[push.msg_id] = push
        self.count("pushes")
        self._plan(push)
        return push

    def preview(self, body: Json) -> int:
        media_id = self._media_id(body)
        person = str(body.get("towxname") or body.get("touser") or "")
        if not person:
            raise Refused(40003)
        if person in self.strangers:
            raise Refused(43004)
        now = self.clock.now()
        if sum(day(at) == day(now) for at in self.previews) >= self.limits.previews_a_day:
            raise Refused(45009)
        self.previews.append(now)
        if media_id:
            article = self.drafts.get(media_id).articles[0]
            self.shown.append((person, article.title, article.content))
        self.count("previews")
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

    def left(self, now: dt.datetime, tag: str | None = None) -> int:
        """How many more messages this month reach a follower: of everybody, or of a tag."""
        this_month = [push for push in self._counted() if month(push.at) == month(now)]
        return self.limits.mass_a_month - sum(push.tag is None or push.tag == tag for push in this_month)

    def _counted(self) -> list[Push]:
        return [push for push in self.pushes.values() if push.status != "SEND_FAIL"]

    def _check_known(self, client_id: str, now: dt.datetime) -> None:
        for push in self.pushes.values():
            if client_id and push.client_id == client_id and now - push.at < dt.timedelta(hours=KNOWN_HOURS):
                if (now - push.at).total_seconds() < self.limits.same_id_pause:
                    raise Refused(45066)
                raise Refused(45065, msg_id=push.msg_id, msg_data_id=push.msg_data_id)

    def _check_quota(self, now: dt.datetime, tag: str | None) -> None:
        if sum(now - push.at < dt.timedelta(minutes=1) for push in self.pushes.values()) >= self.limits.mass_a_minute:
            raise Refused(45011)
        today = [push for push in self.pushes.values() if day(push.at) == day(now)]
        if len(today) >= self.limits.mass_a_day:
            raise Refused(45009)
        to_all_today = any(push.tag is None for push in self._counted() if push in today)
        # A push to a tag goes out all the same, and spares those who had enough.
        if tag is None and (to_all_today or self.left(now) <= 0):
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
        if push.tag is not None or self.confirm in {"none", "granted"}:
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
        followers = self.followers if push.tag is None else self.followers // 4
        # The push itself is among those counted.
        enough = push.tag is not None and self.left(push.at, push.tag) < 0
        push.reached, push.spared = (0, followers) if enough else (followers, 0)
        self.finished(push)

    def _fail(self, push: Push, event: str) -> None:
        push.status, push.event = "SEND_FAIL", event
        self.finished(push)
