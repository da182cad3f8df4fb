"""Attacks on a screen and what it must answer, after the list of The Update Framework and our own rules."""

from collections.abc import Iterator
from dataclasses import replace

from cms.trust.manifest import Named, Show, Slot
from cms.trust.root import Role
from cms.trust.signed import Signature, Signed, text_of
from tests.vectors import world
from tests.vectors.attacks_on_releases import attacks_on_releases
from tests.vectors.cases import (
    DELEGATIONS,
    FACTS,
    GRANTED,
    ISSUE,
    RECALLS,
    ROOT,
    A,
    Case,
    changed,
    later,
    refused,
    refused_update,
    signed_text,
    started,
)
from tests.vectors.world import DAY, T0, YEAR, by, key_of, uuid_of

SHOWN = [one.release for one in ISSUE.bundles]


def attacks() -> Iterator[Case]:
    yield from _on_root()
    yield from _on_delegations()
    yield from _on_recalls()
    yield from _on_screen()
    yield from _on_beacon()
    yield from _on_manifest()
    yield from attacks_on_releases()


def _root(name: str, attack: str, code: str, one: Signed) -> Case:
    return started(name, attack).take(2_000, {"root": code}, roots=(one,)).loop(2_000, SHOWN)


def _on_root() -> Iterator[Case]:
    mallory = world.root(2, keys={"root": "mallory", "guard": "mallory"})
    yield _root("root of an attacker, signed by the attacker", "arbitrary", "trust.signature", by(mallory, "mallory"))
    taken = world.root(2, keys={"root": "root-2"})
    yield _root("next root not signed by the root before", "arbitrary", "trust.signature", by(taken, "root-2"))
    yield _root("next root not signed by itself", "arbitrary", "trust.signature", by(taken, "root"))
    yield _root("root that skips a version", "fast-forward", "trust.version", by(world.root(3), "root"))
    yield _root(
        "root of the same version with other content",
        "rollback",
        "trust.rollback",
        by(world.root(1, expires_at=T0 + 2 * YEAR), "root"),
    )
    yield _root(
        "root of another district", "wrong domain", "trust.domain", by(world.root(2, domain="other.example"), "root")
    )
    two = replace(ROOT, version=2, roles=replace(ROOT.roles, root=Role(ROOT.roles.root.keys, 2)))
    yield _root("root whose threshold no one can reach", "schema", "trust.schema", by(two, "root"))
    opened = world.root(2, epoch=2)
    down = started("root that lowers the epoch", "epoch").take(2_000, {"root": None}, roots=(by(opened, "root"),))
    yield down.take(3_000, {"root": "trust.epoch"}, roots=(by(world.root(3, epoch=1), "root"),))
    pair = world.root(2, keys={"guard": "guard-2"})
    both = (pair.roles.guard.keys[0], ROOT.roles.guard.keys[0])
    keys = {**ROOT.keys, **pair.keys}
    two_guards = replace(ROOT, version=2, keys=keys, roles=replace(ROOT.roles, guard=Role(both, 2)))
    case = started("one of two guards signs where the root asks for both", "threshold")
    case.take(2_000, {"root": None}, roots=(by(two_guards, "root"),))
    once = by(world.recalls(2), "guard")
    yield case.take(3_000, {"recalls": "trust.signature"}, recalls=Signed(once.text, once.signatures * 2))


