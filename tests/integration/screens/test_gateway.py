"""The gateway with real sockets, keys and rows: states reach screens, newest wins, and rows follow."""

import asyncio
import time
import uuid

import pytest
from sqlalchemy import select

from cms.trust.recalls import Recalled
from screens import fleet
from screens.frames import packed_frame, text_frame
from screens.ledger_rows import ScreenSteps
from screens.messages import Ack, FileRef, encode
from screens.simulator import Fleet, SimulatedScreen
from screens.states import AudienceMember
from screens.steps import Stage, unpacked
from tests.integration.screens.conftest import CLOCK, Street, eventually, farewell, introduce, operator, talk


async def test_publication_when_screens_are_connected_reaches_all_and_is_acknowledged(street: Street) -> None:
    screens = await street.enrol(20, root=street.district.root)
    async with Fleet(screens) as many:
        await many.live()
        version = await street.publish(screens)
        await many.until(version)
        newer = await street.publish(screens)
        await many.until(newer)
        await asyncio.gather(*(screen.beat() for screen in screens))

        async def recorded() -> bool:
            rows = await street.rows()
            return all(row.received == newer and row.link and row.painted_at and row.facts for row in rows)

        await eventually(recorded)
        await eventually(lambda: _sent(street), within=5)
        async with street.database.read() as session:
            views = await fleet.screens(session, operator(), now=CLOCK.now())
        assert [view.wanted for view in views] == [newer] * 20
        assert {view.health.link.reason for view in views} == {"screens.health.link.up"}
        assert {view.health.version.reason for view in views} == {"screens.health.version.received"}
    assert not any(screen.heard.faults for screen in screens)


async def _sent(street: Street) -> bool:
    """Whether the ledger knows of each of both versions when it was written to each of twenty sockets."""
    async with street.database.read() as session:
        rows = (await session.scalars(select(ScreenSteps))).all()
    steps = [(row.version, one) for row in rows for one in unpacked(row.at, row.entries) if one.stage is Stage.SENT]
    return len({(version, one.screen) for version, one in steps}) == len(steps) == 40


async def test_state_when_screen_comes_later_is_waiting_for_it(street: Street) -> None:
    (screen,) = await street.enrol(1, root=street.district.root)
    version = await street.publish([screen])
    async with Fleet([screen]):
        await screen.until(version)
    assert screen.heard.welcomes[-1].audience == "street"


async def test_second_socket_when_the_first_is_closed_still_gets_everything(street: Street) -> None:
    (first,) = await street.enrol(1)
    second = SimulatedScreen(street.url, key=first.key, screen=first.screen)
    async with Fleet([first]) as one:
        await one.live()
        async with Fleet([second]) as two:
            await two.live()
            await eventually(lambda: first.heard.byes)
            assert first.heard.byes[-1].code == "replaced"
            await one.__aexit__()
            version = await street.publish([second])
            await second.until(version)

            async def is_linked() -> bool:
                await street.live.presence.flush()
                return (await street.rows())[0].link is not None

            await eventually(is_linked)
            assert street.live.registry.get(uuid.UUID(str(second.screen))) is not None

    async def is_unlinked() -> bool:
        return (await street.rows())[0].link is None

    await eventually(is_unlinked)


async def test_screen_when_revoked_is_closed_within_two_seconds_and_stays_out(street: Street) -> None:
    screens = await street.enrol(2)
    gone, stays = screens
    async with Fleet(screens) as many:
        await many.live()
        public = next(row.public for row in await street.rows() if str(row.id) == gone.screen)
        began = time.monotonic()
        async with street.database.write() as session:
            await fleet.revoke(session, operator(), public, now=CLOCK.now())
        await eventually(lambda: gone.heard.byes and not gone.is_live.is_set(), within=2)
        assert time.monotonic() - began < 2
        assert gone.heard.byes[-1].code == "revoked"
        # Told to stay away for minutes, it does; one that comes all the same is sent away again.
        socket = await talk(street)
        await introduce(street, socket, gone.key, gone.screen)
        assert (await farewell(socket)).code == "revoked"
        assert stays.is_live.is_set()
        assert not stays.heard.byes


