"""Writes the test vectors: `python -m tests.vectors.generate`; the same files from the same sources, always.

canonical.json   texts that are canonical, and texts that are not with the code of the refusal
keys.json        key ids, and signatures that are good or not
digests.json     signed objects and bundles with their digests and file names
limits.json      the bounds both ports hold
orders.json      orders to one screen, heeded or refused
viewer.json      lives of and attacks on one screen: `start`, a pool of `objects` and `files`, and `cases` of steps

A step of viewer.json is one of
  {"take": {roots, feeds: [object…], delegations, recalls, screen, beacon, manifest, player: object,
            bundles: {sha256: file}},
   "now": ms, "expect": [[what, code | null]…]}                     the verdicts, in any order
  {"showable": release, "now": ms, "expect": code | null}
  {"loop": true, "now": ms, "expect": [release…]}
  {"stale": true, "now": ms, "expect": bool}
  {"values": card block, "now": ms, "expect": {field: value} | code}  what stands on a data card
  {"software": version running, "now": ms, "expect": digest | null}  the player release to install
  {"restarted": true, "now": ms, "away": ms}
"""

import json
from pathlib import Path
from typing import Any

from cms.trust import limits
from tests.vectors import texts
from tests.vectors.attacks import attacks
from tests.vectors.lives import lives
from tests.vectors.narrations import narrations
from tests.vectors.orders import orders
from tests.vectors.passkeys import passkeys
from tests.vectors.signals import signals

Json = dict[str, Any]
HERE = Path(__file__).parent


class Pool:
    """Objects and files said once and then named."""

    def __init__(self) -> None:
        self.objects: Json = {}
        self.files: Json = {}
        self._names: dict[str, str] = {}

    def signed(self, one: Json) -> str:
        kind = json.loads(one["text"])["type"] if one["text"].startswith("{") else "text"
        return self._named(self.objects, kind, one)

    def file(self, text: str) -> str:
        return self._named(self.files, "bundle", text)

    def _named(self, where: Json, kind: str, one: object) -> str:
        key = json.dumps(one, sort_keys=True)
        if key not in self._names:
            self._names[key] = f"{kind}-{len(where) + 1}"
            where[self._names[key]] = one
        return self._names[key]


def viewer() -> Json:
    pool = Pool()
    cases = [case.value() for case in (*lives(), *attacks(), *signals(), *passkeys(), *narrations())]
    for step in (step for case in cases for step in case["steps"]):
        take = step.get("take", {})
        for name, one in take.items():
            if name in {"roots", "feeds"}:
                take[name] = [pool.signed(each) for each in one]
            elif name == "bundles":
                take[name] = {sha: pool.file(text) for sha, text in one.items()}
            else:
                take[name] = pool.signed(one)
    return {"start": texts.start(), "objects": pool.objects, "files": pool.files, "cases": cases}


def bounds() -> Json:
    return {name.lower(): value for name, value in vars(limits).items() if name.isupper()}


def vectors() -> dict[str, Json]:
    """File name -> content."""
    return {
        "canonical.json": texts.canonical(),
        "keys.json": texts.keys(),
        "digests.json": texts.digests(),
        "limits.json": bounds(),
        "viewer.json": viewer(),
        "orders.json": orders(),
    }


def text(content: Json) -> str:
    """Lone surrogates and control characters travel escaped, so ASCII alone."""
    return json.dumps(content, ensure_ascii=True, indent=1, sort_keys=False) + "\n"


def main() -> None:
    for name, content in vectors().items():
        (HERE / name).write_text(text(content), "utf-8")


if __name__ == "__main__":
    main()