def _on_delegations() -> Iterator[Case]:
    new = world.delegations(2)
    text = text_of(new)

    def case(name: str, attack: str, code: str, one: Signed) -> Case:
        return refused(name, attack, "delegations", one, code)

    yield case("delegations signed by an unknown key", "arbitrary", "trust.signature", by(new, "mallory"))
    yield case("delegations signed by the guard", "wrong role", "trust.signature", by(new, "guard"))
    yield case("delegations without a signature", "arbitrary", "trust.signature", Signed(text, ()))
    good = by(new, "delegations").signatures[0]
    forged = Signature(good.key, good.alg, key_of("mallory").sign(b"anything"))
    yield case("delegations with a false signature", "arbitrary", "trust.signature", Signed(text, (forged,)))
    other = Signature(good.key, "sm2", good.signature)
    yield case("delegations with a reserved algorithm", "algorithm", "trust.signature", Signed(text, (other,)))
    cross = signed_text("recalls", text, "delegations")
    yield case("a signature made over another type", "cross-protocol", "trust.signature", cross)
    yield case("a root in the place of delegations", "cross-protocol", "trust.type", by(ROOT, "root", "delegations"))
    yield case(
        "delegations of another district",
        "wrong domain",
        "trust.domain",
        by(replace(new, domain="other.example"), "delegations"),
    )
    yield case(
        "delegations of an epoch nobody opened", "fast-forward", "trust.epoch", by(replace(new, epoch=2), "delegations")
    )
    yield case(
        "the same version with other people",
        "mix-and-match",
        "trust.mixed",
        by(replace(GRANTED, people=GRANTED.people[:2]), "delegations"),
    )
    yield case("expired delegations", "freeze", "trust.expired", by(replace(new, expires_at=T0), "delegations"))
    yield case(
        "white space in a signed text",
        "non-canonical",
        "trust.canonical",
        signed_text("delegations", text.replace(",", ", ", 1), "delegations"),
    )
    yield case(
        "a key twice in a signed text",
        "duplicate keys",
        "trust.canonical",
        signed_text("delegations", text.replace('"domain":', '"domain":"x.example","domain":', 1), "delegations"),
    )
    yield case(
        "a fraction in a signed text",
        "non-canonical",
        "trust.canonical",
        signed_text("delegations", text.replace('"version":2', '"version":2.0', 1), "delegations"),
    )
    yield case(
        "a field nobody knows",
        "schema",
        "trust.schema",
        signed_text("delegations", changed(text, more=1), "delegations"),
    )
    yield case(
        "a format of the future",
        "format",
        "trust.format",
        signed_text("delegations", changed(text, format=3), "delegations"),
    )
    twice = (*GRANTED.people, world.person("qian", name="again", keys=()))
    yield case(
        "one person entered twice", "two faces", "trust.person_twice", by(replace(new, people=twice), "delegations")
    )
    lent = (*GRANTED.people, world.person("mallory", keys=world.person("qian").keys))
    yield case("one key for two people", "two faces", "trust.key_shared", by(replace(new, people=lent), "delegations"))
    misnamed = replace(world.person("mallory").keys[0], key=world.person("ma").keys[0].key)
    wrong = (*GRANTED.people, world.person("mallory", keys=(misnamed,)))
    yield case(
        "a key under the id of another", "two faces", "trust.schema", by(replace(new, people=wrong), "delegations")
    )
    grown = started("older delegations after newer ones", "rollback")
    grown.take(2_000, {"delegations": None}, delegations=by(new, "delegations"))
    yield grown.take(3_000, {"delegations": "trust.rollback"}, delegations=DELEGATIONS).loop(3_000, SHOWN)


def _on_recalls() -> Iterator[Case]:
    gone = world.recalls(2, A.release)
    yield refused("recalls signed by an approver", "wrong role", "recalls", by(gone, "qian"), "trust.signature")
    yield refused(
        "recalls of a later epoch", "fast-forward", "recalls", by(replace(gone, epoch=9), "guard"), "trust.epoch"
    )
    nothing_named = world.recalls(2, "0" * 64)
    empty = replace(nothing_named, items=(replace(nothing_named.items[0], release=None),))
    yield refused("a recall of nothing", "schema", "recalls", by(empty, "guard"), "trust.schema")
    back = started("an older recall set brings nothing back", "rollback")
    back.take(2_000, {"recalls": None, A.release: "trust.recalled"}, recalls=by(gone, "guard"))
    back.take(3_000, {"recalls": "trust.rollback", A.release: "trust.recalled"}, recalls=RECALLS)
    yield back.showable(3_000, A.release, "trust.recalled").loop(3_000, SHOWN[1:])
    less = started("a newer set that forgot a recall brings nothing back", "rollback")
    less.take(2_000, {"recalls": None, A.release: "trust.recalled"}, recalls=by(gone, "guard"))
    less.take(3_000, {"recalls": None, A.release: "trust.recalled"}, recalls=by(world.recalls(3), "guard"))
    yield less.showable(3_000, A.release, "trust.recalled")
    again = started("a recalled release in a newer manifest", "rollback")
    again.take(2_000, {"recalls": None, A.release: "trust.recalled"}, recalls=by(gone, "guard"))
    issue = later(recalls=gone)
    manifest = by(issue.manifest(), "guard")
    again.take(
        11_000,
        {"beacon": None, "manifest": None, A.release: "trust.recalled"},
        beacon=by(issue.beacon(manifest), "guard"),
        manifest=manifest,
        bundles=issue.bundles,
    )
    yield again.showable(11_000, A.release, "trust.recalled").loop(11_000, SHOWN[1:])
    restored = started("a restored server that forgot a recall", "restore")
    restored.take(2_000, {"recalls": None, A.release: "trust.recalled"}, recalls=by(gone, "guard"))
    restored.take(
        3_000,
        {"root": None, "recalls": "trust.shrunk", A.release: "trust.recalled"},
        roots=(by(world.root(2, epoch=2), "root"),),
        recalls=by(world.recalls(1, epoch=2), "guard"),
    )
    yield restored.showable(3_000, A.release, "trust.recalled")
    file = world.asset("picture a")
    for what, name in ((file.sha256, "file"), (file.of, "master")):
        case = started(f"a piece whose {name} was recalled", "recalled asset")
        case.take(
            2_000, {"recalls": None, A.release: "trust.recalled"}, recalls=by(world.recalls(2, assets=[what]), "guard")
        )
        yield case.showable(2_000, A.release, "trust.missing").loop(2_000, SHOWN[1:])


