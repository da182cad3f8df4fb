"""The block editor in Chromium: what goes in comes out, ids stay with their text, pictures come in or are refused."""

from typing import Any

import pytest
from playwright.async_api import FilePayload, Page, expect

from tests.chromium import DESK, Pages
from tests.gallery.corpus import documents
from tests.gallery.server import Gallery

pytestmark = pytest.mark.browser

_ROUND_TRIP = """async (documents) => {
  const element = document.querySelector("yp-editor");
  const { fromDoc, toDoc } = await import(new URL("./blocks.js", document.querySelector("script[src*=yp-editor]").src));
  return documents.map((given) => {
    element.value = given;
    const { editor } = element;
    editor.state.doc.check();
    const through = fromDoc(editor.getJSON());
    return { through: given.blocks.length ? through : element.value, converted: fromDoc(toDoc(given)) };
  });
}"""


def paragraph(key: str, text: str) -> dict[str, Any]:
    return {"id": key, "type": "paragraph", "text": [{"t": text}] if text else []}


async def editor_with(pages: Pages, site: str, *blocks: dict[str, Any]) -> Page:
    page = await pages.open(f"{site}/edit", DESK)
    await page.wait_for_selector("yp-editor .ProseMirror")
    await page.evaluate(
        "(value) => { document.querySelector('yp-editor').value = value }", {"schema": 1, "blocks": blocks}
    )
    return page


async def blocks_of(page: Page) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = await page.evaluate("document.querySelector('yp-editor').value.blocks")
    return found


async def cursor_at(page: Page, key: str, offset: int) -> None:
    """Puts the cursor after `offset` characters of a block."""
    await page.evaluate(
        """([key, offset]) => {
          const { editor } = document.querySelector("yp-editor");
          editor.state.doc.descendants((node, position) => {
            if (node.attrs.id === key) editor.commands.setTextSelection(position + 1 + offset);
          });
          // At once: the editor's own focus command waits for the next frame, and keys would be lost.
          editor.view.focus();
        }""",
        [key, offset],
    )


def plain(block: dict[str, Any]) -> str:
    return "".join(run["t"] for run in block["text"])


async def test_document_when_it_goes_through_the_editor_comes_out_unchanged(pages: Pages, site: str) -> None:
    page = await editor_with(pages, site)
    corpus = documents(300, seed=20261124)

    results = await page.evaluate(_ROUND_TRIP, corpus)

    for given, result in zip(corpus, results, strict=True):
        assert result["through"] == given
        if given["blocks"]:
            assert result["converted"] == given


async def test_typing_when_in_a_block_keeps_every_id(pages: Pages, site: str) -> None:
    page = await editor_with(pages, site, paragraph("b_first0000000", "第一段"), paragraph("b_second000000", "第二段"))
    await cursor_at(page, "b_first0000000", 3)

    await page.keyboard.type("加字", delay=5)

    assert [(b["id"], plain(b)) for b in await blocks_of(page)] == [
        ("b_first0000000", "第一段加字"),
        ("b_second000000", "第二段"),
    ]


async def test_split_when_in_the_middle_keeps_the_id_on_the_first_part_and_undo_restores(
    pages: Pages, site: str
) -> None:
    page = await editor_with(pages, site, paragraph("b_first0000000", "前半后半"))
    await cursor_at(page, "b_first0000000", 2)

    await page.keyboard.press("Enter")
    first, second = await blocks_of(page)
    assert (first["id"], plain(first), plain(second)) == ("b_first0000000", "前半", "后半")
    assert second["id"] != first["id"]

    await page.keyboard.press("Control+z")
    assert await blocks_of(page) == [paragraph("b_first0000000", "前半后半")]

    await page.keyboard.press("Control+Shift+z")
    assert await blocks_of(page) == [first, second]


async def test_split_when_at_the_very_beginning_leaves_the_id_with_the_text(pages: Pages, site: str) -> None:
    page = await editor_with(pages, site, paragraph("b_first0000000", "原文"))
    await cursor_at(page, "b_first0000000", 0)

    await page.keyboard.press("Enter")

    empty, text = await blocks_of(page)
    assert (plain(empty), plain(text), text["id"]) == ("", "原文", "b_first0000000")
    assert empty["id"] != text["id"]


