"""Roots of two of three: made round a table, chained, keys rotated and replaced, and screens walk along."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path

import pytest

from cms.guard import ceremony, chain
from cms.guard.ceremony import Sealing, Wish, add_signature, new_holder, next_root
from cms.guard.errors import GuardRefused
from cms.trust.errors import TrustError
from cms.trust.keys import SigningKey
from cms.trust.root import Root
from cms.trust.signed import Signed, text_of
from cms.trust.verify import verify_delegations, verify_recalls, verify_root
from tests.integration.guard.desk import Desk, opened_guard
from tests.integration.guard.machines import feed_of, named, software_of
from tests.integration.guard.office import password
from tests.vectors.world import T0, uuid_of

CHEAP = Sealing(passes=1, memory=8)
HOLDERS = ("甲", "乙", "丙")


@pytest.fixture
async def desk(tmp_path: Path) -> Desk:
    return await opened_guard(tmp_path)


def holder(name: str) -> tuple[SigningKey, str]:
    sealed = new_holder(name, f"很长很长很长的一句口令 {name}", sealing=CHEAP)
    key = ceremony.HolderKey.read(sealed.wire()).open(f"很长很长很长的一句口令 {name}")
    return key, sealed.public


async def handed_over(desk: Desk) -> dict[str, SigningKey]:
    """The first ceremony: root of two of three; the key on the guard's disk signs its own going."""
    keys = {name: holder(name) for name in HOLDERS}
    wish = Wish(root=tuple(public for _, public in keys.values()), root_threshold=2)
    draft = Signed(text_of(next_root(desk.core.root.value, wish, now=T0)), ())
    for name in ("甲", "乙"):
        draft = add_signature(draft, Root.TYPE, keys[name][0])
    draft = await chain.sign_root(desk.guard, draft, by=uuid_of("zheng"), password=password("zheng"))
    await chain.take_root(desk.guard, draft)
    return {name: key for name, (key, _) in keys.items()}


async def turned(desk: Desk, wish: Wish, signers: Sequence[SigningKey]) -> None:
    draft = Signed(text_of(next_root(desk.core.root.value, wish, now=T0)), ())
    for key in signers:
        draft = add_signature(draft, Root.TYPE, key)
    await chain.take_root(desk.guard, draft)


async def refused(doing: Callable[[], object]) -> str:
    with pytest.raises((GuardRefused, TrustError)) as refusal:
        await doing()  # type: ignore[misc]
    return str(refusal.value.code)  # type: ignore[attr-defined]


async def test_root_of_two_of_three_when_handed_over_leaves_no_root_key_on_the_guard(desk: Desk) -> None:
    keys = await handed_over(desk)
    root = desk.core.root.value
    assert (root.version, root.roles.root.threshold, len(root.roles.root.keys)) == (2, 2, 3)
    assert not (desk.settings.directory / "keys/root.key").exists()
    assert not desk.core.signs_root
    raising = desk.guard.raise_epoch(by=uuid_of("zheng"), password=password("zheng"))
    assert await refused(lambda: raising) == "guard.root_elsewhere"
    one = [keys["甲"]]
    assert await refused(lambda: turned(desk, Wish(), one)) == "trust.signature"
    await turned(desk, Wish(), [keys["甲"], keys["丙"]])
    assert desk.core.root.value.version == 3
    await desk.restarted()
    assert desk.core.root.value.version == 3


async def test_lost_root_key_is_replaced_by_the_two_others_and_signs_no_more(desk: Desk) -> None:
    keys = await handed_over(desk)
    new, public = holder("丁")
    rest = tuple(keys[name].public.text for name in ("甲", "乙"))
    await turned(desk, Wish(root=(*rest, public)), [keys["甲"], keys["乙"]])
    assert await refused(lambda: turned(desk, Wish(), [keys["丙"], keys["甲"]])) == "trust.signature"
    await turned(desk, Wish(), [keys["甲"], new])