def _on_screen() -> Iterator[Case]:
    yield refused(
        "the facts of another screen",
        "wrong target",
        "screen",
        by(world.screen(2, screen=uuid_of("other")), "guard"),
        "trust.target",
    )
    yield refused(
        "the facts of a screen with another key",
        "wrong target",
        "screen",
        by(world.screen(2, key=key_of("mallory").public.text), "guard"),
        "trust.target",
    )
    yield refused("facts signed by nobody", "arbitrary", "screen", by(world.screen(2), "mallory"), "trust.signature")
    moved = started("an older place after a move", "rollback")
    moved.take(2_000, {"screen": None}, screen=by(world.screen(2, tags=()), "guard"))
    yield moved.take(3_000, {"screen": "trust.rollback"}, screen=FACTS)


def _on_beacon() -> Iterator[Case]:
    beacon = ISSUE.beacon(seq=2, at=T0 + 10_000)

    def case(name: str, attack: str, code: str, one: Signed, now: int = 11_000) -> Case:
        return started(name, attack).take(now, {"beacon": code}, beacon=one).loop(now, SHOWN)

    yield case("a beacon of an attacker", "arbitrary", "trust.signature", by(beacon, "mallory"))
    yield case("a beacon seen before", "replay", "trust.rollback", by(ISSUE.beacon(), "guard"))
    yield case(
        "a beacon of another audience", "wrong target", "trust.target", by(replace(beacon, audience="x"), "guard")
    )
    yield case(
        "a beacon in the name of another guard",
        "arbitrary",
        "trust.signature",
        by(replace(beacon, guard=key_of("guard-2").public.id), "guard"),
    )
    yield case(
        "a beacon of an epoch nobody opened", "fast-forward", "trust.epoch", by(replace(beacon, epoch=2), "guard")
    )
    yield case(
        "a beacon of another district",
        "wrong domain",
        "trust.domain",
        by(replace(beacon, domain="other.example"), "guard"),
    )
    yield case("a beacon kept back for two minutes", "freeze", "trust.old", by(beacon, "guard"), 131_000)
    yield case(
        "a beacon whose recalls were withheld",
        "freeze",
        "trust.behind",
        by(replace(beacon, recalls=Named(2, "0" * 64)), "guard"),
    )
    yield case("a beacon whose root was withheld", "freeze", "trust.behind", by(replace(beacon, root=2), "guard"))
    yield case(
        "an endless beacon",
        "endless data",
        "trust.size",
        signed_text("beacon", changed(text_of(beacon), pad="x" * 5_000), "guard"),
    )
    yield case(
        "a beacon with a word for a number",
        "schema",
        "trust.schema",
        signed_text("beacon", changed(text_of(beacon), seq="2"), "guard"),
    )
    yield case(
        "a beacon with true for a number",
        "schema",
        "trust.schema",
        signed_text("beacon", changed(text_of(beacon), seq=True), "guard"),
    )
    new = later()
    manifest = by(new.manifest(), "guard")
    old = started("a fresh beacon for an older manifest", "rollback").take(
        11_000, {"beacon": None, "manifest": None}, beacon=by(new.beacon(manifest), "guard"), manifest=manifest
    )
    yield old.take(21_000, {"beacon": "trust.rollback"}, beacon=by(ISSUE.beacon(seq=3, at=T0 + 20_000), "guard"))
    slow = started("beacons each a little later than the last", "slow")
    slow.take(61_000, {"beacon": None}, beacon=by(ISSUE.beacon(seq=2, at=T0 + 10_000), "guard"))
    yield slow.take(121_000, {"beacon": "trust.old"}, beacon=by(ISSUE.beacon(seq=3, at=T0 + 20_000), "guard"))


