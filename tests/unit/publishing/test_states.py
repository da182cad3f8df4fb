"""The tables of publishing: how often a platform is asked, what pauses an account, which address a post may have."""

import datetime as dt

import pytest
from hypothesis import given, strategies as st

from cms.kernel.errors import Invalid
from cms.publishing.accounts import mended_by_administrator
from cms.publishing.states import ASKED, DELIVERY, OPEN, STUCK, DeliveryState, look_again
from cms.publishing.tasks import post_url


@pytest.mark.parametrize(
    ("age", "wait"),
    [(-5, 5), (0, 5), (59, 5), (60, 20), (599, 20), (600, 120), (3599, 120), (3600, 600), (86_400 * 30, 600)],
)
def test_a_platform_is_asked_ever_more_slowly(age: int, wait: int) -> None:
    assert look_again(dt.timedelta(seconds=age)) == dt.timedelta(seconds=wait)


def test_what_is_asked_about_is_open_may_be_asked_again_and_is_claimed() -> None:
    assert {DeliveryState.UNKNOWN, DeliveryState.REVIEWING} == ASKED
    assert OPEN & STUCK & DELIVERY.ready >= ASKED


@pytest.mark.parametrize(
    ("code", "pauses"),
    [
        ("wechat.setup_address", True),
        ("wechat.setup.secret", True),
        ("douyin.rights_missing", True),
        ("publishing.vault_closed", True),
        ("publishing.outbound_refused", True),
        ("wechat.busy", False),
        ("setup", False),
        ("publishing.too_slow", False),
    ],
)
def test_only_what_a_person_must_mend_pauses_an_account(code: str, *, pauses: bool) -> None:
    assert mended_by_administrator(code) is pauses


@pytest.mark.parametrize(
    "url", ["https://mp.weixin.qq.com/s/abc", "https://v.douyin.com:443/x?y=1#z", "https://例子.中国/页"]
)
def test_an_address_of_a_post_is_taken_as_it_was_pasted(url: str) -> None:
    assert post_url(f"  {url}\n", wanted=True) == url


@pytest.mark.parametrize(
    "url",
    [
        "http://mp.weixin.qq.com/s/abc",
        "javascript:alert(1)",
        "https://user@evil.example/",
        "https://localhost/",
        "https://a.cn:8443/",
        "https://a.cn/" + "x" * 1000,
        "https://a.cn/ b",
        "https://[::1",
        "https://a.cn\\@b.cn/",
        "ftp://a.cn/",
    ],
)
def test_any_other_address_is_refused_with_its_field(url: str) -> None:
    with pytest.raises(Invalid) as caught:
        post_url(url, wanted=False)
    assert caught.value.fields == {"url": "publishing.bad_post_url"}


DOUYIN = ("douyin.com", "iesdouyin.com")


@pytest.mark.parametrize("host", ["www.douyin.com", "v.douyin.com", "DOUYIN.com", "www.iesdouyin.com"])
def test_an_address_at_the_platform_or_below_it_is_taken(host: str) -> None:
    assert post_url(f"https://{host}/video/7", wanted=True, hosts=DOUYIN)


@pytest.mark.parametrize("host", ["mp.weixin.qq.com", "douyin.com.evil.cn", "mydouyin.com", "douyin.cn"])
def test_an_address_of_another_platform_is_refused_with_a_sentence_and_where_it_should_be(host: str) -> None:
    with pytest.raises(Invalid, match="post_url_elsewhere") as caught:
        post_url(f"https://{host}/video/7", wanted=True, hosts=DOUYIN)
    assert caught.value.params == {"host": host, "hosts": "douyin.com、iesdouyin.com"}


def test_an_address_is_asked_for_only_where_it_is_wanted() -> None:
    assert not post_url(" ", wanted=False)
    with pytest.raises(Invalid, match="post_url_missing"):
        post_url("", wanted=True)


@given(st.text(max_size=60))
def test_whatever_is_pasted_is_an_https_address_or_refused(text: str) -> None:
    try:
        found = post_url(text, wanted=False)
    except Invalid:
        return
    assert not found or found.startswith(("https://", "HTTPS://", "Https://")) or found.lower().startswith("https://")
