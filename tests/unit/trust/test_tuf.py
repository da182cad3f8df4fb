"""The attacks that a signature alone does not stop, each by its name in The Update Framework, on one screen."""

from dataclasses import replace
from typing import Any

import pytest

from cms.trust.approval import Bundle
from cms.trust.errors import TrustError
from cms.trust.limits import MAX_ROOTS, MAX_TEXT_OF
from cms.trust.root import Role, RootKey
from cms.trust.signed import Signed, text_of
from cms.trust.verify import verify_root
from screens import viewer
from screens.viewer import Incoming, State
from tests.vectors import signals, texts, world
from tests.vectors.cases import DELEGATIONS, FACTS, GRANTED, ISSUE, RECALLS, A, B
from tests.vectors.world import DAY, HOUR, T0, by, key_of

SHOWN = [one.release for one in ISSUE.bundles]
NOW = 1_000


def screen() -> State:
    start = texts.start()
    return State(verify_root(Signed.of(start["root"]), None), start["screen"], start["key"], start["audience"])


def heard(state: State, issue: world.Issue, *, now: int = NOW, guard: str = "guard", **more: Any) -> State:
    """The state after a whole line-up of a guard."""
    manifest = by(issue.manifest(), guard)
    incoming = {
        "delegations": by(issue.delegations, "delegations"),
        "recalls": by(issue.recalls, guard),
        "screen": FACTS if guard == "guard" else by(world.screen(epoch=issue.root.epoch), guard),
        "beacon": by(issue.beacon(manifest, guard=key_of(guard).public.id), guard),
        "manifest": manifest,
        "bundles": {one.file: one.wire().encode() for one in issue.bundles},
        **more,
    }
    return viewer.accept(state, Incoming(**incoming), now)[0]


def code(state: State, *, now: int = NOW, **incoming: Any) -> str | None:
    """What the screen says of one object; whatever it is, what it shows stays."""
    after, verdicts = viewer.accept(state, Incoming(**incoming), now)
    if verdicts[0].code is not None:
        assert viewer.loop(after, now) == viewer.loop(state, now)
    return verdicts[0].code


def shows(state: State, now: int = NOW) -> list[str]:
    return [one.release for one in viewer.loop(state, now)]


@pytest.fixture
def running() -> State:
    state = heard(screen(), ISSUE)
    assert shows(state) == SHOWN
    return state


def later(**changes: Any) -> world.Issue:
    return replace(ISSUE, **{"version": 2, "seq": 2, "at": T0 + 10_000, **changes})


def test_arbitrary_install_of_what_nobody_approved_is_refused(running: State) -> None:
    mine = world.bundle_of(text_of(world.release("mine", authors=(world.uuid_of("thief"),))), "thief", "mallory")
    stolen_server = later(bundles=(*ISSUE.bundles, mine))
    assert code(running, now=11_000, manifest=by(stolen_server.manifest(), "thief")) == "trust.signature"
    state = heard(running, stolen_server, now=11_000)  # even with the guard's own key
    assert shows(state, 11_000) == SHOWN
    assert code(running, player=by(world.software(), "guard")) == "trust.signature"


def test_rollback_to_an_older_line_up_or_recall_set_is_refused(running: State) -> None:
    newer = later(bundles=(B,), recalls=world.recalls(2, A.release))
    state = heard(running, newer, now=11_000)
    assert shows(state, 11_000) == [B.release]
    assert code(state, now=12_000, manifest=by(ISSUE.manifest(), "guard")) == "trust.rollback"
    assert code(state, now=12_000, beacon=by(ISSUE.beacon(), "guard")) == "trust.rollback"
    assert code(state, now=12_000, recalls=RECALLS) == "trust.rollback"
    assert code(viewer.restarted(state, 5), now=6, recalls=RECALLS) == "trust.rollback"


