"""The demo's three screens: installed copies of the player on loopback ports, paired without typing a code."""

import datetime as dt
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from sqlalchemy import func, select

from cms.kernel.db import Database
from cms.people.actor import Actor, Grant
from cms.people.roles import Role
from deploy.demo import FIRST_PORT, world
from deploy.settings import Settings
from deploy.supervisor import Child
from screens.pairing import claim
from screens.tables import PairingAttempt, Screen

INSTALL: Final = Path(__file__).resolve().parents[2] / "screens" / "kiosk" / "install"


def install(settings: Settings, root: Path) -> list[Child]:
    """Copies the player for each demo screen with the installer a real box uses; blocking."""
    children: list[Child] = []
    for number, row in enumerate(world()["screens"]):
        folder = settings.data.resolve() / "screens" / str(number + 1)
        command = [
            str(INSTALL),
            "--prefix",
            str(folder),
            "--server",
            settings.public,
            "--gateway",
            settings.gateway,
            "--media",
            settings.media,
            "--root",
            str(root),
            "--name",
            row["name"],
            "--port",
            str(FIRST_PORT + number),
        ]
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL)  # noqa: S603 - our own script
        argv = (sys.executable, str(folder / "box.py"), "--dir", str(folder), "--port", str(FIRST_PORT + number))
        children.append(Child(f"demo-screen-{number + 1}", argv))
    return children


async def pair_waiting(db: Database, keeper: Actor, *, now: dt.datetime) -> Sequence[str]:
    """Pairs devices that show a code, as long as the demo has screens left; returns their names."""
    async with db.read() as session:
        codes = (await session.scalars(select(PairingAttempt.code).where(PairingAttempt.expires_at > now))).all()
        taken = await session.scalar(select(func.count()).select_from(Screen)) or 0
    rows = world()["screens"][taken : taken + len(codes)]
    operator = Actor(keeper.person, keeper.name, keeper.unit, (Grant(Role.OPERATOR, keeper.unit),))
    names: list[str] = []
    for code, row in zip(codes, rows, strict=False):
        unit = f"{keeper.unit}{row['unit']}/"
        await claim(db, operator, code=code, unit=unit, name=row["name"], now=now)
        names.append(row["name"])
    return names
