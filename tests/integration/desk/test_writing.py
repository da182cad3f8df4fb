"""Writing on real pages: nothing is lost or overwritten, a bad upload leaves nothing, hostile text stays text."""

import html
import io
import json
import re
from html.parser import HTMLParser
from urllib.parse import quote

import pytest
from sqlalchemy import func, select
from yarl import URL

from cms.desk.middleware.sessions import session_cookie
from cms.library.models import Asset
from tests.integration.desk.calls import Caller
from tests.integration.desk.house import PASSWORD, Browser, House
from tests.integration.desk.matrix import every_route, may_enter
from tests.integration.desk.test_routes import on_sqlite
from tests.integration.desk.world import begin, draft_fields, make_world, upload, write

HOSTILE = "<script>alert(1)</script><xss-probe onmouseover=alert(2)>\"'><img src=x onerror=alert(3)>{{ 7*7 }}"


async def test_autosave_when_a_colleague_saved_meanwhile_answers_with_their_revision(house: House) -> None:
    world = await make_world(house)
    editor, reviewer = world.by["editor"], world.by["reviewer"]
    mine = draft_fields(await editor.get(f"/desk/documents/{world.document}/edit"), title="我的标题")
    await write(reviewer, world.document, title="同事的标题")

    answer = await editor.script("POST", f"/desk/documents/{world.document}/autosave", data=mine)
    problem = await answer.json()
    assert (answer.status, problem["code"]) == (409, "content.conflict")

    page = await editor.post(f"/desk/documents/{world.document}/edit", mine, status=409)
    assert "我的标题" in page
    assert f'data-theirs="{problem["revision"]}"' in page

    answer = await editor.script(
        "POST", f"/desk/documents/{world.document}/autosave", data={**mine, "revision": problem["revision"]}
    )
    assert answer.status == 200
    assert "我的标题" in await editor.get(f"/desk/documents/{world.document}/edit")
    await editor.post(f"/desk/documents/{world.document}/take-theirs")
    assert "同事的标题" in editor.page


async def test_draft_when_refused_comes_back_as_typed_with_the_reason(house: House) -> None:
    await house.set_up()
    editor = await house.add("shen", "沈静怡", "editor")
    document = await begin(editor, "原题")
    page = await editor.get(f"/desk/documents/{document}/edit")
    fields = draft_fields(page, column="", title="改后的题", not_after="not a time", summary="打了很久的摘要")

    page = await editor.post(f"/desk/documents/{document}/edit", fields, status=422)

    assert all(text in page for text in ("content.draft", "改后的题", "打了很久的摘要", "正文在此"))


async def test_edit_page_without_scripts_says_what_is_missing_and_sends_the_text_as_it_came(house: House) -> None:
    world = await make_world(house)
    editor, document = world.by["editor"], world.document
    await write(editor, document, title="改后的题")
    page = await editor.get(f"/desk/documents/{document}/edit")
    plain = " ".join(re.findall(r"<noscript>(.*?)</noscript>", page, re.DOTALL))
    assert all(text in plain for text in ("没有运行脚本", "正文在此", f'action="/desk/documents/{document}/submit"'))
    sent = dict(re.findall(r'<input type="hidden" name="([\w-]+)" value="([^"]*)">', plain))
    given = re.search(r'<yp-editor id="body" name="body" value="([^"]*)"', page)
    assert given is not None
    assert sent["body"] == given[1]

    fields = {**draft_fields(page, title="又改的题"), "body": html.unescape(sent["body"])}
    await editor.post(f"/desk/documents/{document}/edit", fields)
    assert all(text in editor.page for text in ("又改的题", "正文在此"))


async def test_submission_when_something_is_missing_says_what_and_where(house: House) -> None:
    await house.set_up()
    editor = await house.add("shen", "沈静怡", "editor")
    document = await begin(editor, "")
    page = await editor.get(f"/desk/documents/{document}/submission")
    assert "暂不能送审" in page
    assert 'href="#field-title"' in page
    await editor.get(f"/desk/documents/{document}/edit")
    page = await editor.post(f"/desk/documents/{document}/submit", {}, status=409)
    assert "review.checks_failed" in page


async def test_upload_when_it_is_no_picture_is_refused_and_leaves_nothing(house: House) -> None:
    await house.set_up()
    editor = await house.add("shen", "沈静怡", "editor")
    for data, code in ((b"", "media.empty"), (b"<html><script>", "media.html"), (b"MZ\x90\x00" * 40, "media.program")):
        status, problem = await upload(editor, "photo.png", data)
        assert (status, problem["code"]) == (422, code)
        assert problem["text"]
        assert problem["next"]
    async with house.deps.db.read() as session:
        assert await session.scalar(select(func.count()).select_from(Asset)) == 0


