"""Refusals a person can act on: each has a code, and the catalogue has its sentence and next step.

DomainError            500-free: every subclass has an HTTP status
├── Refused     409    a rule of the house says no
├── Invalid     422    the input does not have the form asked for; may name fields
├── Denied      403    the person may not
├── NotFound    404
├── Conflict    409    somebody else was faster; carries what is needed to compare
├── TooMany     429    slow down; carries the seconds to wait
└── Unavailable 503    a part we need is down; try again
"""

from typing import ClassVar


class DomainError(Exception):
    """A coded refusal: `code` is a key under ``error.`` of the message catalogue, `params` fill its sentence."""

    status: ClassVar[int] = 409

    def __init__(self, code: str, **params: object) -> None:
        super().__init__(code, params)
        self.code = code
        self.params = params

    def __str__(self) -> str:
        return f"{self.code} {self.params}" if self.params else self.code


class Refused(DomainError):
    """A rule of the house says no."""


class Invalid(DomainError):
    """Input without the form asked for; `fields` maps a field name to the code of what is wrong there."""

    status = 422

    def __init__(self, code: str, *, fields: dict[str, str] | None = None, **params: object) -> None:
        super().__init__(code, **params)
        self.fields = fields or {}


class Denied(DomainError):
    """The person may not do this; `reason` in params is the permission rule that said so."""

    status = 403


class NotFound(DomainError):
    """No such thing, or none the person may know of."""

    status = 404


class Conflict(DomainError):
    """Somebody else changed it first."""


class TooMany(DomainError):
    """Too many tries; `seconds` in params says how long to wait."""

    status = 429


class Unavailable(DomainError):
    """A part that is needed does not answer."""

    status = 503
