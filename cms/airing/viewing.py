"""How many watch a channel: sessions out of requests for its moving list, by a rule that is pure and names nobody.

A viewer is a hash of a token, or of address and player, with a salt that is thrown away with the day: on the next day
the same person is another viewer, and nobody can ask whether somebody watched. A session lasts while the list is asked
for again within `GAP`; when it is over, only its seconds are kept, in the sums of the day.
"""

import datetime as dt
import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

# A list is asked for every four seconds; a player that is paused or stalls for longer has stopped watching.
GAP: Final = dt.timedelta(seconds=60)
# Another process may still have a batch in its hand: a session is closed only when that has come too.
SETTLE: Final = dt.timedelta(seconds=30)
MOST: Final = 100_000
"""Viewers one process holds between two batches; beyond that it only counts how many it did not look at."""
_DIGEST: Final = 16

Key = tuple[str, str]
"""A target's code and a viewer."""


@dataclass(frozen=True, slots=True)
class Seen:
    """A viewer asked from `first` to `last`; `last` is `first` for a single request."""

    first: dt.datetime
    last: dt.datetime

    def with_(self, other: "Seen") -> "Seen":
        return Seen(min(self.first, other.first), max(self.last, other.last))

    def goes_on(self, after: "Seen") -> bool:
        """Whether this is still the session that `after` is a part of."""
        return self.first <= after.last + GAP and after.first <= self.last + GAP

    @property
    def seconds(self) -> int:
        return round((self.last - self.first).total_seconds())


@dataclass(frozen=True, slots=True)
class Sums:
    """What a batch adds to a day."""

    sessions: int = 0
    seconds: int = 0


@dataclass(frozen=True, slots=True)
class Merged:
    """What a batch makes of the sessions that stood: those that stand now, and what is added to the day."""

    open: Mapping[str, Seen]
    sums: Sums


def viewer(salt: bytes, token: str, address: str, agent: str) -> str:
    """Who asks, as a word nobody can read back without the salt of that day."""
    who = f"t:{token}" if token else f"a:{address}\n{agent}"
    return hashlib.blake2b(who.encode(), digest_size=_DIGEST, key=salt).hexdigest()


def merged(standing: Mapping[str, Seen], batch: Mapping[str, Seen], *, now: dt.datetime) -> Merged:
    """The sessions of one channel after a batch: gone on, begun, or over.

    Several processes see parts of one viewer. Their batches give the same sessions in any order, when each comes within
    half of `SETTLE` and a viewer asks at least every `GAP - SETTLE`; players ask every four seconds.
    """
    open_ = dict(standing)
    sessions = seconds = 0
    for name, seen in batch.items():
        before = open_.get(name)
        if before is None:
            sessions += 1
            open_[name] = seen
        elif seen.goes_on(before):
            open_[name] = before.with_(seen)
        elif seen.first > before.last:
            sessions, seconds = sessions + 1, seconds + before.seconds
            open_[name] = seen
        else:
            # A part of a session that is over already came late: it is one of its own.
            sessions, seconds = sessions + 1, seconds + seen.seconds
    over = [name for name, seen in open_.items() if seen.last + GAP + SETTLE < now]
    seconds += sum(open_.pop(name).seconds for name in over)
    return Merged(open_, Sums(sessions, seconds))


class Counter:
    """What one process saw since its last batch; nothing here waits, and it never grows beyond `MOST`."""

    def __init__(self) -> None:
        self.salt = b""
        self.missed = 0
        self._seen: dict[Key, Seen] = {}

    def saw(self, code: str, token: str, address: str, agent: str, now: dt.datetime) -> None:
        """One request for a channel's list; before the day's salt is known nobody is counted."""
        if not self.salt:
            return
        key = (code, viewer(self.salt, token, address, agent))
        before = self._seen.get(key)
        if before is None and len(self._seen) >= MOST:
            self.missed += 1
            return
        self._seen[key] = Seen(now, now) if before is None else Seen(before.first, max(before.last, now))

    def taken(self) -> dict[str, dict[str, Seen]]:
        """The batch by channel; the next one begins empty."""
        batch, self._seen = self._seen, {}
        found: dict[str, dict[str, Seen]] = {}
        for (code, name), seen in batch.items():
            found.setdefault(code, {})[name] = seen
        return found

    def give_back(self, batch: Mapping[str, Mapping[str, Seen]]) -> None:
        """A batch that could not be written goes into the next one."""
        for code, viewers in batch.items():
            for name, seen in viewers.items():
                before = self._seen.get((code, name))
                self._seen[code, name] = seen if before is None else seen.with_(before)
