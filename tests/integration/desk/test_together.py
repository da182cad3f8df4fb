"""Several people at one piece over HTTP: who is here, what differs, and pictures that are fetched or refused."""

import io
import json

import pytest
from PIL import Image
from sqlalchemy import func, select

from cms.content.models import Presence
from cms.library.models import Asset, Rendition
from cms.library.remaking import remake_next
from cms.library.room import EncodeRoom
from tests.integration.desk.house import House
from tests.integration.desk.world import begin, draft_fields, upload, write

# No SQL here differs between the databases.
pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


async def test_presence_when_two_have_a_piece_open_names_the_other_and_forgets_who_left(house: House) -> None:
    await house.set_up()
    editor = await house.add("shen", "沈静怡", "editor")
    reviewer = await house.add("lu", "陆明", "reviewer")
    stranger = await house.add("gu", "顾晓峰", "publisher")
    document = await begin(editor, "两人同写")
    url = f"/desk/documents/{document}/presence"

    assert (await (await editor.script("POST", url)).json())["here"] == []
    assert (await (await reviewer.script("POST", url)).json())["here"] == ["沈静怡"]
    assert "陆明" in await editor.get(f"/desk/documents/{document}/edit")
    await editor.script("POST", url)
    assert (await stranger.script("POST", url)).status == 403
    async with house.deps.db.read() as session:
        assert await session.scalar(select(func.count()).select_from(Presence)) == 2

    await write(reviewer, document, title="新题", column="")
    said = await (await editor.script("POST", url)).json()
    assert (said["by"], said["here"]) == ("陆明", ["陆明"])
    await reviewer.script("POST", url, data={"leaving": "1"})
    assert (await (await editor.script("POST", url)).json())["here"] == []


async def test_conflict_when_asked_for_shows_both_texts_and_changes_nothing(house: House) -> None:
    await house.set_up()
    editor = await house.add("shen", "沈静怡", "editor")
    reviewer = await house.add("lu", "陆明", "reviewer")
    document = await begin(editor, "原题")
    mine = draft_fields(await editor.get(f"/desk/documents/{document}/edit"), title="我的题", column="")
    text = [{"id": "b_aaaaaaaaaaaa", "type": "paragraph", "text": [{"t": "同事的话。"}]}]
    await write(
        reviewer,
        document,
        title="同事的题",
        column="",
        source="<script>alert(1)</script>",
        body=json.dumps({"schema": 1, "blocks": text}),
    )

    answer = await editor.script("POST", f"/desk/documents/{document}/conflict", data=mine)
    page = await answer.text()

    assert answer.status == 200
    assert "陆明在您编辑期间保存了新修订" in page
    assert all(f'<ins class="diff">{one}</ins>' in page for one in ("我", "正文在此"))
    assert all(f'<del class="diff">{one}</del>' in page for one in ("同事", "同事的话"))
    assert "<script>" not in page
    page = await editor.post(f"/desk/documents/{document}/edit", mine, status=409)
    assert "陆明在您编辑期间保存了新修订" in page
    assert "data-typed" in page


async def test_conflict_when_of_two_windows_compares_with_what_the_other_typed(house: House) -> None:
    await house.set_up()
    editor = await house.add("shen", "沈静怡", "editor")
    document = await begin(editor, "原题")
    fields = draft_fields(await editor.get(f"/desk/documents/{document}/edit"), title="甲窗", column="")
    url = f"/desk/documents/{document}"
    await editor.script("POST", f"{url}/autosave", data=fields)
    await editor.script("POST", f"{url}/autosave", data={**fields, "version": "1"})

    answer = await editor.script("POST", f"{url}/autosave", data={**fields, "title": "乙窗", "version": "1"})
    assert (answer.status, (await answer.json())["code"]) == (409, "content.conflict_tab")
    page = await (await editor.script("POST", f"{url}/conflict", data={**fields, "title": "乙窗"})).text()

    assert "您在另一个窗口中也修改了这篇稿件" in page
    assert '<ins class="diff">乙</ins>' in page
    assert '<del class="diff">甲</del>' in page