def test_indefinite_freeze_is_told_within_a_minute_and_ends_with_the_offline_limit(running: State) -> None:
    again = by(ISSUE.beacon(), "guard")
    assert code(running, now=30_000, beacon=again) == "trust.rollback"
    assert not viewer.is_stale(running, NOW + 60_000)
    assert viewer.is_stale(running, NOW + 60_001)
    assert shows(running, NOW + 7 * DAY - 1) == [SHOWN[0], SHOWN[2]]
    assert shows(running, NOW + 7 * DAY) == [SHOWN[2]]  # the slate has no limit
    slowed = by(ISSUE.beacon(seq=2, at=T0 + 1), "guard")
    assert code(running, now=NOW + 2 * HOUR, beacon=slowed) == "trust.old"


def test_mix_and_match_of_parts_that_never_stood_together_is_refused(running: State) -> None:
    two, three = later(bundles=(A,)), later(bundles=(B,), version=3, seq=3)
    state = viewer.accept(running, Incoming(beacon=by(two.beacon(), "guard")), 11_000)[0]
    assert code(state, now=11_000, manifest=by(three.manifest(), "guard")) == "trust.mixed"
    others = replace(GRANTED, people=GRANTED.people[:2])
    assert code(running, delegations=by(others, "delegations")) == "trust.mixed"
    crossed = Bundle(A.text, B.approvals)
    state = heard(running, later(bundles=(crossed, B)), now=11_000)
    assert shows(state, 11_000) == [B.release]


def test_fast_forward_by_a_stolen_guard_is_undone_by_a_new_root(running: State) -> None:
    """Its versions stand far ahead; under the next epoch counting begins again, with another key."""
    far = later(version=2**52, seq=2**52, bundles=(), recalls=world.recalls(2**52))
    state = heard(running, far, now=11_000)
    assert shows(state, 11_000) == []
    assert code(state, now=12_000, beacon=by(later(seq=3).beacon(), "guard")) is not None
    root = world.root(2, epoch=2, keys={"guard": "guard-2"})
    back = world.Issue(root, world.delegations(epoch=2), world.recalls(epoch=2), ISSUE.bundles, at=T0 + 13_000)
    state = heard(state, back, now=14_000, guard="guard-2", roots=(by(root, "root"),))
    assert shows(state, 14_000) == SHOWN
    assert code(state, now=15_000, beacon=by(far.beacon(), "guard")) == "trust.signature"


def test_fast_forward_of_an_epoch_needs_the_root(running: State) -> None:
    for body in (world.recalls(2, epoch=2), ISSUE.beacon(epoch=9, seq=9), ISSUE.manifest(epoch=9, version=9)):
        given: dict[str, Any] = {body.TYPE: by(body, "guard")}
        assert code(running, **given) == "trust.epoch"


def test_endless_data_is_refused_unread(running: State) -> None:
    for name in ("delegations", "recalls", "beacon"):
        long: dict[str, Any] = {name: Signed('"' + "x" * MAX_TEXT_OF[name] + '"', ())}
        assert code(running, **long) == "trust.size"
    deep = Signed("[" * 100_000, ())
    assert code(running, beacon=deep) in {"trust.size", "trust.canonical"}
    with pytest.raises(TrustError, match=r"trust\.size"):
        Bundle.read(b" " * (2 * MAX_TEXT_OF["release"] + 1))
    root = by(world.root(2), "root")
    _, verdicts = viewer.accept(running, Incoming(roots=(root,) * 1_000), NOW)
    assert len(verdicts) == MAX_ROOTS


def test_wrong_target_is_never_shown(running: State) -> None:
    away = world.bundle_of(text_of(world.release("x", envelope={"units": ("/320509/05/",)})), "qian", "sun")
    web = world.bundle_of(text_of(world.release("y", envelope={"channels": ("web",)})), "qian", "sun")
    state = heard(running, later(bundles=(away, web, B)), now=11_000)
    assert shows(state, 11_000) == [B.release]
    assert code(running, beacon=by(ISSUE.beacon(audience="street-05", seq=2), "guard")) == "trust.target"
    assert code(running, screen=by(world.screen(2, screen=world.uuid_of("other")), "guard")) == "trust.target"


