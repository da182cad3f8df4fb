"""The rules of xmltv.dtd for what a guide may hold, written down apart from the writer; and the real checker."""

import re
import shutil
import subprocess
from pathlib import Path
from xml.etree import ElementTree as ET

DTD = Path("/usr/share/xmltv/xmltv.dtd")
# Content models of the DTD, as the order of children: `?` at most once, `*` any number, `+` at least once.
MODELS = {
    "tv": "channel* programme*",
    "channel": "display-name+ icon* url*",
    "programme": "title+ sub-title* desc* credits? date? category* keyword* language? orig-language? length? icon*",
}
ATTRIBUTES = {
    "tv": {
        "date",
        "source-info-url",
        "source-info-name",
        "source-data-url",
        "generator-info-name",
        "generator-info-url",
    },
    "channel": {"id"},
    "programme": {"start", "stop", "channel", "pdc-start", "vps-start", "showview", "videoplus", "clumpidx"},
}
REQUIRED = {"channel": {"id"}, "programme": {"start", "channel"}}
TIME = re.compile(r"\d{14} [+-]\d{4}")


def faults(text: str) -> list[str]:
    """What breaks the rules; nothing for a guide that any reader takes."""
    found = [] if '<!DOCTYPE tv SYSTEM "xmltv.dtd">' in text[:200] else ["no document type"]
    root = ET.fromstring(text)
    for element in (root, *root):
        names = " ".join(child.tag for child in element)
        model = "".join(f"(?:{part[:-1]} ){part[-1]}" for part in MODELS[element.tag].split())
        if not re.fullmatch(model, names + " " if names else ""):
            found.append(f"{element.tag}: {names}")
        if set(element.attrib) - ATTRIBUTES[element.tag] or REQUIRED.get(element.tag, set()) - set(element.attrib):
            found.append(f"{element.tag}: attributes {sorted(element.attrib)}")
    channels = [channel.get("id") for channel in root.iter("channel")]
    for programme in root.iter("programme"):
        if programme.get("channel") not in channels:
            found.append("a programme of no channel")
        if not all(TIME.fullmatch(programme.get(name, "")) for name in ("start", "stop")):
            found.append("a time of another form")
    return found + _by_the_checker(text)


def _by_the_checker(text: str) -> list[str]:
    """What `tv_validate_file` says, where the package xmltv-util is installed."""
    tool = shutil.which("tv_validate_file")
    if tool is None or not DTD.is_file():
        return []
    command = [tool, "--dtd-file", str(DTD), "/dev/stdin"]
    done = subprocess.run(command, input=text.encode(), capture_output=True, timeout=60, check=False)
    return [] if done.returncode == 0 else [done.stderr.decode()[-300:]]
