"""SOAP as an operator's server writes and reads it."""

import xml.etree.ElementTree as ET
from html import escape

from tests.fakes.stage.messages import Answer

HEAD = {"Content-Type": "text/xml; charset=utf-8"}
_FRAME = (
    '<?xml version="1.0" encoding="utf-8"?><SOAP-ENV:Envelope xmlns:SOAP-ENV="http://schemas.xmlsoap.org/soap/envelope/"'
    ' xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" xmlns:ns1="iptv"><SOAP-ENV:Body>{}</SOAP-ENV:Body>'
    "</SOAP-ENV:Envelope>"
)


def fields(data: bytes, call: str) -> dict[str, str] | None:
    """What a call says, by name; None when it is not that call."""
    try:
        root = ET.fromstring(data)
    except ET.ParseError:
        return None
    for node in root.iter():
        if node.tag.rpartition("}")[2] == call:
            return {one.tag.rpartition("}")[2]: (one.text or "").strip() for one in node.iter() if one is not node}
    return None


def answer(result: int, why: str = "") -> Answer:
    inner = f"<Result>{result}</Result><ErrorDescription>{escape(why)}</ErrorDescription>"
    return Answer(
        200,
        _FRAME.format(f"<ns1:ExecCmdResponse><ExecCmdReturn>{inner}</ExecCmdReturn></ns1:ExecCmdResponse>").encode(),
        HEAD,
    )


def notice(csp: str, lsp: str, correlate: str, result: int, address: str) -> bytes:
    told = {"CSPID": csp, "LSPID": lsp, "CorrelateID": correlate, "CmdResult": str(result), "ResultFileURL": address}
    inner = "".join(f"<{name}>{escape(value)}</{name}>" for name, value in told.items())
    return _FRAME.format(f"<ns1:ResultNotify>{inner}</ns1:ResultNotify>").encode()


def results(kind: str, name: str, why: str) -> bytes:
    """A result file that says why one object was not taken."""
    return (
        '<?xml version="1.0" encoding="utf-8"?><ADI><Objects>'
        f'<Object ElementType="{escape(kind)}" ID="{escape(name)}"><Property Name="Result">-1</Property>'
        f'<Property Name="Description">{escape(why)}</Property></Object></Objects></ADI>'
    ).encode()