def test_key_of_one_person_compromised_shows_nothing_alone(running: State) -> None:
    text = text_of(world.release("x"))
    for approvals in (world.bundle_of(text, "qian"), world.bundle_of(text, "qian", "qian")):
        state = heard(running, later(bundles=(approvals, B)), now=11_000)
        assert shows(state, 11_000) == [B.release]
    taken_out = replace(GRANTED, version=2, people=tuple(one for one in GRANTED.people if one.name != "qian"))
    state = viewer.accept(running, Incoming(delegations=by(taken_out, "delegations")), 2_000)[0]
    assert shows(state, 2_000) == [SHOWN[2]]  # which three had approved


def test_key_of_the_guard_compromised_shows_and_installs_nothing_unapproved(running: State) -> None:
    signers: list[tuple[str, ...]] = [(), ("qian",), ("zhao", "qian")]
    bad = [world.bundle_of(text_of(world.release(f"x{len(names)}")), *names) for names in signers]
    state = heard(running, later(bundles=(*bad, B)), now=11_000)
    assert shows(state, 11_000) == [B.release]
    assert code(running, delegations=by(replace(GRANTED, version=2), "guard")) == "trust.signature"
    assert code(running, roots=(by(world.root(2), "guard"),)) == "trust.signature"
    state = viewer.accept(running, Incoming(roots=(by(signals.SOFTWARE_ROOT, "root"),)), NOW)[0]
    assert code(state, player=by(world.software(), "guard", "guard")) == "trust.signature"
    fed = viewer.accept(running, Incoming(delegations=by(signals.FEEDS, "delegations")), NOW)[0]
    assert code(fed, feeds=(by(world.feed(), "guard"),)) == "trust.signature"


def test_one_root_key_of_three_compromised_makes_no_root_and_is_taken_out_by_the_others(running: State) -> None:
    publics = {name: key_of(name).public for name in ("one", "two", "three", "four")}

    def root(version: int, *names: str, epoch: int = 1) -> Any:
        made = world.root(version, epoch=epoch)
        keys = {**made.keys, **{publics[name].id: RootKey("ed25519", publics[name].text) for name in names}}
        role = Role(tuple(publics[name].id for name in names), 2)
        return replace(made, keys=keys, roles=replace(made.roles, root=role))

    second = root(2, "one", "two", "three")
    state = viewer.accept(running, Incoming(roots=(by(second, "root", "one", "two"),)), NOW)[0]
    assert state.root.value.version == 2
    assert code(state, roots=(by(replace(second, version=3), "three"),)) == "trust.signature"
    assert code(state, roots=(by(replace(second, version=3), "three", "three"),)) == "trust.signature"
    assert code(state, roots=(by(replace(second, version=3), "root", "three"),)) == "trust.signature"
    without = root(3, "one", "two", "four", epoch=2)
    state = viewer.accept(state, Incoming(roots=(by(without, "one", "two"),)), NOW)[0]
    assert state.root.value.version == 3
    assert code(state, roots=(by(replace(without, version=4), "one", "three"),)) == "trust.signature"


def test_extraneous_parts_change_nothing(running: State) -> None:
    """What was not asked for: bundles nobody lists, fields nobody knows, signatures of strangers beside good ones."""
    unlisted = world.bundle_of(text_of(world.release("unlisted")), "qian", "sun")
    state = viewer.accept(running, Incoming(bundles={unlisted.file: unlisted.wire().encode()}), NOW)[0]
    assert unlisted.release not in state.releases
    with pytest.raises(TrustError):
        viewer.showable(state, unlisted.release, NOW)
    more = by(world.recalls(2), "guard", "thief")
    assert code(running, recalls=more) is None
    assert code(running, delegations=replace(DELEGATIONS, signatures=())) == "trust.signature"
