"""The locks hold what pyproject.toml asks for, each with a hash, and name no machine."""

import functools
import re
import tomllib
from typing import Any

import pytest
from packaging.requirements import Requirement

from tests.architecture.source import ROOT

LOCKS = ("boot", "run", "dev", "measure")
_PIN = re.compile(r"^(?P<name>[\w.-]+)==(?P<version>[^\s;\\]+)(?P<rest>(?:.*\\\n)?(?:.*--hash.*\n?)*)", re.MULTILINE)


@functools.cache
def lock(name: str) -> str:
    return (ROOT / "deploy" / "locks" / f"{name}.txt").read_text("utf-8")


@functools.cache
def pins(name: str) -> dict[str, str]:
    return {_normal(found["name"]): found["version"] for found in _PIN.finditer(lock(name))}


@functools.cache
def pyproject() -> dict[str, Any]:
    return tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))


def _normal(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


def _unmet(wanted: list[str], locked: dict[str, str]) -> list[str]:
    return [
        text
        for text in wanted
        if not (need := Requirement(text)).specifier.contains(locked.get(_normal(need.name), "0"), prereleases=True)
        or _normal(need.name) not in locked
    ]


def test_run_lock_when_compared_with_the_project_meets_every_range() -> None:
    assert _unmet(pyproject()["project"]["dependencies"], pins("run")) == []


def test_dev_lock_when_compared_with_the_project_meets_every_range() -> None:
    assert _unmet(pyproject()["dependency-groups"]["dev"], pins("run") | pins("dev")) == []


def test_locks_when_they_share_a_package_agree_on_its_version() -> None:
    shared = pins("run").keys() & pins("dev").keys()
    assert {name for name in shared if pins("run")[name] != pins("dev")[name]} == set()


@pytest.mark.parametrize("name", LOCKS)
def test_lock_when_read_is_pins_with_hashes_only(name: str) -> None:
    lines = [line for line in lock(name).splitlines() if line.strip() and not line.strip().startswith("#")]
    odd = [line for line in lines if not re.match(r"^(\S+==\S+.*\\|    --hash=sha256:[0-9a-f]{64}( \\)?)$", line)]
    assert odd == []
    assert len(_PIN.findall(lock(name))) == sum(
        "==" in line.split(";")[0] for line in lines if not line.startswith(" ")
    )


@pytest.mark.parametrize("name", LOCKS)
def test_lock_when_read_names_no_machine(name: str) -> None:
    assert re.findall(r"https?:|file:|git\+|--index|--find-links|--trusted| @ ", lock(name)) == []


def test_installer_when_it_reads_a_lock_takes_wheels_with_hashes_only() -> None:
    """A source archive would run its build on every machine, with a build backend that no lock holds."""
    script = (ROOT / "yunping").read_text("utf-8")
    installs = re.findall(r"(?:pip sync|install --quiet)(?:[^\n]*\\\n)*[^\n]*", script)
    assert len(installs) == 4
    assert [line for line in installs if "--require-hashes" not in line or "--only-binary :all:" not in line] == []
