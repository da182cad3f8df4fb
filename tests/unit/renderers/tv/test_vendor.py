"""Third-party files of the portal are what vendor.json says, with their licence."""

import hashlib
import json

from renderers.tv.pages import HERE, HLS

STATIC = HERE / "static"


def test_player_library_is_the_one_on_record_and_nothing_else_is_there() -> None:
    packages = json.loads((STATIC / "vendor" / "vendor.json").read_text("utf-8"))["packages"]
    files = {file["path"]: file["sha256"] for package in packages for file in package["files"]}
    assert set(files) == {HLS}
    for path, sha256 in files.items():
        assert hashlib.sha256((STATIC / path).read_bytes()).hexdigest() == sha256
    texts = {f"vendor/{part['licence_text']}" for package in packages for part in package["parts"]}
    present = {path.relative_to(STATIC).as_posix() for path in (STATIC / "vendor").rglob("*") if path.is_file()}
    assert present == {*files, *texts, "vendor/vendor.json"}
    assert all("Apache License" in (STATIC / text).read_text("utf-8") for text in texts)
