"""A finished film as its pages show it: what a person should look at, chapter marks, and the sheet under the player."""

import re
from collections.abc import Sequence
from typing import Any, Final

from cms.desk.videos import clock
from cms.desk.visit import Visit
from cms.kernel.errors import Invalid
from cms.library.models import Asset
from cms.library.queries import AssetWithFiles
from media import sprites
from media.house import FIRST_LOOK, PLAY, SPRITES
from media.ladder import segments_of

_KINDS: Final = ("missing", "black", "frozen", "silent")
_LINE: Final = re.compile(r"\s*(?:(\d{1,2}):)?(\d{1,3}):([0-5]\d)(?:\.(\d{1,3}))?\s+(\S.*?)\s*")
# What a limiter may still leave above the limit is what the codec adds; nobody hears a tenth.
_LOUD: Final = 100
_TARGET: Final = -2_400
_PEAK: Final = -200


def notes(visit: Visit, found: AssetWithFiles) -> dict[str, Any]:
    """Everything the page of a video says of it beside its files."""
    asset = found.asset
    findings = asset.findings or {}
    return {
        "spans": [
            {
                "at": start,
                "words": visit.t(f"desk.film.{kind}"),
                "from": clock(start),
                "to": clock(end),
                "why": visit.t("desk.film.missing_why") if kind == "missing" else "",
            }
            for kind in _KINDS
            for start, end in findings.get(kind, ())
        ],
        "sound": _sound(visit, findings),
        "unchecked": str(findings.get("unchecked", "")).upper(),
        "is_known": bool(findings),
        "chapters": [{"at": at, "clock": clock(at), "title": title} for at, title in asset.chapters or ()],
        "chapters_text": "\n".join(f"{clock(at)} {title}" for at, title in asset.chapters or ()),
        "scrub": scrub(found),
        "look": f"/desk/assets/{asset.id}/{FIRST_LOOK}" if FIRST_LOOK in found.files else "",
    }


def scrub(found: AssetWithFiles) -> dict[str, Any] | None:
    """What the bar under a player needs; None for a film that has no sheet of small pictures."""
    asset, length = found.asset, found.asset.duration_ms
    if SPRITES not in found.files or not length:
        return None
    sheet = sprites.sheet_of(length)
    return {
        "src": f"/desk/assets/{asset.id}/{SPRITES}",
        "every": sheet.every_ms,
        "count": sheet.count,
        "columns": sheet.columns,
        "length": length,
    }


def for_cutting(asset: Asset) -> dict[str, Any]:
    """A film as the cutting page takes it."""
    return {
        "id": str(asset.id),
        "name": asset.name,
        "length": asset.duration_ms or 0,
        "segments": segments_of(asset.duration_ms or 0),
        "play": f"/desk/assets/{asset.id}/{PLAY}",
        "clock": clock(asset.duration_ms),
    }


def read_chapters(text: str) -> Sequence[tuple[int, str]]:
    """Marks as people type them, one a line: `1:02 提问`. Raises Invalid `library.chapter_line`."""
    found = []
    for number, line in enumerate(text.splitlines(), start=1):
        if not line.strip():
            continue
        read = _LINE.fullmatch(line)
        if read is None:
            wrong = {"chapters": "library.chapter_line"}
            raise Invalid("library.chapter_line", fields=wrong, number=number, text=line.strip()[:40])
        hours, minutes, seconds, part, title = read.groups(default="0")
        at = (int(hours) * 3_600 + int(minutes) * 60 + int(seconds)) * 1_000 + int(part.ljust(3, "0"))
        found.append((at, title))
    return found


def _sound(visit: Visit, findings: dict[str, Any]) -> dict[str, Any]:
    now, before = findings.get("loudness", {}), findings.get("source", {})
    if now.get("integrated") is None:
        return {"words": visit.t("desk.film.no_sound"), "is_good": True}
    values = {
        "now": f"{now['integrated'] / 100:.1f}",
        "peak": "–" if now.get("peak") is None else f"{now['peak'] / 100:.1f}",
        "before": "–" if before.get("integrated") is None else f"{before['integrated'] / 100:.1f}",
    }
    is_good = abs(now["integrated"] - _TARGET) <= _LOUD and (now.get("peak") or -9_900) <= _PEAK
    return {"words": visit.t("desk.film.loudness", **values), "is_good": is_good}
