"""The gateways' listening socket, kept by whoever started them: while one starts again, screens wait in line.

A screen that dials meanwhile is connected by the kernel and answered later; without this it would be refused, wait
longer each time, and come when the others have come long ago. Several gateways take from the one line, whoever has
time: none waits for one that is away, which it would in a line that each has for itself (SO_REUSEPORT).
"""

import os
import socket
from typing import Final

from cms.kernel.log import logger
from deploy.settings import Settings
from screens.main import BACKLOG, listening

_FIRST: Final = 3  # of the descriptors that systemd hands over

log = logger("deploy")


def kept(settings: Settings) -> socket.socket | None:
    """A socket that listens from now on; None where the port is taken, and the gateways will say so."""
    try:
        # Of several, one more that is started by itself may share the port with a line of its own.
        made = listening(settings.host, settings.gateway_port, shared=settings.gateways > 1)
        made.listen(BACKLOG)
    except OSError as problem:
        # The gateway will meet the same and say so at each of its starts.
        log.warning("the screens' port cannot be kept", port=settings.gateway_port, error=str(problem))
        return None
    return made


def from_systemd() -> int | None:
    """The descriptor of a socket unit (sd_listen_fds(3)), when this process was started with one."""
    told = os.environ  # noqa: TID251 - the protocol's own names, no settings of ours
    if told.get("LISTEN_PID") == str(os.getpid()) and told.get("LISTEN_FDS") == "1":
        return _FIRST
    return None
