"""The table of refusals: each code of the facts once, each sentence in both languages, each class with its outcome."""

import collections
import datetime as dt
import json
import string
from pathlib import Path

import pytest

import renderers.wechat
from cms.contract import Manual, NotSent
from renderers.wechat.errcodes import (
    PUSH_FAILED,
    PUSH_STATUSES,
    RULES,
    STATUSES,
    Class,
    Refusal,
    outcome_of,
    push_code,
    rule_of,
)

NOW = dt.datetime(2026, 11, 26, 15, 30, tzinfo=dt.UTC)
MESSAGES = {
    language: json.loads((Path(renderers.wechat.__file__).parent / "messages" / f"{language}.json").read_text("utf-8"))
    for language in ("zh-CN", "en")
}
# The table of §1.8, class by class, with the codes that other sections name.
KNOWN = {
    "token": [40001, 40014, 41001, 42001],
    "setup": [40002, 40013, 40125, 40164, 40243, 41002, 41004, 50004, 50007],
    "confirm": [89503, 89506, 89507],
    "rights": [48001, 48004, 50001, 50002, 61007, 88000],
    "console": [53504, 53505],
    "rate": [45009, 45011, 45066, 53501],
    "quota": [45028],
    "duplicate": [45065],
    "person": [43004, 43101],
    "busy": [-1],
    "content": [87014],
    "input": [
        *(40003, 40004, 40005, 40006, 40008, 40009, 40010, 40011, 40012, 40035, 40118, 40121, 40137, 41005, 41006),
        *(41039, 44001, 44002, 44003, 44004, 45001, 45002, 45003, 45004, 45005, 45006, 45007, 45008, 45166, 47001),
        *(53402, 53503, 43002, 45110, 47003, 53404, 53405, 53406, 40059, 45067),
    ],
    "gone": [40007, 40114, 53502, 53600],
}


@pytest.mark.parametrize(("kind", "errcodes"), KNOWN.items())
def test_known_codes_have_their_class(kind: str, errcodes: list[int]) -> None:
    assert {errcode: rule_of(errcode).kind for errcode in errcodes} == dict.fromkeys(errcodes, Class(kind))


def test_no_code_stands_twice() -> None:
    counts = collections.Counter(errcode for rule in RULES for errcode in rule.errcodes)
    assert [errcode for errcode, count in counts.items() if count > 1] == []


@pytest.mark.parametrize("language", ["zh-CN", "en"])
def test_every_rule_and_status_has_its_sentence(language: str) -> None:
    codes = {rule.code for rule in RULES} | set(STATUSES.values()) | set(PUSH_STATUSES.values())
    codes |= {"wechat.refused", PUSH_FAILED}
    assert [code for code in codes if f"error.{code}" not in MESSAGES[language]] == []


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: str(rule.code))
def test_sentence_of_a_rule_shows_only_what_a_refusal_gives(rule: object) -> None:
    sentence = MESSAGES["zh-CN"][f"error.{rule.code}"]  # type: ignore[attr-defined]
    shown = {name for _, name, _, _ in string.Formatter().parse(sentence["text"] + sentence["next"]) if name}
    assert shown <= {"errcode", "text"}


@pytest.mark.parametrize(
    ("errcode", "retry", "wait"),
    [
        (40001, True, dt.timedelta(minutes=1)),
        (40164, False, None),
        (89506, True, dt.timedelta(days=1)),
        (48001, False, None),
        (53503, False, None),
        (45011, True, dt.timedelta(minutes=1)),
        (45028, False, None),
        (87014, False, None),
        (99999, False, None),
    ],
)
def test_refusal_becomes_its_outcome(errcode: int, wait: dt.timedelta | None, *, retry: bool) -> None:
    outcome = outcome_of(Refusal(errcode, "told"), NOW)
    assert outcome == NotSent(rule_of(errcode).code, retry, {"errcode": errcode, "text": "told"}, wait)


def test_daily_quota_waits_for_midnight_in_beijing() -> None:
    outcome = outcome_of(Refusal(45009, ""), NOW)
    assert isinstance(outcome, NotSent)
    assert outcome.wait == dt.timedelta(minutes=31)


def test_draft_that_needs_the_console_becomes_a_task() -> None:
    outcome = outcome_of(Refusal(53504, ""), NOW)
    assert isinstance(outcome, Manual)
    assert outcome.detail["task"] in MESSAGES["zh-CN"]
    assert outcome.detail["link"] == "https://mp.weixin.qq.com/"


def test_sentence_of_the_platform_is_bounded() -> None:
    assert len(Refusal(1, "x" * 10_000).text) == 200


@pytest.mark.parametrize(
    ("status", "code"),
    [("err(20013)", "wechat.push_copyright"), ("40002", "wechat.push_admin_silent"), ("send fail", PUSH_FAILED)],
)
def test_status_of_a_push_becomes_its_sentence(status: str, code: str) -> None:
    assert push_code(status) == code
