"""Orders a screen heeds or refuses, for every port: `orders.json` has the root, the screen and the cases."""

from typing import Any

from cms.hands.hours import Hours, Open
from cms.hands.order import LIFE, Order
from cms.trust.signed import Signed, plain, sign, sign_text, text_of
from tests.vectors.world import DOMAIN, T0, by, key_of, root, uuid_of

Json = dict[str, Any]
TICKET = "T" * 43


def order(seq: int = 1, *, action: str = "reload", params: Any = None, **changes: Any) -> Order:
    made: Json = {
        "domain": DOMAIN,
        "epoch": 1,
        "guard": key_of("guard").public.id,
        "seq": seq,
        "order": uuid_of(f"order {seq}"),
        "screen": uuid_of("screen"),
        "action": action,
        "params": params or {},
        "by": uuid_of("ma"),
        "not_before": T0,
        "expires_at": T0 + LIFE,
    }
    return Order(**{**made, **changes})


def signed(made: Order, name: str = "guard") -> Signed:
    return sign(made, [key_of(name)])


def _case(name: str, one: Signed, expect: str | None, *, now: int = T0 + 1, seq: int = 0, epoch: int = 1) -> Json:
    seqs = {key_of("guard").public.id: seq} if seq else {}
    return {"name": name, "order": one.value(), "now": now, "epoch": epoch, "seqs": seqs, "expect": expect}


def cases() -> list[Json]:
    hours = plain(Hours("Asia/Shanghai", (Open((1, 5), 390, 60),)))
    good = signed(order())
    tampered = Signed(good.text.replace("reload", "screenshot"), good.signatures)
    other = order(guard=key_of("other").public.id)
    long_ = order(expires_at=T0 + LIFE + 1)
    wrong: list[tuple[str, Json]] = [
        ("shell", {"action": "shell"}),
        ("free parameter", {"params": {"command": "rm -rf /"}}),
        ("level over", {"action": "volume", "params": {"level": 101}}),
        ("level as text", {"action": "volume", "params": {"level": "30"}}),
        ("level as bool", {"action": "volume", "params": {"level": True}}),
        ("foreign zone", {"action": "hours", "params": {"zone": "../../etc/passwd", "open": []}}),
        ("a day twice", {"action": "hours", "params": {"zone": "UTC", "open": [{"days": [1, 1], "on": 0, "off": 1}]}}),
        ("no ticket", {"action": "screenshot"}),
        ("update by address", {"action": "update", "params": {"file": "https://evil.example"}}),
    ]
    return [
        _case("good", good, None),
        _case("good volume", signed(order(action="volume", params={"level": 0})), None),
        _case("good hours", signed(order(action="hours", params=hours)), None),
        _case("good upload", signed(order(action="logs", params={"ticket": TICKET})), None),
        _case("a little early", good, None, now=T0 - 5_000),
        _case("next number", signed(order(8)), None, seq=7),
        _case("number again", signed(order(7)), "hands.replayed", seq=7),
        _case("older number", signed(order(6)), "hands.replayed", seq=7),
        _case("older epoch", good, "hands.replayed", epoch=2),
        _case("another screen", signed(order(screen=uuid_of("another"))), "hands.target"),
        _case("too early", good, "hands.early", now=T0 - 5_001),
        _case("expired", good, "hands.expired", now=T0 + LIFE),
        _case("no time known", good, "hands.time_unknown", now=0),
        _case("unsigned", Signed(good.text, ()), "trust.signature"),
        _case("tampered", tampered, "trust.schema"),
        _case("by a person", signed(order(), "zhao"), "trust.signature"),
        _case("by the root", signed(order(), "root"), "trust.signature"),
        _case("names another guard", signed(other), "trust.signature"),
        _case("another district", signed(order(domain="other.example")), "trust.domain"),
        _case("higher epoch", signed(order(epoch=2)), "trust.epoch"),
        _case("signed as a beacon", sign_text("beacon", text_of(order()), [key_of("guard")]), "trust.signature"),
        _case("lives too long", signed(long_), "trust.schema"),
        _case("ends before it begins", signed(order(expires_at=T0)), "trust.schema"),
        *(_case(name, signed(order(**change)), "trust.schema") for name, change in wrong),
    ]


def orders() -> Json:
    return {"root": by(root(), "root").value(), "screen": uuid_of("screen"), "cases": cases()}
