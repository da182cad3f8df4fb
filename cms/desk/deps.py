"""What the desk is given by whoever wires the processes; it makes nothing of this itself."""

import datetime as dt
import uuid
import zoneinfo
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

from cms.airing.monitor import Probe, Still
from cms.contract import Channel, Services, Site, Target, Vault
from cms.datafeeds.signing import FeedSigner
from cms.hands.signing import OrderSigner
from cms.kernel.clock import Clock
from cms.kernel.db import Database
from cms.kernel.messages import Catalogue
from cms.kernel.metrics import Metrics
from cms.library.fetching import PictureSource
from cms.library.upload import Workshop
from cms.people.passwords import Passwords
from cms.people.sealing import Sealer
from cms.people.sessions import SessionRules
from cms.people.signing import Signer
from cms.publishing.guarding import Guard
from cms.review.dead_links import LinkAsker
from cms.review.release import Press
from cms.trust.delegations import Delegations
from cms.trust.signed import Verified


class Keys(Signer, Protocol):
    """The keeper of personal keys, and the way roles become rights to sign."""

    async def delegations(self) -> Verified[Delegations]:
        """Who may sign now. Raises Unavailable when the guard is down."""
        ...

    async def epoch(self) -> int: ...

    async def delegate(
        self, db: Database, *, by: uuid.UUID | None = None, password: str | None = None, secret: str | None = None
    ) -> None:
        """Brings the guard's delegations to what the rows say; does nothing when they agree.

        Raises Denied when the password is wrong or `by` may not, Unavailable when the guard is down.
        """
        ...


@dataclass(frozen=True, slots=True)
class DeskDeps:
    """Everything the pages work with, made once a process.

    Attributes:
        workshop: takes pictures in; its store is the one pictures are shown from.
        keys: enrols, seals, signs and delegates; the guard is behind it.
        guard: takes recalls.
        press: what of this installation goes into a release, for an epoch.
        vault: the secrets of an account, by its name; the desk only puts them in.
        sealer: seals the secrets of people's authenticators.
        archive: where the record's archives and the last seen end of its chain lie.
        stale_after: how long an account may stay unused before it is flagged.
        pictures: where pictures of pasted pages may be fetched.
        services: what a channel is given of a target's account, for the consent of a person.
        first_run_secret: the guard's secret of the first run, empty once it is used.
        secure: cookies carry ``Secure`` and the ``__Host-`` prefix; False on plain loopback only.
        hands: signs orders to screens; None: nobody does.
        feeds: signs values of data feeds; None: nobody does.
        links: asks the addresses a piece names; None: nobody asks.
        outputs_anywhere: channels may be sent outside private networks.
        newest: what a viewer of a channel gets last; None: the wall shows plans only.
        still: a picture of what a channel shows; None: the wall shows posters.
        entries: an entry to the pages for a remote of a kind's targets, for a person; None: pages open without one.
        behind_proxy: the peer is our own proxy, whose X-Forwarded-For names the visitor.
    """

    db: Database
    clock: Clock
    workshop: Workshop
    keys: Keys
    guard: Guard
    press: Callable[[int], Press]
    first_run_secret: Callable[[], Awaitable[str]]
    passwords: Passwords
    channels: Mapping[str, Channel]
    vault: Callable[[str], Vault]
    sealer: Sealer
    pictures: PictureSource
    services: Callable[[Target], Services]
    site: Site
    catalogue: Catalogue
    secure: bool
    session_rules: SessionRules = field(default_factory=SessionRules)
    zone: zoneinfo.ZoneInfo = field(default_factory=lambda: zoneinfo.ZoneInfo("Asia/Shanghai"))
    language: str = "zh-CN"
    metrics: Metrics | None = None
    behind_proxy: bool = False
    archive: Path = Path("var/audit")
    stale_after: dt.timedelta = dt.timedelta(days=90)
    links: LinkAsker | None = None
    hands: OrderSigner | None = None
    feeds: FeedSigner | None = None
    outputs_anywhere: bool = False
    newest: Probe | None = None
    still: Still | None = None
    entries: Callable[[str, Sequence[Target], str], str] | None = None

    def now(self) -> dt.datetime:
        return self.clock.now()
