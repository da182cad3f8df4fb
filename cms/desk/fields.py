"""The editor's form: a draft as its fields, and its fields as a draft; what cannot be read is shown again as typed."""

import datetime as dt
import json
import zoneinfo
from collections.abc import Mapping
from typing import Any, Final

from cms.content.draft import Draft, draft_json, read_draft
from cms.content.overrides import without_the_same
from cms.desk import override_fields
from cms.desk.visit import Form
from cms.kernel.clock import from_ms, to_ms
from cms.kernel.errors import Invalid
from cms.people.picking import path_typed

_TEXTS: Final = ("title", "subtitle", "summary", "column", "cover", "cover_alt", "narration")
_BYLINE: Final = ("source", "reporter", "editor", "sponsor")
_INSTANTS: Final = ("not_before", "not_after")
_MINUTE: Final = "%Y-%m-%dT%H:%M"
_DAY_MS: Final = 86_400_000
EVERGREEN: Final = "none"
OFFLINE_DAYS: Final = (1, 3, 7, 14, 30)


def values_of(draft: Draft, zone: zoneinfo.ZoneInfo) -> dict[str, Any]:
    """The fields of a draft as the page shows them; times are wall time of the district."""
    found = draft_json(draft)
    envelope = found["envelope"]
    return {
        **{name: found[name] or "" for name in _TEXTS},
        **{name: found["byline"][name] for name in _BYLINE},
        **{name: local(from_ms(envelope[name]), zone) if envelope[name] else "" for name in _INSTANTS},
        "date": local(from_ms(found["byline"]["date"]), zone) if found["byline"]["date"] else "",
        "channels": list(found["channels"]),
        "units": list(envelope["units"]),
        "offline": EVERGREEN if envelope["offline"] is None else str(max(1, envelope["offline"] // _DAY_MS)),
        "body": found["body"],
        "overrides": found["overrides"],
    }


def values_from(form: Form) -> dict[str, Any]:
    """The fields as somebody sent them, to be shown again when they are refused."""
    plain = {name: _text(form, name) for name in (*_TEXTS, *_BYLINE, *_INSTANTS, "date", "offline")}
    return {
        **plain,
        "channels": _texts(form, "channel"),
        # What was typed without scripts ends with the path, which alone counts.
        "units": list(dict.fromkeys(path_typed(one.strip()) or one for one in _texts(form, "unit"))),
        "body": _body(_text(form, "body")),
        "overrides": override_fields.overrides_from(form, _body),
        "has_overrides": override_fields.MARKER in form,
    }


def draft_from(form: Form, base: Draft, zone: zoneinfo.ZoneInfo) -> Draft:
    """The draft somebody sent, on top of `base` for what the page has no field for.

    Raises Invalid `content.draft` naming the fields, and as `cms.content.blocks.read_body`.
    """
    return draft_of_values(values_from(form), base, zone)


def draft_of_values(values: Mapping[str, Any], base: Draft, zone: zoneinfo.ZoneInfo) -> Draft:
    """The draft of the fields as `values_of` gives them; raises as `draft_from`."""
    wrong: dict[str, str] = {}
    instants = {name: _ms(values[name], name, zone, wrong) for name in (*_INSTANTS, "date")}
    if wrong:
        raise Invalid("content.draft", fields=wrong, names="、".join(wrong))
    return read_draft(
        {
            **draft_json(base),
            **{name: values[name] for name in _TEXTS},
            "byline": {**{name: values[name] for name in _BYLINE}, "date": instants["date"]},
            "channels": values["channels"],
            "envelope": {
                "units": values["units"],
                "not_before": instants["not_before"],
                "not_after": instants["not_after"],
                "offline": _offline(values["offline"]),
            },
            "body": values["body"],
            **_overrides(values),
        }
    )


def local(at: dt.datetime, zone: zoneinfo.ZoneInfo) -> str:
    """An instant as a ``datetime-local`` field has it."""
    return at.astimezone(zone).strftime(_MINUTE)


def instant(value: str, zone: zoneinfo.ZoneInfo) -> dt.datetime | None:
    """The instant of a ``datetime-local`` field; None for an empty one. Raises ValueError for anything else."""
    if not value:
        return None
    naive = dt.datetime.fromisoformat(value)
    if naive.tzinfo is not None:
        raise ValueError(value)
    return naive.replace(tzinfo=zone).astimezone(dt.UTC)


def _overrides(values: Mapping[str, Any]) -> dict[str, Any]:
    """What single channels say, from a page that has fields for it; any other page leaves what was there."""
    if not values.get("has_overrides", True):
        return {}
    return {"overrides": without_the_same(values["overrides"], values)}


def _ms(value: str, name: str, zone: zoneinfo.ZoneInfo, wrong: dict[str, str]) -> int | None:
    try:
        at = instant(value, zone)
        return None if at is None else to_ms(at)
    except (ValueError, OverflowError):
        wrong[name] = "content.field_form"
        return None


def _offline(value: str) -> int | None:
    if value == EVERGREEN:
        return None
    return int(value) * _DAY_MS if value.isascii() and value.isdigit() and len(value) < 5 else -1


def _body(value: str) -> Mapping[str, Any]:
    """Raises Invalid `content.schema` for what is no JSON."""
    try:
        found = json.loads(value or "null")
    except (ValueError, RecursionError) as error:
        raise Invalid("content.schema") from error
    return found if isinstance(found, dict) else {"schema": 1, "blocks": []}


def _text(form: Form, name: str) -> str:
    value = form.get(name, "")
    return value if isinstance(value, str) else ""


def _texts(form: Form, name: str) -> list[str]:
    return [value for value in form.getall(name, []) if isinstance(value, str) and value]
