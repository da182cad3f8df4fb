"""search: an index of characters and their pairs instead of a spaced text beside each piece; indexes of the lists."""

import json
import re
import unicodedata
from collections.abc import Iterator, Mapping
from typing import Any

import sqlalchemy as sa
from alembic import op

from cms.content.search_rows import GONE_POSTGRES, GONE_SQLITE, ON_POSTGRES, ON_SQLITE

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None

_RUNS = re.compile("[0-9a-z\x80-\U0010ffff]+")
_CJK = re.compile("([\u3400-\u9fff\U00020000-\U0003ffff])")
_BATCH = 500
_CURRENT = """
    SELECT d.id, d.kind, d.unit_id, r.title, r.subtitle, r.summary, r.byline, r.body, r.pinyin, r.column_code, r.channels
    FROM document d JOIN edition e ON e.document_id = d.id AND e.is_current JOIN revision r ON r.id = e.revision_id
    ORDER BY d.updated_at, d.id
"""


def upgrade() -> None:
    op.create_table(
        "document_search",
        sa.Column("document_id", sa.Uuid(), nullable=False),
        sa.Column("seq", sa.BigInteger(), nullable=False),
        sa.Column("facets", sa.Text(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["document_id"], ["document.id"], name=op.f("fk_document_search_document_id")),
        sa.PrimaryKeyConstraint("document_id", name=op.f("pk_document_search")),
        sa.UniqueConstraint("seq", name=op.f("uq_document_search_seq")),
    )
    for statement in ON_SQLITE if _is_sqlite() else ON_POSTGRES:
        op.execute(statement)
    _fill()
    op.drop_column("document", "search_text")
    op.create_index("ix_document_updated", "document", ["updated_at", "id"])
    op.create_index("ix_revision_created_by", "revision", ["created_by", "document_id"])
    op.create_index("ix_edition_holder_id", "edition", ["holder_id"])
    op.create_index(
        "ix_edition_current_state",
        "edition",
        ["state"],
        sqlite_where=sa.text("is_current"),
        postgresql_where=sa.text("is_current"),
    )


def downgrade() -> None:
    op.drop_index("ix_edition_current_state", "edition")
    op.drop_index("ix_edition_holder_id", "edition")
    op.drop_index("ix_revision_created_by", "revision")
    op.drop_index("ix_document_updated", "document")
    op.add_column("document", sa.Column("search_text", sa.Text(), nullable=False, server_default=""))
    connection = op.get_bind()
    for row in connection.execute(sa.text("SELECT document_id, text FROM document_search")).all():
        spaced = re.sub(r"\s+", " ", _CJK.sub(r" \1 ", row.text)).strip()
        values = {"spaced": spaced, "id": row.document_id}
        connection.execute(sa.text("UPDATE document SET search_text = :spaced WHERE id = :id"), values)
    if _is_sqlite():
        with op.batch_alter_table("document") as batch:
            batch.alter_column("search_text", server_default=None)
    else:
        op.alter_column("document", "search_text", server_default=None)
    for statement in GONE_SQLITE if _is_sqlite() else GONE_POSTGRES:
        op.execute(statement)
    op.drop_table("document_search")


def _fill() -> None:
    """What `./yunping reindex` makes, as the rules of this revision say it."""
    connection = op.get_bind()
    found = connection.execute(sa.text(_CURRENT)).mappings().all()
    for start in range(0, len(found), _BATCH):
        rows = [_row(row, start + number + 1) for number, row in enumerate(found[start : start + _BATCH])]
        connection.execute(
            sa.text("INSERT INTO document_search VALUES (:document_id, :seq, :facets, :text)"),
            [{name: row[name] for name in ("document_id", "seq", "facets", "text")} for row in rows],
        )
        if _is_sqlite():
            statement = sa.text("INSERT INTO document_grams (rowid, grams) VALUES (:seq, :grams)")
            values = [{"seq": row["seq"], "grams": " ".join((row["facets"], *sorted(row["grams"])))} for row in rows]
        else:
            statement = sa.text("INSERT INTO document_grams VALUES (:seq, array_to_tsvector(cast(:grams as text[])))")
            values = [{"seq": row["seq"], "grams": [*row["facets"].split(), *row["grams"]]} for row in rows]
        connection.execute(statement, values)
    if found and not _is_sqlite():
        connection.execute(sa.text("SELECT setval('document_seq', :last)"), {"last": len(found)})


def _row(row: sa.RowMapping, seq: int) -> dict[str, Any]:
    read = {
        name: json.loads(value) if isinstance(value, str) else value
        for name, value in row.items()
        if name in {"byline", "body", "channels"}
    }
    byline, body = read["byline"], read["body"]
    words = [
        row["title"],
        row["subtitle"],
        row["summary"],
        *(byline[name] for name in ("source", "reporter", "editor", "sponsor")),
    ]
    said = _form("\n".join((*words, "\n".join(_texts(body)), row["pinyin"][:200])))
    unit = str(row["unit_id"]).replace("-", "")
    facets = [f"unit：{unit}", f"kind：{row['kind']}"]
    facets += [f"column：{_plain(row['column_code'])}"] if row["column_code"] else []
    facets += [f"channel：{_plain(code)}" for code in read["channels"]]
    return {"document_id": row["id"], "seq": seq, "facets": " ".join(facets), "text": said, "grams": _grams(said)}


def _plain(code: str) -> str:
    return code.replace("-", "－").replace("_", "＿")


def _texts(body: Mapping[str, Any]) -> Iterator[str]:
    for block in body["blocks"]:
        for name in ("title", "alt"):
            if block.get(name):
                yield block[name]
        if "text" in block:
            yield "".join(run["t"] for run in block["text"])
        for item in block.get("items", ()):
            yield "".join(run["t"] for run in item["text"])
        for cells in block.get("rows", ()):
            for cell in cells:
                yield "".join(run["t"] for run in cell)
        for name in ("caption", "cite"):
            if block.get(name):
                yield block[name]


def _form(said: str) -> str:
    spaced = re.sub(r"\s+", " ", said)
    forms = (
        "" if unicodedata.category(ch) in {"Cf", "Cc"} else unicodedata.normalize("NFKC", ch).lower() for ch in spaced
    )
    return re.sub(r"\s+", " ", "".join(forms)).strip()


def _grams(said: str) -> set[str]:
    found: set[str] = set()
    for run in _RUNS.findall(said):
        found.update(run)
        found.update(run[place : place + 2] for place in range(len(run) - 1))
    return found


def _is_sqlite() -> bool:
    return op.get_bind().dialect.name == "sqlite"
