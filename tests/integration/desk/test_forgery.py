"""Requests another site made a browser send: refused without the page's token, or from elsewhere, on every route."""

from dataclasses import replace

from cms.people.sessions import csrf_token
from tests.integration.desk.calls import Sent
from tests.integration.desk.house import House
from tests.integration.desk.matrix import Anything, admit, every_route
from tests.integration.desk.test_routes import on_sqlite
from tests.integration.desk.world import World, begin

_ELSEWHERE = ({"Origin": "https://evil.example"}, {"Sec-Fetch-Site": "cross-site"}, {"Sec-Fetch-Site": "same-site"})


@on_sqlite
async def test_changing_request_when_the_token_is_missing_or_of_another_is_refused_on_every_route(house: House) -> None:
    await house.set_up()
    unit = "/320509/04/"
    editor, other = await admit(house, "editor", unit), await admit(house, "chief", unit)
    world = World(house, {}, Anything(), "")
    wrong = []
    for route in every_route(house):
        if route.method != "POST":
            continue
        for token in ("", "x" * 43, csrf_token(other.token)):
            sent = Sent.as_form({"csrf": token} if token else {})
            sent = replace(sent, headers={"Accept": "application/json"})
            status, _, page = await editor.ask("POST", world.path(route.path), sent, is_own=False)
            if status != 403 or "kernel.csrf" not in page:
                wrong.append(f"{route.path} {token} answered {status}")
    assert wrong == []


async def test_changing_request_when_it_comes_from_elsewhere_is_refused_even_with_the_token(house: House) -> None:
    await house.set_up()
    editor = await house.add("shen", "沈静怡", "editor")
    document = await begin(editor, "原题")
    await editor.get(f"/desk/documents/{document}/edit")
    for headers in _ELSEWHERE:
        editor.headers = headers
        await editor.post(f"/desk/documents/{document}/do/discard", {}, status=403)
        assert "kernel.csrf" in editor.page
    editor.headers = {"Origin": str(editor.base).rstrip("/"), "Sec-Fetch-Site": "same-origin"}
    await editor.post(f"/desk/documents/{document}/do/discard", {})
    assert "稿件已废弃" in editor.page


async def test_page_when_served_forbids_scripts_and_frames_from_elsewhere(house: House) -> None:
    await house.set_up()
    for path in ("/desk/login", "/desk/", "/desk/nowhere"):
        async with house.logins["admin"].session.get(house.server.make_url(path), allow_redirects=False) as answer:
            policy = answer.headers["Content-Security-Policy"] if answer.status != 303 else ""
            assert answer.status == 303 or "script-src 'self'" in policy
            assert answer.status == 303 or ("frame-ancestors 'none'" in policy and "unsafe" not in policy)
