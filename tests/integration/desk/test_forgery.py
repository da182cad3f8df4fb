"""Requests another site made a browser send: refused without the page's token, or from elsewhere, on every route."""

from tests.integration.desk.house import House
from tests.integration.desk.matrix import Anything, every_route, hire
from tests.integration.desk.test_routes import on_sqlite
from tests.integration.desk.world import World, begin

_ELSEWHERE = ({"Origin": "https://evil.example"}, {"Sec-Fetch-Site": "cross-site"}, {"Sec-Fetch-Site": "same-site"})


@on_sqlite
async def test_changing_request_when_the_token_is_missing_or_of_another_is_refused_on_every_route(house: House) -> None:
    await house.set_up()
    editor, other = await hire(house, "editor", "04"), await hire(house, "chief", "04")
    world = World(house, {}, Anything(), "")
    wrong = []
    for route in every_route(house):
        if route.method != "POST":
            continue
        url = editor.base.join(editor.base.with_path(world.path(route.path)))
        for data in ({}, {"csrf": "x" * 43}, {"csrf": other.token}):
            async with editor.session.post(url, data=data, allow_redirects=False) as answer:
                page = await answer.text()
            if answer.status != 403 or "kernel.csrf" not in page:
                wrong.append(f"{route.path} {data} answered {answer.status}")
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