async def test_autosave_when_something_is_too_large_says_which_field_or_block(house: House) -> None:
    await house.set_up()
    editor = await house.add("shen", "沈静怡", "editor")
    document = await begin(editor, "长文")
    fields = draft_fields(await editor.get(f"/desk/documents/{document}/edit"), column="")
    url = f"/desk/documents/{document}/autosave"

    answer = await editor.script("POST", url, data={**fields, "title": "长" * 10_000})
    assert (answer.status, (await answer.json())["fields"]) == (422, {"title": "content.field_long"})
    table = {"id": "b_bbbbbbbbbbbb", "type": "table", "header": False, "rows": [[[{"t": "格"}]] * 100] * 100}
    answer = await editor.script(
        "POST", url, data={**fields, "body": json.dumps({"schema": 1, "blocks": [table]}, ensure_ascii=False)}
    )
    problem = await answer.json()
    assert (answer.status, problem["code"], problem["block"]) == (422, "content.table_size", "b_bbbbbbbbbbbb")
    assert "10000" in problem["text"]
    rare = [{"id": "b_cccccccccccc", "type": "paragraph", "text": [{"t": "𬭎㛃👨‍👩‍👧‍👦é"}]}]
    body = json.dumps({"schema": 1, "blocks": rare})
    assert (await editor.script("POST", url, data={**fields, "body": body})).status == 200
    page = await editor.get(f"/desk/documents/{document}/edit")
    assert "𬭎㛃👨‍👩‍👧‍👦é" in page


async def test_fetch_when_the_address_is_inside_or_not_allowed_is_refused_and_leaves_nothing(house: House) -> None:
    await house.set_up()
    editor = await house.add("shen", "沈静怡", "editor")
    await begin(editor, "粘贴")
    for url, code in (
        ("http://127.0.0.1/x.png", "library.fetch_address"),
        ("https://localhost/x.png", "library.fetch_address"),
        ("https://[::1]/x.png", "library.fetch_address"),
        ("https://169.254.169.254/latest", "library.fetch_address"),
        ("file:///etc/passwd", "library.fetch_address"),
        ("https://", "library.fetch_address"),
        ("https://[", "library.fetch_address"),
        ("https://u:p@example.org/x.png", "library.fetch_address"),
        ("https://example.org:8443/x.png", "library.fetch_address"),
        ("https://example.org/" + "x" * 3000, "library.fetch_address"),
    ):
        answer = await editor.script("POST", "/desk/library/fetch", data={"url": url})
        problem = await answer.json()
        assert (answer.status, problem["code"], bool(problem["next"])) == (422, code, True), url[:60]
    async with house.deps.db.read() as session:
        assert await session.scalar(select(func.count()).select_from(Asset)) == 0


async def test_focal_when_moved_cuts_the_crops_anew_and_keeps_the_old_ones_by_hash(house: House) -> None:
    await house.set_up()
    editor = await house.add("shen", "沈静怡", "editor")
    await begin(editor, "焦点")
    buffer = io.BytesIO()
    Image.radial_gradient("L").resize((900, 300)).convert("RGB").save(buffer, "PNG")
    _, asset = await upload(editor, "lake.png", buffer.getvalue())
    url = f"/desk/library/pictures/{asset['asset']}/focal"
    before = await _files(house)

    for x, status in (("0", 200), ("1001", 422), ("-1", 422), ("", 422)):
        answer = await editor.script("POST", url, data={"x": x, "y": "0"})
        assert answer.status == status, x
    assert (await (await editor.script("GET", url)).json())["x"] == 0
    assert await _files(house) == before, "the point answers at once, the files follow"
    assert await remake_next(_room(house))
    after = await _files(house)

    changed = {name for name in before if before[name] != after[name]}
    covers = {"cover-16x9", "cover-1x1", "cover-235", "cover-3x4"}
    assert changed == {"og", "thumb", "tv-card", "screen-cover"} | covers
    for name in changed:
        assert (await editor.script("GET", f"/desk/files/{before[name]}")).status == 200, name

    async with house.deps.db.write() as session:
        row = await session.scalar(select(Asset))
        assert row is not None
        row.crops = {"1x1": [500, 500, 500]}
    assert (await editor.script("POST", url, data={"x": "900", "y": "0"})).status == 200
    assert await remake_next(_room(house))
    again = await _files(house)
    assert again["cover-1x1"] == after["cover-1x1"], "a cut that a person chose follows no point"
    assert again["cover-16x9"] != after["cover-16x9"]
    viewer = await house.add("wu-ming", "吴名")
    assert (await viewer.script("POST", url, data={"x": "1", "y": "1"})).status == 403


def _room(house: House) -> EncodeRoom:
    return EncodeRoom(house.deps.db, house.deps.clock, house.deps.workshop, "focal-test", tick=60)


async def _files(house: House) -> dict[str, str]:
    async with house.deps.db.read() as session:
        return {row.name: row.sha256 for row in await session.scalars(select(Rendition))}
