import pytest

from tests.unit.fakes.asking import wechat


async def test_publication_when_it_ends_well_shows_the_article_and_empties_the_box() -> None:
    asking = await wechat()
    draft = await asking.draft("板凳课堂")
    job = await asking.post("freepublish/submit", {"media_id": draft["media_id"]})
    assert job["errcode"] == 0
    running = await asking.post("freepublish/get", {"publish_id": job["publish_id"]})
    assert running["publish_status"] == 1
    assert asking.sim.visible("板凳课堂") == 0
    assert (await asking.get("draft/count"))["total_count"] == 1
    asking.sim.advance(3)
    done = await asking.post("freepublish/get", {"publish_id": job["publish_id"]})
    assert done["publish_status"] == 0
    assert done["article_detail"]["item"][0]["article_url"].startswith("http://mp.weixin.qq.com/s?")
    assert (await asking.get("draft/count"))["total_count"] == 0
    assert asking.sim.visible("板凳课堂") == 1
    assert (await asking.post("freepublish/submit", {"media_id": draft["media_id"]}))["errcode"] == 40007


@pytest.mark.parametrize(("result", "failing"), [(2, [1]), (3, []), (4, [1])])
async def test_publication_when_it_fails_shows_nothing_and_keeps_the_draft(result: int, failing: list[int]) -> None:
    asking = await wechat()
    asking.sim.publishing.plan.result = result
    done = await asking.published()
    assert (done["publish_status"], done["fail_idx"]) == (result, failing)
    assert "article_id" not in done
    assert asking.sim.visible("板凳课堂") == 0
    assert (await asking.get("draft/count"))["total_count"] == 1


@pytest.mark.parametrize("result", [5, 6])
async def test_publication_when_taken_away_at_once_is_not_seen(result: int) -> None:
    asking = await wechat()
    asking.sim.publishing.plan.result = result
    assert (await asking.published())["publish_status"] == result
    assert asking.sim.visible("板凳课堂") == 0


async def test_article_when_deleted_is_gone_for_readers_and_said_to_be() -> None:
    asking = await wechat()
    done = await asking.published()
    article_id = done["article_id"]
    for _ in range(2):
        assert (await asking.post("freepublish/delete", {"article_id": article_id}))["errcode"] == 0
    assert asking.sim.visible("板凳课堂") == 0
    assert asking.sim.journal.counters["articles_deleted"] == 1
    assert (await asking.post("freepublish/getarticle", {"article_id": article_id}))["news_item"][0]["is_deleted"]
    assert (await asking.post("freepublish/get", {"publish_id": done["publish_id"]}))["publish_status"] == 5
    listed = await asking.post("freepublish/batchget", {"offset": 0, "count": 1, "no_content": 1})
    assert listed["item"][0]["content"]["news_item"][0]["is_deleted"]
    assert (await asking.post("freepublish/delete", {"article_id": "nobody"}))["errcode"] == 53600


async def test_article_when_one_of_two_is_deleted_leaves_the_other() -> None:
    asking = await wechat()
    cover = await asking.cover()
    articles = [{"title": title, "content": "正文", "thumb_media_id": cover} for title in ("一", "二")]
    draft = await asking.post("draft/add", {"articles": articles})
    job = await asking.post("freepublish/submit", {"media_id": draft["media_id"]})
    asking.sim.advance(3)
    done = await asking.post("freepublish/get", {"publish_id": job["publish_id"]})
    await asking.post("freepublish/delete", {"article_id": done["article_id"], "index": 2})
    assert (asking.sim.visible("一"), asking.sim.visible("二")) == (1, 0)
    assert (await asking.post("freepublish/delete", {"article_id": done["article_id"], "index": 3}))["errcode"] == 40114


async def test_article_when_banned_later_is_status_six() -> None:
    asking = await wechat()
    done = await asking.published()
    asking.sim.publishing.ban(done["article_id"])
    assert asking.sim.visible("板凳课堂") == 0
    assert (await asking.post("freepublish/get", {"publish_id": done["publish_id"]}))["publish_status"] == 6


async def test_draft_when_submitted_twice_is_published_once() -> None:
    """Both jobs work on the one draft in the box."""
    asking = await wechat()
    media_id = (await asking.draft())["media_id"]
    jobs = [(await asking.post("freepublish/submit", {"media_id": media_id}))["publish_id"] for _ in range(2)]
    asking.sim.advance(5)
    states = [(await asking.post("freepublish/get", {"publish_id": job}))["publish_status"] for job in jobs]
    assert states == [0, 3]
    assert asking.sim.visible("板凳课堂") == 1
    assert asking.sim.journal.counters["submits"] == 2


async def test_two_drafts_of_one_title_are_seen_twice() -> None:
    asking = await wechat()
    await asking.published()
    await asking.published()
    assert asking.sim.visible("板凳课堂") == 2


async def test_draft_when_deleted_under_way_is_not_published() -> None:
    asking = await wechat()
    media_id = (await asking.draft())["media_id"]
    job = await asking.post("freepublish/submit", {"media_id": media_id})
    await asking.post("draft/delete", {"media_id": media_id})
    asking.sim.advance(5)
    assert (await asking.post("freepublish/get", {"publish_id": job["publish_id"]}))["publish_status"] == 3
    assert asking.sim.visible("板凳课堂") == 0


async def test_right_when_withdrawn_is_said_by_every_call() -> None:
    asking = await wechat()
    asking.sim.account.rights.discard("freepublish")
    for name in ("submit", "get", "delete", "getarticle", "batchget"):
        assert (await asking.post(f"freepublish/{name}", {"media_id": "x"}))["errcode"] == 48001
    assert "media_id" in await asking.draft()


async def test_publish_id_when_unknown_is_refused() -> None:
    asking = await wechat()
    assert (await asking.post("freepublish/get", {"publish_id": "1"}))["errcode"] == 53502
    assert (await asking.post("freepublish/submit", {}))["errcode"] == 41006
