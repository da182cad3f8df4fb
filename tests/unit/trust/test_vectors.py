"""The Python side of the shared vectors; the player's port reads the same files."""

import json
from pathlib import Path
from typing import Any

import pytest

from cms.signals.feed import read_card
from cms.trust import limits
from cms.trust.approval import Bundle
from cms.trust.canonical import decode, encode
from cms.trust.errors import TrustError
from cms.trust.keys import PublicKey, SigningKey
from cms.trust.signed import Signed, digest, signed_bytes
from cms.trust.verify import verify_root
from screens import viewer
from tests.vectors import generate

HERE = Path(generate.__file__).parent


def load(name: str) -> Any:
    return json.loads((HERE / name).read_text("utf-8"))


CANONICAL, KEYS, DIGESTS, VIEWER = (load(f"{name}.json") for name in ("canonical", "keys", "digests", "viewer"))


def named(items: list[dict[str, Any]]) -> pytest.MarkDecorator:
    return pytest.mark.parametrize("one", items, ids=[str(item["name"]) for item in items])


def test_vectors_when_generated_again_are_the_committed_files() -> None:
    for name, content in generate.vectors().items():
        assert (HERE / name).read_text("utf-8") == generate.text(content), name


@named(CANONICAL["good"])
def test_decode_of_a_canonical_text_gives_it_back(one: dict[str, str]) -> None:
    assert encode(decode(one["text"])) == one["text"]


@named(CANONICAL["bad"])
def test_decode_of_any_other_text_is_refused(one: dict[str, Any]) -> None:
    with pytest.raises(TrustError) as refusal:
        decode(_bytes(one))
    assert refusal.value.code == one["expect"]


def _bytes(one: dict[str, Any]) -> str | bytes:
    if "hex" in one:
        return bytes.fromhex(one["hex"])
    if "repeat" in one:
        part = one["repeat"]
        return str(part["prefix"] + part["unit"] * part["times"] + part["suffix"])
    return str(one["text"])


@named(KEYS["ids"])
def test_key_id_is_the_hash_of_the_raw_key(one: dict[str, str]) -> None:
    public = SigningKey(bytes.fromhex(one["seed"])).public
    assert (public.id, public.text, public.raw.hex()) == (one["id"], one["public"], one["raw"])


@named(KEYS["signatures"])
def test_signature_verifies_or_not(one: dict[str, Any]) -> None:
    data = signed_bytes(one["type"], one["text"])
    assert PublicKey.read(one["public"]).verifies(one["signature"], data) is one["expect"]


def test_digests_and_files_of_objects() -> None:
    for one in DIGESTS["objects"]:
        signed = Signed.read(one["wire"])
        assert signed.text == one["text"]
        assert Signed.kept(one["wire"]) == signed
        assert (digest(one["type"], one["text"]), signed.file) == (one["digest"], one["file"])


@pytest.mark.parametrize(
    "wire", ["", "{", "[]", "null", "{}", '{"signatures":[],"text"', '{"signatures":[{}],"text":""}']
)
def test_kept_object_that_is_none_is_refused_with_a_code(wire: str) -> None:
    with pytest.raises(TrustError) as refused:
        Signed.kept(wire)
    assert refused.value.code == "trust.schema"


def test_digests_and_files_of_bundles() -> None:
    for one in DIGESTS["bundles"]:
        bundle = Bundle.read(one["wire"])
        assert (bundle.release, bundle.file, len(one["wire"].encode())) == (one["release"], one["file"], one["size"])


def test_limits_file_is_what_this_port_holds() -> None:
    assert load("limits.json") == {name.lower(): value for name, value in vars(limits).items() if name.isupper()}


def test_attack_list_is_long_enough() -> None:
    assert sum(case["attack"] != "none" for case in VIEWER["cases"]) >= 40
    assert len({case["name"] for case in VIEWER["cases"]}) == len(VIEWER["cases"])


@named(VIEWER["cases"])
def test_screen_lives_through_the_case(one: dict[str, Any]) -> None:
    start = VIEWER["start"]
    root = verify_root(Signed.of(start["root"]), None)
    state = viewer.State(root, start["screen"], start["key"], start["audience"])
    for number, step in enumerate(one["steps"]):
        now = step["now"]
        if "take" in step:
            state, verdicts = viewer.accept(state, incoming(step["take"]), now)
            told = sorted((verdict.what, str(verdict.code)) for verdict in verdicts)
            assert told == sorted((what, str(code)) for what, code in step["expect"]), number
        elif "loop" in step:
            assert [show.release for show in viewer.loop(state, now)] == step["expect"], number
        elif "stale" in step:
            assert viewer.is_stale(state, now) is step["expect"], number
        elif "restarted" in step:
            state = viewer.restarted(state, now, away=step["away"])
        elif "values" in step:
            assert values(state, step["values"], now) == step["expect"], number
        elif "software" in step:
            found = viewer.software(state, now, running=step["software"])
            assert (found and found.digest) == step["expect"], number
        else:
            assert showable(state, step["showable"], now) == step["expect"], number


def incoming(take: dict[str, Any]) -> viewer.Incoming:
    def one(name: str) -> Signed | None:
        return Signed.of(VIEWER["objects"][take[name]]) if name in take else None

    return viewer.Incoming(
        roots=tuple(Signed.of(VIEWER["objects"][name]) for name in take.get("roots", ())),
        delegations=one("delegations"),
        recalls=one("recalls"),
        screen=one("screen"),
        beacon=one("beacon"),
        manifest=one("manifest"),
        feeds=tuple(Signed.of(VIEWER["objects"][name]) for name in take.get("feeds", ())),
        player=one("player"),
        bundles={sha: VIEWER["files"][name].encode() for sha, name in take.get("bundles", {}).items()},
    )


def showable(state: viewer.State, release: str, now: int) -> str | None:
    try:
        viewer.showable(state, release, now)
    except TrustError as refusal:
        return refusal.code
    return None


def values(state: viewer.State, block: dict[str, Any], now: int) -> object:
    try:
        return viewer.values(state, read_card(block), now)
    except TrustError as refusal:
        return refusal.code
