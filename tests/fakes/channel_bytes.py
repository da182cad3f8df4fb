"""`python -m tests.fakes.channel_bytes SEED`: the hash of everything a channel says through an edited day."""

import datetime as dt
import hashlib
import random
import sys

from renderers.tv import playlists
from renderers.tv.plan import Plan, encode
from renderers.tv.programme import planned
from tests.fakes.channel import NOW, slot_of
from tests.fakes.lineups import Office


def told(seed: int) -> str:
    office = Office(random.Random(seed))
    plan: Plan | None = None
    said = hashlib.sha256()
    for hour in range(0, 24, 3):
        now = NOW + hour * dt.timedelta(hours=1)
        plan = planned(plan, office.live(now), office.slate, code="c", name="c", now=now)
        office.edit()
        said.update(encode(plan))
        said.update(playlists.master(plan).encode())
        said.update(playlists.live(plan, "720", slot_of(now)).encode())
    return said.hexdigest()


if __name__ == "__main__":
    sys.stdout.write(told(int(sys.argv[1])) + "\n")
