"""Douyin's open platform as a simulator: its interface, its consent page, its feed."""

import random
from collections.abc import Callable, Mapping
from typing import Any

from tests.fakes.douyin import calls, schedule
from tests.fakes.douyin.codes import Refused, Wrong
from tests.fakes.douyin.oauth import App, OAuth
from tests.fakes.douyin.pages import page
from tests.fakes.douyin.posts import Item, Posts
from tests.fakes.douyin.share import Share
from tests.fakes.douyin.uploads import Limits, Uploads
from tests.fakes.douyin.webhooks import Webhooks
from tests.fakes.stage.clock import Clock
from tests.fakes.stage.faults import Fault
from tests.fakes.stage.messages import Answer, BadBody, Json, Request, json_answer
from tests.fakes.stage.multipart import BadMultipart
from tests.fakes.stage.simulator import Simulator


class Douyin(Simulator):
    """One app and one account. `missing` and `withdrawn` switch capabilities of the app off."""

    name = "douyin"
    oauth: OAuth
    uploads: Uploads
    share: Share

    def __init__(
        self,
        clock: Clock | None = None,
        *,
        seed: str = "1",
        app: App | None = None,
        callback: str = "",
        base: str | None = None,
    ) -> None:
        super().__init__(clock, seed=seed)
        self.app = app or App()
        self.limits = Limits()
        self.oauth = OAuth(self.clock, self.app, self.identity, self.journal.count)
        self.uploads = Uploads(self.limits, self.identity, self.journal.count)
        self.posts = Posts(self.clock, self.uploads, self.identity, self.journal.count, self.later, self._told)
        if base:
            self.posts.base = base
        self.share = Share(self.clock, self.app, self.identity)
        self.webhooks = Webhooks(self.outbox, self.app, self.identity, callback)
        self.subscribed = {"create_video", "authorize", "unauthorize"}
        self.troubles: dict[str, Wrong] = {}
        """Capability → how it is off."""
        self.new_family = False
        """Answer in the newer envelope with codes 28001xxx."""

    # the frame

    def is_api(self, path: str) -> bool:
        return path in calls.TABLE

    def api(self, request: Request) -> Answer:
        call = calls.TABLE[request.path]
        try:
            self._check(call, request)
            return self._answer(call.do(self, request))
        except (BadBody, BadMultipart) as wrong:
            return self._refusal(Refused(Wrong.PARAMETERS, str(wrong)))
        except Refused as refused:
            return self._refusal(refused)

    def page(self, request: Request) -> Answer | None:
        return page(self, request)

    def error(self, code: int) -> Answer:
        return self._refusal(Refused(code))

    def draw(self, dice: random.Random, path: str) -> Fault:
        return schedule.draw(dice, path, new=self.new_family)

    def arrange(self, dice: random.Random) -> None:
        schedule.arrange(self, dice)

    def calm(self) -> None:
        """Ends all faults; reviews under way end as they were going to, new ones pass at once."""
        self.posts.review.delay, self.posts.review.passed = 0.0, True
        self.posts.review.passes.clear()
        self.troubles.clear()
        self.outbox.always.lost, self.outbox.always.copies, self.outbox.always.delay = False, 1, 0.0
        super().calm()

    def visible(self, title: str) -> int:
        """Posts that a follower sees and whose text holds the title: it has no other place there."""
        self.settle()
        return sum(item.is_visible and title in item.text for item in self.posts.items.values())

    def state(self) -> Mapping[str, Any]:
        return {
            "items": [
                {
                    "item_id": item.item_id,
                    "text": item.text,
                    "status": item.status,
                    "reviewed": item.reviewed,
                    "deleted": item.deleted,
                    "share_url": item.share_url,
                    "pictures": len(item.pictures),
                }
                for item in self.posts.newest()
            ],
            "videos": len(self.uploads.videos),
            "pictures": len(self.uploads.pictures),
            "grants": len([grant for grant in self.oauth.grants if not grant.revoked]),
            "troubles": {name: wrong.name for name, wrong in self.troubles.items()},
        }

    def controls(self) -> Mapping[str, Callable[[Mapping[str, Any]], Any]]:
        return {
            "review": self._plan_review,
            "settle": self._settle_review,
            "rights": self._set_right,
            "consent": lambda values: {"code": self.oauth.consent(**values)},
            "grant": lambda _: self._granted(),
            "revoke": lambda _: self.revoke(),
            "remove": self._remove,
            "callback": self._set_webhook,
            "family": lambda values: setattr(self, "new_family", bool(values["new"])),
            "h5": lambda values: {"item_id": self.press(str(values["link"])).item_id},
        }

    # what a person does in the app

    def revoke(self) -> None:
        """The person takes the consent back."""
        self.oauth.revoke()
        self.webhooks.put("unauthorize", {"scope": ""}, self.clock.now())

    def press(self, link: str) -> Item:
        """The person scanned the code of an H5 link and pressed publish."""
        fields = self.share.opened(link)
        topics = "".join(f" #{topic}" for topic in fields.get("hashtag_list", []))
        text, share_id = str(fields.get("title", "")) + topics, str(fields.get("state", ""))
        return self.posts.create_elsewhere(text, share_id, pictures="video_path" not in fields)

    # what parts ask

    def _check(self, call: calls.Call, request: Request) -> None:
        if request.method not in call.methods:
            raise Refused(Wrong.PARAMETERS, "请求方法不支持")
        token = request.headers.get("access-token", "")
        if call.client:
            self.oauth.check_client_token(token)
            if call.right:
                self._check_right(call.right)
        if call.scope is not None:
            trouble = self.troubles.get(call.scope) or self.troubles.get("*")
            if trouble:
                raise Refused(trouble)
            self.oauth.check_access(token, request.query.get("open_id", ""), call.scope)

    def _check_right(self, name: str) -> None:
        trouble = self.troubles.get(name)
        if trouble or name not in self.app.scopes:
            raise Refused(trouble or Wrong.NO_CAPABILITY)

    def _answer(self, data: Json) -> Answer:
        log = self.identity("log")[:34]
        if self.new_family:
            return json_answer({"err_no": 0, "err_msg": "", "log_id": log, "data": data})
        return json_answer({"data": {"error_code": 0, "description": "", **data}, "extra": self._extra(0, "")})

    def _refusal(self, refused: Refused) -> Answer:
        code, message = refused.code(new=self.new_family), refused.message
        if self.new_family:
            return json_answer({"err_no": code, "err_msg": message, "log_id": self.identity("log")[:34], "data": {}})
        return json_answer({"data": {"error_code": code, "description": message}, "extra": self._extra(code, message)})

    def _extra(self, code: int, message: str) -> Json:
        return {
            "error_code": code,
            "description": message,
            "sub_error_code": 0,
            "sub_description": "",
            "logid": self.identity("log")[:34],
            "now": int(self.clock.now().timestamp() * 1000),
        }

    def _told(self, item: Item) -> None:
        if "create_video" in self.subscribed:
            self.webhooks.item(item, self.clock.now())

    def _granted(self) -> Json:
        """The tokens of a consent, as if the person had pressed the button and the client had fetched them."""
        live = [grant for grant in self.oauth.grants if not grant.revoked]
        return self.oauth.told(live[-1] if live else self.oauth.adopt())

    def _plan_review(self, values: Mapping[str, Any]) -> None:
        review = self.posts.review
        review.passed = bool(values.get("passed", review.passed))
        review.delay = float(values.get("delay", review.delay))
        review.passes = [bool(one) for one in values.get("passes", [])]

    def _settle_review(self, values: Mapping[str, Any]) -> None:
        self.posts.settle_review(self.posts.items[str(values["item_id"])], passed=bool(values["passed"]))

    def _set_right(self, values: Mapping[str, Any]) -> None:
        name = str(values["name"])
        if values.get("granted"):
            self.troubles.pop(name, None)
        else:
            self.troubles[name] = Wrong[str(values.get("wrong", "NO_CAPABILITY"))]

    def _remove(self, values: Mapping[str, Any]) -> None:
        self.posts.delete(str(values["item_id"]))

    def _set_webhook(self, values: Mapping[str, Any]) -> None:
        for name in ("url", "content_as_text", "forge"):
            if name in values:
                setattr(self.webhooks, name, values[name])


__all__ = ["App", "Douyin"]
