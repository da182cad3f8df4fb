"""Ordinary days of a screen: what it must accept, show, and stop showing by itself."""

from collections.abc import Iterator
from dataclasses import replace

from cms.trust.signed import text_of
from tests.vectors import world
from tests.vectors.cases import (
    DELEGATIONS,
    FACTS,
    ISSUE,
    PASS,
    RECALLS,
    SLATE,
    A,
    B,
    Case,
    later,
    started,
)
from tests.vectors.world import DAY, HOUR, T0, by

SHOWN = [one.release for one in ISSUE.bundles]


def lives() -> Iterator[Case]:
    yield Case("nothing came yet", "none").loop(0, []).stale(0, expect=True).showable(0, A.release, "trust.missing")
    yield started("the first state", "none").loop(1_000, SHOWN).stale(1_000, expect=False)
    yield _repeated()
    yield _corrected()
    yield _recalled()
    yield _alone()
    yield _restarted()
    yield _in_parts()
    yield _rotated()
    yield _new_epoch()
    yield _fast_clock()
    yield _moved()


def _repeated() -> Case:
    manifest = by(ISSUE.manifest(), "guard")
    case = started("the same state again is harmless", "none").take(
        2_000,
        {**PASS, "beacon": "trust.rollback"},
        delegations=DELEGATIONS,
        recalls=RECALLS,
        screen=FACTS,
        beacon=by(ISSUE.beacon(manifest), "guard"),
        manifest=manifest,
        bundles=ISSUE.bundles,
    )
    return case.loop(2_000, SHOWN)


def _corrected() -> Case:
    second = world.bundle_of(text_of(world.release("a", edition=2)), "qian", "sun")
    issue = later(bundles=(second, B, SLATE))
    case = started("a correction takes the place of the piece", "none").take(
        11_000,
        {"beacon": None, "manifest": None, second.release: None},
        beacon=by(issue.beacon(), "guard"),
        manifest=by(issue.manifest(), "guard"),
        bundles=(second,),
    )
    return case.loop(11_000, [second.release, *SHOWN[1:]]).showable(11_000, A.release, "trust.missing")


def _recalled() -> Case:
    case = started("a recall takes effect at once", "none")
    case.take(2_000, {"recalls": None, A.release: "trust.recalled"}, recalls=by(world.recalls(2, A.release), "guard"))
    return case.loop(2_000, SHOWN[1:]).showable(2_000, A.release, "trust.recalled")


def _alone() -> Case:
    case = started("weeks without a server", "none")
    case.stale(61_000, expect=False).stale(61_001, expect=True).loop(61_001, SHOWN)
    case.loop(1_000 + 72 * HOUR - 1, SHOWN).loop(1_000 + 72 * HOUR, [SHOWN[0], SHOWN[2]])
    case.showable(1_000 + 72 * HOUR, B.release, "trust.offline")
    case.loop(1_000 + 7 * DAY - 1, [SHOWN[0], SHOWN[2]]).loop(1_000 + 7 * DAY, [SHOWN[2]])
    return case.showable(1_000 + 30 * DAY, A.release, "trust.late").loop(1_000 + 30 * DAY, [SHOWN[2]])


def _restarted() -> Case:
    case = started("a start of the device keeps what it knew", "none")
    case.restarted(5, 0).loop(6, SHOWN).restarted(7, 73 * HOUR).loop(8, [SHOWN[0], SHOWN[2]])
    return case.take(9, {"beacon": "trust.rollback"}, beacon=by(ISSUE.beacon(), "guard"))


def _in_parts() -> Case:
    issue = later()
    case = started("a manifest that comes after its beacon", "none")
    case.take(11_000, {"beacon": None}, beacon=by(issue.beacon(), "guard")).loop(11_000, SHOWN)
    return case.take(12_000, {"manifest": None}, manifest=by(issue.manifest(), "guard")).loop(12_000, SHOWN)


def _rotated() -> Case:
    second, third = world.root(2, keys={"root": "root-2"}), world.root(3, keys={"root": "root-2", "guard": "guard-2"})
    case = started("new root and guard keys", "none").take(
        2_000,
        {"root": None, "recalls": None},
        roots=(by(second, "root", "root-2"),),
        recalls=by(world.recalls(2), "guard"),
    )
    case.take(
        3_000,
        {"root": None, "recalls": "trust.signature"},
        roots=(by(third, "root-2"),),
        recalls=by(world.recalls(3), "guard"),
    )
    return case.take(4_000, {"recalls": None}, recalls=by(world.recalls(3), "guard-2")).loop(4_000, SHOWN)


def _new_epoch() -> Case:
    """After a restore versions begin again, under a root that opened the epoch and with the union of recalls."""
    case = started("a restore opens a new epoch", "none")
    case.take(2_000, {"recalls": None, A.release: "trust.recalled"}, recalls=by(world.recalls(2, A.release), "guard"))
    root = world.root(2, epoch=2)
    issue = world.Issue(
        root,
        world.delegations(1, epoch=2),
        world.recalls(1, A.release, epoch=2),
        (B, SLATE),
        version=1,
        seq=1,
        at=T0 + 3_000,
    )
    case.take(
        4_000,
        {**{name: None for name in PASS if name != "screen"}, "root": None},
        roots=(by(root, "root"),),
        delegations=by(issue.delegations, "delegations"),
        recalls=by(issue.recalls, "guard"),
        beacon=by(issue.beacon(), "guard"),
        manifest=by(issue.manifest(), "guard"),
    )
    case.loop(4_000, SHOWN[1:])
    return case.take(
        5_000,
        {"beacon": "trust.epoch", "manifest": "trust.epoch"},
        beacon=by(ISSUE.beacon(seq=9, at=T0 + 4_000), "guard"),
        manifest=by(ISSUE.manifest(), "guard"),
    )


def _fast_clock() -> Case:
    """A device clock 0.05 % fast, nine days alone: the guard's beacon is six minutes behind and still taken."""
    true = 9 * DAY
    local = 1_000 + true + true // 2_000
    case = started("a device whose clock runs fast", "none")
    return case.take(local, {"beacon": None}, beacon=by(ISSUE.beacon(seq=2, at=T0 + true), "guard")).stale(
        local, expect=False
    )


def _moved() -> Case:
    case = started("a screen moved out of a piece's place", "none")
    away = by(world.screen(2, unit="/320509/05/0501/"), "guard")
    case.take(2_000, {"screen": None, B.release: "trust.target"}, screen=away).loop(2_000, [SHOWN[0], SHOWN[2]])
    back = by(world.screen(3), "guard")
    case.take(3_000, {"screen": None, B.release: None}, screen=back, bundles=(B,)).loop(3_000, SHOWN)
    wide = replace(ISSUE, bundles=(A,))
    return fed_again(case, wide)


def fed_again(case: Case, issue: world.Issue) -> Case:
    """The server takes pieces out of the manifest: they leave the screen."""
    next_ = replace(issue, version=2, seq=2, at=T0 + 10_000)
    case.take(
        11_000,
        {"beacon": None, "manifest": None},
        beacon=by(next_.beacon(), "guard"),
        manifest=by(next_.manifest(), "guard"),
    )
    return case.loop(11_000, [A.release]).showable(11_000, B.release, "trust.missing")
