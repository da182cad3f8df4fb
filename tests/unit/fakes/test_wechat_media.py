import json

import pytest

from tests.unit.fakes.asking import film, picture, wechat

MIB = 1024 * 1024


def filled(data: bytes, size: int) -> bytes:
    return data + bytes(size - len(data))


@pytest.mark.parametrize(("form", "code"), [("JPEG", 0), ("PNG", 0), ("GIF", 40005), ("WEBP", 40005), ("BMP", 40005)])
async def test_body_picture_when_not_jpeg_or_png_is_refused(form: str, code: int) -> None:
    asking = await wechat()
    found = await asking.upload("media/uploadimg", picture(form))
    assert found.get("errcode", 0) == code
    if not code:
        assert found["url"].startswith("http://mmbiz.qpic.cn/")


async def test_body_picture_at_one_megabyte_is_too_large() -> None:
    asking = await wechat()
    assert "url" in await asking.upload("media/uploadimg", filled(picture(), MIB - 1))
    assert (await asking.upload("media/uploadimg", filled(picture(), MIB)))["errcode"] == 40009


async def test_body_picture_when_uploaded_twice_has_two_addresses_and_no_place_in_the_library() -> None:
    asking = await wechat()
    first, second = [(await asking.upload("media/uploadimg", picture()))["url"] for _ in range(2)]
    assert first != second
    assert (await asking.get("material/get_materialcount"))["image_count"] == 0
    assert asking.sim.journal.counters["images"] == 2


@pytest.mark.parametrize(
    ("kind", "data", "code"),
    [
        ("image", picture("GIF"), 0),
        ("image", picture("BMP"), 0),
        ("image", picture("WEBP"), 40005),
        ("image", filled(picture(), 10 * MIB), 0),
        ("image", filled(picture(), 10 * MIB + 1), 40009),
        ("thumb", picture(), 0),
        ("thumb", picture("PNG"), 40005),
        ("thumb", filled(picture(), 64 * 1024), 0),
        ("thumb", filled(picture(), 64 * 1024 + 1), 40012),
        ("poster", picture(), 40004),
        ("image", b"<html>", 40005),
        ("image", b"", 44001),
    ],
)
async def test_material_when_uploaded_is_judged_by_its_bytes(kind: str, data: bytes, code: int) -> None:
    asking = await wechat()
    found = await asking.upload("material/add_material", data, kind=kind)
    assert found.get("errcode", 0) == code
    assert ("media_id" in found) is not bool(code)


async def test_video_material_needs_its_description_as_a_form_field() -> None:
    asking = await wechat()
    bare = await asking.upload("material/add_material", film(), kind="video", filename="a.mp4", media_type="video/mp4")
    assert bare["errcode"] == 40035
    about = json.dumps({"title": "宣讲", "introduction": "简介"}, ensure_ascii=False)
    found = await asking.upload("material/add_material", film(), kind="video", description=about)
    assert "media_id" in found
    assert "url" not in found
    large = await asking.upload("material/add_material", film(size=10 * MIB + 1), kind="video", description=about)
    assert large["errcode"] == 40011


async def test_part_without_a_file_name_is_no_file() -> None:
    asking = await wechat()
    assert (await asking.upload("media/uploadimg", picture(), filename=None))["errcode"] == 41005


async def test_library_when_full_takes_no_more_until_something_is_deleted() -> None:
    asking = await wechat()
    asking.sim.limits.library_others = 1
    first = await asking.upload("material/add_material", picture(), kind="thumb")
    assert (await asking.upload("material/add_material", picture(), kind="thumb"))["errcode"] == 45001
    assert (await asking.post("material/del_material", {"media_id": first["media_id"]}))["errcode"] == 0
    assert (await asking.post("material/del_material", {"media_id": first["media_id"]}))["errcode"] == 40007
    assert "media_id" in await asking.upload("material/add_material", picture(), kind="thumb")


async def test_body_that_is_no_form_is_refused() -> None:
    asking = await wechat()
    headers = {"Content-Type": "multipart/form-data; boundary=edge"}
    path = f"/cgi-bin/media/uploadimg?access_token={asking.token}"
    assert (await asking.raw("POST", path, b"--edge\r\nno end", headers))["errcode"] == 47001
    assert (await asking.raw("POST", path, b"{}", {"Content-Type": "application/json"}))["errcode"] == 47001


async def test_temporary_media_is_no_cover() -> None:
    asking = await wechat()
    lent = await asking.upload("media/upload", picture(), kind="image")
    assert (await asking.draft(thumb_media_id=lent["media_id"]))["errcode"] == 40007
