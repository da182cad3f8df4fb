"""The caller's side: what a worker claims is believed only as far as its files prove it."""

from pathlib import Path

import pytest
from PIL import Image

from media import decoding
from media.decoding import decode, produced
from media.errors import MediaRefused
from media.kinds import JPEG, PNG
from media.limits import PictureLimits
from media.sandbox import Sandbox

LIES = {
    "no json": "print('hello')",
    "not an object": "print('[1]')",
    "nothing": "",
    "crash": "import os; os.abort()",
    "exit": "print('{}'); raise SystemExit(3)",
    "foreign code": 'print(\'{"refused": "kernel.ok", "params": {}}\')',
    "strange params": 'print(\'{"refused": "media.broken", "params": 7}\')',
}


@pytest.mark.parametrize("lie", LIES)
async def test_decode_when_the_worker_is_taken_over_is_refused(
    sandbox: Sandbox, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, lie: str
) -> None:
    monkeypatch.setattr(decoding, "_BOOT", LIES[lie])
    (tmp_path / "out").mkdir()
    (tmp_path / "given").touch()
    with pytest.raises(MediaRefused) as caught:
        await decode(
            "picture",
            {},
            sandbox=sandbox,
            given=tmp_path / "given",
            out=tmp_path / "out",
            bounds=PictureLimits().bounds(),
        )
    assert caught.value.code == "media.broken"


def test_produced_believes_files_only(tmp_path: Path) -> None:
    Image.new("RGB", (30, 20)).save(tmp_path / "good", "PNG")
    (tmp_path / "link").symlink_to(tmp_path / "good")
    (tmp_path / "html").write_text("<html>")
    assert produced(tmp_path / "good", PNG) == (30, 20)
    for name, form in (("good", JPEG), ("link", PNG), ("missing", PNG), ("html", PNG)):
        with pytest.raises(MediaRefused):
            produced(tmp_path / name, form)
