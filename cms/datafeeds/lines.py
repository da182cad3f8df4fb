"""What people type: the fields of a feed as one line each, and values as they are read. Pure.

    pm25 | PM2.5 | 微克/立方米 | 0 | 0 | 1000        a number: code, label, unit, decimals, least, most
    level | 空气质量 | good=优, fair=良, poor=差       a word: code, label, its words by code

Bounds and values are typed as they are shown (25.5); what is signed are whole numbers (255 with one decimal).
"""

import re
from collections.abc import Mapping
from decimal import Decimal, InvalidOperation
from typing import Any, Final

from cms.kernel.errors import Invalid
from cms.kernel.text import one_line
from cms.signals.feed import Card, Number, Word, read_card
from cms.trust.errors import TrustError
from cms.trust.limits import MAX_FIELDS

_BETWEEN: Final = re.compile(r"\s*[|｜]\s*")
_LISTED: Final = re.compile(r"\s*[,，、]\s*")
_DECIMALS: Final = re.compile(r"[0-3]")
_NUMBER, _WORD = 6, 3
Plain = dict[str, Any]


def read_lines(code: str, text: str) -> Card:
    """The card of a feed. Raises Invalid `datafeeds.line` (`line`, `field`), `datafeeds.fields`: none, too many."""
    lines = [(number, line) for number, line in enumerate(text.splitlines(), start=1) if line.strip()]
    if not 0 < len(lines) <= MAX_FIELDS:
        raise _wrong("datafeeds.fields", most=MAX_FIELDS)
    fields: list[Plain] = []
    for number, line in lines:
        fields.append(_field(number, line))
        try:
            read_card({"feed": code, "fields": fields})
        except TrustError as error:
            raise _wrong("datafeeds.line", line=number, field=_last(error)) from error
    return read_card({"feed": code, "fields": fields})


def written(fields: list[Any]) -> str:
    """The fields as `read_lines` reads them."""
    return "\n".join(map(_line, fields))


def read_values(card: Card, typed: Mapping[str, str]) -> dict[str, object]:
    """Values by field name out of a form; an empty one is no reading. Raises Invalid `datafeeds.values` by field."""
    values: dict[str, object] = {}
    wrong: dict[str, str] = {}
    for field in card.fields:
        text = one_line(typed.get(field.name, ""))
        value = _whole(text, field.decimals) if isinstance(field, Number) and text else text or None
        if value is None and text:
            wrong[field.name] = "datafeeds.not_a_number"
        values[field.name] = value
    if wrong:
        raise Invalid("datafeeds.values", fields=wrong, names="、".join(wrong))
    return values


def check_said(card: Card, values: Mapping[str, object]) -> None:
    """Whether a card of this feed could show these values: what no screen would draw is not signed.

    Raises Invalid `datafeeds.values` with what is wrong by field name.
    """
    names = {field.name for field in card.fields}
    wrong = dict.fromkeys(sorted(values.keys() - names), "datafeeds.no_field")
    for field in card.fields:
        if field.name not in values:
            wrong[field.name] = "datafeeds.missing"
        elif values[field.name] is not None and not field.takes(values[field.name]):
            wrong[field.name] = "datafeeds.out_of_bounds" if isinstance(field, Number) else "datafeeds.no_word"
    if wrong:
        raise Invalid("datafeeds.values", fields=wrong, names="、".join(wrong))


def shown(number: int, decimals: int) -> str:
    """A whole number as it stands on the card."""
    return str(Decimal(number).scaleb(-decimals)) if decimals else str(number)


def _field(number: int, line: str) -> Plain:
    parts = [one_line(part) for part in _BETWEEN.split(line.strip().strip("|｜"))]
    if len(parts) == _WORD:
        words = [part.partition("=") for part in _LISTED.split(parts[2]) if part]
        return {
            "name": parts[0],
            "kind": "word",
            "label": parts[1],
            "words": [{"code": code.strip(), "label": label.strip()} for code, _, label in words],
        }
    if len(parts) != _NUMBER:
        raise _wrong("datafeeds.line", line=number, field="|")
    name, label, unit, decimals, least, most = parts
    if not _DECIMALS.fullmatch(decimals):
        raise _wrong("datafeeds.line", line=number, field="decimals")
    found: Plain = {"name": name, "kind": "number", "label": label, "unit": unit, "decimals": int(decimals)}
    for bound, text in (("least", least), ("most", most)):
        found[bound] = _whole(text, int(decimals))
        if found[bound] is None:
            raise _wrong("datafeeds.line", line=number, field=bound)
    return found


def _whole(text: str, decimals: int) -> int | None:
    """The number that is signed for what was typed; None for what is no number, or has more decimals than are drawn."""
    try:
        value = Decimal(text).scaleb(decimals)
        return int(value) if value == value.to_integral_value() and abs(value) < 10**15 else None
    except InvalidOperation:
        return None


def _line(field: Mapping[str, Any]) -> str:
    if field["kind"] == "word":
        words = ", ".join(f"{word['code']}={word['label']}" for word in field["words"])
        return f"{field['name']} | {field['label']} | {words}"
    bounds = (shown(field[bound], field["decimals"]) for bound in ("least", "most"))
    return " | ".join((field["name"], field["label"], field["unit"], str(field["decimals"]), *bounds))


def _last(error: TrustError) -> str:
    return str(error.params.get("field", "")).rpartition(".")[2]


def _wrong(code: str, **params: object) -> Invalid:
    return Invalid(code, fields={"fields": code}, **params)


__all__ = ("Card", "Number", "Word", "check_said", "read_lines", "read_values", "shown", "written")
