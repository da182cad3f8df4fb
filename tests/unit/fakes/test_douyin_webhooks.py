import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode

from tests.fakes.douyin.share import SCHEME, signature
from tests.fakes.douyin.simulator import Douyin
from tests.unit.fakes.asking import AskDouyin, douyin

URL = "http://127.0.0.1:8080/hooks/douyin/main/"


@dataclass
class Receiver:
    """The account's server."""

    status: int = 200
    got: list[tuple[Mapping[str, str], bytes]] = field(default_factory=list)

    async def __call__(self, _: str, __: str, headers: Mapping[str, str], body: bytes) -> tuple[int, bytes]:
        self.got.append((headers, body))
        challenge = json.loads(body)["content"]
        return self.status, json.dumps(challenge if isinstance(challenge, dict) else {}).encode()


async def told(sim: Douyin, receiver: Receiver) -> None:
    for _ in range(30):
        sim.advance(1)
        await sim.outbox.deliver(sim.clock.now(), receiver)


async def test_webhook_is_signed_over_the_raw_body() -> None:
    asking = await douyin(Douyin(callback=URL))
    found = await asking.created()
    receiver = Receiver()
    await told(asking.sim, receiver)
    headers, body = receiver.got[0]
    secret = asking.sim.app.client_secret
    assert headers["X-Douyin-Signature"] == hashlib.sha1(secret.encode() + body).hexdigest()
    message = json.loads(body)
    assert message["event"] == "create_video"
    assert isinstance(message["content"], str)
    assert json.loads(message["content"])["item_id"] == found["item_id"]


async def test_webhook_content_may_be_an_object() -> None:
    asking = await douyin(Douyin(callback=URL))
    asking.sim.webhooks.content_as_text = False
    await asking.created()
    receiver = Receiver()
    await told(asking.sim, receiver)
    assert json.loads(receiver.got[0][1])["content"]["item_id"]


async def test_webhook_when_not_taken_is_tried_three_times_with_one_id() -> None:
    asking = await douyin(Douyin(callback=URL))
    asking.sim.subscribed.clear()
    asking.sim.webhooks.put("create_video", {}, asking.sim.clock.now())
    receiver = Receiver(status=500)
    await told(asking.sim, receiver)
    assert len({headers["Msg-Id"] for headers, _ in receiver.got}) == 1
    assert len(receiver.got) == 3


async def test_webhook_when_forged_has_a_wrong_signature() -> None:
    asking = await douyin(Douyin(callback=URL))
    asking.sim.webhooks.forge = True
    await asking.created()
    receiver = Receiver()
    await told(asking.sim, receiver)
    headers, body = receiver.got[0]
    assert headers["X-Douyin-Signature"] != hashlib.sha1(asking.sim.app.client_secret.encode() + body).hexdigest()


async def test_url_check_wants_its_number_back() -> None:
    sim = Douyin(callback=URL)
    assert await sim.webhooks.verify(Receiver())

    async def deaf(*_: Any) -> tuple[int, bytes]:
        return 200, b"success"

    assert not await sim.webhooks.verify(deaf)


async def test_consent_when_taken_back_is_told() -> None:
    asking = await douyin(Douyin(callback=URL))
    asking.sim.revoke()
    receiver = Receiver()
    await told(asking.sim, receiver)
    assert json.loads(receiver.got[0][1])["event"] == "unauthorize"


async def client(asking: AskDouyin, method: str, path: str, body: Any = None) -> Any:
    token = (await asking.oauth("client_token", grant_type="client_credential"))["access_token"]
    return (await asking.raw(method, path, json.dumps(body or {}).encode(), {"access-token": token}))["data"]


async def test_link_when_pressed_on_the_phone_makes_a_post_with_its_share_id() -> None:
    asking = AskDouyin(Douyin(callback=URL))
    ticket = (await client(asking, "GET", "/open/getticket/"))["ticket"]
    share_id = (await client(asking, "GET", "/share-id/?need_callback=true"))["share_id"]
    fields = {
        "share_type": "h5",
        "client_key": asking.sim.app.client_key,
        "nonce_str": "abc",
        "timestamp": "1790000000",
        "signature": signature("abc", ticket, "1790000000"),
        "state": share_id,
        "title": "板凳课堂",
        "hashtag_list": json.dumps(["吴江"]),
        "video_path": "https://media.example.cn/a.mp4",
    }
    item = asking.sim.press(SCHEME + urlencode(fields))
    assert item.text == "板凳课堂 #吴江"
    receiver = Receiver()
    await told(asking.sim, receiver)
    assert json.loads(json.loads(receiver.got[0][1])["content"])["share_id"] == share_id


async def test_short_link_needs_a_live_ticket() -> None:
    asking = AskDouyin()
    ticket = (await client(asking, "GET", "/open/getticket/"))["ticket"]
    ends = int(asking.sim.clock.now().timestamp()) + 3600
    body = {"client_ticket": ticket, "expire_at": ends, "title": "一", "video_path": "https://media.example.cn/a.mp4"}
    found = await client(asking, "POST", "/api/douyin/v1/schema/get_share/", body)
    assert asking.sim.press(found["schema"]).text == "一"
    asking.sim.advance(7200)
    assert (await client(asking, "POST", "/api/douyin/v1/schema/get_share/", body))["error_code"] == 2100005


async def test_events_are_subscribed_and_mocked() -> None:
    asking = AskDouyin(Douyin(callback=URL))
    await client(asking, "POST", "/event/status/update", {"list": [{"event": "create_video", "status": 0}]})
    listed = (await client(asking, "GET", "/event/status/list"))["list"]
    assert {"event": "create_video", "status": 0} in listed
    await client(asking, "POST", "/sandbox/webhook/event/send/", {"event_type": "create_video"})
    receiver = Receiver()
    await told(asking.sim, receiver)
    assert json.loads(receiver.got[0][1])["event"] == "create_video"
