"""Rows of the library: an asset is a checked, re-encoded file; a rendition is a file derived from it."""

import datetime as dt
import uuid
from typing import Any

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    ForeignKey,
    Index,
    LargeBinary,
    String,
    Text,
    UniqueConstraint,
    false,
)
from sqlalchemy.orm import Mapped, mapped_column

from cms.kernel.base import Base, Key
from cms.kernel.leases import Leased

PICTURE = "picture"
VIDEO = "video"
AUDIO = "audio"
PAGE = "page"


class Folder(Base):
    """A shelf of a unit's library. Names differ among the shelves of one parent; the use case keeps that."""

    __tablename__ = "library_folder"

    id: Mapped[Key]
    parent_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("library_folder.id"), index=True)
    unit_path: Mapped[str] = mapped_column(String(200), index=True)
    name: Mapped[str] = mapped_column(String(60))
    created_by: Mapped[uuid.UUID] = mapped_column(ForeignKey("person.id"))
    created_at: Mapped[dt.datetime]


class Asset(Base):
    """A picture, video or recording that passed intake; `sha256` is its master, the identity a release signs.

    `focal_x` and `focal_y` are thousandths of width and height: where crops must keep looking; `crops` are the shapes
    for which a person chose another cut, as [x, y, zoom]; `made_for` names the table of sizes its files were made of.
    The master of a video or recording is the upload itself: it is kept to be encoded anew and never shown. Its `state`
    is that of its encode job, `duration_ms` how long it plays, `poster_id` the picture that stands for it,
    `poster_chosen` whether a person chose that. `source_sha256` is the hash of what was uploaded, by which the same
    file is known again; `version` counts the files it has had; with `deleted_at` it lies in the trash. Of a video,
    `findings` are what a person should look at (`media.findings`), `chapters` its marks as [ms, title]; `cut_of` the
    stretches of other videos that it was put together of, as [asset, first segment, segment behind the last].
    """

    __tablename__ = "asset"
    __table_args__ = (
        CheckConstraint("focal_x between 0 and 1000 and focal_y between 0 and 1000", name="focal"),
        Index("ix_asset_unit_at", "unit_path", "created_at"),
        Index("ix_asset_kind_made_for", "kind", "made_for"),
    )

    id: Mapped[Key]
    kind: Mapped[str] = mapped_column(String(16))
    name: Mapped[str] = mapped_column(String(200))
    sha256: Mapped[str] = mapped_column(String(64), index=True)
    source_sha256: Mapped[str] = mapped_column(String(64), index=True, default="", server_default="")
    size: Mapped[int] = mapped_column(BigInteger)
    media_type: Mapped[str] = mapped_column(String(100))
    width: Mapped[int]
    height: Mapped[int]
    dominant: Mapped[str] = mapped_column(String(7))
    placeholder: Mapped[bytes] = mapped_column(LargeBinary)
    focal_x: Mapped[int] = mapped_column(default=500)
    focal_y: Mapped[int] = mapped_column(default=500)
    crops: Mapped[dict[str, Any]] = mapped_column(default=dict, server_default="{}")
    made_for: Mapped[str] = mapped_column(String(16), default="", server_default="")
    version: Mapped[int] = mapped_column(default=1, server_default="1")
    state: Mapped[str] = mapped_column(String(12), default="ready", server_default="ready")
    duration_ms: Mapped[int | None] = mapped_column(BigInteger)
    poster_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("asset.id", ondelete="SET NULL"), index=True)
    poster_chosen: Mapped[bool] = mapped_column(default=False, server_default=false())
    folder_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("library_folder.id"), index=True)
    search_text: Mapped[str] = mapped_column(Text(), default="", server_default="")
    owner: Mapped[str] = mapped_column(String(200), default="", server_default="")
    licence: Mapped[str] = mapped_column(String(200), default="", server_default="")
    valid_until: Mapped[dt.datetime | None] = mapped_column(index=True)
    unit_path: Mapped[str] = mapped_column(String(200))
    created_by: Mapped[uuid.UUID] = mapped_column(ForeignKey("person.id"))
    created_at: Mapped[dt.datetime]
    findings: Mapped[dict[str, Any]] = mapped_column(default=dict, server_default="{}")
    chapters: Mapped[list[Any]] = mapped_column(default=list, server_default="[]")
    cut_of: Mapped[list[Any]] = mapped_column(default=list, server_default="[]")
    deleted_at: Mapped[dt.datetime | None] = mapped_column(index=True)
    deleted_by: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("person.id"))


class AssetTag(Base):
    """A word under which people find an asset."""

    __tablename__ = "asset_tag"

    asset_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("asset.id", ondelete="CASCADE"), primary_key=True)
    tag: Mapped[str] = mapped_column(String(30), primary_key=True, index=True)


class Rendition(Base):
    """A file of an asset at one size; `chunks` are the sha256 of each MiB, for players that verify as they load."""

    __tablename__ = "rendition"
    __table_args__ = (UniqueConstraint("asset_id", "name"),)

    id: Mapped[Key]
    asset_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("asset.id", ondelete="CASCADE"), index=True)
    name: Mapped[str] = mapped_column(String(40))
    sha256: Mapped[str] = mapped_column(String(64), index=True)
    size: Mapped[int] = mapped_column(BigInteger)
    media_type: Mapped[str] = mapped_column(String(100))
    width: Mapped[int]
    height: Mapped[int]
    chunks: Mapped[list[str]]


class PageText(Base):
    """The text on a page of a newspaper: `blocks` as [left, top, right, bottom, size, text] in parts of 10,000."""

    __tablename__ = "page_text"

    asset_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("asset.id", ondelete="CASCADE"), primary_key=True)
    blocks: Mapped[list[Any]]
    text: Mapped[str] = mapped_column(Text())


