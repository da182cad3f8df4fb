"""The work behind `./yunping keys`: files of holders and drafts, and what the guard is asked."""

import asyncio
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, TypeAlias
from urllib.parse import urlsplit

from cms.guard import ceremony
from cms.guard.ceremony import HolderKey, Sealing, Wish
from cms.guard.durable import PRIVATE, write_atomic
from cms.guard.errors import GuardRefused
from cms.guard.offline import ask_offline
from cms.kernel.clock import SystemClock, to_ms
from cms.kernel.errors import Refused
from cms.trust.delegations import Delegations, read_delegations
from cms.trust.errors import TrustError
from cms.trust.keys import PublicKey
from cms.trust.recalls import read_recalls
from cms.trust.root import Root, read_root
from cms.trust.signed import Signed, plain, text_of
from cms.trust.webauthn import Passkeys
from deploy.guard_place import guard_settings
from deploy.guarding import refusals
from deploy.settings import Settings

Line: TypeAlias = tuple[str, dict[str, Any]]
OWN = "guard"  # instead of a holder's file: a key of this machine


def shown(settings: Settings) -> Iterator[Line]:
    """The root in force."""
    root = _root(settings)
    yield "root", {"version": root.version, "epoch": root.epoch, "until": _day(root.expires_at)}
    for name in ceremony.ROLES:
        role = root.role(name)
        if role is not None:
            yield "role", {"role": name, "threshold": role.threshold, "keys": " ".join(role.keys)}


def make_holder(name: str, passphrase: str, file: Path, *, sealing: Sealing = Sealing()) -> str:  # noqa: B008 - frozen
    """Writes a new sealed key, never over another one; its key id."""
    if file.exists():
        raise Refused("deploy.keys_file_exists", file=str(file))
    with refusals():
        made = ceremony.new_holder(name, passphrase, sealing=sealing)
    write_atomic(file, made.wire().encode(), mode=PRIVATE)
    return PublicKey.read(made.public).id


def make_draft(
    settings: Settings,
    out: Path,
    *,
    holders: Sequence[Path],
    threshold: int | None,
    rotate: Sequence[str],
    players: Sequence[str],
    player_threshold: int | None,
    raise_epoch: bool,
    days: int,
) -> Iterator[Line]:
    """Writes the draft of the next root; what it changes, and whose signatures it wants."""
    if out.exists():
        raise Refused("deploy.keys_file_exists", file=str(out))
    root = _root(settings)
    wanted = [*rotate, *(["player"] if OWN in players else [])]
    own = _ask(settings, "coming_keys", {"roles": wanted}) if wanted else {}
    wish = Wish(
        root=tuple(_public(file) for file in holders) or None,
        root_threshold=threshold,
        delegations=own.get("delegations"),
        guard=(own["guard"],) if "guard" in own else None,
        player=tuple(own["player"] if one == OWN else _public(Path(one)) for one in players) or None,
        player_threshold=player_threshold,
        raise_epoch=raise_epoch,
        days=days,
    )
    with _trusted():
        made = ceremony.next_root(root, wish, now=_now())
    write_atomic(out, Signed(text_of(made), ()).wire().encode())
    yield from told(settings, out)


def told(settings: Settings, file: Path) -> Iterator[Line]:
    """What a draft changes, and whose signatures it still wants."""
    root, draft = _root(settings), _draft(file)
    with _trusted():
        after = read_root(draft.text)
    if after.version != root.version + 1:
        raise Refused("guard.root_not_next", version=root.version + 1)
    yield "draft", {"version": after.version}
    for name, params in ceremony.differences(root, after):
        if "expires_at" in params:
            params = {"until": _day(int(str(params["expires_at"])))}  # noqa: PLW2901 - said as a day
        yield f"change.{name}", params
    yield from _missing(draft, root)


def sign(settings: Settings, file: Path, secret: str, *, key: Path | None, person: str | None) -> Iterator[Line]:
    """Adds a holder's signature to the draft, or that of the root key which still lies on this machine."""
    root, draft = _root(settings), _draft(file)
    if key is not None:
        with refusals():
            opened = HolderKey.read(key.read_bytes()).open(secret)
        signed = ceremony.add_signature(draft, Root.TYPE, opened)
    else:
        arguments = {"root": draft.value(), "by": _person(settings, person or ""), "password": secret}
        signed = Signed.of(_ask(settings, "sign_root", arguments))
    write_atomic(file, signed.wire().encode())
    yield "signed", {"count": len(signed.signatures)}
    yield from _missing(signed, root)


def accept(settings: Settings, file: Path) -> int:
    """Hands the root to the guard; its version."""
    draft = _draft(file)
    _ask(settings, "take_root", {"root": draft.value()})
    return read_root(draft.text).version


def set_machines(
    settings: Settings,
    person: str,
    secret: str,
    *,
    feeds: Sequence[str] | None = None,
    origins: Sequence[str] | None = None,
) -> None:
    """Names the feeds this machine signs, or where passkeys are used; what is not given stays as it is."""
    granted = _granted(settings)
    place = granted.passkeys
    if origins is not None:
        host = urlsplit(origins[0]).hostname if origins else None
        place = Passkeys(host, tuple(origins)) if host else None
    named = [one.feed for one in granted.feeds or ()] if feeds is None else list(feeds)
    arguments = {"by": _person(settings, person), "password": secret, "feeds": named, "passkeys": plain(place)}
    _ask(settings, "set_machines", arguments)


def union(settings: Settings, files: Sequence[Path]) -> tuple[int, int]:
    """Joins recall sets; how many recalls the guard knew, and knows."""
    before = _count(_ask(settings, "state", {})["recalls"])
    sets = [_draft(file).value() for file in files]
    return before, _count(_ask(settings, "union_recalls", {"sets": sets}))


def _missing(draft: Signed, root: Root) -> Iterator[Line]:
    left = list(ceremony.missing(draft, root))
    for one in left:
        yield f"missing.{one.role}", {"count": one.count, "keys": " ".join(one.who)}
    if not left:
        yield "complete", {}


def _root(settings: Settings) -> Root:
    return read_root(Signed.of(_ask(settings, "state", {})["root"]).text)


def _granted(settings: Settings) -> Delegations:
    return read_delegations(Signed.of(_ask(settings, "state", {})["delegations"]).text)


def _person(settings: Settings, named: str) -> str:
    found = [one.person for one in _granted(settings).people if named in {one.person, one.name}]
    if len(found) != 1:
        raise Refused("guard.person_unknown", person=named)
    return found[0]


def _public(file: Path) -> str:
    with refusals():
        return HolderKey.read(file.read_bytes()).public


def _draft(file: Path) -> Signed:
    try:
        return Signed.read(file.read_bytes())
    except TrustError as error:
        raise Refused("deploy.keys_no_draft", file=str(file)) from error


def _count(recalls: object) -> int:
    return len(read_recalls(Signed.of(recalls).text).items)


def _ask(settings: Settings, operation: str, arguments: Mapping[str, object]) -> Any:
    with refusals():
        return asyncio.run(ask_offline(guard_settings(settings), _now, operation, arguments))


@contextmanager
def _trusted() -> Iterator[None]:
    """What the trust core refuses of a draft, in the words of the command line."""
    with refusals():
        try:
            yield
        except TrustError as error:
            raise GuardRefused(error.code, **error.params) from error


def _now() -> int:
    return to_ms(SystemClock().now())


def _day(at: int) -> str:
    return datetime.fromtimestamp(at / 1_000, UTC).date().isoformat()
