"""What an output may be told, and what is left of an address when its secret is not to be seen."""

import dataclasses

import pytest

from cms.kernel.errors import Invalid
from cms.outlets.rules import RATES, OutletForm, checked, masked, may_send
from media.ladder import LADDER
from renderers.tv.ts import mux, pacing

WIRE = OutletForm("udp", "720", active=True, address="239.1.1.1", port="5000", rate="3600000")
PUSH = OutletForm("push", "720", active=True, url="rtmp://live.example.cn/app/key-1")


@pytest.mark.parametrize(
    ("address", "inside", "anywhere"),
    [
        ("239.1.1.1", True, True),
        ("10.0.0.9", True, True),
        ("192.168.1.1", True, True),
        ("8.8.8.8", False, True),
        ("224.0.0.5", False, False),
        ("169.254.169.254", False, False),
        ("255.255.255.255", False, False),
        ("0.0.0.0", False, False),
        ("tv.example.cn", False, False),
        ("::1", False, False),
        ("", False, False),
    ],
)
def test_stream_goes_to_groups_and_private_networks_only(address: str, inside: bool, anywhere: bool) -> None:
    assert may_send(address, anywhere=False) == inside
    assert may_send(address, anywhere=True) == anywhere


@pytest.mark.parametrize(
    ("changed", "wrong"),
    [
        ({"address": "8.8.8.8"}, "address"),
        ({"port": "80"}, "port"),
        ({"port": "１２３４５"}, "port"),
        ({"rate": "1"}, "rate"),
        ({"rate": "9" * 40}, "rate"),
        ({"ttl": "0"}, "ttl"),
        ({"ttl": ""}, "ttl"),
        ({"service": "65536"}, "service"),
        ({"interface": "eth0"}, "interface"),
        ({"interface": "239.1.1.1"}, "interface"),
        ({"rung": "4k"}, "rung"),
        ({"kind": "smoke"}, "kind"),
    ],
)
def test_output_with_a_wrong_field_is_refused_by_that_field(changed: dict[str, str], wrong: str) -> None:
    with pytest.raises(Invalid) as refused:
        checked(dataclasses.replace(WIRE, **changed), anywhere=False)  # type: ignore[arg-type]
    assert set(refused.value.fields) == {wrong}


@pytest.mark.parametrize(
    "url",
    [
        "",
        "http://live.example.cn/app/key",
        "rtmp://localhost/app/key",
        "rtmp://127.0.0.1/app/key",
        "rtmp://127.1/app/key",
        "rtmp://0x7f000001/app/key",
        "rtmp://169.254.169.254/app/key",
        "srt://live.example.cn?streamid=x",
        "rtmp://live.example.cn/app/key -f x",
        "rtmp://live.example.cn/a|rtmp://other.cn/b",
        "rtmp://live.example.cn:999999/app/key",
        "file:///etc/passwd",
        "rtmp://live.example.cn/" + "k" * 500,
    ],
)
def test_push_to_what_is_no_server_is_refused(url: str) -> None:
    with pytest.raises(Invalid) as refused:
        checked(dataclasses.replace(PUSH, url=url), anywhere=False)
    assert set(refused.value.fields) == {"url"}


def test_push_keeps_its_address_where_none_is_typed() -> None:
    assert checked(dataclasses.replace(PUSH, url=""), anywhere=False, keeps_url=True).url == ""
    assert checked(PUSH, anywhere=False).url == PUSH.url


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("rtmp://live.example.cn/app/key-1?sign=2", "rtmp://live.example.cn/app/•••"),
        ("rtmp://me:secret@live.example.cn:1936/app/key", "rtmp://live.example.cn:1936/app/•••"),
        ("rtmp://live.example.cn/key", "rtmp://live.example.cn/•••"),
        ("srt://10.0.0.1:9000?streamid=a&passphrase=b", "srt://10.0.0.1:9000/•••"),
        ("rtmp://[", "•••"),
    ],
)
def test_address_is_shown_without_its_secret(url: str, shown: str) -> None:
    assert masked(url) == shown


def test_suggested_rate_holds_the_peaks_of_its_pictures_and_the_picture_a_slot_begins_with() -> None:
    for rung, rate in RATES.items():
        assert rate > LADDER[rung].maxrate * 1000 * 1.08 + 160_000
        # A whole decoder's buffer arrives before it is shown.
        assert LADDER[rung].bufsize * 1000 / rate < 0.85
        assert mux.size_of(rate) % 7 == 0
        assert pacing.Pace.of(mux.size_of(rate)).per_slot > 0
