"""What the guard does for others: each operation checks by itself, and is on disk before it answers.

The web role is not believed: it may ask, but without an administrator's password it adds no signer, without a person's
password it signs no release, and a manifest lists only what the guard has verified.
"""

import asyncio
import hmac
import unicodedata
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Final

from cms.guard import authority, recalling
from cms.guard.authority import Grant
from cms.guard.core import Core
from cms.guard.drafts import Draft, Releases, check_time
from cms.guard.errors import GuardRefused
from cms.guard.ordering import Command, Pace, check, orders_of
from cms.guard.passwords import check_backoff
from cms.guard.recalling import Item
from cms.guard.state import Json
from cms.guard.vouching import check_vouched
from cms.signals.feed import cards
from cms.trust.approval import Approval, approve, release_digest
from cms.trust.beacon import Beacon
from cms.trust.delegations import Delegate
from cms.trust.envelope import check_signer
from cms.trust.errors import TrustError
from cms.trust.keys import ED25519, SigningKey, alg_of, sha256
from cms.trust.limits import MAX_TEXT_OF
from cms.trust.manifest import Manifest, Named, check_manifest
from cms.trust.release import Release, read_release
from cms.trust.screen import ScreenFacts
from cms.trust.signed import Signed, plain, sign
from cms.trust.verify import key_valid

_PENDING: Final = 3  # keys of a person that nobody has delegated yet
_SHORTEST: Final = 8
_SEQS: Final = 1_000  # beacon numbers reserved with one line; a crash skips the rest


