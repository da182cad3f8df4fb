"""The forms of remote hands: what a person fills in, as the parameters of an action, and how it is said again."""

from collections.abc import Mapping
from typing import Any, Final

from cms.desk.views.gate import text
from cms.desk.visit import Form, Visit
from cms.hands.hours import DAY, ZONES, clock_of, minutes_of
from cms.kernel.errors import Invalid

# What a person orders by hand; an update goes by its own way.
ORDERED: Final = ("screenshot", "reload", "volume", "brightness", "hours", "cache", "logs")
ICONS: Final = {
    "screenshot": "image",
    "reload": "refresh-cw",
    "volume": "megaphone",
    "brightness": "sparkles",
    "hours": "alarm-clock",
    "cache": "trash-2",
    "logs": "file-text",
    "update": "download",
}
DEFAULT_ZONE: Final = "Asia/Shanghai"


def action_of(form: Form) -> str:
    """Raises Invalid `hands.action`."""
    action = text(form, "action")
    if action not in ORDERED:
        raise Invalid("hands.action", fields={"action": "hands.action"})
    return action


def params_of(action: str, form: Form) -> dict[str, Any]:
    """The parameters of an action as typed. Raises Invalid `hands.level`, `hands.hours`."""
    if action in {"volume", "brightness"}:
        typed = text(form, "level").strip()
        if not typed.isdecimal() or int(typed) > 100:
            raise Invalid("hands.level", fields={"level": "hands.level"})
        return {"level": int(typed)}
    return _hours(form) if action == "hours" else {}


def _hours(form: Form) -> dict[str, Any]:
    zone = text(form, "zone") or DEFAULT_ZONE
    if text(form, "always"):
        return {"zone": zone, "open": []}
    days = sorted({int(one) for one in form.getall("day", []) if isinstance(one, str) and one in "1234567"})
    on, off = minutes_of(text(form, "on")), minutes_of(text(form, "off"))
    if not days or on is None or off is None or on == DAY or zone not in ZONES:
        raise Invalid("hands.hours", fields={"on": "hands.hours"})
    return {"zone": zone, "open": [{"days": days, "on": on, "off": off}]}


def said(visit: Visit, action: str, params: Mapping[str, Any]) -> str:
    """An action with its parameters in words."""
    name = visit.t(f"screens.hands.{action}")
    if action in {"volume", "brightness"}:
        return f"{name} {params.get('level')}%"
    if action == "hours":
        rules = [rule_said(visit, one) for one in params.get("open", [])]
        return f"{name}：{visit.joined(rules) if rules else visit.t('screens.hands.always')}"
    return name


def rule_said(visit: Visit, rule: Mapping[str, Any]) -> str:
    """A span of hours on some weekdays in words."""
    days = list(rule["days"])
    named = visit.t("screens.hands.every_day") if len(days) == len("1234567") else days_said(visit, days)
    off = clock_of(rule["off"])
    night = visit.t("screens.hands.next_day") if rule["off"] <= rule["on"] else ""
    return f"{named} {clock_of(rule['on'])}–{night}{off}"


def days_said(visit: Visit, days: list[int]) -> str:
    """Weekdays by name."""
    return visit.joined(visit.t(f"screens.hands.day.{one}") for one in days)


def choices(visit: Visit) -> dict[str, Any]:
    """What the form offers."""
    return {
        "days": [{"value": str(day), "label": visit.t(f"screens.hands.day.{day}")} for day in range(1, 8)],
        "zones": [{"value": zone, "label": zone} for zone in ZONES],
        "zone": DEFAULT_ZONE,
    }