def _on_manifest() -> Iterator[Case]:
    issue = later()
    body = issue.manifest()

    def case(name: str, attack: str, code: str, manifest: Signed) -> Case:
        return refused_update(name, attack, code, issue=issue, manifest=manifest)

    yield case("a manifest of an attacker", "arbitrary", "trust.signature", by(body, "mallory"))
    yield case("a manifest signed by an approver", "wrong role", "trust.signature", by(body, "qian", "sun"))
    yield case(
        "a manifest of another audience", "wrong target", "trust.target", by(replace(body, audience="x"), "guard")
    )
    yield case(
        "a manifest of another district",
        "wrong domain",
        "trust.domain",
        by(replace(body, domain="other.example"), "guard"),
    )
    yield case(
        "a manifest of an epoch nobody opened", "fast-forward", "trust.epoch", by(replace(body, epoch=7), "guard")
    )
    yield case("an expired manifest", "freeze", "trust.expired", by(replace(body, expires_at=T0), "guard"))
    yield case(
        "a manifest under delegations withheld",
        "freeze",
        "trust.behind",
        by(replace(body, delegations=Named(2, "0" * 64)), "guard"),
    )
    yield case(
        "a manifest under recalls withheld",
        "freeze",
        "trust.behind",
        by(replace(body, recalls=Named(2, "0" * 64)), "guard"),
    )
    yield case("a manifest under a root withheld", "freeze", "trust.behind", by(replace(body, root=2), "guard"))
    yield case(
        "a manifest under other delegations of the version",
        "mix-and-match",
        "trust.mixed",
        by(replace(body, delegations=Named(1, "0" * 64)), "guard"),
    )
    yield case(
        "a timeline with a gap",
        "schema",
        "trust.schema",
        by(replace(body, timeline=(Slot(T0, T0 + 1, ()), Slot(T0 + 2, T0 + 3, ()))), "guard"),
    )
    yield case(
        "a timeline with a release not listed",
        "schema",
        "trust.schema",
        by(replace(body, timeline=(Slot(T0, T0 + DAY, (Show("0" * 64, 1),)),)), "guard"),
    )
    yield case(
        "a release listed twice",
        "schema",
        "trust.schema",
        by(replace(body, releases=body.releases + body.releases[:1]), "guard"),
    )
    loose = started("a manifest the beacon does not name", "mix-and-match")
    yield loose.take(11_000, {"manifest": "trust.mixed"}, manifest=by(body, "guard")).loop(11_000, SHOWN)
    swap = started("another manifest of the version the beacon names", "mix-and-match").take(
        11_000,
        {"beacon": None, "manifest": "trust.mixed"},
        beacon=by(issue.beacon(), "guard"),
        manifest=by(replace(body, timeline=()), "guard"),
    )
    yield swap.loop(11_000, SHOWN)
    same = started("another manifest of the version shown", "mix-and-match")
    yield same.take(2_000, {"manifest": "trust.mixed"}, manifest=by(ISSUE.manifest(timeline=()), "guard"))
    old = started("an older manifest", "rollback").take(
        11_000, {"beacon": None, "manifest": None}, beacon=by(issue.beacon(), "guard"), manifest=by(body, "guard")
    )
    yield old.take(12_000, {"manifest": "trust.rollback"}, manifest=by(ISSUE.manifest(), "guard")).loop(12_000, SHOWN)
