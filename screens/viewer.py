"""A player's checks as a pure state machine: what a screen has seen decides what it may still believe.

`accept` takes whatever arrived, in the order of docs/formats.md §3, and gives the new state and a verdict on each
object; the caller stores the state before it draws from it. An object that fails changes nothing but its own verdict.

Times are ms. `now` is the device's monotonic clock; the trusted clock runs from the last accepted beacon by it.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from cms.signals.feed import Card, Feed, check_values, verify_feed
from cms.signals.software import Software, verify_software
from cms.trust import verify
from cms.trust.approval import Bundle, release_digest
from cms.trust.beacon import Beacon
from cms.trust.delegations import Delegations
from cms.trust.envelope import check_place, check_time
from cms.trust.errors import TrustError
from cms.trust.keys import sha256
from cms.trust.limits import MAX_FEEDS, MAX_ROOTS, STALE_MS
from cms.trust.manifest import Listed, Manifest, Show
from cms.trust.recalls import Recalls
from cms.trust.release import Release
from cms.trust.root import Root
from cms.trust.screen import ScreenFacts
from cms.trust.signed import Body, Signed, Verified

CHANNEL = "screen"
DRIFT = 1_000  # a device clock may run fast by one in this; a limit without it would lock a slow guard out for good


@dataclass(frozen=True, slots=True)
class Held:
    """A listed release that passed, with its bundle to check again when the delegations change."""

    release: Verified[Release]
    bundle: Bundle
    file: str
    delegations: str


@dataclass(frozen=True, slots=True)
class HeldFeed:
    """The newest values of a feed, as signed, to check again when the delegations change."""

    feed: Verified[Feed]
    signed: Signed
    delegations: str


@dataclass(frozen=True, slots=True)
class State:
    """What a screen remembers. `root` is pinned at installation; `audience` is what the server called it."""

    root: Verified[Root]
    screen: str
    key: str
    audience: str
    delegations: Verified[Delegations] | None = None
    delegations_file: str = ""
    recalls: Verified[Recalls] | None = None
    recalls_signed: Signed | None = None
    gone: frozenset[str] = frozenset()
    gone_assets: frozenset[str] = frozenset()
    facts: Verified[ScreenFacts] | None = None
    beacon: Verified[Beacon] | None = None
    seqs: Mapping[str, int] = field(default_factory=dict)
    time_at: int = 0
    time_local: int = 0
    manifest: Verified[Manifest] | None = None
    releases: Mapping[str, Held] = field(default_factory=dict)
    feeds: Mapping[str, HeldFeed] = field(default_factory=dict)
    software: Verified[Software] | None = None


@dataclass(frozen=True, slots=True)
class Incoming:
    """What one message and its files brought; `bundles` are file bytes by the sha256 they were asked by."""

    roots: tuple[Signed, ...] = ()
    delegations: Signed | None = None
    recalls: Signed | None = None
    screen: Signed | None = None
    beacon: Signed | None = None
    manifest: Signed | None = None
    feeds: tuple[Signed, ...] = ()
    player: Signed | None = None
    bundles: Mapping[str, bytes] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Verdict:
    """`what` is a type or the digest of a release; `code` is None where it passed."""

    what: str
    code: str | None


def trusted_time(state: State, now: int) -> int:
    """What time it is, as far as a guard said so; 0 before the first beacon."""
    return state.time_at + max(0, now - state.time_local) if state.time_at else 0


def silence(state: State, now: int) -> int:
    """Since the `at` of the last beacon."""
    return trusted_time(state, now) - state.beacon.value.at if state.beacon else 0


def is_stale(state: State, now: int) -> bool:
    return state.beacon is None or silence(state, now) > STALE_MS


def restarted(state: State, now: int, *, away: int = 0) -> State:
    """After a start of the device: its monotonic clock is new; `away` is the time off by its own clock, if known."""
    return replace(state, time_at=state.time_at and state.time_at + max(0, away), time_local=now)


def accept(state: State, incoming: Incoming, now: int) -> tuple[State, tuple[Verdict, ...]]:
    """The state after `incoming`, and a verdict on each object in it and each release it left unfit."""
    verdicts: list[Verdict] = []
    steps: tuple[tuple[type[Body], Signed | None, Callable[[State, Signed, int], State]], ...] = (
        *((Root, one, _root) for one in incoming.roots[:MAX_ROOTS]),
        (Delegations, incoming.delegations, _delegations),
        (Recalls, incoming.recalls, _recalls),
        (ScreenFacts, incoming.screen, _screen),
        (Beacon, incoming.beacon, _beacon),
        (Manifest, incoming.manifest, _manifest),
        *((Feed, one, _feed) for one in incoming.feeds[:MAX_FEEDS]),
        (Software, incoming.player, _software),
    )
    for type_, signed, step in steps:
        if signed is not None:
            try:
                state = step(state, signed, now)
                verdicts.append(Verdict(type_.TYPE, None))
            except TrustError as fault:
                verdicts.append(Verdict(type_.TYPE, fault.code))
    state, releases = _releases(_feeds(state, now), incoming.bundles, now)
    return state, (*verdicts, *releases)


def showable(state: State, release: str, now: int) -> Verified[Release]:
    """The release with this digest, if it may be drawn at this moment.

    Raises TrustError `trust.recalled`, `.missing`, `.target`, `.channel`, `.early`, `.late`, `.offline`.
    """
    held = state.releases.get(release)
    if release in state.gone:
        raise TrustError("trust.recalled", release=release)
    if held is None or state.facts is None:
        raise TrustError("trust.missing", release=release)
    envelope = held.release.value.envelope
    check_place(envelope, unit=state.facts.value.unit, channel=CHANNEL)
    check_time(envelope, now=trusted_time(state, now), silent=silence(state, now))
    return held.release


def loop(state: State, now: int) -> tuple[Show, ...]:
    """What of the timeline's present loop may be drawn; empty means the player's slate."""
    shows = state.manifest.value.loop_at(trusted_time(state, now)) if state.manifest else ()
    return tuple(show for show in shows if _passes(state, show.release, now))


def values(state: State, card: Card, now: int) -> Mapping[str, object]:
    """What stands on a data card at this moment, by field name; None: no reading.

    Raises TrustError `trust.missing` before any values came, and as `check_values`: the card then shows none.
    """
    held = state.feeds.get(card.feed)
    if held is None:
        raise TrustError("trust.missing", release=card.feed)
    check_values(held.feed.value, card, now=trusted_time(state, now))
    return held.feed.value.values


def software(state: State, now: int, *, running: str) -> Verified[Software] | None:
    """The player release this screen should install now, running version `running`; None: it stays as it is."""
    held = state.software
    if held is None or trusted_time(state, now) >= held.value.expires_at or held.value.epoch != state.root.value.epoch:
        return None
    return held if held.value.is_for(state.screen, running=running) else None


def _passes(state: State, release: str, now: int) -> bool:
    try:
        showable(state, release, now)
    except TrustError:
        return False
    return True


def _root(state: State, signed: Signed, _now: int) -> State:
    if signed.text == state.root.text:
        return state
    return replace(state, root=verify.verify_root(signed, state.root))


def _delegations(state: State, signed: Signed, now: int) -> State:
    held, new = state.delegations, verify.verify_delegations(signed, state.root)
    if held and _order(new) <= _order(held):
        return _known(state, new, held)
    _unexpired(new, trusted_time(state, now))
    return replace(state, delegations=new, delegations_file=signed.file)


def _recalls(state: State, signed: Signed, _now: int) -> State:
    held, new = state.recalls, verify.verify_recalls(signed, state.root)
    gone, gone_assets = new.value.releases, new.value.assets
    if held and _order(new) < _order(held):
        raise TrustError("trust.rollback", version=new.value.version)
    if held and new.value.epoch > held.value.epoch and not (state.gone <= gone and state.gone_assets <= gone_assets):
        raise TrustError("trust.shrunk")  # a restored server must first learn what its screens know
    gone, gone_assets = gone | state.gone, gone_assets | state.gone_assets
    return replace(state, recalls=new, recalls_signed=signed, gone=gone, gone_assets=gone_assets)


def _screen(state: State, signed: Signed, _now: int) -> State:
    held, new = state.facts, verify.verify_screen(signed, state.root)
    if (new.value.screen, new.value.key) != (state.screen, state.key):
        raise TrustError("trust.target", screen=new.value.screen)
    if held and _order(new) <= _order(held):
        return _known(state, new, held)
    return replace(state, facts=new)


def _beacon(state: State, signed: Signed, now: int) -> State:
    new = verify.verify_beacon(signed, state.root)
    beacon, held = new.value, state.beacon
    if beacon.audience != state.audience:
        raise TrustError("trust.target", audience=beacon.audience)
    if held and beacon.epoch > held.value.epoch:
        state, held = replace(state, seqs={}, time_at=0), None
    if beacon.seq <= state.seqs.get(beacon.guard, 0):
        raise TrustError("trust.rollback", seq=beacon.seq)
    floor = trusted_time(state, now) - silence(state, now) // DRIFT if held else 0
    if beacon.at < floor - STALE_MS:
        raise TrustError("trust.old", at=beacon.at)
    if beacon.root > state.root.value.version or beacon.recalls.version > _version(state.recalls, beacon.epoch):
        raise TrustError("trust.behind")
    shown = state.manifest
    if shown and (beacon.epoch, beacon.version) < _order(shown):
        raise TrustError("trust.rollback", version=beacon.version)
    seqs = {**state.seqs, beacon.guard: beacon.seq}
    # never back by more than drift explains, or late beacons in a row would slow the trusted clock
    return replace(state, beacon=new, seqs=seqs, time_at=max(beacon.at, floor), time_local=now)


def _manifest(state: State, signed: Signed, now: int) -> State:
    held, new = state.manifest, verify.verify_manifest(signed, state.root)
    manifest, beacon = new.value, state.beacon
    if manifest.audience != state.audience:
        raise TrustError("trust.target", audience=manifest.audience)
    if held and _order(new) <= _order(held):
        return _known(state, new, held)
    if beacon is None or (beacon.value.manifest, beacon.value.version) != (new.digest, manifest.version):
        raise TrustError("trust.mixed", version=manifest.version)
    known = state.delegations
    named, epoch = manifest.delegations, manifest.epoch
    have = (state.root.value.version, _version(known, epoch), _version(state.recalls, epoch))
    need = (manifest.root, named.version, manifest.recalls.version)
    if known is None or any(one < other for one, other in zip(have, need, strict=True)):
        raise TrustError("trust.behind")
    if named.version == known.value.version and named.sha256 != state.delegations_file:
        raise TrustError("trust.mixed", what=Delegations.TYPE)
    for one in (state.root, known, new):
        _unexpired(one, trusted_time(state, now))
    return replace(state, manifest=new)


def _feed(state: State, signed: Signed, now: int) -> State:
    """Values are taken under the delegations held, whatever release has a card for them."""
    granted = state.delegations
    if granted is None or granted.value.epoch != state.root.value.epoch:
        raise TrustError("trust.behind")
    new = verify_feed(signed, granted, now=trusted_time(state, now))
    held = state.feeds.get(new.value.feed)
    if held and _order(new) <= _order(held.feed):
        return _known(state, new, held.feed)
    _unexpired(new, trusted_time(state, now))
    return replace(state, feeds={**state.feeds, new.value.feed: HeldFeed(new, signed, granted.digest)})


def _feeds(state: State, now: int) -> State:
    """Values whose key was taken out, or of an epoch that is over, are forgotten."""
    granted = state.delegations
    if granted is None or all(one.delegations == granted.digest for one in state.feeds.values()):
        return state
    kept = {}
    for name, one in state.feeds.items():
        try:
            feed = verify_feed(one.signed, granted, now=trusted_time(state, now))
        except TrustError:
            continue
        kept[name] = HeldFeed(feed, one.signed, granted.digest)
    return replace(state, feeds=kept)


def _software(state: State, signed: Signed, now: int) -> State:
    """An earlier version of the player is taken too, when the role signed it after the one held."""
    held, new = state.software, verify_software(signed, state.root)
    if held and _order(new) <= _order(held):
        return _known(state, new, held)
    for one in (state.root, new):
        _unexpired(one, trusted_time(state, now))
    return replace(state, software=new)


def _releases(state: State, files: Mapping[str, bytes], now: int) -> tuple[State, list[Verdict]]:
    """Every listed release checked anew: new delegations, recalls or a new time may have made it unfit."""
    held: dict[str, Held] = {}
    verdicts: list[Verdict] = []
    for listed in state.manifest.value.releases if state.manifest else ():
        before = state.releases.get(listed.release)
        try:
            held[listed.release] = _release(state, listed, files.get(listed.bundle), now)
        except TrustError as fault:
            verdicts.append(Verdict(listed.release, fault.code))
        else:
            if before is None:
                verdicts.append(Verdict(listed.release, None))
    return replace(state, releases=held), verdicts


def _release(state: State, listed: Listed, file: bytes | None, now: int) -> Held:
    before = state.releases.get(listed.release)
    if listed.release in state.gone:
        raise TrustError("trust.recalled", release=listed.release)
    before = before if before and before.file == listed.bundle else None
    if state.delegations is None or state.facts is None or (file is None and before is None):
        raise TrustError("trust.missing", release=listed.release)
    if before and before.delegations == state.delegations.digest:
        bundle, release = before.bundle, before.release  # signatures are checked again under new delegations only
    else:
        bundle = before.bundle if before else _bundle(listed, file or b"")
        release = verify.verify_release(bundle, state.delegations, now=trusted_time(state, now))
    check_place(release.value.envelope, unit=state.facts.value.unit, channel=CHANNEL)
    if any(asset.sha256 in state.gone_assets or asset.of in state.gone_assets for asset in release.value.assets):
        raise TrustError("trust.recalled", release=listed.release)
    return Held(release, bundle, listed.bundle, state.delegations.digest)


def _bundle(listed: Listed, file: bytes) -> Bundle:
    if len(file) != listed.size or sha256(file) != listed.bundle:
        raise TrustError("trust.hash", sha256=listed.bundle)
    bundle = Bundle.read(file)
    if release_digest(bundle.text) != listed.release:
        raise TrustError("trust.hash", sha256=listed.release)
    return bundle


def _known(state: State, new: Verified[Body], held: Verified[Body]) -> State:
    if new.digest == held.digest:
        return state
    raise TrustError("trust.mixed" if _order(new) == _order(held) else "trust.rollback")


def _order(one: Verified[Body]) -> tuple[int, int]:
    """Epoch and place in it: feeds and the player's own releases count their signatures."""
    value: Any = one.value
    return value.epoch, value.seq if isinstance(value, Feed | Software) else getattr(value, "version", 0)


def _version(held: Verified[Body] | None, epoch: int) -> int:
    return _order(held)[1] if held and held.value.epoch == epoch else 0


def _unexpired(one: Verified[Body], at: int) -> None:
    expires_at: int = getattr(one.value, "expires_at", at + 1)
    if at >= expires_at:
        raise TrustError("trust.expired", what=one.value.TYPE)
