"""Lies about who a device is: to the server (a proof that is none) and to the device (a server that is none).

To be accepted means, at the server's door, to pass for the victim's screen; at the device, to be answered, named or
given a code where the protocol has none, or to be told facts that no guard signed for this screen and key.
"""

import json
import random
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any, Final, TypeAlias

from cms.trust.errors import TrustError
from cms.trust.keys import b64
from cms.trust.signed import Signed, signed_bytes
from screens import viewer
from screens.messages import Challenge, Have, Pairing, Retry, StateFrame, Welcome, encode
from screens.protocol import Proven, ScreenSide, ServerSide, WantsPairing, hello_bytes, pair_bytes
from screens.viewer import Incoming
from tests.fakes.forging import NEXT_BEACON, OTHERS, STATE, STRANGER
from tests.vectors import world
from tests.vectors.world import T0, by, key_of, uuid_of

Json: TypeAlias = dict[str, Any]
HOST: Final = "screens.example:8081"
NONCE: Final = b64(bytes(range(32)))
VICTIM: Final = key_of("screen")
THIEF: Final = key_of(STRANGER)
SCREEN: Final = uuid_of("screen")
LATER: Final = T0 + 600_000


@dataclass(frozen=True)
class Told:
    """One lie; firing it raises the refusal. `data` is for the page, None where only a server is told."""

    fire: Callable[[], object]
    data: Json | None = None


Lie: TypeAlias = Callable[[random.Random], Told]


# ---------------------------------------------------------------- at the server's door


def door(*texts: str) -> object:
    """What a connection makes of these frames; what comes through is this victim, or it is no impersonation."""
    side = ServerSide(nonce=NONCE, hosts=(HOST,), now=0)
    event, *_ = [side.receive(text, at) for at, text in enumerate(texts, start=1)][::-1]
    if isinstance(event, Proven) and (event.hello.screen, event.hello.key) != (SCREEN, VICTIM.public.text):
        raise TrustError("screens.unknown")  # as the pinned key decides
    if isinstance(event, WantsPairing) and event.pair.key != VICTIM.public.text:
        raise TrustError("screens.unknown")  # a code for a device of their own
    return event


def proof(kind: str, *, nonce: str = NONCE, host: str = HOST, protocol: int = 2) -> Json:
    """What the victim says to a challenge."""
    side = ScreenSide(
        key=VICTIM,
        screen=SCREEN if kind == "hello" else None,
        host=host,
        have=Have(1, 2, 3, 1, 1),
        player="1.0.0",
        protocol=protocol,
    )
    message: Json = json.loads(encode(side.receive(encode(Challenge(nonce, T0, protocol))).message))  # type: ignore[union-attr]
    return message


def passes(kind: str) -> object:
    """What the server makes of a true proof."""
    return door(json.dumps(proof(kind)))


def _door(message: Mapping[str, object] | str, *more: str) -> Told:
    text = message if isinstance(message, str) else json.dumps(message)
    return Told(partial(door, text, *more))


def _bent(signature: str, luck: random.Random) -> str:
    at = luck.randrange(len(signature) - 1)
    other = luck.choice([char for char in "ABCxyz019-_" if char != signature[at]])
    return signature[:at] + other + signature[at + 1 :]


def _forged(kind: str, luck: random.Random) -> Told:
    """The victim's key, and somebody else's signature."""
    data = hello_bytes(NONCE, SCREEN, HOST) if kind == "hello" else pair_bytes(NONCE, VICTIM.public.text, HOST)
    key = luck.choice([THIEF, key_of("guard"), key_of(f"x{luck.randrange(99)}")])
    return _door({**proof(kind), "sig": key.sign(data)})


def _stolen_name(luck: random.Random) -> Told:
    """An own key with a good proof, under the victim's name: a name is no secret."""
    key = luck.choice([THIEF, key_of("guard"), key_of(f"x{luck.randrange(99)}")])
    sig = key.sign(hello_bytes(NONCE, SCREEN, HOST))
    return _door({**proof("hello"), "key": key.public.text, "sig": sig})


def _replayed(kind: str, luck: random.Random) -> Told:
    """What the victim said to another challenge, to another host, or in another version."""
    ways = (
        lambda: proof(kind, nonce=b64(luck.randbytes(32))),
        lambda: proof(kind, host=luck.choice(["evil.example", "screens.example", "screens.example:80", "[::1]:8081"])),
        lambda: {**proof(kind, protocol=1), "protocol": 2},
        lambda: proof(kind, protocol=1),
    )
    return _door(luck.choice(ways)())


