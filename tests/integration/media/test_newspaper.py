"""Newspapers' PDFs, good and hostile: pages in every size, text with its places, and a reason for each refusal."""

import zlib
from pathlib import Path

import pytest
from PIL import Image

from media.errors import MediaRefused
from media.newspaper import SCALE, SIZES, draw_page, look_through
from media.sandbox import Sandbox
from tests.fakes.newspapers import ARTICLES, many_pages, newspaper_pdf, written

REAL = Path("/work/shared/data/docs/zh_newspaper_4p_text.pdf")
SCANNED = Path("/work/shared/data/docs/zh_scanned_book_8p.pdf")


def kept(folder: Path, data: bytes) -> Path:
    path = folder / "paper.pdf"
    path.write_bytes(data)
    return path


async def test_page_is_drawn_in_every_size_with_its_text(sandbox: Sandbox, work: Path, tmp_path: Path) -> None:
    pdf = kept(tmp_path, newspaper_pdf(2))
    assert (await look_through(pdf, sandbox=sandbox, work=work)).pages == 2
    async with draw_page(pdf, 2, sandbox=sandbox, work=work) as page:
        for name, (across, _) in SIZES.items():
            with Image.open(page.files[name].path) as image:
                assert (image.format, image.width) == ("WEBP", across)
                assert image.height == pytest.approx(across * 1100 / 780, abs=1)
        texts = [block.text for block in page.blocks]
        assert [text for _, text in ARTICLES] == [one for one in texts if len(one) > 60]
        assert all(0 <= block.left < block.right <= SCALE for block in page.blocks)
        head = next(block for block in page.blocks if block.text == ARTICLES[0][0])
        assert head.left == pytest.approx(40 / 780 * SCALE, abs=40)
        assert page.left == {}
    assert list(work.iterdir()) == []


async def test_what_a_picture_does_without_is_named(sandbox: Sandbox, work: Path, tmp_path: Path) -> None:
    script = b"/OpenAction<</S/JavaScript/JS(app.alert\\(1\\))>>/AcroForm<</Fields[]>>"
    attached = b"/Names<</EmbeddedFiles<</Names[(a)<</Type/Filespec/F(a.exe)>>]>>>>"
    found = await look_through(kept(tmp_path, newspaper_pdf(catalog=script + attached)), sandbox=sandbox, work=work)
    assert found.left == {"script": 1, "attachment": 1, "form": 1}


async def test_glyphs_without_a_character_and_fonts_outside_are_counted(
    sandbox: Sandbox, work: Path, tmp_path: Path
) -> None:
    """The picture has them; the text leaves them out instead of guessing."""
    mapped = newspaper_pdf()
    lost = mapped.replace("垂".encode("utf-16-be").hex().encode(), b"e000")
    async with draw_page(kept(tmp_path, lost), 1, sandbox=sandbox, work=work) as page:
        assert page.left == {"glyph": 1}
        assert any(block.text == ARTICLES[0][0][1:] for block in page.blocks)
    font = b"<</Type/Font/Subtype/TrueType/BaseFont/Nowhere>>"
    drawn = b"BT /F 40 Tf 50 700 Td (No font inside) Tj ET"
    objects = [
        b"<</Type/Catalog/Pages 2 0 R>>",
        b"<</Type/Pages/Count 1/Kids[4 0 R]>>",
        b"<</Length %d>>stream\n%s\nendstream" % (len(drawn), drawn),
        b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 780 1100]/Contents 3 0 R/Resources<</Font<</F %s>>>>>>" % font,
    ]
    async with draw_page(kept(tmp_path, written(objects)), 1, sandbox=sandbox, work=work) as page:
        assert page.left == {"font": 1}


def _sized(box: bytes) -> bytes:
    page = b"<</Type/Page/Parent 2 0 R/MediaBox[%s]>>" % box
    return written([b"<</Type/Catalog/Pages 2 0 R>>", b"<</Type/Pages/Count 1/Kids[3 0 R]>>", page])


def _locked() -> bytes:
    """One that asks for a password before it says how many pages it has."""
    lock = b"<</Filter/Standard/V 1/R 2/O<%s>/U<%s>/P -4>>" % (b"11" * 32, b"22" * 32)
    data = _sized(b"0 0 780 1100")
    return data.replace(b"trailer<<", b"trailer<</Encrypt %s/ID[<00><00>]" % lock)


def _bomb() -> bytes:
    """A page whose picture unpacks to 40,000 by 40,000 dots."""
    packed = zlib.compress(b"\0" * (1 << 24), 9)
    image = (
        b"<</Type/XObject/Subtype/Image/Width 40000/Height 40000/BitsPerComponent 8/ColorSpace/DeviceRGB"
        b"/Filter/FlateDecode/Length %d>>stream\n%s\nendstream" % (len(packed), packed)
    )
    page = b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 780 1100]/Contents 4 0 R/Resources<</XObject<</I 5 0 R>>>>>>"
    drawn = b"780 0 0 1100 0 0 cm /I Do"
    content = b"<</Length %d>>stream\n%s\nendstream" % (len(drawn), drawn)
    return written([b"<</Type/Catalog/Pages 2 0 R>>", b"<</Type/Pages/Count 1/Kids[3 0 R]>>", page, content, image])


@pytest.mark.parametrize(
    ("data", "code", "params"),
    [
        (many_pages(3_000), "media.too_many_pages", {"pages": 3_000, "limit": 200}),
        (_sized(b"0 0 100000000 1"), "media.page_size", {"page": 1}),
        (_sized(b"0 0 9 9000"), "media.page_size", {"page": 1}),
        (_locked(), "media.locked_document", {"format": "pdf"}),
        (b"%PDF-1.7\nnothing", "media.broken", {"format": "pdf"}),
    ],
    ids=["3,000 pages", "a mile wide", "a thread", "locked", "broken"],
)
async def test_hostile_one_is_refused_before_a_page_is_drawn(
    data: bytes, code: str, params: dict[str, object], sandbox: Sandbox, work: Path, tmp_path: Path
) -> None:
    with pytest.raises(MediaRefused) as refused:
        await look_through(kept(tmp_path, data), sandbox=sandbox, work=work)
    assert (refused.value.code, refused.value.params) == (code, params)


async def test_picture_that_unpacks_to_gigabytes_ends_within_its_bounds(
    sandbox: Sandbox, work: Path, tmp_path: Path
) -> None:
    """Refused, or drawn without the picture: never with more memory than allowed."""
    ended = ""
    try:
        async with draw_page(kept(tmp_path, _bomb()), 1, sandbox=sandbox, work=work) as page:
            ended = str(page.files["page-1080"].width)
    except MediaRefused as refused:
        ended = refused.code
    assert ended in {"1080", "media.too_costly", "media.broken"}


@pytest.mark.skipif(not REAL.is_file(), reason="the collection of real files is not here")
async def test_real_papers(sandbox: Sandbox, work: Path) -> None:
    async with draw_page(REAL, 1, sandbox=sandbox, work=work) as page:
        assert any("武汉汉正街火灾" in block.text for block in page.blocks)
        assert len(page.blocks) > 20
    async with draw_page(SCANNED, 1, sandbox=sandbox, work=work) as page:
        assert page.blocks == ()
