"""Rows of any table: what it asks for and nobody gave is filled in by the kind of its column."""

import datetime as dt
import uuid
from dataclasses import dataclass
from typing import Any, TypeVar

from sqlalchemy.ext.asyncio import AsyncSession

from cms.kernel.base import Base, Instant
from cms.kernel.ids import uuid7

Row = TypeVar("Row", bound=Base)


@dataclass
class Maker:
    """Inserts rows: what a table asks for and nobody gave is filled in by the kind of its column."""

    session: AsyncSession
    owner: uuid.UUID
    unit: str
    chief: uuid.UUID
    now: dt.datetime
    made: int = 0

    async def make(self, table: type[Row], **given: Any) -> Row:
        values = dict(given)
        for column in table.__table__.columns:
            asked = not (column.nullable or column.default is not None or column.server_default is not None)
            if asked and column.key not in values:
                values[column.key] = self._value(table, column)
        row = table(**values)
        self.session.add(row)
        await self.session.flush()
        self.made += 1
        return row

    def _value(self, table: type[Base], column: Any) -> Any:
        if column.primary_key:
            return uuid7(self.now)
        if {key.column.table.name for key in column.foreign_keys} == {"person"}:
            return self.owner
        if column.key in {"unit_path", "unit"}:
            return self.unit
        kind = dt.datetime if isinstance(column.type, Instant) else column.type.python_type
        blank: dict[Any, Any] = {str: f"x{self.made}", int: 1, bool: False, bytes: b"", float: 0.5, dict: {}, list: []}
        blank |= {dt.datetime: self.now, uuid.UUID: self.owner}
        if kind is object:  # JSON says nothing of its form; the class does
            said = next(one.__annotations__[column.key] for one in table.__mro__ if column.key in one.__annotations__)
            return [] if "list" in str(said) else {}
        return blank[kind]
