"""The installed player and a server that comes back from an old copy: it keeps what it knows, tells it, and goes on."""

import asyncio
import json
from dataclasses import replace

import pytest
from playwright.async_api import Page

from cms.trust.approval import Bundle
from cms.trust.signed import text_of
from tests.fakes.gateway import issue_of
from tests.fakes.pieces import piece
from tests.fakes.street import Street, standing, until
from tests.vectors import passkeys, world
from tests.vectors.world import by

pytestmark = pytest.mark.browser


async def test_player_walks_the_roots_keeps_recalls_and_takes_a_passkey(screen: Page, town: Street) -> None:
    gateway = town.gateway
    red, blue = piece(gateway.media, "夜市开市", (190, 60, 50)), piece(gateway.media, "垂虹桥畔", (30, 90, 190))
    await gateway.publish(issue_of([red], version=1))
    await until(screen, standing(red.release))
    await gateway.publish(issue_of([blue], version=2, recalls=world.recalls(2, red.release)))
    await until(screen, standing(blue.release))

    roots = [world.root(2), world.root(3), world.root(4, epoch=2)]
    forgetful = issue_of(
        [red], version=1, root=roots[-1], delegations=world.delegations(epoch=2), recalls=world.recalls(epoch=2)
    )
    forgetful = replace(forgetful, at=world.T0 + 5_000)
    await gateway.send({"t": "roots", "roots": [by(one, "root").value() for one in roots]})
    await gateway.send(gateway.signed(forgetful))
    said = await until(screen, lambda _: any(one["t"] == "remembered" for one in gateway.said))
    assert said["release"] == blue.release
    told = next(one for one in gateway.said if one["t"] == "remembered")
    assert told["recalls"] == by(world.recalls(2, red.release), "guard").value()
    walked = town.folder / "state" / "roots.json"
    await until(screen, lambda _: walked.exists())  # the page speaks to its box and to the server side by side
    held = json.loads(await asyncio.to_thread(walked.read_text, "utf-8"))
    assert held == [by(one, "root").value() for one in roots]  # the box walked with the page

    text = text_of(world.release("passkey", assets=(), content=world.content("一件用通行密钥审签的稿件")))
    approvals = (*world.bundle_of(text, "qian").approvals, passkeys.assertion("sun", text))
    fresh = Bundle(text, approvals)
    granted = replace(passkeys.GRANTED_2, epoch=2, version=2)
    joined = replace(
        forgetful,
        bundles=(fresh,),
        delegations=granted,
        recalls=world.recalls(2, red.release, epoch=2),
        version=2,
        seq=2,
        at=world.T0 + 6_000,
    )
    await gateway.send(gateway.signed(joined))
    await until(screen, standing(fresh.release))
