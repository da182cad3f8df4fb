"""The form of a line's rules: what a person fills in as a policy, a policy as what the form shows, and in words.

A program may set any number of bytes and milliseconds: the form shows them exactly and keeps what nobody changed.
"""

import re
from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any, Final

from cms.desk.views.gate import text
from cms.desk.visit import Form, Visit
from cms.hands.hours import DAY, Open, clock_of, minutes_of
from cms.hands.line import FREE, Policy
from cms.kernel.errors import Invalid
from cms.trust.limits import MAX_INTEGER
from screens.pages import hands_form

MB: Final = 10**6
MINUTE_MS: Final = 60_000
SECOND_MS: Final = 1_000
WINDOWS: Final = 2
"""Rows of the form at least; with those of the policy there is always one more."""
_DAYS: Final = ("1234567", "12345", "67")
_AMOUNT: Final = re.compile(r"([0-9]{1,10})(?:\.([0-9]{1,6}))?")
_SPAN: Final = re.compile(r"([0-9]{1,7}):([0-5][0-9])(?:\.([0-9]{1,3}))?")


def policy_of(form: Form) -> dict[str, Any]:
    """The policy as typed, not checked. Raises Invalid `hands.line_window`, `hands.line_number`."""
    return {
        "zone": text(form, "zone") or FREE.zone,
        "windows": _windows(form),
        "budget": amount_of(text(form, "budget")),
        "spread": spread_of(text(form, "spread")),
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


def amount_of(typed: str) -> int | None:
    """Bytes of an amount in MB, None for none. Raises Invalid `hands.line_number`."""
    if not typed.strip():
        return None
    return _scaled("budget", typed.strip(), MB)


def spread_of(typed: str) -> int:
    """Milliseconds of a length in minutes, `20`, `1.5` or `1:40`; 0 for none. Raises Invalid `hands.line_number`."""
    said = typed.strip().replace("：", ":")
    if not said:
        return 0
    if found := _SPAN.fullmatch(said):
        minutes, seconds, part = found.groups()
        return int(minutes) * MINUTE_MS + int(seconds) * SECOND_MS + int((part or "").ljust(3, "0"))
    return _scaled("spread", said, MINUTE_MS)


def _scaled(name: str, typed: str, unit: int) -> int:
    if _AMOUNT.fullmatch(typed) is None or (found := round(Decimal(typed) * unit)) > MAX_INTEGER:
        raise Invalid("hands.line_number", fields={name: "hands.line_number"})
    return found


def amount_shown(size: int) -> str:
    """Bytes in MB, to the byte."""
    whole, left = divmod(size, MB)
    return f"{whole}.{left:06d}".rstrip("0") if left else str(whole)


def spread_shown(length: int) -> str:
    """Milliseconds in minutes where they are whole ones, otherwise in minutes and seconds."""
    minutes, left = divmod(length, MINUTE_MS)
    if not left:
        return str(minutes)
    seconds, part = divmod(left, SECOND_MS)
    return f"{minutes}:{seconds:02d}" + (f".{part:03d}" if part else "")


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
        "budget": "" if policy.budget is None else amount_shown(policy.budget),
        "spread": spread_shown(policy.spread) if policy.spread else "",
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
        "budget": visit.t("screens.line.a_day", mb=amount_shown(policy.budget)) if policy.budget is not None else "",
        "spread": visit.t("screens.line.over", minutes=spread_shown(policy.spread)) if policy.spread else "",
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
