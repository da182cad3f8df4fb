"""The review plans of an office as data: kind × channel class × unit level → steps; pure.

A `Book` is one version of all rules. For a piece, each chosen channel finds its rule, every rule's steps are settled on
the piece's place in the unit tree, and the plans are joined into the most demanding one, which the release freezes.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Any, Final

from cms.content.kinds import Kind
from cms.content.states import Verb
from cms.people.permissions import Action
from cms.trust.limits import THRESHOLD

SIGN: Final = "sign"
# 初审, 复审, 三审, a step for a special matter, the one step of a short plan; the last step is always `sign`, 终审签发.
STEP_KEYS: Final = ("review", "first", "second", "third", "special", SIGN)
MOST_STEPS: Final = 5
MOST_PROOFS: Final = 3
MOST_HOURS: Final = 720
CHECKS: Final = ("typos", "format", "links", "media")
"""What a proofreader answers for: 错别字, 格式, 链接, 字幕与画面."""


class ChannelClass(StrEnum):
    """Channels as a plan tells them apart."""

    SCREEN = "screen"
    WEB = "web"
    TV = "tv"
    ACCOUNT = "account"


# What is not here is an account: what we do not know is held for what cannot be corrected once it is sent.
_CLASSES: Final = {one.value: one for one in (ChannelClass.SCREEN, ChannelClass.WEB, ChannelClass.TV)}


class By(StrEnum):
    """Which right a step takes."""

    REVIEWER = "reviewer"
    DIRECTOR = "director"
    CHIEF = "chief"


# From the lowest to the highest: where two plans meet, the higher one is asked.
_ACTIONS: Final = {
    By.REVIEWER: Action.REVIEW_PASS,
    By.DIRECTOR: Action.REVIEW_SECOND,
    By.CHIEF: Action.REVIEW_SIGN,
}
_RANKS: Final = tuple(_ACTIONS.values())


@dataclass(frozen=True, slots=True)
class RuleStep:
    """A step as the office writes it; `level`: the unit level whose people take it, empty for the piece's own unit."""

    key: str
    by: By = By.REVIEWER
    level: str = ""
    hours: int | None = None


@dataclass(frozen=True, slots=True)
class Rule:
    """Which pieces it is about (an empty field is any), the steps they go through, and how many proofs 校对."""

    steps: tuple[RuleStep, ...]
    kind: str = ""
    channel: str = ""
    level: str = ""
    proofs: int = 0

    @property
    def about(self) -> tuple[str, str, str]:
        return self.kind, self.channel, self.level


@dataclass(frozen=True, slots=True)
class Book:
    """All rules of one version; the one about everything is always there.

    `reviewer_proofs`: a person may both review and proof a piece. `after_hours`: how soon an emergency is looked at
    afterwards.
    """

    rules: tuple[Rule, ...]
    version: int = 0
    reviewer_proofs: bool = False
    after_hours: int = 12


@dataclass(frozen=True, slots=True)
class PlanStep:
    """A step of a piece; `action` is the permission it takes, also in the unit `at` (empty: only where the piece is).

    Its label is ``review.step.{key}``; `hours` is how long it may wait before the unit above hears of it.
    """

    key: str
    action: Action
    at: str = ""
    hours: int | None = None


@dataclass(frozen=True, slots=True)
class Plan:
    """Steps in order, each by another person, none of them an author; the last one is 签发.

    `proofs` run beside them and must all be clean before the last step. `book` is the version it comes from.
    """

    steps: tuple[PlanStep, ...]
    proofs: int = 0
    reviewer_proofs: bool = False
    book: int = 0
    urgent: bool = False
    after_hours: int = 12

    def verb(self, ordinal: int) -> Verb:
        """What passing step `ordinal` (from 1) does to the edition."""
        return Verb.SIGN if ordinal == len(self.steps) else Verb.PASS


# Two are what a screen asks for at least. An office that wants 三审三校 takes the set below, or writes its own.
TWO_STEPS: Final = Rule((RuleStep("review", hours=24), RuleStep(SIGN, By.CHIEF, hours=24)))
THREE_STEPS: Final = Rule(
    (RuleStep("first", hours=8), RuleStep("second", By.DIRECTOR, hours=8), RuleStep(SIGN, By.CHIEF, hours=8)), proofs=3
)
BUILT_IN: Final = Book((TWO_STEPS,))
THREE_AND_THREE: Final = Book(
    (
        THREE_STEPS,
        *(
            replace(THREE_STEPS, channel=one, steps=(*THREE_STEPS.steps[:2], RuleStep(SIGN, By.CHIEF, "centre", 8)))
            for one in (ChannelClass.TV.value, ChannelClass.ACCOUNT.value)
        ),
    )
)
_KEYS: Final = (PlanStep("key1", Action.REVIEW_URGENT, hours=1), PlanStep("key2", Action.REVIEW_URGENT, hours=1))


def class_of(channel: str) -> ChannelClass:
    """The class of a channel's kind."""
    return _CLASSES.get(channel, ChannelClass.ACCOUNT)


