"""A channel's day as lines: what lies where on the rail, in words and in slots since midnight."""

import datetime as dt
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

from cms.airing.day import Day, Placed, repeat_of
from cms.airing.editing import clock
from cms.airing.ready import Ready
from cms.contract import Aired, Airing
from cms.desk import fields, labels, pieces
from cms.desk.calendar.clash_lines import clash_lines
from cms.desk.visit import Visit
from cms.people.permissions import Action, Subject, can
from schedules.beijing import SLOT_MS, SLOTS_PER_DAY, day_slots, slot_of, slot_start
from schedules.clashes import Clash, Severity

# A block of the rail that is lower than this has no room for its words; they are in its title and in the list.
_WORDS: Final = 12


def rail(visit: Visit, day: Day) -> dict[str, Any]:
    """Everything the rail shows; `edge` is the first slot that may be changed, in slots of this day."""
    slots = day_slots(day.on)
    here = slot_of(visit.now)
    aired = day.aired
    edge = here + 1 if aired is None else aired.open_from
    entries = [entry(visit, day, one, edge) for one in day.placed]
    return {
        "entries": entries,
        "airings": [] if aired is None else airing_lines(visit, day, aired, edge),
        "has_plan": aired is not None,
        "now": here - slots.start if here in slots else -1,
        "edge": max(0, min(edge - slots.start, SLOTS_PER_DAY)),
        "start_ms": slots.start * SLOT_MS,
        "count": len(entries),
        "wrong": sum(one["state"] == "refused" for one in entries),
        "length": length(visit, sum(one.lying.count for one in day.placed)),
    }


def entry(visit: Visit, day: Day, one: Placed, edge: int) -> dict[str, Any]:
    """A block in the column of what was placed."""
    first = day_slots(day.on).start
    lying = one.lying
    begin, end = max(lying.start - first, 0), min(lying.end - first, SLOTS_PER_DAY)
    ready = day.ready.get(one.document)
    state, why = _state(visit, day, one, ready)
    may = one.may and one.is_run and lying.start >= edge and _may_edit(visit, day)
    return {
        "from": begin,
        "for": max(1, end - begin),
        "start": clock(one.interval.start),
        "end": clock(one.interval.end),
        "length": length(visit, lying.count),
        "title": (one.title or visit.t("desk.documents.untitled")) if one.may or one.title else visit.t("days.others"),
        "href": pieces.href(one.public_id) if one.title else "",
        "rule": f"/desk/calendar/placements/{one.placement}",
        "state": state,
        "word": visit.t(f"days.state.{state}"),
        "why": why,
        "repeat": visit.t(f"days.repeat.{repeat_of(one.rule)}") if one.repeats else "",
        "may": may,
        "facts": {
            "placement": str(one.placement),
            "start": one.interval.start.isoformat(),
            "slot": lying.start - first,
            "count": lying.count,
            "title": one.title,
            "repeats": one.repeats,
            "rule": f"/desk/calendar/placements/{one.placement}",
        }
        if may
        else None,
    }


def airing_lines(visit: Visit, day: Day, aired: Aired, edge: int) -> list[dict[str, Any]]:
    """Blocks in the column of what will play: items that were placed one by one, what fills between them together."""
    slots = day_slots(day.on)
    lines: list[dict[str, Any]] = []
    for one in _within(aired.airings, slots.start, min(slots.stop, aired.ends)):
        kind = _kind(day, one)
        last = lines[-1] if lines else None
        if kind == "filler" and last is not None and _goes_on(last, one):
            last["to"], last["count"] = one.end, last["count"] + 1
            last["titles"].append(one.title)
            continue
        lines.append({"kind": kind, "at": one.start, "to": one.end, "count": 1, "titles": [one.title]})
    if aired.ends < slots.stop:
        at = max(aired.ends, slots.start)
        lines.append({"kind": "beyond", "at": at, "to": slots.stop, "count": 1, "titles": []})
    return [_airing(visit, line, slots.start, edge) for line in lines]


