"""The platform's own vectors, recomputed: signatures, decryption and encryption of callbacks."""

import base64

import pytest
from hypothesis import given, strategies as st

from renderers.wechat.crypto import Unreadable, decrypted, encrypted, is_signed, key_of, signature
from renderers.wechat.events import field, read_event

KEY = key_of("A" * 43)
SEALED = "ELGduP2YcVatjqIS+eZbp80MNLoAUWvzzyJxgGzxZO/5sAvd070Bs6qrLARC9nVHm48Y4hyRbtzve1L32tmxSQ=="
EVENT = (
    "+qdx1OKCy+5JPCBFWw70tm0fJGb2Jmeia4FCB7kao+/Q5c/ohsOzQHi8khUOb05JCpj0JB4RvQMkUyus8TPxLKJGQqcvZqzDpVzazhZv6JsXUnnR8XGT"
    "740XgXZUXQ7vJVnAG+tE8NUd4yFyjPy7GgiaviNrlCTj+l5kdfMuFUPpRSrfMZuMcp3Fn2Pede2IuQrKEYwKSqFIZoNqJ4M8EajAsjLY2km32IIjdf8Y"
    "L/P50F7mStwntrA2cPDrM1kb6mOcfBgRtWygb3VIYnSeOBrebufAlr7F9mFUPAJGj04="
)
APPID = "wxba5fad812f8e6fb9"


@pytest.mark.parametrize(
    ("parts", "expected"),
    [
        (("AAAAA", "1714036504", "1514711492"), "f464b24fc39322e44b38aa78f5edd27bd1441696"),
        (("AAAAA", "1714037059", "486452656"), "899cf89e464efb63f54ddac96b0a0a235f53aa78"),
        (("AAAAA", "1713424427", "415670741", SEALED), "1b9339964ed2e271e7c7b6ff2b0ef902fc94dea1"),
    ],
)
def test_signature_of_the_vectors(parts: tuple[str, ...], expected: str) -> None:
    assert signature(*parts) == expected
    assert signature(*reversed(parts)) == expected
    assert is_signed(expected, *parts)
    assert not is_signed(expected[:-1] + "0", *parts)
    assert not is_signed("签", *parts)


def test_encryption_of_the_vector() -> None:
    assert encrypted(KEY, b"707722b803182950", b'{"demo_resp":"good luck"}', APPID) == SEALED


def test_decryption_of_the_vector() -> None:
    opened = decrypted(KEY, SEALED)
    assert (opened.random, opened.message, opened.appid) == (b"707722b803182950", b'{"demo_resp":"good luck"}', APPID)


def test_decryption_of_the_event_of_the_documentation() -> None:
    parts = ("AAAAA", "1714112445", "415670741", EVENT)
    assert is_signed("046e02f8204d34f8ba5fa3b1db94908f3df2e9b3", *parts)
    opened = decrypted(KEY, EVENT)
    assert (opened.random, len(opened.message), opened.appid) == (b"a8eedb185eb2fecf", 167, APPID)
    assert field(read_event(opened.message), "Event") == "debug_demo"


@given(st.binary(max_size=200), st.text(st.characters(codec="ascii"), max_size=30))
def test_message_comes_back_as_it_went(message: bytes, appid: str) -> None:
    opened = decrypted(KEY, encrypted(KEY, b"0" * 16, message, appid))
    assert (opened.message, opened.appid) == (message, appid)


@given(st.binary(max_size=96) | st.sampled_from((b"", b"\0" * 32)))
def test_damaged_message_is_unreadable_or_opens_to_something(data: bytes) -> None:
    try:
        opened = decrypted(KEY, base64.b64encode(data).decode())
    except Unreadable:
        return
    assert len(opened.message) <= len(data)


@pytest.mark.parametrize("key", ["", "A" * 42, "A" * 44, "*" * 43, "键" * 43])
def test_key_of_another_form_is_refused(key: str) -> None:
    with pytest.raises(Unreadable):
        key_of(key)


@pytest.mark.parametrize("sealed", ["", "not base64!", "AAAA", "汉字"])
def test_text_that_was_never_sealed_is_unreadable(sealed: str) -> None:
    with pytest.raises(Unreadable):
        decrypted(KEY, sealed)
