"""What every service of an account is made with."""

from dataclasses import dataclass

from cms.kernel.clock import Clock
from cms.kernel.db import Database


@dataclass(frozen=True, slots=True)
class Account:
    """`name` is the account's, usually a target's code; two targets of one account share its services."""

    name: str
    database: Database
    clock: Clock
