"""The review plan as data: which steps a piece goes through, and who may take each."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from cms.content.kinds import Kind
from cms.content.states import Verb
from cms.people.permissions import Action


@dataclass(frozen=True, slots=True)
class PlanStep:
    """A step; `key` names it (its label is ``review.step.{key}``), `action` is the permission it takes."""

    key: str
    action: Action


@dataclass(frozen=True, slots=True)
class Plan:
    """Steps in order, each by another person, none of them an author; the last one is 签发."""

    steps: tuple[PlanStep, ...]

    def verb(self, ordinal: int) -> Verb:
        """What passing step `ordinal` (from 1) does to the edition."""
        return Verb.SIGN if ordinal == len(self.steps) else Verb.PASS


_TWO_STEPS: Final = Plan((PlanStep("review", Action.REVIEW_PASS), PlanStep("sign", Action.REVIEW_SIGN)))

# Two are what a screen asks for at least; an office that wants 三审 adds a step here.
PLANS: Final[dict[Kind, Plan]] = dict.fromkeys(Kind, _TWO_STEPS)


def plan_for(kind: Kind) -> Plan:
    return PLANS[kind]


def plan_json(plan: Plan) -> list[dict[str, str]]:
    """How a release keeps the plan of its day."""
    return [{"key": step.key, "action": step.action.value} for step in plan.steps]


def plan_of(value: Sequence[Mapping[str, Any]]) -> Plan:
    return Plan(tuple(PlanStep(step["key"], Action(step["action"])) for step in value))