async def test_rotated_guard_and_delegation_keys_sign_on_and_the_old_ones_count_no_more(desk: Desk) -> None:
    keys = await handed_over(desk)
    screen = desk.screen()
    before = {role: desk.core.keys[role] for role in ("guard", "delegations")}
    new = await chain.coming_keys(desk.guard, ["guard", "delegations"])
    await turned(desk, Wish(guard=(new["guard"],), delegations=new["delegations"]), [keys["乙"], keys["丙"]])
    await desk.restarted()
    assert {role: desk.core.keys[role].public.text for role in new} == new
    verify_recalls(desk.core.recalls_signed, desk.core.root)
    verify_delegations(Signed.of(desk.core.state.delegations), desk.core.root)
    shown = await desk.publish("after the rotation")
    await screen.hear(desk)
    assert screen.shows() == [shown.release]
    stolen = replace(desk.core.state.recalls(), version=99)
    forged = desk.signed_by(stolen, before["guard"])
    assert screen.refuses(recalls=forged) == "trust.signature"


async def test_root_the_guard_could_not_go_on_under_is_refused(desk: Desk) -> None:
    keys = await handed_over(desk)
    stranger = SigningKey.generate().public.text
    for wish in (Wish(guard=(stranger,)), Wish(delegations=stranger)):
        doing = partial(turned, desk, wish, [keys["甲"], keys["乙"]])
        assert await refused(doing) == "guard.key_not_in_root"
    assert desk.core.root.value.version == 2


async def test_screen_that_was_off_for_several_versions_walks_the_chain(desk: Desk) -> None:
    screen = desk.screen()
    first = await desk.publish("before")
    await screen.hear(desk)
    keys = await handed_over(desk)
    for pair in (("甲", "乙"), ("乙", "丙"), ("甲", "丙")):
        await turned(desk, Wish(), [keys[name] for name in pair])
    newest = Signed.of(desk.core.state.roots[-1])
    assert screen.refuses(roots=(newest,)) == "trust.signature"
    roots = tuple(map(Signed.of, desk.core.state.roots))
    screen.take(roots=roots[1:])
    assert screen.state.root.value.version == 5
    shown = await desk.publish("after", keep=(first,))
    await screen.hear(desk)
    assert screen.shows() == [first.release, shown.release]
    root = None
    for one in roots:
        root = verify_root(one, root)
    assert root is not None


async def test_feeds_and_player_releases_are_signed_by_keys_of_their_own(desk: Desk) -> None:
    await named(desk, feeds=("air",))
    screen = desk.screen()
    screen.take(delegations=Signed.of(desk.core.state.delegations))
    screen.take(feeds=(await feed_of(desk, {"pm25": 12, "level": "good"}),))
    assert await refused(lambda: feed_of(desk, {"pm25": 1}, feed="wind")) == "guard.feed_unknown"
    assert await refused(lambda: feed_of(desk, {"pm25": "一句话"})) == "trust.schema"
    assert await refused(lambda: software_of(desk)) == "guard.not_for_software"
    keys = await handed_over(desk)
    own = (await chain.coming_keys(desk.guard, ["player"]))["player"]
    other, public = holder("厂家")
    await turned(desk, Wish(player=(own, public), player_threshold=2), [keys["甲"], keys["乙"]])
    half = await software_of(desk)
    screen.take(roots=tuple(map(Signed.of, desk.core.state.roots[1:])))
    assert screen.refuses(player=half) == "trust.signature"
    screen.take(player=add_signature(half, "player", other))
    assert screen.state.software is not None
    assert await refused(lambda: software_of(desk, second="zheng")) == "guard.second_signer"
    assert await refused(lambda: software_of(desk, wrong=True)) == "guard.wrong_password"


def test_holder_key_opens_by_its_passphrase_alone() -> None:
    sealed = new_holder("甲", "x" * 12, sealing=CHEAP)
    assert sealed.open("x" * 12).public.text == sealed.public
    with pytest.raises(GuardRefused, match="wrong_passphrase"):
        sealed.open("y" * 12)
    with pytest.raises(GuardRefused, match="wrong_passphrase"):
        replace(sealed, holder="乙").open("x" * 12)
    with pytest.raises(GuardRefused, match="passphrase_short"):
        new_holder("甲", "short", sealing=CHEAP)
    for text in ("", "{}", sealed.wire()[:-1], "[]"):
        with pytest.raises(GuardRefused, match="holder_file"):
            ceremony.HolderKey.read(text)
