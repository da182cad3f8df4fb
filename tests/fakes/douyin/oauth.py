"""Douyin's consent and tokens: 15 and 30 days, five renewals, and then a person must consent again."""

import datetime as dt
import hashlib
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Final
from urllib.parse import urlsplit

from tests.fakes.douyin.codes import Refused, Wrong
from tests.fakes.stage.clock import Clock
from tests.fakes.stage.messages import Json

ACCESS_DAYS: Final = 15
REFRESH_DAYS: Final = 30
RENEWALS: Final = 5
CODE_MINUTES: Final = 10
CLIENT_HOURS: Final = 2
OVERLAP_MINUTES: Final = 5


@dataclass
class App:
    """What the platform knows of the client, and of its one account."""

    client_key: str = "awsimulator000001"
    client_secret: str = "simulator-secret-0000000000000002"
    scopes: frozenset[str] = frozenset(
        {"user_info", "video.create.bind", "video.data.bind", "video.list.bind", "renew_refresh_token", "h5.share"}
    )
    redirects: tuple[str, ...] = ()
    """Registered addresses; with none, any https address and the loopback."""
    open_id: str = "_000simulatorOpenId0001"
    nickname: str = "云上吴江"


@dataclass
class Grant:
    """One consent of the person and what came of it."""

    open_id: str
    scope: str
    access: str
    access_ends: dt.datetime
    refresh: str
    refresh_ends: dt.datetime
    renewals: int = 0
    revoked: bool = False
    old_access: list[str] = field(default_factory=list)


@dataclass
class Code:
    """Works once, and not for long."""

    scope: str
    ends: dt.datetime


