"""What is out on a busy day, folded on the timeline: a flag for many pieces, so that plans stay in sight."""

from collections.abc import Iterable, Sequence
from typing import Any, Final

from cms.desk.visit import Visit
from cms.publishing.calendar import EntryState

# Up to so many of one target in half a day stand for themselves.
ALONE: Final = 3
_OUT: Final = frozenset({EntryState.PUBLISHED.value, EntryState.RECALLED.value})
_HALF: Final = 12


def folded(visit: Visit, events: Iterable[dict[str, Any]]) -> list[dict[str, Any]]:
    """The events of a timeline, with those that are out gathered by target and half day where they are many."""
    kept: list[dict[str, Any]] = []
    groups: dict[tuple[str, str, int, str], list[dict[str, Any]]] = {}
    for event in events:
        state = event["extendedProps"]["state"]
        if state not in _OUT:
            kept.append(event)
            continue
        day, half = event["start"][:10], int(event["start"][11:13]) // _HALF
        groups.setdefault((event["resourceIds"][0], day, half, state), []).append(event)
    for every in groups.values():
        kept += every if len(every) <= ALONE else [_fold(visit, every)]
    return kept


def _fold(visit: Visit, every: Sequence[dict[str, Any]]) -> dict[str, Any]:
    """One flag for all of them: how many, and their titles where one looks closer; it leads to the week's days."""
    first = every[0]
    props = first["extendedProps"]
    titles = [f"{one['extendedProps']['time']} {one['title']}" for one in every]
    return {
        **first,
        "id": f"fold:{first['id']}",
        "title": visit.t("desk.calendar.script.folded", count=len(every)),
        "editable": False,
        "extendedProps": {
            "href": f"/desk/calendar/?view=week&on={first['start'][:10]}",
            "time": "",
            "word": props["word"],
            "state": props["state"],
            "notes": [*titles[:12], *(["…"] if len(titles) > 12 else [])],
            "unit": "",
            "batch": False,
            "movable": False,
            "row": props["row"],
        },
    }
