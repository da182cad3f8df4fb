"""The parts of a box put together: hands, media, players, clock, log; what the page says goes to the one it is for."""

import contextlib
import http.server
import logging
import re
import threading
from collections.abc import Callable, Mapping
from http import HTTPStatus
from pathlib import Path
from typing import Any, Final

from cms.hands.line import FREE, Policy
from cms.hands.order import Order
from cms.trust.errors import TrustError
from cms.trust.limits import MAX_TEXT
from cms.trust.shape import read
from screens.kiosk import keeping
from screens.kiosk.clock import TrustedClock
from screens.kiosk.depot import BLOCK, Depot, files_of
from screens.kiosk.diary import Diary
from screens.kiosk.hands import Failed, Hands, Later
from screens.kiosk.keeping import DiskFull
from screens.kiosk.limbs import LimbClient, LimbFailed
from screens.kiosk.slots import TRIAL_SECONDS, Slots, UpdateFailed, fetched

LOOK_SECONDS: Final = 1.0
HOURS_EVERY: Final = 20  # looks
_MEDIA: Final = re.compile(r"https?://[A-Za-z0-9.:\[\]-]{1,300}(/[A-Za-z0-9._/-]{0,200})?")

log = logging.getLogger("yunping.machine")
Json = dict[str, Any]


class TellFault(Exception):
    """The page said something that makes no sense here."""


class Machine:
    """What of this box can be moved, and what it keeps."""

    def __init__(
        self,
        installed: Path,
        state: Path,
        config: Mapping[str, Any],
        *,
        limbs: Path | None,
        trial: float = TRIAL_SECONDS,
        clock: TrustedClock | None = None,
    ) -> None:
        state.mkdir(parents=True, exist_ok=True)
        self._media = str(config["media"])
        self._order_running = ""
        self._share_port = 0
        self.on_player: Callable[[], None] = lambda: None
        self.diary = Diary()
        logging.getLogger("yunping").addHandler(self.diary)
        self.clock = clock or TrustedClock(state / "clock.json")
        self.limbs = LimbClient(limbs or state / "limbs.sock")
        self.depot = Depot(state / "media", clock=self.clock)
        self.depot.base = self._media
        self._line_file = state / "line.json"
        kept = keeping.load(self._line_file, {})
        self.depot.policy, self.depot.screen = _policy(kept.get("policy")) or FREE, str(kept.get("screen") or "")
        self.share: Share | None = None
        try:
            self.hands: Hands | None = Hands(
                state,
                root=config["root"],
                server=str(config["server"]),
                limbs=self.limbs,
                diary=self.diary,
                clock=self.clock,
                more={"cache": self._clear, "update": self._update},
            )
        except TrustError as fault:
            # A box whose root nobody can verify still shows its slate; it heeds nobody.
            log.warning("no orders here: %s", fault.code)
            self.hands = None
        self.slots = Slots(installed, state, changed=self._swapped, ended=self._ended, trial=trial)

    def start(self, over: threading.Event, *, share: int) -> None:
        """The work that goes on beside the server."""
        self._share_port = share
        self._follow_share()
        for work in (lambda: self.depot.run(over), lambda: self._look(over)):
            threading.Thread(target=work, daemon=True).start()

    # ------------------------------------------------------------ what the page says and asks

    def facts(self) -> Json:
        """What this box can do and how it is."""
        hands = self.hands
        trial = self.slots.is_on_trial  # before the ends: a trial that is over has left one there
        return {
            "can": hands.can() if hands else [],
            "ends": hands.ends() if hands else {},
            "on": hands.is_on() if hands else True,
            "depot": self.depot.facts(),
            "trial": trial,
        }

    def order(self, told: Json) -> Json:
        if self.hands is None:
            return {"state": "refused", "code": "hands.no_limb"}
        self._order_running = str(told.get("player") or "")
        return self.hands.order(told)

    def believe(self, told: Json) -> None:
        """Newer roots and a beacon, as far as they are signed."""
        if self.hands is not None:
            try:
                self.hands.believe(told)
            except TrustError as fault:
                log.info("not believed: %s", fault.code)

    def healthy(self, told: Json) -> Json:
        """The page is alive; what it has newly heard of roots and time is believed as far as it is signed."""
        if told.get("beacon"):
            self.believe(told)
        self.slots.beaten(str(told.get("player") or ""), linked=told.get("linked") is True)
        return {"on": self.hands.is_on() if self.hands else True}

    def line(self, told: Json) -> None:
        """The rules of the line, the screen's id and where the media server is; bounded, and good for media alone.

        Rules hold until others are told, also over a power cut: a whole house that starts at noon must not fetch the
        night's films before its gateway has spoken. Not named, they stay; null takes them away.
        """
        kept = keeping.load(self._line_file, {})
        if "policy" in told:
            policy = _policy(told["policy"]) if told["policy"] else FREE
            if policy is None:
                raise TellFault("policy")
            self.depot.policy = policy
        base = str(told.get("media") or self.depot.base)
        if not _MEDIA.fullmatch(base):
            raise TellFault("media")
        self.depot.base, self.depot.screen = base, str(told.get("screen") or self.depot.screen)[:64]
        now = {"policy": told["policy"] if "policy" in told else kept.get("policy"), "screen": self.depot.screen}
        if now != kept:
            with contextlib.suppress(DiskFull, OSError):
                keeping.keep(self._line_file, now)
        self._follow_share()

    def want(self, told: Json) -> Json:
        return {"files": self.depot.want(files_of(told["files"])), "depot": self.depot.facts()}

    # ------------------------------------------------------------ parts

    def _clear(self, _order: Order) -> int:
        """What is kept here and in the browser's own cache; what stands on the glass the page holds itself."""
        gone = self.depot.drop_unused(everything=True)
        if "cache" in self.limbs.can():
            self.limbs.move("cache")
        return gone

    def _update(self, order: Order) -> None:
        if self.hands is None:
            raise Failed("hands.no_limb")
        try:
            wire = fetched(f"{self.depot.base.rstrip('/')}/a/{order.told.file}", MAX_TEXT)
            running = self.slots.version or self._order_running
            now = self.clock.heard() or order.not_before
            is_new = self.slots.take(order, wire, self.depot.base, root=self.hands.root, running=running, now=now)
        except UpdateFailed as fault:
            raise Failed(str(fault)) from fault
        if is_new:
            raise Later

    def _swapped(self) -> None:
        """Another player is served: the browser loads it, or the page does when it hears so."""
        self.on_player()
        try:
            self.limbs.move("reload")
        except LimbFailed:
            return

    def _ended(self, order: str, end: Json) -> None:
        if self.hands is not None:
            self.hands.ended(order, end)

    def _look(self, over: threading.Event) -> None:
        looks = 0
        while not over.wait(LOOK_SECONDS):
            self.slots.look()
            looks += 1
            if looks % HOURS_EVERY == 0 and self.hands is not None and self.hands.hours is not None:
                try:
                    self.hands.keep_hours()
                except LimbFailed as fault:
                    log.info("hours not kept: %s", fault)

    def _follow_share(self) -> None:
        """The door to the neighbours, open only where the rules say so."""
        if self.depot.policy.share and self.share is None and self._share_port:
            try:
                self.share = Share(("", self._share_port), self.depot)
            except OSError as problem:
                log.warning("the house's door stays closed: %s", problem)
                return
            threading.Thread(target=self.share.serve_forever, daemon=True).start()
        elif not self.depot.policy.share and self.share is not None:
            self.share.shutdown()
            self.share.server_close()
            self.share = None


