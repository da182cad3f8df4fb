"""Every code the platform is known to refuse with: its class, what is said of it, and who must act (facts §1.8).

| class | what happens |
|---|---|
| token | the token is made anew once; a call without side effect is repeated once, another is tried again by the core |
| setup, rights | the post fails; an administrator puts the account right, then a person presses 重试 |
| confirm | parked: an administrator of the account must confirm this server's address |
| input, content | the post fails; an editor changes the piece |
| console | a task for a person in the platform's own console |
| rate | waits for the next minute or the next day |
| quota | the post fails until the next month |
| duplicate | it was sent before under our own id: the first one is read |
| person | a follower does not want it: nothing to mend |
| busy | reads are repeated later; a call with effect is a lost answer, because it may have happened |
| gone | what was named is not there (any more) |
"""

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final

from cms.contract import Manual, NotSent
from renderers.wechat.dates import until_tomorrow
from renderers.wechat.settings import CONSOLE

_TEXT: Final = 200  # characters of the platform's own sentence that are shown and kept


class Class(StrEnum):
    """Classes of refusals."""

    TOKEN = "token"  # noqa: S105 - a class of refusals
    SETUP = "setup"
    CONFIRM = "confirm"
    RIGHTS = "rights"
    INPUT = "input"
    CONTENT = "content"
    CONSOLE = "console"
    RATE = "rate"
    QUOTA = "quota"
    DUPLICATE = "duplicate"
    PERSON = "person"
    BUSY = "busy"
    GONE = "gone"
    OTHER = "other"


class Who(StrEnum):
    """Who must act."""

    NOBODY = "nobody"
    EDITOR = "editor"
    ADMINISTRATOR = "administrator"
    OPERATOR = "operator"


@dataclass(frozen=True, slots=True)
class Rule:
    """One row: `code` is the key of the sentence, `wait` how long the platform wants to be left alone."""

    kind: Class
    code: str
    who: Who
    errcodes: tuple[int, ...]
    wait: dt.timedelta | None = None


_MINUTE: Final = dt.timedelta(minutes=1)
_HOUR: Final = dt.timedelta(hours=1)

RULES: Final = (
    Rule(Class.BUSY, "wechat.busy", Who.NOBODY, (-1,), _MINUTE),
    Rule(Class.TOKEN, "wechat.token_refused", Who.NOBODY, (40001, 40014, 41001, 42001), _MINUTE),
    Rule(Class.SETUP, "wechat.setup.bad_appid", Who.ADMINISTRATOR, (40002, 40013, 41002)),
    Rule(Class.SETUP, "wechat.setup.bad_secret", Who.ADMINISTRATOR, (40125, 41004)),
    Rule(Class.SETUP, "wechat.setup.ip_not_listed", Who.ADMINISTRATOR, (40164,)),
    Rule(Class.SETUP, "wechat.setup.secret_frozen", Who.ADMINISTRATOR, (40243,)),
    Rule(Class.SETUP, "wechat.setup.app_closed", Who.ADMINISTRATOR, (50004, 50007)),
    Rule(Class.CONFIRM, "wechat.ip_waits", Who.ADMINISTRATOR, (89503,), 10 * _MINUTE),
    Rule(Class.CONFIRM, "wechat.ip_refused_day", Who.ADMINISTRATOR, (89506,), 24 * _HOUR),
    Rule(Class.CONFIRM, "wechat.ip_refused_hour", Who.ADMINISTRATOR, (89507,), _HOUR),
    Rule(Class.RIGHTS, "wechat.rights.no_right", Who.ADMINISTRATOR, (48001, 48004, 50001, 61007)),
    Rule(Class.RIGHTS, "wechat.rights.user_limited", Who.ADMINISTRATOR, (50002,)),
    Rule(Class.RIGHTS, "wechat.no_comment_right", Who.ADMINISTRATOR, (88000,)),
    Rule(Class.RIGHTS, "wechat.rights.publishing_banned", Who.ADMINISTRATOR, (53500,)),
    Rule(
        Class.INPUT,
        "wechat.bad_picture",
        Who.EDITOR,
        (40004, 40005, 40006, 40009, 40011, 40012, 40137, 45001, 45005, 45006),
    ),
    Rule(Class.INPUT, "wechat.cover_refused", Who.EDITOR, (53402,)),
    Rule(Class.GONE, "wechat.media_gone", Who.NOBODY, (40007, 40114)),
    Rule(Class.INPUT, "wechat.too_long_there", Who.EDITOR, (44004, 45002, 45003, 45004, 45007, 45008, 45110)),
    Rule(Class.INPUT, "wechat.bad_source_url", Who.ADMINISTRATOR, (41039,)),
    Rule(Class.INPUT, "wechat.bad_content", Who.EDITOR, (45166, 53503)),
    Rule(
        Class.INPUT,
        "wechat.bad_request",
        Who.OPERATOR,
        (
            40003,
            40008,
            40010,
            40035,
            40059,
            40118,
            40121,
            40132,
            41005,
            41006,
            44001,
            44002,
            44003,
            43002,
            45067,
            47001,
            47003,
            53404,
            53405,
            53406,
        ),
    ),
    Rule(Class.CONSOLE, "wechat.console_needed", Who.EDITOR, (53504, 53505)),
    Rule(Class.RATE, "wechat.rate_minute", Who.NOBODY, (45011, 45066, 53501), _MINUTE),
    Rule(Class.RATE, "wechat.rate_day", Who.NOBODY, (45009, 48006)),
    Rule(Class.QUOTA, "wechat.quota", Who.EDITOR, (45028,)),
    Rule(Class.DUPLICATE, "wechat.push_known", Who.NOBODY, (45065,)),
    Rule(Class.PERSON, "wechat.person_declined", Who.NOBODY, (43004, 43101)),
    Rule(Class.CONTENT, "wechat.risky_content", Who.EDITOR, (87014,)),
    Rule(Class.GONE, "wechat.publish_unknown", Who.NOBODY, (53502,)),
    Rule(Class.GONE, "wechat.article_gone", Who.NOBODY, (53600,)),
)
_BY_ERRCODE: Final[Mapping[int, Rule]] = {errcode: rule for rule in RULES for errcode in rule.errcodes}
_OTHER: Final = Rule(Class.OTHER, "wechat.refused", Who.OPERATOR, ())

