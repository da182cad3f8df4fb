import pytest

from tests.unit.fakes.asking import AskDouyin, douyin, film, picture

MIB = 1024 * 1024


async def test_video_when_uploaded_tells_its_size() -> None:
    asking = await douyin()
    found = await asking.upload("upload_video", film(width=720, height=1280))
    assert (found["video"]["width"], found["video"]["height"]) == (720, 1280)


@pytest.mark.parametrize(
    ("data", "media_type"),
    [
        (film(), "application/octet-stream"),
        (b"#EXTM3U\n", "video/mp4"),
        (film(901), "video/mp4"),
        (b"", "video/mp4"),
    ],
)
async def test_video_when_wrong_is_refused(data: bytes, media_type: str) -> None:
    asking = await douyin()
    assert (await asking.upload("upload_video", data, media_type=media_type))["error_code"] == 2100005
    assert asking.sim.journal.counters["videos"] == 0


async def test_video_when_too_large_for_one_call_is_refused() -> None:
    asking = await douyin()
    asking.sim.limits.single = MIB
    assert (await asking.upload("upload_video", film(size=MIB)))["error_code"] == 0
    assert (await asking.upload("upload_video", film(size=MIB + 1)))["error_code"] == 2100005


async def chunked(asking: AskDouyin, data: bytes, size: int) -> str:
    upload_id = str((await asking.post("init_video_part_upload"))["upload_id"])
    for number, at in enumerate(range(0, len(data), size), 1):
        part = data[at : at + size]
        found = await asking.upload("upload_video_part", part, upload_id=upload_id, part_number=str(number))
        assert found["error_code"] == 0
    return upload_id


async def test_chunks_when_complete_are_the_whole() -> None:
    asking = await douyin()
    data = film(size=11 * MIB)
    upload_id = await chunked(asking, data, 5 * MIB)
    found = await asking.post("complete_video_part_upload", upload_id=upload_id)
    assert asking.sim.uploads.videos[found["video"]["video_id"]].data == data
    assert (await asking.post("complete_video_part_upload", upload_id=upload_id))["error_code"] == 2100005


async def test_chunk_below_five_megabytes_may_only_be_the_last() -> None:
    asking = await douyin()
    upload_id = await chunked(asking, film(size=11 * MIB), 5 * MIB - 1)
    assert (await asking.post("complete_video_part_upload", upload_id=upload_id))["error_code"] == 2100005


async def test_chunk_when_out_of_order_is_refused_and_when_sent_again_replaces() -> None:
    asking = await douyin()
    upload_id = str((await asking.post("init_video_part_upload"))["upload_id"])

    async def send(number: str, data: bytes) -> int:
        found = await asking.upload("upload_video_part", data, upload_id=upload_id, part_number=number)
        return int(found["error_code"])

    assert await send("2", b"late") == 2100005
    assert await send("0", b"none") == 2100005
    assert await send("x", b"none") == 2100005
    assert await send("1", b"lost") == 0
    assert await send("1", film()) == 0
    found = await asking.post("complete_video_part_upload", upload_id=upload_id)
    assert asking.sim.uploads.videos[found["video"]["video_id"]].data == film()


async def test_chunks_when_too_many_bytes_or_for_nothing_are_refused() -> None:
    asking = await douyin()
    asking.sim.limits.total = 8
    upload_id = str((await asking.post("init_video_part_upload"))["upload_id"])
    assert (await asking.post("complete_video_part_upload", upload_id=upload_id))["error_code"] == 2100005
    found = await asking.upload("upload_video_part", b"x" * 9, upload_id=upload_id, part_number="1")
    assert found["error_code"] == 2100005
    found = await asking.upload("upload_video_part", b"x", upload_id="other", part_number="1")
    assert found["error_code"] == 2100005


@pytest.mark.parametrize(("form", "code"), [("JPEG", 0), ("PNG", 0), ("WEBP", 0), ("GIF", 2100005)])
async def test_picture_when_uploaded_is_judged_by_its_bytes(form: str, code: int) -> None:
    asking = await douyin()
    found = await asking.upload("upload_image", picture(form), name="image", media_type="image/jpeg")
    assert found["error_code"] == code


async def test_picture_when_too_large_is_refused() -> None:
    asking = await douyin()
    large = picture() + bytes(20 * MIB)
    found = await asking.upload("upload_image", large, name="image", media_type="image/jpeg")
    assert found["error_code"] == 2100005
