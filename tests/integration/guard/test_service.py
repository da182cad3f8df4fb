"""What a running guard does and refuses, over its socket."""

import asyncio
import json
from dataclasses import replace

import pytest

from cms.guard.client import GuardClient
from cms.guard.errors import GuardRefused
from cms.guard.recalling import ALONE, Item
from cms.guard.tombstones import Tombstones
from cms.trust.approval import Bundle
from cms.trust.delegations import read_delegations
from cms.trust.keys import PublicKey
from cms.trust.recalls import read_recalls
from cms.trust.signed import Signed, text_of
from cms.trust.verify import verify_root
from screens import viewer
from tests.integration.guard.office import Office, draft, password
from tests.vectors import world
from tests.vectors.world import HOUR, T0, key_of, uuid_of


def release_item(release: str) -> Item:
    return Item(release, None, None)


def made_up(number: int) -> str:
    return f"{number:064x}"


async def refused(doing: object) -> str:
    with pytest.raises(GuardRefused) as refusal:
        await doing  # type: ignore[misc]
    return refusal.value.code


# ---------------------------------------------------------------- first run and people


async def test_first_run_secret_when_used_once_opens_nothing_again(fresh: Office) -> None:
    await fresh.opened()
    assert (await fresh.client.state())["first_run"] is False
    assert not (fresh.settings.directory / "first-run").exists()
    again = fresh.client.delegate([fresh.grant("qian")], secret=fresh.secret)
    assert await refused(again) == "guard.first_run"


async def test_first_run_with_a_wrong_secret_is_refused(fresh: Office) -> None:
    fresh.keys["zheng"] = await fresh.client.enrol(uuid_of("zheng"), password("zheng"))
    grants = [fresh.grant("zheng", rights=("delegate",))]
    assert await refused(fresh.client.delegate(grants, secret="guess")) == "guard.first_run"
    assert await refused(fresh.client.delegate(grants)) == "guard.first_run"


async def test_taken_over_web_role_without_a_password_adds_no_signer(office: Office) -> None:
    """It may enrol keys for anybody, and call everything; who signs does not change, nor does anything get approved."""
    before = (await office.client.state())["delegations"]
    mine = await office.client.enrol(uuid_of("mallory"), "chosen by mallory")
    stolen = await office.client.enrol(uuid_of("sun"), "chosen by mallory")
    office.keys |= {"mallory": mine}
    grant = office.grant("mallory", rights=("approve", "delegate"))
    tries = [
        office.client.delegate([grant]),
        office.client.delegate([grant], secret=""),
        office.client.delegate([grant], by=uuid_of("zheng")),
        office.client.delegate([grant], by=uuid_of("zheng"), password="guess"),
        office.client.delegate([grant], by=uuid_of("qian"), password=password("qian")),
        office.client.delegate([grant], by=uuid_of("mallory"), password="chosen by mallory"),
    ]
    codes = [await refused(one) for one in tries]
    assert codes == [
        "guard.first_run",
        "guard.first_run",
        "guard.wrong_password",
        "guard.wrong_password",
        "guard.may_not_delegate",
        "guard.may_not_delegate",
    ]
    text = text_of(world.release("x"))
    assert await refused(office.client.approve(uuid_of("sun"), "chosen by mallory", text)) == "guard.wrong_password"
    assert await refused(office.client.approve(uuid_of("mallory"), "chosen by mallory", text)) == "trust.person"
    assert (await office.client.state())["delegations"] == before
    assert stolen not in json.dumps(before)


async def test_delegate_when_an_administrator_adds_a_person_they_can_approve(office: Office) -> None:
    office.keys["he"] = await office.client.enrol(uuid_of("he"), password("he"))
    signed = await office.client.delegate([office.grant("he")], by=uuid_of("zheng"), password=password("zheng"))
    assert read_delegations(signed.text).version == 3
    approval = await office.client.approve(uuid_of("he"), password("he"), text_of(world.release("x")))
    assert approval.key == PublicKey.read(office.keys["he"]).id


async def test_delegate_when_an_approver_leaves_their_approvals_count_no_more(office: Office) -> None:
    piece = await office.approved("a")
    await office.shown(piece)
    await office.client.delegate([], removed=[uuid_of("sun")], by=uuid_of("zheng"), password=password("zheng"))
    assert await refused(office.shown(piece)) == "trust.person"