def _confused(kind: str, luck: random.Random) -> Told:
    """A true signature of the victim's key over something else."""
    other = luck.choice(["hello", "pair", "beacon", "order", "bare"])
    said = {
        "hello": hello_bytes(NONCE, luck.choice(OTHERS), HOST),
        "pair": pair_bytes(NONCE, SCREEN, HOST),
        "beacon": signed_bytes("beacon", NONCE),
        "order": signed_bytes("order", f"{NONCE}\n{SCREEN}\n{HOST}"),
        "bare": f"{NONCE}\n{SCREEN}\n{HOST}".encode(),
    }
    return _door({**proof(kind), "sig": VICTIM.sign(said[other])})


def _altered(kind: str, luck: random.Random) -> Told:
    """Another field than was signed, or a signature with another character."""
    message = proof(kind)
    name = luck.choice(["sig", "key", "screen", "t"] if kind == "hello" else ["sig", "key", "t"])
    changes = {
        "sig": _bent(message["sig"], luck),
        "key": luck.choice([THIEF.public.text, _bent(message["key"], luck)]),
        "screen": luck.choice(OTHERS),
        "t": luck.choice(["pair" if kind == "hello" else "hello", "ack", "beat", "Hello", ""]),
    }
    return _door({**message, name: changes[name]})


def _misshapen(kind: str, luck: random.Random) -> Told:
    """A field too many, one missing, one of another kind; or a text that is none."""
    message = proof(kind)
    name = luck.choice(sorted(set(message) - {"t"}))
    text = json.dumps(message)
    ways: tuple[Callable[[], Json | str], ...] = (
        lambda: {**message, f"x{luck.randrange(10**6)}": luck.choice([None, 1, "", []])},
        lambda: {key: value for key, value in message.items() if key != name},
        lambda: {**message, name: luck.choice([None, True, -1, 1.5, [[]], {"a": []}, "x" * 200])},
        lambda: text[: luck.randrange(len(text))],
        lambda: text.replace("{", '{"t":"pair",', 1),
    )
    return _door(luck.choice(ways)())


def _twice(kind: str, luck: random.Random) -> Told:
    """A good proof once more on a connection that has one: late, or of the other kind."""
    return _door(proof(kind), json.dumps(proof(luck.choice(["hello", "pair"]))))


# ---------------------------------------------------------------- at the device


_WELCOME: Final = Welcome(T0, None, None, "", Retry(1, 2), 20_000)
_PHASES: Final[Mapping[str, tuple[bool, int]]] = {
    "asked": (False, 0),
    "waiting": (False, 1),
    "named": (False, 3),
    "asked, paired": (True, 0),
    "proven": (True, 1),
    "live": (True, 2),
}


def walk(phase: str) -> list[str]:
    """What a true server says until a device stands there."""
    is_paired, steps = _PHASES[phase]
    challenge, welcome = encode(Challenge(NONCE, T0)), encode(_WELCOME)
    whole = [challenge, welcome] if is_paired else [challenge, encode(Pairing("ABC234", LATER)), paired(SCREEN)]
    return whole[:steps]


def believes(phase: str, text: str) -> object:
    """What the device makes of the last frame."""
    is_paired, _ = _PHASES[phase]
    side = ScreenSide(
        key=VICTIM, screen=SCREEN if is_paired else None, host=HOST, have=Have(1, 2, 3, 1, 1), player="1.0.0"
    )
    for said in walk(phase):
        side.receive(said)
    return side.receive(text)


def next_of(phase: str) -> Told:
    """What a true server says next to a device that stands there."""
    return _device(phase, encode(Challenge(NONCE, T0) if phase.startswith("asked") else Pairing("ABC234", LATER)))


def _device(phase: str, message: Mapping[str, object] | str) -> Told:
    text = message if isinstance(message, str) else json.dumps(message)
    data = {"as": "device", "paired": _PHASES[phase][0], "walk": walk(phase), "text": text}
    return Told(partial(believes, phase, text), data)


def paired(screen: object) -> str:
    return json.dumps({"t": "paired", "screen": screen})


def _renamed(luck: random.Random) -> Told:
    """A screen that has a name is given another one."""
    return _device(luck.choice(["asked, paired", "proven", "live", "named"]), paired(luck.choice([*OTHERS, SCREEN])))


def _code_again(luck: random.Random) -> Told:
    """A screen that needs no code is given one."""
    code = "".join(luck.choice("ABCDEFGH23456789") for _ in range(6))
    phase = luck.choice(["asked", "asked, paired", "proven", "live", "named"])
    return _device(phase, encode(Pairing(code, LATER + luck.randrange(9))))


