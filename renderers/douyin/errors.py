"""The platform's error codes: both families as one table with the class, what a person reads and what we do."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Final


class Trouble(StrEnum):
    """What kind of no it was; each has one answer of ours."""

    busy = "busy"
    parameters = "parameters"
    token = "token"  # noqa: S105 - a class of error
    mixed_up = "mixed_up"
    consent = "consent"
    capability = "capability"
    app_banned = "app_banned"
    quota = "quota"
    pace = "pace"
    person = "person"
    risk = "risk"
    other = "other"


class Action(StrEnum):
    """What follows from a class of error."""

    retry = "retry"
    """A read is repeated; after a create it is not known what happened."""
    fail = "fail"
    refresh = "refresh"
    outbox = "outbox"
    wait = "wait"


@dataclass(frozen=True, slots=True)
class Row:
    """One class: `code` is the key of its sentence, `wait` the minutes to leave the platform alone."""

    trouble: Trouble
    codes: frozenset[int]
    action: Action
    code: str
    wait: int = 0


TABLE: Final = (
    Row(Trouble.busy, frozenset({2100004, 28001005, 28001006}), Action.retry, "douyin.busy", 2),
    Row(Trouble.parameters, frozenset({2100005, 2190007, 28001007}), Action.fail, "douyin.parameters"),
    Row(
        Trouble.token,
        frozenset({2190008, 10008, 2190002, 28001008, 28001003}),
        Action.refresh,
        "douyin.setup.token_refused",
    ),
    Row(Trouble.mixed_up, frozenset({2190015, 28001015}), Action.fail, "douyin.setup.account_mixed_up"),
    Row(Trouble.consent, frozenset({28001012, 10010, 10020}), Action.fail, "douyin.setup.consent_over"),
    Row(
        Trouble.capability,
        frozenset({2190004, 2100007, 10004, 28001014, 28001018, 28001019, 28001056}),
        Action.outbox,
        "douyin.rights.capability_gone",
    ),
    Row(Trouble.app_banned, frozenset({28001016}), Action.fail, "douyin.rights.app_banned"),
    Row(Trouble.quota, frozenset({2190001, 28003017}), Action.wait, "douyin.quota", 12 * 60),
    Row(Trouble.pace, frozenset({2190020, 2114007, 28003018}), Action.wait, "douyin.too_fast", 5),
    Row(
        Trouble.person,
        frozenset({2100009, 28001045, 28001046, 28001047}),
        Action.fail,
        "douyin.rights.person_banned",
    ),
    Row(Trouble.risk, frozenset({28001052}), Action.wait, "douyin.risk", 60),
    Row(Trouble.other, frozenset(), Action.fail, "douyin.refused"),
)
OTHER: Final = TABLE[-1]
_BY_CODE: Final = {code: row for row in TABLE for code in row.codes}


def row_of(code: int) -> Row:
    """The class of an error code; `OTHER` for one that no page of the platform explains."""
    return _BY_CODE.get(code, OTHER)
