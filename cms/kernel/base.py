"""The declarative base: one MetaData, named constraints, and the column types every table shares."""

import datetime as dt
import uuid
from typing import Annotated, Any

from sqlalchemy import JSON, BigInteger, Dialect, Integer, MetaData, String, Uuid
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import DeclarativeBase, mapped_column
from sqlalchemy.types import TypeDecorator

from cms.kernel.clock import from_ms, to_ms

# Named, because Alembic can drop on both databases only what has a name.
NAMING = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s",
    "pk": "pk_%(table_name)s",
}


class Instant(TypeDecorator[dt.datetime]):
    """An aware UTC instant stored as integer milliseconds: equal and ordered alike on SQLite and PostgreSQL."""

    impl = BigInteger
    cache_ok = True

    def process_bind_param(self, value: dt.datetime | None, dialect: Dialect) -> int | None:  # noqa: ARG002
        return None if value is None else to_ms(value)

    def process_result_value(self, value: Any, dialect: Dialect) -> dt.datetime | None:  # noqa: ARG002
        return None if value is None else from_ms(int(value))


Json = JSON().with_variant(JSONB(), "postgresql")
# SQLite makes an auto-increment key of INTEGER only.
BigId = BigInteger().with_variant(Integer(), "sqlite")


class Base(DeclarativeBase):
    """Every table of the house; each package declares its own where its concept lives."""

    metadata = MetaData(naming_convention=NAMING)
    type_annotation_map = {  # noqa: RUF012
        dt.datetime: Instant(),
        uuid.UUID: Uuid(),
        dict[str, Any]: Json,
        list[Any]: Json,
        list[str]: Json,
        str: String(),
    }


Key = Annotated[uuid.UUID, mapped_column(Uuid(), primary_key=True)]
