"""Data feeds: values that change by themselves on a card that people approved.

The card is a block `data` of a release: it names the feed and says which fields there are, between which bounds and in
which words. The feed says numbers and code words only, signed by a key that can say nothing else.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated, ClassVar, Final

from cms.trust.canonical import encode
from cms.trust.delegations import Delegations
from cms.trust.errors import TrustError
from cms.trust.keys import ED25519, sha256
from cms.trust.limits import FEED_MS, MAX_FIELDS, MAX_INTEGER, MAX_WORDS
from cms.trust.shape import Code, Count, Domain, Hash, Ms, among, between, matches, read, size
from cms.trust.signed import Signed, Verified, plain, read_body, verified
from cms.trust.verify import good_signers, key_valid, same_domain

BLOCK: Final = "data"
_is_code = matches("[a-z0-9_-]{1,64}")
_LABEL = Annotated[str, size(1, 40)]


@dataclass(frozen=True, slots=True)
class Number:
    """A whole number from `least` to `most`, drawn with `decimals` of its digits behind the point."""

    name: Code
    kind: Annotated[str, among({"number"})]
    label: _LABEL
    unit: Annotated[str, size(0, 12)]
    decimals: Annotated[int, between(0, 3)]
    least: Annotated[int, between(-MAX_INTEGER)]
    most: Annotated[int, between(-MAX_INTEGER)]

    def takes(self, value: object) -> bool:
        return type(value) is int and self.least <= value <= self.most


@dataclass(frozen=True, slots=True)
class Term:
    """A code that a feed may say, and what is drawn for it."""

    code: Code
    label: _LABEL


@dataclass(frozen=True, slots=True)
class Word:
    """One of a few words."""

    name: Code
    kind: Annotated[str, among({"word"})]
    label: _LABEL
    words: Annotated[tuple[Term, ...], size(1, MAX_WORDS)]

    def takes(self, value: object) -> bool:
        return value in {word.code for word in self.words}


@dataclass(frozen=True, slots=True)
class Card:
    """What a release says of a feed; `schema` is the hash of its fields, labels and all."""

    feed: Code
    fields: tuple[Number | Word, ...]

    @property
    def schema(self) -> str:
        return sha256(b"yunping/card/1\n" + encode(plain(self.fields)).encode())


@dataclass(frozen=True, slots=True)
class Feed:
    """Values by field name; None where there is no reading. `seq` counts per feed and epoch."""

    TYPE: ClassVar[str] = "feed"

    domain: Domain
    epoch: Count
    feed: Code
    schema: Hash
    seq: Count
    at: Ms
    expires_at: Ms
    values: Annotated[Mapping[str, object], size(1, MAX_FIELDS)]


def read_feed(text: str) -> Feed:
    """Raises TrustError as `read_body`: also `trust.schema` for free text, a fraction, or values of over a week."""
    feed = read_body(Feed, text)
    if not 0 < feed.expires_at - feed.at <= FEED_MS:
        raise TrustError("trust.schema", field="feed.expires_at")
    for name, value in feed.values.items():
        said = _is_code(value) if isinstance(value, str) else value is None or type(value) is int
        if not (said and _is_code(name)):
            raise TrustError("trust.schema", field=f"feed.values.{name}")
    return feed


def read_card(block: Mapping[str, object]) -> Card:
    """The card of a `data` block, which may say more about how it is drawn. Raises TrustError `trust.card`."""
    try:
        head = read(_Head, {"feed": block.get("feed"), "fields": block.get("fields")}, "card")
        fields = tuple(map(_field, head.fields))
    except TrustError as error:
        raise TrustError("trust.card", field=error.params.get("field", "card")) from error
    names = [field.name for field in fields]
    if len(set(names)) != len(names):
        raise TrustError("trust.card", field="card.fields")
    return Card(head.feed, fields)


@dataclass(frozen=True, slots=True)
class _Head:
    feed: Code
    fields: Annotated[tuple[object, ...], size(1, MAX_FIELDS)]


def _field(value: object) -> Number | Word:
    kind = value.get("kind") if isinstance(value, dict) else None
    field: Number | Word = read(Word, value, "card.fields") if kind == "word" else read(Number, value, "card.fields")
    if isinstance(field, Number) and field.least > field.most:
        raise TrustError("trust.schema", field="card.fields.least")
    if isinstance(field, Word) and len({word.code for word in field.words}) != len(field.words):
        raise TrustError("trust.schema", field="card.fields.words")
    return field


def cards(content: Mapping[str, object]) -> Iterator[Card]:
    """Every card of a release's content, which was read before."""
    body = content.get("body")
    blocks = body.get("blocks") if isinstance(body, Mapping) else None
    for block in blocks if isinstance(blocks, Sequence) else ():
        if isinstance(block, Mapping) and block.get("type") == BLOCK:
            yield read_card(block)


def check_values(feed: Feed, card: Card, *, now: int) -> None:
    """May these values stand on this card now (ms)?

    Raises TrustError `trust.target` (another feed), `trust.card_changed`, `trust.value`, `trust.expired`.
    """
    if feed.feed != card.feed:
        raise TrustError("trust.target", feed=feed.feed)
    if feed.schema != card.schema:
        raise TrustError("trust.card_changed", feed=feed.feed)
    if now >= feed.expires_at:
        raise TrustError("trust.expired", what=Feed.TYPE)
    if feed.values.keys() != {field.name for field in card.fields}:
        raise TrustError("trust.value", field=card.feed)
    for field in card.fields:
        if feed.values[field.name] is not None and not field.takes(feed.values[field.name]):
            raise TrustError("trust.value", field=field.name)


def verify_feed(signed: Signed, delegations: Verified[Delegations], *, now: int) -> Verified[Feed]:
    """By a key that is delegated to this feed and valid now (ms); `seq` is for the reader's memory to judge."""
    feed, granted = read_feed(signed.text), delegations.value
    same_domain(feed, granted)
    held = next((one.keys for one in granted.feeds or () if one.feed == feed.feed), ())
    valid = {key.key: key.public for key in held if key.alg == ED25519 and key_valid(key, now=now)}
    if not good_signers(signed, Feed.TYPE, valid):
        raise TrustError("trust.signature", role=f"feed {feed.feed}")
    if feed.epoch != granted.epoch:
        raise TrustError("trust.epoch", epoch=feed.epoch, held=granted.epoch)
    return verified(feed, signed.text, signed.digest(Feed.TYPE))
