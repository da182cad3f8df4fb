"""A registered checkout is found as an installed package is, and a second registration replaces the first."""

import subprocess
import sys
from importlib.metadata import Distribution, DistributionFinder, MetadataPathFinder
from pathlib import Path

from deploy.register import ROOT, register

PROJECT = {
    "name": "yunping",
    "version": "0.1.0",
    "scripts": {"yunping": "deploy.cli:main"},
    "entry-points": {"yunping.renderers": {"web": "renderers.web:channel"}},
}


def found(site: Path) -> list[Distribution]:
    context = DistributionFinder.Context(name="yunping", path=[str(site)])
    return list(MetadataPathFinder.find_distributions(context))


def test_register_when_done_makes_the_entry_points_known(tmp_path: Path) -> None:
    register(PROJECT, tmp_path)
    (distribution,) = found(tmp_path)
    assert distribution.version == "0.1.0"
    assert {(e.group, e.name, e.value) for e in distribution.entry_points} == {
        ("console_scripts", "yunping", "deploy.cli:main"),
        ("yunping.renderers", "web", "renderers.web:channel"),
    }


def test_register_when_done_again_leaves_one_registration(tmp_path: Path) -> None:
    register(PROJECT, tmp_path)
    register({**PROJECT, "version": "0.2.0", "entry-points": {}}, tmp_path)
    (distribution,) = found(tmp_path)
    assert distribution.version == "0.2.0"
    assert [e.group for e in distribution.entry_points] == ["console_scripts"]


def test_register_when_done_lists_each_file_with_its_hash(tmp_path: Path) -> None:
    """Without a complete RECORD the installer could not take the registration away."""
    register(PROJECT, tmp_path)
    (distribution,) = found(tmp_path)
    listed = {str(file) for file in distribution.files or ()}
    assert listed == {str(path.relative_to(tmp_path)) for path in tmp_path.rglob("*") if path.is_file()}
    for file in distribution.files or ():
        assert file.name == "RECORD" or file.size == Path(file.locate()).stat().st_size


def test_path_line_when_read_by_site_leads_to_the_checkout(tmp_path: Path) -> None:
    register(PROJECT, tmp_path)
    code = f"import site, sys; site.addsitedir({str(tmp_path)!r}); print(sys.path[-1])"
    done = subprocess.run([sys.executable, "-I", "-S", "-c", code], capture_output=True, text=True, check=True)
    assert Path(done.stdout.strip()) == ROOT
