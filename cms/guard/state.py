"""What the guard knows: a fold over its journal, and nothing else."""

from collections.abc import Iterator
from dataclasses import asdict, dataclass, field
from typing import Any

from cms.guard.journal import Record
from cms.trust.delegations import Delegations, read_delegations
from cms.trust.recalls import Recalled, Recalls
from cms.trust.root import Root, read_root
from cms.trust.signed import Signed

Json = dict[str, Any]
_PART = 20  # entries in one line of a snapshot, so that it stays far below the bound of a text


def restored(snapshot: Json) -> Iterator[tuple[str, Json]]:
    """A snapshot as records: what a compacted journal or one on a new machine begins with."""
    for name, value in snapshot.items():
        if isinstance(value, dict):
            items = list(value.items())
            for start in range(0, len(items), _PART):
                yield "restored", {"name": name, "part": dict(items[start : start + _PART])}
        elif isinstance(value, list):
            for start in range(0, len(value), _PART):
                yield "restored", {"name": name, "part": value[start : start + _PART]}
        else:
            yield "restored", {"name": name, "part": value}


@dataclass(slots=True)
class GuardState:
    """Plain JSON values throughout, so that a snapshot of it is one record (see `bundle`)."""

    domain: str = ""
    roots: list[Any] = field(default_factory=list)
    delegations: Any = None
    items: list[Json] = field(default_factory=list)
    recalls_version: int = 0
    recalls_at: int = 0
    first_run: str | None = None
    keys: dict[str, list[str]] = field(default_factory=dict)
    wrong: dict[str, Json] = field(default_factory=dict)
    receipts: dict[str, Json] = field(default_factory=dict)
    manifests: dict[str, Json] = field(default_factory=dict)
    screens: dict[str, int] = field(default_factory=dict)
    counter: int = 0
    seq: int = 0
    orders: int = 0
    """The last number given to an order; it never starts again, not even under a new epoch."""
    approved: dict[str, list[str]] = field(default_factory=dict)
    feeds: dict[str, int] = field(default_factory=dict)
    software: int = 0

    @property
    def initialised(self) -> bool:
        return bool(self.roots)

    def root(self) -> Root:
        return read_root(Signed.of(self.roots[-1]).text)

    def granted(self) -> Delegations:
        return read_delegations(Signed.of(self.delegations).text)

    def recalls(self) -> Recalls:
        items = tuple(Recalled(**item) for item in self.items)
        return Recalls(self.domain, self.root().epoch, self.recalls_version, self.recalls_at, items)

    def snapshot(self) -> Json:
        return asdict(self)

    def apply(self, record: Record) -> None:
        """Takes one record in; an unknown kind is a newer version's journal and must stop the start."""
        getattr(self, f"_{record.kind}")(record.at, record.data)

    def _restored(self, _at: int, data: Json) -> None:
        held, part = getattr(self, data["name"]), data["part"]
        if isinstance(held, dict):
            held.update(part)
        elif isinstance(held, list):
            held.extend(part)
        else:
            setattr(self, data["name"], part)

    def _continues(self, _at: int, data: Json) -> None:
        """Where a compacted journal took over: for the reader of the old one."""

    def _initialised(self, at: int, data: Json) -> None:
        self.domain, self.first_run = data["domain"], data["first_run"]
        self.roots, self.delegations = [data["root"]], data["delegations"]
        self.recalls_version, self.recalls_at = 1, at

    def _root(self, at: int, data: Json) -> None:
        raised = Signed.of(data["root"])
        if self.root().epoch != read_root(raised.text).epoch:
            self.counter, self.manifests, self.seq, self.screens = 0, {}, 0, {}
            self.feeds, self.software = {}, 0
            self.recalls_version, self.recalls_at = 1, at
        self.roots.append(data["root"])

    def _delegated(self, _at: int, data: Json) -> None:
        self.delegations = data["delegations"]
        if data["first_run"]:
            self.first_run = None

    def _enrolled(self, _at: int, data: Json) -> None:
        self.keys.setdefault(data["person"], []).append(data["public"])

    def _resealed(self, _at: int, data: Json) -> None:
        self.wrong.pop(data["person"], None)

    def _wrong(self, at: int, data: Json) -> None:
        before = self.wrong.get(data["person"], {"count": 0})
        self.wrong[data["person"]] = {"count": before["count"] + 1, "at": at}

    def _right(self, _at: int, data: Json) -> None:
        self.wrong.pop(data["person"], None)

    def _approved(self, _at: int, data: Json) -> None:
        self.wrong.pop(data["person"], None)
        self.approved.setdefault(data["release"], []).append(data["person"])

    def _recalled(self, at: int, data: Json) -> None:
        self.items.extend(data["items"])
        self.recalls_version += 1
        self.recalls_at = at

    def _registered(self, at: int, data: Json) -> None:
        held = self.receipts.setdefault(data["release"], {"document": data["document"], "at": at, "places": []})
        held["places"] = sorted({*held["places"], *data["places"]})

    def _manifest(self, at: int, data: Json) -> None:
        self.counter = data["version"]
        self.manifests[data["audience"]] = {**data, "at": at}

    def _screen(self, _at: int, data: Json) -> None:
        self.screens[data["screen"]] = data["version"]

    def _ordered(self, _at: int, data: Json) -> None:
        self.orders = data["upto"]

    def _seqs(self, _at: int, data: Json) -> None:
        self.seq = data["upto"]

    def _feed_seqs(self, _at: int, data: Json) -> None:
        self.feeds[data["feed"]] = data["upto"]

    def _software(self, _at: int, data: Json) -> None:
        self.software = data["seq"]
