"""The doors: first run, sign-in by password or one-time code, setting the first password, signing out."""

from collections.abc import Mapping

from aiohttp import web

from cms.desk.middleware.refusals import SET_PASSWORD as PASSWORD_PAGE
from cms.desk.middleware.sessions import LANGUAGE_COOKIE, drop_cookie, gate_cookie, session_cookie, set_cookie
from cms.desk.refusing import REFUSALS, refusal_of
from cms.desk.routing import PUBLIC, SET_PASSWORD, get, post
from cms.desk.visit import THEME_COOKIE, THEMES, Form, Visit
from cms.kernel.errors import DomainError, Invalid
from cms.kernel.messages import LANGUAGES
from cms.people.first_run import is_first_run, set_up
from cms.people.login import Origin, SignedIn, sign_in, sign_in_by_code
from cms.people.own_password import set_password
from cms.people.sessions import revoke

_HOME = "/desk/"
_ROOT_LEVEL = "centre"
_FIRST_RUN_FIELDS = ("code", "district", "unit_code", "person", "name")


async def login_page(visit: Visit) -> web.StreamResponse:
    """The sign-in; an empty installation leads to its first run."""
    if visit.actor_or_none is not None:
        return visit.redirect(_next(visit.query("next")))
    async with visit.deps.db.read() as session:
        if await is_first_run(session):
            return visit.redirect("/desk/first-run")
    return _login(visit, next_=visit.query("next"), by_code=visit.query("by") == "code")


async def login(visit: Visit) -> web.StreamResponse:
    form = await visit.form()
    by_code = bool(text(form, "code"))
    origin = _origin(visit)
    try:
        if by_code:
            signed = await sign_in_by_code(visit.deps.db, code=text(form, "code"), origin=origin, now=visit.now)
        else:
            signed = await sign_in(
                visit.deps.db,
                login=text(form, "name"),
                password=text(form, "password"),
                origin=origin,
                passwords=visit.deps.passwords,
                now=visit.now,
            )
    except DomainError as error:
        _count(visit, "refused")
        return _login(visit, name=text(form, "name"), next_=text(form, "next"), by_code=by_code, error=error)
    _count(visit, "code" if by_code else "password")
    return _welcome(visit, signed, PASSWORD_PAGE if signed.must_set_password else _next(text(form, "next")))


async def first_run_page(visit: Visit) -> web.StreamResponse:
    async with visit.deps.db.read() as session:
        if not await is_first_run(session):
            return visit.redirect("/desk/login")
    return _first_run(visit, {"unit_code": "", "name": "admin"})


async def first_run(visit: Visit) -> web.StreamResponse:
    """Makes the centre and its administrator, and makes the guard know them."""
    form = await visit.form()
    deps = visit.deps
    try:
        signed = await set_up(
            deps.db,
            code=text(form, "code"),
            unit_code=text(form, "unit_code"),
            unit_name=text(form, "district"),
            level=_ROOT_LEVEL,
            name=text(form, "person"),
            login=text(form, "name"),
            password=text(form, "password"),
            origin=_origin(visit),
            passwords=deps.passwords,
            signer=deps.keys,
            now=visit.now,
        )
    except REFUSALS as error:
        refused = refusal_of(error)
        return _first_run(visit, {name: text(form, name) for name in _FIRST_RUN_FIELDS}, refused)
    await deps.keys.delegate(deps.db, secret=await deps.first_run_secret())
    return _welcome(visit, signed, _HOME, done="first_run")


async def password_page(visit: Visit) -> web.StreamResponse:
    if not visit.actor.must_set_password:
        return visit.redirect("/desk/account")
    return visit.render("set_password.html", {"csrf": visit.csrf, "person": visit.actor.name, "error": None})


async def password(visit: Visit) -> web.StreamResponse:
    """The first password of somebody who came by a one-time code; with it their signing key is made."""
    form = await visit.form()
    chosen = text(form, "password", keep=True)
    try:
        check_same(chosen, text(form, "again", keep=True))
        await set_password(
            visit.deps.db,
            visit.actor,
            password=chosen,
            passwords=visit.deps.passwords,
            signer=visit.deps.keys,
            now=visit.now,
        )
    except REFUSALS as error:
        refused = refusal_of(error)
        context = {"csrf": visit.csrf, "person": visit.actor.name, "error": visit.refusal(refused)}
        return visit.render("set_password.html", context, status=refused.status)
    return visit.redirect(_HOME, done="password_set")


