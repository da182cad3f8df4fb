"""Data feeds and releases of the player: what a screen takes, and what it must refuse of both."""

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from cms.signals.feed import Feed, read_card
from cms.signals.software import SoftwareFile
from cms.trust.canonical import encode
from cms.trust.keys import sha256
from cms.trust.signed import Signed, text_of
from tests.vectors import world
from tests.vectors.cases import GRANTED, ROOT, Case, changed, signed_text, started
from tests.vectors.world import DAY, HOUR, T0, by, feed, feed_keys, software

CARD = world.card()
FEEDS = replace(GRANTED, version=2, feeds=(feed_keys(), feed_keys("water")))
SOFTWARE_ROOT = world.software_root()
PLAYER_KEYS = ("player-1", "player-2")
GOOD = {"pm25": 35, "level": "good"}


def signals() -> Iterator[Case]:
    yield from _feed_lives()
    yield from _on_feeds()
    yield from _on_cards()
    yield from _software_lives()
    yield from _on_software()


def measured(name: str, attack: str) -> Case:
    """A screen that knows who may sign the feed `air`."""
    return started(name, attack).take(1_500, {"delegations": None}, delegations=by(FEEDS, "delegations"))


def _signed(body: Feed, key: str = "feed air") -> Signed:
    return by(body, key)


def _feed_lives() -> Iterator[Case]:
    case = measured("values of a data card come, change and run out", "none").values(1_600, CARD, "trust.missing")
    case.take(2_000, {"feed": None}, feeds=(_signed(feed()),)).values(2_000, CARD, GOOD)
    case.take(2_100, {"feed": None}, feeds=(_signed(feed()),))
    worse: dict[str, Any] = {"pm25": None, "level": "poor"}
    case.take(3_000, {"feed": None}, feeds=(_signed(feed(2, values=worse)),)).values(3_000, CARD, worse)
    case.values(1_000 + HOUR - 1, CARD, worse).values(1_000 + HOUR, CARD, "trust.expired")
    yield case.restarted(5, DAY).values(6, CARD, "trust.expired")

    gone = measured("a feed's key is taken out", "none").take(2_000, {"feed": None}, feeds=(_signed(feed()),))
    without = replace(FEEDS, version=3, feeds=(feed_keys("water"),))
    gone.take(3_000, {"delegations": None}, delegations=by(without, "delegations"))
    yield gone.values(3_000, CARD, "trust.missing")


def _on_feeds() -> Iterator[Case]:
    def case(name: str, attack: str, code: str, one: Signed) -> Case:
        held = measured(name, attack).take(2_000, {"feed": None}, feeds=(_signed(feed(5)),))
        return held.take(3_000, {"feed": code}, feeds=(one,)).values(3_000, CARD, GOOD)

    worse = {"pm25": 999, "level": "poor"}
    text = text_of(feed(6, values=worse))
    yield case("an older feed", "rollback", "trust.rollback", _signed(feed(4, values=worse)))
    yield case("another feed of the same number", "mix-and-match", "trust.mixed", _signed(feed(5, values=worse)))
    yield case("a feed that ran out", "freeze", "trust.expired", _signed(feed(6, expires_at=T0 + 1)))
    yield case("a feed signed by the guard", "key compromise", "trust.signature", by(feed(6, values=worse), "guard"))
    yield case("a feed signed by two approvers", "key compromise", "trust.signature", by(feed(6), "qian", "sun"))
    yield case("a feed signed by another feed's key", "wrong target", "trust.signature", _signed(feed(6), "feed water"))
    yield case("a feed nobody may sign", "arbitrary", "trust.signature", _signed(feed(6, feed="wind")))
    yield case("a feed without a signature", "arbitrary", "trust.signature", Signed(text, ()))
    yield case("a feed of another district", "wrong domain", "trust.domain", _signed(feed(6, domain="other.example")))
    yield case("a feed of an epoch nobody opened", "fast-forward", "trust.epoch", _signed(feed(6, epoch=2)))
    for name, value in (
        ("free text", "打倒"),
        ("a sentence", "good day"),
        ("a list", [1]),
        ("true", True),
        ("an object", {"a": 1}),
    ):
        bad = changed(text, values={"pm25": 1, "level": value})
        yield case(f"a feed that says {name}", "schema", "trust.schema", signed_text("feed", bad, "feed air"))
    yield case("values for a month", "schema", "trust.schema", _signed(feed(6, expires_at=T0 + 30 * DAY)))
    crossed = signed_text("manifest", text, "feed air")
    yield case("a manifest's signature under a feed", "cross-protocol", "trust.signature", crossed)
    yield case("an endless feed", "endless data", "trust.size", Signed(encode("x" * 20_000), ()))
    early = started("a feed under delegations of the first format", "arbitrary")
    yield early.take(2_000, {"feed": "trust.signature"}, feeds=(_signed(feed()),))
    late = replace(FEEDS, version=3, feeds=(feed_keys(not_after=T0 + 2_500),))
    over = started("a feed's key that ran out", "expired key")
    over.take(1_500, {"delegations": None}, delegations=by(late, "delegations"))
    over.take(2_000, {"feed": None}, feeds=(_signed(feed()),))
    yield over.take(3_600, {"feed": "trust.signature"}, feeds=(_signed(feed(2)),))
    shared = replace(FEEDS, version=3, feeds=(feed_keys("air", "qian"),))
    both = started("an approver's key for a feed", "key compromise")
    yield both.take(2_000, {"delegations": "trust.key_shared"}, delegations=by(shared, "delegations"))
    twice = replace(FEEDS, version=3, feeds=(feed_keys(), feed_keys()))
    again = started("a feed twice in the delegations", "schema")
    yield again.take(2_000, {"delegations": "trust.schema"}, delegations=by(twice, "delegations"))


