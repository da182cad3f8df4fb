"""Writes the golden messages of SP/2: ``python -m tests.vectors.sp2.generate``. Run it only when the format changes.

What SP/1 says, said in the newer version, and what is new; the texts of SP/1 never change.
"""

import json
from pathlib import Path

from cms.hands.hours import Open
from cms.hands.line import FREE, Policy
from cms.hands.order import LIFE, Order
from cms.trust.keys import sha256
from cms.trust.signed import Signed, sign
from screens.messages import (
    Ack,
    Done,
    Feeds,
    FromScreen,
    FromServer,
    Line,
    OrderFrame,
    Proved,
    Pulse,
    Remembered,
    Roots,
    Shown,
    Tick,
    Tock,
    Unproved,
    Vitals,
    encode,
)
from screens.proof import GENESIS, Row, chained
from tests.vectors.sp1 import generate as first
from tests.vectors.world import DOMAIN, T0, by, feed, key_of, recalls, root, uuid_of

HERE = Path(__file__).parent
PROTOCOL = 2


CHAIN = "A1b2C3d4E5f6G7h8I9j0-_"


def order() -> Signed:
    made = Order(
        domain=DOMAIN,
        epoch=1,
        guard=key_of("guard").public.id,
        seq=9,
        order=uuid_of("order"),
        screen=uuid_of("screen"),
        action="volume",
        params={"level": 30},
        by=uuid_of("ma"),
        not_before=T0,
        expires_at=T0 + LIFE,
    )
    return sign(made, [key_of("guard")])


def new_of_server() -> dict[str, FromServer]:
    window = Open((1, 2, 3, 4, 5), 22 * 60, 6 * 60)
    thin = Policy(
        "Asia/Shanghai", (window,), 200_000_000, 600_000, share=True, neighbours=("http://192.168.1.20:8791",)
    )
    return {
        "order": OrderFrame(order()),
        "line": Line(thin),
        "line-free": Line(FREE),
        "roots": Roots((by(root(2), "root"), by(root(3), "root"))),
        "feeds": Feeds((by(feed(3), "feed air"), by(feed(9, feed="water", values={"level": None}), "feed water"))),
        "pulse": Pulse(),
        "tock": Tock(81_250_400, 1_795_000_000_123_456, 1_795_000_000_123_501),
        "proved": Proved(CHAIN, 3, (Unproved(2, "overlap"),)),
        "proved nothing of it": Proved(CHAIN, 0, ()),
    }


def new_of_screen() -> dict[str, FromScreen]:
    names = ("a" * 64, "b" * 64)
    rows = ((0, 1_795_000_000_000, 60_000), (1, 1_795_000_060_000, 15_000), (0, 1_795_000_075_000, -1))
    head = chained([Row(names[place], start, ms) for place, start, ms in rows]).head
    return {
        "ack of an epoch": Ack(7, "shown", T0, epoch=2),
        "done": Done(uuid_of("order"), "done", T0),
        "done-value": Done(uuid_of("order"), "done", T0, value=30),
        "done-refused": Done(uuid_of("order"), "refused", T0, "hands.replayed"),
        "remembered": Remembered(by(recalls(3, sha256(b"gone")), "guard")),
        "tick": Tick(81_250_400),
        "vitals": Vitals(1_795_000_000_000, 32_000, 21_000, 415),
        "vitals of a box that does not tell": Vitals(1_795_000_000_000),
        "proof": Shown(CHAIN, 1, GENESIS, head, names, rows),
    }


def good() -> dict[str, dict[str, str]]:
    """Name → who says it, and its text."""
    return (
        first.good(PROTOCOL)
        | {name: {"from": "server", "text": encode(message)} for name, message in new_of_server().items()}
        | {name: {"from": "screen", "text": encode(message)} for name, message in new_of_screen().items()}
    )


def files() -> dict[str, str]:
    made = {"messages.json": {"good": good(), "bad": first.bad(PROTOCOL)}, "proofs.json": first.proofs(PROTOCOL)}
    return {name: json.dumps(value, ensure_ascii=False, indent=1) + "\n" for name, value in made.items()}


if __name__ == "__main__":
    for file, text in files().items():
        (HERE / file).write_text(text, encoding="utf-8")
