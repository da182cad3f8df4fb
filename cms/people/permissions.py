"""The one permission function: `can(actor, action, subject) -> Decision`, a lookup in one table, default deny."""

import uuid
from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from cms.kernel.errors import Denied
from cms.people.actor import Actor
from cms.people.roles import Role


class Action(StrEnum):
    """Everything a person can do; routes and sections name these values."""

    DOCUMENT_READ = "document.read"
    DOCUMENT_CREATE = "document.create"
    DOCUMENT_EDIT = "document.edit"
    DOCUMENT_DISCARD = "document.discard"
    DOCUMENT_SUBMIT = "document.submit"
    DOCUMENT_WITHDRAW = "document.withdraw"
    DOCUMENT_CORRECT = "document.correct"
    DOCUMENT_SHARE = "document.share"
    REVIEW_READ = "review.read"
    REVIEW_PASS = "review.pass"  # noqa: S105
    REVIEW_SECOND = "review.second"
    REVIEW_SIGN = "review.sign"
    REVIEW_RETURN = "review.return"
    REVIEW_PROOF = "review.proof"
    REVIEW_URGENT = "review.urgent"
    REVIEW_PLAN = "review.plan"
    PUBLISHING_READ = "publishing.read"
    PUBLISHING_SCHEDULE = "publishing.schedule"
    PUBLISHING_PUBLISH = "publishing.publish"
    PUBLISHING_RETRY = "publishing.retry"
    PUBLISHING_RECALL = "publishing.recall"
    PUBLISHING_RECALL_MANY = "publishing.recall_many"
    TARGET_MANAGE = "target.manage"
    LIBRARY_READ = "library.read"
    LIBRARY_UPLOAD = "library.upload"
    LIBRARY_EDIT = "library.edit"
    LIBRARY_DELETE = "library.delete"
    COLUMN_MANAGE = "column.manage"
    CHECKLIST_MANAGE = "checklist.manage"
    SCREEN_READ = "screen.read"
    SCREEN_PAIR = "screen.pair"
    SCREEN_MANAGE = "screen.manage"
    DATA_READ = "data.read"
    DATA_MANAGE = "data.manage"
    # A family of its own: a program that says values may nothing else.
    VALUES_SAY = "values.say"
    PEOPLE_READ = "people.read"
    PEOPLE_MANAGE = "people.manage"
    PEOPLE_GRANT = "people.grant"
    PEOPLE_PHONE = "people.phone"
    UNIT_MANAGE = "unit.manage"
    AUDIT_READ = "audit.read"
    AUDIT_EXPORT = "audit.export"
    SYSTEM_READ = "system.read"
    SYSTEM_CONFIGURE = "system.configure"
    ACCOUNT_MANAGE = "account.manage"


class Relation(StrEnum):
    """How a subject stands to a grant: the actor's own, another's in the grant's subtree, or outside it."""

    OWN = "own"
    UNIT = "unit"
    OTHER = "other"


# What an office may ask of an account before anything else, and the refusal that says so.
OWED: Final = {"password": "people.denied.owes_password", "factor": "people.denied.owes_factor"}


@dataclass(frozen=True, slots=True)
class Subject:
    """What is acted upon: the path of its unit, and the people to whom it is their own (authors, or the person)."""

    unit: str
    own_of: frozenset[uuid.UUID] = frozenset()


@dataclass(frozen=True, slots=True)
class Decision:
    """The answer; `reason` is the code of the refusal in the catalogue, empty when allowed."""

    allowed: bool
    reason: str = ""

    def __bool__(self) -> bool:
        return self.allowed


_OWN: Final = frozenset({Relation.OWN})
_OTHERS: Final = frozenset({Relation.UNIT})
_UNIT: Final = frozenset({Relation.OWN, Relation.UNIT})

