"""Manifests as asked for, and the guard's own look at every release in them."""

from collections import OrderedDict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Annotated

from cms.guard.errors import GuardRefused
from cms.trust.approval import Bundle
from cms.trust.delegations import Delegations
from cms.trust.keys import sha256
from cms.trust.limits import MAX_RELEASES, MAX_SLOTS
from cms.trust.manifest import Listed, Slot
from cms.trust.shape import Code, Count, Hash, size
from cms.trust.signed import Verified
from cms.trust.verify import verify_release

_KEPT = 20_000
# A line-up outlives the longest repair of an office, and not the key that signed it: nobody asks for one of years.
MOST_MS = 31 * 86_400_000


@dataclass(frozen=True, slots=True)
class Draft:
    """The line-up of one audience; `bundles` are the file hashes of its releases. The guard adds the rest."""

    audience: Code
    expires_at: Count
    bundles: Annotated[tuple[Hash, ...], size(0, MAX_RELEASES)]
    timeline: Annotated[tuple[Slot, ...], size(0, MAX_SLOTS)]


def check_time(drafts: Sequence[Draft], *, now: int) -> None:
    """Raises GuardRefused `guard.manifest_time`."""
    if not all(now < one.expires_at <= now + MOST_MS for one in drafts):
        raise GuardRefused("guard.manifest_time", days=MOST_MS // 86_400_000)


@dataclass(frozen=True, slots=True)
class _Seen:
    listed: Listed
    assets: frozenset[str]
    delegations: str


@dataclass(slots=True)
class Releases:
    """The bundles this guard has verified itself, so that a manifest need not bring them all again."""

    _seen: OrderedDict[str, _Seen] = field(default_factory=OrderedDict)

    def missing(self, drafts: Sequence[Draft], *, delegations: str) -> list[str]:
        """Bundles not verified under these delegations (the digest)."""
        asked = dict.fromkeys(name for draft in drafts for name in draft.bundles)
        return [name for name in asked if not self._known(name, delegations)]

    def take(
        self,
        given: Mapping[str, str],
        granted: Verified[Delegations],
        *,
        now: int,
        check: Callable[[Bundle, int], None],
    ) -> None:
        """`check` is asked of a bundle and its epoch. Raises TrustError as `verify_release`, `guard.bundle_hash`."""
        for name, wire in given.items():
            if sha256(wire.encode()) != name:
                raise GuardRefused("guard.bundle_hash", sha256=name)
            bundle = Bundle.read(wire)
            release = verify_release(bundle, granted, now=now)
            check(bundle, release.value.epoch)
            assets = frozenset(part for one in release.value.assets for part in (one.sha256, one.of))
            listed = Listed(bundle.release, name, len(wire.encode()))
            self._seen[name] = _Seen(listed, assets, granted.digest)
            self._seen.move_to_end(name)
        while len(self._seen) > _KEPT:
            self._seen.popitem(last=False)

    def listed(self, draft: Draft, gone: frozenset[str]) -> tuple[Listed, ...]:
        """What the manifest of this draft lists. Raises GuardRefused `guard.recalled`."""
        made = []
        for name in draft.bundles:
            seen = self._seen[name]
            if seen.listed.release in gone or not gone.isdisjoint(seen.assets):
                raise GuardRefused("guard.recalled", release=seen.listed.release)
            made.append(seen.listed)
        return tuple(made)

    def _known(self, name: str, delegations: str) -> bool:
        return name in self._seen and self._seen[name].delegations == delegations
