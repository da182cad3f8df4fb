"""The guide as Schedule objects of the C2 interface: what an operator's platform is told of a channel's programmes."""

import datetime as dt
from collections.abc import Iterator
from typing import Final
from xml.sax.saxutils import escape, quoteattr

from renderers.tv import guide
from renderers.tv.guide import Programme
from renderers.tv.plan import Plan
from renderers.tv.programme import BACK
from schedules.linear import SLOT_MS

NAMESPACE: Final = "http://www.ChinaDTV.cn/CDTVStandard/ADI"
# How long a programme can be watched after it was on: hours, the unit of the interface since V2.5.
_STORED: Final = BACK // dt.timedelta(hours=1)
_LONGEST_NAME: Final = 128


def schedule(plan: Plan, start: int, end: int) -> str:
    """The entries of the slots [start, end) as one ADI document; those that show nothing are left out."""
    head = [
        '<?xml version="1.0" encoding="UTF-8"?>',
        f'<ADI xmlns="{NAMESPACE}">',
        "<Objects>",
    ]
    found = [one for one in guide.programmes(plan, start, end) if one.item is not None]
    objects = [line for one in found for line in _object(plan.code, one)]
    maps = [_mapping(plan.code, one) for one in found]
    return "\n".join([*head, *objects, "</Objects>", "<Mappings>", *maps, "</Mappings>", "</ADI>"]) + "\n"


def code_of(channel: str, programme: Programme) -> str:
    """An entry's own code: a channel never has two that begin in one slot."""
    return f"{channel}-{programme.start}"


def _object(channel: str, programme: Programme) -> Iterator[str]:
    code = guide.quoted(code_of(channel, programme))
    begin = guide.local(programme.start)
    seconds = (programme.end - programme.start) * SLOT_MS // 1000
    yield f'<Object ElementType="Schedule" ID={code} Code={code} Action="REGIST">'
    yield _property("ChannelCode", channel)
    yield _property("ProgramName", programme.title[:_LONGEST_NAME])
    yield _property("StartDate", begin.strftime("%Y%m%d"))
    yield _property("StartTime", begin.strftime("%H%M%S"))
    yield _property("Duration", f"{seconds // 3600:02d}{seconds // 60 % 60:02d}{seconds % 60:02d}")
    yield _property("StorageDuration", str(_STORED))
    yield _property("Status", "1")
    if programme.item is not None and programme.item.summary:
        yield _property("Description", programme.item.summary)
    yield "</Object>"


def _mapping(channel: str, programme: Programme) -> str:
    """The channel it is on."""
    code = guide.quoted(code_of(channel, programme))
    parent = quoteattr(channel)
    return (
        f'<Mapping ParentType="Channel" ParentID={parent} ParentCode={parent} '
        f'ElementType="Schedule" ElementID={code} ElementCode={code} Action="REGIST"/>'
    )


def _property(name: str, value: str) -> str:
    return f'<Property Name="{name}">{escape(guide.plain(value))}</Property>'
