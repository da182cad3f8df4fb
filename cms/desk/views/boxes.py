"""A set-top box on the desk: the pages a channel has for a remote control, at their size, beside a remote."""

from typing import Any

from aiohttp import web

from cms.desk.frame import Section
from cms.desk.remote_keys import GROUPS
from cms.desk.routing import get
from cms.desk.visit import Visit
from cms.people.permissions import Action, require_reach
from cms.planning.targets import targets


async def box_page(visit: Visit) -> web.StreamResponse:
    """The channel that was asked for, else the first; what is shown is what every household sees."""
    require_reach(visit.actor, Action.PUBLISHING_READ)
    async with visit.deps.db.read() as session:
        found = await targets(session)
    remotes = {one.kind: one.remote for one in visit.deps.channels.values() if one.remote}
    boxes = [(one.code, one.name, remotes[one.kind].format(code=one.code)) for one in found if one.kind in remotes]
    wanted = visit.request.query.get("target", "")
    shown = next((box for box in boxes if box[0] == wanted), boxes[0] if boxes else None)
    context: dict[str, Any] = {
        "boxes": [{"value": code, "label": name} for code, name, _ in boxes],
        "box": None if shown is None else {"code": shown[0], "name": shown[1], "src": shown[2]},
        "keys": {
            group: [{"label": visit.t(f"desk.box.key.{key.label}"), "key": key} for key in keys]
            for group, keys in GROUPS.items()
        },
        "may_add": visit.may(Action.TARGET_MANAGE),
    }
    return visit.page("publishing/box.html", context, section="boxes")


SECTION = Section(
    "boxes",
    "desk.nav.boxes",
    "tv",
    58,
    "/desk/boxes/",
    Action.PUBLISHING_READ,
    "desk.nav.group.screens",
    (get("/desk/boxes/", box_page, Action.PUBLISHING_READ),),
)
