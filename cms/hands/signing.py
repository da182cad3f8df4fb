"""Who signs orders: the guard, as the desk knows it."""

import datetime as dt
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from cms.trust.signed import Signed


@dataclass(frozen=True, slots=True)
class Wish:
    """An order to be signed: its id, its screen and the parameters of the action."""

    order: uuid.UUID
    screen: uuid.UUID
    params: Mapping[str, object]


class OrderSigner(Protocol):
    """Signs after its own checks; the caller has asked `can` before."""

    async def sign_orders(
        self,
        person: uuid.UUID,
        action: str,
        wishes: Sequence[Wish],
        *,
        not_before: dt.datetime,
        expires_at: dt.datetime,
    ) -> Sequence[Signed]:
        """Signed orders in the order of the wishes. Raises Unavailable for a guard that is down, Refused for its no."""
        ...
