"""A thousand ways to lie to a street screen, generated from a seed; none of them may change what stands on the glass.

Two sorts. *Outside*: messages of somebody without the guard's key (unsigned, altered, replayed, rolled back, mixed,
of another district, role, type or epoch): the screen must refuse them and remember nothing. *Inside*: line-ups truly
signed by a stolen guard key that list releases nobody approved properly: the screen must leave those out.
"""

import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import Any

from cms.trust.approval import Bundle
from cms.trust.keys import sha256
from cms.trust.release import Envelope
from cms.trust.signed import Signature, Signed, text_of
from tests.fakes.gateway import Json, Media, state_message
from tests.vectors import world
from tests.vectors.world import DAY, DISTRICT, HOUR, T0, by, key_of, uuid_of

THIEF = "thief"  # a key nobody delegated anything to


@dataclass(frozen=True)
class Attack:
    """`message` is what a lying server sends."""

    kind: str
    message: Json


@dataclass(frozen=True)
class Target:
    """What the screen has seen: every line-up so far, the newest last."""

    seen: tuple[world.Issue, ...]

    @property
    def now(self) -> world.Issue:
        return self.seen[-1]

    def next(self, luck: random.Random, **changes: Any) -> world.Issue:
        """A line-up as the guard might sign it next: without any piece, so that believing it would be seen."""
        ahead = luck.randint(1, 1000)
        step = {
            "version": self.now.version + ahead,
            "seq": self.now.seq + ahead,
            "at": self.now.at + luck.randint(0, 50_000),
        }
        return replace(self.now, bundles=(), **{**step, **changes})


@dataclass
class Parts:
    """The signed objects of one state message."""

    beacon: Signed
    manifest: Signed
    delegations: Signed
    recalls: Signed

    def message(self) -> Json:
        return state_message(**vars(self))


def parts(issue: world.Issue, *, guard: str = "guard", delegations: str = "delegations") -> Parts:
    manifest = by(issue.manifest(), guard)
    return Parts(
        by(issue.beacon(manifest), guard), manifest, by(issue.delegations, delegations), by(issue.recalls, guard)
    )


def outside(target: Target, *, count: int, seed: int) -> Iterator[Attack]:
    """`count` attacks without the guard's key, kinds in turn."""
    luck = random.Random(seed)
    kinds = list(OUTSIDE.items())
    for number in range(count):
        kind, make = kinds[number % len(kinds)]
        yield Attack(kind, make(target, luck))


def _each(found: Parts, change: Callable[[Signed], Signed]) -> Json:
    return Parts(*(change(one) for one in vars(found).values())).message()


def _unsigned(target: Target, luck: random.Random) -> Json:
    return _each(parts(target.next(luck)), lambda one: replace(one, signatures=()))


def _stranger(target: Target, luck: random.Random) -> Json:
    """Signed by a key of their own that calls itself the guard's."""

    def claim(one: Signed) -> Signed:
        named = tuple(replace(item, key=key_of("guard").public.id) for item in one.signatures)
        return replace(one, signatures=named)

    return _each(parts(target.next(luck), guard=THIEF, delegations=THIEF), claim)


def _altered(target: Target, luck: random.Random) -> Json:
    """One byte of every text is another one."""

    def flip(one: Signed) -> Signed:
        at = luck.randrange(len(one.text))
        other = luck.choice([char for char in '0123456789abcdef,:{}"' if char != one.text[at]])
        return replace(one, text=one.text[:at] + other + one.text[at + 1 :])

    return _each(parts(target.next(luck)), flip)


def _bent(target: Target, luck: random.Random) -> Json:
    """One character of every signature is another one."""

    def bend(one: Signed) -> Signed:
        item = one.signatures[0]
        at = luck.randrange(len(item.signature) - 1)
        other = luck.choice([char for char in "ABCxyz019-_" if char != item.signature[at]])
        return replace(
            one, signatures=(replace(item, signature=item.signature[:at] + other + item.signature[at + 1 :]),)
        )

    return _each(parts(target.next(luck)), bend)


