"""The release 签发件: the bytes that approvers sign: what may be shown, where, and until when."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar, Final

from cms.trust.canonical import Value
from cms.trust.errors import TrustError
from cms.trust.fields import (
    CODE,
    HASH,
    LANGUAGE,
    MEDIA_TYPE,
    PUBLIC_ID,
    UNIT,
    UUID,
    Fields,
)
from cms.trust.limits import (
    CHUNK,
    MAX_ASSETS,
    MAX_AUTHORS,
    MAX_BLOCKS,
    MAX_CHANNELS,
    MAX_CHUNKS,
    MAX_UNITS,
    URGENT_MS,
)
from cms.trust.signed import opened

CLASSES: Final = ("news", "lecture", "notice", "newspaper", "activity", "urgent")
BLOCK_SCHEMA: Final = 1


@dataclass(frozen=True, slots=True)
class Envelope:
    """What the release may be used for; times are ms, `offline` ms without a beacon or None (evergreen)."""

    units: tuple[str, ...]
    channels: tuple[str, ...]
    not_before: int
    not_after: int | None
    offline: int | None


@dataclass(frozen=True, slots=True)
class ReleaseAsset:
    """A file that may be drawn: its hash, and the hash of each MiB for players that check while reading."""

    sha256: str
    size: int
    media_type: str
    width: int | None
    height: int | None
    chunks: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Release:
    """One edition of one document with its envelope; `content` is what a reader sees."""

    TYPE: ClassVar[str] = "release"

    domain: str
    epoch: int
    release: str
    document: str
    edition: int
    revision: str
    authors: tuple[str, ...]
    class_: str
    language: str
    envelope: Envelope
    content: Mapping[str, Value]
    assets: tuple[ReleaseAsset, ...]
    forms: Mapping[str, str]
    slate: bool


def read_release(text: str) -> Release:
    """The release of a canonical text; nothing is said about who approved it.

    Raises:
        TrustError: `trust.canonical`, `trust.size`, `trust.type`, `trust.format`, `trust.schema`,
            `trust.envelope` (an envelope that allows nothing), `trust.asset` (a file drawn but not listed).
    """
    top, domain, epoch = opened(text, Release.TYPE)
    release = Release(
        domain=domain,
        epoch=epoch,
        release=top.text("release", UUID),
        document=top.text("document", PUBLIC_ID),
        edition=top.integer("edition", least=1),
        revision=top.text("revision", HASH),
        authors=top.names("authors", UUID, least=1, most=MAX_AUTHORS),
        class_=top.one_of("class", CLASSES),
        language=top.text("language", LANGUAGE),
        envelope=_envelope(top.fields("envelope")),
        content=_content(top),
        assets=tuple(_asset(item) for item in top.each("assets", most=MAX_ASSETS)),
        forms=_forms(top),
        slate=top.boolean("slate"),
    )
    top.done()
    _consistent(release)
    return release


def _envelope(part: Fields) -> Envelope:
    envelope = Envelope(
        units=part.names("units", UNIT, least=1, most=MAX_UNITS),
        channels=part.names("channels", CODE, least=1, most=MAX_CHANNELS),
        not_before=part.integer("not_before"),
        not_after=part.maybe("not_after", part.integer),
        offline=part.maybe("offline", part.integer),
    )
    part.done()
    return envelope


def _asset(part: Fields) -> ReleaseAsset:
    asset = ReleaseAsset(
        sha256=part.text("sha256", HASH),
        size=part.integer("size", least=1, most=MAX_CHUNKS * CHUNK),
        media_type=part.text("media_type", MEDIA_TYPE),
        width=part.maybe("width", part.integer),
        height=part.maybe("height", part.integer),
        chunks=part.texts("chunks", HASH, least=1, most=MAX_CHUNKS),
    )
    if len(asset.chunks) != -(-asset.size // CHUNK):
        part.refuse("chunks")
    part.done()
    return asset


def _forms(top: Fields) -> dict[str, str]:
    forms = Fields(dict(top.mapping("forms", most=MAX_CHANNELS)), "release.forms")
    return {name: forms.text(name, HASH) for name in top.mapping("forms", most=MAX_CHANNELS)}


def _content(top: Fields) -> Mapping[str, Value]:
    """Required parts are checked; further ones may stand beside them, signed all the same."""
    part = top.fields("content")
    part.text("title", limit=500)
    part.text("subtitle", limit=500)
    part.text("summary", limit=5_000)
    part.text("pinyin", limit=5_000)
    part.maybe("cover", lambda name: part.text(name, HASH))
    part.maybe("column", lambda name: part.text(name, CODE))
    byline = part.fields("byline")
    for name in ("source", "reporter", "editor", "sponsor", "date"):
        byline.text(name, limit=200)
    body = part.fields("body")
    body.integer("schema", least=BLOCK_SCHEMA, most=BLOCK_SCHEMA)
    for block in body.each("blocks", most=MAX_BLOCKS):
        block.text("id", CODE)
        block.text("type", CODE)
    return top.mapping("content", most=64)


def _consistent(release: Release) -> None:
    envelope = release.envelope
    if envelope.not_after is not None and envelope.not_after <= envelope.not_before:
        raise TrustError("trust.envelope", field="not_after")
    if release.class_ == "urgent" and (
        envelope.not_after is None or envelope.not_after - envelope.not_before > URGENT_MS
    ):
        raise TrustError("trust.envelope", field="not_after")
    listed = {asset.sha256 for asset in release.assets}
    if len(listed) != len(release.assets):
        raise TrustError("trust.asset", field="assets")
    missing = sorted(drawn_assets(release.content) - listed)
    if missing:
        raise TrustError("trust.asset", sha256=missing[0])


def drawn_assets(content: Mapping[str, Value]) -> set[str]:
    """Every file a drawing of this content reads: the cover and each `asset` and `poster` of a block."""
    named = [content.get("cover")]
    body = content.get("body")
    waiting: list[Value] = [body["blocks"]] if isinstance(body, dict) else []
    while waiting:
        value = waiting.pop()
        if isinstance(value, dict):
            named += [value.get("asset"), value.get("poster")]
        if isinstance(value, dict | list):
            waiting.extend(value.values() if isinstance(value, dict) else value)
    found = [name for name in named if name is not None]
    if not all(isinstance(name, str) for name in found):
        raise TrustError("trust.schema", field="release.content.body")
    return {name for name in found if isinstance(name, str)}
