"""WeChat's service account as a simulator: its interface, its errors, its page for a follower."""

import random
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from tests.fakes.stage.clock import Clock, day, month
from tests.fakes.stage.faults import Fault, Kind
from tests.fakes.stage.messages import Answer, BadBody, Json, Request, json_answer
from tests.fakes.stage.multipart import BadMultipart
from tests.fakes.stage.simulator import Simulator
from tests.fakes.wechat import calls, schedule
from tests.fakes.wechat.callbacks import Callbacks, Mailbox
from tests.fakes.wechat.codes import MESSAGES, Refused
from tests.fakes.wechat.drafts import Drafts
from tests.fakes.wechat.limits import Limits
from tests.fakes.wechat.mass import Mass, Push
from tests.fakes.wechat.media import Media
from tests.fakes.wechat.pages import page
from tests.fakes.wechat.publishing import Job, Publishing
from tests.fakes.wechat.tokens import Tokens

RIGHTS: Final = frozenset({"freepublish", "mass", "comment", "material", "draft"})


@dataclass
class Account:
    """What an operator set up on the platform's own pages."""

    appid: str = "wx0000simulator01"
    secret: str = "simulator-secret-0000000000000001"
    name: str = "云上吴江"
    allowed: frozenset[str] | None = None
    """Addresses that may ask for tokens; None is any."""
    address_state: int = 0
    """0, or 89503, 89506, 89507: an administrator's word on a new address is missing or was no."""
    frozen: bool = False
    rights: set[str] = field(default_factory=lambda: set(RIGHTS))


