"""Boxes with the real two player folders, the signed players they are offered, and what the media server hands out."""

from dataclasses import replace
from pathlib import Path

from cms.hands.order import Order
from cms.signals.software import Software, SoftwareFile
from cms.trust.keys import sha256
from cms.trust.root import Role, RootKey
from cms.trust.signed import Signed, sign
from cms.trust.verify import verify_root
from screens.kiosk.slots import Slots
from tests.vectors import world

VERSION = "1.1.0"
PAGE = b"<!doctype html><title>broken</title>"


def release(stage: int, *, seq: int = 1, page: bytes = PAGE) -> Signed:
    file = SoftwareFile("index.html", sha256(page), len(page))
    made = Software(world.DOMAIN, 1, seq, VERSION, "0.0.0", stage, world.T0, world.T0 + world.YEAR, (file,))
    return sign(made, [world.key_of("player")])


def root() -> Signed:
    key = world.key_of("player").public
    made = world.root()
    roles = replace(made.roles)
    with_player = replace(
        made, keys={**made.keys, key.id: RootKey("ed25519", key.text)}, roles=roles, player=Role((key.id,), 1)
    )
    return world.by(with_player, "root")


class Line:
    """What the media server would hand out."""

    def __init__(self, *files: bytes) -> None:
        self.files = {sha256(one): one for one in files}

    def __call__(self, url: str, most: int = 0) -> bytes:
        return self.files[url.rpartition("/")[2]][: most + 1]


class Box:
    """A simulated box with the real two folders."""

    def __init__(self, folder: Path) -> None:
        self.time = 0.0
        self.ends: list[dict[str, object]] = []
        (folder / "installed").mkdir(parents=True)
        (folder / "installed" / "index.html").write_text("installed")
        self.folder = folder
        self.slots = self.start()

    def start(self) -> Slots:
        return Slots(
            self.folder / "installed",
            self.folder,
            changed=lambda: None,
            ended=lambda _, end: self.ends.append(end),
            ticks=lambda: self.time,
        )

    def take(self, order: Order, wire: str, *, running: str = "1.0.0") -> bool:
        now = world.T0 + 1
        verified = verify_root(root(), None)
        return self.slots.take(order, wire.encode(), "http://media", root=verified, running=running, now=now)


def an_order(screen: str) -> Order:
    at = world.T0
    return Order(
        *(world.DOMAIN, 1, "a" * 32, 1, world.uuid_of("order"), screen, "update"),
        *({"file": "a" * 64}, world.uuid_of("ma"), at, at + 1),
    )  # fmt: skip
