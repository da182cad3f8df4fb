"""The kit that every channel passes unedited: it replays, kills, jumps the clock, recalls, corrects and breaks things.

    findings = await check_display(channel, now=…)                 empty when the channel conforms
    findings = await check_post(channel, platform_factory, …)      the same for channels that post

`tests/contract` runs it over every entry point of ``yunping.renderers``; a new channel adds nothing but itself (a post
channel brings a factory for its simulator).
"""

from renderers.conformance.display import check_display
from renderers.conformance.findings import Finding
from renderers.conformance.post import Platform, check_post

__all__ = ["Finding", "Platform", "check_display", "check_post"]
