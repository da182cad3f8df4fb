"""The guard's disk: keys, journal, state and the public files, opened by one process at a time."""

import asyncio
import fcntl
import os
import secrets
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import structlog

from cms.guard import authority
from cms.guard.bundle import read_bundle, write_bundle
from cms.guard.durable import PRIVATE, PUBLIC, private_directory, sync_directory, write_atomic
from cms.guard.errors import GuardRefused
from cms.guard.journal import Journal
from cms.guard.keyring import OWN, Cost, Keyring
from cms.guard.reserve import FULL, Reserve
from cms.guard.state import GuardState, Json, restored
from cms.trust.canonical import encode
from cms.trust.delegations import Delegations
from cms.trust.keys import SigningKey, sha256
from cms.trust.root import Role, Root
from cms.trust.signed import Signed, Verified, sign
from cms.trust.verify import verify_delegations, verify_root

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class GuardSettings:
    """Where a guard lives. `public` is read by other roles; `socket` is where they call."""

    directory: Path
    domain: str
    socket: Path
    public: Path | None = None
    shared: bool = False
    """The callers are another user of the guard's group, so that no role can read a key."""
    cost: Cost = field(default_factory=Cost)
    reserve: int = 8 * 2**20
    compact: int = 64 * 2**20
    """Bytes of journal after which the next start begins a new one with what this one says."""

    @property
    def public_directory(self) -> Path:
        return self.public or self.directory / "public"


