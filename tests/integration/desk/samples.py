"""What a request carries so that it gets as far as the permission: the least that each model of the API takes."""

import functools
from collections.abc import Mapping
from typing import Any, Final

from pydantic import BaseModel

from cms.api.every import RESOURCES
from cms.contract import Route
from screens.pages import RESOURCES as SCREENS
from tests.integration.desk.calls import Sent
from tests.integration.desk.world import png

_MODELS: Final = {(one.route.method, one.route.path): one for one in (*RESOURCES, *SCREENS)}
_TUS: Final = {"Tus-Resumable": "1.0.0", "Upload-Offset": "0", "Upload-Length": "3"}
_OFFSET: Final = "application/offset+octet-stream"
_UNIT: Final = "/320509/04/"
# Forms that take a file.
_FILES: Final = ("/poster/upload", "/replace", "/subtitles/{language}/read", "/upload", "/import", "/import/apply")
# What the forms of the desk have in common, by the name of the field; a form looks at its own fields only.
_PLAIN: Final = {
    "password": "x",
    "own_password": "x",
    "name": "x",
    "title": "x",
    "reason": "x",
    "kind": "news",
    "column": "news",
    "unit": _UNIT,
    "role": "editor",
    "at": "2027-03-01T09:00",
    "sure": "on",
    "take": "1",
    "seen": "1",
    "rule": "0",
    "number": "1",
    "n": "0",
    "x": "1",
    "y": "1",
    "date": "2026-11-24",
}
_NAMED: Final = {
    "delivery": "delivery",
    "retry": "delivery",
    "alarm": "alarm",
    "notice": "notice",
    "reset": "own_reset",
    "parent": "unit",
    "to": "unit",
    "piece": "edition",
    "edition": "edition",
    "run": "run",
    "target": "target",
    "picture": "asset",
    "cut_in": "cut_in",
    "revision": "revision",
}
_NAMED_AT: Final = {
    "/desk/onair/{target}/insert": {"document": "document"},
    "/desk/live/{source}/take": {"document": "document"},
    "/desk/onair/{target}/crawl": {"document": "document"},
    "/desk/review/pass": {"piece": "submitted"},
    "/desk/calendar/runs/check": {"placement": "placement"},
    "/desk/calendar/runs/move": {"placement": "placement"},
    "/desk/calendar/runs/undo": {"placement": "moved"},
    "/desk/days/{target}/check": {"document": "airing_document"},
    "/desk/days/{target}/do": {"document": "airing_document", "change": "change"},
}
_FIELDS: Final = {
    "/desk/onair/{target}/insert": {"at": ""},
    "/desk/onair/{target}/crawl": {"length": "30:720", "at": ""},
    "/desk/onair/{target}/logo": {"corner": "top-left", "margin": "4", "size": "12", "opacity": "90"},
    "/desk/documents/{id}/timing": {"act": "wish", "wish": "2027-03-01T09:00"},
    "/desk/library/folders": {"parent": ""},
    "/desk/calendar/runs/check": {"start": "2027-03-01T09:00"},
    "/desk/calendar/runs/move": {"start": "2027-03-01T09:00"},
    "/desk/datafeeds/": {"code": "b", "lasts": "60", "fields": "level | 空气 | good=优"},
    "/desk/datafeeds/{feed}": {"lasts": "60"},
    "/desk/screens/tree/place": {"path": _UNIT},
    "/desk/screens/tags/rename": {"tag": "park", "to": "b"},
    "/desk/screens/audiences/{target}": {"unit": _UNIT, "screens": ""},
    "/desk/library/assets/{asset}/poster/frame": {"at": "0"},
    "/desk/library/assets/{asset}/crops": {"focal_x": "1", "focal_y": "1"},
}
# What the least value of a model does not say: its own rules ask for more.
_MOMENTS: Final = {"date-time": "2027-03-01T09:00:00+08:00", "date": "2026-11-24"}
_CUE: Final = {"start": "0:00.000", "end": "0:01.000", "text": "字"}
_PART: Final = {"start": "07:00", "end": "09:00", "name": "早间"}
_WORD: Final = {"name": "level", "kind": "word", "label": "空气", "words": [{"code": "good", "label": "优"}]}
_BODIES: Final[dict[str, dict[str, Any]]] = {
    "POST /api/v1/data-feeds": {"code": "b", "unit": _UNIT, "lasts": 60, "fields": [_WORD]},
    "POST /api/v1/documents/{id}/trials": {"target": "wx"},
    "PUT /api/v1/data-feeds/{feed}": {"unit": _UNIT, "lasts": 60},
    "PUT /api/v1/data-feeds/{feed}/values": {"values": {"level": "good"}},
    "POST /api/v1/screens": {"unit": _UNIT},
    "PUT /api/v1/screens/{screen}/place": {"unit": _UNIT},
    "PUT /api/v1/screens/units/place": {"unit": _UNIT},
    "POST /api/v1/screen-tags/{tag}/rename": {"to": "b"},
    "PUT /api/v1/screens/audiences/{target}": {"units": [_UNIT]},
    "POST /api/v1/screen-commands": {"unit": _UNIT},
    "PUT /api/v1/screen-lines": {"unit": _UNIT, "policy": None},
    "PUT /api/v1/newspapers/{id}/zones": {"pages": []},
    "PUT /api/v1/targets/{target}": {"units": [_UNIT]},
    "POST /api/v1/people/{person}/roles": {"role": "editor"},
    "POST /api/v1/assets/{asset}/poster": {"at_ms": 0},
    "PUT /api/v1/assets/{asset}/subtitles/{language}": {"cues": [_CUE]},
    "POST /api/v1/review/plans/take": {"set": "three"},
    "POST /api/v1/targets/{target}/days/{on}/fill": {"documents": []},
    "POST /api/v1/dayparts": _PART,
    "PUT /api/v1/dayparts/{daypart}": _PART,
    "POST /api/v1/dayparts/{daypart}/check": _PART,
}


