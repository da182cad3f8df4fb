"""Pasting in Chromium: every copied page and document of the shared inputs arrives with all its words."""

import json
from typing import Any

import pytest

from cms.content.blocks import block_texts, read_body
from tests.browser.pasted import fixtures, squeezed, words_of
from tests.chromium import DESK, Pages

pytestmark = pytest.mark.browser

_PASTE = """async (pages) => {
  const element = document.querySelector("yp-editor");
  const answers = [];
  for (const html of pages) {
    element.value = { schema: 1, blocks: [] };
    element.editor.view.focus();
    element.editor.view.pasteHTML(html);
    answers.push(JSON.stringify(element.value));
  }
  return answers;
}"""
_MADE = (
    # A numbered list of three levels as Word writes it, a merged cell, a footnote, a picture that is not there.
    """<p class=MsoListParagraph style='mso-list:l0 level1 lfo1'><span style='mso-list:Ignore'>一、</span>总则</p>
    <p class=MsoListParagraph style='mso-list:l0 level2 lfo1'><span style='mso-list:Ignore'>1.</span>范围</p>
    <p class=MsoListParagraph style='mso-list:l0 level3 lfo1'><span style='mso-list:Ignore'>·</span>街道</p>
    <p class=MsoListParagraph style='mso-list:l0 level1 lfo1'><span style='mso-list:Ignore'>二、</span>附则</p>
    <p>据统计<a href="#_ftn1" name="_ftnref1">[1]</a>，增长一成。<img src="file:///C:/x/image001.png"></p>
    <table><tr><td colspan=2><p>甲</p><p>乙</p></td></tr><tr><td>丙</td><td>丁</td></tr></table>
    <div id=ftn1><p><a href="#_ftnref1">[1]</a> 区统计局</p></div>""",
    # A page: a picture aside in data-src, a caption, a list in a list, words around a picture in one paragraph.
    """<section><p>前文<img data-src="https://mmbiz.example/a.jpg?wx_fmt=jpeg" src="data:image/svg+xml,x">后文</p>
    <figure><img src="//img.example/b.png" alt="湖边的步道"><figcaption>摄影：顾晓峰</figcaption></figure>
    <ul><li>外<ol><li>内一</li><li>内二</li></ol></li><li><p>段一</p><p>段二</p></li></ul>
    <p><span style="font-weight:700">重点</span><a href="http://x.cn/">链接</a><a href="javascript:alert(1)">坏</a></p>
    <div style="display:none">看不见</div></section>""",
)


async def test_paste_when_from_word_wps_web_and_wechat_loses_no_word(pages: Pages, site: str) -> None:
    page = await pages.open(f"{site}/edit", DESK)
    await page.wait_for_selector("yp-editor .ProseMirror")
    files = [(path.name, path.read_text("utf-8", errors="replace")) for path in fixtures()]

    answers = await page.evaluate(_PASTE, [*_MADE, *(html for _, html in files)])
    word, web, *shared = [json.loads(answer) for answer in answers]

    assert [(block["type"], said(block)) for block in word["blocks"]] == [
        ("list", ["总则", "范围", "街道", "附则"]),
        ("paragraph", ["据统计，增长一成。", "区统计局"]),
        ("table", ["甲\n乙", "", "丙", "丁"]),
    ]
    assert word["blocks"][2]["spans"] == [{"row": 0, "column": 0, "rows": 1, "columns": 2}]
    assert [item.get("level", 0) for item in word["blocks"][0]["items"]] == [0, 1, 2, 0]
    assert [item.get("ordered", False) for item in word["blocks"][0]["items"]] == [False, True, False, False]
    assert [(block["type"], said(block)) for block in web["blocks"]] == [
        ("paragraph", ["前文"]),
        ("paragraph", ["后文"]),
        ("list", ["外", "内一", "内二", "段一\n段二"]),
        ("paragraph", ["重点链接坏"]),
    ]
    assert web["blocks"][3]["text"] == [
        {"t": "重点", "m": ["b"]},
        {"t": "链接", "href": "https://x.cn/"},
        {"t": "坏"},
    ]
    for (name, html), body in zip(files, shared, strict=True):
        read_body(body)
        assert "".join(map(squeezed, texts(body))) == words_of(html), name
    kinds = {name: {block["type"] for block in body["blocks"]} for (name, _), body in zip(files, shared, strict=True)}
    # A numbered heading stays a heading, its number as text; everything else that Word lists is a list.
    wanted = {name: "heading" if "heading" in name else "list" for name in kinds if name.startswith("list__")}
    assert {name: kind for name, kind in wanted.items() if kind not in kinds[name]} == {}


def said(block: dict[str, Any]) -> list[str]:
    return list(block_texts(block))


def texts(body: dict[str, Any]) -> list[str]:
    return [text for block in body["blocks"] for text in block_texts(block)]
