"""The day of a channel on the desk: what is placed on it by hand, what will play, and the wall of all channels."""

from cms.contract import Route
from cms.desk.days import acts, many, pages, wall
from cms.desk.frame import Section
from cms.people.permissions import Action

DAY_ROUTES: tuple[Route, ...] = (*pages.ROUTES, *acts.ROUTES, *many.ROUTES)
_WORK = "desk.nav.group.work"


def sections() -> tuple[Section, ...]:
    """Beside the calendar, and beside what is out."""
    reads = Action.PUBLISHING_READ
    return (
        Section("days", "desk.nav.days", "chart-gantt", 26, "/desk/days/", reads, _WORK, DAY_ROUTES),
        Section("monitor", "desk.nav.monitor", "tv", 36, "/desk/monitor/", reads, _WORK, wall.ROUTES),
    )