class PastRendition(Base):
    """A file that was a rendition before its asset was cut or filled anew: what was signed goes on naming it."""

    __tablename__ = "past_rendition"

    id: Mapped[Key]
    asset_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("asset.id", ondelete="CASCADE"), index=True)
    name: Mapped[str] = mapped_column(String(40))
    sha256: Mapped[str] = mapped_column(String(64), index=True)
    size: Mapped[int] = mapped_column(BigInteger)
    media_type: Mapped[str] = mapped_column(String(100))
    width: Mapped[int]
    height: Mapped[int]
    retired_at: Mapped[dt.datetime]


class EncodeJob(Leased, Base):
    """The work of making a video ready, as a row that one encoder holds at a time; its states are `VideoState`.

    `stage`, `percent` and `eta_seconds` are what the encoder said last; `error_code` why it waits or was rejected;
    `looked_at` when as much of its begin could be watched as is wanted, `small_at` when all of it could, in the
    smallest size.
    """

    __tablename__ = "encode_job"
    __table_args__ = (Index("ix_encode_job_state_due", "state", "not_before"),)

    id: Mapped[Key]
    state: Mapped[str] = mapped_column(String(12), default="waiting")
    asset_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("asset.id", ondelete="CASCADE"), unique=True)
    stage: Mapped[str] = mapped_column(String(20), default="")
    percent: Mapped[int] = mapped_column(default=0)
    eta_seconds: Mapped[int | None]
    error_code: Mapped[str | None] = mapped_column(String(60))
    error_params: Mapped[dict[str, Any]] = mapped_column(default=dict)
    created_at: Mapped[dt.datetime]
    started_at: Mapped[dt.datetime | None]
    looked_at: Mapped[dt.datetime | None]
    small_at: Mapped[dt.datetime | None]
    finished_at: Mapped[dt.datetime | None]


class EncodePart(Base):
    """A finished part of an encode that is not done: what the next worker need not make again."""

    __tablename__ = "encode_part"
    __table_args__ = (UniqueConstraint("asset_id", "source_sha256", "house", "name"),)

    id: Mapped[Key]
    asset_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("asset.id", ondelete="CASCADE"))
    source_sha256: Mapped[str] = mapped_column(String(64))
    house: Mapped[str] = mapped_column(String(16))
    name: Mapped[str] = mapped_column(String(20))
    sha256: Mapped[str] = mapped_column(String(64), index=True)


class RenditionJob(Leased, Base):
    """The work of making some sizes of a picture anew, held by one worker at a time; its states are `RemakeState`.

    `wanted` are the names of the sizes; a change that comes while they are made raises the fence and begins again.
    """

    __tablename__ = "rendition_job"
    __table_args__ = (Index("ix_rendition_job_state_due", "state", "not_before"),)

    id: Mapped[Key]
    state: Mapped[str] = mapped_column(String(12), default="waiting")
    asset_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("asset.id", ondelete="CASCADE"), unique=True)
    wanted: Mapped[list[str]]
    percent: Mapped[int] = mapped_column(default=0)
    error_code: Mapped[str | None] = mapped_column(String(60))
    error_params: Mapped[dict[str, Any]] = mapped_column(default=dict)
    created_at: Mapped[dt.datetime]
    finished_at: Mapped[dt.datetime | None]


class Upload(Leased, Base):
    """A file on its way in, piece by piece; how much is here is the length of its file, never a row.

    Its states are `UploadState`. `replaces` is the asset whose file it becomes, `twin_id` the asset that already has
    this very file, `keep_twin` that the person wants it all the same.
    """

    __tablename__ = "upload"
    __table_args__ = (Index("ix_upload_state_due", "state", "not_before"),)

    id: Mapped[Key]
    state: Mapped[str] = mapped_column(String(12), default="open")
    person_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("person.id"), index=True)
    unit_path: Mapped[str] = mapped_column(String(200))
    name: Mapped[str] = mapped_column(String(200))
    size: Mapped[int] = mapped_column(BigInteger)
    folder_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("library_folder.id", ondelete="SET NULL"))
    replaces: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("asset.id", ondelete="SET NULL"))
    keep_twin: Mapped[bool] = mapped_column(default=False)
    twin_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("asset.id", ondelete="SET NULL"))
    asset_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("asset.id", ondelete="SET NULL"))
    error_code: Mapped[str | None] = mapped_column(String(60))
    error_params: Mapped[dict[str, Any]] = mapped_column(default=dict)
    created_at: Mapped[dt.datetime]
    expires_at: Mapped[dt.datetime] = mapped_column(index=True)


class SubtitleTrack(Base):
    """The subtitles of a video in one language: `cues` as [start, end, text]; the WebVTT is among its renditions."""

    __tablename__ = "subtitle_track"
    __table_args__ = (UniqueConstraint("asset_id", "language"),)

    id: Mapped[Key]
    asset_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("asset.id", ondelete="CASCADE"), index=True)
    language: Mapped[str] = mapped_column(String(8))
    cues: Mapped[list[Any]]
    version: Mapped[int] = mapped_column(default=1)
    updated_by: Mapped[uuid.UUID] = mapped_column(ForeignKey("person.id"))
    updated_at: Mapped[dt.datetime]


class LibraryBatch(Base):
    """What one bulk action changed, by asset as it was before, so that it can be undone."""

    __tablename__ = "library_batch"

    id: Mapped[Key]
    person_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("person.id"), index=True)
    action: Mapped[str] = mapped_column(String(12))
    before: Mapped[dict[str, Any]]
    created_at: Mapped[dt.datetime]
    undone_at: Mapped[dt.datetime | None]