class Guard:
    """One guard over its `Core`; `on_recalls` is called with every new recall set, before the caller's answer."""

    def __init__(self, core: Core) -> None:
        self.core = core
        self.on_recalls: list[Callable[[Signed], None]] = []
        self._releases = Releases()
        self._seq = self._seq_end = core.state.seq
        self._last_at = 0
        self._pace = Pace()
        self.feed_seqs: dict[str, tuple[int, int]] = {}  # feed -> number said last, last number kept on disk
        self._guess = asyncio.Semaphore(1)  # one password at a time: each takes 64 MiB

    # ------------------------------------------------------------ people and keys

    async def enrol(self, person: str, password: str) -> str:
        """A new sealed key of a person; its public key (base64url), good for nothing until it is delegated."""
        _strong(password)
        async with self._guess:
            key = await asyncio.to_thread(self.core.keyring.enrol, person, password)
        async with self.core.lock:
            delegated = self._delegated(person)
            held = self.core.keyring.holds
            pending = [k for k in self.core.state.keys.get(person, []) if k not in delegated and held(k)]
            for old in pending[: max(0, len(pending) - _PENDING + 1)]:
                await asyncio.to_thread(self.core.keyring.destroy, old)
            await self.core.commit(("enrolled", {"person": person, "public": key.text}))
        return key.text

    async def reseal(self, person: str, old: str, new: str) -> None:
        """A changed password: the same key under a new seal."""
        _strong(new)
        key = await self.opened(person, old)
        async with self._guess:
            await asyncio.to_thread(self.core.keyring.reseal, person, key.public.text, old=old, new=new)
        async with self.core.lock:
            await self.core.commit(("resealed", {"person": person}))

    async def delegate(
        self,
        grants: Sequence[Grant],
        *,
        removed: Sequence[str] = (),
        by: str | None = None,
        password: str | None = None,
        secret: str | None = None,
    ) -> Signed:
        """New delegations, by an administrator's password or, once, by the secret of the first run.

        `grants` are added or take the place of what the person held; `removed` people leave.

        Raises:
            GuardRefused: `guard.may_not_delegate`, `guard.first_run`, `guard.wrong_password`, `guard.backoff`,
                `guard.key_unknown`, `guard.delegate_scope`, `guard.last_delegate`, `trust.…`.
        """
        core = self.core
        if by is None:
            self._check_first_run(secret)
        else:
            self.administrator(by)
            await self.opened(by, password or "")
        async with core.lock:
            if by is None:
                self._check_first_run(secret)
            administrator = None if by is None else self.administrator(by)
            for grant in grants:
                self._check_enrolled(grant)
            granted, now = core.delegations.value, core.clock()
            people = authority.changed_people(granted, grants, removed, by=administrator, now=now)
            next_ = authority.next_delegations(granted, people, now=now, epoch=core.root.value.epoch)
            signed = core.signed_delegations(next_)
            await core.commit(("delegated", {"delegations": signed, "first_run": by is None}))
            await asyncio.to_thread(self._tidy, grants)
        return Signed.of(signed)

    # ------------------------------------------------------------ approving and stopping

    async def approve(self, person: str, password: str, text: str) -> Approval:
        """A person's approval of a release's canonical text.

        Raises:
            GuardRefused: any `trust.…` code of the text, the class, the scope or the author, `guard.release_over`,
                `guard.recalled`, `guard.wrong_password`, `guard.backoff`, `guard.key_not_delegated`.
        """
        release = read_release(text)
        self.check_approvable(person, release, text)
        key = await self.opened(person, password)
        async with self.core.lock:
            self.check_approvable(person, release, text)  # a recall may have come in between
            approval = approve(text, person=person, key=key, at=self.core.clock())
            made = {"person": person, "release": release_digest(text), "approval": plain(approval)}
            await self.core.commit(("approved", made))
        return approval

    async def recall(
        self, person: str, items: Sequence[Item] | None, reason: str, *, second: str | None = None
    ) -> tuple[Signed, dict[str, Json]]:
        """Recalls for ever; `items` None means everything registered, which needs a `second` person.

        The signed set, and for each release named where it went. Asking again for what is gone changes nothing.

        Raises:
            GuardRefused: `guard.may_not_recall`, `guard.second_person`, `guard.document_unknown`, `guard.recalls_full`.
        """
        core = self.core
        async with core.lock:
            recalling.check_people(core.delegations.value, person, second)
            if items is None and second is None:
                raise GuardRefused("guard.second_person", limit=recalling.ALONE)
            pairs = recalling.wanted(core.state, items)
            why = unicodedata.normalize("NFC", reason).replace("\0", "")[:500]
            added = recalling.recall_items(core.state, pairs, by=person, second=second, reason=why, now=core.clock())
            if added:
                await core.commit(("recalled", {"items": added, "by": person, "second": second}), recall=True)
            signed = core.recalls_signed
        if added:
            for told in self.on_recalls:
                told(signed)
        named = {release for release, _ in pairs} | {item.release for item in items or ()}
        return signed, {name: core.state.receipts[name] for name in named if name in core.state.receipts}

    async def register(self, release: str, *, document: str, places: Sequence[str]) -> None:
        """Where a release went, so that a recall finds it with the database down."""
        async with self.core.lock:
            held = self.core.state.receipts.get(release, {"places": []})
            if release in self.core.state.receipts and set(places) <= set(held["places"]):
                return
            await self.core.commit(("registered", {"release": release, "document": document, "places": list(places)}))

    # ------------------------------------------------------------ signing for screens

    async def take_bundles(self, given: Mapping[str, str]) -> None:
        """Verifies bundles (texts by file hash) for the manifests to come.

        Raises:
            GuardRefused: `guard.bundle_hash`, or the `trust.…` code of the first release that is not approved.
        """
        async with self.core.lock:
            await asyncio.to_thread(self._take_bundles, given)

    async def sign_manifests(self, wanted: Sequence[Draft]) -> list[Signed]:
        """A signed manifest for each draft, in order; its releases are those this guard has verified itself.

        Raises:
            GuardRefused: `guard.bundles_wanted` with `bundles`, the hashes to hand to `take_bundles`;
                `guard.recalled`; `guard.manifest_time`; `trust.…` for a draft that makes no manifest.
        """
        core = self.core
        async with core.lock:
            check_time(wanted, now=core.clock())
            granted = core.delegations
            missing = self._releases.missing(wanted, delegations=granted.digest)
            if missing:
                raise GuardRefused("guard.bundles_wanted", bundles=missing)
            made, noted = await asyncio.to_thread(self._manifests, wanted)
            await core.commit(*noted)
        return made

    async def sign_beacons(self, audiences: Sequence[str] | None = None) -> dict[str, Signed]:
        """A beacon for each audience that has a manifest (None: all of them)."""
        core = self.core
        async with core.lock:
            known = core.state.manifests
            names = [name for name in (known if audiences is None else audiences) if name in known]
            if self._seq + len(names) > self._seq_end:
                self._seq_end = self._seq + max(_SEQS, len(names))
                await core.commit(("seqs", {"upto": self._seq_end}))
            return {name: self._beacon(name) for name in names}

    async def sign_screen(self, screen: str, *, key: str, unit: str, tags: Sequence[str]) -> Signed:
        """What a screen is told that it is."""
        core = self.core
        async with core.lock:
            version = core.state.screens.get(screen, 0) + 1
            root = core.root.value
            facts = ScreenFacts(root.domain, root.epoch, screen, key, unit, tuple(tags), version, core.clock())
            await core.commit(("screen", {"screen": screen, "version": version}))
        return sign(facts, [core.keys["guard"]])

    async def sign_orders(self, command: Command) -> list[Signed]:
        """An order for each screen of a command, numbered in the journal before it is signed.

        Raises:
            GuardRefused: `guard.order_time`, `guard.orders_many`, `trust.schema` for anything not in the closed list.
        """
        core = self.core
        async with core.lock:
            now, first = core.clock(), core.state.orders + 1
            check(command, now=now)
            self._pace.spend(len(command.wanted), now=now)
            made = orders_of(command, root=core.root.value, guard=core.keys["guard"].public.id, first=first)
            told = {"by": command.person, "action": command.action, "upto": made[-1].seq, "count": len(made)}
            await core.commit(("ordered", told))
        return await asyncio.to_thread(lambda: [sign(one, [core.keys["guard"]]) for one in made])

    async def raise_epoch(self, *, by: str, password: str) -> Signed:
        """After a restore or a stolen key: a new root, under which versions begin again; recalls are kept."""
        core = self.core
        self.administrator(by)
        if not core.signs_root:
            raise GuardRefused("guard.root_elsewhere")
        await self.opened(by, password)
        async with core.lock:
            now, root, granted = core.clock(), core.root.value, core.delegations.value
            raised = authority.next_root(root, now=now, epoch=root.epoch + 1)
            next_ = authority.next_delegations(granted, granted.people, now=now, epoch=raised.epoch)
            delegated = {"delegations": core.signed_delegations(next_), "first_run": False}
            await core.commit(("root", core.signed_root(raised)), ("delegated", delegated))
            self.begin_epoch()
        return Signed.of(core.state.roots[-1])

    async def state(self) -> Json:
        """What everybody may know of this guard; no secret."""
        core = self.core
        return {
            "domain": core.state.domain,
            "epoch": core.root.value.epoch,
            "first_run": core.state.first_run is not None,
            "head": core.journal.head,
            "records": core.journal.seq,
            "guard": core.keys["guard"].public.id,
            "root": Signed.of(core.state.roots[-1]).value(),
            "roots": core.state.roots,
            "delegations": core.state.delegations,
            "recalls": core.recalls_signed.value(),
            "manifests": {name: held["version"] for name, held in core.state.manifests.items()},
            "now": core.clock(),
        }

    def begin_epoch(self) -> None:
        """Beacons are counted from one again; the caller holds the lock."""
        self._seq = self._seq_end = 0
        self.feed_seqs.clear()
        self._releases = Releases()

    def tell_recalls(self) -> None:
        """Everybody who listens gets the set as it is now."""
        for take in self.on_recalls:
            take(self.core.recalls_signed)

    # ------------------------------------------------------------ parts

    def _take_bundles(self, given: Mapping[str, str]) -> None:
        core = self.core
        vouched = partial(check_vouched, core.state, present=core.root.value.epoch)
        self._releases.take(given, core.delegations, now=core.clock(), check=vouched)

    def _manifests(self, wanted: Sequence[Draft]) -> tuple[list[Signed], list[tuple[str, Json]]]:
        """Manifests with what the journal keeps of each; a draft that makes none a screen would take is refused."""
        core = self.core
        root, now = core.root.value, core.clock()
        delegations = Named(core.delegations.value.version, Signed.of(core.state.delegations).file)
        made: list[Signed] = []
        noted: list[tuple[str, Json]] = []
        for version, draft in enumerate(wanted, start=core.state.counter + 1):
            manifest = Manifest(
                domain=root.domain,
                epoch=root.epoch,
                audience=draft.audience,
                version=version,
                at=now,
                expires_at=draft.expires_at,
                root=root.version,
                delegations=delegations,
                recalls=Named(core.state.recalls_version, core.recalls_file),
                releases=self._releases.listed(draft, core.gone),
                timeline=draft.timeline,
            )
            signed = sign(check_manifest(manifest), [core.keys["guard"]])
            if len(signed.text.encode()) > MAX_TEXT_OF[Manifest.TYPE]:
                raise TrustError("trust.size", limit=MAX_TEXT_OF[Manifest.TYPE])
            made.append(signed)
            held = {"audience": draft.audience, "version": version, "file": signed.file}
            noted.append(("manifest", {**held, "digest": signed.digest(Manifest.TYPE)}))
        return made, noted

    def _beacon(self, audience: str) -> Signed:
        core = self.core
        held, root = core.state.manifests[audience], core.root.value
        self._seq += 1
        self._last_at = max(self._last_at, core.clock())  # screens refuse a time that goes back
        beacon = Beacon(
            domain=root.domain,
            epoch=root.epoch,
            audience=audience,
            guard=core.keys["guard"].public.id,
            seq=self._seq,
            at=self._last_at,
            version=held["version"],
            manifest=held["digest"],
            file=held["file"],
            recalls=Named(core.state.recalls_version, core.recalls_file),
            root=root.version,
        )
        return sign(beacon, [core.keys["guard"]])

    async def opened(self, person: str, password: str) -> SigningKey:
        """The person's delegated key, opened by their password; a wrong one is counted on disk."""
        check_backoff(self.core.state, person, now=self.core.clock())
        public = next((k for k in self._delegated(person) if self.core.keyring.holds(k)), None)
        if public is None:
            raise GuardRefused("guard.key_not_delegated", person=person)
        async with self._guess:
            check_backoff(self.core.state, person, now=self.core.clock())
            key = await asyncio.to_thread(self.core.keyring.open, person, public, password)
            if key is not None and person not in self.core.state.wrong:
                return key
            async with self.core.lock:
                await self.core.commit(("wrong" if key is None else "right", {"person": person}))
        if key is None:
            raise GuardRefused("guard.wrong_password")
        return key

    def check_approvable(self, person: str, release: Release, text: str) -> None:
        core = self.core
        root, now = core.root.value, core.clock()
        if release.domain != root.domain:
            raise TrustError("trust.domain", domain=release.domain)
        if release.epoch != root.epoch:
            raise TrustError("trust.epoch", epoch=release.epoch)
        delegate = self._delegate_of(person)
        if delegate is None:
            raise TrustError("trust.person", person=person)
        check_signer(delegate, release)
        list(cards(release.content))
        if release.envelope.not_after is not None and now >= release.envelope.not_after:
            raise GuardRefused("guard.release_over", release=release_digest(text))
        if release_digest(text) in core.gone:
            raise GuardRefused("guard.recalled", release=release_digest(text))

    def _check_first_run(self, secret: str | None) -> None:
        held = self.core.state.first_run
        if held is None or not hmac.compare_digest(held, sha256((secret or "").strip().encode())):
            raise GuardRefused("guard.first_run")

    def _check_enrolled(self, grant: Grant) -> None:
        held = self.core.state.keys.get(grant.person, [])
        unknown = [key for key in grant.keys if key not in held and key not in self._delegated(grant.person)]
        if unknown:
            raise GuardRefused("guard.key_unknown", person=grant.person)

    def _tidy(self, grants: Sequence[Grant]) -> None:
        """Private keys that a newly delegated one replaces are destroyed; the first-run secret is used up."""
        for grant in grants:
            delegated = self._delegated(grant.person)
            # who administers goes on doing so by password, also after a passkey
            sealed = [key for key in delegated if alg_of(key) == ED25519 and "delegate" in grant.rights]
            for old in delegated[1:] if grant.keys else ():
                if old not in sealed[:1]:
                    self.core.keyring.destroy(old)
        self.core.first_run_file.unlink(missing_ok=True)

    def administrator(self, person: str) -> Delegate:
        delegate = self._delegate_of(person)
        if delegate is None or "delegate" not in delegate.rights:
            raise GuardRefused("guard.may_not_delegate", person=person)
        return delegate

    def _delegate_of(self, person: str) -> Delegate | None:
        return self.core.delegations.value.delegate(person)

    def _delegated(self, person: str) -> list[str]:
        """The person's delegated public keys that are valid now, newest first."""
        delegate, now = self._delegate_of(person), self.core.clock()
        return [key.public for key in reversed(delegate.keys) if key_valid(key, now=now)] if delegate else []


def _strong(password: str) -> None:
    if len(password) < _SHORTEST:
        raise GuardRefused("guard.password_short", least=_SHORTEST)
