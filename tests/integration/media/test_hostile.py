"""Every generated hostile upload is refused with its reason or comes out harmless, and nothing stays behind."""

import json
from pathlib import Path

import pytest
from PIL import Image

import media
from media.errors import MediaRefused
from media.intake import take_document, take_picture
from media.sandbox import Sandbox
from tests.integration.media import hostile

PICTURES = hostile.pictures()
DOCUMENTS = hostile.documents()
REAL = Path(__file__).resolve().parents[4] / "shared" / "data"
# Damage that decoders may repair: what comes out is a new picture, or the upload is refused.
MAY_PASS = (
    "-noise-",
    "-cut-at-",
    "-with-",
    "png-no-end",
    "png-flood",
    "png-small-claim",
    "png-broken",
    "-frames",
    "-comment",
    "-palette",
)

SENTENCES = json.loads((Path(media.__file__).parent / "messages/zh-CN.json").read_text("utf-8"))


def _is_said(refusal: MediaRefused) -> bool:
    sentence = SENTENCES[f"error.{refusal.code}"]
    return bool(sentence["text"].format(**refusal.params) and sentence["next"].format(**refusal.params))


def test_the_corpus_is_as_large_as_promised() -> None:
    assert len(PICTURES) + len(DOCUMENTS) >= 120


@pytest.mark.parametrize("name", PICTURES)
async def test_hostile_picture_is_refused_or_made_anew(sandbox: Sandbox, work: Path, name: str) -> None:
    try:
        async with take_picture(PICTURES[name], sandbox=sandbox, work=work) as picture:
            master = picture.master.read_bytes()
            with Image.open(picture.master) as again:
                again.load()
                assert again.size == (picture.width, picture.height)
                assert again.getexif() == {}
            assert sorted(path.name for path in picture.master.parent.iterdir()) == ["master"]
    except MediaRefused as refusal:
        assert _is_said(refusal)  # noqa: PT017 - both ends are right
        return
    assert any(mark in name for mark in MAY_PASS), f"{name} was accepted"
    assert hostile.MARK not in master


@pytest.mark.parametrize("name", DOCUMENTS)
async def test_hostile_document_is_refused_or_drawn_within_bounds(sandbox: Sandbox, work: Path, name: str) -> None:
    try:
        async with take_document(DOCUMENTS[name], sandbox=sandbox, work=work) as document:
            sizes = [(page.width, page.height) for page in document.pages]
    except MediaRefused as refusal:
        assert _is_said(refusal)  # noqa: PT017 - both ends are right
        return
    assert name.startswith("pdf-mile"), f"{name} was accepted"
    assert all(width <= 2_160 and height <= 8_192 for width, height in sizes)


@pytest.mark.parametrize(
    ("name", "code"),
    [
        ("m3u8", "media.playlist"),
        ("ffconcat", "media.playlist"),
        ("mpd", "media.playlist"),
        ("html", "media.html"),
        ("svg-script", "media.svg"),
        ("heic", "media.heic"),
        ("mp4", "media.wrong_kind"),
        ("jpeg-with-zip-behind", "media.polyglot"),
        ("empty", "media.empty"),
        ("png-50000-square-header", "media.too_long_side"),
        ("png-just-above-pixels", "media.too_many_pixels"),
        ("jpeg-65535-square", "media.too_long_side"),
        ("gif-65535-square", "media.too_long_side"),
        ("upload-above-the-cap", "media.too_large"),
        ("jpeg-cut-at-50-percent", "media.truncated"),
        ("jpeg-claims-56-megapixels", "media.truncated"),
        ("png-broken-header-crc", "media.broken"),
    ],
)
async def test_hostile_picture_is_refused_for_the_right_reason(
    sandbox: Sandbox, work: Path, name: str, code: str
) -> None:
    with pytest.raises(MediaRefused) as caught:
        async with take_picture(PICTURES[name], sandbox=sandbox, work=work):
            pass
    assert caught.value.code == code


@pytest.mark.parametrize(
    ("name", "code"),
    [
        ("docx-bomb", "media.zip_bomb"),
        ("docx-template-from-elsewhere", "media.outside_parts"),
        ("docx-macros", "media.macros"),
        ("docx-old-word", "media.old_office"),
        ("pdf-noise", "media.broken"),
        ("pdf-with-zip-behind", "media.polyglot"),
    ],
)
async def test_hostile_document_is_refused_for_the_right_reason(
    sandbox: Sandbox, work: Path, name: str, code: str
) -> None:
    with pytest.raises(MediaRefused) as caught:
        async with take_document(DOCUMENTS[name], sandbox=sandbox, work=work):
            pass
    assert caught.value.code == code


async def test_every_real_file_at_hand_is_taken_or_refused_with_a_sentence(sandbox: Sandbox, work: Path) -> None:
    """Runs over the collected real files where they are, over a generated picture everywhere."""
    (generated := work.parent / "generated.jpg").write_bytes(hostile.pictures()["jpeg-with-exif-place"])
    found = sorted((REAL / "images").glob("*")) if REAL.is_dir() else []
    taken = 0
    for path in [generated, *found]:
        try:
            async with take_picture(path, sandbox=sandbox, work=work) as picture:
                assert min(picture.width, picture.height) >= 1
                taken += 1
        except MediaRefused as refusal:
            assert _is_said(refusal)  # noqa: PT017 - both ends are right
            assert any(mark in path.name for mark in ("bomb", "heic", "truncated"))
    assert taken >= 1
