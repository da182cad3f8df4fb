"""What a taken-over decoder can reach from inside the real sandbox: nothing it was not given."""

import asyncio
import dataclasses
import json
import os
import socket
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from media.decoding import interpreter, python
from media.errors import MediaRefused
from media.runner import run_ffmpeg
from media.sandbox import INPUT, OUTPUT, Bounds, Closed, Effort, Ended, Finished, Grade, Sandbox, input_at

MIB = 1 << 20
BOUNDS = Bounds(seconds=10, memory_bytes=512 * MIB, file_bytes=4 * MIB, output_bytes=8 * MIB)


async def _python(sandbox: Sandbox, tmp_path: Path, script: str, *, bounds: Bounds = BOUNDS) -> Finished:
    given, out = tmp_path / "given", tmp_path / "out"
    if not given.exists():
        given.write_text("the input")
    out.mkdir(exist_ok=True)
    _, visible = interpreter()
    return await sandbox.run(
        [python(), "-I", "-S", "-c", script, INPUT, OUTPUT], given=given, out=out, bounds=bounds, visible=visible
    )


async def _tried(sandbox: Sandbox, tmp_path: Path, **attempts: str) -> dict[str, Any]:
    """Each attempt is an expression; answers the class of the error it raised, or its value."""
    lines = ["import json, os, socket, sys, threading", "told = {}"]
    for name, expression in attempts.items():
        lines += ["try:", f"    told[{name!r}] = {expression}", "except BaseException as error:"]
        lines += [f"    told[{name!r}] = type(error).__name__"]
    finished = await _python(sandbox, tmp_path, "\n".join([*lines, "print(json.dumps(told, default=str))"]))
    assert finished.returncode == 0, finished.stderr
    told: dict[str, Any] = json.loads(finished.stdout)
    return told


async def test_run_gives_the_input_and_takes_the_output(sandbox: Sandbox, tmp_path: Path) -> None:
    told = await _tried(
        sandbox,
        tmp_path,
        read="open(sys.argv[1]).read()",
        wrote="open(sys.argv[2] + '/result', 'w').write('made')",
        threads="[t.start() or t.join() for t in [threading.Thread(target=int)]] and 'ran'",
    )
    assert told == {"read": "the input", "wrote": 4, "threads": "ran"}
    assert (tmp_path / "out/result").read_text() == "made"


async def test_run_shows_no_other_file_and_no_other_process(sandbox: Sandbox, tmp_path: Path) -> None:
    (tmp_path / "secret").write_text("key")
    told = await _tried(
        sandbox,
        tmp_path,
        secret=f"open({str(tmp_path / 'secret')!r}).read()",
        passwd="open('/etc/passwd').read()",
        certificates="os.listdir('/etc/ssl')",
        repository=f"os.listdir({str(Path(__file__).parent)!r})",
        processes="sorted(n for n in os.listdir('/proc') if n.isdigit() and int(n) > 20)",
        root="sorted(os.listdir('/'))",
        product=f"os.listdir({str(Path(__file__).parents[3])!r})",
        environment="sorted(os.environ)",
        user="os.getuid()",
    )
    for name in ("secret", "passwd", "certificates", "repository"):
        assert told[name] == "FileNotFoundError"
    assert told["processes"] == []
    assert not {"home", "srv", "mnt", "run", "boot"} & set(told["root"])
    assert set(told["product"]) <= {"media", ".yunping"}
    assert set(told["environment"]) <= {"HOME", "LANG", "LC_CTYPE", "PATH", "PWD"}
    assert told["user"] == 65534


async def test_run_lets_nothing_be_written_elsewhere(sandbox: Sandbox, tmp_path: Path) -> None:
    told = await _tried(
        sandbox,
        tmp_path,
        given="open(sys.argv[1], 'w')",
        system="open('/usr/x', 'w')",
        root="open('/x', 'w')",
        memory="open('/dev/shm/x', 'w')",
        packages=f"open({str(interpreter()[1][0] / 'x')!r}, 'w')",
        climbing="open(sys.argv[2] + '/../x', 'w')",
    )
    assert set(told.values()) == {"OSError"}
    assert (tmp_path / "given").read_text() == "the input"


