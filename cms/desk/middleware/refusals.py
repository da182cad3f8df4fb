"""Turns what was refused, and what went wrong, into an answer a person can act on."""

import secrets
from collections.abc import Awaitable, Callable, Mapping
from typing import Any, Final
from urllib.parse import quote

from aiohttp import web

from cms.desk.policy import page_headers
from cms.desk.refusing import as_refusal
from cms.desk.routing import SetPasswordFirst, SettleFirst, SignInFirst, VerifyFirst
from cms.desk.visit import DEPS, DESK, LANGUAGE, VISIT
from cms.kernel.errors import DomainError, Invalid, NotFound
from cms.kernel.log import logger

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]

LOGIN: Final = "/desk/login"
SET_PASSWORD: Final = "/desk/password"  # noqa: S105 - an address
VERIFY: Final = "/desk/verify"
OWED: Final = {"password": "/desk/account", "factor": "/desk/account/factor"}

log = logger("desk")


@web.middleware
async def refusals(request: web.Request, handler: Handler) -> web.StreamResponse:
    """The outermost one; the only place of the desk that catches everything."""
    try:
        return await handler(request)
    except web.HTTPException as error:
        return _http(request, error)
    except Exception as error:  # the edge of the process  # noqa: BLE001
        return answer(request, as_refusal(error) or _unexpected(request, error))


def answer(request: web.Request, error: DomainError) -> web.StreamResponse:
    """A page, or for a script the problem as JSON ``{code, text, next}``; a sign-in that is missing leads there."""
    visit = request.get(VISIT)
    if visit is not None:
        visit.told = error.code
    language = request.get(LANGUAGE, request.app[DEPS].language)
    metrics = request.app[DEPS].metrics
    if metrics is not None:
        metrics.count("yunping_refusals_total", code=error.code)
    problem = problem_of(request, error, language)
    for_script = visit.is_for_script() if visit is not None else "json" in request.headers.get("Accept", "")
    leads_to = _leads_to(request, error)
    if for_script:
        headers = {"Cache-Control": "no-store", **({"HX-Redirect": leads_to} if leads_to else {})}
        if request.path.startswith("/api/"):
            return _problem_json(problem, error, headers)
        return web.json_response(problem, status=error.status, headers=headers)
    if leads_to and request.method in {"GET", "HEAD"}:
        return web.Response(status=303, headers={"Location": leads_to, "Cache-Control": "no-store"})
    context = {"error": problem, "done": "", "home": "/desk/"}
    html = request.app[DESK].render("error.html", context, language=language)
    return web.Response(text=html, content_type="text/html", status=error.status, headers=page_headers())


def _problem_json(problem: Mapping[str, Any], error: DomainError, headers: dict[str, str]) -> web.Response:
    """RFC 9457, with our code, sentence and next step beside the standard's names."""
    if error.status == 401:
        headers["WWW-Authenticate"] = 'Bearer realm="yunping"'
    if isinstance(seconds := problem.get("seconds"), int):
        headers["Retry-After"] = str(seconds)
    whole = {
        "type": f"urn:yunping:problem:{error.code}",
        "title": problem["text"],
        "status": error.status,
        "detail": problem["next"],
        **problem,
    }
    return web.json_response(whole, status=error.status, headers=headers, content_type="application/problem+json")


def problem_of(request: web.Request, error: DomainError, language: str) -> dict[str, Any]:
    """Code, sentence and next step; for a conflict also the revision to compare with, for fields what is wrong."""
    problem: dict[str, Any] = dict(request.app[DESK].refusal(error, language=language))
    if isinstance(error, Invalid) and error.fields:
        problem["fields"] = dict(error.fields)
    for name in ("revision", "version", "seconds", "block"):
        if name in error.params:
            problem[name] = error.params[name]
    return problem


def _leads_to(request: web.Request, error: DomainError) -> str:
    if isinstance(error, SetPasswordFirst):
        return SET_PASSWORD
    if isinstance(error, VerifyFirst):
        return VERIFY
    if isinstance(error, SettleFirst):
        return OWED[error.owes]
    if not isinstance(error, SignInFirst):
        return ""
    back = request.path_qs if request.method == "GET" else "/desk/"
    return f"{LOGIN}?next={quote(back, safe='')}"


def _http(request: web.Request, error: web.HTTPException) -> web.StreamResponse:
    """What aiohttp itself refuses, in our words."""
    if error.status < 400:
        return error
    match error:
        case web.HTTPRequestEntityTooLarge():
            refused: DomainError = TooLarge("kernel.too_large", limit=f"{request.client_max_size >> 20} MiB")
        case web.HTTPNotFound() | web.HTTPMethodNotAllowed():
            refused = NotFound("kernel.not_found")
        case _:
            refused = Invalid("kernel.invalid")
    return answer(request, refused)


class TooLarge(Invalid):
    """More than a request may carry."""

    status = 413


class Defect(DomainError):
    """Something nobody foresaw; the reference leads to its log line."""

    status = 500


def _unexpected(request: web.Request, error: Exception) -> DomainError:
    reference = secrets.token_hex(4)
    log.error("unexpected", reference=reference, path=request.path, method=request.method, exc_info=error)
    return Defect("kernel.internal", reference=reference)
