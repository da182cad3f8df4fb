"""Third-party files are what vendor.json says, and each part has its licence text."""

import hashlib
import json
from pathlib import Path
from typing import Any

from cms.desk.static_files import ROOT

VENDOR = ROOT / "vendor"


def packages() -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads((VENDOR / "vendor.json").read_text("utf-8"))["packages"]
    return found


def test_vendored_file_when_hashed_is_the_one_on_record() -> None:
    wrong = [
        file["path"]
        for package in packages()
        for file in package["files"]
        if hashlib.sha256((ROOT / file["path"]).read_bytes()).hexdigest() != file["sha256"]
    ]
    assert wrong == []


def test_vendored_folder_when_listed_holds_nothing_off_the_record() -> None:
    recorded = {file["path"] for package in packages() for file in package["files"]}
    present = {path.relative_to(ROOT).as_posix() for path in VENDOR.rglob("*") if path.is_file()}
    apart = {"vendor/vendor.json", *(f"vendor/{name}" for name in licence_texts())}
    assert present - apart == recorded - {"icons.svg"}


def licence_texts() -> set[str]:
    return {part["licence_text"] for package in packages() for part in package["parts"]}


def test_vendored_part_when_shipped_has_a_licence_and_its_text() -> None:
    parts = [part for package in packages() for part in package["parts"]]
    assert len(parts) > 20
    assert {part["licence"] for part in parts} <= {"0BSD", "BSD-3-Clause", "MIT", "ISC", "OFL-1.1"}
    assert [part["name"] for part in parts if len((VENDOR / part["licence_text"]).read_text("utf-8")) < 400] == []


def test_tiptap_parts_when_bundled_are_of_one_version() -> None:
    versions = {p["version"] for package in packages() for p in package["parts"] if p["name"].startswith("@tiptap/")}
    assert len(versions) == 1


def test_lock_when_read_pins_every_part_that_is_shipped() -> None:
    lock = json.loads((Path(__file__).parents[3] / "tools/vendor/package-lock.json").read_text("utf-8"))
    locked = {name.removeprefix("node_modules/"): entry.get("version") for name, entry in lock["packages"].items()}
    for package in packages():
        for part in package["parts"]:
            assert locked[part["name"]] == part["version"]
    assert all("integrity" in entry for name, entry in lock["packages"].items() if name)
