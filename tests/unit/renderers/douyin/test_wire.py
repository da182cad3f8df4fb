"""Both envelopes, numbers as text, hostile answers; bodies byte by byte."""

import datetime as dt
import json

import pytest
from hypothesis import given, strategies as st

from renderers.douyin.errors import OTHER, TABLE, Action, Trouble, row_of
from renderers.douyin.wire import Answer, Garbled, address, json_body, multipart, number, read_answer, rows, truth

OLD = {"data": {"error_code": 0, "description": "", "item_id": "@1"}, "extra": {"error_code": 0, "now": 1764118800123}}


def read(value: object, status: int = 200, **headers: str) -> Answer | Garbled:
    return read_answer(status, headers, json.dumps(value).encode())


def test_answer_when_of_the_old_family_is_read() -> None:
    answer = read(OLD)
    assert isinstance(answer, Answer)
    assert (answer.code, answer.data["item_id"]) == (0, "@1")
    assert answer.at == dt.datetime(2025, 11, 26, 1, 0, tzinfo=dt.UTC)


def test_answer_when_of_the_new_family_is_read() -> None:
    answer = read({"err_no": 28001056, "err_msg": "该能力已下线", "log_id": "L1", "data": {}})
    assert answer == Answer(28001056, "该能力已下线", {}, None, "L1")
    assert answer.row.action is Action.outbox


@pytest.mark.parametrize("place", ["data", "extra"])
def test_answer_when_numbers_are_text_or_only_one_place_has_the_code_is_read(place: str) -> None:
    value = {"data": {"error_code": "0"}, "extra": {"error_code": "0"}}
    value[place]["error_code"] = "2190008"
    answer = read(value)
    assert isinstance(answer, Answer)
    assert answer.row.trouble is Trouble.token


def test_answer_when_it_tells_no_time_takes_that_of_the_header() -> None:
    answer = read({"err_no": 0, "data": {}}, Date="Thu, 26 Nov 2026 01:00:00 GMT")
    assert isinstance(answer, Answer)
    assert answer.at == dt.datetime(2026, 11, 26, 1, 0, tzinfo=dt.UTC)


@pytest.mark.parametrize(
    ("status", "body"),
    [(502, b"{}"), (200, b""), (200, b"<html>"), (200, b"[]"), (200, b"{}"), (200, b'{"data":{"error_code":true}}')],
)
def test_answer_when_it_cannot_be_read_is_no_yes(status: int, body: bytes) -> None:
    assert isinstance(read_answer(status, {}, body), Garbled)


NAMES = st.sampled_from(("data", "extra", "error_code", "err_no", "now", "list"))
NESTED = st.recursive(
    st.none() | st.integers() | st.text(), lambda inner: st.lists(inner) | st.dictionaries(NAMES, inner)
)


@given(st.binary(max_size=200) | NESTED.map(lambda value: json.dumps(value).encode()))
def test_answer_when_hostile_never_raises(body: bytes) -> None:
    answer = read_answer(200, {"date": "nonsense"}, body)
    if isinstance(answer, Answer):
        rows(answer.data)


def test_multipart_when_written_is_as_a_browser_writes_it() -> None:
    body, content_type = multipart("video", b"DATA", filename="video.mp4", media_type="video/mp4")
    boundary = content_type.partition("boundary=")[2]
    assert len(boundary) <= 70
    assert body.decode() == (
        f'--{boundary}\r\nContent-Disposition: form-data; name="video"; filename="video.mp4"\r\n'
        f"Content-Type: video/mp4\r\n\r\nDATA\r\n--{boundary}--\r\n"
    )


def test_json_when_chinese_is_not_escaped() -> None:
    assert json_body({"text": "吴江 #话题"}) == '{"text":"吴江 #话题"}'.encode()


def test_address_when_it_has_a_query_is_escaped() -> None:
    assert address("https://open.douyin.com/", "/a/", open_id="_0 &x") == "https://open.douyin.com/a/?open_id=_0+%26x"


@pytest.mark.parametrize(
    ("value", "read_as"),
    [("12", 12), (" -3 ", -3), (5, 5), (True, None), ("１", None), ("", None), (None, None), ("9" * 30, None)],
)
def test_number_when_it_is_text_or_none_is_read(value: object, read_as: int | None) -> None:
    assert number(value) == read_as


def test_truth_when_it_is_text_is_read() -> None:
    assert [truth(v) for v in (True, 1, "1", "true", "True", False, 0, "0", "", None)] == [True] * 5 + [False] * 5


def test_codes_when_listed_stand_in_one_class_each() -> None:
    listed = [code for row in TABLE for code in row.codes]
    assert len(listed) == len(set(listed))
    assert {row.trouble for row in TABLE} == set(Trouble)
    assert row_of(28001056).trouble is Trouble.capability
    assert row_of(424242) is OTHER