def shelf_line(visit: Visit, one: Ready, *, is_past: bool = False) -> dict[str, Any]:
    """A piece on the shelf: to be dragged or placed by its button, or why not; nothing goes into a day that is over."""
    why = visit.refusal(one.why) if one.why is not None else None
    may = bool(can(visit.actor, Action.PUBLISHING_SCHEDULE, Subject(one.unit_path)))
    title = one.title or visit.t("desk.documents.untitled")
    note = ""
    if one.piece is not None and not one.live:
        key = "days.shelf.later" if one.scheduled_at is not None else "days.shelf.not_out"
        note = visit.t(key, at="" if one.scheduled_at is None else labels.instant(visit, one.scheduled_at))
    return {
        "document": str(one.document),
        "title": title,
        "href": pieces.href(one.public_id),
        "unit": one.unit,
        "length": length(visit, one.slots),
        "count": one.slots,
        "poster": f"/desk/assets/{one.asset}/poster" if one.asset is not None and one.piece is not None else "",
        "may": may and one.piece is not None and not is_past,
        "ready": one.piece is not None,
        "why": why["text"] if why is not None else "",
        "next": why["next"] if why is not None else "",
        "note": note,
        "facts": {"document": str(one.document), "title": title, "count": one.slots},
    }


def length(visit: Visit, slots: int) -> str:
    """How long slots take, to the second."""
    minutes, seconds = divmod(round(slots * SLOT_MS / 1000), 60)
    hours, minutes = divmod(minutes, 60)
    if hours:
        return visit.t("days.length.hours", hours=hours, minutes=minutes)
    return visit.t("days.length", minutes=minutes, seconds=seconds) if minutes else visit.t("days.seconds", n=seconds)


def day_label(visit: Visit, on: dt.date) -> str:
    return f"{on.isoformat()} {visit.t(f'desk.weekday.{on.isoweekday()}')}"


def feast(visit: Visit, day: Day) -> str:
    """The day by the notice of the State Council; a weekend without one needs no words."""
    return "" if day.feast is None else f"{day.feast.name} · {visit.t(f'planning.day.{day.feast.kind.value}')}"


def wall_time(at: dt.datetime, visit: Visit) -> str:
    return fields.local(at, visit.deps.zone)


def sentences(visit: Visit, clashes: Iterable[Clash]) -> str:
    """What forbids it, in one line."""
    wrong = [one for one in clashes if one.severity is Severity.ERROR]
    return " ".join(line["text"] for line in clash_lines(visit, wrong))


def _state(visit: Visit, day: Day, one: Placed, ready: Ready | None) -> tuple[str, str]:
    """Whether it will play, by the plan that lists are made of, and if not why."""
    aired = day.aired
    shown = aired is not None and any(
        air.document == one.public_id and air.start == one.lying.start for air in aired.airings
    )
    if one.interval.end <= visit.now:
        return ("aired" if shown else "missed"), ""
    if shown:
        return "planned", ""
    why = visit.t("days.why.no_film") if ready is None else sentences(visit, ready.problems(day.target, one.interval))
    if why:
        return "refused", why
    if ready is not None and not ready.live:
        return "unpublished", visit.t("days.why.unpublished")
    if aired is None or aired.ends <= one.lying.start:
        return "beyond", ""
    return "waits", visit.t("days.why.waits")


def _goes_on(line: Mapping[str, Any], one: Airing) -> bool:
    """Whether filler joins the line before it: by the clock hour, so that a line tells what is in it."""
    is_filler = line["kind"] == "filler" and line["to"] == one.start
    return is_filler and slot_start(line["at"]).hour == slot_start(one.start).hour


def _kind(day: Day, one: Airing) -> str:
    if one.gone:
        return "gone"
    if one.is_still:
        return "still"
    placed = any(
        other.public_id == one.document and other.lying.start <= one.start < other.lying.end for other in day.placed
    )
    return "item" if placed else "filler"


def _within(airings: Sequence[Airing], start: int, end: int) -> list[Airing]:
    return [one for one in airings if one.end > start and one.start < end]


def _airing(visit: Visit, line: dict[str, Any], first: int, edge: int) -> dict[str, Any]:
    begin, end = max(line["at"] - first, 0), min(line["to"] - first, SLOTS_PER_DAY)
    kind, titles = line["kind"], [title for title in line["titles"] if title]
    words = titles[0] if kind == "item" and titles else visit.t(f"days.kind.{kind}", count=line["count"])
    return {
        "from": begin,
        "for": max(1, end - begin),
        "kind": kind,
        "frozen": line["to"] <= edge,
        "start": clock(slot_start(line["at"])),
        "end": clock(slot_start(line["to"])),
        "words": words,
        "titles": visit.joined(dict.fromkeys(titles[:_WORDS])) if kind == "filler" else "",
        "length": length(visit, line["to"] - line["at"]),
    }


def _may_edit(visit: Visit, day: Day) -> bool:
    return bool(can(visit.actor, Action.PUBLISHING_SCHEDULE, Subject(day.target.unit_path)))
