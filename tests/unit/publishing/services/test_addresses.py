"""URL tricks that must not get past the looks of an address."""

import contextlib
import ipaddress

import pytest
from hypothesis import given, strategies as st

from cms.contract import OutboundRefused
from cms.publishing.services.addresses import Policy, check_address, check_url

OPEN = Policy(frozenset({"http", "https"}), frozenset({80, 443}))


@pytest.mark.parametrize("address", ["8.8.8.8", "2606:4700:4700::1111"])
def test_a_public_address_is_allowed(address: str) -> None:
    check_address(ipaddress.ip_address(address))


@given(st.ip_addresses(v=4))
def test_an_address_when_wrapped_in_version_six_is_judged_like_itself(address: ipaddress.IPv4Address) -> None:
    def allowed(one: str) -> bool:
        try:
            check_address(ipaddress.ip_address(one))
        except OutboundRefused:
            return False
        return True

    if not allowed(str(address)):
        high, low = divmod(int(address), 65536)
        assert not allowed(f"::ffff:{address}")
        assert not allowed(f"64:ff9b::{address}")
        assert not allowed(f"::{address}")
        assert not allowed(f"2002:{high:x}:{low:x}::1")


def test_only_the_schemes_and_ports_of_the_policy_are_allowed() -> None:
    strict = Policy()
    assert check_url("https://api.weixin.qq.com/cgi-bin/token", strict).host == "api.weixin.qq.com"
    for url in ("http://api.weixin.qq.com/", "https://api.weixin.qq.com:8443/", "ftp://api.weixin.qq.com/"):
        with pytest.raises(OutboundRefused):
            check_url(url, strict)


def test_an_exception_an_operator_named_is_allowed_and_its_neighbour_is_not() -> None:
    policy = Policy(exceptions=frozenset({("127.0.0.1", 9000)}))
    assert check_url("http://127.0.0.1:9000/x", policy).port == 9000
    for url in ("http://127.0.0.1:9001/", "file://127.0.0.1:9000/etc/passwd", "http://a@127.0.0.1:9000/"):
        with pytest.raises(OutboundRefused):
            check_url(url, policy)


@given(st.text(max_size=40))
def test_any_text_is_either_a_checked_url_or_refused(text: str) -> None:
    with contextlib.suppress(OutboundRefused):
        assert check_url(text, OPEN).scheme in {"http", "https"}
