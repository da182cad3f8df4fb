"""Third-party scripts of the player are the ones that were looked at, each with its licence."""

import hashlib
import json
from pathlib import Path

PLAYER = Path(__file__).resolve().parents[4] / "screens" / "player"
VENDOR = PLAYER / "vendor"


def test_vendored_files_have_their_hash_and_their_licence() -> None:
    packages = json.loads((VENDOR / "vendor.json").read_text("utf-8"))["packages"]
    listed = {file["path"]: file["sha256"] for one in packages for file in one["files"]}
    found = {f"vendor/{path.name}": hashlib.sha256(path.read_bytes()).hexdigest() for path in VENDOR.glob("*.js")}
    assert found == listed
    for part in (part for one in packages for part in one["parts"]):
        assert "MIT" in (VENDOR / part["licence_text"]).read_text("utf-8") + part["licence"]


def test_player_names_no_address_of_another_machine() -> None:
    for path in PLAYER.rglob("*"):
        if path.suffix in {".js", ".css", ".html"} and VENDOR not in path.parents:
            text = path.read_text("utf-8").replace("http://www.w3.org/2000/svg", "")
            assert "http://" not in text, path
            assert "https://" not in text, path
