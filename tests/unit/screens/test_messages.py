"""The messages of each version: golden texts, refusals, and that whatever is written is read as the same."""

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, strategies as st

from cms.trust.keys import PublicKey, b64
from screens.messages import (
    ACK_STATES,
    BYE_CODES,
    Ack,
    Beat,
    Bye,
    Challenge,
    FromScreen,
    FromServer,
    Have,
    Hello,
    MessageFault,
    Pair,
    Pairing,
    Tick,
    Tock,
    encode,
    read_screen,
    read_server,
)
from tests.vectors.sp1 import generate as sp1_generate
from tests.vectors.sp2 import generate as sp2_generate

VECTORS = Path(__file__).parents[2] / "vectors"
GENERATED: dict[int, Any] = {1: sp1_generate, 2: sp2_generate}
GOLDEN = {n: json.loads((VECTORS / f"sp{n}" / "messages.json").read_text("utf-8")) for n in GENERATED}

ms = st.integers(0, 2**53 - 1)
keys = st.binary(min_size=32, max_size=32).map(b64)
hashes = st.binary(min_size=32, max_size=32).map(bytes.hex)
uuids = st.uuids().map(str)
signatures = st.binary(min_size=64, max_size=64).map(b64)
words = st.text("abcdefghijklmnopqrstuvwxyz_.", min_size=1, max_size=64)
versions = st.text("0123456789abcXYZ.+-", min_size=1, max_size=32)
caps = st.dictionaries(
    st.text("abcdefghijklmnopqrstuvwxyz0123456789_-", min_size=1, max_size=40),
    st.booleans() | st.integers(-(2**53) + 1, 2**53 - 1) | st.text(max_size=64).filter(lambda t: t.isprintable()),
    max_size=32,
)
from_screen = st.one_of(
    st.builds(Hello, uuids, keys, st.builds(Have, ms, ms, ms, ms, ms), signatures, versions, caps),
    st.builds(Pair, keys, signatures, versions, caps),
    st.builds(Ack, st.integers(1, 2**53 - 1), st.sampled_from(ACK_STATES), ms, st.none() | words),
    st.builds(
        Beat,
        at=ms,
        painted_at=st.none() | ms,
        version=ms,
        showing=st.none() | hashes,
        clock=st.integers(-(2**53) + 1, 2**53 - 1),
        stale=st.booleans(),
        mem=st.integers(0, 2**20),
    ),
    st.builds(Tick, ms),
)
from_server = st.one_of(
    st.builds(Challenge, keys, ms),
    st.builds(Pairing, st.text("ABCDEFGHJKLMNPQRSTUVWXYZ23456789", min_size=6, max_size=6), ms),
    st.builds(Bye, st.sampled_from(BYE_CODES), ms, st.none() | words),
    st.builds(Tock, ms, ms, ms),
)
anything = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=12,
)


@pytest.mark.parametrize("protocol", GENERATED)
def test_golden_files_when_made_again_are_the_same(protocol: int) -> None:
    for name, text in GENERATED[protocol].files().items():
        assert (VECTORS / f"sp{protocol}" / name).read_text("utf-8") == text


@pytest.mark.parametrize(("protocol", "name"), [(n, name) for n, golden in GOLDEN.items() for name in golden["good"]])
def test_golden_message_when_read_and_written_is_the_same_text(protocol: int, name: str) -> None:
    said: dict[str, str] = GOLDEN[protocol]["good"][name]
    read: Any = read_server if said["from"] == "server" else read_screen
    other: Any = read_screen if said["from"] == "server" else read_server
    assert encode(read(said["text"], protocol)) == said["text"]
    with pytest.raises(MessageFault) as fault:
        other(said["text"], protocol)
    assert fault.value.why == "type"


@pytest.mark.parametrize("name", [name for name in GOLDEN[2]["good"] if name not in GOLDEN[1]["good"]])
def test_newer_message_when_an_older_version_was_agreed_is_refused(name: str) -> None:
    said: dict[str, str] = GOLDEN[2]["good"][name]
    read: Any = read_server if said["from"] == "server" else read_screen
    with pytest.raises(MessageFault) as fault:
        read(said["text"], 1)
    # A field may be newer than the message that it is in.
    assert fault.value.why == ("schema" if name == "ack of an epoch" else "type")


@pytest.mark.parametrize(
    ("protocol", "case"),
    [(n, case) for n, golden in GOLDEN.items() for case in golden["bad"]],
    ids=[f"{n}-{case['name']}" for n, golden in GOLDEN.items() for case in golden["bad"]],
)
def test_bad_message_when_read_is_refused_with_its_reason(protocol: int, case: dict[str, str]) -> None:
    with pytest.raises(MessageFault) as fault:
        read_screen(case["text"], protocol)
    assert fault.value.why == case["why"]


def test_binary_frame_when_read_is_refused() -> None:
    with pytest.raises(MessageFault):
        read_screen(GOLDEN[2]["good"]["ack"]["text"].encode())


@given(from_screen)
def test_message_of_a_screen_when_written_is_read_as_the_same(message: FromScreen) -> None:
    assert read_screen(encode(message)) == message


@given(from_server)
def test_message_of_a_server_when_written_is_read_as_the_same(message: FromServer) -> None:
    assert read_server(encode(message)) == message


@given(from_screen, st.data())
def test_message_when_one_field_becomes_anything_is_read_or_refused_never_more(
    message: FromScreen, data: st.DataObject
) -> None:
    value = json.loads(encode(message))
    name = data.draw(st.sampled_from(sorted(value)))
    value[name] = data.draw(anything)
    try:
        again = read_screen(json.dumps(value))
    except MessageFault:
        return
    assert json.loads(encode(again)) == value


@given(st.text(max_size=200) | anything.map(json.dumps))
def test_any_text_when_read_is_a_message_or_a_fault(text: str) -> None:
    try:
        read_screen(text)
    except MessageFault as fault:
        reason = fault.why
    else:
        return
    assert reason in {"json", "schema", "type", "size"}


@pytest.mark.parametrize("protocol", GENERATED)
def test_proofs_when_verified_with_the_public_key_are_good(protocol: int) -> None:
    proofs = json.loads((VECTORS / f"sp{protocol}" / "proofs.json").read_text("utf-8"))
    key = PublicKey.read(proofs["public"])
    assert key.verifies(proofs["hello_sig"], proofs["hello_bytes"].encode())
    assert key.verifies(proofs["pair_sig"], proofs["pair_bytes"].encode())
    assert not key.verifies(proofs["hello_sig"], proofs["pair_bytes"].encode())