def _asked_again(luck: random.Random) -> Told:
    """A key that signed once on this connection is to sign for somebody else's challenge."""
    phase = luck.choice(["waiting", "proven", "live", "named"])
    return _device(phase, encode(Challenge(b64(luck.randbytes(32)), T0)))


def _early(luck: random.Random) -> Told:
    """Welcomed, named or told a state before anybody was asked who they are."""
    ways = [
        ("asked", encode(_WELCOME)),
        ("waiting", encode(_WELCOME)),
        ("asked, paired", encode(_WELCOME)),
        ("asked", paired(luck.choice(OTHERS))),
        *((phase, encode(StateFrame(NEXT_BEACON))) for phase in ("asked", "waiting", "proven", "named")),
    ]
    return _device(*luck.choice(ways))


_SENTENCES: Final[Sequence[object]] = (
    "打倒一切", "BUY NOW AT EVIL.EXAMPLE", "ABC23", "ABC2345", "abc234", "ABC23O", "ABC 34", "", None, 123456,
    ["ABC234"], {"a": 1}, "<b>A</b>", "ABC234\n",
)  # fmt: skip


def _sentence(luck: random.Random) -> Told:
    """A sentence as a code, for all to read."""
    message = {"t": "pairing", "code": luck.choice(_SENTENCES), "expires_at": LATER}
    if luck.random() < 0.3:
        message = {"t": "pairing", "code": "ABC234", "expires_at": luck.choice([-1, None, "9", 1.5, [], 2**60])}
    return _device("waiting", message)


def _no_name(luck: random.Random) -> Told:
    """A name that is none would be remembered for good."""
    names: list[object] = ["", None, 0, True, [], {}, SCREEN.upper(), SCREEN[:-1], f"{SCREEN}0", "../x", f" {SCREEN}"]
    return _device("waiting", paired(luck.choice([*names, SCREEN.replace("-", ""), f"x{luck.random()}"])))


def _no_challenge(luck: random.Random) -> Told:
    """A challenge that would make the key sign something else."""
    nonces: list[object] = ["", None, 7, [], "A" * 42, "A" * 44, f"{NONCE}\nx", f"{NONCE[:-1]}\n", f"{NONCE[:-1]}é"]
    message = {"t": "challenge", "nonce": luck.choice([*nonces, f"x{luck.random()}"]), "at": T0, "protocol": 2}
    return _device(luck.choice(["asked", "asked, paired"]), message)


def _facts(luck: random.Random) -> Told:
    """Facts of who this screen is that no guard signed, or that are another's."""
    facts = world.screen(7)
    ways: tuple[Callable[[], Signed], ...] = (
        lambda: by(facts, luck.choice([STRANGER, "root", "delegations", "qian", "player-1"])),
        lambda: by(world.screen(7, key=THIEF.public.text), "guard"),
        lambda: by(world.screen(7, screen=luck.choice(OTHERS)), "guard"),
        lambda: by(world.screen(7, domain="huqiu.example"), "guard"),
        lambda: by(world.screen(7, epoch=2), "guard"),
        lambda: by(world.screen(luck.randint(1, 4)), "guard"),
        lambda: Signed(by(facts, "guard").text.replace("0412", "0413"), by(facts, "guard").signatures),
    )
    one = luck.choice(ways)()
    return Told(partial(_takes_facts, one), {"as": "screen", "one": one.value()})


def _takes_facts(one: Signed) -> object:
    _, verdicts = viewer.accept(STATE, Incoming(screen=one), 2_000)
    if verdicts[0].code is not None:
        raise TrustError(verdicts[0].code)
    return verdicts


def _both(name: str, lie: Callable[[str, random.Random], Told]) -> dict[str, Lie]:
    return {f"{kind}: {name}": partial(lie, kind) for kind in ("hello", "pair")}


LIES: Final[Mapping[str, Lie]] = {
    **_both("signed by others", _forged),
    **_both("said before or elsewhere", _replayed),
    **_both("a signature of something else", _confused),
    **_both("a field altered", _altered),
    **_both("misshapen", _misshapen),
    **_both("once more", _twice),
    "hello: an own key under another's name": _stolen_name,
    "device: another name": _renamed,
    "device: a code again": _code_again,
    "device: a challenge again": _asked_again,
    "device: before its time": _early,
    "device: a sentence for a code": _sentence,
    "device: a name that is none": _no_name,
    "device: a challenge that is none": _no_challenge,
    "device: facts of nobody": _facts,
}