async def test_body_when_larger_than_allowed_is_refused(house: House) -> None:
    await house.set_up()
    editor = await house.add("shen", "沈静怡", "editor")
    document = await begin(editor, "长文")
    await editor.get(f"/desk/documents/{document}/edit")
    body = io.BytesIO(b"body=" + b"x" * (5 << 20))
    headers = {"Content-Type": "application/x-www-form-urlencoded"}
    answer = await editor.script("POST", f"/desk/documents/{document}/autosave", data=body, headers=headers)
    assert answer.status == 413
    assert (await answer.json())["code"] == "kernel.too_large"


async def test_unexpected_body_when_sent_is_refused_in_words(house: House) -> None:
    await house.set_up()
    editor = await house.add("shen", "沈静怡", "editor")
    document = await begin(editor, "乱文")
    page = await editor.get(f"/desk/documents/{document}/edit")
    for body in (
        "[",
        "[" * 5000,
        "7",
        '{"schema": 9, "blocks": []}',
        json.dumps({"schema": 1, "blocks": [{"id": "x"}]}),
    ):
        answer = await editor.script("POST", f"/desk/documents/{document}/autosave", data=draft_fields(page, body=body))
        assert answer.status in {200, 422}, body[:40]


class _Nodes(HTMLParser):
    """What of a page would run."""

    def __init__(self) -> None:
        super().__init__()
        self.bad: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        if tag == "xss-probe" or (tag == "script" and "src" not in given and given.get("type") != "application/json"):
            self.bad.append(f"<{tag}>")
        self.bad += [f"{tag} {name}" for name, value in attrs if name.startswith("on") or _runs(name, value)]
        if tag == "img" and given.get("src") == "x":
            self.bad.append("<img src=x>")


def _runs(name: str, value: str | None) -> bool:
    return name in {"href", "src", "action", "formaction"} and (value or "").strip().lower().startswith("javascript:")


@on_sqlite  # escaping is the templates', whatever keeps the words
@pytest.mark.parametrize("everybody_looks", [False, pytest.param(True, marks=pytest.mark.soak)])
async def test_text_when_hostile_stays_text_on_every_page(house: House, everybody_looks: bool) -> None:
    world = await make_world(house)
    chief, editor, reviewer, admin = (world.by[name] for name in ("chief", "editor", "reviewer", "admin"))
    await chief.get("/desk/columns/")
    await chief.post("/desk/columns/", {"code": "hostile", "name": HOSTILE[:60], "position": "2"})
    page = await admin.get("/desk/units/")
    await admin.post(f"/desk/units/{world.parts['unit']}", {"name": HOSTILE[:90]})
    await upload(editor, f"{HOSTILE}.png")
    body = {"schema": 1, "blocks": [{"id": "b_aaaaaaaaaaaa", "type": "paragraph", "text": [{"t": HOSTILE}]}]}
    words = dict.fromkeys(("title", "subtitle", "summary", "source", "reporter", "editor", "sponsor"), HOSTILE[:55])
    await write(editor, world.document, **words, column="hostile", body=json.dumps(body))
    await editor.post(f"/desk/documents/{world.document}/submit", {"note": HOSTILE})
    page = await reviewer.get(f"/desk/documents/{world.document}/review")
    found = page.partition('name="hash" value="')[2].partition('"')[0]
    fields = {"hash": found, "opinion": HOSTILE, "password": PASSWORD}
    await reviewer.post(f"/desk/documents/{world.document}/review/pass", fields)

    wrong, pages = list[str](), 0
    callers = {role: _caller(browser, house) for role, browser in world.by.items()}
    asked = URL.build(query={"q": HOSTILE, "next": HOSTILE}).raw_query_string
    for turn, route in enumerate(every_route(house)):
        if route.method != "GET" or "{path" in route.path or "player" in route.path:
            continue
        # Whoever may not come sees one and the same page, in the words of the refusal. Of those who may, two look in a
        # usual run, others at each page: what they see differs by what they may do there, not by whose words it shows.
        inside = [role for role in callers if may_enter(route, role)]
        if not everybody_looks and inside:
            inside = sorted({inside[turn % len(inside)], inside[(turn + len(inside) // 2) % len(inside)]})
        outside = [role for role in callers if role not in inside][:1]
        for role in inside + outside:
            _, _, page = await callers[role].ask("GET", f"{quote(world.path(route.path))}?{asked}")
            if not page.lstrip().lower().startswith("<!doctype html"):
                continue  # data and tables, which no browser reads as a page
            nodes = _Nodes()
            nodes.feed(page)
            pages += 1
            wrong += [f"{role} {route.path}: {bad}" for bad in nodes.bad]
            wrong += [f"{role} {route.path}: template ran"] if HOSTILE.replace("{{ 7*7 }}", "49") in page else []
    assert wrong == []
    assert pages > 200


def _caller(browser: Browser, house: House) -> Caller:
    (cookie,) = (one for one in browser.session.cookie_jar if one.key == session_cookie(secure=False))
    return Caller(house.server.app, cookie.value)
