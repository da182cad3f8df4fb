"""A screen that was away hears every root it missed, and what it remembers of recalls comes to the guard once."""

from cms.trust.recalls import Recalls
from cms.trust.signed import sign
from screens.messages import Have, Remembered, encode
from screens.simulator import Fleet
from tests.integration.screens.conftest import Street, eventually
from tests.vectors.world import DOMAIN, T0, key_of


async def test_screen_that_was_away_hears_the_roots_it_missed(street: Street) -> None:
    here, away = await street.enrol(2, root=street.district.root)
    away._have = Have(epoch=1, root=1)
    here._have = Have(epoch=1, root=4)
    for _ in range(3):
        street.district.follow()
    await eventually(lambda: (trust := street.live.beacons.trust) is not None and trust.root_version == 4)
    async with Fleet([here, away]) as both:
        await both.live()
        await eventually(lambda: away.heard.roots)
        assert away.heard.roots == street.district.roots[1:]
        assert here.heard.roots == ()


async def test_recalls_a_screen_remembers_come_to_the_guard_once(street: Street) -> None:
    (screen,) = await street.enrol(1, root=street.district.root)
    kept = sign(Recalls(DOMAIN, 1, 7, T0, ()), [key_of("guard")])
    async with Fleet([screen]) as one:
        await one.live()
        for _ in range(3):
            assert screen.socket is not None
            await screen.socket.send(encode(Remembered(kept)))
        await eventually(lambda: street.district.kept)
        await screen.beat()
    assert street.district.kept == [kept]
