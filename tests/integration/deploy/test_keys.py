"""The ceremony as it is typed: holders, a draft, three signatures, and recall sets after a restore."""

import asyncio
from pathlib import Path

import pytest
from click.testing import CliRunner

from cms.guard.ceremony import Sealing
from cms.guard.errors import GuardRefused
from cms.kernel.errors import DomainError
from deploy import keys
from deploy.cli import main
from deploy.settings import Settings, load
from tests.integration.guard.desk import opened_guard
from tests.integration.guard.office import password
from tests.vectors import world

PHRASE = "清晨的运河上有三条小船"


@pytest.fixture
def settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Settings:
    monkeypatch.setenv("YUNPING_DATA", str(tmp_path))
    monkeypatch.setenv("YUNPING_DOMAIN", world.DOMAIN)
    asyncio.run(_people(tmp_path))
    return load()


async def _people(folder: Path) -> None:
    desk = await opened_guard(folder)
    await asyncio.to_thread(desk.core.close)


def test_three_holders_take_the_root_off_the_machine(settings: Settings, tmp_path: Path) -> None:
    files = [tmp_path / f"{name}.key" for name in ("one", "two", "three")]
    for file in files:
        keys.make_holder(file.stem, PHRASE * 2, file, sealing=Sealing(1, 8))
        assert file.stat().st_mode & 0o077 == 0
    with pytest.raises(DomainError, match="keys_file_exists"):
        keys.make_holder("one", PHRASE * 2, files[0])
    out = tmp_path / "next.root"
    typed = [
        "keys",
        "draft",
        str(out),
        "--threshold",
        "2",
        *(part for file in files for part in ("--holder", str(file))),
    ]
    said = CliRunner().invoke(main, typed)
    assert said.exit_code == 0, said.output
    assert "root 须 2 把签名" in said.output
    assert "还缺原有根密钥的 1 个签名" in said.output
    with pytest.raises(DomainError, match=r"trust\.signature"):
        keys.accept(settings, out)
    for file in files[:2]:
        signed = CliRunner().invoke(main, ["keys", "sign", str(out), "--key", str(file)], input=f"y\n{PHRASE * 2}\n")
        assert signed.exit_code == 0, signed.output
    by_admin = ["keys", "sign", str(out), "--person", "zheng"]
    wrong = CliRunner().invoke(main, by_admin, input="y\nnot the password\n")
    assert (wrong.exit_code, "guard.wrong_password" in wrong.output) == (1, True)
    done = CliRunner().invoke(main, by_admin, input=f"y\n{password('zheng')}\n")
    assert "签名已齐" in done.output
    assert keys.accept(settings, out) == 2
    assert "须 2 把签名" in CliRunner().invoke(main, ["keys", "show"]).output
    recalls = settings.guard_dir / "public" / "recalls.json"
    assert keys.union(settings, [recalls]) == (0, 0)
    with pytest.raises(DomainError, match="keys_no_draft"):
        keys.union(settings, [files[0]])


def test_passkeys_and_feeds_are_named_without_touching_each_other(settings: Settings) -> None:
    origin = "https://desk.wujiang.example"
    keys.set_machines(settings, "zheng", password("zheng"), origins=[origin])
    keys.set_machines(settings, "zheng", password("zheng"), feeds=["air"])
    granted = keys._granted(settings)
    assert granted.passkeys is not None
    assert (granted.passkeys.rp, [one.feed for one in granted.feeds or ()]) == ("desk.wujiang.example", ["air"])
    keys.set_machines(settings, "zheng", password("zheng"), origins=[])
    assert keys._granted(settings).passkeys is None
    with pytest.raises((DomainError, GuardRefused), match="person_unknown"):
        keys.set_machines(settings, "nobody", "x", feeds=[])
