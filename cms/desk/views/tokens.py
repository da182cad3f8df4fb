"""One's own access tokens: made for some of one's rights, shown once, revoked at any time."""

from typing import Any

from aiohttp import web

from cms.desk import labels
from cms.desk.confirming import confirm_own, password_of
from cms.desk.routing import SIGNED_IN, get, post
from cms.desk.views.gate import text
from cms.desk.visit import Visit
from cms.kernel.errors import DomainError, Invalid
from cms.people.tokens import DAYS, ApiToken, NewToken, is_alive, make_token, revoke_token, scopes_of, tokens_of


async def tokens_page(visit: Visit) -> web.StreamResponse:
    return await _page(visit)


async def token_add(visit: Visit) -> web.StreamResponse:
    """Makes a token; its secret stands on the answer and nowhere else."""
    form = await visit.form()
    chosen = [one for one in form.getall("scope", []) if isinstance(one, str)]
    days = text(form, "days")
    try:
        await confirm_own(visit, password_of(form))
        async with visit.deps.db.write() as session:
            made = await make_token(
                session,
                visit.actor,
                name=text(form, "name"),
                scopes=chosen,
                days=int(days) if days.isascii() and days.isdigit() and len(days) < 5 else 0,
                now=visit.now,
            )
    except DomainError as error:
        return await _page(visit, error=error, typed={"name": text(form, "name"), "days": days, "scopes": chosen})
    return await _page(visit, made=made)


async def token_revoke(visit: Visit) -> web.StreamResponse:
    async with visit.deps.db.write() as session:
        await revoke_token(session, visit.actor, visit.uuid("token"), now=visit.now)
    return visit.redirect("/desk/account/tokens", done="token_revoked")


def scope_label(visit: Visit, scope: str) -> str:
    """A scope in words; a family nobody named yet keeps its code."""
    family, _, verb = scope.partition(":")
    return visit.t(f"desk.scope.{verb}", family=labels.known(visit, f"desk.scope.{family}", family))


async def _page(
    visit: Visit,
    *,
    made: NewToken | None = None,
    error: DomainError | None = None,
    typed: dict[str, Any] | None = None,
) -> web.Response:
    async with visit.deps.db.read() as session:
        found = await tokens_of(session, visit.actor)
    wrong = error.fields if isinstance(error, Invalid) else {}
    context = {
        "tokens": [_shown(visit, one) for one in found],
        "made": {"name": made.row.name, "secret": made.secret} if made else None,
        "scopes": [{"value": one, "label": scope_label(visit, one)} for one in scopes_of(visit.actor)],
        "days": [{"value": str(one), "label": visit.t("desk.tokens.days_of", count=one)} for one in DAYS],
        "values": typed or {"name": "", "days": "90", "scopes": []},
        "error": visit.refusal(error) if error else None,
        "wrong": {name: visit.refusal(Invalid(code)) for name, code in wrong.items()},
    }
    return visit.page("account_tokens.html", context, status=error.status if error else 200)


def _shown(visit: Visit, row: ApiToken) -> dict[str, Any]:
    state = "revoked" if row.revoked_at else "active" if is_alive(row, visit.now) else "expired"
    return {
        "id": str(row.id),
        "name": row.name,
        "hint": row.hint,
        "scopes": [scope_label(visit, one) for one in row.scopes],
        "expires_at": row.expires_at,
        "used_at": row.used_at,
        "used_ip": row.used_ip,
        "label": visit.t(f"desk.tokens.{state}"),
        "tone": "good" if state == "active" else "past",
        "may_revoke": state == "active",
    }


ROUTES = (
    get("/desk/account/tokens", tokens_page, SIGNED_IN),
    post("/desk/account/tokens", token_add, SIGNED_IN),
    post("/desk/account/tokens/{token}/revoke", token_revoke, SIGNED_IN),
)
