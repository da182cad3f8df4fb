"""One's own account: sessions that are open, the password, the language."""

from collections.abc import Sequence
from typing import Any

from aiohttp import web

from cms.desk import passkeys
from cms.desk.refusing import REFUSALS, refusal_of
from cms.desk.routing import OWN_ACCOUNT, get, post
from cms.desk.views.gate import check_same, text
from cms.desk.visit import THEMES, Visit
from cms.kernel.errors import DomainError
from cms.kernel.messages import LANGUAGES
from cms.people.models import DeskSession
from cms.people.own_password import change_password
from cms.people.second_factor import FEW_CODES, standing
from cms.people.sessions import acknowledge, revoke, sessions_of


async def account_page(visit: Visit) -> web.StreamResponse:
    return await page(visit)


async def change(visit: Visit) -> web.StreamResponse:
    """Changes the password; the same signing key is sealed under the new one."""
    form = await visit.form()
    new = text(form, "password", keep=True)
    try:
        check_same(new, text(form, "again", keep=True))
        await change_password(
            visit.deps.db,
            visit.actor,
            old=text(form, "old", keep=True),
            new=new,
            passwords=visit.deps.passwords,
            signer=visit.deps.keys,
            now=visit.now,
        )
    except REFUSALS as error:
        refused = refusal_of(error)
        return await page(visit, refused)
    return visit.redirect("/desk/account", done="password_changed")


async def end_session(visit: Visit) -> web.StreamResponse:
    async with visit.deps.db.write() as session:
        await revoke(session, visit.actor, visit.uuid("session"), now=visit.now)
    return visit.redirect("/desk/account", done="session_ended")


async def know_session(visit: Visit) -> web.StreamResponse:
    """«That is me»: a session at another place is the person's own."""
    async with visit.deps.db.write() as session:
        await acknowledge(session, visit.actor, visit.uuid("session"), now=visit.now)
    return visit.redirect("/desk/account", done="session_known")


def session_rows(visit: Visit, found: Sequence[DeskSession]) -> list[dict[str, Any]]:
    """Sessions as rows: where, since when, and whether it is this one or a strange one."""
    here = visit.actor
    return [
        {
            "id": str(one.id),
            "ip": one.ip,
            "agent": _agent(one.agent),
            "created_at": one.created_at,
            "seen_at": one.seen_at,
            "is_this": one.id == here.session,
            "is_strange": one.person_id == here.person and one.ip != here.ip and one.known_at is None,
            "is_half": one.must_verify,
        }
        for one in found
    ]


async def page(visit: Visit, error: DomainError | None = None) -> web.Response:
    actor = visit.actor
    async with visit.deps.db.read() as session:
        found = await sessions_of(session, actor, rules=visit.deps.session_rules, now=visit.now)
        factor = await standing(session, actor.person)
        keys = await passkeys.standing(visit, session)
    context = {
        "person": actor.name,
        "grants": [visit.t(f"enum.Role.{grant.role.name}") for grant in actor.grants],
        "sessions": session_rows(visit, found),
        "factor": {"since": factor.since, "codes_left": factor.codes_left, "few": factor.codes_left < FEW_CODES},
        "passkeys": keys,
        "owes_password": actor.owes == "password",
        "least": visit.deps.passwords.least,
        "languages": [{"value": one, "label": visit.t(f"desk.language.{one}")} for one in LANGUAGES],
        "language_now": visit.language,
        "themes": [{"value": one, "label": visit.t(f"desk.theme.{one}")} for one in THEMES],
        "error": visit.refusal(error) if error else None,
    }
    return visit.page("account.html", context, status=error.status if error else 200)


def _agent(agent: str) -> str:
    """A browser's name out of its long signature; what we do not know stays short."""
    for mark, name in (
        ("Edg/", "Edge"),
        ("MicroMessenger", "WeChat"),
        ("Firefox/", "Firefox"),
        ("Chrome/", "Chrome"),
        ("Safari/", "Safari"),
    ):
        if mark in agent:
            system = next((s for s in ("Windows", "Android", "iPhone", "Mac OS", "Linux") if s in agent), "")
            return f"{name} · {system}" if system else name
    return agent[:40]


ROUTES = (
    get("/desk/account", account_page, OWN_ACCOUNT),
    post("/desk/account/password", change, OWN_ACCOUNT),
    post("/desk/account/sessions/{session}/end", end_session, OWN_ACCOUNT),
    post("/desk/account/sessions/{session}/known", know_session, OWN_ACCOUNT),
)