async def test_delegate_outside_the_own_subtree_is_refused(office: Office) -> None:
    town = replace(office.grant("li", unit=world.TOWN), rights=("delegate",))
    await office.client.delegate([town], by=uuid_of("zheng"), password=password("zheng"))
    wide = office.client.delegate([office.grant("qian")], by=uuid_of("li"), password=password("li"))
    assert await refused(wide) == "guard.delegate_scope"


async def test_delegate_that_leaves_no_administrator_is_refused(office: Office) -> None:
    last = office.client.delegate([], removed=[uuid_of("zheng")], by=uuid_of("zheng"), password=password("zheng"))
    assert await refused(last) == "guard.last_delegate"


async def test_delegate_of_a_key_never_enrolled_is_refused(office: Office) -> None:
    office.keys["he"] = key_of("he").public.text
    grant = office.client.delegate([office.grant("he")], by=uuid_of("zheng"), password=password("zheng"))
    assert await refused(grant) == "guard.key_unknown"


async def test_new_key_of_a_person_when_delegated_signs_and_the_old_one_still_verifies(office: Office) -> None:
    old_piece = await office.approved("old")
    office.keys["sun"] = await office.client.enrol(uuid_of("sun"), "a new password")
    assert (
        await refused(office.client.approve(uuid_of("sun"), "a new password", old_piece.text)) == "guard.wrong_password"
    )
    await office.client.delegate([office.grant("sun")], by=uuid_of("zheng"), password=password("zheng"))
    text = text_of(world.release("new"))
    await office.client.approve(uuid_of("sun"), "a new password", text)
    assert await refused(office.client.approve(uuid_of("sun"), password("sun"), text)) == "guard.wrong_password"
    assert (await office.shown(old_piece)).text


async def test_key_that_was_ended_signs_no_more_and_its_approvals_stop_counting(office: Office) -> None:
    piece = await office.approved("x")
    ended = {PublicKey.read(office.keys["sun"]).id: T0}
    grant = replace(office.grant("sun"), ended=ended)
    await office.client.delegate([grant], by=uuid_of("zheng"), password=password("zheng"))
    assert await refused(office.shown(piece)) == "trust.key_expired"
    again = office.client.approve(uuid_of("sun"), password("sun"), piece.text)
    assert await refused(again) == "guard.key_not_delegated"
    later = replace(grant, ended=dict.fromkeys(ended, T0 + HOUR))
    await office.client.delegate([later], by=uuid_of("zheng"), password=password("zheng"))
    assert await refused(office.shown(piece)) == "trust.key_expired"


async def test_reseal_changes_the_password_and_keeps_the_key(office: Office) -> None:
    text = text_of(world.release("a"))
    before = await office.client.approve(uuid_of("qian"), password("qian"), text)
    await office.client.reseal(uuid_of("qian"), password("qian"), "another long one")
    after = await office.client.approve(uuid_of("qian"), "another long one", text)
    assert (after.key, after.signature) == (before.key, before.signature)
    assert await refused(office.client.approve(uuid_of("qian"), password("qian"), text)) == "guard.wrong_password"


async def test_wrong_passwords_when_repeated_must_wait_also_after_a_restart(office: Office) -> None:
    text = text_of(world.release("a"))
    for _ in range(3):
        assert await refused(office.client.approve(uuid_of("qian"), "guess", text)) == "guard.wrong_password"
    assert await refused(office.client.approve(uuid_of("qian"), password("qian"), text)) == "guard.backoff"
    office.clock.at += 2_000
    await office.client.approve(uuid_of("qian"), password("qian"), text)
    assert await refused(office.client.approve(uuid_of("qian"), "guess", text)) == "guard.wrong_password"


# ---------------------------------------------------------------- approving


@pytest.mark.parametrize(
    ("who", "change", "code"),
    [
        ("qian", {"authors": (uuid_of("qian"),)}, "trust.author"),
        ("li", {}, "trust.scope"),
        ("zheng", {}, "trust.right"),
        ("chen", {}, "trust.person"),
        ("qian", {"domain": "other.example"}, "trust.domain"),
        ("qian", {"epoch": 2}, "trust.epoch"),
        ("qian", {"envelope": {"not_after": T0 - 1}}, "guard.release_over"),
    ],
)
async def test_approve_of_what_the_person_may_not_is_refused(
    office: Office, who: str, change: dict[str, object], code: str
) -> None:
    text = text_of(world.release("x", **change))
    assert await refused(office.client.approve(uuid_of(who), password(who), text)) == code


