"""The one client for addresses outside: resolve, check, connect to the very address that was checked.

A name that resolves to a public address now and to 127.0.0.1 a moment later (rebinding) gains nothing, because there is
no second resolution; every redirect goes through all checks again.
"""

import asyncio
import ipaddress
import socket
from collections.abc import Awaitable, Callable, Mapping
from typing import Final

import aiohttp
from aiohttp.abc import AbstractResolver, ResolveResult
from yarl import URL

from cms.contract import OutboundRefused
from cms.publishing.services.addresses import Policy, check_address, check_url, refused

TIME_LIMIT: Final = 30.0
_HOPS: Final = 5
_REDIRECTS: Final = frozenset({301, 302, 303, 307, 308})
_BODY_KEPT: Final = frozenset({307, 308})
_OWN: Final = frozenset({"authorization", "cookie", "proxy-authorization"})

Lookup = Callable[[str, int], Awaitable[list[str]]]


async def system_lookup(host: str, port: int) -> list[str]:
    found = await asyncio.get_running_loop().getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return [str(address[0]) for *_, address in found]


class GuardedOutbound:
    """Implements `cms.contract.Outbound`; `seconds` bounds a whole request with its redirects."""

    def __init__(self, policy: Policy, *, lookup: Lookup = system_lookup, seconds: float = TIME_LIMIT) -> None:
        self._policy = policy
        self._lookup = lookup
        self._seconds = seconds

    async def request(
        self, method: str, url: str, *, body: bytes | None = None, headers: Mapping[str, str] | None = None, limit: int
    ) -> tuple[int, Mapping[str, str], bytes]:
        """Status, headers and the body.

        Raises:
            OutboundRefused: `publishing.outbound_refused`, `…_too_large`, `…_too_slow` or `…_unreachable`.
        """
        resolver = _CheckingResolver(self._policy, self._lookup)
        connector = aiohttp.TCPConnector(resolver=resolver, use_dns_cache=False, force_close=True)
        timeout = aiohttp.ClientTimeout(total=None)
        try:
            async with asyncio.timeout(self._seconds), _session(connector, timeout) as session:
                return await self._follow(session, method, url, body, dict(headers or {}), limit)
        except TimeoutError as problem:
            raise OutboundRefused("publishing.outbound_too_slow") from problem
        except aiohttp.ClientError as problem:
            raise _cause(problem) or OutboundRefused("publishing.outbound_unreachable") from problem

    async def _follow(  # noqa: PLR0917 - one private caller
        self,
        session: aiohttp.ClientSession,
        method: str,
        url: str,
        body: bytes | None,
        headers: dict[str, str],
        limit: int,
    ) -> tuple[int, Mapping[str, str], bytes]:
        for _ in range(_HOPS):
            here = check_url(url, self._policy)
            async with session.request(method, here, data=body, headers=headers, allow_redirects=False) as answer:
                target = answer.headers.get("Location")
                if answer.status not in _REDIRECTS or target is None:
                    return answer.status, dict(answer.headers), await _read(answer, limit)
            url = str(_joined(here, target))
            if answer.status not in _BODY_KEPT and method not in {"GET", "HEAD"}:
                method, body = "GET", None
            if check_url(url, self._policy).origin() != here.origin():
                headers = {name: value for name, value in headers.items() if name.lower() not in _OWN}
        raise refused("redirects")


class _CheckingResolver(AbstractResolver):
    """Gives aiohttp only addresses that were checked; it connects to exactly these."""

    def __init__(self, policy: Policy, lookup: Lookup) -> None:
        self._policy = policy
        self._lookup = lookup

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_UNSPEC
    ) -> list[ResolveResult]:
        results = []
        for address in await self._lookup(host, port):
            parsed = ipaddress.ip_address(address.partition("%")[0])
            if (host, port) not in self._policy.exceptions:
                check_address(parsed)
            version = socket.AF_INET if parsed.version == 4 else socket.AF_INET6
            if family in {socket.AF_UNSPEC, version}:
                results.append(_result(host, str(parsed), port, version))
        if not results:
            raise refused("host")
        return results

    async def close(self) -> None:
        """Nothing is kept."""


def _result(host: str, address: str, port: int, family: socket.AddressFamily) -> ResolveResult:
    flags = socket.AI_NUMERICHOST | socket.AI_NUMERICSERV
    return ResolveResult(hostname=host, host=address, port=port, family=family, proto=0, flags=flags)


def _session(connector: aiohttp.TCPConnector, timeout: aiohttp.ClientTimeout) -> aiohttp.ClientSession:
    # No proxies from the environment, no cookies: each request stands alone.
    jar = aiohttp.DummyCookieJar()
    return aiohttp.ClientSession(connector=connector, timeout=timeout, cookie_jar=jar, trust_env=False)


async def _read(answer: aiohttp.ClientResponse, limit: int) -> bytes:
    data = bytearray()
    async for block in answer.content.iter_any():
        data += block
        if len(data) > limit:
            raise OutboundRefused("publishing.outbound_too_large", limit=limit)
    return bytes(data)


def _joined(here: URL, target: str) -> URL:
    if not target.isascii() or any(ch <= " " or ch in "\\\x7f" for ch in target):
        raise refused("characters")
    try:
        return here.join(URL(target))
    except ValueError as problem:
        raise refused("malformed") from problem


def _cause(problem: BaseException | None) -> OutboundRefused | None:
    while problem is not None:
        if isinstance(problem, OutboundRefused):
            return problem
        problem = problem.__cause__ or problem.__context__
    return None