def _replayed(target: Target, luck: random.Random) -> Json:
    return parts(target.now).message()


def _rolled_back(target: Target, luck: random.Random) -> Json:
    return parts(luck.choice(target.seen[:-1])).message()


def _frozen(target: Target, luck: random.Random) -> Json:
    """The newest beacon again and nothing else: time must not stand still unnoticed, nor anything change."""
    return state_message(beacon=parts(target.now).beacon)


def _mixed(target: Target, luck: random.Random) -> Json:
    """The true beacon with somebody else's manifest."""
    forged = parts(target.next(luck), guard=THIEF)
    return state_message(beacon=parts(target.now).beacon, manifest=forged.manifest)


def _foreign(target: Target, luck: random.Random) -> Json:
    """Another district that uses the same keys."""
    issue = target.next(luck)
    domain = luck.choice(["huqiu.example", "wujiang.example.", "wujiang-example", "gusu.example"])
    manifest = by(issue.manifest(domain=domain), "guard")
    return state_message(
        beacon=by(issue.beacon(manifest, domain=domain), "guard"),
        manifest=manifest,
        recalls=by(replace(issue.recalls, domain=domain, version=99), "guard"),
        delegations=by(replace(issue.delegations, domain=domain, version=99), "delegations"),
    )


def _other_epoch(target: Target, luck: random.Random) -> Json:
    issue = target.next(luck)
    epoch = luck.randint(2, 9)
    manifest = by(issue.manifest(epoch=epoch), "guard")
    return state_message(beacon=by(issue.beacon(manifest, epoch=epoch), "guard"), manifest=manifest)


def _other_audience(target: Target, luck: random.Random) -> Json:
    issue = target.next(luck)
    audience = f"street-{luck.randint(10, 99)}"
    manifest = by(issue.manifest(audience=audience), "guard")
    return state_message(beacon=by(issue.beacon(manifest, audience=audience), "guard"), manifest=manifest)


def _wrong_role(target: Target, luck: random.Random) -> Json:
    """The delegations key signs line-ups, the guard's key signs delegations."""
    extra = world.person(THIEF)
    granted = replace(target.now.delegations, version=50, people=(*target.now.delegations.people, extra))
    issue = target.next(luck, delegations=granted)
    return parts(issue, guard=luck.choice(["delegations", "root", "qian"]), delegations="guard").message()


def _wrong_type(target: Target, luck: random.Random) -> Json:
    """A good signature of one kind of object under another kind."""
    made = parts(target.next(luck))
    return state_message(beacon=made.manifest, manifest=made.beacon, recalls=made.delegations, delegations=made.recalls)


def _forged_root(target: Target, luck: random.Random) -> Json:
    forged = world.root(2, keys={"root": THIEF, "guard": THIEF, "delegations": THIEF})
    made = parts(target.next(luck, root=forged), guard=THIEF, delegations=THIEF)
    return state_message(root=by(forged, *luck.choice([(THIEF,), ("guard", THIEF), ()])), **vars(made))


GARBAGE = (
    "",
    "null",
    "[]",
    "{}",
    "[" * 5000,
    '{"type":"beacon"}',
    '{"a":1.5}',
    "\ufeff{}",
    '{"a":1,"a":2}',
    "\x00",
    "🎏",
)


def _garbage(target: Target, luck: random.Random) -> Json:
    text = luck.choice(
        [
            "",
            "null",
            "[]",
            "{}",
            "[" * 5000,
            '{"type":"beacon"}',
            '{"a":1.5}',
            "\ufeff{}",
            '{"a":1,"a":2}',
            "\x00",
            "🎏" * 99,
        ]
    )
    junk = Signed(text, (Signature(key_of("guard").public.id, "ed25519", "A" * 86),))
    return state_message(beacon=junk, manifest=junk, recalls=junk, delegations=junk)