async def test_copy_when_pasted_before_its_original_gets_an_id_of_its_own(pages: Pages, site: str) -> None:
    page = await editor_with(pages, site, paragraph("b_first0000000", "甲"), paragraph("b_second000000", "乙"))
    await page.evaluate(
        """() => {
          const { view } = document.querySelector("yp-editor").editor;
          view.focus();
          view.pasteHTML('<p data-block="b_second000000">乙</p><p>丙</p>');
        }"""
    )

    ids = [b["id"] for b in await blocks_of(page)]

    assert len(ids) == len(set(ids))
    assert "b_second000000" in ids
    assert next(plain(b) for b in await blocks_of(page) if b["id"] == "b_second000000").endswith("乙")


async def test_list_when_made_split_and_left_stays_one_level(pages: Pages, site: str) -> None:
    page = await editor_with(pages, site, paragraph("b_first0000000", "甲"))
    await cursor_at(page, "b_first0000000", 1)

    await page.keyboard.press("Control+Shift+8")
    await page.keyboard.press("Enter")
    await page.keyboard.type("乙")
    await page.keyboard.press("Enter")
    await page.keyboard.press("Enter")
    await page.keyboard.type("丙")

    made, after = await blocks_of(page)
    assert [plain(item) for item in made["items"]] == ["甲", "乙"]
    assert made["items"][0]["id"] == "b_first0000000"
    assert (after["type"], plain(after)) == ("paragraph", "丙")


async def test_line_when_begun_like_markdown_takes_the_form(pages: Pages, site: str) -> None:
    page = await editor_with(pages, site, paragraph("b_first0000000", ""))
    await cursor_at(page, "b_first0000000", 0)

    for line in ("## 小标题", "- 甲"):
        await page.keyboard.type(line, delay=5)
        await page.keyboard.press("Enter")

    found = await blocks_of(page)
    assert (found[0]["type"], found[0]["level"], found[0]["id"], plain(found[0])) == (
        "heading",
        2,
        "b_first0000000",
        "小标题",
    )
    assert (found[1]["type"], found[1]["ordered"], plain(found[1]["items"][0])) == ("list", False, "甲")


async def test_toolbar_when_pressed_makes_each_block(pages: Pages, site: str) -> None:
    page = await editor_with(pages, site, paragraph("b_first0000000", "文"))
    await cursor_at(page, "b_first0000000", 1)

    for tool in ("divider", "table", "notice"):
        await page.click(f"yp-editor [data-tool={tool}]")

    assert {"paragraph", "divider", "table", "notice"} <= {b["type"] for b in await blocks_of(page)}


async def test_table_when_rows_and_columns_are_added_stays_rectangular(pages: Pages, site: str) -> None:
    cell = [{"t": "格"}]
    page = await editor_with(
        pages, site, {"id": "b_table0000000", "type": "table", "header": True, "rows": [[cell, cell], [cell, cell]]}
    )
    await page.click("yp-editor td")

    for tool in ("row_add", "column_add", "table_header"):
        await page.click(f"yp-editor [data-tool={tool}]")

    (table,) = await blocks_of(page)
    assert [len(row) for row in table["rows"]] == [3, 3, 3]
    assert table["header"] is False
    assert table["id"] == "b_table0000000"


async def test_link_when_not_a_web_address_is_refused_in_place(pages: Pages, site: str) -> None:
    page = await editor_with(pages, site, paragraph("b_first0000000", "看这里"))
    await page.click("yp-editor .ProseMirror p")
    await page.keyboard.press("Control+a")
    await page.keyboard.press("Control+k")

    await page.fill("dialog[open] input", "javascript:alert(1)")
    await page.keyboard.press("Enter")
    await expect(page.locator("dialog[open] .field-error")).to_be_visible()

    await page.fill("dialog[open] input", "https://example.org/x")
    await page.keyboard.press("Enter")
    assert (await blocks_of(page))[0]["text"] == [{"t": "看这里", "href": "https://example.org/x"}]