def sent_to(route: Route, parts: Mapping[str, str]) -> Sent:
    """A body for a route; `parts` are the things of the world by name."""
    if "/uploads" in route.path:
        return Sent(b"", _OFFSET, _TUS) if route.method == "PATCH" else Sent(headers=_TUS)
    if route.method == "GET":
        return Sent()
    if route.path.startswith("/api/"):
        one = _MODELS.get((route.method, route.path))
        if one is not None and one.is_file:
            return Sent.as_file("a.png", png(64, 64))
        least = _least(_schema(one.sent), parts) if one is not None and one.sent is not None else {}
        return Sent.as_json({**least, **_BODIES.get(f"{route.method} {route.path}", {})})
    if route.path.endswith(_FILES):
        return Sent.as_file("a.png", png(64, 64))
    named = {name: parts[part] for name, part in {**_NAMED, **_NAMED_AT.get(route.path, {})}.items()}
    return Sent.as_form({**_PLAIN, **named, **_FIELDS.get(route.path, {})})


@functools.cache
def _schema(model: type[BaseModel]) -> dict[str, Any]:
    return model.model_json_schema()


def _least(schema: dict[str, Any], parts: Mapping[str, str]) -> Any:
    """The least value that a JSON schema allows; ids by the name of their field."""
    known = schema.get("$defs", {})

    def of(name: str, one: dict[str, Any]) -> Any:
        if "$ref" in one:
            return of(name, known[one["$ref"].rpartition("/")[2]])
        for words in ("anyOf", "oneOf", "allOf"):
            if words in one:
                return of(name, one[words][0])
        if "const" in one:
            return one["const"]
        if "enum" in one:
            return one["enum"][0]
        return _plain(name, one, of, parts)

    return of("", schema)


def _plain(name: str, one: dict[str, Any], of: Any, parts: Mapping[str, str]) -> Any:
    kind = one.get("type")
    if kind == "object":
        asked = one.get("required", [])
        return {field: of(field, one["properties"][field]) for field in asked}
    if kind == "array":
        return [of(name.removesuffix("s"), one.get("items", {})) for _ in range(max(1, one.get("minItems", 1)))]
    if kind in {"integer", "number"}:
        return one.get("minimum", 1)
    if kind == "boolean":
        return True
    return _text(name, one, parts)


def _text(name: str, one: dict[str, Any], parts: Mapping[str, str]) -> str:
    if one.get("format") in _MOMENTS:
        return _MOMENTS[one["format"]]
    if one.get("format") == "uuid" or name in parts:
        return parts.get(name, parts["asset"])
    return "x" * max(1, int(one.get("minLength", 1)))