class WeChat(Simulator):
    """One account. Everything a test sets is a plain attribute of a part."""

    name = "wechat"

    def __init__(
        self,
        clock: Clock | None = None,
        *,
        seed: str = "1",
        account: Account | None = None,
        mailbox: Mailbox | None = None,
        base: str | None = None,
    ) -> None:
        super().__init__(clock, seed=seed)
        self.account = account or Account()
        self.limits = Limits()
        self.tokens = Tokens(self.clock, self.limits, self.identity)
        count = self.journal.count
        self.media = Media(self.limits, self.identity, count)
        self.drafts = Drafts(
            self.limits, self.media, self.identity, count, self.journal.defects.append, lambda: self.may("comment")
        )
        self.publishing = Publishing(
            self.clock, self.drafts, self.identity, self.number, count, self.later, self._published
        )
        if base:
            self.publishing.base = base
        self.mass = Mass(
            self.clock, self.limits, self.drafts, self.publishing, self.number, count, self.later, self._pushed
        )
        self.callbacks = Callbacks(mailbox or Mailbox(), self.outbox, self.account.appid, self.identity)
        self.used: dict[tuple[str, str], int] = {}
        self.clears: list[str] = []
        self.menu: Json | None = None
        self.templates: list[Json] = []
        self.taken: set[str] = set()
        """Rights that a schedule took away until the calm."""
        self.talk: dict[str, bool] = {}
        """Articles whose comments were opened or closed after they went out, by their number."""
        self.unwilling: set[str] = set()
        """People who refuse subscription notices."""

    # the frame

    def is_api(self, path: str) -> bool:
        return path.startswith("/cgi-bin/")

    def api(self, request: Request) -> Answer:
        call = calls.TABLE.get(request.path)
        if call is None:
            return Answer(404, b"")
        try:
            self._check(call, request)
            done = call.do(self, request)
            return json_answer(done if done and call.bare else {"errcode": 0, "errmsg": "ok", **done})
        except (BadBody, BadMultipart) as wrong:
            return self._refusal(Refused(47001, f"{MESSAGES[47001]}: {wrong}"))
        except Refused as refused:
            return self._refusal(refused)

    def page(self, request: Request) -> Answer | None:
        return page(self, request)

    def error(self, code: int) -> Answer:
        return self._refusal(Refused(code))

    def draw(self, dice: random.Random, path: str) -> Fault:
        return schedule.draw(dice, path)

    def arrange(self, dice: random.Random) -> None:
        schedule.arrange(self, dice)

    def calm(self) -> None:
        """Ends all faults; jobs under way end as they were going to, new ones end well."""
        self.publishing.plan.result, self.publishing.plan.delay = 0, 0.0
        self.publishing.plan.results.clear()
        self.account.rights |= self.taken
        self.taken.clear()
        self.mass.delay, self.mass.confirm = 0.0, "none"
        self.outbox.always.lost, self.outbox.always.copies, self.outbox.always.delay = False, 1, 0.0
        super().calm()

    def visible(self, title: str) -> int:
        self.settle()
        return sum(
            item.is_visible and item.article.title == title
            for publication in self.publishing.publications.values()
            for item in publication.items
        )

    def state(self) -> Mapping[str, Any]:
        return {
            "drafts": len(self.drafts.box),
            "publications": [
                {
                    "article_id": one.article_id,
                    "pushed": one.pushed,
                    "items": [
                        {
                            "title": item.article.title,
                            "url": item.url,
                            "deleted": item.deleted,
                            "banned": item.banned,
                            "losses": item.article.losses,
                        }
                        for item in one.items
                    ],
                }
                for one in self.publishing.newest()
            ],
            "jobs": {job.publish_id: job.status for job in self.publishing.jobs.values()},
            "rights": sorted(self.account.rights),
            "mass_left": self.mass.left(self.clock.now()),
            "notices": len(self.templates),
        }

    def controls(self) -> Mapping[str, Callable[[Mapping[str, Any]], Any]]:
        return {
            "review": self._plan_review,
            "rights": self._set_right,
            "ban": lambda values: self.publishing.ban(str(values["article_id"])),
            "remove": lambda values: self.publishing.delete(str(values["article_id"]), int(values.get("index", 0))),
            "tokens": lambda _: self.tokens.kill(),
            "account": self._set_account,
            "callback": self._set_mailbox,
        }

    # what parts ask

    def may(self, right: str) -> bool:
        return right in self.account.rights

    def quota(self, path: str) -> tuple[int, int]:
        """The daily limit of a path and what is used of it."""
        limit = self.limits.daily.get(path, self.limits.daily["*"])
        return limit, self.used.get((path, day(self.clock.now())), 0)

    def clear_quota(self) -> None:
        now = self.clock.now()
        if self.clears.count(month(now)) >= self.limits.clears_a_month:
            raise Refused(48006)
        self.clears.append(month(now))
        self.used.clear()

    def _check(self, call: calls.Call, request: Request) -> None:
        if request.method not in call.methods:
            raise Refused(43002)
        if call.needs_token:
            self.tokens.check(request.query.get("access_token", ""))
        if call.right and not self.may(call.right):
            raise Refused(88000 if call.right == "comment" else 48001)
        self._use(request.path)

    def _use(self, path: str) -> None:
        limit, used = self.quota(path)
        if used >= limit and path != "/cgi-bin/clear_quota":
            raise Refused(45009)
        self.used[path, day(self.clock.now())] = used + 1

    def _refusal(self, refused: Refused) -> Answer:
        rid = self.identity("rid")
        message = f"{refused.message} rid: {rid[:8]}-{rid[8:16]}-{rid[16:24]}"
        return json_answer({"errcode": refused.code, "errmsg": message, **refused.fields})

    def _published(self, job: Job) -> None:
        self.callbacks.published(job, self.publishing, self.clock.now())

    def _pushed(self, push: Push) -> None:
        self.callbacks.pushed(push, self.publishing, self.clock.now())

    def _plan_review(self, values: Mapping[str, Any]) -> None:
        plan = self.publishing.plan
        plan.result, plan.delay = int(values.get("result", plan.result)), float(values.get("delay", plan.delay))
        plan.results = [int(one) for one in values.get("results", [])]

    def _set_right(self, values: Mapping[str, Any]) -> None:
        change = self.account.rights.add if values["granted"] else self.account.rights.discard
        change(str(values["name"]))

    def _set_account(self, values: Mapping[str, Any]) -> None:
        if "allowed" in values:
            self.account.allowed = None if values["allowed"] is None else frozenset(values["allowed"])
        self.account.frozen = bool(values.get("frozen", self.account.frozen))
        self.account.address_state = int(values.get("address_state", self.account.address_state))

    def _set_mailbox(self, values: Mapping[str, Any]) -> None:
        for name in ("url", "token", "aes_key", "body_format", "event_name", "forge"):
            if name in values:
                setattr(self.callbacks.mailbox, name, values[name])


__all__ = ["Account", "Kind", "Mailbox", "WeChat"]
