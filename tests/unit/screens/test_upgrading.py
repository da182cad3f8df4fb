"""The short way through an ordinary upgrade says what the library says; everything else is the library's."""

import pytest
from websockets.protocol import CONNECTING, OPEN
from websockets.server import ServerProtocol
from websockets.typing import Origin, Subprotocol

from screens.messages import PATH, SUBPROTOCOLS
from screens.upgrading import PACKING, ordinary, packs

OURS = "https://desk.example"
PLAYER = {
    "Host": "desk.example",
    "Upgrade": "websocket",
    "Connection": "Upgrade",
    "Sec-WebSocket-Key": "dGhlIHNhbXBsZSBub25jZQ==",
    "Sec-WebSocket-Version": "13",
    "Sec-WebSocket-Protocol": "yunping.screen.2, yunping.screen.1",
}
BROWSER = {"Origin": OURS, "User-Agent": "Mozilla/5.0", "Sec-WebSocket-Extensions": "permessage-deflate"}
MASKED_A = b"\x81\x81\0\0\0\0a"


def machine() -> ServerProtocol:
    names = [Subprotocol(name) for name in SUBPROTOCOLS]
    return ServerProtocol(origins=[None, Origin(OURS)], subprotocols=names, extensions=[PACKING])


def request(changed: dict[str, str | None] | None = None, *, first: str = f"GET {PATH} HTTP/1.1") -> bytes:
    headers = PLAYER | (changed or {})
    lines = [first, *(f"{name}: {value}" for name, value in headers.items() if value is not None), "", ""]
    return "\r\n".join(lines).encode()


def answered(data: bytes) -> tuple[bytes, ServerProtocol]:
    """What the library says to it."""
    protocol = machine()
    protocol.receive_data(data)
    (asked,) = protocol.events_received()
    response = protocol.accept(asked)  # type: ignore[arg-type]
    if "Date" in response.headers:
        del response.headers["Date"]
    protocol.send_response(response)
    return b"".join(protocol.data_to_send()), protocol


@pytest.mark.parametrize(
    "changed",
    [
        {},
        BROWSER,
        BROWSER | {"Sec-WebSocket-Extensions": "permessage-deflate; client_max_window_bits"},
        {"Sec-WebSocket-Extensions": "permessage-deflate;server_no_context_takeover; client_no_context_takeover"},
        {"Connection": "keep-alive, Upgrade"},
        {"Upgrade": "WebSocket"},
        {"Sec-WebSocket-Key": None, "sec-websocket-key": "x3JJHMbDL1EzLkh9GBhXDw=="},
        {"Sec-WebSocket-Protocol": "yunping.screen.1"},
        {"Sec-WebSocket-Protocol": "yunping.screen.1,other,yunping.screen.2"},
    ],
)
def test_upgrade_when_ordinary_is_answered_as_the_library_would(changed: dict[str, str | None]) -> None:
    said, theirs = answered(request(changed))
    protocol = machine()
    found = ordinary(request(changed), protocol)
    assert found is not None
    assert found.answer == said
    assert protocol.state is CONNECTING
    found.read(protocol)
    found.open(protocol)
    for one in (protocol, theirs):
        one.receive_data(MASKED_A)
    assert protocol.state is theirs.state is OPEN
    assert (protocol.origin, protocol.subprotocol) == (theirs.origin, theirs.subprotocol)
    assert packs(protocol) is packs(theirs) is ("Sec-WebSocket-Extensions" in changed)
    assert protocol.events_received() == theirs.events_received()


@pytest.mark.parametrize(
    "data",
    [
        request({"Origin": "https://else.example"}),
        request({"Sec-WebSocket-Version": "12"}),
        request({"Sec-WebSocket-Key": "short"}),
        request({"Sec-WebSocket-Key": None}),
        request({"Sec-WebSocket-Protocol": "other"}),
        request({"Sec-WebSocket-Protocol": None}),
        request({"Upgrade": "h2c"}),
        request({"Connection": "close"}),
        request({"Content-Length": "3"}),
        request({"Transfer-Encoding": "chunked"}),
        request({"origin": "https://desk.example", "Origin": "https://else.example"}),
        request({"X-Odd": "a\x01b"}),
        request({"Sec-WebSocket-Extensions": "permessage-deflate; server_max_window_bits=10"}),
        request({"Sec-WebSocket-Extensions": "permessage-deflate, permessage-deflate; client_max_window_bits"}),
        request({"Sec-WebSocket-Extensions": "permessage-deflate; client_max_window_bits; client_max_window_bits"}),
        request({"Sec-WebSocket-Extensions": "x-webkit-deflate-frame"}),
        request({"X-Long": "a" * 5_000}),
        request(first="POST /screens/v1 HTTP/1.1"),
        request(first="GET /metrics HTTP/1.1"),
        request(first=f"GET {PATH}?a=1 HTTP/1.1"),
        request(first=f"GET {PATH} HTTP/1.0"),
        request({"Sec-WebSocket-Key": None}) + b"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n",
        request({"sec-websocket-key": "dGhlIHNhbXBsZSBub25jZQ=="}),
        request()[:-1],
        request() + MASKED_A,
        b"",
    ],
)
def test_request_when_it_is_not_ordinary_is_left_to_the_library(data: bytes) -> None:
    assert ordinary(data, machine()) is None
