"""What the desk is given by whoever wires the processes; it makes nothing of this itself."""

import datetime as dt
import uuid
import zoneinfo
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import Protocol

from cms.contract import Channel, Site
from cms.guard.client import GuardClient
from cms.kernel.clock import Clock
from cms.kernel.db import Database
from cms.kernel.messages import Catalogue
from cms.kernel.metrics import Metrics
from cms.library.upload import Workshop
from cms.people.passwords import Passwords
from cms.people.sessions import SessionRules
from cms.people.signing import Signer
from cms.publishing.guarding import Guard
from cms.trust.delegations import Delegations
from cms.trust.errors import TrustError
from cms.trust.root import Root
from cms.trust.signed import Signed, Verified
from cms.trust.verify import verify_delegations, verify_root
from media.store import Store


class Keys(Signer, Protocol):
    """The keeper of personal keys, and the way roles become rights to sign."""

    async def delegate(
        self,
        db: Database,
        *,
        by: uuid.UUID | None = None,
        password: str | None = None,
        secret: str | None = None,
    ) -> None:
        """Brings the guard's delegations to what the rows say; does nothing when they agree.

        Raises Denied when the password is wrong or `by` may not, Unavailable when the guard is down.
        """
        ...


@dataclass(frozen=True, slots=True)
class Standing:
    """Who may sign, as the guard has it now."""

    delegations: Verified[Delegations]
    epoch: int
    first_run: bool
    """Whether the first run's secret is still good: nobody was delegated yet."""


@dataclass(frozen=True, slots=True)
class DeskDeps:
    """Everything the pages work with, made once a process.

    Attributes:
        keys: enrols, seals, signs and delegates; the guard is behind it.
        guard: recalls and registers.
        standing: who may sign now (`guard_standing(client)`).
        first_run_secret: the guard's secret of the first run, empty once it is used.
        domain: the trust domain; it stands in every release.
        secure: cookies carry ``Secure`` and the ``__Host-`` prefix; False on plain loopback only.
        behind_proxy: the peer is our own proxy, whose X-Forwarded-For names the visitor.
    """

    db: Database
    clock: Clock
    store: Store
    workshop: Workshop
    keys: Keys
    guard: Guard
    standing: Callable[[], Awaitable[Standing]]
    first_run_secret: Callable[[], Awaitable[str]]
    passwords: Passwords
    channels: Mapping[str, Channel]
    site: Site
    catalogue: Catalogue
    domain: str
    secure: bool
    session_rules: SessionRules = field(default_factory=SessionRules)
    zone: zoneinfo.ZoneInfo = field(default_factory=lambda: zoneinfo.ZoneInfo("Asia/Shanghai"))
    language: str = "zh-CN"
    metrics: Metrics | None = None
    behind_proxy: bool = False

    def now(self) -> dt.datetime:
        return self.clock.now()


def guard_standing(client: GuardClient) -> Callable[[], Awaitable[Standing]]:
    """Asks the guard who may sign, and checks its answer. Raises GuardRefused, TrustError."""

    async def ask() -> Standing:
        state = await client.state()
        root: Verified[Root] | None = None
        for text in state["roots"]:
            root = verify_root(Signed.of(text), root)
        if root is None:
            raise TrustError("trust.root")
        delegations = verify_delegations(Signed.of(state["delegations"]), root)
        return Standing(delegations, root.value.epoch, first_run=bool(state["first_run"]))

    return ask
