"""What services raise."""

import datetime as dt


class ContractError(Exception):
    """Raised by services.

    ContractError
    ├── AssetGone         the file was recalled or never was
    ├── Busy              a lease is held elsewhere
    ├── OutboundRefused   the address is not allowed, or the answer too large
    └── Spent             the account's budget for this call is used up; nothing was sent
    """

    def __init__(self, code: str, /, **params: object) -> None:
        super().__init__(code, params)
        self.code = code
        self.params = params


class AssetGone(ContractError):
    """The file was recalled or never was."""


class Busy(ContractError):
    """A lease is held elsewhere."""


class OutboundRefused(ContractError):
    """The address is not allowed, or the answer is too large."""


class Spent(ContractError):
    """The account's budget for this call is used up until `wait` is over; nothing was sent."""

    def __init__(self, code: str, *, wait: dt.timedelta, **params: object) -> None:
        super().__init__(code, **params)
        self.wait = wait