@dataclass
class OAuth:
    """All grants of the app."""

    clock: Clock
    app: App
    identity: Callable[[str], str]
    count: Callable[[str], None]
    codes: dict[str, Code] = field(default_factory=dict)
    grants: list[Grant] = field(default_factory=list)
    clients: list[tuple[str, dt.datetime]] = field(default_factory=list)

    def check_consent(self, query: Mapping[str, str]) -> None:
        """What the consent page checks; one unapproved scope makes the page fail as a whole."""
        for name in ("client_key", "response_type", "scope", "redirect_uri"):
            if not query.get(name):
                raise Refused(10005, f"缺少参数 {name}")
        if query["client_key"] != self.app.client_key:
            raise Refused(10003)
        if query["response_type"] != "code":
            raise Refused(10002)
        if set(query["scope"].split(",")) - self.app.scopes:
            raise Refused(10004)
        if not self._is_registered(query["redirect_uri"]):
            raise Refused(10006)

    def consent(self, scope: str = "video.create.bind,video.data.bind") -> str:
        """The person pressed the button."""
        code = self.identity("code")[:32]
        self.codes[code] = Code(scope, self.clock.now() + dt.timedelta(minutes=CODE_MINUTES))
        self.count("consents")
        return code

    def access_token(self, form: Mapping[str, str]) -> Json:
        self._check_client(form, "client_key", "client_secret", "code", "grant_type")
        if form["grant_type"] != "authorization_code":
            raise Refused(10002)
        code = self.codes.pop(form["code"], None)
        if code is None or code.ends <= self.clock.now():
            raise Refused(10007)
        now = self.clock.now()
        grant = Grant(
            self.app.open_id,
            code.scope,
            f"act.{self.identity('access')}",
            now + dt.timedelta(days=ACCESS_DAYS),
            f"rft.{self.identity('refresh')}",
            now + dt.timedelta(days=REFRESH_DAYS),
        )
        self.grants.append(grant)
        return self.told(grant)

    def refresh_token(self, form: Mapping[str, str]) -> Json:
        """The access token gets a new end; a dead one is replaced. The refresh token keeps its own end."""
        self._check_client(form, "client_key", "grant_type", "refresh_token")
        if form["grant_type"] != "refresh_token":
            raise Refused(10002)
        grant, now = self._by_refresh(form["refresh_token"]), self.clock.now()
        if grant.access_ends <= now:
            grant.old_access.append(grant.access)
            grant.access = f"act.{self.identity('access')}"
        grant.access_ends = now + dt.timedelta(days=ACCESS_DAYS)
        return self.told(grant)

    def renew(self, form: Mapping[str, str]) -> Json:
        self._check_client(form, "client_key", "refresh_token")
        grant, now = self._by_refresh(form["refresh_token"]), self.clock.now()
        if "renew_refresh_token" not in self.app.scopes:
            raise Refused(10004)
        if grant.renewals >= RENEWALS:
            raise Refused(10020)
        grant.renewals += 1
        grant.refresh = f"rft.{self.identity('refresh')}"
        grant.refresh_ends = now + dt.timedelta(days=REFRESH_DAYS)
        return {"refresh_token": grant.refresh, "expires_in": REFRESH_DAYS * 86400}

    def client_token(self, form: Mapping[str, str]) -> Json:
        self._check_client(form, "client_key", "client_secret", "grant_type")
        if form["grant_type"] != "client_credential":
            raise Refused(10002)
        now = self.clock.now()
        soon = now + dt.timedelta(minutes=OVERLAP_MINUTES)
        self.clients = [(value, min(ends, soon)) for value, ends in self.clients]
        self.clients.append((f"clt.{self.identity('client')}", now + dt.timedelta(hours=CLIENT_HOURS)))
        return {"access_token": self.clients[-1][0], "expires_in": CLIENT_HOURS * 3600}

    def check_client_token(self, value: str) -> None:
        ends = dict(self.clients).get(value)
        if ends is None:
            raise Refused(Wrong.TOKEN_INVALID)
        if ends <= self.clock.now():
            raise Refused(Wrong.TOKEN_EXPIRED)

    def check_access(self, value: str, open_id: str, scope: str) -> Grant:
        grant = next((one for one in self.grants if value and value in {one.access, *one.old_access}), None)
        if grant is None:
            raise Refused(Wrong.TOKEN_INVALID)
        if grant.revoked:
            raise Refused(Wrong.UNAUTHORISED)
        if grant.access != value or grant.access_ends <= self.clock.now():
            raise Refused(Wrong.TOKEN_EXPIRED)
        if grant.open_id != open_id:
            raise Refused(Wrong.MISMATCH)
        if scope and scope not in grant.scope.split(","):
            raise Refused(Wrong.UNAUTHORISED)
        return grant

    def adopt(self) -> Grant:
        """A consent given before this simulator began; its tokens follow from the secret, so that they outlive it."""
        known = hashlib.sha256(self.app.client_secret.encode()).hexdigest()
        now = self.clock.now()
        ends = now + dt.timedelta(days=ACCESS_DAYS), now + dt.timedelta(days=REFRESH_DAYS)
        scope = ",".join(sorted(self.app.scopes))
        grant = Grant(self.app.open_id, scope, f"act.{known}", ends[0], f"rft.{known}", ends[1])
        self.grants.append(grant)
        return grant

    def revoke(self) -> None:
        """The person took the consent back in the app."""
        for grant in self.grants:
            grant.revoked = True

    def _by_refresh(self, value: str) -> Grant:
        grant = next((one for one in self.grants if one.refresh == value and not one.revoked), None)
        if grant is None or grant.refresh_ends <= self.clock.now():
            raise Refused(10010)
        return grant

    def _check_client(self, form: Mapping[str, str], *needed: str) -> None:
        for name in needed:
            if not form.get(name):
                raise Refused(10005, f"缺少参数 {name}")
        if form["client_key"] != self.app.client_key:
            raise Refused(10003)
        if "client_secret" in needed and form["client_secret"] != self.app.client_secret:
            raise Refused(10013)

    def told(self, grant: Grant) -> Json:
        now = self.clock.now()
        return {
            "access_token": grant.access,
            "expires_in": int((grant.access_ends - now).total_seconds()),
            "refresh_token": grant.refresh,
            "refresh_expires_in": max(0, int((grant.refresh_ends - now).total_seconds())),
            "open_id": grant.open_id,
            "scope": grant.scope,
        }

    def _is_registered(self, uri: str) -> bool:
        parts = urlsplit(uri)
        # The host goes into the page's policy.
        if not re.fullmatch(r"[\w.:-]+", parts.netloc):
            return False
        if self.app.redirects:
            return uri in self.app.redirects
        return parts.scheme == "https" or parts.hostname in {"127.0.0.1", "localhost"}
