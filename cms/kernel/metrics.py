"""Metrics: one documented table; a metric that is not in it cannot be made.

Names begin with ``yunping_``; units are in the name (seconds, bytes, total). Served as ``/metrics`` on each role's own
loopback port.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest


@dataclass(frozen=True, slots=True)
class Metric:
    """One line of the table: its kind, what it counts, and its labels."""

    kind: Literal["counter", "gauge", "histogram"]
    name: str
    help: str
    labels: tuple[str, ...] = ()
    buckets: tuple[float, ...] = (0.005, 0.02, 0.05, 0.1, 0.25, 0.5, 1, 2, 5, 15, 60)


class Metrics:
    """A registry built from a table of `Metric`; each process has one."""

    def __init__(self, table: Sequence[Metric]) -> None:
        self.registry = CollectorRegistry()
        self.table = tuple(table)
        self._made: dict[str, Counter | Gauge | Histogram] = {}
        for metric in table:
            self._made[metric.name] = _make(metric, self.registry)

    def count(self, name: str, amount: float = 1, **labels: str) -> None:
        found = self._made[name]
        assert isinstance(found, Counter)  # noqa: S101
        (found.labels(**labels) if labels else found).inc(amount)

    def gauge(self, name: str, value: float, **labels: str) -> None:
        found = self._made[name]
        assert isinstance(found, Gauge)  # noqa: S101
        (found.labels(**labels) if labels else found).set(value)

    def observe(self, name: str, seconds: float, **labels: str) -> None:
        found = self._made[name]
        assert isinstance(found, Histogram)  # noqa: S101
        (found.labels(**labels) if labels else found).observe(seconds)

    def text(self) -> bytes:
        """The exposition format."""
        return generate_latest(self.registry)


def _make(metric: Metric, registry: CollectorRegistry) -> Counter | Gauge | Histogram:
    if metric.kind == "counter":
        return Counter(metric.name, metric.help, metric.labels, registry=registry)
    if metric.kind == "gauge":
        return Gauge(metric.name, metric.help, metric.labels, registry=registry)
    return Histogram(metric.name, metric.help, metric.labels, registry=registry, buckets=metric.buckets)


CORE: tuple[Metric, ...] = (
    Metric("counter", "yunping_http_requests_total", "Requests answered", ("route", "method", "status")),
    Metric("histogram", "yunping_http_seconds", "Time to answer a request", ("route",)),
    Metric("counter", "yunping_channel_requests_total", "Answers below a channel's own path", ("channel", "status")),
    Metric("counter", "yunping_refusals_total", "Refused actions by code", ("code",)),
    Metric("counter", "yunping_sign_ins_total", "Sign-ins by outcome", ("outcome",)),
    Metric("gauge", "yunping_audit_broken", "1 while the last look at the record found it not as it was written"),
    Metric("gauge", "yunping_audit_checked_at", "When the record was last looked at, seconds since 1970"),
    Metric("counter", "yunping_deliveries_total", "Deliveries finished", ("channel", "state")),
    Metric("histogram", "yunping_delivery_seconds", "From due to receipt", ("channel",)),
    Metric("gauge", "yunping_deliveries_waiting", "Deliveries due and not finished"),
    Metric("gauge", "yunping_manual_tasks", "Deliveries that wait for a person at the platform", ("kind",)),
    Metric("gauge", "yunping_take_downs_late", "Take-downs nobody confirmed within a day"),
    Metric("gauge", "yunping_accounts_paused", "Accounts that wait for an administrator"),
    Metric("gauge", "yunping_alarms_open", "Alarms that nobody has taken"),
    Metric("counter", "yunping_letters_total", "Notices carried out of the house", ("way", "state")),
    Metric("gauge", "yunping_consent_days", "Days until a person must consent to posting again", ("account",)),
    Metric("counter", "yunping_callbacks_total", "Calls of platforms by outcome", ("channel", "outcome")),
    Metric("counter", "yunping_recalls_total", "Releases recalled"),
    Metric("counter", "yunping_preview_links_total", "Links made to show a piece to people without an account"),
    Metric("counter", "yunping_preview_opinions_total", "Opinions of people without an account", ("outcome",)),
    Metric("counter", "yunping_review_deadlines_total", "Review steps whose deadline passed"),
    Metric("counter", "yunping_rights_told_total", "Files of which people were told that their rights end"),
    Metric("counter", "yunping_letters_pruned_total", "Letters of notices that were old and over, deleted"),
    Metric("counter", "yunping_intake_total", "Uploads by outcome", ("kind", "outcome")),
    Metric("counter", "yunping_webhooks_total", "Attempts at webhooks by outcome", ("outcome",)),
    Metric("counter", "yunping_webhook_calls_pruned_total", "Calls of webhooks that were old and over, deleted"),
    Metric("counter", "yunping_journal_pruned_total", "Lines of accounts' journals that were old, deleted"),
    Metric("counter", "yunping_data_values_total", "Values of data feeds by outcome", ("outcome",)),
    Metric("counter", "yunping_feed_polls_total", "Looks at feeds by outcome", ("outcome",)),
    Metric("gauge", "yunping_tv_outputs", "Outputs of channels that this process sends", ("kind",)),
    Metric("gauge", "yunping_tv_output_late_ms", "How far the latest output is behind its time"),
    Metric("gauge", "yunping_tv_output_missing_datagrams", "Datagrams of outputs that were not sent in time"),
    Metric(
        "gauge", "yunping_tv_output_errors", "Datagrams that the network refused, and outputs that cannot be opened"
    ),
    Metric("gauge", "yunping_tv_output_short_slots", "Slots sent in a smaller picture or as the slate"),
    Metric("gauge", "yunping_live_sources", "Sources of live input by how it is with them", ("state",)),
    Metric(
        "gauge", "yunping_live_factor", "Times real time at which this machine encodes live input, measured", ("logo",)
    ),
    Metric("gauge", "yunping_live_late_slots", "Slots of live input that were ready too late to be shown"),
    Metric("gauge", "yunping_live_losses", "How often signals were lost"),
    Metric("counter", "yunping_live_slots_total", "Slots of live input that went on air"),
    Metric("gauge", "yunping_tv_output_restarts", "Starts anew of programs that push channels"),
    Metric("gauge", "yunping_encodes_waiting", "Videos that wait for an encoder"),
    Metric("counter", "yunping_encodes_total", "Encodes ended", ("state",)),
    Metric("gauge", "yunping_logo_films", "Films wanted with a channel's logo, by how far they are", ("state",)),
    Metric("counter", "yunping_air_pictures_total", "Pictures made to cut into channels, by how it ended", ("state",)),
    Metric("gauge", "yunping_portal_listeners", "Portal pages that wait for emergencies on an open socket"),
    Metric("counter", "yunping_portal_messages_total", "Emergencies and their ends sent to portal pages"),
    Metric("counter", "yunping_encoder_refusals_total", "Videos that a card's encoder failed", ("encoder",)),
    Metric("counter", "yunping_encode_parts_total", "Stretches of videos finished and kept"),
    Metric("gauge", "yunping_newspapers_waiting", "Issues that wait for their pages to be drawn"),
    Metric("counter", "yunping_newspaper_pages_total", "Pages of newspapers drawn"),
    Metric("counter", "yunping_newspaper_issues_total", "Issues whose drawing ended", ("state",)),
    Metric("counter", "yunping_remakes_total", "Pictures whose sizes were made anew", ("state",)),
    Metric("gauge", "yunping_uploads_open", "Uploads that are not complete"),
    Metric(
        "histogram",
        "yunping_encode_seconds",
        "Time to make a video ready, without waiting",
        buckets=(5, 15, 60, 180, 600, 1800, 3600, 7200, 14400),
    ),
    Metric("gauge", "yunping_encode_speed", "Seconds of video a second of the last encode"),
    Metric("gauge", "yunping_channels", "Channels by how they go out, by this process's look", ("state",)),
    Metric("gauge", "yunping_viewers", "Viewers this process saw in its last batch"),
    Metric("counter", "yunping_viewing_sessions_total", "Sessions of viewers that this process began"),
    Metric("counter", "yunping_viewers_missed_total", "Requests of viewers beyond what a batch holds"),
    Metric("histogram", "yunping_loop_lag_seconds", "Lag of the event loop"),
)
