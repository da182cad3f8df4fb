"""Answers of the platform and of whatever stands between: a yes, a no, or a silence; never anything else."""

import contextlib
import gzip
import json

import pytest
from hypothesis import given, strategies as st

from renderers.wechat.answers import has_key, identity, number, read_answer, secure, told, with_key
from renderers.wechat.errcodes import Lost, Refusal
from renderers.wechat.multipart import Upload, form_body, json_body


@pytest.mark.parametrize(
    ("status", "data"),
    [
        (500, b'{"errcode":0}'),
        (200, b""),
        (200, b"<html>"),
        (200, b'{"media_id":"x'),
        (200, b"[]"),
        (200, b'{"errcode":"x"}'),
        (200, b'{"errcode":null}'),
        (200, b'{"errcode":-1,"errmsg":"system error"}'),
        (200, b"\xff\xfe"),
        (200, b"[" * 100_000),
    ],
)
def test_answer_that_says_nothing_is_lost(status: int, data: bytes) -> None:
    with pytest.raises(Lost):
        read_answer(status, data)


@pytest.mark.parametrize("errcode", [40001, "40001"])
def test_refusal_is_read_as_number_and_as_text(errcode: object) -> None:
    with pytest.raises(Refusal) as refused:
        read_answer(200, json.dumps({"errcode": errcode, "errmsg": "invalid\n credential rid: 1-2"}).encode())
    assert (refused.value.errcode, refused.value.text) == (40001, "invalid credential rid: 1-2")


@pytest.mark.parametrize("data", [b'{"a":1}', b'{"errcode":0,"a":1}', b'{"errcode":"0","a":1}', b'\xef\xbb\xbf{"a":1}'])
def test_good_answer_is_given(data: bytes) -> None:
    assert read_answer(200, data)["a"] == 1


@given(st.integers(100, 599), st.binary(max_size=80))
def test_answer_of_anything_is_one_of_three(status: int, data: bytes) -> None:
    with contextlib.suppress(Lost, Refusal):
        assert isinstance(read_answer(status, data), dict)


def test_id_when_missing_or_monstrous_is_a_lost_answer() -> None:
    values: tuple[object, ...] = (None, "", [], True, "x" * 300)
    for value in values:
        with pytest.raises(Lost):
            identity({"media_id": value}, "media_id")
    assert identity({"article_id": "\nabc\n def"}, "article_id") == "abcdef"
    assert identity({"publish_id": 100000001}, "publish_id") == "100000001"


@pytest.mark.parametrize(("value", "found"), [(5, 5), ("5", 5), (True, None), ("x", None), (1.5, None), (None, None)])
def test_number_is_read_in_both_forms(value: object, found: int | None) -> None:
    assert number(value) == found


def test_sentence_of_the_platform_keeps_no_secret() -> None:
    assert told("access_token=80_abcdefghijklmnopqrstuvwxyz bad") == "access_token=***  bad".replace("  ", " ")
    assert told(None) == ""


@pytest.mark.parametrize(
    ("url", "found"),
    [
        ("http://mmbiz.qpic.cn/a", "https://mmbiz.qpic.cn/a"),
        ("https://mmbiz.qpic.cn/a", "https://mmbiz.qpic.cn/a"),
        ("http://127.0.0.1:9071/a", "http://127.0.0.1:9071/a"),
        ("javascript:alert(1)", ""),
        (None, ""),
        ("https://" + "x" * 3_000, ""),
    ],
)
def test_address_is_made_secure(url: object, found: str) -> None:
    assert secure(url) == found


def test_key_is_found_where_it_travelled_and_nowhere_else() -> None:
    item = {"content": {"news_item": [{"content_source_url": with_key("https://www.example.cn/d/x/", "abc")}]}}
    assert has_key(item, "abc")
    assert not has_key(item, "ab")
    assert has_key({"news_item": [{"content_source_url": with_key("https://e.cn/?b=1", "abc")}]}, "abc")
    for bad in ({}, {"content": "x"}, {"content": {"news_item": "x"}}, {"content": {"news_item": [1]}}):
        assert not has_key(bad, "abc")
    assert not has_key({"news_item": [{"content_source_url": "https://[bad?a=abc"}]}, "abc")


@given(st.binary(max_size=300))
def test_form_holds_the_file_byte_for_byte(data: bytes) -> None:
    body, content_type = form_body("media", Upload(data, "image/jpeg"))
    boundary = content_type.split("boundary=")[1]
    assert len(boundary) <= 70
    assert body.count(boundary.encode()) == 2
    assert data == body.split(b"\r\n\r\n", 1)[1].rsplit(b"\r\n--", 1)[0]


def test_json_keeps_its_characters() -> None:
    assert json_body({"title": "吴江"}) == '{"title":"吴江"}'.encode()


def test_answer_that_was_packed_unasked_is_unpacked_and_a_bomb_is_lost() -> None:
    assert read_answer(200, gzip.compress(b'{"publish_id":"7"}')) == {"publish_id": "7"}
    for data in (gzip.compress(b'{"a":1}')[:-9], b"\x1f\x8bnothing"):
        with pytest.raises(Lost):
            read_answer(200, data)
