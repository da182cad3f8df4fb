"""The kit's checks of posts, proven on a small post channel and on one with the classic defect."""

import datetime as dt

from cms.contract import Channel
from renderers.conformance import Platform, check_post
from renderers.conformance.world import World
from tests.contract.bulletin import BulletinPlatform, BulletinPost, HastyPost

NOW = dt.datetime(2026, 11, 20, 3, 0, tzinfo=dt.UTC)


async def _findings(post_type: type[BulletinPost]) -> set[str]:
    found: set[str] = set()
    platform = BulletinPlatform()

    def make() -> tuple[Platform, World]:
        platform.posts.clear()
        platform.calm()
        return platform, World("bulletin")

    channel = Channel(kind="bulletin", post=post_type(platform))
    found |= {finding.check for finding in await check_post(channel, make, now=NOW)}
    return found


async def test_post_that_reconciles_under_fifty_schedules_posts_exactly_once() -> None:
    assert await _findings(BulletinPost) == set()


async def test_post_that_resends_a_lost_answer_is_found() -> None:
    assert "exactly_once" in await _findings(HastyPost)
