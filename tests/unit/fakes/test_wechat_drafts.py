from typing import Any

import pytest

from tests.unit.fakes.asking import picture, wechat

HOUSE = "https://www.example.cn/"


@pytest.mark.parametrize(
    ("fields", "code"),
    [
        ({"title": "字" * 32}, 0),
        ({"title": "字" * 33}, 45003),
        ({"title": "😀" * 32}, 0),
        ({"title": ""}, 40035),
        ({"author": "字" * 16}, 0),
        ({"author": "字" * 17}, 45110),
        ({"digest": "字" * 120}, 0),
        ({"digest": "字" * 121}, 45004),
        ({"content": "字" * 19_999}, 0),
        ({"content": "字" * 20_000}, 45002),
        ({"content": " "}, 44004),
        ({"content_source_url": HOUSE + "a" * (1024 - len(HOUSE))}, 0),
        ({"content_source_url": HOUSE + "a" * (1025 - len(HOUSE))}, 45005),
        ({"content_source_url": "javascript:alert(1)"}, 41039),
        ({"thumb_media_id": "nobody"}, 40007),
        ({"article_type": "film"}, 40035),
        ({"title": 7}, 47001),
        ({"need_open_comment": 2}, 47001),
        ({"pic_crop_235_1": "0_0.1_1_0.9"}, 0),
        ({"pic_crop_235_1": "0_0.1_1_1.9"}, 53402),
        ({"pic_crop_1_1": "0.1234567_0_1_1"}, 53402),
        ({"pic_crop_1_1": "0.5_0_0.5_1"}, 53402),
        ({"cover_info": {"crop_percent_list": [{"ratio": "1_1", "x1": "0", "y1": "0", "x2": "1", "y2": "1"}]}}, 0),
        ({"cover_info": {"crop_percent_list": [{"ratio": "4_3", "x1": "0", "y1": "0", "x2": "1", "y2": "1"}]}}, 53404),
        ({"cover_info": {"crop_percent_list": [{"ratio": "1_1", "x1": 0, "y1": 0, "x2": 1, "y2": 1}]}}, 53405),
    ],
)
async def test_article_at_a_limit_is_taken_and_over_it_refused(fields: dict[str, Any], code: int) -> None:
    asking = await wechat()
    title = fields.pop("title", "板凳课堂")
    assert (await asking.draft(title, **fields)).get("errcode", 0) == code
    assert len(asking.sim.drafts.box) == (0 if code else 1)


async def test_content_of_a_megabyte_is_too_large_by_bytes() -> None:
    asking = await wechat()
    asking.sim.limits.content_characters = 10**9
    assert "media_id" in await asking.draft(content="a" * (2**20 - 1))
    assert (await asking.draft(content="a" * 2**20))["errcode"] == 45002


async def test_message_of_more_than_eight_articles_is_refused() -> None:
    asking = await wechat()
    article = {"title": "一", "content": "正文", "thumb_media_id": await asking.cover()}
    assert "media_id" in await asking.post("draft/add", {"articles": [article] * 8})
    assert (await asking.post("draft/add", {"articles": [article] * 9}))["errcode"] == 45008
    assert (await asking.post("draft/add", {"articles": []}))["errcode"] == 47001


async def test_title_sent_with_escapes_shows_them_to_the_reader() -> None:
    asking = await wechat()
    article = {"title": "课堂", "content": "正文", "thumb_media_id": await asking.cover()}
    draft = await asking.post("draft/add", {"articles": [article]}, escaped=True)
    kept = await asking.post("draft/get", {"media_id": draft["media_id"]})
    assert kept["news_item"][0]["title"] == r"\u8bfe\u5802"
    assert any("escapes" in defect for defect in asking.sim.journal.defects)


async def test_body_that_is_not_utf8_is_refused() -> None:
    asking = await wechat()
    body = '{"articles":[{"title":"课堂"}]}'.encode("gb18030")
    found = await asking.raw("POST", f"/cgi-bin/draft/add?access_token={asking.token}", body)
    assert found["errcode"] == 47001


async def test_picture_from_elsewhere_is_dropped_and_an_uploaded_one_stays() -> None:
    asking = await wechat()
    url = (await asking.upload("media/uploadimg", picture()))["url"]
    secure = url.replace("http://", "https://")
    content = f'<p>一<img src="{secure}"><img src="https://elsewhere.example/a.jpg"></p>'
    draft = await asking.draft(content=content)
    kept = (await asking.post("draft/get", {"media_id": draft["media_id"]}))["news_item"][0]
    assert kept["content"] == f'<p>一<img src="{secure}"></p>'
    assert any("elsewhere.example" in defect for defect in asking.sim.journal.defects)


async def test_digest_when_empty_is_the_first_54_characters() -> None:
    asking = await wechat()
    draft = await asking.draft(content=f"<p>{'字' * 60}</p>")
    kept = (await asking.post("draft/get", {"media_id": draft["media_id"]}))["news_item"][0]
    assert kept["digest"] == "字" * 54


async def test_draft_when_updated_listed_counted_and_deleted_follows() -> None:
    asking = await wechat()
    first, second = [(await asking.draft(title))["media_id"] for title in ("一", "二")]
    article = {"title": "一之二", "content": "新", "thumb_media_id": await asking.cover()}
    assert (await asking.post("draft/update", {"media_id": first, "index": 0, "articles": article}))["errcode"] == 0
    assert (await asking.post("draft/update", {"media_id": first, "index": 1, "articles": article}))["errcode"] == 40114
    listed = await asking.post("draft/batchget", {"offset": 0, "count": 20, "no_content": 1})
    assert [one["media_id"] for one in listed["item"]] == [first, second]
    assert listed["item"][0]["content"]["news_item"][0]["title"] == "一之二"
    assert "content" not in listed["item"][0]["content"]["news_item"][0]
    assert (await asking.post("draft/batchget", {"offset": 0, "count": 21}))["errcode"] == 40035
    assert (await asking.get("draft/count")) == {"total_count": 2}
    assert (await asking.post("draft/delete", {"media_id": first}))["errcode"] == 0
    assert (await asking.post("draft/delete", {"media_id": first}))["errcode"] == 40007
    assert (await asking.post("draft/get", {"media_id": first}))["errcode"] == 40007


async def test_comments_without_the_right_are_refused() -> None:
    asking = await wechat()
    asking.sim.account.rights.discard("comment")
    assert (await asking.draft(need_open_comment=1))["errcode"] == 88000
    assert "media_id" in await asking.draft(need_open_comment=0)


async def test_picture_message_takes_plain_text_and_up_to_twenty_pictures() -> None:
    asking = await wechat()
    cover = await asking.cover()

    async def add(count: int, content: str = "话") -> Any:
        pictures = {"image_list": [{"image_media_id": cover}] * count}
        article = {"article_type": "newspic", "title": "图", "content": content, "image_info": pictures}
        return await asking.post("draft/add", {"articles": [article]})

    assert "media_id" in await add(20)
    assert (await add(21))["errcode"] == 40035
    assert (await add(0))["errcode"] == 40035
    await add(1, "<b>话</b>")
    assert any("plain text" in defect for defect in asking.sim.journal.defects)