def _policy(told: Any) -> Policy | None:
    """The rules a page told or the disk kept; None for what are none."""
    try:
        return read(Policy, dict(told), "policy")
    except (TrustError, TypeError, ValueError):
        return None


class Share(http.server.ThreadingHTTPServer):
    """Hands whole files to the neighbours in the house, by hash; nothing else, and nothing is taken."""

    daemon_threads = True
    allow_reuse_address = True

    def __init__(self, address: tuple[str, int], depot: Depot) -> None:
        super().__init__(address, _Door)
        self.depot = depot


class _Door(http.server.BaseHTTPRequestHandler):
    server_version = "yunping-box"
    sys_version = ""
    protocol_version = "HTTP/1.1"
    timeout = 30
    server: Share

    def do_GET(self) -> None:
        name = self.path.removeprefix("/a/")
        path = self.server.depot.path(name)
        if path is None:
            # "Coming" keeps a whole house from asking the far server at once.
            coming = self.server.depot.is_coming(name)
            self._head(HTTPStatus.SERVICE_UNAVAILABLE if coming else HTTPStatus.NOT_FOUND, 0)
            return
        size = path.stat().st_size
        found = re.fullmatch(r"bytes=(\d{1,15})-", self.headers.get("Range") or "bytes=0-")
        start = min(int(found.group(1)), size) if found else 0
        with path.open("rb") as file:
            file.seek(start)
            self._head(HTTPStatus.PARTIAL_CONTENT if start else HTTPStatus.OK, size - start)
            while block := file.read(BLOCK):
                self.wfile.write(block)

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the name is http.server's
        log.debug(format, *args)

    def _head(self, status: HTTPStatus, length: int) -> None:
        self.send_response(status)
        self.send_header("Content-Length", str(length))
        self.send_header("Content-Type", "application/octet-stream")
        if status is HTTPStatus.SERVICE_UNAVAILABLE:
            self.send_header("Retry-After", "2")
        self.end_headers()
