"""A set-top box on the desk: the pages a channel has for a remote control, at their size, beside a remote."""

from collections.abc import Sequence
from typing import Any

from aiohttp import web

from cms.desk.frame import Section
from cms.desk.remote_keys import GROUPS
from cms.desk.routing import get
from cms.desk.visit import Visit
from cms.people.permissions import Action, Subject, can, require_reach
from cms.planning.models import Target
from cms.planning.targets import as_contract, targets


async def box_page(visit: Visit) -> web.StreamResponse:
    """The channel that was asked for, else the first; what is shown is what every household sees."""
    require_reach(visit.actor, Action.PUBLISHING_READ)
    async with visit.deps.db.read() as session:
        found = await targets(session)
    remotes = {one.kind: one.remote for one in visit.deps.channels.values() if one.remote}
    boxes = [(one.code, one.name, remotes[one.kind].format(code=one.code)) for one in found if one.kind in remotes]
    wanted = visit.request.query.get("target", "")
    shown = next((box for box in boxes if box[0] == wanted), boxes[0] if boxes else None)
    kind = next((one.kind for one in found if shown and one.code == shown[0]), "")
    entry = _entry(visit, kind, found)
    context: dict[str, Any] = {
        "boxes": [{"value": code, "label": name} for code, name, _ in boxes],
        "box": shown and {"code": shown[0], "name": shown[1], "path": shown[2], "src": shown[2] + entry},
        "keys": {
            group: [{"label": visit.t(f"desk.box.key.{key.label}"), "key": key} for key in keys]
            for group, keys in GROUPS.items()
        },
        "may_add": visit.may(Action.TARGET_MANAGE),
    }
    return visit.page("publishing/box.html", context, section="boxes")


def _entry(visit: Visit, kind: str, found: Sequence[Target]) -> str:
    """The editor's own entry to those channels of their reach that ask where one comes from."""
    if not kind or visit.deps.entries is None:
        return ""
    mine = [
        as_contract(one)
        for one in found
        if one.kind == kind and can(visit.actor, Action.PUBLISHING_READ, Subject(one.unit_path))
    ]
    token = visit.deps.entries(kind, mine, visit.actor.person.hex[-8:])
    return f"?token={token}" if token else ""


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
