"""One core for the server, another for whoever listens, where the machine has two."""

import os
import resource


def stay_on(core: int) -> None:
    """Pins this process to a core (not below 0) and lets it open as many sockets as the system allows."""
    if core >= 0:
        os.sched_setaffinity(0, {core})
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))


def cores() -> tuple[int, int]:
    """The cores of the server and of the listeners; (-1, -1) leaves both to the kernel."""
    usable = sorted(os.sched_getaffinity(0))
    return (usable[0], usable[1]) if len(usable) > 1 else (-1, -1)
