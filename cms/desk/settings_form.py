"""A channel's settings model as fields of a form, and what was typed as settings; refusals stand at their fields.

What the fields are called is the page's to say, from the catalogue (`KIND.setting.NAME`, `.hint`, `.VALUE`); a model
may carry titles, descriptions and ``json_schema_extra={"options": {value: name}}`` for a channel without a catalogue.
"""

import enum
import json
import types
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final, Literal, Union, get_args, get_origin

from pydantic import BaseModel, ValidationError
from pydantic.fields import FieldInfo

from cms.desk.visit import Form
from cms.kernel.errors import Invalid

PREFIX: Final = "set-"
_LONGEST: Final = 4000
# What pydantic calls a refusal, and the sentence we say.
_CODES: Final[tuple[tuple[str, str], ...]] = (
    ("missing", "desk.setting.missing"),
    ("string_too_short", "desk.setting.too_short"),
    ("too_short", "desk.setting.missing"),
    ("string_too_long", "desk.setting.too_long"),
    ("too_long", "desk.setting.too_long"),
    ("greater_than", "desk.setting.range"),
    ("less_than", "desk.setting.range"),
    ("int_", "desk.setting.number"),
    ("float_", "desk.setting.number"),
    ("decimal_", "desk.setting.number"),
    ("literal_error", "desk.setting.choice"),
    ("enum", "desk.setting.choice"),
    ("url_", "desk.setting.address"),
)
_LISTS: Final = frozenset({list, tuple, set, frozenset})
_KINDS: Final[tuple[tuple[type, str], ...]] = (
    (bool, "check"),
    (int, "number"),
    (float, "number"),
    (BaseModel, "json"),
    (dict, "json"),
)
_OTHER: Final = "desk.setting.form"


@dataclass(frozen=True, slots=True)
class Field:
    """One field as the page shows it; `kind` is text, number, check, select, lines or json."""

    name: str
    title: str
    hint: str
    kind: str
    value: Any
    options: tuple[tuple[str, str], ...] = ()
    required: bool = False


def fields_of(
    model: type[Any] | None, settings: Mapping[str, Any], typed: Mapping[str, Any] | None = None
) -> list[Field]:
    """The form of a model over the settings as they stand, or as somebody just typed them."""
    if model is None or not issubclass(model, BaseModel):
        return []
    return [_field(name, info, settings, typed) for name, info in model.model_fields.items()]


def typed_of(model: type[Any] | None, form: Form) -> dict[str, Any]:
    """What was typed, by field; lists by lines, what is empty and may be is left out."""
    if model is None or not issubclass(model, BaseModel):
        return {}
    found: dict[str, Any] = {}
    for name, info in model.model_fields.items():
        kind = _kind(info.annotation)[0]
        sent = form.get(PREFIX + name, "")
        text = sent.strip()[:_LONGEST] if isinstance(sent, str) else ""
        if kind == "check":
            found[name] = text == "on"
        elif kind == "lines":
            found[name] = [line.strip() for line in text.splitlines() if line.strip()]
        elif text or kind == "text":
            found[name] = text
    return found


def settings_from(model: type[Any] | None, typed: Mapping[str, Any]) -> dict[str, Any]:
    """The settings of what was typed.

    Raises:
        Invalid: `desk.settings_wrong` with the code of each field.
    """
    if model is None or not issubclass(model, BaseModel):
        return {}
    values, wrong = dict(typed), {}
    for name, info in model.model_fields.items():
        kind = _kind(info.annotation)[0]
        if kind == "json" and isinstance(values.get(name), str):
            try:
                values[name] = json.loads(values[name])
            except (ValueError, RecursionError):
                wrong[name] = _OTHER
        elif kind == "text" and values.get(name) == "" and not info.is_required() and not isinstance(info.default, str):
            values.pop(name)
    if not wrong:
        try:
            made: dict[str, Any] = model.model_validate(values).model_dump(mode="json")
        except ValidationError as error:
            wrong = {str(one["loc"][0]) if one["loc"] else "": _code(one["type"]) for one in error.errors()}
        else:
            return made
    raise Invalid("desk.settings_wrong", fields={PREFIX + name: code for name, code in wrong.items()})


def defaults_of(model: type[Any] | None) -> dict[str, Any]:
    """The settings a new target begins with: the model's defaults, nothing where it asks for more."""
    if model is None or not issubclass(model, BaseModel):
        return {}
    try:
        made: dict[str, Any] = model().model_dump(mode="json")
    except ValidationError:
        return {}
    return made


def _field(name: str, info: FieldInfo, settings: Mapping[str, Any], typed: Mapping[str, Any] | None) -> Field:
    kind, choices = _kind(info.annotation)
    standing = settings.get(name, None if info.is_required() else info.get_default(call_default_factory=True))
    if typed is not None:
        standing = typed.get(name, "")
    if isinstance(standing, enum.Enum):
        standing = standing.value
    if kind == "lines":
        standing = "\n".join(map(str, standing or ()))
    elif kind == "json" and not isinstance(standing, str):
        standing = json.dumps(standing, ensure_ascii=False, default=str)
    elif kind == "check":
        standing = bool(standing)
    extra = info.json_schema_extra if isinstance(info.json_schema_extra, dict) else {}
    named = extra.get("options")
    names = named if isinstance(named, dict) else {}
    return Field(
        name,
        info.title or name,
        info.description or "",
        kind,
        "" if standing is None else standing,
        tuple((value, str(names.get(value, value))) for value in choices),
        info.is_required(),
    )


def _kind(annotation: Any) -> tuple[str, tuple[str, ...]]:
    """How a type is typed in, and its choices."""
    origin, args = get_origin(annotation), get_args(annotation)
    if origin in {Union, types.UnionType}:
        return _kind(next(one for one in args if one is not types.NoneType))
    if origin is Literal:
        return "select", tuple(map(str, args))
    if origin in _LISTS and all(one in {str, Ellipsis} for one in args):
        return "lines", ()
    if not isinstance(annotation, type):
        return ("text" if origin is None else "json"), ()
    if issubclass(annotation, enum.Enum):
        return "select", tuple(str(one.value) for one in annotation)
    return next((kind for base, kind in _KINDS if issubclass(annotation, base)), "text"), ()


def _code(kind: str) -> str:
    return next((code for begins, code in _CODES if kind.startswith(begins)), _OTHER)
