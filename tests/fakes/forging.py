"""Generated attacks on everything that is signed, from a seed: none may be accepted.

What is attacked is a table: a `Mark` says how a good object is made, whose signature it wants, and who takes it in. The
tools below bend any signed object; a new kind of object joins by one more `Mark`, with tools of its own where a wrong
thing can be said of it alone. What is not one signed object (releases with approvals, pairing) is in `volleys`.
"""

import json
import random
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Final, TypeAlias

from cms.hands.order import LIFE, Ledger, heed, verify_order
from cms.trust.canonical import encode
from cms.trust.errors import TrustError
from cms.trust.keys import SigningKey
from cms.trust.signed import Body, Signature, Signed, sign_text, signed_bytes
from cms.trust.verify import verify_root
from screens import viewer
from screens.viewer import Incoming
from tests.vectors import orders, signals, texts, world
from tests.vectors.cases import GRANTED, ISSUE
from tests.vectors.world import DAY, HOUR, T0, by, key_of, uuid_of

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
    more: Mapping[str, "Tool"] = field(default_factory=dict)
    good: Signed = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "good", by(self.make(), *self.keys))

    @property
    def type(self) -> str:
        return self.make().TYPE

    def signers(self) -> list[SigningKey]:
        return [key_of(name) for name in self.keys]

    def tools(self) -> Mapping[str, "Tool"]:
        return {**TOOLS, **self.more}


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
    return replace(mark.good, text=changed(mark.good.text, luck))


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
    made = sign_text(mark.type, changed(mark.good.text, luck), [key_of(name) for name in names])
    if luck.random() < 0.5:
        return made
    claimed = zip(made.signatures, mark.good.signatures, strict=True)
    return replace(made, signatures=tuple(replace(one, key=true.key) for one, true in claimed))


def _reserved(mark: Mark, luck: random.Random) -> Signed:
    alg = luck.choice(["sm2", "webauthn-es256"])
    return replace(mark.good, signatures=tuple(replace(one, alg=alg) for one in mark.good.signatures))


def _borrowed(mark: Mark, luck: random.Random) -> Signed:
    """True signatures of these keys, over the same text as another kind, or over the bare text."""
    text = changed(mark.good.text, luck)
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


def changed(text: str, luck: random.Random) -> str:
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


# ---------------------------------------------------------------- tools for one kind alone, with its key


def _says(**choices: Sequence[object]) -> Tool:
    """Truly signed, and one thing said that must not be."""

    def tool(mark: Mark, luck: random.Random) -> Signed:
        name = luck.choice(sorted(choices))
        return _resigned(mark, **{name: luck.choice(choices[name])})

    return tool


def _free(mark: Mark, luck: random.Random) -> Signed:
    """An order outside the closed list, or with words that are not its action's."""
    said = {"command": f"rm -rf /{luck.random()}", "url": "https://evil.example", "level": luck.choice([101, -1, "30"])}
    action = luck.choice(["shell", "run", "", "volume", "hours", "screenshot", "logs", "update", "Reload"])
    name = luck.choice(sorted(said))
    return _resigned(mark, action=action, params={name: said[name]})


def _path(mark: Mark, luck: random.Random) -> Signed:
    """A file of a player where none may be, or twice, or a folder that is a file."""
    files = json.loads(mark.good.text)["files"]
    ways = ["../x.js", "/etc/x.js", ".x.js", "a//x.js", "a/../x.js", "a\\x.js", "A.js", "", "x/" * 9 + "x.js"]
    held = files[0]["path"]
    files.append({**files[0], "path": luck.choice([*ways, held, f"{held}/x.js"])})
    return _resigned(mark, files=files)


def _alone(mark: Mark, luck: random.Random) -> Signed:
    """One of two keys, once or twice."""
    key = luck.choice(mark.signers())
    return sign_text(mark.type, mark.good.text, [key] * luck.randint(1, 3))


