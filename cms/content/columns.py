"""Columns 栏目: reading and keeping the list."""

import datetime as dt
import re
import uuid
from collections.abc import Sequence
from typing import Final

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from cms.audit.record import record
from cms.content.models import Column
from cms.kernel.errors import Invalid, NotFound, Refused
from cms.kernel.ids import uuid7
from cms.kernel.text import one_line
from cms.people.actor import Actor
from cms.people.permissions import Action, Subject, require_can

_CODE: Final = re.compile(r"[a-z0-9-]{2,40}")


async def columns(session: AsyncSession, *, all_of_them: bool = False) -> Sequence[Column]:
    """The columns in their order; without `all_of_them` only those in use."""
    query = select(Column).order_by(Column.position, Column.code)
    if not all_of_them:
        query = query.where(Column.active)
    return (await session.execute(query)).scalars().all()


async def add_column(
    session: AsyncSession, actor: Actor, *, code: str, name: str, position: int = 0, now: dt.datetime
) -> Column:
    """Adds one; the code is permanent. Raises Invalid `content.column_form`, Refused `content.column_taken`."""
    require_can(actor, Action.COLUMN_MANAGE, Subject(actor.unit))
    name = one_line(name)
    if not _CODE.fullmatch(code) or not 0 < len(name) <= 60:
        raise Invalid("content.column_form")
    if (await session.execute(select(Column.id).where(Column.code == code))).first() is not None:
        raise Refused("content.column_taken", column=code)
    column = Column(id=uuid7(now), code=code, name=name, position=position)
    session.add(column)
    await session.flush()
    details = {"code": code, "name": name}
    await record(session, actor, "column.add", of=("column", code), unit=actor.unit, details=details, now=now)
    return column


async def edit_column(
    session: AsyncSession,
    actor: Actor,
    column: uuid.UUID,
    *,
    name: str,
    position: int,
    active: bool,
    now: dt.datetime,
) -> Column:
    """Changes name, place and whether new pieces may use it. Raises NotFound `content.no_such_column`."""
    require_can(actor, Action.COLUMN_MANAGE, Subject(actor.unit))
    row = await session.get(Column, column, with_for_update=True, populate_existing=True)
    if row is None:
        raise NotFound("content.no_such_column")
    if not 0 < len(one_line(name)) <= 60:
        raise Invalid("content.column_form")
    row.name, row.position, row.active = one_line(name), position, active
    await session.flush()
    details = {"name": row.name, "active": active}
    await record(session, actor, "column.edit", of=("column", row.code), unit=actor.unit, details=details, now=now)
    return row