def _on_cards() -> Iterator[Case]:
    """A good feed, and a card that is not the one it was measured for, or that makes no sense."""
    number, word = CARD["fields"]

    def case(name: str, attack: str, code: str, card: dict[str, Any]) -> Case:
        held = measured(name, attack).take(2_000, {"feed": None}, feeds=(_signed(feed()),))
        return held.values(2_000, card, code)

    relabelled = world.card(fields=[{**number, "label": "降雨"}, word])
    yield case("values under another label", "wrong target", "trust.card_changed", relabelled)
    yield case("values for a card of fewer fields", "mix-and-match", "trust.card_changed", world.card(fields=[number]))
    yield case("another feed's card", "wrong target", "trust.missing", world.card(feed="water"))
    for name, card in (
        ("no fields", world.card(fields=[])),
        ("a field twice", world.card(fields=[number, number])),
        ("bounds the wrong way", world.card(fields=[{**number, "least": 9, "most": 1}])),
        ("a kind nobody knows", world.card(fields=[{**number, "kind": "text"}])),
        ("a word twice", world.card(fields=[{**word, "words": word["words"][:1] * 2}])),
        ("no name of a feed", world.card(feed="空气")),
        ("more than was agreed in a field", world.card(fields=[{**number, "html": "x"}])),
    ):
        yield case(f"a card with {name}", "schema", "trust.card", card)
    for name, values in (
        ("beyond the card's bounds", {"pm25": 1_000, "level": "good"}),
        ("below the card's bounds", {"pm25": -1, "level": "good"}),
        ("in a word the card does not have", {"pm25": 1, "level": "splendid"}),
        ("in a word where a number stands", {"pm25": "good", "level": "good"}),
        ("of a number where a word stands", {"pm25": 1, "level": 1}),
        ("for a field missing", {"pm25": 1}),
        ("for a field too many", {"pm25": 1, "level": "good", "more": 1}),
    ):
        held = measured(f"a value {name}", "out of bounds")
        held.take(2_000, {"feed": None}, feeds=(_signed(feed(values=values)),))
        yield held.values(2_000, CARD, "trust.value")


def installed(name: str, attack: str) -> Case:
    """A screen under a root that says who releases its software."""
    return started(name, attack).take(1_500, {"root": None}, roots=(by(SOFTWARE_ROOT, "root"),))


