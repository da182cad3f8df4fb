"""The platforms of a run of faults: what each counts as a side effect, and why by its own knowledge nothing is out."""

import collections
from collections.abc import Callable, Mapping
from typing import Any, Final, Protocol

from cms.publishing.services.account import Account
from cms.publishing.services.state import RowState
from cms.publishing.services.vault import SealedVault
from renderers.douyin.tokens import after_grant
from renderers.wxnotice.message import cut
from tests.fakes.cityapp.app import PATH, App
from tests.fakes.douyin.codes import Wrong
from tests.fakes.douyin.simulator import Douyin
from tests.fakes.stage.clock import Clock
from tests.fakes.stage.simulator import Simulator
from tests.fakes.wechat.simulator import Mailbox, WeChat
from tests.integration.publishing.office import T0

KEY: Final = bytes(32)
READERS: Final = ("oReader1", "oReader2")
RIGHT: Final = "video.create.bind"
_SCOPE: Final = "user_info,video.create.bind,video.data.bind,video.list.bind,renew_refresh_token"


class Fake(Protocol):
    """What a story needs of a platform beside its calls."""

    kind: str
    name: str
    """The kind, or one way of it."""
    effects: tuple[str, ...]
    """The side effects that count: the last is what a follower would see twice."""
    perhaps: frozenset[str]
    """The codes that say themselves: perhaps it is out, and nothing will be sent again."""

    @property
    def simulator(self) -> Simulator: ...

    async def furnish(self, account: Account, base: str) -> dict[str, object]:
        """Puts the account's secrets in place and gives its settings."""
        ...

    def counted(self) -> collections.Counter[str]: ...

    def posts(self) -> int:
        """How many posts a follower was given, counted where they were given most."""
        ...

    def visible(self, title: str) -> int: ...

    def set_up(self, seed: int) -> None:
        """After the weather: what this way needs of its platform."""
        ...

    def kill_tokens(self) -> None: ...

    def by_hand(self, task: Mapping[str, Any], title: str) -> str:
        """A person does at the platform what a task asks for and gives the address; empty: not what they do here."""
        ...

    def reasons(self) -> set[str]:
        """Why, by what the platform itself knows, nothing may be out."""
        ...

    def left_behind(self) -> int:
        """What would stay there for ever without anybody knowing."""
        ...


class _Fake:
    """What most platforms have in common."""

    effects: tuple[str, ...] = ()
    perhaps: frozenset[str] = frozenset()
    simulator: Any

    def counted(self) -> collections.Counter[str]:
        counters = self.simulator.journal.counters
        return collections.Counter({name: counters[name] for name in self.effects})

    def posts(self) -> int:
        return int(self.counted()[self.effects[-1]])

    def visible(self, title: str) -> int:
        return int(self.simulator.visible(title))

    def set_up(self, seed: int) -> None:
        """Nothing more."""

    def kill_tokens(self) -> None:
        """There are none."""

    def by_hand(self, task: Mapping[str, Any], title: str) -> str:
        return ""

    def left_behind(self) -> int:
        return 0


class WeChatFake(_Fake):
    """A service account that publishes without a message."""

    kind = name = "wechat"
    effects: tuple[str, ...] = ("drafts", "submits", "publications")
    way = "publish"
    simulator: WeChat

    def __init__(self, code: str, seed: int) -> None:
        box = Mailbox(f"https://hub.example.cn/hooks/wechat/{code}/", "hub-token", None)
        self.simulator = WeChat(Clock(T0), seed=str(seed), mailbox=box)

    async def furnish(self, account: Account, base: str) -> dict[str, object]:
        vault = SealedVault(account, KEY)
        await vault.put("app_secret", self.simulator.account.secret)
        await vault.put("callback_token", "hub-token")
        return {"appid": self.simulator.account.appid, "callback_mode": "plain", "base_url": base, "way": self.way}

    def kill_tokens(self) -> None:
        self.simulator.tokens.kill()

    def reasons(self) -> set[str]:
        sim = self.simulator
        found = {"wechat.submit_lost", "wechat.publish_vanished"} if sim.journal.counters["submits"] else set()
        ends = {2: "wechat.status_original", 3: "wechat.status_failed", 4: "wechat.status_review"}
        found |= {ends[job.status] for job in sim.publishing.jobs.values() if job.status in ends}
        codes = {fault.code for _, fault in sim.faults.met}
        found |= {"wechat.bad_content"} if 53503 in codes else set()
        return found | ({"wechat.task.publish"} if codes & {53504, 53505} else set())

    def left_behind(self) -> int:
        return len(self.simulator.drafts.box)


class PushFake(WeChatFake):
    """A service account whose pieces go to all followers as a message."""

    name = "wechat push_all"
    effects: tuple[str, ...] = ("drafts", "pushes")
    way = "push_all"

    def posts(self) -> int:
        """A message that failed reached nobody."""
        return sum(one.status != "SEND_FAIL" for one in self.simulator.mass.pushes.values())

    def reasons(self) -> set[str]:
        pushes = self.simulator.mass.pushes.values()
        events = {one.event for one in pushes if one.status == "SEND_FAIL"}
        # The event that says why may be lost; then there is one sentence for all.
        found = {"wechat.push_failed"} if events else set()
        found |= {"wechat.push_admin_refused"} if "err(40001)" in events else set()
        found |= {"wechat.push_admin_silent"} if "err(40002)" in events else set()
        return super().reasons() | found | ({"wechat.push_vanished", "wechat.submit_lost"} if pushes else set())


