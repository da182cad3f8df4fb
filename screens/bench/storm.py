"""What `storm.c` is told, as texts: it knows nothing of what screens say but where a signature goes."""

from pathlib import Path
from typing import Final

from screens.bench.peers import SPOKEN, request
from screens.messages import Have, Hello, encode
from screens.protocol import hello_bytes

# A number that no other field has, to be found in the text of a hello.
_VERSION: Final = 7_000_000_001


def command(folder: Path, *, port: int, core: int, screens: Path) -> tuple[str, ...]:
    """The program, compiled in `folder`, for the screens of a file with a line for each: id and seed, or nothing."""
    host = f"127.0.0.1:{port}"
    signed = hello_bytes("{nonce}", "{screen}", host, SPOKEN).decode()
    held = _hello(Have(1, _VERSION, 1, 1, 1)).replace(str(_VERSION), "{version}")
    texts = (request(port).decode(), signed, _hello(Have()), held)
    return (str(folder / "storm"), str(port), str(core), str(screens), *texts)


def _hello(have: Have) -> str:
    return encode(Hello("{screen}", "{key}", have, "{sig}", "bench", {}, SPOKEN))