async def test_approve_of_a_text_that_is_not_canonical_is_refused(office: Office) -> None:
    text = text_of(world.release("x")) + " "
    assert await refused(office.client.approve(uuid_of("qian"), password("qian"), text)) == "trust.canonical"


async def test_approve_of_a_recalled_release_is_refused(office: Office) -> None:
    piece = await office.approved("x")
    await office.client.recall(uuid_of("qian"), [release_item(piece.release)], "")
    again = office.client.approve(uuid_of("sun"), password("sun"), piece.text)
    assert await refused(again) == "guard.recalled"


# ---------------------------------------------------------------- manifests and beacons


async def test_manifest_and_beacon_of_the_guard_are_what_a_screen_accepts(office: Office) -> None:
    piece = await office.approved("x")
    manifest = await office.shown(piece)
    beacon = (await office.client.sign_beacons())["street"]
    key = key_of("screen").public.text
    facts = await office.client.sign_screen(uuid_of("screen"), key=key, unit=world.POINT, tags=["lobby"])
    state = await office.client.state()
    screen = viewer.State(verify_root(Signed.of(state["root"]), None), uuid_of("screen"), key, "street")
    incoming = viewer.Incoming(
        delegations=Signed.of(state["delegations"]),
        recalls=Signed.of(state["recalls"]),
        screen=facts,
        beacon=beacon,
        manifest=manifest,
        bundles={piece.file: piece.wire().encode()},
    )
    screen, verdicts = viewer.accept(screen, incoming, 0)
    assert [verdict.code for verdict in verdicts] == [None] * 6
    assert [show.release for show in viewer.loop(screen, 0)] == [piece.release]
    recall = await office.client.recall(uuid_of("qian"), [release_item(piece.release)], "错误")
    screen, _ = viewer.accept(screen, viewer.Incoming(recalls=recall.recalls), 1)
    assert viewer.loop(screen, 1) == ()


@pytest.mark.parametrize("signers", [(), ("qian",), ("qian", "qian"), ("zhao", "qian"), ("mallory", "qian")])
async def test_manifest_with_a_release_not_approved_is_not_signed(office: Office, signers: tuple[str, ...]) -> None:
    piece = world.bundle_of(text_of(world.release("x")), *signers)
    with pytest.raises(GuardRefused, match=r"trust\."):
        await office.shown(piece)


async def test_manifest_with_a_recalled_release_is_not_signed(office: Office) -> None:
    piece = await office.approved("x")
    await office.shown(piece)
    await office.client.recall(uuid_of("qian"), [release_item(piece.release)], "")
    assert await refused(office.shown(piece)) == "guard.recalled"


async def test_manifest_with_an_altered_bundle_is_not_signed(office: Office) -> None:
    piece = await office.approved("x")
    wire = piece.wire().replace("标题", "谣言", 1)
    assert await refused(office.client.sign_manifest(draft(piece), {piece.file: wire})) == "guard.bundle_hash"
    altered = Bundle.read(wire)
    assert await refused(office.shown(altered)) == "trust.signature"


async def test_manifest_without_its_bundle_names_what_is_missing(office: Office) -> None:
    piece = await office.approved("x")
    assert await refused(office.client.sign_manifest(draft(piece), {})) == "guard.bundle_missing"


async def test_manifest_with_a_gap_in_its_timeline_is_not_signed(office: Office) -> None:
    piece = await office.approved("x")
    whole = draft(piece)
    gap = replace(
        whole, timeline=(*whole.timeline, replace(whole.timeline[0], from_=T0 + 2 * 86_400_000, to=T0 + 3 * 86_400_000))
    )
    assert await refused(office.client.sign_manifest(gap, {piece.file: piece.wire()})) == "trust.schema"


async def test_versions_and_sequences_only_rise_over_a_restart(office: Office) -> None:
    await office.shown()
    first = json.loads((await office.client.sign_beacons())["street"].text)
    second = json.loads((await office.shown(audience="other")).text)
    assert second["version"] == first["version"] + 1
    third = json.loads((await office.client.sign_beacons(["street"]))["street"].text)
    assert third["seq"] > first["seq"]
    assert await office.client.sign_beacons([]) == {}


# ---------------------------------------------------------------- recalling


