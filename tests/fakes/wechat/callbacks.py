"""WeChat's messages to the account's server: XML or JSON, plain or in its AES envelope."""

import datetime as dt
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode
from xml.sax.saxutils import escape

from tests.fakes.stage.deliveries import Delivery, Outbox, Sender
from tests.fakes.wechat.crypto import encrypt, signature
from tests.fakes.wechat.mass import Push
from tests.fakes.wechat.publishing import Job, Publishing

Made = tuple[str, Mapping[str, str], bytes]


@dataclass
class Mailbox:
    """What an operator typed on the platform's page: where to, and with which token and key."""

    url: str = ""
    token: str = "simulator"
    aes_key: str | None = None
    body_format: str = "xml"
    event_name: str = "PUBLISHJOBFINISH"
    forge: bool = False
    """Sign wrongly, so that a test sees a receiver refuse it."""


@dataclass
class Callbacks:
    """Builds and signs messages; the outbox carries them."""

    mailbox: Mailbox
    outbox: Outbox
    appid: str
    identity: Callable[[str], str]
    user: str = "oSimulatorUser00000000000001"
    account: str = "gh_simulator"

    def published(self, job: Job, publishing: Publishing, now: dt.datetime) -> None:
        info: dict[str, Any] = {"publish_id": job.publish_id, "publish_status": job.status}
        if job.article_id:
            items = publishing.article(job.article_id).items
            # The sample of the documentation breaks the line around the id.
            info["article_id"] = f"\n{job.article_id}\n" if self.mailbox.body_format == "xml" else job.article_id
            info["article_detail"] = {
                "count": len(items),
                "item": [{"idx": place, "article_url": item.url} for place, item in enumerate(items, 1)],
            }
        info["fail_idx"] = list(job.fail_idx)
        self.put(self.mailbox.event_name, {"PublishEventInfo": info}, now)

    def pushed(self, push: Push, publishing: Publishing, now: dt.datetime) -> None:
        items = publishing.article(push.article_id).items if push.article_id else []
        links = [{"ArticleIdx": place, "ArticleUrl": item.url} for place, item in enumerate(items, 1)]
        fields = {
            "MsgID": push.msg_id,
            "Status": push.event,
            "TotalCount": push.reached + push.spared,
            "FilterCount": push.reached,
            "SentCount": push.reached,
            "ErrorCount": push.spared,
            "CopyrightCheckResult": {"Count": 0, "ResultList": "", "CheckState": 2},
            "ArticleUrlResult": {"Count": len(links), "ResultList": {"item": links}},
        }
        self.put("MASSSENDJOBFINISH", fields, now)

    def put(self, event: str, fields: Mapping[str, Any], now: dt.datetime) -> None:
        if not self.mailbox.url:
            return
        message = {
            "ToUserName": self.account,
            "FromUserName": self.user,
            "CreateTime": int(now.timestamp()),
            "MsgType": "event",
            "Event": event,
            **fields,
        }
        text = json.dumps(message, ensure_ascii=False) if self.mailbox.body_format == "json" else as_xml(message)
        self.outbox.put(Delivery(event, lambda at: self.envelope(text.encode(), at), now, _accepted))

    def envelope(self, message: bytes, now: dt.datetime) -> Made:
        """The request that carries the message: signed for this moment."""
        box, stamp, nonce = self.mailbox, str(int(now.timestamp())), str(int(self.identity("nonce")[:8], 16))
        query = {
            "signature": signature("forged" if box.forge else box.token, stamp, nonce),
            "timestamp": stamp,
            "nonce": nonce,
            "openid": self.user,
        }
        media_type = "application/json" if box.body_format == "json" else "text/xml"
        if box.aes_key:
            salt = self.identity("salt")[:16].encode()
            secret = encrypt(message, key=box.aes_key, appid=self.appid, salt=salt)
            query["encrypt_type"] = "aes"
            query["msg_signature"] = signature("forged" if box.forge else box.token, stamp, nonce, secret)
            outer = {"ToUserName": self.account, "Encrypt": secret}
            message = (json.dumps(outer) if box.body_format == "json" else as_xml(outer)).encode()
        return self._with(query), {"Content-Type": media_type}, message

    async def check_url(self, send: Sender, now: dt.datetime) -> bool:
        """What happens when an operator saves the address on the platform's page."""
        stamp, nonce, echo = str(int(now.timestamp())), "1514711492", str(int(self.identity("echo")[:15], 16))
        query = {
            "signature": signature(self.mailbox.token, stamp, nonce),
            "timestamp": stamp,
            "nonce": nonce,
            "echostr": echo,
        }
        status, body = await send("GET", self._with(query), {}, b"")
        return status == 200 and body == echo.encode()

    def _with(self, query: Mapping[str, str]) -> str:
        return self.mailbox.url + ("&" if "?" in self.mailbox.url else "?") + urlencode(query)


def _accepted(status: int, body: bytes) -> bool:
    return status == 200 and body.strip() in {b"", b"success"}


def as_xml(fields: Mapping[str, Any], name: str = "xml") -> str:
    """The platform's dialect: text in CDATA, numbers bare, a list as a repeated element."""
    inner = []
    for key, value in fields.items():
        for one in value if isinstance(value, list) else [value]:
            if isinstance(one, Mapping):
                inner.append(as_xml(one, key))
            elif isinstance(one, str) and not one.isdigit():
                inner.append(f"<{key}><![CDATA[{one.replace(']]>', ']]]]><![CDATA[>')}]]></{key}>")
            else:
                inner.append(f"<{key}>{escape(str(one))}</{key}>")
    return f"<{name}>{''.join(inner)}</{name}>"
