"""Douyin's webhooks: signed over the raw body, numbered, tried three times."""

import datetime as dt
import hashlib
import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from tests.fakes.douyin.oauth import App
from tests.fakes.douyin.posts import Item
from tests.fakes.stage.deliveries import Delivery, Outbox, Sender


@dataclass
class Webhooks:
    """`content_as_text`: business events carry their content as JSON text, as the platform often does."""

    outbox: Outbox
    app: App
    identity: Callable[[str], str]
    url: str = ""
    content_as_text: bool = True
    forge: bool = False

    def item(self, item: Item, now: dt.datetime) -> None:
        content: dict[str, Any] = {
            "item_id": item.item_id,
            "video_id": item.video_id,
            "share_id": item.share_id,
            "has_default_hashtag": False,
        }
        self.put("create_video", content, now)

    def put(self, event: str, content: dict[str, Any], now: dt.datetime) -> None:
        if not self.url:
            return
        body = self.body(event, json.dumps(content, ensure_ascii=False) if self.content_as_text else content)
        headers = self.headers(body)
        url = self.url
        self.outbox.put(Delivery(event, lambda _: (url, headers, body), now, lambda status, _: status == 200))

    def body(self, event: str, content: object) -> bytes:
        message = {
            "event": event,
            "client_key": self.app.client_key,
            "from_user_id": self.app.open_id,
            "content": content,
            "log_id": self.identity("log")[:34],
        }
        return json.dumps(message, ensure_ascii=False).encode()

    def headers(self, body: bytes) -> dict[str, str]:
        secret = "forged" if self.forge else self.app.client_secret
        return {
            "Content-Type": "application/json",
            "X-Douyin-Signature": hashlib.sha1(secret.encode() + body).hexdigest(),
            # A repeat of one message has the same id.
            "Msg-Id": self.identity("message")[:32],
        }

    async def verify(self, send: Sender) -> bool:
        """What happens when an operator saves the address on the platform's page."""
        challenge = int(self.identity("challenge")[:7], 16)
        body = self.body("verify_webhook", {"challenge": challenge})
        status, answer = await send("POST", self.url, self.headers(body), body)
        try:
            return status == 200 and json.loads(answer) == {"challenge": challenge}
        except ValueError:
            return False
