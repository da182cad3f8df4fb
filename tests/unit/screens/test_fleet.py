"""Four facts of health, each from its own evidence."""

import datetime as dt
import json
import re
import uuid
from pathlib import Path
from typing import Any

import pytest

from cms.kernel.messages import LANGUAGES
from screens import health
from screens.health import Level, health_of
from screens.tables import Screen

NOW = dt.datetime(2026, 11, 23, 9, 0, tzinfo=dt.UTC)
MESSAGES = Path(health.__file__).parent / "messages"


def ago(seconds: float) -> dt.datetime:
    return NOW - dt.timedelta(seconds=seconds)


EARLIER = ago(300)


def make_screen(**given: Any) -> Screen:
    facts: dict[str, Any] = {
        "link": uuid.uuid4(),
        "last_seen": ago(5),
        "painted_at": ago(6),
        "clock_error": 12,
        "received": 7,
        "cached": 7,
        "shown": 7,
        "refused": 0,
        "revoked_at": None,
    }
    return Screen(**{**facts, **given})


def reasons(screen: Screen, *, wanted: int | None = 7, wanted_at: dt.datetime | None = EARLIER) -> dict[str, str]:
    found = health_of(screen, wanted=wanted, wanted_at=wanted_at, now=NOW)
    return {name: getattr(found, name).reason.rpartition(".")[2] for name in ("link", "version", "painted", "clock")}


WELL = {"link": "up", "version": "shown", "painted": "lately", "clock": "right"}


def test_health_when_all_is_well_says_so_four_times() -> None:
    assert reasons(make_screen()) == WELL


@pytest.mark.parametrize(
    ("given", "differs"),
    [
        ({"link": None}, {"link": "down"}),
        # linked in the rows, but its gateway was killed: nobody heard it since
        ({"last_seen": ago(90), "painted_at": ago(91)}, {"link": "silent", "painted": "unknown"}),
        ({"last_seen": None, "painted_at": None}, {"link": "never", "painted": "never"}),
        ({"revoked_at": ago(1)}, {"link": "revoked"}),
        ({"painted_at": ago(120)}, {"painted": "stuck"}),  # alive and linked, but the picture stands
        ({"clock_error": -90_000}, {"clock": "off"}),
        ({"clock_error": None}, {"clock": "unknown"}),
        ({"shown": 6}, {"version": "cached"}),
        ({"shown": 6, "cached": 6}, {"version": "received"}),
        ({"shown": 6, "cached": 6, "received": 6}, {"version": "behind"}),
        ({"shown": 6, "refused": 7}, {"version": "refused"}),
        ({"shown": 6, "refused": 7, "refused_code": "trust.hash"}, {"version": "refused"}),
        ({"shown": 6, "refused": 7, "refused_code": "hands.full"}, {"version": "full"}),
        ({"shown": 6, "refused": 7, "refused_code": "hands.held"}, {"version": "held"}),
        ({"shown": 9}, {}),
    ],
)
def test_health_when_one_thing_is_wrong_changes_no_other_fact(given: dict[str, Any], differs: dict[str, str]) -> None:
    assert reasons(make_screen(**given)) == {**WELL, **differs}


def test_version_when_nothing_is_published_is_no_fault() -> None:
    assert reasons(make_screen(), wanted=None, wanted_at=None)["version"] == "nothing"


def test_version_when_under_way_warns_and_when_late_is_bad() -> None:
    screen = make_screen(shown=6)
    levels = [health_of(screen, wanted=7, wanted_at=at, now=NOW).version.level for at in (ago(3), ago(120))]
    assert levels == [Level.WARN, Level.BAD]
    held = make_screen(shown=6, refused=7, refused_code="hands.held")  # by rules that people set: never bad
    assert health_of(held, wanted=7, wanted_at=ago(9_000), now=NOW).version.level is Level.WARN


def test_reasons_when_shown_have_words_in_every_language() -> None:
    source = Path(health.__file__).read_text("utf-8")
    named = set(re.findall(r'"(screens\.health\.[a-z]+\.[a-z]+)"', source))
    named |= {f"screens.health.version.{name}" for name in ("cached", "received")}
    for language in LANGUAGES:
        words = json.loads((MESSAGES / f"{language}.json").read_text("utf-8"))
        assert {key for key in words if key.startswith("screens.health.") and key.count(".") == 3} == named