async def test_recall_names_where_the_release_went(office: Office) -> None:
    piece = await office.approved("x")
    await office.client.register(piece.release, document="abcdefghjk", places=["/d/abcdefghjk/"])
    await office.client.register(piece.release, document="abcdefghjk", places=["street"])
    done = await office.client.recall(uuid_of("qian"), [Item(None, None, "abcdefghjk")], "写错了")
    assert done.receipts[piece.release]["places"] == ["/d/abcdefghjk/", "street"]
    assert read_recalls(done.recalls.text).releases == {piece.release}


async def test_recall_asked_twice_changes_nothing_the_second_time(office: Office) -> None:
    first = await office.client.recall(uuid_of("qian"), [release_item(made_up(1))], "")
    second = await office.client.recall(uuid_of("sun"), [release_item(made_up(1))], "")
    assert first.recalls == second.recalls


async def test_recall_of_a_file_names_the_file(office: Office) -> None:
    done = await office.client.recall(uuid_of("qian"), [Item(None, made_up(7), None)], "")
    assert read_recalls(done.recalls.text).assets == {made_up(7)}


async def test_recall_by_one_without_the_right_is_refused(office: Office) -> None:
    assert (
        await refused(office.client.recall(uuid_of("chen"), [release_item(made_up(1))], "")) == "guard.may_not_recall"
    )


async def test_recall_of_more_than_the_limit_in_an_hour_needs_a_second_person(office: Office) -> None:
    many = [release_item(made_up(number)) for number in range(ALONE)]
    await office.client.recall(uuid_of("qian"), many, "")
    more = [release_item(made_up(99))]
    assert await refused(office.client.recall(uuid_of("qian"), more, "")) == "guard.second_person"
    same = office.client.recall(uuid_of("qian"), more, "", second=uuid_of("qian"))
    assert await refused(same) == "guard.second_person"
    await office.client.recall(uuid_of("qian"), more, "", second=uuid_of("sun"))
    office.clock.at += HOUR
    await office.client.recall(uuid_of("qian"), [release_item(made_up(100))], "")


async def test_recall_of_everything_needs_a_second_person_and_takes_everything(office: Office) -> None:
    for number in range(30):
        await office.client.register(made_up(number), document=f"{number:010d}", places=[])
    assert await refused(office.client.recall(uuid_of("qian"), None, "")) == "guard.second_person"
    done = await office.client.recall(uuid_of("qian"), None, "", second=uuid_of("sun"))
    assert len(read_recalls(done.recalls.text).items) == 30


async def test_recall_reaches_tombstones_by_the_socket_and_by_the_file(office: Office) -> None:
    public = office.settings.public_directory
    by_socket = Tombstones(public, client=GuardClient(office.settings.socket))
    by_file = Tombstones(public)
    grown = [asyncio.Event(), asyncio.Event()]
    for one, event in zip((by_socket, by_file), grown, strict=True):
        await one.load()
        one.on_change.append(event.set)
    following = [asyncio.create_task(one.run()) for one in (by_socket, by_file)]
    await asyncio.sleep(0.3)
    await office.client.recall(uuid_of("qian"), [release_item(made_up(1)), Item(None, made_up(2), None)], "")
    async with asyncio.timeout(5):
        await asyncio.gather(*(event.wait() for event in grown))
    for one in (by_socket, by_file):
        assert one.is_recalled(made_up(1))
        assert one.asset_gone(made_up(2))
        assert not one.asset_gone(made_up(1))
    for task in following:
        task.cancel()
    await asyncio.wait(following)


async def test_tombstones_when_the_file_is_lost_or_forged_forget_nothing(office: Office) -> None:
    public = office.settings.public_directory
    await office.client.recall(uuid_of("qian"), [release_item(made_up(1))], "")
    tombstones = Tombstones(public)
    await tombstones.load()
    following = asyncio.create_task(tombstones.run())
    forged = world.by(world.recalls(9, made_up(5)), "mallory")
    (public / "recalls.json").write_text(forged.wire(), "utf-8")
    await asyncio.sleep(0.4)
    (public / "recalls.json").unlink()
    await asyncio.sleep(0.4)
    assert tombstones.is_recalled(made_up(1))
    assert not tombstones.is_recalled(made_up(5))
    following.cancel()
    await asyncio.wait([following])
    with pytest.raises(GuardRefused, match=r"guard\.recalls_unreadable"):
        await Tombstones(public).load()
