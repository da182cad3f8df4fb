"""Pairing over real sockets and rows: codes, guesses, and what a pinned key is worth."""

import asyncio
import datetime as dt
import uuid

import pytest
from sqlalchemy import func, select

from cms.kernel.errors import Denied, Invalid, NotFound, TooMany
from cms.people.actor import Actor, Grant
from cms.people.roles import Role
from cms.trust.keys import SigningKey
from screens import fleet, pairing
from screens.pairing import ALPHABET, LIFE, MISSES_OF_ALL, MISSES_OF_ONE, WINDOW
from screens.simulator import Fleet, SimulatedScreen
from screens.tables import PairingAttempt, Screen
from tests.integration.screens.conftest import CLOCK, UNIT, Street, eventually, farewell, introduce, operator, talk


async def claim(street: Street, code: str, *, actor: Actor | None = None, now: dt.datetime | None = None) -> Screen:
    return await pairing.claim(
        street.database, actor or operator(), code=code, unit=UNIT, name="一楼大厅", now=now or CLOCK.now()
    )


async def shown(street: Street, screen: SimulatedScreen) -> str:
    await eventually(lambda: screen.heard.code)
    return screen.heard.code


async def test_screen_when_its_code_is_typed_is_paired_and_served_on_the_same_socket(street: Street) -> None:
    await street.unit()
    screen = SimulatedScreen(street.url, root=street.district.root)
    async with Fleet([screen]) as one:
        code = await shown(street, screen)
        made = await claim(street, f" {code[:3].lower()}-{code[3:]} ")
        await one.live()
        assert screen.screen == str(made.id)
        assert screen.heard.connected == 1
        version = await street.publish([screen])
        await screen.until(version)
    (row,) = await street.rows()
    assert (row.key, row.name, row.unit) == (screen.key.public.text, "一楼大厅", UNIT)
    assert row.player == "sim-1"
    assert not screen.heard.faults


async def test_code_when_used_once_is_nobodys(street: Street) -> None:
    await street.unit()
    screen = SimulatedScreen(street.url)
    async with Fleet([screen]) as one:
        code = await shown(street, screen)
        await claim(street, code)
        await one.live()
        with pytest.raises(NotFound, match=r"screens\.pairing_code"):
            await claim(street, code)
    assert len(await street.rows()) == 1


async def test_key_when_pinned_already_is_paired_at_once_and_never_gets_a_code(street: Street) -> None:
    (known,) = await street.enrol(1)
    forgetful = SimulatedScreen(street.url, key=known.key)
    async with Fleet([forgetful]) as one:
        await one.live()
    assert forgetful.screen == known.screen
    assert forgetful.heard.code == ""


async def test_key_when_revoked_never_pairs_again(street: Street) -> None:
    (known,) = await street.enrol(1)
    (row,) = await street.rows()
    async with street.database.write() as session:
        await fleet.revoke(session, operator(), row.public, now=CLOCK.now())
    socket = await talk(street)
    await introduce(street, socket, known.key, None)
    assert (await farewell(socket)).code == "revoked"


async def test_device_when_it_reloads_shows_the_same_code(street: Street) -> None:
    key, codes = SigningKey.generate(), []
    for _ in range(2):
        screen = SimulatedScreen(street.url, key=key)
        async with Fleet([screen]):
            codes.append(await shown(street, screen))
    assert codes[0] == codes[1]
    assert set(codes[0]) <= set(ALPHABET)


async def test_code_when_expired_is_refused_and_a_new_one_shown(street: Street) -> None:
    await street.unit()
    screen = SimulatedScreen(street.url)
    async with Fleet([screen]):
        code = await shown(street, screen)
        with pytest.raises(NotFound):
            await claim(street, code, now=CLOCK.now() + LIFE)
        async with street.database.write() as session:
            attempt = (await session.scalars(select(PairingAttempt))).one()
            attempt.expires_at = CLOCK.now()
        (session_of,) = street.live._sessions.values()
        session_of.code_until = 0
        await eventually(lambda: screen.heard.code != code)
        await claim(street, screen.heard.code)
        await eventually(lambda: screen.screen)


async def test_guesses_when_brute_forced_are_looked_at_a_few_times_only(street: Street) -> None:
    await street.unit()
    screen, guesser, looked_at = SimulatedScreen(street.url), operator(), 0
    async with Fleet([screen]):
        code = await shown(street, screen)
        wrong = [first + second * 5 for first in ALPHABET for second in ALPHABET if first + second * 5 != code]
        guesses = wrong[:200]
        answers = await asyncio.gather(
            *(claim(street, guess, actor=guesser) for guess in guesses), return_exceptions=True
        )
        looked_at = sum(isinstance(answer, NotFound) for answer in answers)
        locked = [answer for answer in answers if isinstance(answer, TooMany)]
        assert looked_at == MISSES_OF_ONE
        assert len(locked) == 200 - MISSES_OF_ONE
        assert 0 < int(str(locked[0].params["seconds"])) <= WINDOW.total_seconds()
        with pytest.raises(TooMany):
            await claim(street, code, actor=guesser)  # even the right one, while locked
        await claim(street, code, actor=operator())  # a colleague is not locked out by one person's guesses
        await eventually(lambda: screen.screen)


async def test_guesses_when_spread_over_many_operators_lock_pairing_for_all_for_a_while(street: Street) -> None:
    await street.unit()
    screen = SimulatedScreen(street.url)
    async with Fleet([screen]):
        code = await shown(street, screen)
        wrong = "AAAAAA" if code != "AAAAAA" else "BBBBBB"
        now = CLOCK.now()
        for _ in range(MISSES_OF_ALL):
            with pytest.raises(NotFound):
                await claim(street, wrong, now=now)
        with pytest.raises(TooMany):
            await claim(street, code, now=now)
        with pytest.raises(NotFound):  # the window is over, and so is the code
            await claim(street, code, now=now + WINDOW)
        async with street.database.read() as session:
            assert await session.scalar(select(func.count()).select_from(Screen)) == 0


async def test_claim_when_not_allowed_or_ill_formed_is_refused_before_any_guess(street: Street) -> None:
    await street.unit()
    editor = Actor(uuid.uuid4(), "编辑", "/320509/", (Grant(Role.EDITOR, "/320509/"),))
    elsewhere = operator("/320509/05/")
    for actor in (editor, elsewhere):
        with pytest.raises(Denied):
            await claim(street, "AAAAAA", actor=actor)
    for unit, name in ((UNIT, " "), (UNIT, "长" * 81), ("/320509/99/", "大厅")):
        with pytest.raises(Invalid):
            await pairing.claim(street.database, operator(), code="AAAAAA", unit=unit, name=name, now=CLOCK.now())
    async with street.database.read() as session:
        assert await session.scalar(select(func.count()).select_from(Screen)) == 0


async def test_strangers_when_too_many_ask_for_codes_are_told_to_wait(street: Street) -> None:
    answers = []

    async def ask() -> None:
        socket = await talk(street)
        await introduce(street, socket, SigningKey.generate(), None)
        answers.append(str(await socket.recv()))
        await socket.close()

    await asyncio.gather(*(ask() for _ in range(60)))
    assert sum('"busy"' in answer for answer in answers) >= 20
    assert sum('"pairing"' in answer for answer in answers) >= 20
