import asyncio
import contextlib
import hashlib
from collections.abc import AsyncIterator, Awaitable
from pathlib import Path

import pytest

from media.chunks import describe
from media.durable import STAGING
from media.errors import MediaRefused
from media.store import S3Options, Store

DATA = bytes(range(256)) * 10_000  # 2.56 MB: two whole chunks and a part
TEXT = "text/plain"


async def _pieces(data: bytes, *, step: int) -> AsyncIterator[bytes]:
    for at in range(0, len(data), step):
        yield data[at : at + step]


def _files(root: Path) -> list[Path]:
    return [path for path in root.rglob("*") if path.is_file()]


async def _refusal_of(call: Awaitable[object]) -> MediaRefused:
    with pytest.raises(MediaRefused) as caught:
        await call
    return caught.value


async def test_put_of_bytes_path_and_stream_gives_one_file(store: Store, tmp_path: Path) -> None:
    path = tmp_path / "upload"
    path.write_bytes(DATA)
    stored = [
        await store.put(DATA, media_type=TEXT),
        await store.put(path, media_type=TEXT),
        await store.put(_pieces(DATA, step=70_001), media_type=TEXT),
    ]
    assert stored == [describe(DATA)] * 3
    assert await store.get(stored[0].sha256) == DATA
    assert await store.size(stored[0].sha256) == len(DATA)


async def test_put_of_a_large_stream_round_trips_in_parts(store: Store) -> None:
    data = DATA * 8  # 20 MB: several parts of a multipart upload
    stored = await store.put(_pieces(data, step=1_000_003), media_type="video/mp4")
    assert len(stored.chunks) == 20
    digest = hashlib.sha256()
    async for block in store.stream(stored.sha256):
        digest.update(block)
    assert digest.hexdigest() == stored.sha256


@pytest.mark.parametrize("known", [True, False])
async def test_adopted_file_is_there_once_it_is_published_and_not_before(
    store: Store, tmp_path: Path, *, known: bool
) -> None:
    upload, sha256 = tmp_path / "upload", hashlib.sha256(DATA).hexdigest()
    upload.write_bytes(DATA)
    async with store.adopting(upload, sha256=sha256 if known else "") as adopting:
        adopting.begin()
        assert not await store.exists(sha256)
        adopted = await adopting.publish(media_type="video/mp4")
    assert (adopted.sha256, adopted.size) == (sha256, len(DATA))
    await asyncio.to_thread(upload.unlink)
    assert await store.get(sha256) == DATA


async def test_adopted_file_that_is_refused_or_still_open_leaves_nothing_or_is_copied(
    store: Store, tmp_path: Path
) -> None:
    upload, sha256 = tmp_path / "upload", hashlib.sha256(DATA).hexdigest()
    upload.write_bytes(DATA)
    with pytest.raises(ValueError, match="refused"):
        async with store.adopting(upload):
            raise ValueError("refused")
    assert not await store.exists(sha256)
    assert [path for path in _files(tmp_path) if STAGING in path.parts] == []

    with upload.open("r+b") as writer:
        async with store.adopting(upload) as adopting:
            await adopting.publish(media_type="video/mp4")
        writer.write(b"changed afterwards")
    assert await store.get(sha256) == DATA


async def test_put_of_nothing_is_a_file_without_chunks(store: Store) -> None:
    stored = await store.put(b"", media_type=TEXT)
    assert (stored.size, stored.chunks) == (0, ())
    assert await store.get(stored.sha256) == b""


async def test_put_with_a_senseless_type_is_refused(store: Store) -> None:
    refusal = await _refusal_of(store.put(b"x", media_type="text/plain\r\nX-Evil: 1"))
    assert refusal.code == "media.bad_media_type"


async def test_get_range_answers_each_part_and_refuses_the_rest(store: Store) -> None:
    sha = (await store.put(DATA, media_type=TEXT)).sha256
    assert await store.get_range(sha, 0, 5) == DATA[:5]
    assert await store.get_range(sha, 1_048_570, 1_048_590) == DATA[1_048_570:1_048_590]
    assert await store.get_range(sha, len(DATA) - 3, len(DATA) + 99) == DATA[-3:]
    for start, end in ((5, 5), (6, 5), (-1, 5), (len(DATA), len(DATA) + 1)):
        assert (await _refusal_of(store.get_range(sha, start, end))).code == "media.bad_range"


async def test_reading_what_is_not_there_says_so(store: Store) -> None:
    sha = "0" * 64
    assert not await store.exists(sha)
    for call in (store.get(sha), store.size(sha), store.get_range(sha, 0, 1), store.get_named("none")):
        assert (await _refusal_of(call)).code == "media.not_found"
    assert (await _refusal_of(store.get("../../etc/passwd"))).code == "media.bad_hash"


async def test_delete_removes_and_may_be_repeated(store: Store) -> None:
    sha = (await store.put(DATA, media_type=TEXT)).sha256
    await store.delete(sha)
    await store.delete(sha)
    assert not await store.exists(sha)


async def test_as_path_gives_the_content_and_leaves_nothing(store: Store, tmp_path: Path) -> None:
    sha = (await store.put(DATA, media_type=TEXT)).sha256
    async with store.as_path(sha) as path:
        assert path.read_bytes() == DATA
    staged = [path for path in _files(tmp_path) if STAGING in path.parts]
    assert staged == []
    with pytest.raises(MediaRefused):
        async with store.as_path("0" * 64):
            pass


