"""Both machines of the screen protocol against each other and against whatever else may come, without a socket."""

import json

import pytest
from hypothesis import given, strategies as st

from cms.trust.keys import SigningKey, b64
from screens.messages import FileRef, Have, Hello, MessageFault, Pair, Retry, StateFrame, Welcome, encode
from screens.protocol import (
    BURST,
    HELLO_MS,
    BecameScreen,
    CodeShown,
    Dismissed,
    Goodbye,
    Phase,
    Proven,
    Reply,
    Said,
    ScreenSide,
    ServerSide,
    StateCame,
    WantsPairing,
    Welcomed,
    hello_bytes,
)
from tests.vectors.sp1 import generate
from tests.vectors.world import key_of, uuid_of

HOST = "screens.example:8081"
NONCE = b64(bytes(range(32)))
GOOD = generate.good()
KEY = key_of("screen")
SCREEN = uuid_of("screen")
WELCOME = Welcome(1, None, None, "", Retry(1, 2), 20_000)


def server(*, nonce: str = NONCE, hosts: tuple[str, ...] = (HOST,), now: int = 0) -> ServerSide:
    return ServerSide(nonce=nonce, hosts=hosts, now=now)


def screen_side(*, key: SigningKey = KEY, screen: str | None = SCREEN, host: str = HOST) -> ScreenSide:
    return ScreenSide(key=key, screen=screen, host=host, have=Have(1, 2, 3, 1, 1), player="1.0.0", caps={"touch": True})


def answer(side: ServerSide, other: ScreenSide) -> Hello | Pair:
    event = other.receive(encode(side.challenge(0)))
    assert isinstance(event, Reply)
    assert isinstance(event.message, Hello | Pair)
    return event.message


def live() -> ServerSide:
    side = server()
    side.receive(encode(answer(side, screen_side())), 0)
    side.admit()
    return side


def test_hello_when_signed_for_this_challenge_and_host_is_proven() -> None:
    side = server(hosts=("other.example", HOST))
    event = side.receive(encode(answer(side, screen_side())), 1)
    assert isinstance(event, Proven)
    assert event.hello.screen == SCREEN
    assert side.phase is Phase.PROVEN


def test_pairing_when_played_through_leads_both_sides_to_live() -> None:
    side, other = server(), screen_side(screen=None)
    event = side.receive(encode(answer(side, other)), 1)
    assert isinstance(event, WantsPairing)
    assert other.receive(encode(side.shown_code("ABC234", 9))) == CodeShown("ABC234", 9)
    assert other.receive(encode(side.shown_code("DEF567", 10))) == CodeShown("DEF567", 10)
    assert other.receive(encode(side.paired(SCREEN))) == BecameScreen(SCREEN)
    side.admit()
    assert other.receive(encode(WELCOME)) == Welcomed(WELCOME)
    assert side.phase is other.phase is Phase.LIVE
    assert isinstance(side.receive(encode(other.ack(3, "shown", 1)), 2), Said)


@pytest.mark.parametrize(
    ("side", "other"),
    [
        (server(nonce=b64(bytes(32))), screen_side()),  # the answer to another challenge
        (server(hosts=("elsewhere.example",)), screen_side()),  # a challenge passed on by a foreign server
        (server(hosts=()), screen_side()),
    ],
)
def test_hello_when_signed_for_something_else_is_refused(side: ServerSide, other: ScreenSide) -> None:
    message = answer(server(), other)
    with pytest.raises(Goodbye) as goodbye:
        side.receive(encode(message), 1)
    assert goodbye.value.bye.code == "protocol"
    assert goodbye.value.bye.why == "signature"
    assert side.phase is Phase.CLOSED


def test_hello_when_key_is_swapped_is_refused() -> None:
    side = server()
    message = json.loads(encode(answer(side, screen_side())))
    message["key"] = key_of("somebody").public.text
    with pytest.raises(Goodbye) as goodbye:
        side.receive(json.dumps(message), 1)
    assert goodbye.value.bye.why == "signature"


