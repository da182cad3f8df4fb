"""A signed player on its way into a real box: what is refused, what is installed, and what is left again.

The page is Chromium, moved by the box over its pipes; the box's server is the installed one. Every order is truly
signed by the guard: whoever has that key installs nothing.
"""

import asyncio
import json
import urllib.request
from collections.abc import Mapping
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from cms.hands.order import Order
from cms.signals.software import Software, SoftwareFile, share
from cms.trust.keys import sha256
from cms.trust.signed import Signed
from deploy.players import read_player
from tests.browser.player.test_hands import ends, given, kiosk, until
from tests.fakes.gateway import issue_of
from tests.fakes.pieces import BLUE, piece
from tests.fakes.street import Street, street
from tests.vectors import signals, world
from tests.vectors.orders import order
from tests.vectors.world import DAY, T0, by, uuid_of

pytestmark = pytest.mark.browser

TRIAL_S = 15
SCREEN = uuid_of("screen")
HELD_BACK = next(one for n in range(1_000) if share(one := f"1.1.{n}", SCREEN) >= 10)


def software(town: Street, seq: int, version: str, files: Mapping[str, bytes], **changes: Any) -> Software:
    """A release of these files, which lie at the media server."""
    listed = tuple(SoftwareFile(path, town.gateway.media.put(data), len(data)) for path, data in sorted(files.items()))
    made = Software(world.DOMAIN, 1, seq, version, "0.0.0", 1_000, T0, T0 + 30 * DAY, listed)
    return replace(made, **changes)


def served(town: Street) -> dict[str, str]:
    """Path and sha256 of what the box serves, and which version it says that is."""
    with urllib.request.urlopen(f"{town.url}shell.json", timeout=5) as answer:
        files: dict[str, str] = json.load(answer)["files"]
    with urllib.request.urlopen(f"{town.url}config.json", timeout=5) as answer:
        return files | {"version": json.load(answer).get("version", "")}


class Updates:
    """Orders an update and says how it ended."""

    def __init__(self, town: Street) -> None:
        self.town = town
        self.seq = 0

    async def ended(self, one: Signed | bytes) -> tuple[str, str | None]:
        self.seq += 1
        wire = one if isinstance(one, bytes) else one.wire().encode()
        made: Order = order(self.seq, action="update", params={"file": self.town.gateway.media.put(wire)})
        await given(self.town, made)
        found: list[tuple[str, str | None]] = await until(partial(ends, self.town, made))
        return found[-1]

    def hellos(self, version: str) -> int:
        return sum(one["t"] == "hello" and one["player"] == version for one in self.town.gateway.said)


def bad(town: Street, files: Mapping[str, bytes]) -> dict[str, tuple[Signed | bytes, str]]:
    """Releases that must not be installed, and the code each is refused by."""
    keys, other = signals.PLAYER_KEYS, {**files, "main.js": b"// of another release"}
    make = partial(software, town, 9, "1.1.0", files)
    good = by(make(), *keys)
    mixed = by(software(town, 9, "1.1.0", {**files, "trust/viewer.js": b"// mixed"}), *keys)
    town.gateway.media.files[sha256(b"// mixed")] = files["trust/viewer.js"]
    absent = by(software(town, 9, "1.1.0", {**files, "gone.js": b"// nowhere"}), *keys)
    del town.gateway.media.files[sha256(b"// nowhere")]
    return {
        "unsigned": (replace(good, signatures=()), "trust.signature"),
        "signed by one of two": (by(make(), keys[0]), "trust.signature"),
        "signed by one of two twice": (replace(good, signatures=good.signatures[:1] * 2), "trust.signature"),
        "altered": (replace(good, text=good.text.replace('"1.1.0"', '"1.1.1"')), "trust.signature"),
        "signatures of another": (replace(by(software(town, 9, "1.1.0", other), *keys), signatures=good.signatures),
                                  "trust.signature"),
        "signed by the guard": (by(make(), "guard", "root"), "trust.signature"),
        "another district": (by(make(domain="huqiu.example"), *keys), "trust.domain"),
        "an epoch nobody opened": (by(make(epoch=2), *keys), "trust.epoch"),
        "over": (by(make(expires_at=T0 + 1), *keys), "trust.expired"),
        "of the first hundredth": (by(replace(make(), version=HELD_BACK, stage=10), *keys), "hands.not_staged"),
        "without a page": (by(software(town, 9, "1.1.0", {"main.js": b"//"}), *keys), "hands.no_page"),
        "mixed files": (mixed, "trust.hash"),
        "a file is missing": (absent, "hands.download"),
        "no release": (b"{}", "trust.schema"),
        "a manifest": (by(issue_of([], version=9).manifest(), "guard"), "trust.type"),
    }  # fmt: skip


async def test_box_refuses_what_is_not_signed_for_it_installs_what_is_and_leaves_what_does_not_run(
    tmp_path: Path,
) -> None:
    async with street(tmp_path / "box", trial=TRIAL_S) as town, kiosk(town, tmp_path / "profile"):
        gateway, updates = town.gateway, Updates(town)
        await until(lambda: any(one["t"] == "pair" for one in gateway.said))
        gateway.pair()
        await until(lambda: gateway.pinned is not None)
        blue = piece(gateway.media, "垂虹桥畔夜市开市", BLUE)
        await gateway.publish(issue_of([blue], version=1))
        await until(lambda: 1 in gateway.acks("shown"))
        # The key of the players came after this box was installed: page and box walk there.
        await gateway.send({"t": "roots", "roots": [by(signals.SOFTWARE_ROOT, "root").value()]})
        held = town.folder / "state" / "roots.json"
        await until(held.exists)

        files = {
            path: data for path, (data, _) in (await asyncio.to_thread(read_player, town.folder / "player")).items()
        }
        before, shown = await asyncio.to_thread(served, town), gateway.acks("shown")
        for kind, (one, code) in bad(town, files).items():
            assert await updates.ended(one) == ("failed", code), kind
        assert await asyncio.to_thread(served, town) == before
        assert (updates.hellos("1.0.0"), gateway.acks("shown")) == (0, shown)  # not even loaded again

        newer = {**files, "main.js": files["main.js"] + b"\n// the next one\n"}
        good = by(software(town, 9, "1.1.0", newer), *signals.PLAYER_KEYS)
        assert await updates.ended(good) == ("done", None)
        await until(lambda: updates.hellos("1.1.0") == 1)
        now = await asyncio.to_thread(served, town)
        assert (now["version"], now["/main.js"]) == ("1.1.0", sha256(newer["main.js"]))
        older = by(software(town, 8, "1.0.9", files), *signals.PLAYER_KEYS)
        assert await updates.ended(older) == ("failed", "trust.rollback")

        broken = {**newer, "main.js": b"throw new Error('it does not start')"}
        worse = by(software(town, 10, "1.2.0", broken), *signals.PLAYER_KEYS)
        assert await updates.ended(worse) == ("failed", "hands.no_beat")
        assert (updates.hellos("1.1.0"), updates.hellos("1.2.0")) == (2, 0)
        assert await asyncio.to_thread(served, town) == now
        gateway.said.clear()
        await gateway.publish(issue_of([blue], version=2, root=signals.SOFTWARE_ROOT))
        await until(lambda: 2 in gateway.acks("shown"))
