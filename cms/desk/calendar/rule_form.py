"""The form of a placement's rule: its fields as the JSON of a rule, and a rule as its fields."""

import datetime as dt
import re
import uuid
import zoneinfo
from collections.abc import Mapping
from typing import Any, Final

from cms.desk import fields
from cms.desk.visit import Form
from cms.kernel.errors import Invalid
from schedules.resolve import Layer
from schedules.rules import Cycle, Rule

PARTS: Final = 4
"""Rows of hours on the page; a rule may have more, which are kept."""

_LAYERS: Final = {layer.name.lower(): layer for layer in Layer if layer is not Layer.EMERGENCY}


def values_of(rule: Rule, zone: zoneinfo.ZoneInfo, *, layer: Layer, priority: int, show: int | None) -> dict[str, Any]:
    """The fields of a rule as the page shows them."""
    return {
        "start": _exact(rule.start, zone),
        "end": _exact(rule.end, zone) if rule.end else "",
        "cycle": rule.cycle.value,
        "every": str(rule.every),
        "days": rule.days.value,
        "weekdays": [str(day) for day in sorted(rule.weekdays)],
        "month_days": "、".join(str(day) for day in sorted(rule.month_days)),
        "skip": "\n".join(day.isoformat() for day in sorted(rule.skip)),
        "parts": [(_wall(part.start), _wall(part.end)) for part in rule.dayparts if not part.name],
        "named": [part.name for part in rule.dayparts if part.name],
        "layer": layer.name.lower(),
        "priority": str(priority),
        "show": "" if show is None else str(show),
    }


def values_from(form: Form) -> dict[str, Any]:
    """The fields as somebody sent them, to be shown again."""
    names = ("start", "end", "cycle", "every", "days", "month_days", "skip", "layer", "priority", "show")
    starts, ends = (_texts(form, name) for name in ("part_start", "part_end"))
    return {
        **{name: _text(form, name) for name in names},
        "weekdays": _texts(form, "weekday"),
        "named": _texts(form, "daypart"),
        "parts": [pair for pair in zip(starts, ends, strict=False) if any(pair)],
    }


def fresh(now: dt.datetime, zone: zoneinfo.ZoneInfo) -> dict[str, Any]:
    """A new rule: from tomorrow, every day, all day."""
    tomorrow = (now.astimezone(zone) + dt.timedelta(days=1)).replace(hour=0, minute=0)
    return {
        "start": fields.local(tomorrow, zone),
        "end": "",
        "cycle": Cycle.DAY.value,
        "every": "1",
        "days": "any",
        "weekdays": [],
        "named": [],
        "month_days": "",
        "skip": "",
        "parts": [],
        "layer": "daypart",
        "priority": "0",
        "show": "",
    }


def rule_of(values: Mapping[str, Any], zone: zoneinfo.ZoneInfo) -> dict[str, Any]:
    """The JSON of a rule.

    Raises Invalid `planning.bad_rule` naming the field that cannot be read at all; whether a date can satisfy it is
    asked by `cms.planning.rules`.
    """
    start = _read("start", lambda: fields.instant(values["start"], zone))
    if start is None:
        raise _wrong("start")
    return {
        "start": start.isoformat(),
        "end": None if not values["end"] else _end(values["end"], zone),
        "cycle": values["cycle"],
        "every": _read("every", lambda: int(values["every"] or "1")),
        "days": values["days"],
        "weekdays": _read("weekdays", lambda: [int(day) for day in values["weekdays"]]),
        "month_days": _read("month_days", lambda: _numbers(values["month_days"])),
        "skip": _read("skip", lambda: [dt.date.fromisoformat(day).isoformat() for day in values["skip"].split()]),
        "dayparts": _read("parts", lambda: [_part(one) for one in values["parts"]]),
        # Their hours are the office's, which whoever saves the rule looks up.
        "named": _read("parts", lambda: [{"id": str(uuid.UUID(one))} for one in values["named"]]),
    }


def layer_of(values: Mapping[str, Any]) -> Layer:
    """Raises Invalid `planning.bad_rule`."""
    found = _LAYERS.get(values["layer"])
    if found is None:
        raise _wrong("layer")
    return found


def number_of(values: Mapping[str, Any], name: str) -> int | None:
    """A whole number, None for an empty field. Raises Invalid `planning.bad_rule`."""
    if not values[name]:
        return None
    found: int = _read(name, lambda: int(values[name]))
    return found


def _exact(at: dt.datetime, zone: zoneinfo.ZoneInfo) -> str:
    """As the field has it; to the millisecond where a channel's grid says so, so that saving it again moves nothing."""
    local = at.astimezone(zone).replace(tzinfo=None)
    return (
        fields.local(at, zone) if not (local.second or local.microsecond) else local.isoformat(timespec="milliseconds")
    )


def _wall(at: dt.time) -> str:
    return f"{at:%H:%M}" if not (at.second or at.microsecond) else at.isoformat(timespec="milliseconds")


def _end(value: str, zone: zoneinfo.ZoneInfo) -> str:
    found = _read("end", lambda: fields.instant(value, zone))
    return str(found.isoformat())


def _part(pair: tuple[str, str]) -> tuple[str, str]:
    start, end = (dt.time.fromisoformat(one or "00:00") for one in pair)
    return start.isoformat(), end.isoformat()


def _numbers(text: str) -> list[int]:
    return [int(one) for one in re.split(r"[\s,，、;；日号]+", text) if one]


def _read(name: str, read: Any) -> Any:
    try:
        return read()
    except (ValueError, OverflowError) as error:
        raise _wrong(name) from error


def _wrong(name: str) -> Invalid:
    return Invalid("planning.bad_rule", fields={name: "planning.bad_rule"})


def _text(form: Form, name: str) -> str:
    value = form.get(name, "")
    return value.strip()[:4000] if isinstance(value, str) else ""


def _texts(form: Form, name: str) -> list[str]:
    return [value for value in form.getall(name, []) if isinstance(value, str)][:50]