OTHERS: Final = tuple(uuid_of(name) for name in ("another", "third", "point"))
_ORDER: Final[Mapping[str, Tool]] = {
    "for another screen": _says(screen=OTHERS),
    "not its time": _says(not_before=[T0 + DAY], expires_at=[T0 - DAY, T0, T0 + 1, T0 + DAY, T0 + LIFE + 1]),
    "of another guard": _says(guard=[key_of(name).public.id for name in ("root", "delegations", STRANGER)]),
    "a number again": _says(seq=[1, 2, 3, 4, 5]),
    "outside the list": _free,
}
_PLAYER: Final[Mapping[str, Tool]] = {
    "a file elsewhere": _path,
    "a stage nobody declared": _says(stage=[1, 9, 11, 99, 101, 500, 999]),
    "below its minimum": _says(version=["0.0.0", "0.9.9"], minimum=["1.2.1", "99.0.0"]),
    "over": _says(expires_at=[1, T0, T0 + 1]),
    "signed by one of two": _alone,
}
_BEACON: Final[Mapping[str, Tool]] = {
    "of another audience": _says(audience=["street-05", "street-04-a", "hall"]),
    "of another guard": _says(guard=[key_of(name).public.id for name in ("root", "delegations", STRANGER)]),
    "a number again": _says(seq=[1, 2, 3, 4, 5]),
    "of long ago": _says(at=[1, T0 - DAY, T0 - HOUR]),
    "ahead of what is known": _says(root=[3, 9, 99], recalls=[{"version": 9, "sha256": "a" * 64}]),
    "an older line-up": _says(version=[1, 2, 3, 4]),
}
_MANIFEST: Final[Mapping[str, Tool]] = {
    "of another audience": _says(audience=["street-05", "street-04-a", "hall"]),
    "not the one the beacon names": _says(at=[T0 + n for n in range(9)], expires_at=[T0 + DAY + n for n in range(9)]),
    "an older version": _says(version=[1, 2, 3, 4]),
    "nothing to show": _says(releases=[[]], timeline=[[]]),
}


# ---------------------------------------------------------------- what is attacked


def heard() -> Incoming:
    """What a screen in full knowledge has heard: line-up, feeds and a release of its software."""
    root = signals.SOFTWARE_ROOT
    issue = replace(ISSUE, root=root, delegations=signals.FEEDS, version=5, seq=5)
    manifest = by(issue.manifest(), "guard")
    return Incoming(
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


def running() -> viewer.State:
    """That screen."""
    start = texts.start()
    state = viewer.State(verify_root(Signed.of(start["root"]), None), start["screen"], start["key"], start["audience"])
    state, verdicts = viewer.accept(state, heard(), 1_000)
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


LEDGER: Final = Ledger(1, {key_of("guard").public.id: 5})
NEXT_BEACON: Final = by(NEXT.beacon(by(NEXT.manifest(), "guard")), "guard")


def _heeded(one: Signed) -> object:
    """The screen is ordered something."""
    return heed(LEDGER, verify_order(one, STATE.root), screen=STATE.screen, now=T0 + 1)


def marks() -> tuple[Mark, ...]:
    """Every signed object a screen hears, as it would be said next."""
    manifest, beacon = by(NEXT.manifest(), "guard"), NEXT_BEACON
    root = replace(signals.SOFTWARE_ROOT, version=3)
    granted_next = replace(signals.FEEDS, version=3)
    late = replace(NEXT, seq=4).beacon(manifest)
    worse = replace(signals.FEEDS, people=GRANTED.people[:1])
    return (
        Mark("root", lambda: root, ("root",), _told("roots"), lambda: world.software_root(expires_at=T0 + 1)),
        Mark("delegations", lambda: granted_next, ("delegations",), _told("delegations"), lambda: worse),
        Mark("recalls", lambda: world.recalls(6), ("guard",), _told("recalls"), lambda: world.recalls(4)),
        Mark("screen", lambda: world.screen(6), ("guard",), _told("screen"), lambda: world.screen(4)),
        Mark("beacon", lambda: NEXT.beacon(manifest), ("guard",), _told("beacon"), lambda: late, _BEACON),
        Mark(
            "manifest",
            NEXT.manifest,
            ("guard",),
            _told("manifest", beacon=beacon),
            lambda: NEXT.manifest(version=4),
            _MANIFEST,
        ),
        Mark("feed", lambda: world.feed(6), ("feed air",), _told("feeds"), lambda: world.feed(4)),
        Mark(
            "player",
            lambda: world.software(6),
            signals.PLAYER_KEYS,
            _told("player"),
            lambda: world.software(4),
            _PLAYER,
        ),
        Mark("order", lambda: orders.order(6), ("guard",), _heeded, lambda: orders.order(4), _ORDER),
    )


MARKS: Final = marks()
