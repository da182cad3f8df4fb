"""Bodies of callbacks: the platform's XML and JSON are read, no document type, nothing out of bounds."""

import contextlib

import pytest
from hypothesis import given, strategies as st

from renderers.wechat.events import BadEvent, field, read_event

PUBLISHED = b"""<xml><ToUserName><![CDATA[gh_1]]></ToUserName><FromUserName><![CDATA[o1]]></FromUserName>
<CreateTime>1481013459</CreateTime><MsgType><![CDATA[event]]></MsgType><Event><![CDATA[PUBLISHJOBFINISH]]></Event>
<PublishEventInfo><publish_id>2247503051</publish_id><publish_status>0</publish_status><article_id><![CDATA[
b5O2OUs25HBxRceL7hfReg-U9QGeq9zQjiDvy
WP4Hq4]]></article_id><article_detail><count>1</count><item><idx>1</idx>
<article_url><![CDATA[http://mp.weixin.qq.com/s?a=1&b=2]]></article_url></item></article_detail>
<fail_idx>1</fail_idx><fail_idx>2</fail_idx></PublishEventInfo></xml>"""


def test_event_when_read_has_its_fields() -> None:
    event = read_event(PUBLISHED)
    assert field(event, "Event") == "PUBLISHJOBFINISH"
    assert field(event, "PublishEventInfo", "article_id") == "b5O2OUs25HBxRceL7hfReg-U9QGeq9zQjiDvyWP4Hq4"
    assert event["PublishEventInfo"]["fail_idx"] == ["1", "2"]
    assert field(event, "PublishEventInfo", "nothing") == ""
    assert field(event, "Event", "deeper") == ""


def test_event_in_json_is_read_alike() -> None:
    event = read_event(b' {"Event": "X", "PublishEventInfo": {"publish_id": 5, "other": []}}')
    assert field(event, "PublishEventInfo", "publish_id") == "5"
    assert field(event, "PublishEventInfo", "other") == ""


BOMB = b'<!DOCTYPE xml [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;">]><xml><Event>&b;</Event></xml>'
OUTSIDE = b'<!DOCTYPE xml SYSTEM "file:///etc/passwd"><xml/>'
ENTITY = b'<!DOCTYPE x [<!ENTITY e SYSTEM "file:///etc/passwd">]><xml><Event>&e;</Event></xml>'


@pytest.mark.parametrize(
    "body",
    [
        BOMB,
        OUTSIDE,
        ENTITY,
        b"<?php x?><xml><a>1</a></xml>",
        b"<xml>" * 20 + b"</xml>" * 20,
        b"<xml>" + b"<a/>" * 600 + b"</xml>",
        b"<xml><a>" + b"x" * 70_000 + b"</a></xml>",
        b"<other><a>1</a></other>",
        b"<xml>text</xml>",
        b"<xml><a></xml>",
        b"<xml>&undefined;<a>1</a></xml>",
        b"",
        b"[1]",
        b"{",
        b'{"a":' * 30_000,
        "<xml><a>签</a></xml>".encode("utf-16"),
    ],
)
def test_body_that_is_no_event_is_refused(body: bytes) -> None:
    with pytest.raises(BadEvent):
        read_event(body)


@given(st.binary(max_size=300))
def test_body_of_anything_is_read_or_refused(body: bytes) -> None:
    with contextlib.suppress(BadEvent):
        assert isinstance(read_event(body), dict)
