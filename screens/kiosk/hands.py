"""A box's hands: an order is verified here once more, written down, done by one row of a table, and its end remembered.

The page brings orders, but nothing it says is believed: the root came with the installation, the facts of the screen,
the time and the order are each signed by a guard. An order is on the disk as heeded before anything of it is done.
"""

import datetime as dt
import logging
import threading
import urllib.error
import urllib.request
from collections.abc import Callable, Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any, Final, Protocol

from cms.hands.hours import Hours, is_on
from cms.hands.order import ACTIONS, Ledger, Order, heed, verify_order
from cms.trust.errors import TrustError
from cms.trust.root import Root, read_root
from cms.trust.shape import read
from cms.trust.signed import Signed, Verified, plain
from cms.trust.verify import verify_beacon, verify_root, verify_screen
from screens.kiosk import keeping
from screens.kiosk.clock import TrustedClock
from screens.kiosk.diary import Diary
from screens.kiosk.keeping import DiskFull
from screens.kiosk.limbs import LimbFailed

UPLOAD_SECONDS: Final = 60.0
# limb of the box that an action needs; those that need none are always there
NEEDS: Final[Mapping[str, str]] = {
    "screenshot": "screenshot",
    "reload": "reload",
    "cache": "cache",
    "volume": "volume",
    "brightness": "brightness",
    "hours": "power",
}
ALWAYS: Final = ("logs",)

log = logging.getLogger("yunping.hands")
Json = dict[str, Any]


class Moving(Protocol):
    """`limbs.LimbClient`."""

    def can(self) -> list[str]: ...

    def move(self, limb: str, level: int = 0) -> tuple[int | None, bytes]: ...


class Failed(Exception):
    """An order could not be done; the text is its code."""


class Later(Exception):
    """An order was begun; how it ends is told to `Hands.ended`."""


