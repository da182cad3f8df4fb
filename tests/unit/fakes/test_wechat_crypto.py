"""The vendor's own vectors first."""

import base64

import pytest

from tests.fakes.wechat.crypto import BadEnvelope, decrypt, encrypt, signature

KEY = "A" * 43
APPID = "wxba5fad812f8e6fb9"
REPLY = "ELGduP2YcVatjqIS+eZbp80MNLoAUWvzzyJxgGzxZO/5sAvd070Bs6qrLARC9nVHm48Y4hyRbtzve1L32tmxSQ=="


def test_signature_of_the_url_check_is_the_vendors() -> None:
    assert signature("AAAAA", "1714036504", "1514711492") == "f464b24fc39322e44b38aa78f5edd27bd1441696"


def test_signature_of_a_plain_event_is_the_vendors() -> None:
    assert signature("AAAAA", "1714037059", "486452656") == "899cf89e464efb63f54ddac96b0a0a235f53aa78"


def test_encrypted_reply_is_the_vendors() -> None:
    made = encrypt(b'{"demo_resp":"good luck"}', key=KEY, appid=APPID, salt=b"707722b803182950")
    assert made == REPLY
    assert signature("AAAAA", "1713424427", "415670741", made) == "1b9339964ed2e271e7c7b6ff2b0ef902fc94dea1"


def test_encrypted_reply_when_decrypted_gives_salt_and_message() -> None:
    assert decrypt(REPLY, key=KEY, appid=APPID) == (b"707722b803182950", b'{"demo_resp":"good luck"}')


def test_envelope_of_another_account_is_refused() -> None:
    with pytest.raises(BadEnvelope):
        decrypt(REPLY, key=KEY, appid="wx0000000000000000")


@pytest.mark.parametrize("length", [0, 1, 11, 12, 13, 31, 32, 33, 1000])
def test_padding_when_the_length_is_anything_fills_blocks_of_32(length: int) -> None:
    made = encrypt(b"x" * length, key=KEY, appid=APPID, salt=b"s" * 16)
    assert len(base64.b64decode(made)) % 32 == 0
    assert decrypt(made, key=KEY, appid=APPID)[1] == b"x" * length
