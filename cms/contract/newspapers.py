"""The pages of a newspaper in a body, and what a touch or a click on them opens."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

SCALE = 10_000
"""Parts into which a page is divided across and down."""


@dataclass(frozen=True, slots=True)
class Zone:
    """A place on a page: two points are a rectangle, more a polygon. It opens `document`, or else its own `text`.

    `opens` is the id of the zone whose article it shows: its own, or that of the one it continues.
    """

    id: str
    opens: str
    points: tuple[tuple[int, int], ...]
    title: str
    document: str
    text: tuple[str, ...]

    @property
    def outline(self) -> tuple[tuple[int, int], ...]:
        """Its corners."""
        if len(self.points) != 2:
            return self.points
        (left, top), (right, bottom) = self.points
        return ((left, top), (right, top), (right, bottom), (left, bottom))


@dataclass(frozen=True, slots=True)
class Page:
    """A page: `asset` is the master of its picture."""

    id: str
    label: str
    asset: str
    zones: tuple[Zone, ...]

    @property
    def articles(self) -> Iterator[Zone]:
        """Its zones without those that continue another."""
        return (zone for zone in self.zones if zone.opens == zone.id)


def pages(body: Mapping[str, Any]) -> tuple[Page, ...]:
    """The pages of a body in order, with continued articles under their title."""
    blocks = [block for block in body.get("blocks", ()) if block["type"] == "page"]
    every = {zone["id"]: zone for block in blocks for zone in block["zones"]}
    return tuple(
        Page(
            block["id"],
            block["label"],
            block["asset"],
            tuple(_zone(zone, every) for zone in block["zones"]),
        )
        for block in blocks
    )


def issue_line(block: Mapping[str, Any]) -> str:
    """Paper, date and number as one line."""
    year, month, day = block["date"].split("-")
    return " ".join(filter(None, (block["paper"], f"{year}年{int(month)}月{int(day)}日", block.get("number", ""))))


def label_line(label: str) -> str:
    """A page as people call it: 第01版, 第02版 要闻."""
    number, _, name = label.partition(" ")
    return f"第{number}版 {name}".strip() if number.isascii() and number.isdigit() else label


def titles(block: Mapping[str, Any]) -> Sequence[str]:
    """The headlines of one page."""
    return [zone["title"] for zone in block["zones"] if "of" not in zone and zone.get("title")]


def _zone(zone: Mapping[str, Any], every: Mapping[str, Mapping[str, Any]]) -> Zone:
    shown = every.get(zone.get("of", ""), zone)
    return Zone(
        zone["id"],
        shown["id"],
        tuple((x, y) for x, y in zone["points"]),
        shown.get("title", ""),
        shown.get("document", ""),
        tuple(shown.get("text", ())),
    )