async def logout(visit: Visit) -> web.StreamResponse:
    if visit.actor.session is not None:
        async with visit.deps.db.write() as session:
            await revoke(session, visit.actor, visit.actor.session, now=visit.now)
    answer = visit.redirect("/desk/login")
    secure = visit.deps.secure
    drop_cookie(answer, session_cookie(secure=secure), secure=secure)
    return answer


async def language(visit: Visit) -> web.StreamResponse:
    """Remembers the language of this browser."""
    form = await visit.form()
    answer = visit.redirect(_next(text(form, "next")))
    chosen = text(form, "language")
    if chosen in LANGUAGES:
        answer.set_cookie(
            LANGUAGE_COOKIE, chosen, path="/", max_age=31_536_000, samesite="Lax", secure=visit.deps.secure
        )
    return answer


async def theme(visit: Visit) -> web.StreamResponse:
    """Remembers whether this browser shows the desk light, dark or as its system asks."""
    form = await visit.form()
    answer = visit.redirect(_next(text(form, "next")))
    chosen = text(form, "theme")
    if chosen in THEMES:
        answer.set_cookie(THEME_COOKIE, chosen, path="/", max_age=31_536_000, samesite="Lax", secure=visit.deps.secure)
    return answer


def text(form: Form, name: str, *, keep: bool = False) -> str:
    """A text field, outer space removed unless `keep`; empty when it is not there or is a file."""
    value = form.get(name, "")
    if not isinstance(value, str):
        return ""
    return value if keep else value.strip()


def check_same(password: str, again: str) -> None:
    """Raises Invalid `desk.passwords_differ`."""
    if password != again:
        raise Invalid("desk.passwords_differ", fields={"again": "desk.passwords_differ"})


def _login(
    visit: Visit, *, next_: str, name: str = "", by_code: bool = False, error: DomainError | None = None
) -> web.Response:
    context = {
        "csrf": visit.csrf,
        "name": name,
        "next": _next(next_),
        "by_code": by_code,
        "error": visit.refusal(error) if error else None,
    }
    return visit.render("login.html", context, status=error.status if error else 200)


def _first_run(visit: Visit, values: Mapping[str, str], error: DomainError | None = None) -> web.Response:
    wrong = error.fields if isinstance(error, Invalid) else {}
    said = visit.refusal(error) if error else None
    fields = (*_FIRST_RUN_FIELDS, "password")
    context = {
        "csrf": visit.csrf,
        "values": {name: values.get(name, "") for name in _FIRST_RUN_FIELDS},
        "errors": {name: said if name in wrong else None for name in fields},
        "error": None if wrong.keys() & set(fields) else said,
    }
    return visit.render("first_run.html", context, status=error.status if error else 200)


def _welcome(visit: Visit, signed: SignedIn, to: str, *, done: str = "") -> web.Response:
    answer = visit.redirect(to, done=done)
    secure = visit.deps.secure
    set_cookie(answer, session_cookie(secure=secure), signed.token, secure=secure)
    drop_cookie(answer, gate_cookie(secure=secure), secure=secure)
    return answer


def _origin(visit: Visit) -> Origin:
    return Origin(visit.ip, visit.request.headers.get("User-Agent", "")[:200])


def _next(given: str) -> str:
    """Only a page of the desk: whoever made the link must not choose another place."""
    good = given.startswith("/desk/") and not given.startswith("/desk//") and "\\" not in given and given.isprintable()
    return given if good else _HOME


def _count(visit: Visit, outcome: str) -> None:
    if visit.deps.metrics is not None:
        visit.deps.metrics.count("yunping_sign_ins_total", outcome=outcome)


ROUTES = (
    get("/desk/login", login_page, PUBLIC),
    post("/desk/login", login, PUBLIC),
    get("/desk/first-run", first_run_page, PUBLIC),
    post("/desk/first-run", first_run, PUBLIC),
    get("/desk/password", password_page, SET_PASSWORD),
    post("/desk/password", password, SET_PASSWORD),
    post("/desk/logout", logout, SET_PASSWORD),
    post("/desk/language", language, PUBLIC),
    post("/desk/theme", theme, PUBLIC),
)
