"""Rows that are written once: changing or deleting one through the ORM is a defect and stops the transaction."""

from sqlalchemy import event, inspect
from sqlalchemy.orm import Mapper


class RowIsImmutable(TypeError):
    """Somebody tried to change or delete a row that is written once."""


class Immutable:
    """Mixin of a mapped class whose rows never change after they are inserted."""

    __slots__ = ()


def _refuse(mapper: Mapper[object], _connection: object, target: object) -> None:
    if inspect(target).deleted or any(
        attribute.history.has_changes() for attribute in inspect(target).attrs if attribute.key in mapper.columns
    ):
        raise RowIsImmutable(mapper.class_.__name__)


def _refuse_delete(mapper: Mapper[object], _connection: object, _target: object) -> None:
    raise RowIsImmutable(mapper.class_.__name__)


event.listen(Immutable, "before_update", _refuse, propagate=True)
event.listen(Immutable, "before_delete", _refuse_delete, propagate=True)