_WRITING: Final = {
    Action.DOCUMENT_READ: _UNIT,
    Action.DOCUMENT_CREATE: _UNIT,
    Action.LIBRARY_READ: _UNIT,
    Action.LIBRARY_UPLOAD: _UNIT,
    Action.LIBRARY_EDIT: _UNIT,
    Action.PUBLISHING_READ: _UNIT,
    Action.DATA_READ: _UNIT,
}
# Whoever sends pieces in: their own from the first word to the submission, and nothing of what becomes of them.
_CONTRIBUTING: Final = {
    Action.DOCUMENT_READ: _UNIT,
    Action.DOCUMENT_CREATE: _UNIT,
    Action.DOCUMENT_EDIT: _OWN,
    Action.DOCUMENT_SUBMIT: _OWN,
    Action.DOCUMENT_WITHDRAW: _OWN,
    Action.DOCUMENT_DISCARD: _OWN,
    Action.LIBRARY_READ: _UNIT,
    Action.LIBRARY_UPLOAD: _UNIT,
    Action.LIBRARY_EDIT: _OWN,
    Action.LIBRARY_DELETE: _OWN,
}
_REVIEWING: Final = {
    **_WRITING,
    Action.DOCUMENT_EDIT: _UNIT,
    Action.DOCUMENT_SUBMIT: _UNIT,
    Action.DOCUMENT_WITHDRAW: _OWN,
    Action.DOCUMENT_DISCARD: _UNIT,
    Action.DOCUMENT_CORRECT: _UNIT,
    Action.DOCUMENT_SHARE: _UNIT,
    # Never one's own: an author who could pass their piece would be a reviewer too few.
    Action.REVIEW_PASS: _OTHERS,
    Action.REVIEW_RETURN: _OTHERS,
    Action.REVIEW_READ: _UNIT,
    Action.REVIEW_PROOF: _OTHERS,
    Action.PUBLISHING_RECALL: _UNIT,
    Action.LIBRARY_DELETE: _UNIT,
    Action.SCREEN_READ: _UNIT,
}
_ACCOUNT: Final = {Action.ACCOUNT_MANAGE: _OWN}

# role × action -> relations in which it is allowed; what is not here is denied.
TABLE: Final[dict[Role, dict[Action, frozenset[Relation]]]] = {
    Role.CORRESPONDENT: {**_ACCOUNT, **_CONTRIBUTING},
    Role.TEAM_LEADER: {**_ACCOUNT, **_CONTRIBUTING},
    Role.EDITOR: {
        **_ACCOUNT,
        **_WRITING,
        Action.DOCUMENT_EDIT: _OWN,
        Action.DOCUMENT_SUBMIT: _OWN,
        Action.DOCUMENT_WITHDRAW: _OWN,
        Action.DOCUMENT_DISCARD: _OWN,
        Action.DOCUMENT_CORRECT: _UNIT,
        Action.DOCUMENT_SHARE: _OWN,
        Action.LIBRARY_DELETE: _OWN,
    },
    Role.PROOFREADER: {
        **_ACCOUNT,
        Action.DOCUMENT_READ: _UNIT,
        Action.LIBRARY_READ: _UNIT,
        Action.REVIEW_READ: _UNIT,
        Action.REVIEW_PROOF: _OTHERS,
    },
    Role.REVIEWER: {**_ACCOUNT, **_REVIEWING},
    Role.DIRECTOR: {**_ACCOUNT, **_REVIEWING, Action.REVIEW_SECOND: _OTHERS},
    Role.CHIEF: {
        **_ACCOUNT,
        **_REVIEWING,
        Action.REVIEW_SECOND: _OTHERS,
        Action.REVIEW_SIGN: _OTHERS,
        Action.REVIEW_URGENT: _OTHERS,
        Action.REVIEW_PLAN: _UNIT,
        Action.PUBLISHING_SCHEDULE: _UNIT,
        Action.PUBLISHING_PUBLISH: _UNIT,
        Action.PUBLISHING_RETRY: _UNIT,
        Action.PUBLISHING_RECALL_MANY: _UNIT,
        Action.COLUMN_MANAGE: _UNIT,
        Action.CHECKLIST_MANAGE: _UNIT,
    },
    Role.PUBLISHER: {
        **_ACCOUNT,
        Action.DOCUMENT_READ: _UNIT,
        Action.LIBRARY_READ: _UNIT,
        Action.PUBLISHING_READ: _UNIT,
        Action.PUBLISHING_SCHEDULE: _UNIT,
        Action.PUBLISHING_PUBLISH: _UNIT,
        Action.PUBLISHING_RETRY: _UNIT,
        Action.PUBLISHING_RECALL: _UNIT,
        Action.TARGET_MANAGE: _UNIT,
        Action.SCREEN_READ: _UNIT,
    },
    Role.ADMIN: {
        **_ACCOUNT,
        Action.PEOPLE_READ: _UNIT,
        Action.PEOPLE_MANAGE: _OTHERS,
        Action.PEOPLE_GRANT: _OTHERS,
        Action.PEOPLE_PHONE: _UNIT,
        Action.UNIT_MANAGE: _UNIT,
    },
    Role.OPERATOR: {
        **_ACCOUNT,
        Action.SCREEN_READ: _UNIT,
        Action.SCREEN_PAIR: _UNIT,
        Action.SCREEN_MANAGE: _UNIT,
        Action.DATA_READ: _UNIT,
        Action.DATA_MANAGE: _UNIT,
        Action.VALUES_SAY: _UNIT,
        Action.TARGET_MANAGE: _UNIT,
        Action.PUBLISHING_READ: _UNIT,
        Action.PUBLISHING_RETRY: _UNIT,
        Action.SYSTEM_READ: _UNIT,
        Action.SYSTEM_CONFIGURE: _UNIT,
    },
    Role.AUDITOR: {
        **_ACCOUNT,
        Action.AUDIT_READ: _UNIT,
        Action.AUDIT_EXPORT: _UNIT,
        Action.PEOPLE_READ: _UNIT,
        Action.SYSTEM_READ: _UNIT,
    },
}


