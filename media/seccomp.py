"""The system-call filter of the sandbox: no sockets, no mounts, no tracing and, by default, no forks.

The filter is a classic BPF program for `bwrap --seccomp`. Namespaces already hide the network and the
disk; this closes the kernel's wider doors behind them and stops fork bombs, which RLIMIT_NPROC does
not when the product runs as root.
"""

import errno
import platform
import struct
from dataclasses import dataclass
from typing import Final

_LOAD: Final = 0x20  # BPF_LD | BPF_W | BPF_ABS
_IF_EQUAL: Final = 0x15
_IF_AT_LEAST: Final = 0x35
_IF_BITS: Final = 0x45
_RETURN: Final = 0x06

_ALLOW: Final = 0x7FFF0000
_KILL: Final = 0x80000000
_ERRNO: Final = 0x00050000

# Offsets in struct seccomp_data.
_NUMBER_AT: Final = 0
_ARCH_AT: Final = 4
_FIRST_ARGUMENT_AT: Final = 16

_CLONE_THREAD: Final = 0x00010000
_X32_BIT: Final = 0x40000000  # x86-64's second table of numbers, which would pass by the list


@dataclass(frozen=True, slots=True)
class _Machine:
    audit: int
    clone: int
    clone3: int
    denied: tuple[int, ...]


# socket ptrace mount umount2 pivot_root unshare setns; keyctl add_key request_key bpf; perf_event_open
# userfaultfd io_uring_*; process_vm_* kexec_load *init_module delete_module; the rest: open_by_handle_at
# swapon reboot quotactl
_X86_64: Final = (
    "41 101 165 166 155 272 308 250 248 249 321 298 323 425 426 427 310 311 246 175 313 176 304 167 169 179"
)
_AARCH64: Final = "198 117 40 39 41 97 268 219 217 218 280 241 282 425 426 427 270 271 104 105 273 106 265 224 142 60"
_MACHINES: Final = {
    "x86_64": _Machine(0xC000003E, 56, 435, tuple(map(int, _X86_64.split()))),
    "aarch64": _Machine(0xC00000B7, 220, 435, tuple(map(int, _AARCH64.split()))),
}
_FORKS: Final = {"x86_64": (57, 58), "aarch64": ()}  # fork, vfork; newer machines have clone only


def program(*, may_fork: bool, machine: str | None = None) -> bytes | None:
    """The filter's bytes, None on a machine whose numbers are not in the table.

    Args:
        may_fork: for commands that start processes; threads are always allowed.
        machine: as `platform.machine()`, which is the default.
    """
    name = machine or platform.machine()
    table = _MACHINES.get(name)
    if table is None:
        return None
    denied = table.denied if may_fork else (*table.denied, *_FORKS[name])
    steps = len(denied)
    # Jumps count from the next instruction; layout: 4 + x32 + clone3 + clone + list + endings.
    lines = [
        (_LOAD, 0, 0, _ARCH_AT),
        (_IF_EQUAL, 1, 0, table.audit),
        (_RETURN, 0, 0, _KILL),
        (_LOAD, 0, 0, _NUMBER_AT),
        (_IF_AT_LEAST, steps + 3, 0, _X32_BIT),  # to deny
        (_IF_EQUAL, steps + 3, 0, table.clone3),  # to not implemented: libc falls back to clone
        (_IF_EQUAL, steps + (0 if may_fork else 3), 0, table.clone),  # to allow, or to the check
        *((_IF_EQUAL, steps - index, 0, number) for index, number in enumerate(denied)),
        (_RETURN, 0, 0, _ALLOW),
        (_RETURN, 0, 0, _ERRNO | errno.EPERM),
        (_RETURN, 0, 0, _ERRNO | errno.ENOSYS),
        (_LOAD, 0, 0, _FIRST_ARGUMENT_AT),
        (_IF_BITS, 0, 1, _CLONE_THREAD),
        (_RETURN, 0, 0, _ALLOW),
        (_RETURN, 0, 0, _ERRNO | errno.EPERM),
    ]
    return b"".join(struct.pack("=HBBI", *line) for line in lines)
