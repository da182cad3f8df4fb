"""Releases with their approvals, and the volleys: attacks of every kind in turn, each with what refuses it.

A `Shot` is fired at the readers of this process; `data` is the same attack for the player's own readers in a browser.
"""

import random
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Any, Final, TypeAlias

from cms.trust.approval import Approval, Bundle
from cms.trust.delegations import Delegations
from cms.trust.errors import TrustError
from cms.trust.signed import Verified, plain, text_of
from cms.trust.verify import verify_delegations, verify_release, verify_root
from screens.messages import MessageFault
from screens.protocol import Goodbye
from tests.fakes import forging_pairing
from tests.fakes.forging import MARKS, STRANGER, WRONG, Mark, changed, cut, flipped, inserted
from tests.vectors import passkeys, world
from tests.vectors.cases import A
from tests.vectors.world import T0, by, key_of, uuid_of

Json: TypeAlias = dict[str, Any]
# What is counted: the five that are promised, and all else that is signed.
GROUPS: Final = ("releases", "players", "manifests", "beacons", "commands", "pairing", "others")
_GROUP_OF: Final = {"player": "players", "manifest": "manifests", "beacon": "beacons", "order": "commands"}
RELEASES_A_ROUND: Final = 6  # of each way to lie about a release


def _approved(*names: str, **changes: Any) -> Bundle:
    return world.bundle_of(text_of(world.release("x", **changes)), *names)


def _with_passkey() -> Bundle:
    first = _approved("qian")
    return replace(first, approvals=(*first.approvals, passkeys.assertion("sun", first.text)))


GOOD: Final = (A, _approved("qian", "sun"), _with_passkey())


def _release_text(luck: random.Random) -> Bundle:
    """Approve first, edit afterwards."""
    good = luck.choice(GOOD)
    return replace(good, text=changed(good.text, luck))


def _release_flipped(luck: random.Random) -> Bundle:
    good = luck.choice(GOOD)
    return replace(good, text=luck.choice([flipped, inserted, cut])(good.text, luck))


def _approval(luck: random.Random) -> Bundle:
    """One of two approvals is not what it says."""
    good = luck.choice(GOOD)
    at = luck.randrange(2)
    held = good.approvals[at]
    bent = _bend(held, luck)
    return replace(good, approvals=tuple(bent if place == at else one for place, one in enumerate(good.approvals)))


def _bend(held: Approval, luck: random.Random) -> Approval:
    way = luck.randrange(5 if held.webauthn is None else 7)
    if way == 0:
        return replace(held, person=uuid_of(luck.choice(["he", "li", "zhao", "wu", STRANGER, f"x{luck.random()}"])))
    if way == 1:
        return replace(held, key=luck.choice([key_of(name).public.id for name in WRONG if name not in {"qian", "sun"}]))
    if way == 2:
        at = luck.randrange(len(held.signature) - 1)
        other = luck.choice([char for char in "ABCxyz019-_" if char != held.signature[at]])
        return replace(held, signature=held.signature[:at] + other + held.signature[at + 1 :])
    if way == 3:
        return replace(held, alg=luck.choice([alg for alg in ("ed25519", "sm2", "webauthn-es256") if alg != held.alg]))
    if way == 4 or held.webauthn is None:
        other = text_of(world.release(f"y{luck.random()}"))
        return world.bundle_of(other, "he" if held.webauthn else "sun").approvals[0]
    part = luck.choice(["client", "authenticator"])
    told = getattr(held.webauthn, part)
    at = luck.randrange(len(told))
    other = luck.choice([char for char in "ABx9" if char != told[at]])
    return replace(held, webauthn=replace(held.webauthn, **{part: told[:at] + other + told[at + 1 :]}))


def _too_few(luck: random.Random) -> Bundle:
    good = luck.choice(GOOD)
    one = luck.choice(good.approvals)
    return replace(good, approvals=luck.choice([(), (one,), (one, one), (one,) * luck.randint(3, 16)]))


def _wrong_people(luck: random.Random) -> Bundle:
    """Really signed, by people who may not."""
    bad = luck.choice(["zhao", "zhou", "wu", "zheng", "feng", "chen", "li", STRANGER])
    return _approved(luck.choice(["qian", "sun", "he"]), bad)


RELEASES: Final[Mapping[str, Callable[[random.Random], Bundle]]] = {
    "a release edited after approval": _release_text,
    "a release with a character changed": _release_flipped,
    "an approval bent": _approval,
    "too few people": _too_few,
    "people who may not": _wrong_people,
}


@dataclass(frozen=True)
class Shot:
    """One attack: firing it raises the refusal; returning means that it was accepted.

    `data` is for the page; None where only a server reads such a thing.
    """

    group: str
    kind: str
    fire: Callable[[], object]
    data: Json | None


def shots(*, count: int, seed: int, more: tuple[Mark, ...] = ()) -> Iterator[Shot]:
    """`count` attacks, kinds in turn: every tool on every mark, every way to lie about a release and about pairing."""
    luck = random.Random(seed)
    people = granted()
    made = 0
    while True:
        for shot in _round(luck, people, (*MARKS, *more)):
            if made >= count:
                return
            made += 1
            yield shot


def a_round() -> int:
    """How many attacks make one of each kind."""
    return sum(1 for _ in _round(random.Random(1), granted(), MARKS))


def _round(luck: random.Random, people: Verified[Delegations], marks: tuple[Mark, ...]) -> Iterator[Shot]:
    for mark in marks:
        for name, tool in mark.tools().items():
            one = tool(mark, luck)
            group = _GROUP_OF.get(mark.name, "others")
            yield Shot(group, f"{mark.name}: {name}", partial(mark.take, one), {"as": mark.name, "one": one.value()})
    for name, make in RELEASES.items():
        for _ in range(RELEASES_A_ROUND):
            bundle = make(luck)
            data = {"as": "release", "one": {"text": bundle.text, "approvals": plain(bundle.approvals)}}
            yield Shot("releases", name, partial(verify_release, bundle, people, now=T0), data)
    for name, lie in forging_pairing.LIES.items():
        told = lie(luck)
        yield Shot("pairing", name, told.fire, told.data)


def granted() -> Verified[Delegations]:
    """Under which the releases would be shown, were they not bent."""
    return verify_delegations(by(passkeys.GRANTED_2, "delegations"), verify_root(by(world.root(), "root"), None))


@dataclass
class Tally:
    """What was refused: by kind and by group; `accepted` names the kinds of those that were not."""

    kinds: Counter[str] = field(default_factory=Counter)
    groups: Counter[str] = field(default_factory=Counter)
    accepted: list[str] = field(default_factory=list)

    def add(self, shot: Shot, code: str | None) -> None:
        """`code` is what it was refused by, None for what was taken."""
        if code is None:
            self.accepted.append(shot.kind)
        else:
            self.kinds[shot.kind] += 1
            self.groups[shot.group] += 1


def code_of(shot: Shot) -> str | None:
    """What the readers of this process refuse it by."""
    try:
        shot.fire()
    except TrustError as fault:
        return fault.code
    except (Goodbye, MessageFault):
        return "protocol"
    return None


def counted(found: Iterator[Shot]) -> Tally:
    tally = Tally()
    for shot in found:
        tally.add(shot, code_of(shot))
    return tally