class Core:
    """Opens everything; starting is recovery, so there is no other way to start.

    Raises:
        GuardRefused: `guard.running`, `guard.journal_damaged`, `guard.wrong_domain`, `guard.disk_full`.
    """

    def __init__(self, settings: GuardSettings, clock: Callable[[], int]) -> None:
        self.settings = settings
        self.clock = clock
        self.lock = asyncio.Lock()
        directory = private_directory(settings.directory)
        self._lock_file = _locked(directory / "lock")
        self.keyring = Keyring(directory / "keys", cost=settings.cost)
        self.keys: dict[str, SigningKey] = {}
        self.reserve = Reserve(directory / "reserve", size=settings.reserve)
        self.state = GuardState()
        self._path = directory / "journal.jsonl"
        self._open_journal()
        self._begin()
        if self.state.domain != settings.domain:
            raise GuardRefused("guard.wrong_domain", held=self.state.domain, given=settings.domain)
        self._read_signed()
        self.renew()
        self.reserve.fill()
        self.publish()
        self.write_bundle()

    @property
    def first_run_file(self) -> Path:
        """Holds the one-time secret of the first run until it is used."""
        return self.settings.directory / "first-run"

    @property
    def recalls_signed(self) -> Signed:
        return self._recalls

    @property
    def root(self) -> Verified[Root]:
        return self._root

    @property
    def delegations(self) -> Verified[Delegations]:
        return self._delegations

    async def commit(self, *entries: tuple[str, Json], recall: bool = False) -> None:
        """On disk, then in memory. The caller holds `lock` and must not be cancelled meanwhile.

        A recall on a full disk takes the reserve; anything else is refused with `guard.disk_full`.
        """
        await asyncio.to_thread(self.commit_now, entries, recall=recall)

    def commit_now(self, entries: Sequence[tuple[str, Json]], *, recall: bool = False) -> None:
        try:
            records = self.journal.append(entries, at=self.clock())
        except GuardRefused as refusal:
            if not recall or refusal.code != "guard.disk_full":
                raise
            self.reserve.give()
            try:
                records = self.journal.append(entries, at=self.clock())
            finally:
                self.reserve.fill()  # at once, or the next action of another kind would use it up
        for record in records:
            self.state.apply(record)
        if any(kind in {"root", "delegated", "recalled"} for kind, _ in entries):
            self._read_signed()
            self.publish()

    def publish(self) -> None:
        """The files other roles serve while this one is away. A full disk delays them, a recall's never."""
        public = self.settings.public_directory
        public.mkdir(parents=True, exist_ok=True)
        files = {
            "recalls.json": self._recalls.wire(),
            "root.json": Signed.of(self.state.roots[-1]).wire(),
            "roots.json": encode(self.state.roots),
            "delegations.json": Signed.of(self.state.delegations).wire(),
        }
        for name, text in files.items():
            path, data = public / name, text.encode()
            if path.exists() and path.read_bytes() == data:
                continue
            try:
                write_atomic(path, data, mode=PUBLIC)
            except OSError as error:
                if error.errno not in FULL:
                    raise
                self.reserve.give()
                try:
                    write_atomic(path, data, mode=PUBLIC)
                except OSError:
                    # the action is in the journal and goes to every subscriber; the file follows at the next tick
                    log.exception("guard.public_file_late", file=name)
                finally:
                    self.reserve.fill()

    def write_bundle(self) -> None:
        """The copy for another machine; losing one is no loss here, so a full disk is only told."""
        try:
            write_bundle(self._bundle, self.state.snapshot(), self.keyring.derive("bundle"))
        except OSError:
            log.exception("guard.bundle_late")

    def renew(self) -> None:
        """Issues root and delegations anew in good time; a root whose keys are elsewhere is only asked for."""
        now = self.clock()
        root, granted = self.root.value, self.delegations.value
        if root.expires_at - now < authority.RENEW and not self.signs_root:
            log.warning("guard.root_ends")
        elif root.expires_at - now < authority.RENEW:
            self.commit_now([("root", self.signed_root(authority.next_root(root, now=now, epoch=root.epoch)))])
        if granted.expires_at - now < authority.RENEW:
            next_ = authority.next_delegations(granted, granted.people, now=now, epoch=root.epoch)
            self.commit_now([("delegated", {"delegations": self.signed_delegations(next_), "first_run": False})])

    @property
    def signs_root(self) -> bool:
        """Whether this guard alone can sign the next root."""
        role = self.root.value.roles.root
        return role.threshold == 1 and "root" in self.keys

    def take_root(self, signed: Signed) -> None:
        """A root that holders signed, with the delegations anew where their key or the epoch is another one.

        Raises:
            GuardRefused: `guard.key_not_in_root` when this guard could not go on under it; TrustError of `verify_root`.
        """
        before, after = self.root.value, verify_root(signed, self.root).value
        for role in ("guard", "delegations"):
            named: Role = getattr(after.roles, role)
            if named.threshold > 1 or self.keyring.fitting(role, named.keys) is None:
                raise GuardRefused("guard.key_not_in_root", role=role)
        entries: list[tuple[str, Json]] = [("root", {"root": signed.value()})]
        if (after.epoch, after.roles.delegations) != (before.epoch, before.roles.delegations):
            granted, now = self.delegations.value, self.clock()
            next_ = authority.next_delegations(granted, granted.people, now=now, epoch=after.epoch)
            key = self.keyring.fitting("delegations", after.roles.delegations.keys)
            assert key is not None  # noqa: S101 - looked at above
            entries.append(("delegated", {"delegations": sign(next_, [key]).value(), "first_run": False}))
        self.commit_now(entries)
        for role in (*OWN, "player"):
            self.keyring.settle(role, held.keys if (held := after.role(role)) else ())

    def signed_root(self, root: Root) -> Json:
        return {"root": sign(root, [self.keys["root"]]).value()}

    def signed_delegations(self, granted: Delegations) -> Any:
        return sign(granted, [self.keys["delegations"]]).value()

    def close(self) -> None:
        self.write_bundle()
        self.journal.close()
        os.close(self._lock_file)

    @property
    def _bundle(self) -> Path:
        return self.settings.directory / "bundle.sealed"

    def _open_journal(self) -> None:
        """Replays; begins a new file when this one has grown long, keeping the old."""
        self._replay()
        if self._path.stat().st_size > self.settings.compact:
            kept = self._path.with_name(f"journal-{self.journal.seq}-{self.journal.head[:8]}.jsonl")
            kept.unlink(missing_ok=True)
            os.link(self._path, kept)
            self._restart_from(self.state.snapshot())

    def _replay(self) -> None:
        self.journal, self.state = Journal(self._path), GuardState()
        for record in self.journal.records():
            self.state.apply(record)

    def _restart_from(self, snapshot: Json) -> None:
        """A new journal that begins with a snapshot takes the place of this one, whole or not at all."""
        fresh = self._path.with_name("journal.next")
        fresh.unlink(missing_ok=True)
        new = Journal(fresh)
        new.append([("continues", {"head": self.journal.head})], at=self.clock())
        for entry in restored(snapshot):
            new.append([entry], at=self.clock())
        new.close()
        self.journal.close()
        fresh.replace(self._path)
        sync_directory(self._path.parent)
        self._replay()

    def _begin(self) -> None:
        """The first run of all, or the first on a machine that was given another's keys and bundle."""
        if self.state.initialised:
            if self.state.first_run is None:
                self.first_run_file.unlink(missing_ok=True)
            return
        if self._bundle.exists():
            self._restart_from(read_bundle(self._bundle, self.keyring.derive("bundle")))
            return
        self.keys = {role: self.keyring.own(role) for role in OWN}
        now, secret = self.clock(), "-".join(secrets.token_hex(3) for _ in range(4))
        root = authority.first_root(
            self.settings.domain, {role: key.public for role, key in self.keys.items()}, now=now
        )
        write_atomic(self.first_run_file, secret.encode(), mode=PRIVATE)
        data = {
            "domain": self.settings.domain,
            "first_run": sha256(secret.encode()),
            "delegations": self.signed_delegations(authority.first_delegations(self.settings.domain, now=now)),
            **self.signed_root(root),
        }
        for record in self.journal.append([("initialised", data)], at=now):
            self.state.apply(record)

    def _read_signed(self) -> None:
        """Our own documents, checked like anybody's: a journal that was tampered with does not start."""
        chain: list[Verified[Root]] = []
        for one in self.state.roots:
            chain.append(verify_root(Signed.of(one), chain[-1] if chain else None))
        if not chain:
            raise GuardRefused("guard.journal_damaged", line=0)
        self.chain, root = chain, chain[-1]
        self._root = root
        self.keys = {}
        for name in OWN:
            role = root.value.role(name)
            fitting = self.keyring.fitting(name, role.keys if role else ())
            if fitting is not None:
                self.keys[name] = fitting
            elif name != "root":  # which may lie with its holders, as it should
                raise GuardRefused("guard.key_not_in_root", role=name)
        self._delegations = verify_delegations(Signed.of(self.state.delegations), root)
        recalls = self.state.recalls()
        self._recalls = sign(recalls, [self.keys["guard"]])
        self.recalls_file = self._recalls.file
        self.gone = recalls.releases | recalls.assets


def _locked(path: Path) -> int:
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT, PRIVATE)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError as error:
        os.close(descriptor)
        raise GuardRefused("guard.running") from error
    return descriptor
