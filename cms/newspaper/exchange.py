"""Zones of an issue as files: our JSON and our XML (docs/formats.md §9), places as shares of the page from 0 to 1."""

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from typing import Any, Final
from xml.sax.saxutils import escape, quoteattr

from cms.content.zones import SCALE, Zone
from cms.kernel.errors import Invalid

NAME: Final = "yunping-newspaper"
FORMAT: Final = 1
MAX_BYTES: Final = 4 << 20
_MOST_PAGES: Final = 200
_DIGITS: Final = 4


@dataclass(frozen=True, slots=True)
class PageIn:
    """What a file says of a page: its number from 1, its label if it has one, its zones without ids."""

    number: int
    label: str
    zones: tuple[Zone, ...]


def to_json(issue: Mapping[str, Any], pages: Iterable[Mapping[str, Any]]) -> str:
    """The pages' zones, in one text for one content."""
    found = {
        "format": FORMAT,
        "name": NAME,
        "paper": issue.get("paper", ""),
        "date": issue.get("date", ""),
        "number": issue.get("number", ""),
        "pages": [
            {"number": number, "label": page["label"], "zones": [_said(zone) for zone in page["zones"]]}
            for number, page in enumerate(pages, 1)
        ],
    }
    return json.dumps(found, ensure_ascii=False, indent=1) + "\n"


def to_xml(issue: Mapping[str, Any], pages: Iterable[Mapping[str, Any]]) -> str:
    """The same as XML."""
    head = "".join(f" {name}={quoteattr(str(issue.get(name, '')))}" for name in ("paper", "date", "number"))
    lines = ['<?xml version="1.0" encoding="UTF-8"?>', f'<newspaper format="{FORMAT}"{head}>']
    for number, page in enumerate(pages, 1):
        lines.append(f' <page number="{number}" label={quoteattr(page["label"])}>')
        lines += [_zone_xml(zone) for zone in page["zones"]]
        lines.append(" </page>")
    return "\n".join([*lines, "</newspaper>", ""])


def _said(zone: Zone) -> dict[str, Any]:
    shape = "rectangle" if len(zone["points"]) == 2 else "polygon"
    points = [[_share(x), _share(y)] for x, y in zone["points"]]
    return {"id": zone["id"], "shape": shape, "points": points, **{k: zone[k] for k in _OPENS if k in zone}}


def _share(value: int) -> float:
    return round(value / SCALE, _DIGITS)


def _zone_xml(zone: Zone) -> str:
    shape = "rectangle" if len(zone["points"]) == 2 else "polygon"
    points = " ".join(f"{x / SCALE:.{_DIGITS}f},{y / SCALE:.{_DIGITS}f}" for x, y in zone["points"])
    named = "".join(f" {key}={quoteattr(zone[key])}" for key in ("title", "document", "of") if key in zone)
    inner = "".join(f"<p>{escape(text)}</p>" for text in zone.get("text", ()))
    return f'  <zone id={quoteattr(zone["id"])} shape="{shape}" points="{points}"{named}>{inner}</zone>'


_OPENS: Final = ("title", "document", "text", "of")


def from_json(data: bytes) -> tuple[PageIn, ...]:
    """What a JSON file says. Raises Invalid `newspaper.file` with the `place` that is wrong."""
    try:
        # Shares as decimals: 0.1 is a tenth, not something near it.
        value = json.loads(data, parse_float=Decimal)
    except (ValueError, RecursionError) as error:
        raise Invalid("newspaper.file", place="JSON") from error
    if not isinstance(value, Mapping) or value.get("format") != FORMAT or not isinstance(value.get("pages"), list):
        raise Invalid("newspaper.file", place="format")
    return _pages(value["pages"])


def from_tree(root: Sequence[Any]) -> tuple[PageIn, ...]:
    """What an XML file says, out of its elements ``[name, attributes, text, children]``. Raises as `from_json`."""
    name, attributes, _, children = root
    if name != "newspaper" or attributes.get("format") != str(FORMAT):
        raise Invalid("newspaper.file", place="newspaper")
    return _pages([_page_of(one) for one in children if one[0] == "page"])


def _page_of(element: Sequence[Any]) -> dict[str, Any]:
    _, attributes, _, children = element
    number = attributes.get("number", "")
    zones = [_zone_of(one) for one in children if one[0] == "zone"]
    return {
        "number": int(number) if number.isascii() and number.isdigit() else number,
        "label": attributes.get("label", ""),
        "zones": zones,
    }


def _zone_of(element: Sequence[Any]) -> dict[str, Any]:
    _, attributes, _, children = element
    points = [pair.split(",") for pair in attributes.get("points", "").split()]
    text = [one[2] for one in children if one[0] == "p"]
    return {**attributes, "points": points, **({"text": text} if text else {})}


def _pages(found: Sequence[Any]) -> tuple[PageIn, ...]:
    if len(found) > _MOST_PAGES:
        raise Invalid("newspaper.file", place="pages")
    pages = []
    for at, one in enumerate(found, 1):
        place = f"page {at}"
        if not isinstance(one, Mapping) or type(one.get("number")) is not int or not isinstance(one.get("zones"), list):
            raise Invalid("newspaper.file", place=place)
        zones = tuple(_zone(zone, f"{place}, zone {n}") for n, zone in enumerate(one["zones"], 1))
        pages.append(PageIn(one["number"], str(one.get("label") or "")[:200], zones))
    return tuple(pages)


def _zone(value: Any, place: str) -> Zone:
    if not isinstance(value, Mapping) or not isinstance(value.get("points"), list):
        raise Invalid("newspaper.file", place=place)
    try:
        points = [[_part(x), _part(y)] for x, y in value["points"]]
    except (TypeError, ValueError, InvalidOperation) as error:
        raise Invalid("newspaper.file", place=f"{place}, points") from error
    zone: Zone = {"id": str(value.get("id") or ""), "points": points}
    for key in _OPENS:
        if value.get(key):
            zone[key] = value[key]
    return zone


def _part(value: object) -> int:
    """A share as a whole number of parts; what lies outside the page is refused by whoever reads the zone."""
    share = Decimal(str(value))
    if not share.is_finite() or abs(share) > SCALE:
        raise ValueError
    return int((share * SCALE).to_integral_value())


def placed(pages: Iterable[PageIn], blocks: Sequence[Mapping[str, Any]], new_id: Callable[[], str]) -> list[Any]:
    """(block, label, zones) for the pages of a body: every zone gets an id of ours, and what continues it follows.

    Raises Invalid `newspaper.page_unknown` for a page the issue does not have.
    """
    found = []
    given = list(pages)
    ids = {zone["id"]: new_id() for page in given for zone in page.zones if zone["id"]}
    for page in given:
        if not 1 <= page.number <= len(blocks):
            raise Invalid("newspaper.page_unknown", page=page.number)
        block = blocks[page.number - 1]
        zones = [
            {
                **zone,
                "id": ids.get(zone["id"]) or new_id(),
                **({"of": ids.get(zone["of"], zone["of"])} if "of" in zone else {}),
            }
            for zone in page.zones
        ]
        found.append((block["id"], page.label or block["label"], zones))
    return found
