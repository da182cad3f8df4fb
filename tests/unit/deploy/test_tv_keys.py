"""The commands that give an operator its key and an address: what they say is what the server takes."""

import time
from pathlib import Path

from click.testing import CliRunner

from deploy.cli import main
from deploy.services_maker import vault_key
from deploy.serving import channel_secret
from renderers.tv import entries, tokens
from renderers.tv.tokens import key_of, wrong_with


def said(folder: Path, *arguments: str) -> str:
    env = {"YUNPING_DATA": str(folder), "YUNPING_LANGUAGE": "zh-CN", "YUNPING_PUBLIC_URL": "https://tv.example.cn"}
    done = CliRunner().invoke(main, ("tv", *arguments), env=env)
    assert done.exit_code == 0, done.output
    return done.stdout


def test_address_of_the_command_is_taken_by_the_server_until_it_ends(tmp_path: Path) -> None:
    address = said(tmp_path, "sign", "t-tv", "telecom", "--number", "3", "--hours", "2").strip()
    prefix, token, rest = address.rpartition("/t/")[0], *address.rpartition("/t/")[2].split("/", 1)
    assert (prefix, rest) == ("https://tv.example.cn/tv/t-tv", "master.m3u8")
    entry = said(tmp_path, "sign", "t-tv", "telecom", "--portal").strip()
    assert entry.startswith("https://tv.example.cn/tv/t-tv/?token=telecom.1.")
    secret = channel_secret(vault_key(tmp_path / "keys" / "vault.key"), "tv")
    now = int(time.time())
    for ahead, is_right in ((0, True), (7_100, True), (7_300, False)):
        wrong = wrong_with(token, secret=secret, channel="t-tv", keys={"telecom": 3}, now=now + ahead)
        assert (wrong is None) == is_right


def test_key_of_the_command_is_the_operators_and_no_other(tmp_path: Path) -> None:
    secret = channel_secret(vault_key(tmp_path / "keys" / "vault.key"), "tv")
    told = {
        said(tmp_path, "key", code, operator, "--number", number).strip()
        for code in ("t-tv", "t-two")
        for operator in ("telecom", "unicom")
        for number in ("1", "2")
    }
    assert len(told) == 8
    assert key_of(secret, "t-tv", "telecom", 2).hex() in told


def test_entry_of_several_channels_is_what_those_channels_take(tmp_path: Path) -> None:
    address = said(tmp_path, "entry", "telecom", "t-tv", "hall").strip()
    home, _, token = address.partition("?token=")
    assert home.endswith("/tv/t-tv/")
    secret = channel_secret(vault_key(tmp_path / "keys" / "vault.key"), "tv")
    now = int(time.time())
    for code, wrong in (("t-tv", None), ("hall", None), ("stage", tokens.Wrong.SIGNATURE)):
        assert entries.wrong_with(token, secret=secret, channel=code, keys={"telecom": 1}, now=now) is wrong
    assert said(tmp_path, "entry-key", "telecom").strip() == entries.key_of(secret, "telecom", 1).hex()
