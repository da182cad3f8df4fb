"""The newspaper of the pictures: an issue of our own words, brought in as a person does, with one article chosen."""

from typing import Final

from playwright.sync_api import Page

from tests.fakes.newspapers import newspaper_pdf

TITLES: Final = ("垂虹桥畔夜市开市", "图书馆延长开放", "村村有讲堂")
SENTENCES: Final = (
    "入冬以来，垂虹桥畔的夜市每晚六点开市，老街上的灯一盏一盏亮起来。",
    "志愿者在桥边支起长桌，为来往的居民送上热粥，也教大家写春联。",
    "太湖新城图书馆每晚开放到十点，读者凭身份证就能借书，三十天内归还。",
    "宣讲员走进田头，用吴语讲政策，乡亲们围坐在一起，边听边问。",
    "实践站把理论讲成了故事，把服务送到了家门口。",
    "孩子们放学后来站里画画，老人们在院里听书，日子过得有声有色。",
)
LENGTH: Final = 520
PAGES: Final = 4


def pdf() -> bytes:
    """Four pages of three columns."""
    articles = []
    for place, title in enumerate(TITLES):
        turned = "".join(SENTENCES[place * 2 :] + SENTENCES[: place * 2])
        articles.append((title, (turned * (LENGTH // len(turned) + 1))[: LENGTH - place * 100]))
    return newspaper_pdf(PAGES, articles=articles)


def open_zones(page: Page) -> None:
    """From the list of newspapers to the zones of today's; brings it in the first time."""
    known = page.locator("main a[href^='/desk/newspapers/']", has_text="吴江日报")
    if known.count():
        known.first.click()
    else:
        page.fill("[name=paper]", "吴江日报")
        page.fill("[name=number]", "第1288期")
        page.locator("[name=file]").set_input_files(
            {"name": "1288.pdf", "mimeType": "application/pdf", "buffer": pdf()}
        )
        page.get_by_role("button", name="上传并生成版面").click()
    page.wait_for_selector("yp-zones .np-zone", timeout=180_000)
    page.get_by_role("button", name=TITLES[1]).first.click()