class Hands:
    """The orders of one box. `state` is a folder that survives a power cut; `server` takes what is handed in."""

    def __init__(
        self,
        state: Path,
        *,
        root: Mapping[str, Any],
        server: str,
        limbs: Moving,
        diary: Diary,
        clock: TrustedClock,
        more: Mapping[str, Callable[[Order], int | None]] | None = None,
    ) -> None:
        self._state = state
        self._server = server.rstrip("/")
        self._limbs = limbs
        self._diary = diary
        self.clock = clock
        self._more = dict(more or {})
        self._believing = threading.Lock()
        self._doing = threading.Lock()
        self._root = verify_root(Signed.of(dict(root)), None)
        for one in keeping.load(state / "roots.json", []):
            self._root = verify_root(Signed.of(one), self._root)
        self._ledger = _ledger(keeping.load(state / "orders.json", {}))
        self.hours = _hours(keeping.load(state / "hours.json", {}))

    @property
    def root(self) -> Verified[Root]:
        return self._root

    def can(self) -> list[str]:
        """The actions of this box, in the order of the closed list."""
        limbs = self._limbs.can()
        able = {action for action, limb in NEEDS.items() if limb in limbs} | {*ALWAYS, *self._more}
        return [action for action in ACTIONS if action in able]

    def ends(self) -> Json:
        """How the last orders ended, for a page that was loaded again meanwhile."""
        return {name: dict(end) for name, end in self._ledger.ends.items()}

    def is_on(self) -> bool:
        """Whether the hours have the screen on now; without a time, or without hours, it is."""
        at = self.clock.guess()
        return self.hours is None or not at or is_on(self.hours, dt.datetime.fromtimestamp(at / 1000, dt.UTC))

    def believe(self, told: Mapping[str, Any]) -> None:
        """Newer roots and the last beacon, as far as they are signed. Raises TrustError."""
        with self._believing:
            for one in told.get("roots") or ():
                self._next_root(Signed.of(one))
            if told.get("beacon"):
                beacon = verify_beacon(Signed.of(told["beacon"]), self._root)
                self.clock.hear(beacon.value.at)

    def order(self, told: Mapping[str, Any]) -> Json:
        """Does what a signed order says; {"state", "code"?, "value"?}. Nothing is raised: a refusal is an answer."""
        name = ""
        try:
            self.believe({key: value for key, value in told.items() if key in {"roots", "beacon"}})
            facts = verify_screen(Signed.of(told.get("screen")), self._root)
            order = verify_order(Signed.of(told.get("order")), self._root)
            name = order.value.order
            with self._believing:
                if name in self._ledger.ends:
                    return dict(self._ledger.ends[name])
                now = self.clock.heard() or _plain_time(told.get("at"))
                heeded = heed(self._ledger, order, screen=facts.value.screen, now=now)
                self._remember(heeded)
        except TrustError as fault:
            log.warning("an order was refused: %s", fault.code)
            return {"state": "refused", "code": fault.code}
        except (DiskFull, OSError):
            return {"state": "failed", "code": "hands.full"}  # not written down is not heeded
        try:
            end = self._done(order.value)
        except Later:
            return {"state": "received"}
        self.ended(name, end)
        return end

    def ended(self, order: str, end: Json) -> None:
        """Remembers how an order ended; a full disk forgets it, and the order is refused as a repeat next time."""
        with self._believing:
            try:
                self._remember(self._ledger.ended(order, end))
            except (DiskFull, OSError):
                log.warning("the end of an order could not be written down")

    # ------------------------------------------------------------ doing

    def _done(self, order: Order) -> Json:
        log.info("order %s: %s", order.order, order.action)
        try:
            with self._doing:
                value = self._act(order)
        except (LimbFailed, Failed) as fault:
            log.warning("order %s failed: %s", order.order, fault)
            return {"state": "failed", "code": str(fault)}
        except DiskFull:
            return {"state": "failed", "code": "hands.full"}
        return {"state": "done", **({} if value is None else {"value": value})}

    def _act(self, order: Order) -> int | None:
        told = order.told
        match order.action:
            case "volume" | "brightness":
                return self._limbs.move(order.action, told.level)[0]
            case "reload":
                return self._limbs.move("reload")[0]
            case "screenshot":
                _, picture = self._limbs.move("screenshot")
                self._hand_in(order, picture, "image/webp", told.ticket)
            case "logs":
                self._hand_in(order, self._diary.text().encode(), "text/plain; charset=utf-8", told.ticket)
            case "hours":
                self._set_hours(told)
            case _ if order.action in self._more:
                return self._more[order.action](order)
            case _:
                raise Failed("hands.no_limb")
        return None

    def _set_hours(self, hours: Hours) -> None:
        keeping.keep(self._state / "hours.json", plain(hours))
        self.hours = hours if hours.open else None
        self.keep_hours()

    def keep_hours(self) -> None:
        """The outputs as the hours say; asked every few seconds, moved only when it differs. Raises LimbFailed."""
        self._limbs.move("power", int(self.is_on()))

    def _hand_in(self, order: Order, data: bytes, media_type: str, ticket: str) -> None:
        """One file, with the ticket of its order. Raises Failed."""
        asked = urllib.request.Request(  # noqa: S310 - the scheme was checked with the configuration
            f"{self._server}/box/v1/files/{order.order}",
            data=data,
            headers={"Content-Type": media_type, "Authorization": f"Ticket {ticket}"},
            method="PUT",
        )
        try:
            with urllib.request.urlopen(asked, timeout=UPLOAD_SECONDS):  # noqa: S310
                return
        except (urllib.error.URLError, OSError) as problem:
            raise Failed("hands.upload") from problem

    # ------------------------------------------------------------ remembering

    def _next_root(self, signed: Signed) -> None:
        if read_root(signed.text).version <= self._root.value.version:
            return
        made = verify_root(signed, self._root)
        kept = keeping.load(self._state / "roots.json", [])
        keeping.keep(self._state / "roots.json", [*kept, signed.value()])
        self._root = made

    def _remember(self, ledger: Ledger) -> None:
        keeping.keep(self._state / "orders.json", asdict(ledger))
        self._ledger = ledger


def _plain_time(at: object) -> int:
    """What the page says the server said, where no guard has told a time yet; an order's number still works once."""
    return at if isinstance(at, int) and not isinstance(at, bool) and at > 0 else 0


def _ledger(noted: Json) -> Ledger:
    try:
        return Ledger(int(noted["epoch"]), dict(noted["seqs"]), dict(noted["ends"]))
    except (KeyError, TypeError, ValueError):
        return Ledger()


def _hours(noted: Json) -> Hours | None:
    try:
        made = read(Hours, noted, "hours")
    except TrustError:
        return None
    return made if made.open else None
