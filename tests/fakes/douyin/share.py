"""Douyin's publishing by a person's own phone: tickets, short links, share ids, and the press of the button."""

import datetime as dt
import hashlib
import json
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final
from urllib.parse import parse_qsl, urlencode

from tests.fakes.douyin.codes import Refused, Wrong
from tests.fakes.douyin.oauth import App
from tests.fakes.stage.clock import Clock
from tests.fakes.stage.messages import Json

SCHEME: Final = "snssdk1128://openplatform/share?"
TICKET_HOURS: Final = 2


def signature(nonce: str, ticket: str, stamp: str) -> str:
    return hashlib.md5(f"nonce_str={nonce}&ticket={ticket}&timestamp={stamp}".encode()).hexdigest()


@dataclass
class Share:
    """Tickets live two hours; a share id comes back in the webhook of its post."""

    clock: Clock
    app: App
    identity: Callable[[str], str]
    tickets: dict[str, dt.datetime] = field(default_factory=dict)
    share_ids: set[str] = field(default_factory=set)
    links: dict[str, Json] = field(default_factory=dict)

    def ticket(self) -> Json:
        value = f"@{self.identity('ticket')}"
        self.tickets[value] = self.clock.now() + dt.timedelta(hours=TICKET_HOURS)
        return {"ticket": value, "expires_in": TICKET_HOURS * 3600}

    def share_id(self) -> Json:
        value = str(int(self.identity("share")[:15], 16))
        self.share_ids.add(value)
        return {"share_id": value}

    def short_link(self, body: Json) -> Json:
        self._check_ticket(str(body.get("client_ticket", "")))
        media = [name for name in ("video_path", "image_path", "image_list_path") if body.get(name)]
        if len(media) != 1:
            raise Refused(Wrong.PARAMETERS, "video_path、image_path、image_list_path 三选一")
        if int(body.get("expire_at", 0)) <= self.clock.now().timestamp():
            raise Refused(Wrong.PARAMETERS, "expire_at 不合法")
        name = self.identity("link")[:10]
        self.links[name] = body
        return {"schema": f"https://z.douyin.com/{name}", "open_schema": SCHEME + urlencode({"short": name})}

    def opened(self, link: str) -> Json:
        """What the app makes of a link; a wrong signature is refused."""
        if not link.startswith(SCHEME):
            name = link.rpartition("/")[2]
            if name not in self.links:
                raise Refused(Wrong.PARAMETERS, "链接无效")
            return self.links[name]
        fields = dict(parse_qsl(link.removeprefix(SCHEME)))
        if fields.get("client_key") != self.app.client_key or fields.get("share_type") != "h5":
            raise Refused(Wrong.PARAMETERS, "client_key 无效")
        live = [ticket for ticket, ends in self.tickets.items() if ends > self.clock.now()]
        proofs = {signature(fields.get("nonce_str", ""), one, fields.get("timestamp", "")) for one in live}
        if fields.get("signature") not in proofs:
            raise Refused(Wrong.PARAMETERS, "签名错误")
        topics = json.loads(fields.get("hashtag_list", "[]"))
        return {**fields, "hashtag_list": topics}

    def _check_ticket(self, value: str) -> None:
        ends = self.tickets.get(value)
        if ends is None or ends <= self.clock.now():
            raise Refused(Wrong.PARAMETERS, "client_ticket 无效")
