"""Safe intake: an upload becomes a checked, re-encoded file in a private folder, or a refusal."""

import base64
import hashlib
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from media.decoding import decode, produced
from media.errors import MediaRefused
from media.headers import dimensions
from media.kinds import DOCX, JPEG, PDF, PNG, Format, Kind
from media.limits import DocumentLimits, PictureLimits
from media.probe import probe
from media.sandbox import Sandbox
from media.sources import Source
from media.threads import in_thread
from media.workspace import caught, private_folder

_COLOUR: Final = re.compile(r"#[0-9a-f]{6}")
_PLACEHOLDER_BYTES: Final = 2_000
_JPEG_PIXELS_PER_BYTE: Final = 1_024  # one bit for a block of 64 is the least; twice that, to be sure


@dataclass(frozen=True, slots=True)
class PictureIntake:
    """A picture that was decoded and encoded anew; nothing of the upload's bytes is left in it.

    Attributes:
        master: the file to `Store.put`; gone when the context ends.
        media_type: of the master: image/jpeg, or image/png when it has transparency.
        width: pixels, upright.
        height: pixels, upright.
        dominant: dominant colour as `#rrggbb`.
        has_alpha: some pixel is transparent.
        placeholder: a very small WebP to show blurred until the picture is there.
        source_format: what the upload was: jpeg, png, webp, gif, avif.
        frames_dropped: frames after the first that an animation lost; 0 for stills.
        scaled_down: the upload was larger than the master's longest side.
        source_sha256: of the upload's own bytes, by which the same file is known again.
    """

    master: Path
    media_type: str
    width: int
    height: int
    dominant: str
    has_alpha: bool
    placeholder: bytes
    source_format: str
    frames_dropped: int
    scaled_down: bool
    source_sha256: str


@dataclass(frozen=True, slots=True)
class DocumentPage:
    """One page of a PDF as a PNG; `path` is gone when the context ends."""

    path: Path
    width: int
    height: int


@dataclass(frozen=True, slots=True)
class DocumentIntake:
    """A checked document.

    Attributes:
        original: the checked upload, byte for byte; never serve it, it was not re-encoded.
        media_type: application/pdf or the docx type.
        source_format: pdf or docx.
        pages: of a PDF in order; empty for docx.
    """

    original: Path
    media_type: str
    source_format: str
    pages: tuple[DocumentPage, ...]


@asynccontextmanager
async def take_picture(
    source: Source,
    *,
    sandbox: Sandbox,
    work: Path,
    limits: PictureLimits = PictureLimits(),  # noqa: B008 - frozen
) -> AsyncIterator[PictureIntake]:
    """Take one picture, for the length of an `async with`.

    Args:
        source: bytes, a path or an upload's block iterator.
        sandbox: from `Sandbox.detect`.
        work: an existing private folder for temporary files; nothing is left in it.
        limits: bounds.

    Raises:
        MediaRefused: the reason, with its code.
    """
    async with private_folder(work) as folder:
        upload = folder / "upload"
        await caught(source, upload, limit=limits.file_bytes, reserve=limits.min_free_bytes)
        form = await in_thread(_picture_format, upload, limits)
        sha256 = await in_thread(_sha256, upload)
        out = folder / "out"
        await in_thread(out.mkdir)
        answer = await decode(
            "picture",
            {
                "format": form.name,
                "pixels": limits.pixels,
                "side": limits.master_side,
                "alpha_side": limits.alpha_side,
            },
            sandbox=sandbox,
            given=upload,
            out=out,
            bounds=limits.bounds(),
        )
        await in_thread(upload.unlink)
        yield await in_thread(_picture, out / "master", form, answer, sha256)


@asynccontextmanager
async def take_document(
    source: Source,
    *,
    sandbox: Sandbox,
    work: Path,
    limits: DocumentLimits = DocumentLimits(),  # noqa: B008 - frozen
) -> AsyncIterator[DocumentIntake]:
    """Take one PDF or docx; arguments and use as `take_picture`.

    Raises:
        MediaRefused: the reason, with its code.
    """
    async with private_folder(work) as folder:
        upload = folder / "upload"
        await caught(source, upload, limit=limits.file_bytes, reserve=limits.min_free_bytes)
        form = await in_thread(probe, upload, accept={Kind.document})
        out = folder / "out"
        await in_thread(out.mkdir)
        answer = await decode(
            form.name,
            {"format": form.name, **_DOCUMENT_REQUESTS[form](limits)},
            sandbox=sandbox,
            given=upload,
            out=out,
            bounds=limits.bounds(),
        )
        count = answer.get("pages", 0) if form is PDF else 0
        pages = tuple([await in_thread(_page, out / f"page-{n + 1}") for n in range(count)])
        yield DocumentIntake(upload, form.media_type, form.name, pages)


def _picture_format(upload: Path, limits: PictureLimits) -> Format:
    """Format by content, and the size its header claims, before any decoder runs."""
    form = probe(upload, accept={Kind.picture})
    with upload.open("rb") as file:
        width, height = dimensions(file, form)
    if max(width, height) > limits.side:
        raise MediaRefused("media.too_long_side", width=width, height=height, limit=limits.side)
    allowed = limits.pixels if form is JPEG else limits.lossless_pixels
    if width * height > allowed:
        raise MediaRefused("media.too_many_pixels", limit=allowed // 1_000_000)
    if form is JPEG and width * height > upload.stat().st_size * _JPEG_PIXELS_PER_BYTE:
        raise MediaRefused("media.truncated")  # a decoder would fill the rest with grey
    return form


def _picture(master: Path, form: Format, answer: dict[str, Any], sha256: str) -> PictureIntake:
    """The worker's answer, with everything checked that is not only a matter of taste."""
    try:
        has_alpha = bool(answer["has_alpha"])
        made = PNG if has_alpha else JPEG
        width, height = produced(master, made)
        dominant = str(answer["dominant"])
        placeholder = base64.b64decode(str(answer["placeholder"]), validate=True)
        frames_dropped = int(answer["frames_dropped"])
        scaled_down = bool(answer["scaled_down"])
    except (KeyError, ValueError, TypeError) as error:
        raise MediaRefused("media.broken", format=form.name) from error
    if _COLOUR.fullmatch(dominant) is None or len(placeholder) > _PLACEHOLDER_BYTES:
        raise MediaRefused("media.broken", format=form.name)
    return PictureIntake(
        master=master,
        media_type=made.media_type,
        width=width,
        height=height,
        dominant=dominant,
        has_alpha=has_alpha,
        placeholder=placeholder,
        source_format=form.name,
        frames_dropped=max(0, frames_dropped),
        scaled_down=scaled_down,
        source_sha256=sha256,
    )


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _page(path: Path) -> DocumentPage:
    width, height = produced(path, PNG)
    return DocumentPage(path, width, height)


def _pdf_request(limits: DocumentLimits) -> dict[str, int]:
    return {"pages": limits.pages, "width": limits.page_width, "height": limits.page_height}


def _docx_request(limits: DocumentLimits) -> dict[str, int]:
    return {
        "entries": limits.entries,
        "entry_bytes": limits.entry_bytes,
        "unpacked_bytes": limits.unpacked_bytes,
        "ratio": limits.ratio,
    }


_DOCUMENT_REQUESTS: Final = {PDF: _pdf_request, DOCX: _docx_request}
