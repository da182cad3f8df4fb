"""The form of a line's rules: what a person fills in as a policy, a policy as what the form shows, and in words."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from cms.desk.views.gate import text
from cms.desk.visit import Form, Visit
from cms.hands.hours import DAY, Open, clock_of, minutes_of
from cms.hands.line import FREE, Policy
from cms.kernel.errors import Invalid
from screens.pages import hands_form

MB: Final = 10**6
MINUTE_MS: Final = 60_000
WINDOWS: Final = 2
"""Rows of the form at least; with those of the policy there is always one more."""
_DAYS: Final = ("1234567", "12345", "67")
_MOST_MB: Final = 10**6


def policy_of(form: Form) -> dict[str, Any]:
    """The policy as typed, not checked. Raises Invalid `hands.line_window`, `hands.line_number`."""
    return {
        "zone": text(form, "zone") or FREE.zone,
        "windows": _windows(form),
        "budget": _number(form, "budget", MB),
        "spread": _number(form, "spread", MINUTE_MS) or 0,
        "share": bool(text(form, "share")),
        "neighbours": text(form, "neighbours").split(),
    }


def _windows(form: Form) -> list[dict[str, Any]]:
    days, starts, ends = ([str(one).strip() for one in form.getall(name, [])] for name in ("days", "from", "to"))
    made = []
    for chosen, start, end in zip(days, starts, ends, strict=False):
        if not start and not end:
            continue
        on, off = minutes_of(start), minutes_of(end)
        are_days = bool(chosen) and set(chosen) <= set("1234567")
        if on is None or off is None or on in {DAY, off} or not are_days:
            raise Invalid("hands.line_window", fields={"from": "hands.line_window"})
        made.append({"days": sorted({int(one) for one in chosen}), "on": on, "off": off})
    return made


def _number(form: Form, name: str, unit: int) -> int | None:
    typed = text(form, name).strip()
    if not typed:
        return None
    if not typed.isascii() or not typed.isdecimal() or int(typed) > _MOST_MB:
        raise Invalid("hands.line_number", fields={name: "hands.line_number"})
    return int(typed) * unit


def shown(visit: Visit, policy: Policy) -> dict[str, Any]:
    """What the form shows of a policy."""
    windows = [
        {"days": "".join(map(str, one.days)), "from": clock_of(one.on), "to": clock_of(one.off)}
        for one in policy.windows
    ]
    windows += [{"days": _DAYS[0], "from": "", "to": ""}] * max(1, WINDOWS - len(windows))
    return {
        "zone": policy.zone,
        "windows": [{**one, "choices": _choices(visit, one["days"])} for one in windows],
        "budget": "" if policy.budget is None else str(policy.budget // MB),
        "spread": str(policy.spread // MINUTE_MS) if policy.spread else "",
        "share": policy.share,
        "neighbours": "\n".join(policy.neighbours),
    }


def typed(visit: Visit, form: Form) -> dict[str, Any]:
    """What was typed and refused, as it was."""
    rows = zip(*(form.getall(name, []) for name in ("days", "from", "to")), strict=False)
    windows = [{"days": str(days), "from": str(start), "to": str(end)} for days, start, end in rows]
    kept = {name: text(form, name) for name in ("zone", "budget", "spread", "neighbours")}
    choices = [{**one, "choices": _choices(visit, one["days"])} for one in windows]
    return {**kept, "windows": choices, "share": bool(text(form, "share"))}


def said(visit: Visit, policy: Policy) -> Mapping[str, str]:
    """A policy in words: when, how much, spread over how long, and from whom."""
    windows = [window_said(visit, one) for one in policy.windows]
    passed = [visit.t("screens.line.shares")] if policy.share else []
    passed += [visit.t("screens.line.asks", count=len(policy.neighbours))] if policy.neighbours else []
    return {
        "when": visit.joined(windows) or visit.t("screens.line.any_time"),
        "budget": visit.t("screens.line.a_day", mb=policy.budget // MB) if policy.budget is not None else "",
        "spread": visit.t("screens.line.over", minutes=policy.spread // MINUTE_MS) if policy.spread else "",
        "passing": visit.joined(passed),
    }


def window_said(visit: Visit, one: Open) -> str:
    """A window in words."""
    return hands_form.rule_said(visit, {"days": list(one.days), "on": one.on, "off": one.off})


def _choices(visit: Visit, days: str) -> Sequence[Mapping[str, str]]:
    known = [{"value": one, "label": visit.t(f"screens.line.days.{one}")} for one in _DAYS]
    if days in _DAYS or not set(days) <= set("1234567"):
        return known
    return [*known, {"value": days, "label": hands_form.days_said(visit, [int(one) for one in days])}]
