"""What several pages of the fleet share: the tabs over them, a fact of health and a length of time in words."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from cms.desk import labels
from cms.desk.visit import Visit
from cms.people.permissions import Action
from screens.health import FACTS, Fact, Health, Level
from screens.standing import TROUBLES, Tally
from screens.watch_rows import Outage
from screens.watching import PAINTED

_TABS: Final = (
    ("list", "/desk/screens/"),
    ("tree", "/desk/screens/tree"),
    ("map", "/desk/screens/map"),
    ("audiences", "/desk/screens/audiences"),
    ("tags", "/desk/screens/tags"),
    ("proof", "/desk/screens/proof"),
)
# Of these the reason's number is a length of time, in seconds, or for the clock in milliseconds.
_SECONDS: Final = frozenset({"screens.health.link.down", "screens.health.link.silent", "screens.health.painted.stuck"})
_MS: Final = "screens.health.clock.off"
_STEPS: Final = (("days", 2 * 86_400, 86_400), ("hours", 2 * 3_600, 3_600), ("minutes", 120, 60), ("seconds", 0, 1))


def tabs(visit: Visit, current: str) -> list[dict[str, Any]]:
    return [
        {"label": visit.t(f"screens.tab.{name}"), "href": href, "is_current": name == current} for name, href in _TABS
    ]


def span(visit: Visit, seconds: int) -> str:
    """A length of time as a person says it: the largest unit of which there are two."""
    length = abs(seconds)
    name, _, size = next(step for step in _STEPS if length >= step[1])
    return visit.t(f"screens.span.{name}", count=length // size)


def fact(visit: Visit, name: str, one: Fact) -> dict[str, str]:
    """A fact as its chip shows it."""
    return {"name": visit.t(f"screens.health.{name}"), "level": one.level.value, "text": reason(visit, one)}


def reason(visit: Visit, one: Fact) -> str:
    value = one.value if one.value is not None else 0
    seconds = value if one.reason in _SECONDS else value // 1_000 if one.reason == _MS else 0
    return visit.t(one.reason, value=value, span=span(visit, seconds))


def health(visit: Visit, found: Health) -> list[dict[str, str]]:
    """The facts of a screen; what the box does not tell is left out."""
    shown = [(name, getattr(found, name)) for name in FACTS]
    told = [(name, one) for name, one in shown if name not in FACTS[4:] or one.level is not Level.NONE]
    return [fact(visit, name, one) for name, one in told]


def tally(visit: Visit, one: Tally) -> dict[str, Any]:
    """Counts as a bar shows them (hundredths), and what is wrong in words."""
    wrong = [visit.t(f"screens.trouble.{name}", count=getattr(one, name)) for name in TROUBLES if getattr(one, name)]
    total = max(1, one.total)
    down = min(one.trouble, max(one.down, one.version))
    return {
        "total": one.total,
        "good": one.good,
        "trouble": one.trouble,
        "never": one.never,
        "level": one.level,
        "bar": bar([("good", one.good), ("bad", down), ("warn", one.trouble - down), ("none", one.never)], total),
        "words": visit.joined(wrong) if wrong else visit.t("screens.trouble.none") if one.total else "",
    }


def bar(parts: Sequence[tuple[str, int]], total: int) -> list[dict[str, Any]]:
    """Parts of a bar of a thousand, each where the one before ends; what is there is never invisible."""
    found: list[dict[str, Any]] = []
    at = 0
    for name, count in parts:
        wide = max(8, round(count * 1000 / total)) if count else 0
        if wide:
            found.append({"name": name, "x": min(at, 1000 - wide), "width": wide})
        at += wide
    return found


def outage(visit: Visit, row: Outage, names: Mapping[str, str]) -> dict[str, str]:
    """An outage that goes on, as the page says it."""
    kind = "painted" if row.kind == PAINTED else "link"
    single = ".one" if row.screen is not None else ""
    name = names.get(str(row.screen), "") if row.screen is not None else names.get(row.unit, row.unit)
    quiet = "" if row.told_at is not None else visit.t("screens.outage.quiet")
    since = visit.t("screens.outage.since", at=labels.instant(visit, row.began_at))
    return {
        "text": visit.t(f"screens.outage.{kind}{single}", name=name or row.unit, count=row.count, of=row.of),
        "next": f"{since} {quiet}".strip(),
        "href": f"/desk/screens/tree?unit={row.unit}",
    }


def may_manage(visit: Visit) -> bool:
    return visit.may(Action.SCREEN_MANAGE)
