"""Where uploads are taken in on a machine that can keep no command in: the house starts, uploads are refused."""

from pathlib import Path
from types import SimpleNamespace
from typing import cast

import pytest

from deploy.installation import Installation, open_workshop
from deploy.settings import load
from media.errors import MediaRefused
from media.sandbox import Bounds, Grade, Sandbox

BOUNDS = Bounds(seconds=5, memory_bytes=1 << 30, file_bytes=1, output_bytes=1)


@pytest.mark.parametrize("allowed", [False, True])
async def test_workshop_where_no_sandbox_runs_opens_and_refuses_files_unless_an_operator_allows_them(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, *, allowed: bool
) -> None:
    async def walls(_: Sandbox) -> bool:
        return False

    monkeypatch.setattr(Sandbox, "_works", walls)
    settings = load({"YUNPING_DATA": str(tmp_path), "YUNPING_ALLOW_UNSANDBOXED": str(allowed).lower()})
    room = await open_workshop(cast("Installation", SimpleNamespace(settings=settings, store=None)))
    (out := tmp_path / "out").mkdir()
    if allowed:
        assert room.sandbox.grade is Grade.limits_only
        assert (await room.sandbox.run(["/usr/bin/true"], given=out, out=out, bounds=BOUNDS)).returncode == 0
        return
    with pytest.raises(MediaRefused) as caught:
        await room.sandbox.run(["/usr/bin/true"], given=out, out=out, bounds=BOUNDS)
    assert (caught.value.code, caught.value.params) == (
        "media.sandbox_unavailable",
        {"setting": "YUNPING_ALLOW_UNSANDBOXED"},
    )