async def test_run_has_no_network_not_even_loopback(sandbox: Sandbox, tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as canary:
        canary.settimeout(0.2)
        port = canary.getsockname()[1]
        told = await _tried(
            sandbox,
            tmp_path,
            loopback=f"socket.create_connection(('127.0.0.1', {port}), 1)",
            name="socket.getaddrinfo('localhost', 80)",
            local="socket.socket(socket.AF_UNIX)",
        )
        with pytest.raises(TimeoutError):
            canary.accept()
    assert told["loopback"] == told["local"] == "PermissionError"


async def test_run_denies_forks_mounts_and_namespaces(sandbox: Sandbox, tmp_path: Path) -> None:
    calls = "__import__('ctypes').CDLL(None, use_errno=True)"
    told = await _tried(
        sandbox,
        tmp_path,
        fork="os.fork()",
        spawn="os.posix_spawn('/usr/bin/true', ['true'], {})",
        system="os.system('true')",
        unshare=f"{calls}.unshare(0x10000000)",
        mount=f"{calls}.mount(b'x', b'/tmp', b'tmpfs', 0, None)",
        ptrace=f"{calls}.ptrace(0, 0, 0, 0)",
    )
    assert told["fork"] == told["spawn"] == "PermissionError"
    assert told["system"] != 0
    assert told["unshare"] == told["mount"] == told["ptrace"] == -1


async def test_run_when_forks_are_allowed_bounds_them(sandbox: Sandbox, tmp_path: Path) -> None:
    bounds = Bounds(seconds=10, memory_bytes=512 * MIB, file_bytes=MIB, output_bytes=MIB, may_fork=True)
    finished = await _python(sandbox, tmp_path, "import os; print(os.system('true'))", bounds=bounds)
    assert finished.stdout.strip() == b"0"


async def test_run_bounds_memory_files_and_processor(sandbox: Sandbox, tmp_path: Path) -> None:
    told = await _tried(
        sandbox,
        tmp_path,
        memory="len(bytearray(1 << 30))",
        file="__import__('signal').signal(25, 1) and 0 or open(sys.argv[2] + '/big', 'wb').write(b'x' * (5 << 20))",
        tmp="open('/tmp/x', 'wb', 0).write(b'x' * 1000)",
    )
    assert told["memory"] == "MemoryError"
    assert told["file"] == "OSError"
    assert told["tmp"] == 1000


async def test_run_out_of_time_is_killed_with_everything_it_started(sandbox: Sandbox, tmp_path: Path) -> None:
    bounds = Bounds(seconds=1, memory_bytes=512 * MIB, file_bytes=MIB, output_bytes=MIB, may_fork=True)
    script = (
        "import os, sys, time\n"
        "for _ in range(3):\n"
        "    if os.fork() == 0: os.setsid(); break\n"
        "while True:\n"
        "    open(sys.argv[2] + '/alive', 'w').write(str(time.time())); time.sleep(0.05)\n"
    )
    started = time.monotonic()
    finished = await _python(sandbox, tmp_path, script, bounds=bounds)
    assert finished.ended is Ended.timed_out
    assert time.monotonic() - started < 5
    last = (tmp_path / "out/alive").read_text()
    await asyncio.sleep(0.3)
    assert (tmp_path / "out/alive").read_text() == last


@pytest.mark.parametrize(
    "script",
    [
        "import sys\nfor n in range(10**6): open(f'{sys.argv[2]}/{n}', 'wb').write(b'x' * 100_000)",
        "import sys\nfor n in range(10**6): open(f'{sys.argv[2]}/{n}', 'wb').close()",
        "import os, sys\nfor n in range(10**6): os.mkdir(f'{sys.argv[2]}/{n}')",
    ],
)
async def test_run_that_floods_its_output_is_killed(sandbox: Sandbox, tmp_path: Path, script: str) -> None:
    assert (await _python(sandbox, tmp_path, script)).ended is Ended.too_much_output


async def test_run_that_floods_stdout_is_cut(sandbox: Sandbox, tmp_path: Path) -> None:
    finished = await _python(sandbox, tmp_path, "print('x' * 5_000_000)")
    assert finished.ended is Ended.itself
    assert len(finished.stdout) == 256 << 10


async def test_run_when_cancelled_kills_its_command(sandbox: Sandbox, tmp_path: Path) -> None:
    script = "import sys, time\nwhile True: open(sys.argv[2] + '/alive', 'w').write(str(time.time())); time.sleep(0.02)"
    task = asyncio.ensure_future(_python(sandbox, tmp_path, script))
    for _ in range(200):
        await asyncio.sleep(0.02)
        if (tmp_path / "out/alive").exists():
            break
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    last = (tmp_path / "out/alive").read_text()
    await asyncio.sleep(0.2)
    assert (tmp_path / "out/alive").read_text() == last


async def test_run_starts_no_more_than_allowed_at_once(tmp_path: Path) -> None:
    sandbox = await Sandbox.detect(allow_unsandboxed=False, parallel=1)
    for n in range(3):
        (tmp_path / str(n)).mkdir()
    script = "import time; a = time.monotonic(); time.sleep(0.15); print(a, time.monotonic())"
    runs = await asyncio.gather(*(_python(sandbox, tmp_path / str(n), script) for n in range(3)))
    spans = sorted(tuple(map(float, finished.stdout.split())) for finished in runs)
    assert spans[0][1] <= spans[1][0]
    assert spans[1][1] <= spans[2][0]


async def test_detect_where_the_sandbox_cannot_run_refuses_and_names_the_setting(tmp_path: Path) -> None:
    failing = tmp_path / "bwrap"
    failing.write_text("#!/bin/sh\nexit 1\n")
    failing.chmod(0o755)
    for program in (failing, tmp_path / "missing"):
        with pytest.raises(MediaRefused) as caught:
            await Sandbox.detect(allow_unsandboxed=False, bwrap=program)
        assert caught.value.code == "media.sandbox_unavailable"
        assert caught.value.params == {"setting": "YUNPING_ALLOW_UNSANDBOXED"}


async def test_command_where_no_sandbox_may_run_is_refused_and_the_setting_named(tmp_path: Path) -> None:
    for sandbox in (Closed(), Closed().apart(parallel=2)):
        with pytest.raises(MediaRefused) as caught:
            await _python(sandbox, tmp_path, "open('/out/x', 'w')")
        assert caught.value.code == "media.sandbox_unavailable"
        assert caught.value.params == {"setting": "YUNPING_ALLOW_UNSANDBOXED"}
    assert list(tmp_path.rglob("x")) == []


async def test_detect_when_an_operator_allows_it_runs_with_bounds_alone(tmp_path: Path) -> None:
    sandbox = await Sandbox.detect(allow_unsandboxed=True, bwrap=tmp_path / "missing")
    assert sandbox.grade is Grade.limits_only
    told = await _tried(sandbox, tmp_path, read="open(sys.argv[1]).read()", memory="len(bytearray(1 << 30))")
    assert told == {"read": "the input", "memory": "MemoryError"}
    bounds = Bounds(seconds=1, memory_bytes=512 * MIB, file_bytes=MIB, output_bytes=MIB)
    finished = await _python(sandbox, tmp_path, "while True: pass", bounds=bounds)
    assert finished.ended is Ended.timed_out


async def test_detect_where_the_sandbox_runs_prefers_it(sandbox: Sandbox) -> None:
    assert sandbox.grade is Grade.isolated
    assert (await Sandbox.detect(allow_unsandboxed=True)).grade is Grade.isolated


def test_interpreter_shows_no_more_than_code() -> None:
    paths, visible = interpreter()
    assert Path(sys.base_prefix) in visible or sys.base_prefix.startswith("/usr")
    assert all(path.is_dir() for path in visible)
    assert len(paths) == 2


async def test_run_shows_several_inputs_and_tells_stdout_as_it_comes(sandbox: Sandbox, tmp_path: Path) -> None:
    inputs = [tmp_path / "slides", tmp_path / "sound"]
    for path in inputs:
        path.write_text(path.name)
    (tmp_path / "out").mkdir()
    heard: list[bytes] = []
    script = "import sys, time\nfor p in sys.argv[1:]: print(p, open(p).read(), flush=True); time.sleep(0.2)"
    _, visible = interpreter()
    for box in (sandbox, Sandbox(Grade.limits_only)):
        heard.clear()
        argv = [python(), "-I", "-S", "-c", script, input_at(0), input_at(1)]
        finished = await box.run(
            argv, given=inputs, out=tmp_path / "out", bounds=BOUNDS, visible=visible, hear=heard.append
        )
        assert (finished.returncode, finished.stdout) == (0, b"")
        assert len(heard) == 2
        assert [line.split()[-1] for line in b"".join(heard).splitlines()] == [b"slides", b"sound"]


async def test_run_that_touches_the_reserve_of_its_disk_is_killed(sandbox: Sandbox, tmp_path: Path) -> None:
    bounds = dataclasses.replace(BOUNDS, min_free_bytes=1 << 60)
    finished = await _python(sandbox, tmp_path, "import time; time.sleep(60)", bounds=bounds)
    assert finished.ended is Ended.disk_full


async def test_apart_has_turns_of_its_own(tmp_path: Path) -> None:
    one = await Sandbox.detect(allow_unsandboxed=False, parallel=1)
    for name in ("long", "short"):
        (tmp_path / name).mkdir()
    running = asyncio.ensure_future(_python(one.apart(), tmp_path / "long", "import time; time.sleep(60)"))
    await asyncio.sleep(0.2)
    assert (await _python(one, tmp_path / "short", "print(1)")).stdout == b"1\n"
    running.cancel()
    with pytest.raises(asyncio.CancelledError):
        await running


@pytest.mark.parametrize(("effort", "program", "said"), [(Effort(7), "nice", "7"), (Effort(7, 1), "nproc", "1")])
async def test_encoder_runs_as_nice_and_on_as_many_cores_as_the_office_allows(
    sandbox: Sandbox, tmp_path: Path, effort: Effort, program: str, said: str
) -> None:
    if os.nice(0):
        said = str(min(19, os.nice(0) + 7)) if program == "nice" else said
    (tmp_path / "given").touch()
    (tmp_path / "out").mkdir()
    given: dict[str, Any] = {"given": tmp_path / "given", "out": tmp_path / "out", "bounds": BOUNDS}
    command = ["/bin/sh", "-c", f'exec {program} > "$0"', f"{OUTPUT}/said"]
    await run_ffmpeg(command, sandbox=sandbox.apart(effort=effort), **given)
    assert (tmp_path / "out/said").read_text().strip() == said
