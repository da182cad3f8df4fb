"""Safe intake: an upload becomes a checked, re-encoded file in a private folder, or a refusal.

Signatures of this module are settled; see `take_picture` and `take_document`.
"""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from media.limits import DocumentLimits, PictureLimits
from media.store import Source

if TYPE_CHECKING:
    from media.sandbox import Sandbox


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
    sandbox: "Sandbox",
    work: Path,
    limits: PictureLimits = PictureLimits(),  # noqa: B008 - frozen
) -> AsyncIterator[PictureIntake]:
    """Take one picture; use as `async with take_picture(upload, sandbox=…, work=…) as picture`.

    Args:
        source: bytes, a path or an upload's block iterator.
        sandbox: from `Sandbox.detect`.
        work: an existing private folder for temporary files; nothing is left in it.
        limits: bounds.

    Raises:
        MediaRefused: the reason, with its code.
    """
    raise NotImplementedError
    yield


@asynccontextmanager
async def take_document(
    source: Source,
    *,
    sandbox: "Sandbox",
    work: Path,
    limits: DocumentLimits = DocumentLimits(),  # noqa: B008 - frozen
) -> AsyncIterator[DocumentIntake]:
    """Take one PDF or docx; use as `take_picture`.

    Raises:
        MediaRefused: the reason, with its code.
    """
    raise NotImplementedError
    yield
