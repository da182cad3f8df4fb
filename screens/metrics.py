"""The gateway's lines of the metrics table."""

from typing import Final

from cms.kernel.metrics import Metric

SCREENS: Final[tuple[Metric, ...]] = (
    Metric("gauge", "yunping_screens_connected", "Screens linked to this gateway"),
    Metric("counter", "yunping_screen_frames_total", "State frames written"),
    Metric("counter", "yunping_screen_feed_frames_total", "Messages with values of data feeds written"),
    Metric("histogram", "yunping_fanout_seconds", "From a signed state to the last socket"),
    Metric("counter", "yunping_screen_byes_total", "Connections the gateway ended", ("code", "why")),
    Metric("counter", "yunping_screen_orders_total", "Orders that ended on a screen", ("state",)),
    Metric("counter", "yunping_proof_rows_total", "Rows of proof of play by what became of them", ("state",)),
    Metric("gauge", "yunping_screens_silent", "Screens a worker finds late with a beat or with a frame"),
    Metric("gauge", "yunping_outages_open", "Outages of screens that go on"),
    Metric("counter", "yunping_screen_http_total", "Plain requests and refused upgrades by status", ("status",)),
)
