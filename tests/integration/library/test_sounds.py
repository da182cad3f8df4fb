"""Recordings through the real tools: from the upload to one file that plays, and what is refused on the way."""

import asyncio
import struct
import subprocess
import uuid
from pathlib import Path

import pytest
from sqlalchemy import select

from cms.kernel.clock import SystemClock
from cms.kernel.db import Database
from cms.library.encoding import encode_next
from cms.library.models import Asset, Upload
from cms.library.queries import assets
from cms.library.room import EncodeRoom
from cms.library.taking import take_next
from cms.library.upload import Workshop
from cms.library.uploads import part_name, parts_of
from media.errors import MediaRefused
from media.limits import SoundLimits
from media.sandbox import Sandbox
from media.sound import encode_voice, hear
from media.store import Store
from tests.office import NOW, Office, make_office

pytestmark = pytest.mark.timeout(120)

CODECS = {"mp3": ["libmp3lame"], "m4a": ["aac"], "wav": ["pcm_s16le"], "ogg": ["libopus"], "mp4": ["aac"]}


@pytest.fixture(scope="module")
def sounds(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One second of a quiet tone in every form, and an ID3 tag with what is no sound."""
    folder = tmp_path_factory.mktemp("sounds")
    argv = ["ffmpeg", "-v", "error", "-f", "lavfi", "-i", "sine=440:duration=1,volume=-30dB"]
    for ending, codec in CODECS.items():
        argv += ["-c:a", *codec, "-metadata", "title=SECRET", str(folder / f"tone.{ending}")]
    subprocess.run(argv, check=True)
    (folder / "junk.mp3").write_bytes(b"ID3\x04\0\0\0\0\0\0" + b"no sound at all " * 512)
    (folder / "list.mp3").write_bytes(b"#EXTM3U\nhttp://127.0.0.1/a.mp3\n")
    # An MP3 whose end is an archive is two files in one.
    archive = b"PK\x05\x06" + b"\0" * 18
    (folder / "two.mp3").write_bytes((folder / "tone.mp3").read_bytes() + archive)
    wave = (folder / "tone.wav").read_bytes()
    (folder / "huge.wav").write_bytes(wave[:4] + struct.pack("<I", 0xFFFFFFF0) + wave[8:44])
    return folder


@pytest.fixture
async def shop(tmp_path: Path) -> Workshop:
    work = tmp_path / "work"
    await asyncio.to_thread(work.mkdir)
    store = await asyncio.to_thread(Store.open, f"file://{tmp_path}/store", min_free_bytes=0)
    return Workshop(store, await Sandbox.detect(allow_unsandboxed=False), work)


@pytest.fixture
async def office(database: Database) -> Office:
    return await make_office(database)


async def test_recording_in_every_form_is_heard_and_becomes_one_small_file(shop: Workshop, sounds: Path) -> None:
    found = [await hear(sounds / f"tone.{ending}", sandbox=shop.sandbox, work=shop.work) for ending in CODECS]
    assert all(900 <= facts.length_ms <= 1_100 for facts in found)
    async with encode_voice(sounds / "tone.mp4", found[-1], sandbox=shop.sandbox, work=shop.work) as made:
        [file] = made.files
        assert (file.rendition, file.media_type) == ("voice", "audio/mp4")
        argv = ["ffprobe", "-v", "error", "-show_entries", "stream=codec_name,channels", "-of", "csv", str(file.path)]
        told = await asyncio.to_thread(subprocess.run, argv, check=True, stdout=subprocess.PIPE)
        assert told.stdout.strip() == b"stream,aac,1"
        assert b"SECRET" not in await asyncio.to_thread(file.path.read_bytes)
    assert await asyncio.to_thread(lambda: list(shop.work.iterdir())) == []


@pytest.mark.parametrize(
    ("name", "code", "limits"),
    [
        ("junk.mp3", "media.sound_damaged", SoundLimits()),
        ("list.mp3", "media.playlist", SoundLimits()),
        ("two.mp3", "media.polyglot", SoundLimits()),
        ("huge.wav", "media.sound_damaged", SoundLimits()),
        ("tone.wav", "media.too_large", SoundLimits(file_bytes=1_000)),
        ("tone.mp3", "media.sound_too_long", SoundLimits(duration_ms=800)),
    ],
)
async def test_recording_when_it_is_none_is_refused_with_its_reason(
    shop: Workshop, sounds: Path, name: str, code: str, limits: SoundLimits
) -> None:
    with pytest.raises(MediaRefused) as refused:
        await hear(sounds / name, sandbox=shop.sandbox, work=shop.work, limits=limits)
    assert refused.value.code == code
    assert await asyncio.to_thread(lambda: list(shop.work.iterdir())) == []


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
async def test_upload_of_a_telephone_recording_becomes_an_asset_that_plays(
    office: Office, shop: Workshop, sounds: Path
) -> None:
    actor = await office.actor("author")
    data = await asyncio.to_thread((sounds / "tone.mp4").read_bytes)
    upload = uuid.UUID(int=77)
    async with office.db.write() as session:
        row = Upload(id=upload, state="waiting", person_id=actor.person, unit_path=actor.unit, name="朗读.m4a")
        row.size, row.created_at, row.expires_at, row.not_before = len(data), NOW, NOW, NOW
        session.add(row)
    path = parts_of(shop).path(part_name(upload))
    await asyncio.to_thread(path.parent.mkdir, parents=True, exist_ok=True)
    await asyncio.to_thread(path.write_bytes, data)
    room = EncodeRoom(office.db, SystemClock(), shop, "real", tick=0.05)
    assert await take_next(room)
    async with office.db.read() as session:
        taken = await session.get_one(Upload, upload)
        assert (taken.state, taken.error_code) == ("done", None)
        made = (await session.scalars(select(Asset))).one()
        assert (made.kind, made.state, made.width) == ("audio", "waiting", 0)
    assert await encode_next(room)
    async with office.db.read() as session:
        found = (await assets(session, [made.id]))[made.id]
    assert (found.asset.state, found.asset.poster_id, set(found.files)) == ("ready", None, {"voice"})
    voice = found.files["voice"]
    assert len(voice.chunks) == 1
    assert (await shop.store.get(voice.sha256))[4:8] == b"ftyp"
