"""The second factor: asked for at the door, set up with a QR code on one's own account, given up, renewed."""

import segno
from aiohttp import web
from markupsafe import Markup

from cms.desk.confirming import confirm_own, password_of
from cms.desk.middleware.sessions import session_cookie, set_cookie
from cms.desk.routing import OWN_ACCOUNT, VERIFY, get, post
from cms.desk.views.gate import next_of, text
from cms.desk.visit import Visit
from cms.kernel.errors import DomainError
from cms.people import second_factor
from cms.people.factor_reset import asked_for
from cms.people.models import Person
from cms.people.totp import address, as_text

_PAGE = "/desk/account/factor"


async def verify_page(visit: Visit) -> web.StreamResponse:
    if not visit.actor.must_verify:
        return visit.redirect(next_of(visit.query("next")))
    return _verify(visit, visit.query("next"))


async def verify(visit: Visit) -> web.StreamResponse:
    """Takes the app's code or a recovery code; the session gets a new secret, because the old one was worth less."""
    form = await visit.form()
    try:
        token = await second_factor.verify(
            visit.deps.db, visit.actor, visit.deps.sealer, code=text(form, "code"), ip=visit.ip, now=visit.now
        )
    except DomainError as error:
        _count(visit, "second_refused")
        return _verify(visit, text(form, "next"), error)
    _count(visit, "second")
    answer = visit.redirect(next_of(text(form, "next")))
    secure = visit.deps.secure
    set_cookie(answer, session_cookie(secure=secure), token, secure=secure)
    return answer


async def factor_page(visit: Visit) -> web.StreamResponse:
    return await _page(visit)


async def begin(visit: Visit) -> web.StreamResponse:
    """A new secret, shown as a QR code; the password first, so that an open browser is not enough."""
    form = await visit.form()
    try:
        await confirm_own(visit, password_of(form))
        async with visit.deps.db.write() as session:
            secret = await second_factor.begin(session, visit.actor, visit.deps.sealer, now=visit.now)
    except DomainError as error:
        return await _page(visit, error)
    return await _page(visit, secret=secret)


async def confirm(visit: Visit) -> web.StreamResponse:
    """The first code: from now on it counts. The recovery codes are on this answer and nowhere else."""
    form = await visit.form()
    deps = visit.deps
    try:
        codes = await second_factor.confirm(deps.db, visit.actor, deps.sealer, code=text(form, "code"), now=visit.now)
    except DomainError as error:
        if error.code != "people.factor_failed":
            return await _page(visit, error)
        async with deps.db.read() as session:
            secret = await second_factor.begun(session, visit.actor, deps.sealer)
        return await _page(visit, error, secret=secret)
    return visit.page("account/codes.html", {"codes": codes, "person": visit.actor.name})


async def renew(visit: Visit) -> web.StreamResponse:
    form = await visit.form()
    try:
        await confirm_own(visit, password_of(form))
        async with visit.deps.db.write() as session:
            codes = await second_factor.new_recovery_codes(session, visit.actor, now=visit.now)
    except DomainError as error:
        return await _page(visit, error)
    return visit.page("account/codes.html", {"codes": codes, "person": visit.actor.name})


async def give_up(visit: Visit) -> web.StreamResponse:
    form = await visit.form()
    try:
        await confirm_own(visit, password_of(form))
        async with visit.deps.db.write() as session:
            await second_factor.give_up(session, visit.actor, visit.deps.session_rules, now=visit.now)
    except DomainError as error:
        return await _page(visit, error)
    return visit.redirect("/desk/account", done="factor_ended")


def _verify(visit: Visit, next_: str, error: DomainError | None = None) -> web.Response:
    context = {
        "csrf": visit.csrf,
        "person": visit.actor.name,
        "next": next_of(next_),
        "error": visit.refusal(error) if error else None,
    }
    return visit.render("verify.html", context, status=error.status if error else 200)


async def _page(visit: Visit, error: DomainError | None = None, *, secret: bytes | None = None) -> web.Response:
    actor = visit.actor
    async with visit.deps.db.read() as session:
        standing = await second_factor.standing(session, actor.person)
        asked = await asked_for(session, actor.person, now=visit.now)
        login = (await session.get_one(Person, actor.person)).login
    context = {
        "since": standing.since,
        "asked": asked,
        "codes_left": standing.codes_left,
        "few": standing.codes_left < second_factor.FEW_CODES,
        "required": bool(actor.roles & visit.deps.session_rules.factor_roles),
        "owed": actor.owes == "factor",
        "secret": as_text(secret) if secret else "",
        "qr": _drawing(address(secret, login=login, issuer=visit.deps.site.name)) if secret else "",
        "error": visit.refusal(error) if error else None,
    }
    return visit.page("account/factor.html", context, status=error.status if error else 200)


def _drawing(what: str) -> Markup:
    """A QR code as SVG, dark on white whatever the page looks like: cameras expect it so."""
    drawn = segno.make(what, error="m").svg_inline(scale=5, border=3, dark="#000", light="#fff", omitsize=True)
    return Markup(drawn)  # noqa: S704 - shapes only, made here


def _count(visit: Visit, outcome: str) -> None:
    if visit.deps.metrics is not None:
        visit.deps.metrics.count("yunping_sign_ins_total", outcome=outcome)


ROUTES = (
    get("/desk/verify", verify_page, VERIFY),
    post("/desk/verify", verify, VERIFY),
    get(_PAGE, factor_page, OWN_ACCOUNT),
    post(f"{_PAGE}/begin", begin, OWN_ACCOUNT),
    post(f"{_PAGE}/confirm", confirm, OWN_ACCOUNT),
    post(f"{_PAGE}/codes", renew, OWN_ACCOUNT),
    post(f"{_PAGE}/end", give_up, OWN_ACCOUNT),
)