# `publish_status` of freepublish/get; 0 is out, 1 is in progress.
STATUSES: Final[Mapping[int, str]] = {
    2: "wechat.status_original",
    3: "wechat.status_failed",
    4: "wechat.status_review",
    5: "wechat.status_deleted",
    6: "wechat.status_banned",
}
# `Status` of the event of a push; certainty from memory but for 30003 (facts §1.6).
PUSH_STATUSES: Final[Mapping[str, str]] = {
    "10001": "wechat.push_ads",
    "20001": "wechat.push_politics",
    "20004": "wechat.push_society",
    "20002": "wechat.push_porn",
    "20006": "wechat.push_crime",
    "20008": "wechat.push_fraud",
    "20013": "wechat.push_copyright",
    "22000": "wechat.push_mutual",
    "21000": "wechat.push_other",
    "30001": "wechat.push_original_system",
    "30002": "wechat.push_not_allowed",
    "30003": "wechat.push_reprint",
    "40001": "wechat.push_admin_refused",
    "40002": "wechat.push_admin_silent",
}
PUSH_FAILED: Final = "wechat.push_failed"
_RETRIED: Final = frozenset({Class.TOKEN, Class.CONFIRM, Class.RATE, Class.BUSY})


def rule_of(errcode: int) -> Rule:
    return _BY_ERRCODE.get(errcode, _OTHER)


def push_code(status: str) -> str:
    """The sentence of a push that failed, by the status that its event told; one for all without an event."""
    return PUSH_STATUSES.get(status.lower().removeprefix("err(").removesuffix(")"), PUSH_FAILED)


class Refusal(Exception):
    """The platform said no: the call certainly had no effect.

    `text` is its own sentence, bounded; `answer` is all it said, of which 45065 names the first push.
    """

    def __init__(self, errcode: int, text: str, answer: Mapping[str, Any] | None = None) -> None:
        super().__init__(errcode)
        self.errcode = errcode
        self.text = text[:_TEXT]
        self.rule = rule_of(errcode)
        self.answer: Mapping[str, Any] = answer or {}

    @property
    def params(self) -> dict[str, object]:
        return {"errcode": self.errcode, "text": self.text}


class Lost(Exception):
    """No answer, or none that can be read: a call with effect may have happened or not."""

    def __init__(self, why: str) -> None:
        super().__init__(why)
        self.why = why


class Held(Exception):
    """Nothing was called: something of ours said no first."""

    def __init__(self, code: str, *, retry: bool, wait: dt.timedelta | None = None, **params: object) -> None:
        super().__init__(code)
        self.outcome = NotSent(code, retry, params, wait)


def outcome_of(refusal: Refusal, now: dt.datetime) -> NotSent | Manual:
    """What a refusal means for the post."""
    rule = refusal.rule
    if rule.kind is Class.CONSOLE:
        return Manual({"task": "wechat.task.publish", "link": CONSOLE, "ask": "url", **refusal.params})
    wait = until_tomorrow(now) if rule.code == "wechat.rate_day" else rule.wait
    return NotSent(rule.code, rule.kind in _RETRIED, refusal.params, wait)