async def test_named_objects_are_listed_replaced_and_created_once(store: Store) -> None:
    await store.put_named("tree/index", b"1")
    await store.put_named("tree/index", b"2")
    await store.create_named("tree/next", b"3")
    await store.put_named("treehouse", b"4")
    assert await store.get_named("tree/index") == b"2"
    assert (await _refusal_of(store.create_named("tree/next", b"5"))).code == "media.name_taken"
    assert await store.get_named("tree/next") == b"3"
    assert await store.list_named() == ["tree/index", "tree/next", "treehouse"]
    assert await store.list_named("tree") == await store.list_named("tree/") == ["tree/index", "tree/next"]
    await store.delete_named("tree/next")
    await store.delete_named("tree/next")
    assert await store.list_named("tree") == ["tree/index"]
    assert (await _refusal_of(store.put_named("../x", b""))).code == "media.bad_name"


async def test_put_when_the_source_fails_leaves_nothing(store: Store, tmp_path: Path) -> None:
    before = _files(tmp_path)

    async def broken() -> AsyncIterator[bytes]:
        yield DATA
        raise ConnectionResetError

    with pytest.raises(ConnectionResetError):
        await store.put(broken(), media_type=TEXT)
    assert _files(tmp_path) == before
    assert not await store.exists(describe(DATA).sha256)


async def test_put_when_cancelled_at_any_moment_leaves_nothing_half(store: Store, tmp_path: Path) -> None:
    sha = describe(DATA).sha256
    for step in range(12):
        task = asyncio.ensure_future(store.put(_pieces(DATA, step=60_000), media_type=TEXT))
        await asyncio.sleep(step * 0.002)
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await task
        assert [path for path in _files(tmp_path) if STAGING in path.parts] == []
        if await store.exists(sha):
            assert await store.get(sha) == DATA
            await store.delete(sha)


async def test_put_of_the_same_content_by_many_at_once_is_fine(store: Store) -> None:
    stored = await asyncio.gather(*(store.put(DATA, media_type=TEXT) for _ in range(8)))
    assert set(stored) == {describe(DATA)}
    assert await store.get(stored[0].sha256) == DATA


async def test_create_named_by_many_at_once_has_one_winner(local: Store) -> None:
    results = await asyncio.gather(
        *(local.create_named("lock", str(n).encode()) for n in range(20)), return_exceptions=True
    )
    winners = [n for n, result in enumerate(results) if result is None]
    assert len(winners) == 1
    assert await local.get_named("lock") == str(winners[0]).encode()


async def test_reading_a_rotten_file_is_refused_before_its_last_block(local: Store) -> None:
    stored = await local.put(DATA, media_type=TEXT)
    path = local.local_path(stored.sha256)
    assert path is not None
    rotten = bytearray(DATA)
    rotten[1_000_000] ^= 1
    path.write_bytes(rotten)
    assert (await _refusal_of(local.get(stored.sha256))).code == "media.damaged"
    seen = bytearray()

    async def read() -> None:
        async for block in local.stream(stored.sha256):
            seen.extend(block)

    assert (await _refusal_of(read())).code == "media.damaged"
    assert len(seen) < len(DATA)
    await local.put(DATA, media_type=TEXT)
    assert await local.get(stored.sha256) == DATA


async def test_named_objects_when_a_file_stands_where_a_folder_should_are_refused(local: Store) -> None:
    await local.put_named("a", b"1")
    assert (await _refusal_of(local.put_named("a/b", b"2"))).code == "media.name_taken"
    await local.put_named("folder/x", b"3")
    assert (await _refusal_of(local.put_named("folder", b"4"))).code in {"media.name_taken", "media.store_failed"}
    assert await local.list_named() == ["a", "folder/x"]


@pytest.fixture
def options(s3_endpoint: str) -> S3Options:
    return S3Options(region="us-east-1", key="key", secret="hidden", endpoint=s3_endpoint, allow_http=True)


@pytest.fixture
def bucketless(options: S3Options, tmp_path: Path) -> Store:
    return Store.open("s3://no-such-bucket", s3=options, staging=tmp_path, min_free_bytes=0)


async def test_s3_when_the_bucket_is_missing_is_refused_without_its_secret(
    bucketless: Store, options: S3Options
) -> None:
    refusal = await _refusal_of(bucketless.put(b"x", media_type=TEXT))
    assert refusal.code in {"media.store_failed", "media.not_found"}
    assert "hidden" not in str(refusal) + repr(refusal) + repr(options)


@pytest.mark.parametrize("url", ["", "file://", "file://relative/x", "file:///", "ftp://x/y", "s3://bucket", "/plain"])
def test_open_with_a_wrong_address_is_refused(url: str) -> None:
    with pytest.raises(MediaRefused) as caught:
        Store.open(url)
    assert caught.value.code == "media.bad_store_url"


def test_open_with_spaces_and_chinese_in_the_path_works(tmp_path: Path) -> None:
    Store.open(f"file://{tmp_path}/%E7%B4%A0%E6%9D%90%20one")
    assert (tmp_path / "素材 one" / STAGING).is_dir()
