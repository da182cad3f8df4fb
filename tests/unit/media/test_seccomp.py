import errno
import struct

import pytest

from media.seccomp import program

ALLOW = 0x7FFF0000
EPERM = 0x00050000 | errno.EPERM
ENOSYS = 0x00050000 | errno.ENOSYS
KILL = 0x80000000
AUDIT = {"x86_64": 0xC000003E, "aarch64": 0xC00000B7}


def _run(code: bytes, *, number: int, audit: int, argument: int = 0) -> int:
    """The kernel's interpreter for the five instructions the filter uses."""
    memory = {0: number, 4: audit, 16: argument}
    lines = list(struct.iter_unpack("=HBBI", code))
    accumulator, at = 0, 0
    while True:
        operation, yes, no, value = lines[at]
        at += 1
        match operation:
            case 0x20:
                accumulator = memory[value]
            case 0x15:
                at += yes if accumulator == value else no
            case 0x35:
                at += yes if accumulator >= value else no
            case 0x45:
                at += yes if accumulator & value else no
            case 0x06:
                return int(value)
            case _:
                raise AssertionError(operation)


def _code(machine: str, *, may_fork: bool) -> bytes:
    code = program(may_fork=may_fork, machine=machine)
    assert code is not None
    return code


@pytest.mark.parametrize(
    ("machine", "clone", "socket", "mount", "forks", "read"),
    [("x86_64", 56, 41, 165, (57, 58), 0), ("aarch64", 220, 198, 40, (), 63)],
)
def test_program_decides_each_call_as_meant(
    machine: str, clone: int, socket: int, mount: int, forks: tuple[int, ...], read: int
) -> None:
    audit = AUDIT[machine]
    strict, loose = _code(machine, may_fork=False), _code(machine, may_fork=True)
    for code in (strict, loose):
        assert _run(code, number=read, audit=audit) == ALLOW
        assert _run(code, number=socket, audit=audit) == EPERM
        assert _run(code, number=mount, audit=audit) == EPERM
        assert _run(code, number=435, audit=audit) == ENOSYS
        assert _run(code, number=0x40000000 + read, audit=audit) == EPERM
        assert _run(code, number=read, audit=0x40000003) == KILL
        assert _run(code, number=clone, audit=audit, argument=0x00010F00) == ALLOW
    assert _run(strict, number=clone, audit=audit, argument=17) == EPERM
    assert _run(loose, number=clone, audit=audit, argument=17) == ALLOW
    for fork in forks:
        assert _run(strict, number=fork, audit=audit) == EPERM
        assert _run(loose, number=fork, audit=audit) == ALLOW


def test_program_on_an_unknown_machine_is_none() -> None:
    assert program(may_fork=False, machine="riscv64") is None