def rule_for(book: Book, kind: str, channel: ChannelClass, level: str) -> Rule:
    """The rule about most of what is asked; of equals kind counts before channel before level."""
    asked = (kind, channel.value, level)
    fitting = [rule for rule in book.rules if all(said in {"", given} for said, given in zip(rule.about, asked))]  # noqa: B905
    return max(fitting, key=lambda rule: (sum(map(bool, rule.about)), tuple(map(bool, rule.about))))


def plan_for(book: Book, kind: str, channels: Sequence[str], above: Sequence[tuple[str, str]]) -> Plan:
    """The most demanding plan of the chosen channels; `above` are (level, path) from the root to the piece's unit."""
    level = above[-1][0]
    classes = sorted({class_of(channel) for channel in channels}) or [ChannelClass.ACCOUNT]
    found = [_settled(rule_for(book, kind, one, level), above) for one in classes]
    return replace(
        _joined(found), reviewer_proofs=book.reviewer_proofs, book=book.version, after_hours=book.after_hours
    )


def urgent_plan(book: Book) -> Plan:
    """应急发布: two keys and nothing else; the review comes after."""
    return Plan(_KEYS, book=book.version, urgent=True, after_hours=book.after_hours)


def _settled(rule: Rule, above: Sequence[tuple[str, str]]) -> Plan:
    steps = tuple(PlanStep(one.key, _ACTIONS[one.by], _place(one.level, above), one.hours) for one in rule.steps)
    return Plan(steps, rule.proofs)


def _place(level: str, above: Sequence[tuple[str, str]]) -> str:
    if not level:
        return ""
    # A level the tree does not have above this unit is asked of the root: never of nobody.
    return next((path for one, path in reversed(above) if one == level), above[0][1])


def _joined(plans: Sequence[Plan]) -> Plan:
    """A plan that asks at least what each of them asks: aligned at the signature, higher place, shorter time."""
    longest = max(plans, key=lambda plan: len(plan.steps))
    count = len(longest.steps)
    steps = []
    for index, step in enumerate(longest.steps):
        beside = [plan.steps[index - count] for plan in plans if len(plan.steps) >= count - index]
        hours = [one.hours for one in beside if one.hours is not None]
        places = [one.at for one in beside if one.at]
        steps.append(
            PlanStep(
                step.key,
                max((one.action for one in beside), key=_RANKS.index),
                min(places, key=len, default=""),
                min(hours, default=None),
            )
        )
    return Plan(tuple(steps), max(plan.proofs for plan in plans))


def plan_json(plan: Plan) -> list[dict[str, Any]]:
    """How a release keeps the steps of its day."""
    return [{"key": step.key, "action": step.action.value, "at": step.at, "hours": step.hours} for step in plan.steps]


def terms_json(plan: Plan) -> dict[str, Any]:
    """How a release keeps the rest of the plan of its day."""
    return {
        "proofs": plan.proofs,
        "reviewer_proofs": plan.reviewer_proofs,
        "book": plan.book,
        "urgent": plan.urgent,
        "after_hours": plan.after_hours,
    }


def plan_of(steps: Sequence[Mapping[str, Any]], terms: Mapping[str, Any] | None = None) -> Plan:
    """The plan a release keeps; one from before there were terms has none."""
    read = tuple(PlanStep(one["key"], Action(one["action"]), one.get("at", ""), one.get("hours")) for one in steps)
    return Plan(read, **(terms or {}))


def book_json(book: Book) -> dict[str, Any]:
    """The rules of a version as its row keeps them."""
    return {
        "rules": [
            {
                "kind": rule.kind,
                "channel": rule.channel,
                "level": rule.level,
                "proofs": rule.proofs,
                "steps": [
                    {"key": one.key, "by": one.by.value, "level": one.level, "hours": one.hours} for one in rule.steps
                ],
            }
            for rule in book.rules
        ],
        "reviewer_proofs": book.reviewer_proofs,
        "after_hours": book.after_hours,
    }


def book_of(version: int, value: Mapping[str, Any]) -> Book:
    """What `book_json` wrote."""
    return Book(
        tuple(
            Rule(
                tuple(RuleStep(one["key"], By(one["by"]), one["level"], one["hours"]) for one in rule["steps"]),
                rule["kind"],
                rule["channel"],
                rule["level"],
                rule["proofs"],
            )
            for rule in value["rules"]
        ),
        version,
        value["reviewer_proofs"],
        value["after_hours"],
    )


def wrong_with(rule: Rule) -> str:
    """The code of what is wrong with a rule, empty when it is good."""
    keys = [one.key for one in rule.steps]
    if not THRESHOLD <= len(keys) <= MOST_STEPS:
        return "review.plan_steps"
    if keys[-1] != SIGN or rule.steps[-1].by is not By.CHIEF or len(set(keys)) != len(keys):
        return "review.plan_sign"
    if set(keys) - set(STEP_KEYS) or rule.kind not in {"", *Kind} or rule.channel not in {"", *ChannelClass}:
        return "review.plan_unknown"
    if any(one.hours is not None and not 1 <= one.hours <= MOST_HOURS for one in rule.steps):
        return "review.plan_hours"
    return "" if 0 <= rule.proofs <= MOST_PROOFS else "review.plan_unknown"
