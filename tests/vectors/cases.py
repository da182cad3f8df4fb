"""The cases a player must judge: an ordinary life of a screen, and the attacks on it."""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from cms.trust.approval import Bundle
from cms.trust.canonical import encode
from cms.trust.signed import Signed, sign_text, text_of
from tests.vectors import world
from tests.vectors.world import HOUR, T0, TOWN, by, key_of

Json = dict[str, Any]


@dataclass
class Case:
    """Steps given to one screen; verdicts and drawable releases are asked for in the same list."""

    name: str
    attack: str
    steps: list[Json] = field(default_factory=list)

    def take(self, now: int, expect: Mapping[str, str | None], **incoming: Any) -> "Case":
        """One message at a local time; `expect` names the verdicts that must come, in any order."""
        self.steps.append({"take": _incoming(incoming), "now": now, "expect": [list(one) for one in expect.items()]})
        return self

    def showable(self, now: int, release: str, expect: str | None) -> "Case":
        self.steps.append({"showable": release, "now": now, "expect": expect})
        return self

    def loop(self, now: int, expect: Iterable[str]) -> "Case":
        self.steps.append({"loop": True, "now": now, "expect": list(expect)})
        return self

    def stale(self, now: int, *, expect: bool) -> "Case":
        self.steps.append({"stale": True, "now": now, "expect": expect})
        return self

    def values(self, now: int, card: Json, expect: Json | str) -> "Case":
        """What stands on a data card: the values, or the code why none do."""
        self.steps.append({"values": card, "now": now, "expect": expect})
        return self

    def software(self, now: int, running: str, expect: Signed | None) -> "Case":
        """What the screen installs while it runs a version."""
        self.steps.append({"software": running, "now": now, "expect": expect and expect.digest("player")})
        return self

    def restarted(self, now: int, away: int) -> "Case":
        self.steps.append({"restarted": True, "now": now, "away": away})
        return self

    def value(self) -> Json:
        return {"name": self.name, "attack": self.attack, "steps": self.steps}


def _incoming(incoming: Mapping[str, Any]) -> Json:
    made: Json = {}
    for name, one in incoming.items():
        if name == "bundles":
            made[name] = {(one_.file if isinstance(one_, Bundle) else one_[0]): _file(one_) for one_ in one}
        else:
            made[name] = [each.value() for each in one] if name in {"roots", "feeds"} else one.value()
    return made


def _file(one: Bundle | tuple[str, str]) -> str:
    return one.wire() if isinstance(one, Bundle) else one[1]


ROOT = world.root()
GRANTED = world.delegations()
NOTHING = world.recalls()
A = world.bundle_of(text_of(world.release("a")), "qian", "sun")
B = world.bundle_of(
    text_of(world.release("b", class_="notice", envelope={"units": (TOWN,), "not_after": None, "offline": 72 * HOUR})),
    "qian",
    "li",
)
SLATE = world.bundle_of(
    text_of(world.release("slate", slate=True, envelope={"not_after": None, "offline": None})), "qian", "sun", "he"
)
ISSUE = world.Issue(ROOT, GRANTED, NOTHING, (A, B, SLATE))
DELEGATIONS = by(GRANTED, "delegations")
RECALLS = by(NOTHING, "guard")
FACTS = by(world.screen(), "guard")
PASS: dict[str, str | None] = {"delegations": None, "recalls": None, "screen": None, "beacon": None, "manifest": None}


def fed(case: Case, issue: world.Issue = ISSUE, *, now: int = 1_000) -> Case:
    """The screen takes a whole good state."""
    manifest = by(issue.manifest(), "guard")
    return case.take(
        now,
        {**PASS, **{one.release: None for one in issue.bundles}},
        delegations=by(issue.delegations, "delegations"),
        recalls=by(issue.recalls, "guard"),
        screen=FACTS,
        beacon=by(issue.beacon(manifest), "guard"),
        manifest=manifest,
        bundles=issue.bundles,
    )


def started(name: str, attack: str) -> Case:
    return fed(Case(name, attack))


def later(**changes: Any) -> world.Issue:
    """The next good state of the same guard, ten seconds on."""
    return replace(ISSUE, **{"version": 2, "seq": 2, "at": T0 + 10_000, **changes})


def unfit(name: str, attack: str, bundle: Bundle, code: str, *, granted: Any = None) -> Case:
    """A good guard lists one bundle that must be left out; the others stay."""
    issue = replace(ISSUE, bundles=(A, bundle), delegations=granted or GRANTED)
    manifest = by(issue.manifest(), "guard")
    case = Case(name, attack).take(
        1_000,
        {**PASS, A.release: None, bundle.release: code},
        delegations=by(issue.delegations, "delegations"),
        recalls=RECALLS,
        screen=FACTS,
        beacon=by(issue.beacon(manifest), "guard"),
        manifest=manifest,
        bundles=(A, bundle),
    )
    return case.showable(1_000, bundle.release, "trust.missing").loop(1_000, [A.release])


def refused(name: str, attack: str, what: str, one: Signed, code: str) -> Case:
    """A running screen is handed one object it must refuse, and shows what it showed."""
    case = started(name, attack).take(2_000, {what: code}, **{what: one})
    return case.loop(2_000, [one.release for one in ISSUE.bundles])


def refused_update(name: str, attack: str, code: str, *, issue: world.Issue, manifest: Signed, **more: Any) -> Case:
    """A running screen is handed a manifest with a good beacon for it and must keep the old one."""
    case = started(name, attack).take(
        11_000,
        {"beacon": None, "manifest": code},
        beacon=by(issue.beacon(manifest, **more), "guard"),
        manifest=manifest,
        bundles=issue.bundles,
    )
    return case.loop(11_000, [one.release for one in ISSUE.bundles])


def changed(text: str, **fields: object) -> str:
    """The canonical text with fields set."""
    return encode({**json.loads(text), **fields})


def signed_text(type_: str, text: str, *names: str) -> Signed:
    return sign_text(type_, text, [key_of(name) for name in names])
