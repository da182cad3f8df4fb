"""Generated attacks on everything that is signed, from a seed: none may be accepted.

What is attacked is a table: a `Mark` says how a good object is made, whose signature it wants, and who takes it in. The
tools below bend any signed object; a new kind of object (an order to a screen, a pairing) joins by one more `Mark`.
"""

import json
import random
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Final, TypeAlias

from cms.trust.approval import Approval, Bundle
from cms.trust.canonical import encode
from cms.trust.delegations import Delegations
from cms.trust.errors import TrustError
from cms.trust.keys import SigningKey
from cms.trust.signed import Body, Signature, Signed, Verified, sign_text, signed_bytes, text_of
from cms.trust.verify import verify_delegations, verify_release, verify_root
from screens import viewer
from screens.viewer import Incoming
from tests.vectors import passkeys, signals, texts, world
from tests.vectors.cases import GRANTED, ISSUE, A
from tests.vectors.world import T0, by, key_of, uuid_of

Json: TypeAlias = dict[str, Any]
STRANGER: Final = "thief"
KINDS: Final = ("root", "release", "recalls", "beacon", "manifest", "feed", "player", "screen", "order", "")
WRONG: Final = ("root", "delegations", "guard", "qian", "sun", "feed air", "feed water", "player-1", STRANGER)


@dataclass(frozen=True)
class Mark:
    """`make` gives the object that would be taken next, `keys` sign it, `take` is the reader: a refusal is raised."""

    name: str
    make: Callable[[], Body]
    keys: tuple[str, ...]
    take: Callable[[Signed], object]
    older: Callable[[], Body] | None = None
    good: Signed = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "good", by(self.make(), *self.keys))

    @property
    def type(self) -> str:
        return self.make().TYPE

    def signers(self) -> list[SigningKey]:
        return [key_of(name) for name in self.keys]


Tool: TypeAlias = Callable[[Mark, random.Random], Signed]


# ---------------------------------------------------------------- tools without the key


def flipped(text: str, luck: random.Random) -> str:
    """One character of the text is another one."""
    at = luck.randrange(len(text))
    other = luck.choice([char for char in '0123456789abcdefxyz,:{}[]"- \\é云' if char != text[at]])
    return text[:at] + other + text[at + 1 :]


def inserted(text: str, luck: random.Random) -> str:
    at = luck.randrange(len(text) + 1)
    return text[:at] + luck.choice(list(' 0"\\}{,\x00\ufeff')) + text[at:]


def cut(text: str, luck: random.Random) -> str:
    return text[: luck.randrange(len(text))]


def _on_text(change: Callable[[str, random.Random], str]) -> Tool:
    return lambda mark, luck: replace(mark.good, text=change(mark.good.text, luck))


def _altered(mark: Mark, luck: random.Random) -> Signed:
    """A field says something else, spelt as it must be."""
    return replace(mark.good, text=_changed(mark.good.text, luck))


def _bent(mark: Mark, luck: random.Random) -> Signed:
    first = mark.good.signatures[0]
    at = luck.randrange(len(first.signature) - 1)
    other = luck.choice([char for char in "ABCxyz019-_" if char != first.signature[at]])
    bent = replace(first, signature=first.signature[:at] + other + first.signature[at + 1 :])
    return replace(mark.good, signatures=(bent, *mark.good.signatures[1:]))


def _unsigned(mark: Mark, luck: random.Random) -> Signed:
    """As many signatures are gone as make the difference."""
    return replace(mark.good, signatures=mark.good.signatures[: luck.randrange(len(mark.keys))])


def _stranger(mark: Mark, luck: random.Random) -> Signed:
    """Signed by others, under their own names or under the true ones."""
    names = luck.sample([name for name in WRONG if name not in mark.keys], k=len(mark.keys))
    made = sign_text(mark.type, _changed(mark.good.text, luck), [key_of(name) for name in names])
    if luck.random() < 0.5:
        return made
    claimed = zip(made.signatures, mark.good.signatures, strict=True)
    return replace(made, signatures=tuple(replace(one, key=true.key) for one, true in claimed))


def _reserved(mark: Mark, luck: random.Random) -> Signed:
    alg = luck.choice(["sm2", "webauthn-es256"])
    return replace(mark.good, signatures=tuple(replace(one, alg=alg) for one in mark.good.signatures))


def _borrowed(mark: Mark, luck: random.Random) -> Signed:
    """True signatures of these keys, over the same text as another kind, or over the bare text."""
    text = _changed(mark.good.text, luck)
    other = luck.choice([name for name in KINDS if name != mark.type])
    data = signed_bytes(other, text) if other else text.encode()
    return Signed(text, tuple(Signature(key.public.id, "ed25519", key.sign(data)) for key in mark.signers()))


# ---------------------------------------------------------------- tools of somebody who has the key