def scope_of(action: Action) -> str:
    """The scope that gives a program this action, `family:read` or `family:write`; empty: no program may."""
    family, _, verb = action.value.partition(".")
    if family == "account":
        return ""
    return f"{family}:{'read' if verb == 'read' else 'write'}"


def _in_scope(actor: Actor, action: Action) -> bool:
    return actor.scopes is None or scope_of(action) in actor.scopes


def can(actor: Actor, action: Action, subject: Subject) -> Decision:
    """Whether the actor may; pure.

    Reasons: `people.denied.verify` (the second factor first), `.password` (a password has to be set first),
    `.owes_password`, `.owes_factor` (what the office asks of the account first), `.token` (the program was not given
    it), `.role` (no role of theirs does this at all), `.scope` (not in this unit), `.own` (not with one's own),
    `.not_own` (only with one's own).
    """
    reason = _before_anything(actor, action)
    if reason:
        return Decision(allowed=False, reason=reason)
    if not _in_scope(actor, action):
        return Decision(allowed=False, reason="people.denied.token")
    relations: set[Relation] = set()
    wanted: set[Relation] = set()
    for grant in actor.grants:
        allowed = TABLE[grant.role].get(action, frozenset())
        relation = _relation(actor, grant.unit, subject)
        if relation in allowed:
            return Decision(allowed=True)
        if allowed:
            relations.add(relation)
            wanted |= allowed
    if action is Action.ACCOUNT_MANAGE and actor.person in subject.own_of:
        return Decision(allowed=True)  # also a person without any role has a password and sessions
    return Decision(allowed=False, reason=_reason(relations, wanted))


def require(decision: Decision, *, action: str = "") -> None:
    """Raises Denied with the decision's reason."""
    if not decision.allowed:
        raise Denied(decision.reason, action=action)


def require_can(actor: Actor, action: Action, subject: Subject) -> None:
    """Raises Denied unless `can`."""
    require(can(actor, action, subject), action=action)


def may_anywhere(actor: Actor, action: str) -> bool:
    """Whether any role of theirs does this at all: for navigation, never instead of `can`."""
    if _before_anything(actor, Action(action)):
        return False
    return bool(reach(actor, Action(action))) or (action == Action.ACCOUNT_MANAGE and actor.scopes is None)


def reach(actor: Actor, action: Action) -> tuple[str, ...]:
    """The unit paths under which the actor may do this to something: what a list query is narrowed by.

    Only the outermost are named. An action allowed with one's own only is in reach too; `can` decides on each object.
    """
    if not _in_scope(actor, action):
        return ()
    paths = sorted({grant.unit for grant in actor.grants if TABLE[grant.role].get(action)})
    return outermost(paths)


def require_reach(actor: Actor, action: Action) -> tuple[str, ...]:
    """`reach`, or Denied where there is none."""
    found = () if _before_anything(actor, action) else reach(actor, action)
    if not found:
        require(can(actor, action, Subject(actor.unit)), action=action)
    return found


def reach_of_others(actor: Actor, action: Action) -> tuple[str, ...]:
    """As `reach`, where the action is allowed with what is not one's own."""
    if not _in_scope(actor, action):
        return ()
    paths = sorted({g.unit for g in actor.grants if Relation.UNIT in TABLE[g.role].get(action, frozenset())})
    return outermost(paths)


def outermost(paths: Iterable[str]) -> tuple[str, ...]:
    """The paths that lie in no other of them, in order."""
    found: list[str] = []
    for path in sorted(set(paths)):
        if not any(path.startswith(outer) for outer in found):
            found.append(path)
    return tuple(found)


def _before_anything(actor: Actor, action: Action) -> str:
    """Why this session can do nothing yet but settle its own account; empty when it can."""
    if actor.must_verify:
        return "people.denied.verify"
    if action is Action.ACCOUNT_MANAGE:
        return ""
    if actor.must_set_password:
        return "people.denied.password"
    return OWED[actor.owes] if actor.owes else ""


def _relation(actor: Actor, unit: str, subject: Subject) -> Relation:
    if not subject.unit.startswith(unit):
        return Relation.OTHER
    return Relation.OWN if actor.person in subject.own_of else Relation.UNIT


def _reason(relations: set[Relation], wanted: set[Relation]) -> str:
    if not wanted:
        return "people.denied.role"
    if Relation.OWN in relations and Relation.OWN not in wanted:
        return "people.denied.own"
    if Relation.UNIT in relations:
        return "people.denied.not_own"
    return "people.denied.scope"
