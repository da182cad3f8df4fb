"""直播与插播: what cuts into a television channel, begun and ended on one page."""

from cms.desk.frame import Section
from cms.desk.onair import logo, pages
from cms.people.permissions import Action

SECTION = Section(
    "onair",
    "desk.nav.onair",
    "monitor-play",
    58,
    "/desk/onair/",
    Action.PUBLISHING_READ,
    "desk.nav.group.screens",
    (*pages.ROUTES, *logo.ROUTES),
)
