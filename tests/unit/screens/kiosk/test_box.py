"""The box serves its installed player on the loopback and nothing else to nobody else."""

import hashlib
import http.client
import json
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from screens.kiosk.box import BadConfig, Box, load, policy, read_config

CONFIG: dict[str, Any] = {
    "server": "https://yunping.example",
    "gateway": "wss://gateway.example/screens/v1",
    "media": "https://media.example",
    "name": "松陵街道实践所",
    "root": {"text": "{}", "signatures": []},
}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    player = tmp_path / "player"
    (player / "trust").mkdir(parents=True)
    (player / "index.html").write_text("<!doctype html><title>屏</title>")
    (player / "trust" / "viewer.js").write_text("export const one = 1;")
    (player / "notes.txt").write_text("not for the page")
    write(tmp_path, CONFIG)
    return tmp_path


def write(folder: Path, config: object) -> None:
    (folder / "config.json").write_text(json.dumps(config))


@pytest.fixture
def box(folder: Path) -> Iterator[Box]:
    server = Box(folder, 0)
    threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
    yield server
    server.shutdown()
    server.server_close()


def ask(
    box: Box, path: str, *, method: str = "GET", body: str | None = None, **headers: str
) -> tuple[http.client.HTTPResponse, bytes]:
    connection = http.client.HTTPConnection("127.0.0.1", box.server_address[1], timeout=5)
    connection.request(
        method, path, body=body, headers={name.replace("_", "-"): text for name, text in headers.items()}
    )
    answer = connection.getresponse()
    said = answer.read()
    connection.close()
    return answer, said


@pytest.mark.parametrize(
    ("path", "media_type"),
    [
        ("/", "text/html; charset=utf-8"),
        ("/index.html?x=1", "text/html; charset=utf-8"),
        ("/trust/viewer.js", "text/javascript; charset=utf-8"),
        ("/config.json", "application/json"),
    ],
)
def test_installed_file_is_served_with_its_type_hash_and_policy(box: Box, path: str, media_type: str) -> None:
    answer, body = ask(box, path)
    assert (answer.status, answer.getheader("Content-Type")) == (200, media_type)
    assert answer.getheader("ETag") == f'"{hashlib.sha256(body).hexdigest()}"'
    said = str(answer.getheader("Content-Security-Policy"))
    assert "connect-src 'self' https://media.example wss://gateway.example;" in said
    assert "default-src 'none'" in said
    assert "unsafe" not in said


@pytest.mark.parametrize(
    "path", ["/notes.txt", "/trust/", "/../config.json", "/trust/../notes.txt", "/%2e%2e/box.py", "//etc/passwd"]
)
def test_anything_else_is_not_there(box: Box, path: str) -> None:
    answer, body = ask(box, path)
    assert (answer.status, body) == (404, b"")


def test_file_added_after_the_start_is_not_served(box: Box, folder: Path) -> None:
    (folder / "player" / "late.js").write_text("alert(1)")
    assert ask(box, "/late.js")[0].status == 404


@pytest.mark.parametrize("host", ["evil.example", "127.0.0.1", "127.0.0.1:1", ""])
def test_foreign_host_name_is_refused(box: Box, host: str) -> None:
    assert ask(box, "/", Host=host)[0].status == 421


def test_head_gives_the_length_alone_and_a_known_tag_no_body(box: Box) -> None:
    whole, body = ask(box, "/")
    head, nothing = ask(box, "/", method="HEAD")
    assert (head.getheader("Content-Length"), nothing) == (str(len(body)), b"")
    again, nothing = ask(box, "/", If_None_Match=str(whole.getheader("ETag")))
    assert (again.status, nothing) == (304, b"")


@pytest.mark.parametrize("method", ["PUT", "DELETE", "OPTIONS", "PATCH"])
def test_other_methods_are_refused(box: Box, method: str) -> None:
    assert ask(box, "/", method=method)[0].status == 501


def test_health_is_what_the_page_reported(box: Box) -> None:
    assert json.loads(ask(box, "/health")[1]) == {"painted_at": 0, "silent": None}
    origin = f"http://127.0.0.1:{box.server_address[1]}"
    answer, _ = ask(box, "/health", method="POST", body='{"painted_at": 17}', Origin=origin)
    assert answer.status == 204
    said = json.loads(ask(box, "/health")[1])
    assert said["painted_at"] == 17
    assert 0 <= said["silent"] < 5000


@pytest.mark.parametrize(
    ("body", "origin", "status"),
    [
        ('{"painted_at": 1}', "http://evil.example", 403),
        ('{"painted_at": 1}', "", 403),
        ("{" + " " * 9000 + "}", None, 403),
        ("[]", None, 400),
        ("nonsense", None, 400),
    ],
)
def test_report_of_another_page_or_without_sense_is_refused(
    box: Box, body: str, origin: str | None, status: int
) -> None:
    own = f"http://127.0.0.1:{box.server_address[1]}"
    assert ask(box, "/health", method="POST", body=body, Origin=own if origin is None else origin)[0].status == status
    assert json.loads(ask(box, "/health")[1])["silent"] is None


@pytest.mark.parametrize(
    ("change", "named"),
    [
        ({"gateway": "https://gateway.example"}, "gateway"),
        ({"gateway": None}, "gateway"),
        ({"media": "ftp://media.example"}, "media"),
        ({"server": ""}, "server"),
        ({"root": {"text": "{}"}}, "root"),
        ({"root": None}, "root"),
    ],
)
def test_configuration_that_lacks_something_ends_the_start_with_its_name(
    folder: Path, change: dict[str, object], named: str
) -> None:
    write(folder, {**CONFIG, **change})
    with pytest.raises(BadConfig, match=named):
        read_config(folder)


def test_folder_without_a_player_or_configuration_is_refused(tmp_path: Path) -> None:
    with pytest.raises(BadConfig, match=r"config\.json"):
        read_config(tmp_path)
    write(tmp_path, CONFIG)
    with pytest.raises(BadConfig, match="not installed"):
        load(tmp_path)


def test_policy_names_one_origin_once() -> None:
    said = policy({**CONFIG, "gateway": "ws://127.0.0.1:1/screens/v1", "media": "http://127.0.0.1:1/files"})
    assert "connect-src 'self' http://127.0.0.1:1 ws://127.0.0.1:1;" in said
