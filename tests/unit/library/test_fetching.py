"""Which address a pasted picture is asked for, and under which name it is kept."""

import pytest

from cms.kernel.errors import Invalid
from cms.library.fetching import PictureSource, name_of, secured


class Nobody:
    """No client: nothing is asked here."""

    async def request(self, *_: object, **__: object) -> tuple[int, dict[str, str], bytes]:
        raise AssertionError


def source(*hosts: str) -> PictureSource:
    return PictureSource(Nobody(), frozenset(hosts), frozenset({("sim", 80)}))


@pytest.mark.parametrize(
    ("url", "asked"),
    [
        ("http://mmbiz.qpic.cn/a/640?wx_fmt=png", "https://mmbiz.qpic.cn/a/640?wx_fmt=png"),
        ("http://x.cn:80/a.png#top", "https://x.cn/a.png"),
        ("https://x.cn/a.png", "https://x.cn/a.png"),
        ("http://x.cn:8080/a.png", "http://x.cn:8080/a.png"),
        ("http://sim/a.png", "http://sim/a.png"),
    ],
)
def test_address_when_of_before_https_is_asked_by_https(url: str, asked: str) -> None:
    assert secured(url, source()) == asked


def test_host_when_a_list_is_set_must_stand_on_it_or_below() -> None:
    allowed = source("qpic.cn")
    assert secured("https://mmbiz.qpic.cn/a", allowed)
    for url in ("https://evilqpic.cn/a", "https://qpic.cn.evil.cn/a", "https://x.cn/a"):
        with pytest.raises(Invalid) as refused:
            secured(url, allowed)
        assert refused.value.code == "library.fetch_host"


@pytest.mark.parametrize(
    ("url", "name"),
    [("https://x.cn/a/%E6%B9%96.png?x=1", "湖.png"), ("https://x.cn/", "x.cn"), ("https://x.cn/640", "640")],
)
def test_name_when_kept_is_the_last_part_of_the_path(url: str, name: str) -> None:
    assert name_of(url) == name