def test_hello_when_screen_is_swapped_is_refused() -> None:
    side = server()
    message = json.loads(encode(answer(side, screen_side())))
    message["screen"] = uuid_of("another")
    with pytest.raises(Goodbye) as goodbye:
        side.receive(json.dumps(message), 1)
    assert goodbye.value.bye.why == "signature"


def test_signature_of_a_pair_when_used_in_a_hello_is_refused() -> None:
    side = server()
    pair = answer(side, screen_side(screen=None))
    hello = json.loads(encode(answer(server(), screen_side())))
    hello["sig"] = pair.sig
    with pytest.raises(Goodbye):
        side.receive(json.dumps(hello), 1)
    assert not KEY.public.verifies(pair.sig, hello_bytes(NONCE, SCREEN, HOST))


@pytest.mark.parametrize("name", ["ack", "beat"])
def test_first_frame_when_it_is_no_introduction_ends_the_connection(name: str) -> None:
    with pytest.raises(Goodbye) as goodbye:
        server().receive(GOOD[name]["text"], 0)
    assert goodbye.value.bye.why == "order"


@pytest.mark.parametrize("again", [SCREEN, None])
def test_second_introduction_when_live_ends_the_connection(again: str | None) -> None:
    side = live()
    with pytest.raises(Goodbye) as goodbye:
        side.receive(encode(answer(server(), screen_side(screen=again))), 1)
    assert goodbye.value.bye.why == "order"


def test_frames_when_too_many_end_the_connection_and_a_steady_few_do_not() -> None:
    steady, flood = live(), live()
    for second in range(1, 600):
        assert isinstance(steady.receive(GOOD["beat"]["text"], second * 500), Said)
    for _ in range(BURST - 1):  # the hello took one
        flood.receive(GOOD["ack"]["text"], 0)
    with pytest.raises(Goodbye) as goodbye:
        flood.receive(GOOD["ack"]["text"], 1)
    assert goodbye.value.bye.why == "rate"


def test_silence_when_ten_seconds_long_is_overdue() -> None:
    side = server(now=100)
    assert not side.overdue(100 + HELLO_MS - 1)
    assert side.overdue(100 + HELLO_MS)
    assert not live().overdue(10**9)


def test_admit_when_nothing_is_proven_is_a_defect() -> None:
    with pytest.raises(ValueError, match="asked"):
        server().admit()


@given(st.lists(st.sampled_from(sorted(GOOD)) | st.text(max_size=30), max_size=12))
def test_server_when_sent_any_frames_is_never_live_without_being_admitted(frames: list[str]) -> None:
    side = server()
    for number, frame in enumerate(frames):
        text = GOOD[frame]["text"] if frame in GOOD else frame
        try:
            event = side.receive(text, number)
        except Goodbye:
            assert side.phase is Phase.CLOSED
            with pytest.raises(Goodbye):  # and stays closed whatever comes
                side.receive(GOOD["beat"]["text"], number)
            return
        # the golden proofs are for another host: nothing here can prove anything
        raise AssertionError(event)


@given(st.lists(st.sampled_from(sorted(name for name in GOOD if GOOD[name]["from"] == "server")), max_size=10))
def test_screen_when_sent_any_server_frames_takes_states_only_after_a_welcome(frames: list[str]) -> None:
    other, welcomed = screen_side(), False
    for frame in frames:
        try:
            event = other.receive(GOOD[frame]["text"])
        except MessageFault:
            continue
        welcomed |= isinstance(event, Welcomed)
        assert welcomed or not isinstance(event, StateCame)
        if isinstance(event, Dismissed):
            assert other.phase is Phase.CLOSED
            return


def test_state_when_live_reaches_the_screen_with_its_parts() -> None:
    other = screen_side()
    answer(server(), other)
    other.receive(encode(WELCOME))
    event = other.receive(GOOD["state-parts"]["text"])
    assert isinstance(event, StateCame)
    assert isinstance(event.state, StateFrame)
    assert event.state.manifest == FileRef("ab" * 32)
