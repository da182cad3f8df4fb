import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from urllib.parse import parse_qsl, urlsplit
from xml.etree import ElementTree as ET

import pytest

from tests.fakes.wechat.crypto import decrypt, signature
from tests.fakes.wechat.simulator import Mailbox, WeChat
from tests.unit.fakes.asking import wechat

URL = "http://127.0.0.1:8080/hooks/wechat/main/"
KEY = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQ"


@dataclass
class Receiver:
    """The account's server, as good or bad as a test needs it."""

    answers: list[tuple[int, bytes]] = field(default_factory=list)
    got: list[tuple[str, bytes]] = field(default_factory=list)
    away: bool = False

    async def __call__(self, _: str, url: str, __: Mapping[str, str], body: bytes) -> tuple[int, bytes]:
        if self.away:
            raise ConnectionRefusedError
        self.got.append((url, body))
        return self.answers.pop(0) if self.answers else (200, b"success")

    def query(self, at: int = 0) -> dict[str, str]:
        return dict(parse_qsl(urlsplit(self.got[at][0]).query))


async def told(sim: WeChat, receiver: Receiver, seconds: float = 30) -> None:
    for _ in range(int(seconds)):
        sim.advance(1)
        await sim.outbox.deliver(sim.clock.now(), receiver)


async def test_event_in_plain_xml_is_signed_and_says_where_the_article_is() -> None:
    asking = await wechat(WeChat(mailbox=Mailbox(URL, token="AAAAA")))
    done = await asking.published()
    receiver = Receiver()
    await told(asking.sim, receiver)
    assert len(receiver.got) == 1
    query = receiver.query()
    assert query["signature"] == signature("AAAAA", query["timestamp"], query["nonce"])
    root = ET.fromstring(receiver.got[0][1])
    info = root.find("PublishEventInfo")
    assert root.findtext("Event") == "PUBLISHJOBFINISH"
    assert info is not None
    raw = info.findtext("article_id") or ""
    assert raw != raw.strip() == done["article_id"]
    assert info.findtext("publish_status") == "0"
    assert info.findtext("article_detail/item/idx") == "1"


async def test_event_in_an_envelope_is_for_this_account_alone() -> None:
    asking = await wechat(WeChat(mailbox=Mailbox(URL, token="AAAAA", aes_key=KEY)))
    await asking.published()
    receiver = Receiver()
    await told(asking.sim, receiver)
    query = receiver.query()
    secret = ET.fromstring(receiver.got[0][1]).findtext("Encrypt") or ""
    assert query["encrypt_type"] == "aes"
    assert query["msg_signature"] == signature("AAAAA", query["timestamp"], query["nonce"], secret)
    assert b"PUBLISHJOBFINISH" not in receiver.got[0][1]
    assert b"PUBLISHJOBFINISH" in decrypt(secret, key=KEY, appid=asking.sim.account.appid)[1]


async def test_event_in_json_is_json() -> None:
    asking = await wechat(WeChat(mailbox=Mailbox(URL, body_format="json")))
    asking.sim.publishing.plan.result = 4
    await asking.published()
    receiver = Receiver()
    await told(asking.sim, receiver)
    info = json.loads(receiver.got[0][1])["PublishEventInfo"]
    assert (info["publish_status"], info["fail_idx"]) == (4, [1])


async def test_event_in_xml_repeats_the_numbers_of_what_failed() -> None:
    asking = await wechat(WeChat(mailbox=Mailbox(URL)))
    asking.sim.publishing.plan.result = 2
    cover = await asking.cover()
    articles = [{"title": title, "content": "正文", "thumb_media_id": cover} for title in ("一", "二")]
    draft = await asking.post("draft/add", {"articles": articles})
    await asking.post("freepublish/submit", {"media_id": draft["media_id"]})
    receiver = Receiver()
    await told(asking.sim, receiver)
    found = ET.fromstring(receiver.got[0][1]).findall("PublishEventInfo/fail_idx")
    assert [one.text for one in found] == ["1", "2"]


@pytest.mark.parametrize("answer", [(500, b""), (200, b"no"), (404, b"")])
async def test_event_when_not_accepted_is_sent_three_times(answer: tuple[int, bytes]) -> None:
    asking = await wechat(WeChat(mailbox=Mailbox(URL)))
    await asking.published()
    receiver = Receiver(answers=[answer] * 5)
    await told(asking.sim, receiver)
    assert len(receiver.got) == 3
    assert asking.sim.outbox.sent[0].state == "given up"


async def test_event_when_accepted_at_the_second_try_is_not_sent_again() -> None:
    asking = await wechat(WeChat(mailbox=Mailbox(URL)))
    await asking.published()
    receiver = Receiver(answers=[(502, b""), (200, b"")])
    await told(asking.sim, receiver)
    assert len(receiver.got) == 2
    assert receiver.got[0][1] == receiver.got[1][1]


async def test_event_when_nobody_is_there_is_given_up() -> None:
    asking = await wechat(WeChat(mailbox=Mailbox(URL)))
    await asking.published()
    await told(asking.sim, Receiver(away=True))
    assert [one.state for one in asking.sim.outbox.sent] == ["given up"]


async def test_events_lost_doubled_and_out_of_order_as_planned() -> None:
    asking = await wechat(WeChat(mailbox=Mailbox(URL)))
    outbox = asking.sim.outbox
    outbox.plan("PUBLISHJOBFINISH", lost=True)
    outbox.plan("PUBLISHJOBFINISH", delay=20)
    outbox.plan("PUBLISHJOBFINISH", copies=2)
    jobs = [(await asking.published(title))["publish_id"] for title in ("一", "二", "三")]
    receiver = Receiver()
    await told(asking.sim, receiver)
    got = [ET.fromstring(body).findtext("PublishEventInfo/publish_id") for _, body in receiver.got]
    assert got == [jobs[2], jobs[2], jobs[1]]


async def test_event_when_forged_carries_a_wrong_signature() -> None:
    asking = await wechat(WeChat(mailbox=Mailbox(URL, token="AAAAA", forge=True)))
    await asking.published()
    receiver = Receiver()
    await told(asking.sim, receiver)
    query = receiver.query()
    assert query["signature"] != signature("AAAAA", query["timestamp"], query["nonce"])


async def test_push_when_done_sends_its_counts() -> None:
    asking = await wechat(WeChat(mailbox=Mailbox(URL)))
    draft = await asking.draft()
    body = {"filter": {"is_to_all": True}, "msgtype": "mpnews", "mpnews": {"media_id": draft["media_id"]}}
    sent = await asking.post("message/mass/sendall", body)
    receiver = Receiver()
    await told(asking.sim, receiver)
    root = ET.fromstring(receiver.got[0][1])
    assert root.findtext("Event") == "MASSSENDJOBFINISH"
    assert root.findtext("MsgID") == str(sent["msg_id"])
    assert root.findtext("Status") == "send success"
    assert (root.findtext("ArticleUrlResult/ResultList/item/ArticleUrl") or "").startswith("http://mp.weixin.qq.com/")


async def test_url_check_wants_the_echo_back() -> None:
    sim = WeChat(mailbox=Mailbox(URL, token="AAAAA"))

    async def good(_: str, url: str, __: Mapping[str, str], ___: bytes) -> tuple[int, bytes]:
        query = dict(parse_qsl(urlsplit(url).query))
        assert query["signature"] == signature("AAAAA", query["timestamp"], query["nonce"])
        return 200, query["echostr"].encode()

    assert await sim.callbacks.check_url(good, sim.clock.now())
    assert not await sim.callbacks.check_url(Receiver(), sim.clock.now())
