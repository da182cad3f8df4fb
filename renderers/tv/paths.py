"""The addresses of a channel: its files in the public tree, and what is answered by the clock (formats.md §4)."""

from typing import Final

from cms.contract import VOLATILE

ROOT: Final = "/tv/"
# No target has such a code.
FILES: Final = "/tv/_/"
EPG: Final = "/tv/epg.xml"
EPG_JSON: Final = "/tv/epg.json"
CHANNELS: Final = "/tv/channels.m3u"
PLAN: Final = "plan.json"


def home(code: str) -> str:
    return f"{ROOT}{code}/"


def plan(code: str) -> str:
    return f"{ROOT}{code}/{PLAN}"


def signal(code: str, block: int) -> str:
    """The slots of live input, a block of them; no file of the tree, it changes every few seconds."""
    return f"{ROOT}{code}/signal/{block}{VOLATILE}"


def column(code: str, name: str, page: int = 1) -> str:
    """A page of a column's list; the first is page 1."""
    return f"{ROOT}{code}/c/{name}/" + (f"p{page}/" if page > 1 else "")


def tree(code: str, page: int = 1) -> str:
    """A page of the columns."""
    return f"{ROOT}{code}/c/" + (f"p{page}/" if page > 1 else "")


def news(code: str, page: int = 1) -> str:
    """A page of the newest articles of all columns."""
    return f"{ROOT}{code}/n/" + (f"p{page}/" if page > 1 else "")


def document(code: str, public_id: str) -> str:
    return f"{ROOT}{code}/d/{public_id}/"


def part(code: str, public_id: str, number: int) -> str:
    """A file of a long text; the first is the piece's own page."""
    return document(code, public_id) + (f"p{number}/" if number > 1 else "")


def playback(code: str, public_id: str) -> str:
    """The player page of a lecture."""
    return f"{ROOT}{code}/d/{public_id}/play/"


def chapters(code: str, public_id: str, page: int = 1) -> str:
    """A page of a lecture's chapters."""
    return f"{document(code, public_id)}chapters/" + (f"p{page}/" if page > 1 else "")


def recording(code: str, public_id: str, name: str) -> str:
    """A playlist of a lecture: `master` or a track."""
    return f"{ROOT}{code}/d/{public_id}/{name}.m3u8"


def live(code: str) -> str:
    """The player page of the channel itself."""
    return f"{ROOT}{code}/live/"


def day(code: str) -> str:
    return f"{ROOT}{code}/day/"


def channels(code: str) -> str:
    """The list of all channels, as the portal of one shows it."""
    return f"{ROOT}{code}/channels/"


def code_of(path: str) -> str:
    """The channel a path below the root is of."""
    return path.removeprefix(ROOT).partition("/")[0]
