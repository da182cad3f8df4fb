from typing import Any

import pytest

from tests.fakes.douyin.codes import Wrong
from tests.unit.fakes.asking import douyin


async def test_post_when_created_is_seen_by_others_only_after_its_review() -> None:
    asking = await douyin()
    found = await asking.created("板凳课堂 #吴江")
    assert asking.sim.visible("板凳课堂") == 0
    seen = (await asking.post("video_data", {"item_ids": [found["item_id"]]}))["list"][0]
    assert (seen["video_status"], seen["is_reviewed"], seen["share_url"]) == (4, False, "")
    asking.sim.advance(4)
    seen = (await asking.post("video_data", {"video_ids": [found["video_id"]]}))["list"][0]
    assert (seen["video_status"], seen["is_reviewed"]) == (5, True)
    assert seen["share_url"].startswith("https://www.iesdouyin.com/share/video/")
    assert asking.sim.visible("板凳课堂") == 1


async def test_post_when_refused_is_never_seen() -> None:
    asking = await douyin()
    asking.sim.posts.review.passes = [False]
    found = await asking.created()
    asking.sim.advance(4)
    seen = (await asking.post("video_data", {"item_ids": [found["item_id"]]}))["list"][0]
    assert (seen["video_status"], seen["is_reviewed"]) == (2, True)
    assert asking.sim.visible("板凳课堂") == 0


@pytest.mark.parametrize(("privacy", "status"), [(0, 5), (1, 7), (2, 6)])
async def test_post_when_reviewed_is_as_public_as_was_asked(privacy: int, status: int) -> None:
    asking = await douyin()
    found = await asking.created(private_status=privacy)
    asking.sim.advance(4)
    assert (await asking.post("video_data", {"item_ids": [found["item_id"]]}))["list"][0]["video_status"] == status
    assert asking.sim.visible("板凳课堂") == int(privacy == 0)


async def test_video_when_used_is_good_for_no_second_post() -> None:
    asking = await douyin()
    video_id = await asking.video()
    assert (await asking.post("create_video", {"video_id": video_id, "text": "一"}))["error_code"] == 0
    assert (await asking.post("create_video", {"video_id": video_id, "text": "一"}))["error_code"] == 2100005
    assert asking.sim.journal.counters["creates"] == 1


@pytest.mark.parametrize(
    ("fields", "code"),
    [
        ({"text": "字" * 1000}, 0),
        ({"text": "字" * 1001}, 2100005),
        ({"video_id": "nobody"}, 2100005),
        ({"custom_cover_image_url": "https://x.example/a.jpg"}, 2100005),
        ({"private_status": 3}, 2100005),
        ({"download_type": 2}, 2100005),
        ({"cover_tsp": -1}, 2100005),
        ({"cover_tsp": 2.5}, 0),
        ({"text": 7}, 2100005),
    ],
)
async def test_post_at_a_limit_is_taken_and_over_it_refused(fields: dict[str, Any], code: int) -> None:
    asking = await douyin()
    body = {"video_id": await asking.video(), "text": "一", **fields}
    assert (await asking.post("create_video", body))["error_code"] == code
    assert asking.sim.journal.counters["creates"] == int(code == 0)


async def test_cover_is_a_picture_that_was_uploaded() -> None:
    asking = await douyin()
    assert (await asking.created(custom_cover_image_url=await asking.picture()))["error_code"] == 0


@pytest.mark.parametrize(("count", "code"), [(0, 2100005), (1, 0), (30, 0), (31, 2100005)])
async def test_pictures_when_posted_are_one_to_thirty(count: int, code: int) -> None:
    asking = await douyin()
    listed = [await asking.picture()] * count
    assert (await asking.post("create_image_text", {"image_list": listed, "text": "图"}))["error_code"] == code


async def test_list_goes_in_pages_newest_first() -> None:
    asking = await douyin()
    for text in ("一", "二", "三"):
        await asking.created(text)
    first = await asking.get("video_list", cursor="0", count="2")
    assert [item["title"] for item in first["list"]] == ["三", "二"]
    assert first["has_more"]
    second = await asking.get("video_list", cursor=str(first["cursor"]), count="2")
    assert [item["title"] for item in second["list"]] == ["一"]
    assert not second["has_more"]
    assert (await asking.get("video_list", count="21"))["error_code"] == 2100005


async def test_post_when_deleted_by_the_person_is_in_no_list() -> None:
    asking = await douyin()
    found = await asking.created()
    asking.sim.advance(4)
    asking.sim.posts.delete(found["item_id"])
    assert asking.sim.visible("板凳课堂") == 0
    assert (await asking.get("video_list"))["list"] == []
    assert (await asking.post("video_data", {"item_ids": [found["item_id"]]}))["list"] == []


@pytest.mark.parametrize(
    ("wrong", "old", "new"),
    [
        (Wrong.NO_CAPABILITY, 2190004, 28001014),
        (Wrong.CAPABILITY_BANNED, 2100007, 28001018),
        (Wrong.CAPABILITY_WITHDRAWN, 2100007, 28001056),
        (Wrong.APP_BANNED, 2100007, 28001016),
        (Wrong.USER_BANNED, 2100009, 28001045),
    ],
)
async def test_capability_when_off_is_said_in_either_family(wrong: Wrong, old: int, new: int) -> None:
    asking = await douyin()
    asking.sim.troubles["video.create.bind"] = wrong
    assert (await asking.post("create_video", {"video_id": "x"}))["error_code"] == old
    assert (await asking.get("video_list"))["error_code"] == 0
    asking.sim.new_family = True
    found = await asking.raw(
        "POST",
        f"/api/douyin/v1/video/create_video/?open_id={asking.grant['open_id']}",
        b"{}",
        {"access-token": asking.grant["access_token"]},
    )
    assert found["err_no"] == new


async def test_scope_when_not_consented_is_refused() -> None:
    asking = await douyin()
    code = asking.sim.oauth.consent("user_info")
    asking.grant = await asking.oauth("access_token", code=code, grant_type="authorization_code")
    assert (await asking.post("create_video", {"video_id": "x"}))["error_code"] == 2190004