async def test_screen_when_moved_gets_new_facts_and_the_other_audience(street: Street) -> None:
    (screen,) = await street.enrol(1, root=street.district.root)
    await street.unit("/320509/05/")
    first = await street.publish([screen])
    async with Fleet([screen]):
        await screen.until(first)
        (row,) = await street.rows()
        async with street.database.write() as session:
            await fleet.move(session, operator(), row.public, unit="/320509/05/", now=CLOCK.now())
        second = await street.publish([screen], audience="square")
        await screen.until(second)
        await eventually(lambda: '"unit":"/320509/05/"' in _facts(screen))
        assert screen.heard.welcomes[-1].audience == "square"
        async with street.database.read() as session:
            member = await session.get(AudienceMember, uuid.UUID(str(screen.screen)))
        assert member is not None
        assert member.audience == "square"
    assert not screen.heard.faults


async def test_ack_when_it_comes_late_does_not_undo_a_newer_one(street: Street) -> None:
    (screen,) = await street.enrol(1, acks=False)
    async with Fleet([screen]) as one:
        await one.live()
        assert screen.socket is not None
        for version in (5, 3, 4):
            await screen.socket.send(encode(Ack(version, "shown", 1)))
            await street.live.presence.flush()
        await screen.socket.send(encode(Ack(6, "refused", 1, "trust.signature")))

        async def is_refused() -> bool:
            await street.live.presence.flush()
            return (await street.rows())[0].refused == 6

        await eventually(is_refused)
    (row,) = await street.rows()
    assert (row.shown, row.refused, row.refused_code) == (5, 6, "trust.signature")


async def test_recall_when_only_the_guard_knows_reaches_screens_at_once(street: Street) -> None:
    (screen,) = await street.enrol(1, root=street.district.root)
    version = await street.publish([screen])
    async with Fleet([screen]):
        await screen.until(version)
        states = screen.heard.states
        began = time.monotonic()
        street.district.recall(Recalled("ab" * 32, None, 1, str(uuid.uuid4()), "撤回"))
        # A beacon that is merely due may come in between.
        await eventually(lambda: screen.heard.states > states and screen.heard.recalls == 2, within=2)
        assert time.monotonic() - began < 2


async def test_state_when_some_sockets_agreed_to_packing_is_packed_once_for_all_of_them(
    street: Street, monkeypatch: pytest.MonkeyPatch
) -> None:
    packed: list[str] = []

    def counted(text: str) -> bytes:
        packed.append(text)
        return packed_frame(text)

    monkeypatch.setattr("screens.frames.packed_frame", counted)
    screens = await street.enrol(12, root=street.district.root)
    for screen in screens[:8]:
        screen.packs = True
    async with Fleet(screens) as many:
        await many.live()
        assert {len(one.socket.protocol.extensions) for one in screens[:8] if one.socket} == {1}
        await many.until(await street.publish(screens))
        packed.clear()
        street.live.written.bytes = 0
        version = await street.publish(screens, entries=100)
        await many.until(version)
        whole = [text for text in packed if '"manifest"' in text]
        assert len(whole) == 1
        plain, short = len(text_frame(whole[0])), len(packed_frame(whole[0]))
        assert short < plain / 3
        await eventually(lambda: street.live.written.bytes >= 8 * short + 4 * plain)
        assert street.live.written.bytes < 10 * plain  # of the twelve, eight got the short one
        # What a socket holds makes no difference: a beacon follows, and a state again.
        await many.until(await street.publish(screens, entries=120))
    assert not any(screen.heard.faults for screen in screens)
    assert [screen.heard.connected for screen in screens] == [1] * 12


async def test_large_manifest_when_sent_travels_as_a_file(street: Street) -> None:
    (screen,) = await street.enrol(1)
    version = await street.publish([screen], entries=2_000)
    async with Fleet([screen]):
        await screen.until(version)
        assert screen.heard.last is not None
        assert isinstance(screen.heard.last.manifest, FileRef)


def _facts(screen: SimulatedScreen) -> str:
    signed = screen.heard.welcomes[-1].screen
    return "" if signed is None else signed.text
