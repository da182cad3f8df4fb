"""What every room refuses, as the kernel's refusals, which have an HTTP status."""

from collections.abc import Mapping
from typing import Final

from sqlalchemy.exc import DBAPIError, OperationalError, TimeoutError as PoolTimeout

from cms.contract import AssetGone, Busy, ContractError
from cms.guard.errors import GuardRefused
from cms.kernel.errors import Denied, DomainError, Invalid, NotFound, Refused, TooMany, Unavailable
from cms.trust.errors import TrustError
from media.errors import MediaRefused

REFUSALS: Final = (DomainError, MediaRefused, GuardRefused, TrustError, ContractError)
"""What a page catches to show it beside what was typed."""

_GUARD: Final[Mapping[str, type[DomainError]]] = {
    "guard.wrong_password": Denied,
    "guard.may_not_delegate": Denied,
    "guard.may_not_recall": Denied,
    "guard.key_not_delegated": Denied,
    "guard.backoff": TooMany,
    "guard.unreachable": Unavailable,
    "guard.unanswered": Unavailable,
    "guard.failed": Unavailable,
    "guard.disk_full": Unavailable,
}
_CONTRACT: Final[Mapping[type[Exception], type[DomainError]]] = {AssetGone: NotFound, Busy: Unavailable}
_MEDIA: Final[Mapping[str, type[DomainError]]] = {
    "media.not_found": NotFound,
    "media.disk_full": Unavailable,
    "media.store_failed": Unavailable,
    "media.sandbox_unavailable": Unavailable,
}


def refusal_of(error: DomainError | MediaRefused | GuardRefused | TrustError | ContractError) -> DomainError:
    """One of `REFUSALS` as the kernel's."""
    if isinstance(error, DomainError):
        return error
    if isinstance(error, MediaRefused):
        return _MEDIA.get(error.code, Invalid)(error.code, **error.params)
    kind = _CONTRACT.get(type(error)) or _GUARD.get(error.code, Refused)
    return kind(error.code, **error.params)


def as_refusal(error: BaseException) -> DomainError | None:
    """A refusal, or a database that is away; None for a defect."""
    if isinstance(error, REFUSALS):
        return refusal_of(error)
    is_away = isinstance(error, DBAPIError) and error.connection_invalidated
    if is_away or isinstance(error, OperationalError | PoolTimeout):
        return Unavailable("kernel.database_down")
    return None
