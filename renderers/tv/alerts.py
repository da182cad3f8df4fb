"""What the pages of a channel are told of emergencies: one line of JSON, the same for everybody. Pure."""

import datetime as dt
import json
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from renderers.tv.programme import to_ms


@dataclass(frozen=True, slots=True)
class Alert:
    """An emergency on a channel; `release` is the signed piece whose words these are."""

    id: str
    release: str
    title: str
    text: str
    until: dt.datetime | None


def told(alerts: Iterable[Alert]) -> str:
    """The state of a channel: what stands on it now, the newest last; none is an answer too."""
    rows = [
        {"id": one.id, "title": one.title, "text": one.text, "until": None if one.until is None else to_ms(one.until)}
        for one in alerts
    ]
    return json.dumps({"alerts": rows}, ensure_ascii=False, separators=(",", ":"))


QUIET: Final = told(())