OUTSIDE: dict[str, Callable[[Target, random.Random], Json]] = {
    "unsigned": _unsigned,
    "stranger": _stranger,
    "altered byte": _altered,
    "bent signature": _bent,
    "replayed": _replayed,
    "rolled back": _rolled_back,
    "frozen": _frozen,
    "mixed": _mixed,
    "wrong domain": _foreign,
    "other epoch": _other_epoch,
    "other audience": _other_audience,
    "wrong role": _wrong_role,
    "wrong type": _wrong_type,
    "forged root": _forged_root,
    "garbage": _garbage,
}


def inside(media: Media, *, count: int, seed: int) -> Iterator[tuple[str, Bundle]]:
    """`count` releases that must never be drawn, kinds in turn; their bundles and files stand at the media server."""
    luck = random.Random(seed)
    kinds = list(INSIDE.items())
    for number in range(count):
        kind, make = kinds[number % len(kinds)]
        made = make(f"attack {seed} {number} {luck.random()}", luck)
        media.put(made.wire().encode())
        yield kind, made


def _bad(name: str, *approved_by: str, **changes: Any) -> Bundle:
    content = world.content(f"这一条不该出现 {name}")
    return world.bundle_of(text_of(world.release(name, **{"content": content, "assets": (), **changes})), *approved_by)


def _text_altered(name: str, luck: random.Random) -> Bundle:
    made = _bad(name, "qian", "sun")
    return replace(made, text=made.text.replace("不该", "应该", 1))


def _signatures_of_another(name: str, luck: random.Random) -> Bundle:
    return replace(_bad(name, "qian", "sun"), approvals=_bad(f"{name} 2", "qian", "sun").approvals)


def _borrowed_name(name: str, luck: random.Random) -> Bundle:
    """One person's key twice, once under the other's name."""
    made = _bad(name, "qian", "qian")
    return replace(made, approvals=(made.approvals[0], replace(made.approvals[1], person=uuid_of("sun"))))


def _envelope(**changes: Any) -> Envelope:
    return replace(Envelope((DISTRICT,), ("screen", "web"), T0 - HOUR, T0 + 30 * DAY, 7 * DAY), **changes)


INSIDE: dict[str, Callable[[str, random.Random], Bundle]] = {
    "unapproved": lambda name, luck: _bad(name),
    "once-approved": lambda name, luck: _bad(name, luck.choice(["qian", "sun", "he"])),
    "approved twice by one": lambda name, luck: _bad(name, "qian", "qian"),
    "author-approved": lambda name, luck: _bad(name, "zhao", "qian"),
    "co-author approved": lambda name, luck: _bad(name, "qian", "sun", authors=(uuid_of("zhao"), uuid_of("sun"))),
    "out of scope": lambda name, luck: _bad(name, "qian", "li"),
    "wrong class": lambda name, luck: _bad(name, "qian", "zhou"),
    "without the right": lambda name, luck: _bad(name, "qian", "wu"),
    "expired key": lambda name, luck: _bad(name, "qian", "feng"),
    "key of tomorrow": lambda name, luck: _bad(name, "qian", "chen"),
    "stranger": lambda name, luck: _bad(name, "qian", THIEF),
    "altered release": _text_altered,
    "approvals of another": _signatures_of_another,
    "borrowed name": _borrowed_name,
    "for another place": lambda name, luck: _bad(name, "qian", "sun", envelope=_envelope(units=("/320509/07/",))),
    "for another channel": lambda name, luck: _bad(name, "qian", "sun", envelope=_envelope(channels=("web",))),
    "too early": lambda name, luck: _bad(name, "qian", "sun", envelope=_envelope(not_before=T0 + DAY)),
    "too late": lambda name, luck: _bad(name, "qian", "sun", envelope=_envelope(not_after=T0 - 1)),
    "wrong domain": lambda name, luck: _bad(name, "qian", "sun", domain="huqiu.example"),
    "epoch of tomorrow": lambda name, luck: _bad(name, "qian", "sun", epoch=2),
    "endless urgency": lambda name, luck: _bad(name, "qian", "sun", class_="urgent"),
    "file not listed": lambda name, luck: _bad(
        name, "qian", "sun", content=world.content(name, cover=sha256(name.encode()))
    ),
}