def _software_lives() -> Iterator[Case]:
    first, second = by(software(), *PLAYER_KEYS), by(software(2, "1.3.0", stage=10), *PLAYER_KEYS)
    wider, back = by(software(3, "1.3.0"), *PLAYER_KEYS), by(software(4, "1.2.0"), *PLAYER_KEYS)
    case = installed("a player release in stages, and back", "none").software(1_600, "1.0.0", None)
    case.take(2_000, {"player": None}, player=first).software(2_000, "1.1.9", first).software(2_000, "1.2.0", None)
    case.take(3_000, {"player": None}, player=second).software(3_000, "1.2.0", None).software(3_000, "0.9.9", second)
    case.take(4_000, {"player": None}, player=wider).software(4_000, "1.2.0", wider).software(4_000, "1.10.0", wider)
    case.take(5_000, {"player": None}, player=back).software(5_000, "1.3.0", back)
    yield case.software(1_000 + 30 * DAY, "1.3.0", None)


def _on_software() -> Iterator[Case]:
    held = by(software(5), *PLAYER_KEYS)

    def case(name: str, attack: str, code: str, one: Signed) -> Case:
        begun = installed(name, attack).take(2_000, {"player": None}, player=held)
        return begun.take(3_000, {"player": code}, player=one).software(3_000, "1.0.0", held)

    def both(**changes: Any) -> Signed:
        return by(software(6, "9.9.9", **changes), *PLAYER_KEYS)

    evil = software(6, "9.9.9")
    yield case("a player signed by the guard", "key compromise", "trust.signature", by(evil, "guard"))
    yield case("a player signed by the root's key", "key compromise", "trust.signature", by(evil, "root"))
    yield case("a player signed by one of two", "threshold", "trust.signature", by(evil, "player-1"))
    yield case("a player signed twice by one", "threshold", "trust.signature", by(evil, "player-1", "player-1"))
    yield case("a player signed by a stranger", "arbitrary", "trust.signature", by(evil, "mallory", "thief"))
    earlier, other = by(software(4, "1.9.9"), *PLAYER_KEYS), by(software(5, "9.9.9"), *PLAYER_KEYS)
    yield case("an earlier player release", "rollback", "trust.rollback", earlier)
    yield case("another player of the same number", "mix-and-match", "trust.mixed", other)
    yield case("a player release that ran out", "freeze", "trust.expired", both(expires_at=T0))
    yield case("a player of another district", "wrong domain", "trust.domain", both(domain="other.example"))
    yield case("a player of an epoch nobody opened", "fast-forward", "trust.epoch", both(epoch=2))
    yield case("a player below its own minimum", "rollback", "trust.schema", both(minimum="10.0.0"))
    yield case("a player for half of the screens", "schema", "trust.schema", both(stage=500))
    for name, path in (
        ("above its folder", "../kiosk.py"),
        ("at the root of the disk", "/etc/passwd"),
        ("hidden", ".bashrc"),
        ("in a hidden folder", "trust/.git/x"),
        ("with a backslash", "trust\\x"),
        ("without a name", "trust//x"),
    ):
        bad = (SoftwareFile(path, sha256(b""), 1),)
        yield case(f"a player's file {name}", "path", "trust.schema", both(files=bad))
    one, two = evil.files
    yield case("a player's file twice", "schema", "trust.schema", both(files=(one, one)))
    inside = (one, replace(two, path="main.js/x"))
    yield case("a player's file that is a folder too", "path", "trust.schema", both(files=inside))
    yield case("a version with a leading zero", "schema", "trust.schema", both(version="9.09.9"))
    plain = started("a player release where the root names nobody for it", "arbitrary")
    yield plain.take(2_000, {"player": "trust.signature"}, player=by(evil, "root", *PLAYER_KEYS))
    text = text_of(world.software_root())
    old = started("a root of the first format with what only the second has", "format")
    one_ = signed_text("root", changed(text, format=1), "root")
    yield old.take(2_000, {"root": "trust.schema"}, roots=(one_,))
    short = changed(text_of(world.root(2)), format=2)
    less = started("a root of the second format without what it must have", "format")
    yield less.take(2_000, {"root": "trust.schema"}, roots=(signed_text("root", short, "root"),))
    no = started("a root of a format of the future", "format")
    yield no.take(2_000, {"root": "trust.format"}, roots=(signed_text("root", changed(text, format=3), "root"),))
    assert read_card(CARD).feed == "air"
    assert ROOT.player is None