def _foreign(mark: Mark, luck: random.Random) -> Signed:
    domain = luck.choice(["huqiu.example", "wujiang.example.", "wujiang-example", "ww.example", f"a{luck.random()}"])
    return _resigned(mark, domain=domain)


def _epoch(mark: Mark, luck: random.Random) -> Signed:
    """Another epoch than the root's; a root may open a higher one, so a root goes back."""
    return _resigned(mark, epoch=luck.choice([0, -1]) if mark.name == "root" else luck.choice([0, 2, 3, 2**40]))


def _misspelt(mark: Mark, luck: random.Random) -> Signed:
    """Properly signed, and not the one spelling of its value."""
    text = mark.good.text
    name = luck.choice(sorted(json.loads(text)))
    ways = (
        lambda: text.replace(",", ", ", 1),
        lambda: text.replace(f'"{name}":', f'"{name}":null,"{name}":', 1),
        lambda: text.replace(f'"{name}":', f'"{name}" :', 1),
        lambda: text + luck.choice(["\n", " ", "{}", "\x00"]),
        lambda: "\ufeff" + text,
        lambda: json.dumps(dict(reversed(json.loads(text).items())), ensure_ascii=False, separators=(",", ":")),
        lambda: text.replace('"epoch":1', f'"epoch":1.{"0" * luck.randint(1, 9)}', 1),
    )
    return sign_text(mark.type, luck.choice(ways)(), mark.signers())


def _misshapen(mark: Mark, luck: random.Random) -> Signed:
    """Properly signed, with a field too many, one missing, or one of another kind."""
    body = json.loads(mark.good.text)
    name = luck.choice(sorted(set(body) - {"type", "format"}))
    way = luck.randrange(4)
    if way == 0:
        body[f"x{luck.randrange(10**6)}"] = luck.choice([None, 1, "", []])
    elif way == 1:
        del body[name]
    elif way == 2:
        body[name] = luck.choice([True, -1, {"a": []}, [[]], [1, "x"]])
    else:
        body["format"] = luck.choice([0, 3, 4, "1", None, True, [1]])
    return sign_text(mark.type, encode(body), mark.signers())


def _renamed(mark: Mark, luck: random.Random) -> Signed:
    """Properly signed under its own kind, calling itself another."""
    other = luck.choice([name for name in KINDS if name != mark.type])
    return sign_text(mark.type, encode({**json.loads(mark.good.text), "type": other}), mark.signers())


def _rolled_back(mark: Mark, luck: random.Random) -> Signed:
    """What was true before, or another truth of the same number."""
    del luck
    return by(mark.older(), *mark.keys) if mark.older else _unsigned(mark, random.Random(0))


TOOLS: Final[Mapping[str, Tool]] = {
    "a character changed": _on_text(flipped),
    "a character put in": _on_text(inserted),
    "cut short": _on_text(cut),
    "a field altered": _altered,
    "a signature bent": _bent,
    "signatures taken away": _unsigned,
    "signed by others": _stranger,
    "a reserved algorithm": _reserved,
    "signed as another kind": _borrowed,
    "another district": _foreign,
    "another epoch": _epoch,
    "misspelt and signed": _misspelt,
    "misshapen and signed": _misshapen,
    "another type and signed": _renamed,
    "rolled back": _rolled_back,
}


def _resigned(mark: Mark, **changes: object) -> Signed:
    return sign_text(mark.type, encode({**json.loads(mark.good.text), **changes}), mark.signers())


def _changed(text: str, luck: random.Random) -> str:
    """Canonical text with one integer or string somewhere inside it altered."""
    body = json.loads(text)
    places: list[tuple[Any, Any]] = []
    waiting: list[Any] = [body]
    while waiting:
        value = waiting.pop()
        items = value.items() if isinstance(value, dict) else enumerate(value)
        for name, item in items:
            if isinstance(item, dict | list):
                waiting.append(item)
            elif name not in {"type", "format"}:
                places.append((value, name))
    where, name = luck.choice(places)
    held = where[name]
    where[name] = held + luck.randint(1, 9) if isinstance(held, int) else f"{held or ''}{luck.choice('0a/云')}"
    return encode(body)


# ---------------------------------------------------------------- what is attacked


def running() -> viewer.State:
    """A screen in full knowledge: line-up, feeds and a release of its software."""
    start = texts.start()
    state = viewer.State(verify_root(Signed.of(start["root"]), None), start["screen"], start["key"], start["audience"])
    root = signals.SOFTWARE_ROOT
    issue = replace(ISSUE, root=root, delegations=signals.FEEDS, version=5, seq=5)
    manifest = by(issue.manifest(), "guard")
    incoming = Incoming(
        roots=(by(root, "root"),),
        delegations=by(signals.FEEDS, "delegations"),
        recalls=by(world.recalls(5), "guard"),
        screen=by(world.screen(5), "guard"),
        beacon=by(issue.beacon(manifest), "guard"),
        manifest=manifest,
        feeds=(by(world.feed(5), "feed air"),),
        player=by(world.software(5), *signals.PLAYER_KEYS),
        bundles={one.file: one.wire().encode() for one in issue.bundles},
    )
    state, verdicts = viewer.accept(state, incoming, 1_000)
    assert all(one.code is None for one in verdicts), verdicts
    return state


