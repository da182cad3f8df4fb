"""The two calls of the interface: our ExecCmd and its answer, their ResultNotify and ours."""

from dataclasses import dataclass
from typing import Final
from xml.sax.saxutils import escape

from renderers.iptv.markup import BadMarkup, Node, read
from renderers.iptv.text import legal

MEDIA_TYPE: Final = "text/xml; charset=utf-8"
_LONGEST: Final = 200
_ENVELOPE: Final = (
    '<?xml version="1.0" encoding="UTF-8"?>\n'
    '<soapenv:Envelope xmlns:soapenv="http://schemas.xmlsoap.org/soap/envelope/"><soapenv:Body>{}</soapenv:Body>'
    "</soapenv:Envelope>\n"
)


class Unreadable(Exception):
    """It is not an answer of the interface."""


@dataclass(frozen=True, slots=True)
class Said:
    """An answer: 0 is yes, everything else no."""

    result: int
    why: str


@dataclass(frozen=True, slots=True)
class Notice:
    """What the operator tells of a command: how it ended, and where each object's own result can be read."""

    csp: str
    lsp: str
    correlate: str
    result: int
    file: str


def exec_cmd(csp: str, lsp: str, correlate: str, address: str) -> bytes:
    """The command to fetch an order and to carry it out."""
    told = {"CSPID": csp, "LSPID": lsp, "CorrelateID": correlate, "CmdFileURL": address}
    inner = "".join(f"<{name}>{escape(legal(value))}</{name}>" for name, value in told.items())
    return _ENVELOPE.format(f'<ns:ExecCmd xmlns:ns="iptv">{inner}</ns:ExecCmd>').encode()


def read_answer(data: bytes) -> Said:
    """Raises Unreadable."""
    try:
        root = read(data)
    except BadMarkup as problem:
        raise Unreadable(str(problem)) from problem
    # Some name the number itself «Result», some put both into one named «ExecCmdReturn».
    result = _number(root, "Result", "ResultCode")
    return Said(result, _line(root.first("ErrorDescription") or root.first("ResultDescription") or ""))


def read_notice(data: bytes) -> Notice:
    """Raises Unreadable."""
    try:
        root = read(data)
    except BadMarkup as problem:
        raise Unreadable(str(problem)) from problem
    if not any(root.every("ResultNotify")):
        raise Unreadable("no ResultNotify")
    csp, lsp, correlate = (root.first(name) or "" for name in ("CSPID", "LSPID", "CorrelateID"))
    return Notice(csp, lsp, correlate, _number(root, "CmdResult"), (root.first("ResultFileURL") or "")[:1024])


def notice_answer(result: int, why: str = "") -> bytes:
    """What they are told of their notice: 0, or they tell it again."""
    inner = f"<Result>{result}</Result><ErrorDescription>{escape(legal(why))}</ErrorDescription>"
    return _ENVELOPE.format(
        f'<ns:ResultNotifyResponse xmlns:ns="iptv"><ResultNotifyReturn>{inner}</ResultNotifyReturn>'
        "</ns:ResultNotifyResponse>"
    ).encode()


def read_results(data: bytes) -> str:
    """What a result file says of the objects that were refused, on one line; empty when it says nothing of any."""
    return _line("; ".join(f"{what}: {why}" for what, why in read_refused(data)))


def read_refused(data: bytes) -> list[tuple[str, str]]:
    """Which objects and mappings a result file says were refused, each with its reason."""
    try:
        root = read(data)
    except BadMarkup:
        return []
    refused: list[tuple[str, str]] = []
    for node in (*root.every("Object"), *root.every("Mapping"), *root.every("Reply")):
        told = {
            one.attributes.get("Name", "").lower(): one.text.strip() for one in node.below if one.name == "Property"
        }
        told |= {name.lower(): value for name, value in node.attributes.items()}
        if told.get("result", "0") not in {"", "0"}:
            what = told.get("elementtype") or node.name
            why = told.get("description") or told.get("errordescription") or told["result"]
            refused.append((f"{what} {told.get('id') or told.get('elementid') or ''}".rstrip(), why))
    return refused


def _number(root: Node, *names: str) -> int:
    for name in names:
        for node in root.every(name):
            try:
                return int(node.text.strip())
            except ValueError:
                continue
    raise Unreadable("no " + names[0])


def _line(text: str) -> str:
    return " ".join(legal(text).split())[:_LONGEST]
