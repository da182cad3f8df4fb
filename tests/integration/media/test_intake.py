import io
import zipfile
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from PIL import Image

from media.errors import MediaRefused
from media.intake import take_document, take_picture
from media.limits import MIB, DocumentLimits, PictureLimits
from media.sandbox import Sandbox
from media.store import Store


def _photo(size: tuple[int, int] = (1600, 1200)) -> bytes:
    image = Image.linear_gradient("L").resize(size)
    exif = Image.Exif()
    exif[0x0112] = 6
    buffer = io.BytesIO()
    Image.merge("RGB", [image, image.rotate(180), image]).save(buffer, "JPEG", exif=exif)
    return buffer.getvalue()


def _pdf(pages: int) -> bytes:
    buffer = io.BytesIO()
    drawn = [Image.new("RGB", (210, 297), (255, 40 * n, 0)) for n in range(pages)]
    drawn[0].save(buffer, "PDF", save_all=True, append_images=drawn[1:])
    return buffer.getvalue()


def _docx() -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as package:
        package.writestr("[Content_Types].xml", "<Types/>")
        package.writestr("word/document.xml", "<w:document>稿件</w:document>")
    return buffer.getvalue()


async def test_take_picture_of_a_phone_photo_stands_upright_and_can_be_stored(
    sandbox: Sandbox, work: Path, local: Store
) -> None:
    async with take_picture(_photo(), sandbox=sandbox, work=work) as picture:
        assert (picture.width, picture.height) == (1200, 1600)
        assert (picture.media_type, picture.source_format) == ("image/jpeg", "jpeg")
        assert (picture.has_alpha, picture.frames_dropped, picture.scaled_down) == (False, 0, False)
        assert picture.placeholder.startswith(b"RIFF")
        stored = await local.put(picture.master, media_type=picture.media_type)
    with Image.open(io.BytesIO(await local.get(stored.sha256))) as master:
        assert master.size == (1200, 1600)


async def test_take_picture_from_a_stream_stops_at_the_limit(sandbox: Sandbox, work: Path) -> None:
    sent = 0

    async def endless() -> AsyncIterator[bytes]:
        nonlocal sent
        while True:
            sent += 100_000
            yield b"\xff\xd8\xff" + b"\0" * 99_997

    with pytest.raises(MediaRefused) as caught:
        async with take_picture(endless(), sandbox=sandbox, work=work, limits=PictureLimits(file_bytes=3 * MIB)):
            pass
    assert (caught.value.code, caught.value.params) == ("media.too_large", {"limit": 3})
    assert sent < 5 * MIB


async def test_take_picture_larger_than_a_master_is_scaled_down(sandbox: Sandbox, work: Path) -> None:
    limits = PictureLimits(master_side=800)
    async with take_picture(_photo(), sandbox=sandbox, work=work, limits=limits) as picture:
        assert (picture.width, picture.height, picture.scaled_down) == (600, 800, True)


async def test_take_picture_that_costs_too_much_is_refused(sandbox: Sandbox, work: Path) -> None:
    for limits in (PictureLimits(seconds=0), PictureLimits(memory_bytes=120 * MIB)):
        big = io.BytesIO()
        Image.new("RGB", (6_000, 6_000)).save(big, "PNG", compress_level=1)
        with pytest.raises(MediaRefused) as caught:
            async with take_picture(big.getvalue(), sandbox=sandbox, work=work, limits=limits):
                pass
        assert caught.value.code in {"media.too_costly", "media.broken"}


async def test_take_picture_when_the_volume_is_at_its_reserve_is_refused(sandbox: Sandbox, work: Path) -> None:
    with pytest.raises(MediaRefused) as caught:
        async with take_picture(_photo(), sandbox=sandbox, work=work, limits=PictureLimits(min_free_bytes=1 << 60)):
            pass
    assert caught.value.code == "media.disk_full"


async def test_take_picture_without_isolation_works_when_allowed(work: Path) -> None:
    sandbox = await Sandbox.detect(allow_unsandboxed=True, bwrap=work / "missing")
    async with take_picture(_photo(), sandbox=sandbox, work=work) as picture:
        assert (picture.width, picture.height) == (1200, 1600)


async def test_take_picture_when_the_user_of_it_fails_leaves_nothing(sandbox: Sandbox, work: Path) -> None:
    with pytest.raises(ZeroDivisionError):
        async with take_picture(_photo((40, 30)), sandbox=sandbox, work=work) as picture:
            assert picture.width // 0


async def test_take_document_of_a_pdf_draws_each_page(sandbox: Sandbox, work: Path) -> None:
    data = _pdf(3)
    async with take_document(data, sandbox=sandbox, work=work) as document:
        assert (document.source_format, document.media_type) == ("pdf", "application/pdf")
        assert document.original.read_bytes() == data
        assert [page.width for page in document.pages] == [2_160] * 3
        for number, page in enumerate(document.pages):
            with Image.open(page.path) as drawn:
                assert drawn.size == (page.width, page.height)
                red, green, _ = drawn.convert("RGB").resize((1, 1)).getpixel((0, 0))  # type: ignore[misc]
                assert abs(red - 255) < 6
                assert abs(green - 40 * number) < 6


async def test_take_document_with_too_many_pages_is_refused(sandbox: Sandbox, work: Path) -> None:
    with pytest.raises(MediaRefused) as caught:
        async with take_document(_pdf(3), sandbox=sandbox, work=work, limits=DocumentLimits(pages=2)):
            pass
    assert (caught.value.code, caught.value.params) == ("media.too_many_pages", {"pages": 3, "limit": 2})


async def test_take_document_of_word_keeps_its_bytes(sandbox: Sandbox, work: Path) -> None:
    data = _docx()
    async with take_document(data, sandbox=sandbox, work=work) as document:
        assert (document.source_format, document.pages) == ("docx", ())
        assert document.original.read_bytes() == data


async def test_take_document_of_a_picture_is_refused(sandbox: Sandbox, work: Path) -> None:
    with pytest.raises(MediaRefused) as caught:
        async with take_document(_photo((40, 30)), sandbox=sandbox, work=work):
            pass
    assert (caught.value.code, caught.value.params) == ("media.wrong_kind", {"found": "jpeg"})