STATE: Final = running()
NEXT: Final = replace(
    ISSUE,
    root=signals.SOFTWARE_ROOT,
    delegations=signals.FEEDS,
    recalls=world.recalls(5),
    version=6,
    seq=6,
    at=T0 + 9_000,
)


def _told(name: str, **known: Any) -> Callable[[Signed], object]:
    """The screen hears the object; what it does not take is raised as it was said."""
    many = name in {"roots", "feeds"}

    def take(one: Signed) -> object:
        given = {**known, name: (one,) if many else one}
        _, verdicts = viewer.accept(replace(STATE, releases={}), Incoming(**given), 2_000)
        own = [verdict.code for verdict in verdicts if len(verdict.what) < 64]
        if own[-1] is not None:
            raise TrustError(own[-1])
        return own

    return take


def marks() -> tuple[Mark, ...]:
    """Every signed object a screen hears, as it would be said next."""
    manifest = by(NEXT.manifest(), "guard")
    beacon = by(NEXT.beacon(manifest), "guard")
    root = replace(signals.SOFTWARE_ROOT, version=3)
    granted_next = replace(signals.FEEDS, version=3)
    late = replace(NEXT, seq=4).beacon(manifest)
    worse = replace(signals.FEEDS, people=GRANTED.people[:1])
    return (
        Mark("root", lambda: root, ("root",), _told("roots"), lambda: world.software_root(expires_at=T0 + 1)),
        Mark("delegations", lambda: granted_next, ("delegations",), _told("delegations"), lambda: worse),
        Mark("recalls", lambda: world.recalls(6), ("guard",), _told("recalls"), lambda: world.recalls(4)),
        Mark("screen", lambda: world.screen(6), ("guard",), _told("screen"), lambda: world.screen(4)),
        Mark("beacon", lambda: NEXT.beacon(manifest), ("guard",), _told("beacon"), lambda: late),
        Mark("manifest", NEXT.manifest, ("guard",), _told("manifest", beacon=beacon), lambda: NEXT.manifest(version=4)),
        Mark("feed", lambda: world.feed(6), ("feed air",), _told("feeds"), lambda: world.feed(4)),
        Mark("player", lambda: world.software(6), signals.PLAYER_KEYS, _told("player"), lambda: world.software(4)),
    )


MARKS: Final = marks()


# ---------------------------------------------------------------- releases and their approvals


def _approved(*names: str, **changes: Any) -> Bundle:
    return world.bundle_of(text_of(world.release("x", **changes)), *names)


def _with_passkey() -> Bundle:
    first = _approved("qian")
    return replace(first, approvals=(*first.approvals, passkeys.assertion("sun", first.text)))


GOOD: Final = (A, _approved("qian", "sun"), _with_passkey())


def _release_text(luck: random.Random) -> Bundle:
    """Approve first, edit afterwards."""
    good = luck.choice(GOOD)
    return replace(good, text=_changed(good.text, luck))


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
    """One attack: firing it raises the refusal; returning means that it was accepted."""

    kind: str
    fire: Callable[[], object]


def shots(*, count: int, seed: int, more: tuple[Mark, ...] = ()) -> Iterator[Shot]:
    """`count` attacks, kinds in turn: every tool on every mark, and every way to lie about a release."""
    luck = random.Random(seed)
    plan = [(mark, name, tool) for mark in (*MARKS, *more) for name, tool in TOOLS.items()]
    people = granted()
    while True:
        for mark, name, tool in plan:
            yield Shot(f"{mark.name}: {name}", _fired(mark, tool(mark, luck)))
            count -= 1
            if count <= 0:
                return
        for name, make in RELEASES.items():
            bundle = make(luck)
            yield Shot(name, lambda bundle=bundle: verify_release(bundle, people, now=T0))  # type: ignore[misc]
            count -= 1
            if count <= 0:
                return


def _fired(mark: Mark, one: Signed) -> Callable[[], object]:
    return lambda: mark.take(one)


def granted() -> Verified[Delegations]:
    """Under which the releases would be shown, were they not bent."""
    return verify_delegations(by(passkeys.GRANTED_2, "delegations"), verify_root(by(world.root(), "root"), None))


def counted(found: Iterator[Shot]) -> tuple[dict[str, int], list[str]]:
    """How many of each kind were refused, and the kinds of those that were not."""
    refused: dict[str, int] = {}
    accepted: list[str] = []
    for shot in found:
        try:
            shot.fire()
        except TrustError:
            refused[shot.kind] = refused.get(shot.kind, 0) + 1
        else:
            accepted.append(shot.kind)
    return refused, accepted
