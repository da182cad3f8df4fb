"""The life of an edition as one table: state × verb -> next state and the permission it takes. Pure."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from cms.kernel.errors import Refused
from cms.people.permissions import Action


class EditionState(StrEnum):
    """Where an edition stands."""

    DRAFT = "draft"
    SUBMITTED = "submitted"
    RETURNED = "returned"
    APPROVED = "approved"
    SCHEDULED = "scheduled"
    PUBLISHED = "published"
    SUPERSEDED = "superseded"
    RECALLED = "recalled"
    DISCARDED = "discarded"
    FAILED_TO_PUBLISH = "failed"
    PUBLISHED_PENDING_REVIEW = "pending_review"


class Verb(StrEnum):
    """What may happen to an edition. SIGN is the last step of its review plan, PASS every earlier one.

    RUSH sends it for the two keys of an emergency, PUBLISH_URGENT brings that out, CONFIRM is the review afterwards.
    """

    EDIT = "edit"
    SUBMIT = "submit"
    WITHDRAW = "withdraw"
    PASS = "pass"  # noqa: S105
    SIGN = "sign"
    RETURN = "return"
    REOPEN = "reopen"
    SCHEDULE = "schedule"
    UNSCHEDULE = "unschedule"
    PUBLISH = "publish"
    FAIL = "fail"
    SUPERSEDE = "supersede"
    RECALL = "recall"
    DISCARD = "discard"
    RUSH = "rush"
    PUBLISH_URGENT = "publish_urgent"
    CONFIRM = "confirm"


@dataclass(frozen=True, slots=True)
class Step:
    """Where a verb leads, and the permission a person needs; `action` None: only the system does it."""

    to: EditionState
    action: Action | None


_S, _V, _A = EditionState, Verb, Action

# A verb that is not in the row of a state is refused there.
TABLE: Final[dict[EditionState, dict[Verb, Step]]] = {
    _S.DRAFT: {
        _V.EDIT: Step(_S.DRAFT, _A.DOCUMENT_EDIT),
        _V.SUBMIT: Step(_S.SUBMITTED, _A.DOCUMENT_SUBMIT),
        _V.RUSH: Step(_S.SUBMITTED, _A.DOCUMENT_SUBMIT),
        _V.DISCARD: Step(_S.DISCARDED, _A.DOCUMENT_DISCARD),
    },
    _S.SUBMITTED: {
        _V.PASS: Step(_S.SUBMITTED, _A.REVIEW_PASS),
        _V.SIGN: Step(_S.APPROVED, _A.REVIEW_SIGN),
        _V.RETURN: Step(_S.RETURNED, _A.REVIEW_RETURN),
        _V.WITHDRAW: Step(_S.DRAFT, _A.DOCUMENT_WITHDRAW),
    },
    _S.RETURNED: {
        _V.EDIT: Step(_S.RETURNED, _A.DOCUMENT_EDIT),
        _V.SUBMIT: Step(_S.SUBMITTED, _A.DOCUMENT_SUBMIT),
        _V.RUSH: Step(_S.SUBMITTED, _A.DOCUMENT_SUBMIT),
        _V.DISCARD: Step(_S.DISCARDED, _A.DOCUMENT_DISCARD),
    },
    _S.APPROVED: {
        # Both void the approvals: the release they stand on is no longer the edition's.
        _V.EDIT: Step(_S.DRAFT, _A.DOCUMENT_EDIT),
        _V.REOPEN: Step(_S.DRAFT, _A.DOCUMENT_EDIT),
        _V.RETURN: Step(_S.RETURNED, _A.REVIEW_RETURN),
        _V.SCHEDULE: Step(_S.SCHEDULED, _A.PUBLISHING_SCHEDULE),
        _V.PUBLISH: Step(_S.PUBLISHED, _A.PUBLISHING_PUBLISH),
        _V.PUBLISH_URGENT: Step(_S.PUBLISHED_PENDING_REVIEW, _A.PUBLISHING_PUBLISH),
        _V.FAIL: Step(_S.FAILED_TO_PUBLISH, None),
        _V.RECALL: Step(_S.RECALLED, _A.PUBLISHING_RECALL),
    },
    _S.SCHEDULED: {
        # No EDIT: the approved thing is the thing that goes out.
        _V.SCHEDULE: Step(_S.SCHEDULED, _A.PUBLISHING_SCHEDULE),
        _V.UNSCHEDULE: Step(_S.APPROVED, _A.PUBLISHING_SCHEDULE),
        _V.PUBLISH: Step(_S.PUBLISHED, _A.PUBLISHING_PUBLISH),
        _V.PUBLISH_URGENT: Step(_S.PUBLISHED_PENDING_REVIEW, _A.PUBLISHING_PUBLISH),
        _V.FAIL: Step(_S.FAILED_TO_PUBLISH, None),
        _V.RECALL: Step(_S.RECALLED, _A.PUBLISHING_RECALL),
    },
    _S.PUBLISHED: {
        _V.SUPERSEDE: Step(_S.SUPERSEDED, None),
        _V.RECALL: Step(_S.RECALLED, _A.PUBLISHING_RECALL),
    },
    _S.PUBLISHED_PENDING_REVIEW: {
        # Out by two keys of an emergency; a third person looks at it now, and until then it is shown as such.
        _V.CONFIRM: Step(_S.PUBLISHED, _A.REVIEW_SIGN),
        _V.SUPERSEDE: Step(_S.SUPERSEDED, None),
        _V.RECALL: Step(_S.RECALLED, _A.PUBLISHING_RECALL),
    },
    _S.FAILED_TO_PUBLISH: {
        _V.REOPEN: Step(_S.DRAFT, _A.DOCUMENT_EDIT),
        _V.SCHEDULE: Step(_S.SCHEDULED, _A.PUBLISHING_SCHEDULE),
        _V.PUBLISH: Step(_S.PUBLISHED, _A.PUBLISHING_PUBLISH),
        _V.PUBLISH_URGENT: Step(_S.PUBLISHED_PENDING_REVIEW, _A.PUBLISHING_PUBLISH),
        _V.RECALL: Step(_S.RECALLED, _A.PUBLISHING_RECALL),
    },
    _S.SUPERSEDED: {
        # It may still hang on a target: a recall reaches every edition that ever went out.
        _V.RECALL: Step(_S.RECALLED, _A.PUBLISHING_RECALL),
    },
    _S.RECALLED: {},
    _S.DISCARDED: {},
}

# What the runner does when the time has come, without a person in front of it.
BY_SYSTEM: Final = frozenset({Verb.PUBLISH, Verb.PUBLISH_URGENT, Verb.FAIL, Verb.SUPERSEDE})

EDITABLE: Final = frozenset({EditionState.DRAFT, EditionState.RETURNED})
OPEN: Final = frozenset(
    {
        EditionState.DRAFT,
        EditionState.SUBMITTED,
        EditionState.RETURNED,
        EditionState.APPROVED,
        EditionState.SCHEDULED,
        EditionState.FAILED_TO_PUBLISH,
    }
)
# States in which an edition must have a release with two good approvals.
APPROVED: Final = frozenset(
    {
        EditionState.APPROVED,
        EditionState.SCHEDULED,
        EditionState.PUBLISHED,
        EditionState.PUBLISHED_PENDING_REVIEW,
        EditionState.FAILED_TO_PUBLISH,
    }
)


def step(state: EditionState, verb: Verb) -> Step:
    """Where `verb` leads from `state`. Raises Refused `content.state` when the table does not have it."""
    found = TABLE[state].get(verb)
    if found is None:
        raise Refused("content.state", state=state.value, verb=verb.value)
    return found


def verbs(state: EditionState) -> frozenset[Verb]:
    """What may happen in a state, whoever asks."""
    return frozenset(TABLE[state])
