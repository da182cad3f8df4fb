"""The platform's own vectors, recomputed: signatures, decryption and encryption of callbacks."""

import base64

import pytest
from hypothesis import given, strategies as st

from renderers.wechat.crypto import Unreadable, decrypted, encrypted, is_signed, key_of, signature

KEY = key_of("A" * 43)
SEALED = "ELGduP2YcVatjqIS+eZbp80MNLoAUWvzzyJxgGzxZO/5sAvd070Bs6qrLARC9nVHm48Y4hyRbtzve1L32tmxSQ=="
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
