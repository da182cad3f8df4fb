"""The platform's limits; each has changed before, so a test may set any."""

from dataclasses import dataclass, field

KIB = 1024
MIB = 1024 * 1024


@dataclass
class Limits:
    """Characters are code points; sizes are bytes."""

    title: int = 32
    author: int = 16
    digest: int = 120
    content_characters: int = 20_000  # fewer than
    content_bytes: int = MIB  # fewer than
    source_url: int = KIB
    articles: int = 8
    pictures: int = 20
    body_image: int = MIB  # fewer than
    image: int = 10 * MIB
    voice: int = 2 * MIB
    video: int = 10 * MIB
    thumb: int = 64 * KIB
    library_images: int = 100_000
    library_others: int = 1_000
    clientmsgid: int = 64
    same_id_pause: float = 0.0  # seconds within which a repeated id is «too fast» and not «known»
    mass_a_month: int = 4  # to one follower
    mass_a_day: int = 100  # calls
    mass_a_minute: int = 60
    previews_a_day: int = 100
    clears_a_month: int = 10
    forced_a_day: int = 20
    forced_pause: float = 30.0
    token_seconds: int = 7200
    overlap_seconds: int = 300
    daily: dict[str, int] = field(
        default_factory=lambda: {"/cgi-bin/token": 2000, "/cgi-bin/stable_token": 500_000, "*": 10_000}
    )
