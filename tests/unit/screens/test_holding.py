"""The gateway's check of a hello agrees with the one every signed object is checked by."""

from hypothesis import given, strategies as st

from cms.trust.keys import PublicKey, SigningKey, b64
from screens.holding import holds

KEY = SigningKey(bytes(range(32)))
OTHER = SigningKey(bytes(32))


@given(st.binary(max_size=300))
def test_holds_says_what_the_trust_core_says_of_good_signatures(data: bytes) -> None:
    signature = KEY.sign(data)
    assert holds(KEY.public, signature, data)
    assert KEY.public.verifies(signature, data)
    assert not holds(OTHER.public, signature, data)


@given(st.binary(min_size=1, max_size=200), st.integers(0, 63), st.integers(1, 255))
def test_holds_refuses_a_signature_with_one_byte_changed(data: bytes, place: int, by: int) -> None:
    raw = bytearray(KEY._key.sign(data))
    raw[place] ^= by
    assert not holds(KEY.public, b64(bytes(raw)), data)


@given(st.text(max_size=100))
def test_holds_of_something_else_than_a_signature_is_false(text: str) -> None:
    assert not holds(KEY.public, text, b"data")


def test_holds_refuses_a_key_of_small_order_that_would_sign_everything() -> None:
    everything = PublicKey(bytes([1, *bytes(31)]))
    assert not holds(everything, b64(bytes([1, *bytes(63)])), b"data")
