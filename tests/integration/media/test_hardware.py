"""A stand-in for a graphics card at work: good enough for the house, or refused at the gate and made in software."""

import asyncio
import shutil
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path

import pytest

from media import gate, house
from media.encode import encode_house
from media.encoders import HARDWARE
from media.errors import MediaRefused
from media.hardware import Hardware, probed
from media.limits import VideoLimits
from media.package import house_of
from media.sandbox import Grade, Sandbox
from media.threads import in_thread
from media.video import VideoFacts, examine
from tests.integration.media import clips
from tests.integration.media.sizes import FULL, SMALL, ladder_of

pytestmark = pytest.mark.timeout(240)
LIMITS = VideoLimits(min_free_bytes=0)
CARD = Path(__file__).parents[2] / "fakes" / "card.py"


@dataclass
class Told:
    reasons: list[str] = field(default_factory=list)

    async def tell(self, reason: str) -> None:
        self.reasons.append(reason)


@pytest.fixture(scope="module", autouse=True, params=[SMALL, pytest.param(FULL, marks=pytest.mark.soak)])
def size(request: pytest.FixtureRequest) -> Iterator[str]:
    with ladder_of(request.param):
        yield request.param


@pytest.fixture
def bare() -> Sandbox:
    """Without walls: the stand-in lies where no program of the system does."""
    return Sandbox(Grade.limits_only)


@pytest.fixture(scope="module")
def clip(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, VideoFacts]:
    folder = tmp_path_factory.mktemp("clip")
    path = clips.broadcast(folder)
    return path, asyncio.run(examine(path, sandbox=Sandbox(Grade.limits_only), work=folder, limits=LIMITS))


def card(folder: Path, kind: str, told: Told) -> Hardware:
    program = folder / f"card-{kind}"
    shutil.copy(CARD, program)
    return Hardware(replace(HARDWARE["h264_nvenc"], devices=(), program=str(program)), told.tell)


async def made(clip: tuple[Path, VideoFacts], hardware: Hardware, sandbox: Sandbox, work: Path) -> None:
    of_house = await house_of(sandbox, work)
    async with encode_house(*clip, sandbox=sandbox, work=work, limits=LIMITS, hardware=hardware) as film:
        assert film.index.house == of_house.name
        files = {one.rendition: one.path for one in film.files}
        for rung in house.RUNGS:
            await in_thread(gate.check, files[house.rendition(rung)], rung, of_house, film.index.segments)


async def test_card_that_is_of_the_house_makes_the_film(
    clip: tuple[Path, VideoFacts], bare: Sandbox, work: Path, tmp_path: Path
) -> None:
    told = Told()
    hardware = card(tmp_path, "good", told)
    await made(clip, hardware, bare, work)
    assert told.reasons == []
    assert hardware.is_trusted


@pytest.mark.parametrize(
    ("kind", "reason"),
    [
        ("good", ""),
        ("gop", "encoder_refused 480 gop"),
        ("profile", "encoder_refused 480 init"),
        ("late", "encoder_refused 480 pictures"),
        ("dead", "video_damaged Cannot load libcuda.so.1"),
    ],
)
async def test_card_that_fails_its_probe_is_named_with_the_reason(
    bare: Sandbox, work: Path, tmp_path: Path, kind: str, reason: str
) -> None:
    encoder = card(tmp_path, kind, Told()).encoder
    assert await probed(encoder, sandbox=bare, work=work, rungs=["480"]) == reason


async def test_film_of_a_card_that_the_gate_refuses_is_made_in_software_and_somebody_hears_of_it(
    clip: tuple[Path, VideoFacts], bare: Sandbox, work: Path, tmp_path: Path
) -> None:
    told = Told()
    hardware = card(tmp_path, "gop", told)
    await made(clip, hardware, bare, work)
    assert told.reasons == ["encoder_refused 1080 gop"]
    hardware.failed = 3
    assert not hardware.is_trusted
    with pytest.raises(MediaRefused, match="disk_full"):
        await hardware.refuse(MediaRefused("media.disk_full"))


async def test_card_that_is_not_there_is_not_asked(sandbox: Sandbox, work: Path) -> None:
    absent = replace(HARDWARE["h264_vaapi"], devices=("/dev/dri/renderD999",))
    assert await probed(absent, sandbox=sandbox, work=work) == "absent"
