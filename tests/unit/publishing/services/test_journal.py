"""No secret reaches the journal, wherever it hides."""

import json

import pytest
from hypothesis import given, strategies as st

from cms.publishing.services.journal import MASK, masked

SECRET = "s3cr3tvalue0123456789"


@pytest.mark.parametrize(
    "fields",
    [
        {"access_token": SECRET},
        {"headers": {"Authorization": f"Bearer {SECRET}"}},
        {"header": f"Authorization: Bearer {SECRET}"},
        {"url": f"https://api.weixin.qq.com/cgi-bin/token?appid=wx1&secret={SECRET}&grant_type=x"},
        {"body": f'{{"access_token": "{SECRET}", "expires_in": 7200}}'},
        {"body": f"client_secret={SECRET}".encode()},
        {"calls": [{"cookies": {"sid": SECRET}}, f"jsapi_ticket={SECRET}"]},
        {"apiKey": SECRET},
        {"nested": ({"deep": [{"password": SECRET}]},)},
    ],
)
def test_a_secret_is_masked_wherever_it_stands(fields: dict[str, object]) -> None:
    out = str(masked(fields))
    assert SECRET not in out
    assert MASK in out


def test_what_is_no_secret_stays_readable() -> None:
    fields = {"url": "https://api.weixin.qq.com/cgi-bin/draft/add?type=news", "status": 200, "ok": True, "x": None}
    assert masked(fields) == fields


leaves = st.text() | st.integers() | st.none() | st.binary()


@given(st.recursive(leaves, lambda x: st.lists(x) | st.dictionaries(st.text(), x)))
def test_anything_when_masked_is_json(value: object) -> None:
    json.dumps(masked({"value": value}))
