"""Enrolling one's own passkey: made by the browser, proved by it at once, confirmed by an administrator later."""

import json
from typing import Any

from aiohttp import web

from cms.desk.confirming import confirm_own
from cms.desk.passkeys import answer_of
from cms.desk.refusing import REFUSALS, refusal_of
from cms.desk.routing import OWN_ACCOUNT, post
from cms.desk.views import account
from cms.desk.views.gate import text
from cms.desk.visit import Visit
from cms.kernel.errors import Refused
from cms.people.passkeys import add_passkey


async def add(visit: Visit) -> web.StreamResponse:
    """The form of one's own page, filled in by the page's script."""
    form = await visit.form()
    deps = visit.deps
    try:
        await confirm_own(visit, text(form, "own_password", keep=True))
        given = _given(text(form, "passkey"))
        public, answer = str(given.pop("public", "")), answer_of(json.dumps(given))
        await add_passkey(
            deps.db,
            visit.actor,
            public=public,
            answer=answer,
            label=text(form, "label"),
            granted=(await deps.keys.delegations()).value,
            signer=deps.keys,
            now=visit.now,
        )
    except REFUSALS as error:
        return await account.page(visit, refusal_of(error))
    return visit.redirect("/desk/account", done="passkey_added")


def _given(said: str) -> dict[str, Any]:
    try:
        found = json.loads(said)
    except (ValueError, RecursionError) as error:
        raise Refused("people.passkey_refused", reason="json") from error
    if not isinstance(found, dict):
        raise Refused("people.passkey_refused", reason="json")
    return found


ROUTES = (post("/desk/account/passkeys", add, OWN_ACCOUNT),)
