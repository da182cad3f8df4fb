"""The signed order to one screen: a closed list of actions, strict parameters, a short life, a number used once.

There is no free text in it and no free command. Whatever is not declared here cannot be said to a screen.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Annotated, Any, ClassVar, Final

from cms.hands.hours import Hours
from cms.trust.errors import TrustError
from cms.trust.keys import PublicKey
from cms.trust.root import Root
from cms.trust.shape import Count, Domain, Hash, KeyId, Ms, Uuid, among, between, matches, read
from cms.trust.signed import Signed, Verified, read_body, signed_bytes
from cms.trust.verify import by_role

LIFE: Final = 10 * 60_000  # ms an order lives at most
# A box whose trusted time is a little behind must not refuse what is valid now.
EARLY: Final = 5_000
KEPT: Final = 64  # ends a screen remembers, so that an order that comes twice is answered and not done twice

Ticket = Annotated[str, matches("[A-Za-z0-9_-]{43}")]
Percent = Annotated[int, between(0, 100)]


@dataclass(frozen=True, slots=True)
class Nothing:
    """An action that has no parameters."""


@dataclass(frozen=True, slots=True)
class Upload:
    """`ticket` lets the box hand in one file, once."""

    ticket: Ticket


@dataclass(frozen=True, slots=True)
class Level:
    """Per cent."""

    level: Percent


@dataclass(frozen=True, slots=True)
class Update:
    """`file` is the sha256 of the signed player release; what is in it its own signatures say."""

    file: Hash


ACTIONS: Final[Mapping[str, type[Any]]] = {
    "screenshot": Upload,
    "reload": Nothing,
    "volume": Level,
    "brightness": Level,
    "hours": Hours,
    "cache": Nothing,
    "logs": Upload,
    "update": Update,
}
UPLOADS: Final = frozenset(name for name, form in ACTIONS.items() if form is Upload)


@dataclass(frozen=True, slots=True)
class Order:
    """What one screen is to do. `seq` counts per guard, and a screen heeds each number once."""

    TYPE: ClassVar[str] = "order"

    domain: Domain
    epoch: Count
    guard: KeyId
    seq: Count
    order: Uuid
    screen: Uuid
    action: Annotated[str, among(ACTIONS)]
    params: Mapping[str, object]
    by: Uuid
    not_before: Ms
    expires_at: Ms

    @property
    def told(self) -> Any:
        """The parameters as the dataclass of the action."""
        return read(ACTIONS[self.action], dict(self.params), "order.params")


def read_order(text: str) -> Order:
    """Raises TrustError as `read_body`; also for parameters of another action or a life longer than ten minutes."""
    order = read_body(Order, text)
    check_params(order.action, order.params)
    if not 0 < order.expires_at - order.not_before <= LIFE:
        raise TrustError("trust.schema", field="order.expires_at")
    return order


def check_params(action: str, params: Mapping[str, object]) -> None:
    """Raises TrustError `trust.schema` unless these are the parameters of this action."""
    if action not in ACTIONS:
        raise TrustError("trust.schema", field="order.action")
    read(ACTIONS[action], dict(params), "order.params")


def verify_order(signed: Signed, root: Verified[Root]) -> Verified[Order]:
    """An order signed by the very guard it names. Raises TrustError as `cms.trust.verify`."""
    order = by_role(signed, read_order, root.value, "guard")
    guard = order.value.guard
    own = next((one for one in signed.signatures if one.key == guard), None)
    key = root.value.keys.get(guard) if guard in root.value.roles.guard.keys else None
    data = signed_bytes(Order.TYPE, signed.text)
    if own is None or key is None or not PublicKey.read(key.public).verifies(own.signature, data):
        raise TrustError("trust.signature", role="guard")
    return order


@dataclass(frozen=True, slots=True)
class Ledger:
    """What a screen remembers of orders: the highest number of each guard in this epoch, and how the last ended."""

    epoch: int = 0
    seqs: Mapping[str, int] = field(default_factory=dict)
    ends: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)

    def ended(self, order: str, end: Mapping[str, Any]) -> "Ledger":
        """With the end of an order; the oldest ends are forgotten."""
        kept = {**{name: one for name, one in self.ends.items() if name != order}, order: dict(end)}
        return replace(self, ends=dict(list(kept.items())[-KEPT:]))


def heed(ledger: Ledger, order: Verified[Order], *, screen: str, now: int) -> Ledger:
    """The ledger after an order that is to be done now; it has to be on disk before anything is done.

    Args:
        ledger: what the screen remembers.
        order: verified.
        screen: this screen's id.
        now: trusted time in ms, 0 while none is known.

    Raises:
        TrustError: `hands.target` (another screen's), `hands.time_unknown`, `hands.early`, `hands.expired`,
            `hands.replayed` (this number or a later one of the guard was heeded before).
    """
    body = order.value
    if body.screen != screen:
        raise TrustError("hands.target", screen=body.screen)
    if now <= 0:
        raise TrustError("hands.time_unknown")
    if now < body.not_before - EARLY:
        raise TrustError("hands.early")
    if now >= body.expires_at:
        raise TrustError("hands.expired")
    seqs = ledger.seqs if ledger.epoch == body.epoch else {}
    if body.epoch < ledger.epoch or body.seq <= seqs.get(body.guard, 0):
        raise TrustError("hands.replayed", seq=body.seq)
    return replace(ledger, epoch=body.epoch, seqs={**seqs, body.guard: body.seq})
