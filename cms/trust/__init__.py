"""The trust core: canonical bytes, keys, signed objects and the checks of a reader; pure (docs/formats.md).

Nothing here reads a clock, a file or a socket; times are ms. What arrived is a `str`, a `Signed` or a `Bundle`; what
the checks let through is a `Verified[T]`; what they refuse raises `TrustError(code, **params)` (`trust.…`).

canonical    encode(value) -> str; decode(text | bytes, *, limit) -> Value
keys         SigningKey(seed) .generate() .public .seed .sign(data) -> str; PublicKey(raw) .read(text) .id .text
             .verifies(signature, data) -> bool; b64(raw), unb64(text, *, size), sha256(data) -> hex
signed       Signed(text, signatures) .read(wire) .of(value) .value() .wire() .file .digest(type);
             Verified[T] .value .text .digest; sign(body, keys) -> Signed; text_of(body) -> str;
             read_body(shape, text) -> body; signed_bytes(type, text), digest(type, text) -> hex
release      Release, Envelope, ReleaseAsset, CLASSES; read_release(text) -> Release; drawn_masters(content)
approval     Approval; Bundle(text, approvals) .read(wire) .wire() .file .release; release_digest(text) -> hex;
             approve(text, *, person, key, at) -> Approval; bundle(text, approvals) -> Bundle
root, delegations, recalls, manifest, beacon, screen    the dataclasses, read_root(text), read_delegations(text), …
verify       verify_root(signed, previous | None), verify_delegations(signed, root), verify_recalls, _manifest,
             _beacon, _screen -> Verified[…]; verify_release(bundle, delegations, *, now) -> Verified[Release]
             by_role(signed, read, root, role), good_signers(signed, type, publics) for objects beside (`cms.signals`)
The memory of a reader, by which it refuses what is older than it has seen, is `screens.viewer`.
"""
