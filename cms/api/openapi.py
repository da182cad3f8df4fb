"""The OpenAPI document, made from the models of the resources."""

import re
from collections.abc import Iterable
from typing import Any, Final

from pydantic import BaseModel
from pydantic.json_schema import models_json_schema

from cms.api.answers import HEADER
from cms.api.resources import Resource, Spoken
from cms.people.permissions import Action, scope_of

VERSION: Final = "1"
_UPLOAD: Final = {
    "type": "object",
    "required": ["file"],
    "properties": {"file": {"type": "string", "format": "binary"}},
}
_FILE: Final[dict[str, Any]] = {"multipart/form-data": {"schema": _UPLOAD}}
_REF: Final = "#/components/schemas/{model}"


class Problem(BaseModel):
    """A refusal (RFC 9457): its code, its sentence, and what to do next; the standard's names say the same."""

    type: str
    title: str
    status: int
    detail: str
    code: str
    text: str
    next: str
    fields: dict[str, str] = {}


def openapi(resources: Iterable[Resource]) -> dict[str, Any]:
    """The whole document; the same resources give the same one."""
    every = list(resources)
    models = {model for one in every for model in (one.given, one.sent) if model is not None} | {Problem}
    ordered = sorted(models, key=lambda model: model.__name__)
    _, schemas = models_json_schema([(model, "validation") for model in ordered], ref_template=_REF)
    paths: dict[str, dict[str, Any]] = {}
    for one in every:
        paths.setdefault(one.route.path, {})[one.route.method.lower()] = _operation(one)
    return {
        "openapi": "3.1.0",
        "info": {"title": "云屏 yunping", "version": VERSION},
        "paths": dict(sorted(paths.items())),
        "components": {
            "schemas": dict(sorted(schemas["$defs"].items())),
            "securitySchemes": {
                "bearer": {"type": "http", "scheme": "bearer"},
                "session": {"type": "apiKey", "in": "cookie", "name": "__Host-yp"},
                "token": {"type": "apiKey", "in": "header", "name": "X-CSRF-Token"},
            },
        },
        "security": [{"bearer": []}, {"session": [], "token": []}],
    }


def _operation(one: Resource) -> dict[str, Any]:
    named = [{"name": name, "in": "path", "required": True} for name in re.findall(r"\{(\w+)\}", one.route.path)]
    asked = [{"name": name, "in": "query", "required": False} for name in one.queries]
    headed = [{"name": name, "in": "header", "required": False} for name in (one.spoken.asked if one.spoken else ())]
    keyed = [{"name": HEADER, "in": "header", "required": False}] if one.has_key else []
    operation: dict[str, Any] = {
        "summary": one.summary,
        "x-permission": str(one.route.permission),
        "x-scope": _scope(one),
        "parameters": [{**parameter, "schema": {"type": "string"}} for parameter in (*named, *asked, *headed, *keyed)],
        "responses": {
            **_answer(one),
            "default": {"description": "Problem", "content": _content(Problem, "application/problem+json")},
        },
    }
    if one.is_file:
        operation["requestBody"] = {"required": True, "content": _FILE}
    if one.spoken is not None and one.spoken.takes:
        operation["requestBody"] = {"content": {one.spoken.takes: {"schema": {"type": "string", "format": "binary"}}}}
    if one.sent is not None:
        operation["requestBody"] = {"required": True, "content": _content(one.sent)}
    return operation


def _answer(one: Resource) -> dict[str, Any]:
    if one.given is not None:
        return {"200": {"description": "OK", "content": _content(one.given)}}
    spoken = one.spoken or Spoken()
    answer: dict[str, Any] = {"description": "OK"}
    if spoken.told:
        answer["headers"] = {name: {"schema": {"type": "string"}} for name in spoken.told}
    if spoken.gives:
        answer["content"] = {media_type: {"schema": {"type": "string"}} for media_type in spoken.gives}
    return {str(spoken.status): answer}


def _scope(one: Resource) -> str:
    """The scope a token needs; empty where none opens it, or none is needed."""
    known = {action.value for action in Action}
    return scope_of(Action(one.route.permission)) if one.route.permission in known else ""


def _content(model: type[BaseModel], media_type: str = "application/json") -> dict[str, Any]:
    return {media_type: {"schema": {"$ref": _REF.format(model=model.__name__)}}}
