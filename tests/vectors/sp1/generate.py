"""Writes the golden messages of SP/1: ``python -m tests.vectors.sp1.generate``. Run it only when the format changes."""

import json
from pathlib import Path
from typing import Any

from cms.trust.beacon import Beacon
from cms.trust.manifest import Named
from cms.trust.screen import ScreenFacts
from cms.trust.signed import sign
from screens.messages import (
    Ack,
    Beat,
    Bye,
    Challenge,
    FileRef,
    FromScreen,
    FromServer,
    Have,
    Hello,
    Pair,
    Paired,
    Pairing,
    Retry,
    StateFrame,
    Welcome,
    encode,
)
from screens.protocol import hello_bytes, pair_bytes
from tests.vectors.world import AUDIENCE, DOMAIN, POINT, T0, key_of, root, uuid_of

HERE = Path(__file__).parent
NONCE = "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8"
HOST = "screens.wujiang.example"
HASH = "ab" * 32


def good(protocol: int = 1) -> dict[str, dict[str, str]]:
    """Name → who says it, and its text."""
    key, screen = key_of("screen"), uuid_of("screen")
    public = key.public.text
    caps = {"touch": True, "width": 1080, "browser": "chromium"}
    facts = sign(ScreenFacts(DOMAIN, 1, screen, public, POINT, ("hall",), 1, T0), [key_of("guard")])
    beacon = Beacon(DOMAIN, 1, AUDIENCE, key_of("guard").public.id, 7, T0, 42, HASH, HASH, Named(3, HASH), 1)
    signed = sign(beacon, [key_of("guard")])
    sig = key.sign(hello_bytes(NONCE, screen, HOST, protocol))
    server: dict[str, FromServer] = {
        "challenge": Challenge(NONCE, T0, protocol),
        "pairing": Pairing("ABC234", T0 + 600_000),
        "paired": Paired(screen),
        "welcome": Welcome(T0, facts, AUDIENCE, "https://media.wujiang.example", Retry(200, 1000), 20_000),
        "welcome-bare": Welcome(T0, None, None, "", Retry(0, 0), 20_000),
        "state-beacon": StateFrame(signed),
        "state-parts": StateFrame(signed, sign(root(), [key_of("root")]), FileRef(HASH), FileRef(HASH), FileRef(HASH)),
        "bye": Bye("restart", 500),
        "bye-why": Bye("protocol", 60_000, "signature"),
    }
    said: dict[str, FromScreen] = {
        "hello": Hello(screen, public, Have(1, 42, 3, 1, 2), sig, "1.0.0", caps, protocol),
        "pair": Pair(public, key.sign(pair_bytes(NONCE, public, HOST, protocol)), "1.0.0", {}, protocol),
        "ack": Ack(42, "shown", T0),
        "ack-refused": Ack(42, "refused", T0, "trust.signature"),
        "beat": Beat(T0, T0 - 40, 42, HASH, -12, stale=False, mem=180),
        "beat-bare": Beat(T0, None, 0, None, 0, stale=True, mem=0),
    }
    return {name: {"from": "server", "text": encode(message)} for name, message in server.items()} | {
        name: {"from": "screen", "text": encode(message)} for name, message in said.items()
    }


