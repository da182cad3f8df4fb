"""Make the checkout importable in its private environment and its channels discoverable, without building a package.

A build would need the build backend from an index at every change of an entry point, and a bare machine may be
offline by then. The two things an installed package gives are small: a path line and a `.dist-info` folder. This
file is run by `./yunping` before anything else is importable, so it uses the standard library only.
"""

import base64
import hashlib
import os
import sysconfig
import tomllib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent


def entry_points(project: Mapping[str, Any]) -> Iterator[str]:
    groups: dict[str, dict[str, str]] = {
        "console_scripts": project.get("scripts", {}),
        **project.get("entry-points", {}),
    }
    for group, entries in groups.items():
        yield f"[{group}]"
        yield from (f"{name} = {target}" for name, target in entries.items())
        yield ""


def register(project: Mapping[str, Any], site: Path) -> None:
    """Write the path line and the metadata of `project` into the site-packages folder `site`."""
    name, version = project["name"], project["version"]
    folder = f"{name}-{version}.dist-info"
    files = {
        # Relative, so that a checkout may move and its path may hold any character.
        f"{name}.pth": f"{os.path.relpath(ROOT, site)}\n",
        f"{folder}/METADATA": f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n",
        f"{folder}/INSTALLER": "yunping\n",
        f"{folder}/entry_points.txt": "\n".join(entry_points(project)),
    }
    for stale in site.glob(f"{name}-*.dist-info/*"):
        stale.unlink()
    for stale in site.glob(f"{name}-*.dist-info"):
        stale.rmdir()
    (site / folder).mkdir()
    for path, text in files.items():
        (site / path).write_text(text, encoding="utf-8")
    # The installer needs a RECORD to take the old registration away when it syncs the environment.
    (site / folder / "RECORD").write_text(
        "".join(f"{path},{_digest(text)}\n" for path, text in files.items()) + f"{folder}/RECORD,,\n",
        encoding="utf-8",
    )


def _digest(text: str) -> str:
    data = text.encode()
    digest = base64.urlsafe_b64encode(hashlib.sha256(data).digest()).rstrip(b"=").decode()
    return f"sha256={digest},{len(data)}"


if __name__ == "__main__":
    pyproject = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    register(pyproject["project"], Path(sysconfig.get_path("purelib")))