class DouyinFake(_Fake):
    """An account whose owner consented, and whose app may post by its interface."""

    kind = "douyin"
    name = "douyin api"
    effects: tuple[str, ...] = ("videos", "creates")
    mode = "auto"
    phone = False
    simulator: Douyin

    def __init__(self, code: str, seed: int) -> None:
        hook = f"https://hub.example.cn/hooks/douyin/{code}/"
        self.simulator = Douyin(Clock(T0), seed=str(seed), callback=hook)
        if not self.phone:
            self.simulator.app.scopes -= {"h5.share"}

    async def furnish(self, account: Account, base: str) -> dict[str, object]:
        platform, app = self.simulator, self.simulator.app
        form = {"client_key": app.client_key, "client_secret": app.client_secret, "grant_type": "authorization_code"}
        grant = platform.oauth.access_token({**form, "code": platform.oauth.consent(_SCOPE)})
        vault = SealedVault(account, KEY)
        await vault.put("client_secret", app.client_secret)
        await vault.put("access_token", grant["access_token"])
        await vault.put("refresh_token", grant["refresh_token"])
        await RowState(account).put("tokens", after_grant(grant, platform.clock.now()), version=0)
        tiny: dict[str, object] = {"width": 72, "card_seconds": 0.2, "topics": ["吴江"]}
        known = {"client_key": app.client_key, "open_id": app.open_id, "base_url": base}
        return {**known, "mode": self.mode, **tiny}

    def kill_tokens(self) -> None:
        """The access token alone: a dead consent is another story."""
        for grant in self.simulator.oauth.grants:
            grant.old_access.append(grant.access)
            grant.access = self.simulator.identity("dead")

    def reasons(self) -> set[str]:
        sim = self.simulator
        found = {"douyin.review_refused"} if sim.journal.counters["reviews_refused"] else set()
        was_withdrawn = any(entry.code in {2190004, 28001056, 2100007, 28001018} for entry in sim.journal.entries)
        return found | ({"douyin.task.post"} if was_withdrawn else set())


class ScanFake(DouyinFake):
    """An account without the right to post: somebody scans a code, or nobody does and the pack is left."""

    name = "douyin qr"
    effects: tuple[str, ...] = ("creates",)
    phone = True

    def __init__(self, code: str, seed: int) -> None:
        super().__init__(code, seed)
        # Every other account finds out that its right was withdrawn; the rest is set to codes.
        self.mode = "scan" if seed % 2 else "auto"
        self.is_scanned = seed % 5 != 4

    def set_up(self, seed: int) -> None:
        if self.mode == "auto":
            self.simulator.troubles[RIGHT] = Wrong.CAPABILITY_BANNED if seed % 4 else Wrong.CAPABILITY_WITHDRAWN

    def by_hand(self, task: Mapping[str, Any], title: str) -> str:
        if task.get("task") == "douyin.task.scan":
            if self.is_scanned and not self.posts():
                return str(self.simulator.press(str(task["qr"])).share_url)
            return ""
        if task.get("task") in {"douyin.task.post", "douyin.task.after_scan"}:
            return posted(self.simulator, title)
        return ""


class PackFake(DouyinFake):
    """An account that a person serves by hand, with the pack."""

    name = "douyin pack"
    effects: tuple[str, ...] = ("creates",)
    mode = "outbox"

    def by_hand(self, task: Mapping[str, Any], title: str) -> str:
        return posted(self.simulator, title) if task.get("task") == "douyin.task.post" else ""


def posted(platform: Douyin, title: str) -> str:
    """A person looks whether it is there, as the task asks, and else posts it in the app; gives its address."""
    there = next((one for one in platform.posts.newest() if title in one.text and not one.deleted), None)
    item = there or platform.posts.create_elsewhere(title, "", pictures=False)
    platform.posts.settle_review(item, passed=True)
    return item.share_url


class CityAppFake(_Fake):
    """An App."""

    kind = name = "cityapp"
    effects: tuple[str, ...] = ("publish",)
    simulator: App

    def __init__(self, code: str, seed: int) -> None:
        self.simulator = App(Clock(T0), seed=str(seed))

    async def furnish(self, account: Account, base: str) -> dict[str, object]:
        await SealedVault(account, KEY).put("signing_secret", self.simulator.secret)
        return {"url": f"{base}{PATH}"}

    def reasons(self) -> set[str]:
        return {"cityapp.dead_letter"} if self.simulator.faults.met else set()


class NoticeFake(WeChatFake):
    """A list of readers who asked for a notice of each piece."""

    kind = name = "wxnotice"
    effects: tuple[str, ...] = ("notices",)
    perhaps = frozenset({"wxnotice.all_lost"})

    async def furnish(self, account: Account, base: str) -> dict[str, object]:
        await SealedVault(account, KEY).put("app_secret", self.simulator.account.secret)
        appid = self.simulator.account.appid
        return {"appid": appid, "base_url": base, "template_id": "tpl-1", "readers": list(READERS)}

    def posts(self) -> int:
        """To the reader who got most."""
        return max(collections.Counter(one["touser"] for one in self.simulator.templates).values(), default=0)

    def visible(self, title: str) -> int:
        told = [one["touser"] for one in self.simulator.templates if one["data"]["thing1"]["value"] == cut(title)]
        return max(collections.Counter(told).values(), default=0)

    def reasons(self) -> set[str]:
        return {"wxnotice.all_lost"} if self.simulator.faults.met else set()

    def left_behind(self) -> int:
        return 0


FAKES: Final[Mapping[str, Callable[[str, int], Fake]]] = {
    "wechat": WeChatFake,
    "push": PushFake,
    "douyin": DouyinFake,
    "scan": ScanFake,
    "pack": PackFake,
    "cityapp": CityAppFake,
    "notice": NoticeFake,
}
