"""Whether the ports of an installation can be had, asked before anything of it is started.

Without this a taken port would show as a role that ends and is started again for as long as the other program runs, and
`up` would take that program's answer for our own.
"""

import errno
import socket
import time
from collections.abc import Iterable, Mapping
from typing import Final

from cms.kernel.errors import Unavailable
from deploy.settings import Role, Settings

_SETTING: Final[Mapping[Role, str]] = {"web": "YUNPING_PORT", "gateway": "YUNPING_GATEWAY_PORT"}
LISTENING: Final = tuple(_SETTING)
# A house that was killed a moment ago: its gateway sends the screens away before it goes.
PATIENCE: Final = 5.0
_EVERY: Final = 0.1


def ports_free(settings: Settings, *roles: Role, patience: float = PATIENCE) -> None:
    """Takes the port of each of these roles, `web` and `gateway`, for a moment; others have none. Blocking.

    One that is taken is tried again for `patience` seconds.

    Raises:
        Unavailable: `deploy.port_taken` by another program, `deploy.port_forbidden` for who starts this,
            `deploy.address_foreign` when the address is not one of this machine.
    """
    until = time.monotonic() + patience
    for role in roles:
        if role in _SETTING:
            port = settings.port if role == "web" else settings.gateway_port
            # A gateway that is started by itself may stand beside the others of this machine.
            shared = role == "gateway" and settings.gateways > 1
            problem = _waited(settings.host, port, until, shared=shared)
            if problem is not None:
                raise _refusal(problem, settings.host, port, _SETTING[role]) from problem


def simulators_free(ports: Iterable[int], *, patience: float = PATIENCE) -> None:
    """As `ports_free` for the demo's platforms: accounts would hand another program what they sign in with.

    Raises:
        Unavailable: `deploy.demo_port_taken`.
    """
    until = time.monotonic() + patience
    for port in ports:
        problem = _waited("127.0.0.1", port, until, shared=False)
        if problem is not None:
            raise Unavailable("deploy.demo_port_taken", port=port) from problem


def _waited(host: str, port: int, until: float, *, shared: bool) -> OSError | None:
    problem = _problem(host, port, shared=shared)
    while problem is not None and problem.errno == errno.EADDRINUSE and time.monotonic() < until:
        time.sleep(_EVERY)  # noqa: TID251 - before there is a loop
        problem = _problem(host, port, shared=shared)
    return problem


def _problem(host: str, port: int, *, shared: bool) -> OSError | None:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        with socket.socket(family, socket.SOCK_STREAM) as tried:
            tried.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            if shared:
                tried.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
            tried.bind((host, port))
            tried.listen(1)  # two may hold a port, one listens at it
    except OSError as problem:
        return problem
    return None


def _refusal(problem: OSError, host: str, port: int, setting: str) -> Unavailable:
    if problem.errno == errno.EADDRINUSE:
        return Unavailable("deploy.port_taken", port=port, setting=setting)
    if problem.errno in {errno.EACCES, errno.EPERM}:
        return Unavailable("deploy.port_forbidden", port=port, setting=setting)
    return Unavailable("deploy.address_foreign", host=host, detail=str(problem))