def bad(protocol: int = 1) -> list[dict[str, str]]:
    """Texts that must be refused, with the reason."""
    ack = {"t": "ack", "version": 1, "state": "shown", "at": 1}
    hello: dict[str, Any] = json.loads(good(protocol)["hello"]["text"])
    cases: list[tuple[str, str, str]] = [
        ("nothing", "", "json"),
        ("no-json", "{", "json"),
        ("list", "[]", "schema"),
        ("number", "1", "schema"),
        ("no-type", "{}", "type"),
        ("unknown-type", '{"t":"dance"}', "type"),
        ("type-is-list", '{"t":["ack"]}', "type"),
        ("server-message", '{"t":"paired","screen":"' + uuid_of("screen") + '"}', "type"),
        ("missing-field", '{"t":"ack","version":1,"at":1}', "schema"),
        ("unknown-field", json.dumps({**ack, "more": 1}), "schema"),
        ("field-twice", '{"t":"ack","version":1,"version":2,"state":"shown","at":1}', "schema"),
        ("null-for-absent", json.dumps({**ack, "code": None}), "schema"),
        ("fraction", json.dumps({**ack, "version": 1.5}), "schema"),
        ("whole-fraction", json.dumps({**ack, "version": 1.0}), "schema"),
        ("exponent", '{"t":"ack","version":1e3,"state":"shown","at":1}', "schema"),
        ("not-a-number", '{"t":"ack","version":NaN,"state":"shown","at":1}', "schema"),
        ("too-big", json.dumps({**ack, "version": 2**53}), "schema"),
        ("negative", json.dumps({**ack, "version": -1}), "schema"),
        ("zero-version", json.dumps({**ack, "version": 0}), "schema"),
        ("text-for-number", json.dumps({**ack, "version": "1"}), "schema"),
        ("bool-for-number", json.dumps({**ack, "version": True}), "schema"),
        ("strange-state", json.dumps({**ack, "state": "seen"}), "schema"),
        ("list-for-state", json.dumps({**ack, "state": ["shown"]}), "schema"),
        ("long-code", json.dumps({**ack, "code": "a" * 65}), "schema"),
        ("upper-uuid", json.dumps({**hello, "screen": str(hello["screen"]).upper()}), "schema"),
        ("short-key", json.dumps({**hello, "key": "AAAA"}), "schema"),
        ("key-stray-bits", json.dumps({**hello, "key": "A" * 42 + "B"}), "schema"),
        ("short-signature", json.dumps({**hello, "sig": "A" * 85}), "schema"),
        ("other-protocol", json.dumps({**hello, "protocol": 3 - protocol}), "schema"),
        ("have-more", json.dumps({**hello, "have": {**hello["have"], "x": 1}}), "schema"),
        ("have-less", json.dumps({**hello, "have": {}}), "schema"),
        ("caps-list", json.dumps({**hello, "caps": {"a": [1]}}), "schema"),
        ("caps-deep", json.dumps({**hello, "caps": {"a": {"b": 1}}}), "schema"),
        ("caps-many", json.dumps({**hello, "caps": {f"c{n}": 1 for n in range(33)}}), "schema"),
        ("caps-long", json.dumps({**hello, "caps": {"a": "x" * 65}}), "schema"),
        ("caps-name", json.dumps({**hello, "caps": {"A b": 1}}), "schema"),
        ("too-long", json.dumps({**ack, "code": "a" * 70_000}), "size"),
        ("too-long-in-bytes", json.dumps({**ack, "code": "屏" * 30_000}, ensure_ascii=False), "size"),
        ("deep", '{"t":' + "[" * 30_000, "json"),
    ]
    return [{"name": name, "from": "screen", "text": text, "why": why} for name, text, why in cases]


def proofs(protocol: int = 1) -> dict[str, str]:
    """The exact bytes that are signed, and the signatures of a key everybody may know."""
    key, screen = key_of("screen"), uuid_of("screen")
    hello, pair = hello_bytes(NONCE, screen, HOST, protocol), pair_bytes(NONCE, key.public.text, HOST, protocol)
    return {
        "seed": key.seed.hex(),
        "public": key.public.text,
        "nonce": NONCE,
        "screen": screen,
        "host": HOST,
        "hello_bytes": hello.decode(),
        "hello_sig": key.sign(hello),
        "pair_bytes": pair.decode(),
        "pair_sig": key.sign(pair),
    }


def files() -> dict[str, str]:
    made = {"messages.json": {"good": good(), "bad": bad()}, "proofs.json": proofs()}
    return {name: json.dumps(value, ensure_ascii=False, indent=1) + "\n" for name, value in made.items()}


if __name__ == "__main__":
    for file, text in files().items():
        (HERE / file).write_text(text, encoding="utf-8")