async def test_paste_from_word_when_styled_keeps_text_lists_and_nothing_else(pages: Pages, site: str) -> None:
    page = await editor_with(pages, site, paragraph("b_first0000000", ""))
    html = """<html><head><style>p{color:red}</style></head><body>
      <h1 style='font-size:22pt'>通知标题</h1>
      <p class=MsoNormal style='text-indent:21pt' onclick="alert(1)">正文<b
      style='color:red'>加粗</b><script>alert(1)</script></p>
      <p class=MsoListParagraph style='mso-list:l0 level1 lfo1'>
        <span style='mso-list:Ignore'>1.<span>&nbsp;</span></span>第一条</p>
      <p class=MsoListParagraph style='mso-list:l0 level1 lfo1'>
        <span style='mso-list:Ignore'>2.<span>&nbsp;</span></span>第二条</p>
      <ul><li>外<ul><li>内</li></ul></li></ul>
      <img src="https://elsewhere.example/a.png"><iframe src="https://elsewhere.example"></iframe></body></html>"""
    await page.evaluate(
        "(html) => { const { view } = document.querySelector('yp-editor').editor; view.focus(); view.pasteHTML(html) }",
        html,
    )

    await expect(page.locator("yp-editor figure img")).to_be_visible()
    found = [b for b in await blocks_of(page) if b["type"] != "paragraph" or b["text"]]

    assert [b["type"] for b in found] == ["heading", "paragraph", "list", "list", "image"]
    assert found[1]["text"] == [{"t": "正文"}, {"t": "加粗", "m": ["b"]}]
    assert (found[2]["ordered"], [plain(i).strip() for i in found[2]["items"]]) == (True, ["第一条", "第二条"])
    assert [plain(i).strip() for i in found[3]["items"]] == ["外", "内"]
    assert found[3]["items"][1]["level"] == 1
    await expect(page.locator(".upload-refusal code")).to_have_text("editor.films_lost")


async def test_picture_when_uploaded_stands_where_the_cursor_was(pages: Pages, site: str, gallery: Gallery) -> None:
    page = await editor_with(pages, site, paragraph("b_first0000000", "前"), paragraph("b_second000000", "后"))
    await cursor_at(page, "b_first0000000", 1)
    file = FilePayload(name="photo.png", mimeType="image/png", buffer=b"\x89PNG\r\n\x1a\n" + bytes(2000))

    async with page.expect_file_chooser() as chooser:
        await page.click("yp-editor [data-tool=image]")
    await (await chooser.value).set_files([file])
    await page.wait_for_selector("yp-editor figure")

    found = await blocks_of(page)
    assert [b["type"] for b in found] == ["paragraph", "image", "paragraph"]
    assert found[1]["asset"] in gallery.uploads
    assert gallery.tokens == ["token"]
    await page.fill("yp-editor figure label:nth-of-type(2) input", "一张照片")
    assert (await blocks_of(page))[1]["alt"] == "一张照片"


async def test_picture_when_refused_shows_code_sentence_and_next_step_and_keeps_the_text(
    pages: Pages, site: str
) -> None:
    page = await editor_with(pages, site, paragraph("b_first0000000", "正文"))
    await cursor_at(page, "b_first0000000", 2)
    file = FilePayload(name="disguised.png", mimeType="image/png", buffer=b"MZ not a picture")

    async with page.expect_file_chooser() as chooser:
        await page.click("yp-editor [data-tool=image]")
    await (await chooser.value).set_files([file])

    refusal = page.locator(".upload-refusal")
    await expect(refusal).to_contain_text("这个文件不是图片")
    await expect(refusal).to_contain_text("请选择 JPG、PNG 或 WebP")
    await expect(refusal.locator("code")).to_have_text("media.not_a_picture")
    assert await blocks_of(page) == [paragraph("b_first0000000", "正文")]
    assert await page.locator(".upload-chip").count() == 0


async def test_words_when_counted_are_counted_as_a_chinese_editor_does(pages: Pages, site: str) -> None:
    page = await editor_with(pages, site, paragraph("b_first0000000", "街道Wi-Fi覆盖 98.5%，好！"))

    # 街 道 Wi-Fi 覆 盖 98.5 ， 好 ！
    assert await page.evaluate("document.querySelector('yp-editor').words") == 9
    await expect(page.locator(".editor-status")).to_contain_text("9 字")


async def test_form_when_submitted_carries_the_document(pages: Pages, site: str) -> None:
    page = await editor_with(pages, site, paragraph("b_first0000000", "送出"))

    sent = await page.evaluate("JSON.parse(new FormData(document.querySelector('[data-autosave]')).get('body'))")

    assert sent == {"schema": 1, "blocks": [paragraph("b_first0000000", "送出")]}


async def test_autosave_when_a_colleague_saved_first_stops_and_overwrites_nothing(
    pages: Pages, site: str, gallery: Gallery
) -> None:
    page = await editor_with(pages, site, paragraph("b_first0000000", "我的"))
    gallery.revision = 8
    await cursor_at(page, "b_first0000000", 2)
    await page.keyboard.type("修改")

    await expect(page.locator(".conflict")).to_be_visible(timeout=6000)
    await expect(page.locator("[data-save-state]")).to_contain_text("自动保存已暂停")
    assert gallery.saves == []

    await page.click("[data-keep-mine]")
    await page.wait_for_load_state()
    assert (gallery.saves[0]["revision"], "我的修改" in gallery.saves[0]["body"]) == ("8", True)
