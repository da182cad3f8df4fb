"""What an operator of the house sets for one television operator's injection interface."""

import re
from typing import Final, Literal

from pydantic import BaseModel, ConfigDict, Field, field_validator

from cms.contract import Target

SECRETS: Final = ("notify_secret", "ftp_password")
ID_LONGEST: Final = 32
_ADDRESS: Final = re.compile(r"https?://[^\s/?#@]+(/[^\s?#]*)?")
_OFFER: Final = re.compile(r"((https?://|ftp://([A-Za-z0-9._-]+@)?)[^\s/?#@]+/?)?")
_CODE: Final = re.compile(r"[A-Za-z0-9_.-]{1,64}")
_MOST_COLUMNS: Final = 200
DIALECT: Final = frozenset({"names", "fixed", "values"})
_MOST_DIALECT: Final = 8_000


class AccountSettings(BaseModel):
    """`Target.settings` of a target of kind ``iptv``; field by field the form on the desk, named in the catalogue.

    Attributes:
        csp: who we are at the operator (CSPID), `lsp` who they are (LSPID).
        service: where their ExecCmd listens; `action` is the SOAPAction that some of their servers insist on.
        dialect: what this operator's paper says otherwise than the profile does, such as
            ``{"names": {"Movie": {"Resolution": ""}}}``.
        prefix: the beginning of every element id; the rest is a hash, so that no two pieces ever share one.
        columns: column code of the office to category code at the operator; decided once for the whole account.
        offer: where the operator fetches files, empty for the site's own address: ``http://10.1.2.3:8080`` inside
            its network, or ``ftp://user@10.1.2.3:2121`` where it wants FTP; the password is in the vault.
        repeat_minutes: how long a taken command may stay unanswered before it is told once more, with the same id.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    profile: Literal["c2", "chinadtv"] = Field("c2")
    csp: str = Field("", max_length=32)
    lsp: str = Field("", max_length=32)
    service: str = Field("", max_length=300, pattern=f"^({_ADDRESS.pattern})?$")
    action: str = Field("", max_length=200, pattern=r'^[^"\r\n]*$')
    prefix: str = Field("YP", max_length=12, pattern="^[A-Za-z0-9]+$")
    columns: dict[str, str] = Field(default_factory=dict, max_length=_MOST_COLUMNS)
    offer: str = Field("", max_length=200, pattern=f"^{_OFFER.pattern}$")
    film: Literal["1080", "720"] = Field("1080")
    film_kbps: int = Field(0, ge=0, le=20_000)
    offer_days: int = Field(7, ge=1, le=90)
    license_days: int = Field(365, ge=1, le=3650)
    repeat_minutes: int = Field(120, ge=0, le=10_080)
    calls_a_minute: int = Field(60, ge=1, le=1_000)
    dialect: dict[str, dict[str, dict[str, str]]] = Field(default_factory=dict)

    @field_validator("columns")
    @classmethod
    def _codes(cls, columns: dict[str, str]) -> dict[str, str]:
        if any(_CODE.fullmatch(code) is None for code in columns.values()):
            raise ValueError("a category's code is letters, digits and _.-")
        return columns

    @field_validator("dialect")
    @classmethod
    def _tables(cls, dialect: dict[str, dict[str, dict[str, str]]]) -> dict[str, dict[str, dict[str, str]]]:
        if dialect.keys() - DIALECT or len(str(dialect)) > _MOST_DIALECT:
            raise ValueError("only names, fixed and values can be said otherwise")
        return dialect


def settings_of(target: Target) -> AccountSettings:
    """The settings of a target; raises pydantic's ValidationError for what the desk would not have taken."""
    return AccountSettings.model_validate(dict(target.settings))
