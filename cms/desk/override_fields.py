"""What a channel says of its own, as fields of the editor's page: ``o-{channel}-{field}``, empty for the master's."""

from collections.abc import Callable, Mapping
from typing import Any, Final

from cms.content.overrides import FIELDS
from cms.desk import labels, pieces
from cms.desk.visit import Form, Visit

MARKER: Final = "own"
_PREFIX: Final = "o-"


def overrides_from(form: Form, read_body: Callable[[str], Any]) -> dict[str, dict[str, Any]]:
    """What was sent for single channels. Raises as `read_body` for a text nobody can read."""
    found: dict[str, dict[str, Any]] = {}
    for key in form:
        channel, _, name = key.removeprefix(_PREFIX).rpartition("-")
        given = form.get(key)
        if not key.startswith(_PREFIX) or name not in FIELDS or not isinstance(given, str) or not given.strip():
            continue
        found.setdefault(channel, {})[name] = read_body(given) if name == "body" else given.strip()
    return found


def rows(visit: Visit, values: Mapping[str, Any]) -> list[dict[str, Any]]:
    """One row a channel for the editor's page, in the order of the navigation of channels."""
    overrides = values.get("overrides", {})
    known = sorted({*visit.deps.channels, *overrides})
    return [row(visit, code, overrides.get(code, {})) for code in known]


def row(visit: Visit, code: str, said: Mapping[str, Any]) -> dict[str, Any]:
    """What one channel says of its own."""
    return {
        "code": code,
        "label": labels.channel(visit, code),
        "title": said.get("title", ""),
        "summary": said.get("summary", ""),
        "cover": said.get("cover", ""),
        "cover_url": pieces.ASSET_URL.format(asset=said["cover"]) if said.get("cover") else "",
        "body": said.get("body"),
        "cuts": said.get("cuts", ""),
        "takes_cuts": code in visit.deps.channels and visit.deps.channels[code].cuts,
        "names": [visit.t(f"content.field.{name}") for name in FIELDS if said.get(name)],
    }


def shown(visit: Visit, overrides: Mapping[str, Mapping[str, Any]]) -> list[dict[str, Any]]:
    """The channels with anything of their own, to be read by whoever reviews."""
    return [row(visit, code, said) for code, said in sorted(overrides.items()) if said]
