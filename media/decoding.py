"""Asks the sandboxed worker to decode, and believes only what the files themselves show."""

import importlib.util
import json
import os
import sys
from functools import cache
from pathlib import Path
from typing import Any, Final

from media.errors import MediaRefused
from media.headers import dimensions
from media.kinds import Format, Kind
from media.probe import probe
from media.sandbox import INPUT, OUTPUT, Bounds, Ended, Sandbox

_BOOT: Final = "import sys;sys.path[:0]=sys.argv[4:];from media.worker.main import main;main(*sys.argv[1:4])"


async def decode(
    operation: str,
    request: dict[str, Any],
    *,
    sandbox: Sandbox,
    given: Path,
    out: Path,
    bounds: Bounds,
) -> dict[str, Any]:
    """Run one worker operation; its files are in `out` afterwards.

    Raises:
        MediaRefused: the worker's refusal; `media.too_costly` when it ran into its bounds;
            `media.broken` when the decoder crashed.
    """
    paths, visible = interpreter()
    asked = json.dumps({"op": operation, **request})
    finished = await sandbox.run(
        [python(), "-I", "-S", "-B", "-c", _BOOT, asked, INPUT, OUTPUT, *paths],
        given=given,
        out=out,
        bounds=bounds,
        visible=visible,
    )
    form = str(request.get("format", ""))
    if finished.ended is not Ended.itself:
        raise MediaRefused("media.too_costly")
    try:
        answer = json.loads(finished.stdout)
    except ValueError as error:
        raise MediaRefused("media.broken", format=form) from error
    if finished.returncode != 0 or not isinstance(answer, dict):
        raise MediaRefused("media.broken", format=form)
    if "refused" in answer:
        raise _refusal(answer)
    return answer


def produced(path: Path, form: Format) -> tuple[int, int]:
    """Size in pixels of a file the worker wrote, after checking that it is of that format.

    Raises:
        MediaRefused: `media.broken` when the worker did not write what it should have.
    """
    if path.is_symlink() or not path.is_file() or probe(path, accept={Kind.picture}) != form:
        raise MediaRefused("media.broken", format=form.name)
    with path.open("rb") as file:
        return dimensions(file, form)


def _refusal(answer: dict[str, Any]) -> MediaRefused:
    code, params = answer.get("refused"), answer.get("params")
    if not isinstance(code, str) or not code.startswith("media.") or not isinstance(params, dict):
        return MediaRefused("media.broken", format="")
    shown = {str(k): v for k, v in params.items() if isinstance(v, str | int)}
    return MediaRefused(code, **shown)


def python() -> str:
    """The real interpreter behind the virtual environment: the environment itself is not visible inside."""
    return os.path.realpath(sys.executable)


@cache
def interpreter() -> tuple[tuple[str, ...], tuple[Path, ...]]:
    """Import paths of the worker, and the folders that must be visible for it."""
    media = Path(__file__).parent
    found = importlib.util.find_spec("PIL")
    if found is None or found.origin is None:
        raise MediaRefused("media.sandbox_unavailable", setting="pillow")
    packages = Path(found.origin).parents[1]
    base = Path(sys.base_prefix)
    visible = [media, packages]
    if not base.is_relative_to("/usr"):
        visible.append(base)
    return (str(media.parent), str(packages)), tuple(visible)
