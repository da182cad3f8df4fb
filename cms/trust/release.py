"""The release 签发件: the bytes that approvers sign: what may be shown, where, and until when."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, ClassVar, Final

from cms.trust import limits, shape
from cms.trust.errors import TrustError
from cms.trust.shape import Code, Count, Domain, Hash, Ms, Pixels, Unit, Uuid
from cms.trust.signed import read_body

CLASSES: Final = ("news", "lecture", "notice", "newspaper", "activity", "urgent")
BLOCK_SCHEMA: Final = 1


@dataclass(frozen=True, slots=True)
class Envelope:
    """What the release may be used for; `offline`: ms it may be shown after the last beacon, None: evergreen."""

    units: Annotated[tuple[Unit, ...], shape.size(1, limits.MAX_UNITS), shape.distinct]
    channels: Annotated[tuple[Code, ...], shape.size(1, limits.MAX_CHANNELS), shape.distinct]
    not_before: Ms
    not_after: Ms | None
    offline: Ms | None


@dataclass(frozen=True, slots=True)
class ReleaseAsset:
    """A file that may be drawn: a rendition of the master `of`, with the hash of each MiB to check while reading."""

    sha256: Hash
    size: Annotated[int, shape.between(1, limits.MAX_CHUNKS * limits.CHUNK)]
    media_type: Annotated[str, shape.matches(r"[a-z0-9.+-]{1,64}/[a-z0-9.+-]{1,64}")]
    width: Pixels | None
    height: Pixels | None
    of: Hash
    rendition: Code
    chunks: Annotated[tuple[Hash, ...], shape.size(1, limits.MAX_CHUNKS)]


@dataclass(frozen=True, slots=True)
class Release:
    """One edition of one document with its envelope; `content` is what a reader sees, with at least `_Content`."""

    TYPE: ClassVar[str] = "release"

    domain: Domain
    epoch: Count
    release: Uuid
    document: Annotated[str, shape.matches("[0123456789abcdefghjkmnpqrstvwxyz]{10}")]
    edition: Count
    revision: Hash
    authors: Annotated[tuple[Uuid, ...], shape.size(1, limits.MAX_AUTHORS), shape.distinct]
    class_: Annotated[str, shape.among(CLASSES)]
    language: Annotated[str, shape.matches("[A-Za-z]{2,8}(-[A-Za-z0-9]{1,8}){0,4}")]
    envelope: Envelope
    content: Mapping[str, object]
    assets: Annotated[tuple[ReleaseAsset, ...], shape.size(0, limits.MAX_ASSETS)]
    forms: Annotated[Mapping[str, Hash], shape.size(0, limits.MAX_CHANNELS)]
    slate: bool


@dataclass(frozen=True, slots=True)
class _Byline:
    source: Annotated[str, shape.size(0, 200)]
    reporter: Annotated[str, shape.size(0, 200)]
    editor: Annotated[str, shape.size(0, 200)]
    sponsor: Annotated[str, shape.size(0, 200)]
    date: Ms


@dataclass(frozen=True, slots=True)
class _Block:
    OPEN: ClassVar[bool] = True

    id: Code
    type: Code


@dataclass(frozen=True, slots=True)
class _Blocks:
    schema: Annotated[int, shape.between(BLOCK_SCHEMA, BLOCK_SCHEMA)]
    blocks: Annotated[tuple[_Block, ...], shape.size(0, limits.MAX_BLOCKS)]


@dataclass(frozen=True, slots=True)
class _Content:
    """What every content has; kinds add fields beside these, signed all the same."""

    OPEN: ClassVar[bool] = True

    title: Annotated[str, shape.size(0, 500)]
    subtitle: Annotated[str, shape.size(0, 500)]
    summary: Annotated[str, shape.size(0, 5_000)]
    pinyin: Annotated[str, shape.size(0, 5_000)]
    byline: _Byline
    cover: Hash | None
    column: Code | None
    body: _Blocks


def read_release(text: str) -> Release:
    """The release of a canonical text; nothing is said about who approved it.

    Raises TrustError as `read_body`, `trust.envelope` (it ends before it begins, an urgent one lasts over a day)
    and `trust.asset` (the content names a master without a listed file).
    """
    release = read_body(Release, text)
    shape.read(_Content, release.content, "release.content")
    _check_envelope(release)
    _check_assets(release)
    return release


def _check_envelope(release: Release) -> None:
    envelope = release.envelope
    lasts = None if envelope.not_after is None else envelope.not_after - envelope.not_before
    if lasts is not None and lasts <= 0:
        raise TrustError("trust.envelope", field="not_after")
    if release.class_ == "urgent" and (lasts is None or lasts > limits.URGENT_MS):
        raise TrustError("trust.envelope", field="not_after")


def _check_assets(release: Release) -> None:
    for asset in release.assets:
        if len(asset.chunks) != -(-asset.size // limits.CHUNK):
            raise TrustError("trust.schema", field="release.assets.chunks")
    renditions = {(asset.of, asset.rendition) for asset in release.assets}
    if len(renditions) != len(release.assets):
        raise TrustError("trust.asset", field="assets")
    missing = drawn_masters(release.content) - {of for of, _ in renditions}
    if missing:
        raise TrustError("trust.asset", sha256=min(missing))


def drawn_masters(content: Mapping[str, object]) -> set[str]:
    """Every master this content names: cover, narration, and each `asset` and `poster` in the body."""
    named = [content.get("cover"), content.get("narration")]
    waiting = [content.get("body")]
    while waiting:
        value = waiting.pop()
        if isinstance(value, dict):
            named += [value.get("asset"), value.get("poster")]
        if isinstance(value, dict | list):
            waiting.extend(value.values() if isinstance(value, dict) else value)
    found = {str(name) for name in named if name is not None}
    if sum(not isinstance(name, str | None) for name in named):
        raise TrustError("trust.schema", field="release.content.body")
    return found
