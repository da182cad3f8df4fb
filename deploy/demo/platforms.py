"""The demo's platforms: simulators in a process of their own, with credentials made for this installation."""

import json
import os
import secrets
import sys
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Final

from cms.contract import Services
from deploy.demo.ports import APP, DOUYIN, IPTV, PORTS, WECHAT, address
from deploy.settings import Settings
from deploy.supervisor import Child

FILE: Final = "demo-platforms.json"
# A platform looks at a post for so long before it is seen.
REVIEW_SECONDS: Final = 8
_ANSWER: Final = 1 << 16


@dataclass(frozen=True, slots=True)
class Credentials:
    """What the simulators and the hub both know."""

    wechat_appid: str
    wechat_secret: str
    wechat_token: str
    wechat_aes_key: str
    douyin_client_key: str
    douyin_client_secret: str
    app_secret: str
    iptv_secret: str


def credentials(settings: Settings) -> Credentials:
    """Made once, kept in a file that only the owner reads (blocking)."""
    path = settings.data / FILE
    if not path.exists():
        made = Credentials(
            wechat_appid="wx" + secrets.token_hex(8),
            wechat_secret=secrets.token_hex(16),
            wechat_token=secrets.token_hex(12),
            # The platform's form: 43 letters and digits, base64 without its sign of the end.
            wechat_aes_key=secrets.token_hex(22)[:42] + "A",
            douyin_client_key="aw" + secrets.token_hex(7),
            douyin_client_secret=secrets.token_hex(16),
            iptv_secret=secrets.token_hex(16),
            app_secret=secrets.token_hex(16),
        )
        _keep(path, asdict(made))
    known = json.loads(path.read_text("utf-8"))
    later = {"app_secret", "iptv_secret"} - known.keys()
    if later:
        # A demo that was loaded before there were an App and an operator.
        known |= {name: secrets.token_hex(16) for name in later}
        _keep(path, known)
    return Credentials(**known)


def child(settings: Settings, known: Credentials) -> Child:
    """The process of all simulators."""
    options = {
        "wechat-port": PORTS[WECHAT],
        "douyin-port": PORTS[DOUYIN],
        "callback-base": settings.public,
        "wechat-target": WECHAT,
        "douyin-target": DOUYIN,
        "wechat-appid": known.wechat_appid,
        "wechat-secret": known.wechat_secret,
        "wechat-token": known.wechat_token,
        "wechat-aes-key": known.wechat_aes_key,
        "douyin-client-key": known.douyin_client_key,
        "douyin-client-secret": known.douyin_client_secret,
        "iptv-port": PORTS[IPTV],
        "iptv-target": IPTV,
        "iptv-secret": known.iptv_secret,
        "app-port": PORTS[APP],
        "app-secret": known.app_secret,
        "review-seconds": REVIEW_SECONDS,
    }
    words = [word for name, value in options.items() for word in (f"--{name}", str(value))]
    return Child("demo-platforms", (sys.executable, "-m", "tests.fakes.platforms", *words, "--douyin-consented"))


def settings_of(row: Mapping[str, Any], known: Credentials) -> dict[str, Any]:
    """The settings of an account at a simulator, by its row of the world; nothing for other channels."""
    kind = row["kind"]
    if kind == WECHAT:
        return {"appid": known.wechat_appid, "base_url": address(WECHAT)}
    if kind == DOUYIN:
        return {"client_key": known.douyin_client_key, "base_url": address(DOUYIN), "topics": ["吴江", "文明实践"]}
    written = row.get("settings", {})
    return {name: _said(value, known) if isinstance(value, str) else value for name, value in written.items()}


def _said(text: str, known: Credentials) -> str:
    """What the world says, with this installation's credentials and addresses in it."""
    return text.format(**asdict(known), **{f"{name}_address": address(name) for name in PORTS})


async def fill(services: Services, row: Mapping[str, Any], known: Credentials) -> None:
    """Puts an account's credentials into its vault; Douyin's tokens come from the consent that the simulator keeps."""
    kind = row["kind"]
    for name, value in row.get("secrets", {}).items():
        await services.vault.put(name, _said(value, known))
    if kind == WECHAT:
        await services.vault.put("app_secret", known.wechat_secret)
        await services.vault.put("callback_token", known.wechat_token)
        await services.vault.put("callback_aes_key", known.wechat_aes_key)
    elif kind == DOUYIN:
        await services.vault.put("client_secret", known.douyin_client_secret)
        headers = {"content-type": "application/json"}
        url = f"{address(DOUYIN)}/_sim/grant"
        _, _, body = await services.outbound.request("POST", url, body=b"{}", headers=headers, limit=_ANSWER)
        granted = json.loads(body)
        await services.vault.put("access_token", granted["access_token"])
        await services.vault.put("refresh_token", granted["refresh_token"])


def _keep(path: Path, value: Mapping[str, str]) -> None:
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(handle, "w") as file:
        json.dump(value, file)
