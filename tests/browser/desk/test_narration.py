"""A recording by hand: uploaded at the piece, made ready by the real tools, heard, saved, and kept in the library."""

import asyncio
import os
import shutil
import subprocess
from collections.abc import AsyncIterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from playwright.async_api import FilePayload, expect

from cms.kernel.clock import SystemClock
from cms.kernel.db import Database
from cms.library.encoding import encode_next
from cms.library.room import EncodeRoom
from tests.browser.axe import violations
from tests.browser.desk.office import add_column, add_person, first_run
from tests.chromium import Pages
from tests.integration.desk.house import House, open_house

pytestmark = [pytest.mark.browser, pytest.mark.timeout(240)]
SHOTS = os.environ.get("SHOTS")


@pytest.fixture
async def house(_sqlite_template: Path, tmp_path: Path) -> AsyncIterator[House]:
    path = tmp_path / "desk.sqlite"
    await asyncio.to_thread(shutil.copy, _sqlite_template, path)
    database = Database(f"sqlite+aiosqlite:///{path}")
    async with open_house(database, tmp_path, SystemClock()) as opened:
        yield opened
    await database.close()


def tone(folder: Path) -> bytes:
    path = folder / "tone.mp3"
    argv = ["ffmpeg", "-v", "error", "-f", "lavfi", "-i", "sine=440:duration=2", "-c:a", "libmp3lame", str(path)]
    subprocess.run(argv, check=True)
    return path.read_bytes()


async def test_recording_when_uploaded_at_a_piece_is_heard_saved_and_found_again(
    pages: Pages, house: House, tmp_path: Path
) -> None:
    admin = await first_run(pages, house)
    editor = await add_person(admin, pages, house, "shen", "沈静怡", "采编")
    chief = await add_person(admin, pages, house, "wu", "吴建国", "总编")
    await add_column(chief)
    page = editor.page
    await editor.go("/desk/documents/new")
    await page.select_option("[name=column]", "city")
    await editor.press("开始写作")
    await editor.said("稿件已建立")
    await page.fill("[name=title]", "垂虹桥畔夜市开市")
    field = page.locator("[data-narration]")
    await field.get_by_role("button", name="选择录音").click()
    dialog = page.locator("#sounds")
    await expect(dialog).to_contain_text("还没有录音", timeout=20_000)
    assert await violations(page) == []
    wrong = FilePayload(name="假的.mp3", mimeType="audio/mpeg", buffer=b"ID3\x04" + b"\0" * 4096)
    await page.set_input_files("[data-sounds-file]", [wrong])
    await expect(dialog.locator(".upload-refusal")).to_contain_text("录音无法读取", timeout=20_000)
    data = await asyncio.to_thread(tone, tmp_path)
    await page.set_input_files("[data-sounds-file]", [FilePayload(name="夜市.mp3", mimeType="audio/mpeg", buffer=data)])
    await expect(field).to_contain_text("夜市.mp3 · 0:02", timeout=20_000)
    assert await encode_next(EncodeRoom(house.deps.db, house.deps.clock, house.deps.workshop, "browser", tick=0.2))
    heard = field.locator("audio")
    await expect(heard).to_be_visible(timeout=15_000)
    await heard.evaluate("(audio) => { audio.muted = true; return audio.play(); }")
    if SHOTS:
        await page.screenshot(path=f"{SHOTS}/narration.png")
    await page.locator(".work-bar button[type=submit]").click()
    await expect(field).to_contain_text("夜市.mp3")
    await editor.go(urlsplit(page.url).path.removesuffix("/edit"))
    assert (await page.locator(".sheet audio").get_attribute("src") or "").endswith("/voice")
    await editor.go("/desk/library/?kind=audio")
    await expect(page.locator(".film audio")).to_be_visible()
    assert await violations(page) == []
    if SHOTS:
        await page.screenshot(path=f"{SHOTS}/recordings.png")
