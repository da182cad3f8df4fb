"""Which requests are watching, and whose: a proxy beside us says where a viewer is, a stranger does not."""

import datetime as dt
from unittest.mock import Mock

from aiohttp.test_utils import make_mocked_request

from cms.airing.viewing import Counter
from cms.contract import Reply
from deploy.channel_watch import saw

NOW = dt.datetime(2026, 11, 26, tzinfo=dt.UTC)
LIST = Reply(200, viewing="tv")


def seen(*asked: tuple[str, str, Reply]) -> int:
    """Viewers after requests of (peer, forwarded address, reply)."""
    counter = Counter()
    counter.salt = bytes(32)
    for peer, forwarded, reply in asked:
        transport = Mock()
        transport.get_extra_info.return_value = (peer, 4_000)
        headers = {"User-Agent": "hls", **({"X-Forwarded-For": forwarded} if forwarded else {})}
        saw(counter, make_mocked_request("GET", "/tv/tv/720.m3u8", headers=headers, transport=transport), reply, NOW)
    return sum(map(len, counter.taken().values()))


def test_list_when_asked_for_is_watching_and_nothing_else_is() -> None:
    assert seen(("8.8.8.8", "", LIST), ("8.8.8.8", "", Reply(304, viewing="tv"))) == 1
    assert seen(("8.8.8.8", "", Reply(200)), ("8.8.8.8", "", Reply(410, viewing="tv"))) == 0


def test_viewers_behind_our_proxy_are_told_apart_and_a_strangers_word_is_not_believed() -> None:
    assert seen(("10.0.0.2", "198.51.100.1", LIST), ("10.0.0.2", "198.51.100.2", LIST)) == 2
    assert seen(("8.8.8.8", "198.51.100.1", LIST), ("8.8.8.8", "198.51.100.2", LIST)) == 1


def test_viewers_with_tokens_are_told_apart_by_them() -> None:
    one, two = Reply(200, viewing="tv", viewer="a"), Reply(200, viewing="tv", viewer="b")
    assert seen(("8.8.8.8", "", one), ("8.8.8.8", "", two), ("8.8.4.4", "", one)) == 2
