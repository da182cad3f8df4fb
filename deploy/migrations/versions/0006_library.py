"""library: folders, tags, crops, rights, trash, resumable uploads, subtitles, sizes made anew, and where assets are used."""

import json
import uuid
from collections.abc import Iterator
from typing import Any

import sqlalchemy as sa
from alembic import op

from cms.kernel.base import Instant, Json
from cms.kernel.text import search_text

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

_PAGE = 500


def upgrade() -> None:
    op.create_table(
        "library_batch",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column("action", sa.String(length=12), nullable=False),
        sa.Column("before", Json, nullable=False),
        sa.Column("created_at", Instant(), nullable=False),
        sa.Column("undone_at", Instant(), nullable=True),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_library_batch_person_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_library_batch")),
    )
    with op.batch_alter_table("library_batch", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_library_batch_person_id"), ["person_id"], unique=False)

    op.create_table(
        "library_folder",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("parent_id", sa.Uuid(), nullable=True),
        sa.Column("unit_path", sa.String(length=200), nullable=False),
        sa.Column("name", sa.String(length=60), nullable=False),
        sa.Column("created_by", sa.Uuid(), nullable=False),
        sa.Column("created_at", Instant(), nullable=False),
        sa.ForeignKeyConstraint(["created_by"], ["person.id"], name=op.f("fk_library_folder_created_by")),
        sa.ForeignKeyConstraint(["parent_id"], ["library_folder.id"], name=op.f("fk_library_folder_parent_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_library_folder")),
    )
    with op.batch_alter_table("library_folder", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_library_folder_parent_id"), ["parent_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_library_folder_unit_path"), ["unit_path"], unique=False)

    op.create_table(
        "asset_tag",
        sa.Column("asset_id", sa.Uuid(), nullable=False),
        sa.Column("tag", sa.String(length=30), nullable=False),
        sa.ForeignKeyConstraint(["asset_id"], ["asset.id"], name=op.f("fk_asset_tag_asset_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("asset_id", "tag", name=op.f("pk_asset_tag")),
    )
    with op.batch_alter_table("asset_tag", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_asset_tag_tag"), ["tag"], unique=False)

    op.create_table(
        "past_rendition",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("asset_id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.String(length=40), nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("size", sa.BigInteger(), nullable=False),
        sa.Column("media_type", sa.String(length=100), nullable=False),
        sa.Column("width", sa.Integer(), nullable=False),
        sa.Column("height", sa.Integer(), nullable=False),
        sa.Column("retired_at", Instant(), nullable=False),
        sa.ForeignKeyConstraint(
            ["asset_id"], ["asset.id"], name=op.f("fk_past_rendition_asset_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_past_rendition")),
    )
    with op.batch_alter_table("past_rendition", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_past_rendition_asset_id"), ["asset_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_past_rendition_sha256"), ["sha256"], unique=False)

    op.create_table(
        "rendition_job",
        sa.Column("state", sa.String(length=12), nullable=False),
        sa.Column("asset_id", sa.Uuid(), nullable=False),
        sa.Column("wanted", Json, nullable=False),
        sa.Column("percent", sa.Integer(), nullable=False),
        sa.Column("error_code", sa.String(length=60), nullable=True),
        sa.Column("error_params", Json, nullable=False),
        sa.Column("created_at", Instant(), nullable=False),
        sa.Column("finished_at", Instant(), nullable=True),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("priority", sa.Integer(), nullable=False),
        sa.Column("not_before", Instant(), nullable=False),
        sa.Column("attempt", sa.Integer(), nullable=False),
        sa.Column("lost", sa.Integer(), nullable=False),
        sa.Column("fence", sa.Integer(), nullable=False),
        sa.Column("lease_owner", sa.String(), nullable=True),
        sa.Column("lease_until", Instant(), nullable=True),
        sa.ForeignKeyConstraint(["asset_id"], ["asset.id"], name=op.f("fk_rendition_job_asset_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_rendition_job")),
        sa.UniqueConstraint("asset_id", name=op.f("uq_rendition_job_asset_id")),
    )
    with op.batch_alter_table("rendition_job", schema=None) as batch_op:
        batch_op.create_index("ix_rendition_job_state_due", ["state", "not_before"], unique=False)

    op.create_table(
        "revision_asset",
        sa.Column("revision_id", sa.Uuid(), nullable=False),
        sa.Column("asset_id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(["revision_id"], ["revision.id"], name=op.f("fk_revision_asset_revision_id")),
        sa.PrimaryKeyConstraint("revision_id", "asset_id", name=op.f("pk_revision_asset")),
    )
    with op.batch_alter_table("revision_asset", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_revision_asset_asset_id"), ["asset_id"], unique=False)

    op.create_table(
        "subtitle_track",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("asset_id", sa.Uuid(), nullable=False),
        sa.Column("language", sa.String(length=8), nullable=False),
        sa.Column("cues", Json, nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("updated_by", sa.Uuid(), nullable=False),
        sa.Column("updated_at", Instant(), nullable=False),
        sa.ForeignKeyConstraint(
            ["asset_id"], ["asset.id"], name=op.f("fk_subtitle_track_asset_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(["updated_by"], ["person.id"], name=op.f("fk_subtitle_track_updated_by")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_subtitle_track")),
        sa.UniqueConstraint("asset_id", "language", name=op.f("uq_subtitle_track_asset_id_language")),
    )
    with op.batch_alter_table("subtitle_track", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_subtitle_track_asset_id"), ["asset_id"], unique=False)

    op.create_table(
        "upload",
        sa.Column("state", sa.String(length=12), nullable=False),
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column("unit_path", sa.String(length=200), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("size", sa.BigInteger(), nullable=False),
        sa.Column("folder_id", sa.Uuid(), nullable=True),
        sa.Column("replaces", sa.Uuid(), nullable=True),
        sa.Column("keep_twin", sa.Boolean(), nullable=False),
        sa.Column("twin_id", sa.Uuid(), nullable=True),
        sa.Column("asset_id", sa.Uuid(), nullable=True),
        sa.Column("error_code", sa.String(length=60), nullable=True),
        sa.Column("error_params", Json, nullable=False),
        sa.Column("created_at", Instant(), nullable=False),
        sa.Column("expires_at", Instant(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("priority", sa.Integer(), nullable=False),
        sa.Column("not_before", Instant(), nullable=False),
        sa.Column("attempt", sa.Integer(), nullable=False),
        sa.Column("lost", sa.Integer(), nullable=False),
        sa.Column("fence", sa.Integer(), nullable=False),
        sa.Column("lease_owner", sa.String(), nullable=True),
        sa.Column("lease_until", Instant(), nullable=True),
        sa.ForeignKeyConstraint(["asset_id"], ["asset.id"], name=op.f("fk_upload_asset_id"), ondelete="SET NULL"),
        sa.ForeignKeyConstraint(
            ["folder_id"], ["library_folder.id"], name=op.f("fk_upload_folder_id"), ondelete="SET NULL"
        ),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_upload_person_id")),
        sa.ForeignKeyConstraint(["replaces"], ["asset.id"], name=op.f("fk_upload_replaces"), ondelete="SET NULL"),
        sa.ForeignKeyConstraint(["twin_id"], ["asset.id"], name=op.f("fk_upload_twin_id"), ondelete="SET NULL"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_upload")),
    )
    with op.batch_alter_table("upload", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_upload_expires_at"), ["expires_at"], unique=False)
        batch_op.create_index(batch_op.f("ix_upload_person_id"), ["person_id"], unique=False)
        batch_op.create_index("ix_upload_state_due", ["state", "not_before"], unique=False)

    with op.batch_alter_table("asset", schema=None) as batch_op:
        batch_op.add_column(sa.Column("source_sha256", sa.String(length=64), server_default="", nullable=False))
        batch_op.add_column(sa.Column("crops", Json, server_default="{}", nullable=False))
        batch_op.add_column(sa.Column("made_for", sa.String(length=16), server_default="", nullable=False))
        batch_op.add_column(sa.Column("version", sa.Integer(), server_default="1", nullable=False))
        batch_op.add_column(sa.Column("poster_chosen", sa.Boolean(), server_default=sa.false(), nullable=False))
        batch_op.add_column(sa.Column("folder_id", sa.Uuid(), nullable=True))
        batch_op.add_column(sa.Column("search_text", sa.Text(), server_default="", nullable=False))
        batch_op.add_column(sa.Column("owner", sa.String(length=200), server_default="", nullable=False))
        batch_op.add_column(sa.Column("licence", sa.String(length=200), server_default="", nullable=False))
        batch_op.add_column(sa.Column("valid_until", Instant(), nullable=True))
        batch_op.add_column(sa.Column("deleted_at", Instant(), nullable=True))
        batch_op.add_column(sa.Column("deleted_by", sa.Uuid(), nullable=True))
        batch_op.create_index(batch_op.f("ix_asset_deleted_at"), ["deleted_at"], unique=False)
        batch_op.create_index(batch_op.f("ix_asset_folder_id"), ["folder_id"], unique=False)
        batch_op.create_index("ix_asset_kind_made_for", ["kind", "made_for"], unique=False)
        batch_op.create_index(batch_op.f("ix_asset_source_sha256"), ["source_sha256"], unique=False)
        batch_op.create_index(batch_op.f("ix_asset_valid_until"), ["valid_until"], unique=False)
        batch_op.create_foreign_key(batch_op.f("fk_asset_deleted_by"), "person", ["deleted_by"], ["id"])
        batch_op.create_foreign_key(batch_op.f("fk_asset_folder_id"), "library_folder", ["folder_id"], ["id"])
    _fill(op.get_bind())


def _fill(connection: sa.Connection) -> None:
    """What was there before is found by its name, known by its hash, and its uses are known."""
    asset = sa.table(
        "asset", *map(sa.column, ("kind", "name", "sha256", "source_sha256", "search_text")), sa.column("id", sa.Uuid())
    )
    for row in connection.execute(sa.select(asset.c.id, asset.c.kind, asset.c.name, asset.c.sha256)).all():
        source = row.sha256 if row.kind == "video" else ""
        values = {"search_text": search_text(row.name.lower()), "source_sha256": source}
        connection.execute(sa.update(asset).where(asset.c.id == row.id).values(values))
    revision = sa.table(
        "revision", sa.column("id", sa.Uuid()), sa.column("cover_id", sa.Uuid()), sa.column("body", Json)
    )
    use = sa.table("revision_asset", sa.column("revision_id", sa.Uuid()), sa.column("asset_id", sa.Uuid()))
    after = uuid.UUID(int=0)
    while True:
        query = sa.select(revision).where(revision.c.id > after).order_by(revision.c.id).limit(_PAGE)
        page = connection.execute(query).all()
        if not page:
            return
        uses = [{"revision_id": row.id, "asset_id": one} for row in page for one in {*_named(row.cover_id, row.body)}]
        if uses:
            connection.execute(sa.insert(use), uses)
        after = page[-1].id


def _named(cover: uuid.UUID | None, body: Any) -> Iterator[uuid.UUID]:
    if cover is not None:
        yield cover
    found = json.loads(body) if isinstance(body, str) else body
    for block in found.get("blocks", ()):
        yield from (uuid.UUID(block[name]) for name in ("asset", "poster") if block.get(name))


def downgrade() -> None:
    with op.batch_alter_table("asset", schema=None) as batch_op:
        batch_op.drop_constraint(batch_op.f("fk_asset_folder_id"), type_="foreignkey")
        batch_op.drop_constraint(batch_op.f("fk_asset_deleted_by"), type_="foreignkey")
        batch_op.drop_index(batch_op.f("ix_asset_valid_until"))
        batch_op.drop_index(batch_op.f("ix_asset_source_sha256"))
        batch_op.drop_index("ix_asset_kind_made_for")
        batch_op.drop_index(batch_op.f("ix_asset_folder_id"))
        batch_op.drop_index(batch_op.f("ix_asset_deleted_at"))
        batch_op.drop_column("deleted_by")
        batch_op.drop_column("deleted_at")
        batch_op.drop_column("valid_until")
        batch_op.drop_column("licence")
        batch_op.drop_column("owner")
        batch_op.drop_column("search_text")
        batch_op.drop_column("folder_id")
        batch_op.drop_column("poster_chosen")
        batch_op.drop_column("version")
        batch_op.drop_column("made_for")
        batch_op.drop_column("crops")
        batch_op.drop_column("source_sha256")

    with op.batch_alter_table("upload", schema=None) as batch_op:
        batch_op.drop_index("ix_upload_state_due")
        batch_op.drop_index(batch_op.f("ix_upload_person_id"))
        batch_op.drop_index(batch_op.f("ix_upload_expires_at"))

    op.drop_table("upload")
    with op.batch_alter_table("subtitle_track", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_subtitle_track_asset_id"))

    op.drop_table("subtitle_track")
    with op.batch_alter_table("revision_asset", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_revision_asset_asset_id"))

    op.drop_table("revision_asset")
    with op.batch_alter_table("rendition_job", schema=None) as batch_op:
        batch_op.drop_index("ix_rendition_job_state_due")

    op.drop_table("rendition_job")
    with op.batch_alter_table("past_rendition", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_past_rendition_sha256"))
        batch_op.drop_index(batch_op.f("ix_past_rendition_asset_id"))

    op.drop_table("past_rendition")
    with op.batch_alter_table("asset_tag", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_asset_tag_tag"))

    op.drop_table("asset_tag")
    with op.batch_alter_table("library_folder", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_library_folder_unit_path"))
        batch_op.drop_index(batch_op.f("ix_library_folder_parent_id"))

    op.drop_table("library_folder")
    with op.batch_alter_table("library_batch", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_library_batch_person_id"))

    op.drop_table("library_batch")
