"""Numbers of rooms that the metrics adapter does not know: alerts, and the daemon itself."""

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence

from prometheus_client.core import HistogramMetricFamily, Metric

from alerts.config import spelled
from alerts.numbers import BUCKETS, Numbers
from monitor.adapters.metrics import Source, counter, gauge
from monitor.adapters.mirror import Mirror
from monitor.app.maintenance.upkeep import Upkeep
from monitor.app.reporting import Reporting
from monitor.app.telling.newsroom import Newsroom
from monitor.board import Board
from monitor.core.budget_report import Report as BudgetReport
from monitor.core.burn import Held, rates_of
from monitor.core.credential import Supply
from monitor.core.credential_report import Report
from monitor.core.silence import SilenceState
from monitor.ports import Clock
from monitor.web.stream.followers import Followers

TokenRequest = tuple[str, str, str]
"""A credential, the kind of grant, and what came of it."""


def alert_source(read: Callable[[], Numbers]) -> Source:
    """Make the source of the numbers that watch the watcher."""

    def families() -> Iterator[Metric]:
        now = read()
        yield counter(
            "omilia_monitor_notifications_total",
            "Attempts to tell somebody, by what came of them.",
            {key: float(count) for key, count in now.notifications.items()},
            ("channel", "outcome", "reason"),
        )
        yield counter(
            "omilia_monitor_notifications_given_up_total",
            "Messages that a channel refused for good.",
            {(name,): float(count) for name, count in now.given_up.items()},
            ("channel",),
        )
        yield counter(
            "omilia_monitor_notifications_dropped_total",
            "Messages that somebody dropped.",
            {(name,): float(count) for name, count in now.dropped.items()},
            ("channel",),
        )
        yield counter(
            "omilia_monitor_template_failures_total",
            "Attempts whose channel's template failed, told in the built-in words.",
            {(name,): float(count) for name, count in now.template_failures.items()},
            ("channel",),
        )
        yield gauge(
            "omilia_monitor_untold_changes", "Changes that somebody is owed.", float(now.untold)
        )
        yield gauge(
            "omilia_monitor_oldest_untold_seconds",
            "Age of the oldest change that somebody is owed: the alert on our alerting.",
            now.oldest_untold,
        )
        yield gauge(
            "omilia_monitor_journal_backlog",
            "What was told, and is not yet written down.",
            float(now.journal_backlog),
        )
        yield gauge(
            "omilia_monitor_channel_ok",
            "Whether a channel takes messages.",
            {(name,): float(state == "ok") for name, state in now.channels.items()},
            ("channel",),
        )
        bounds = [str(bound) for bound in BUCKETS] + ["+Inf"]
        yield HistogramMetricFamily(
            "omilia_monitor_notification_latency_seconds",
            "From the transition until somebody was told.",
            buckets=list(zip(bounds, map(float, now.told_within), strict=True)),
            sum_value=now.told_seconds,
        )

    return families


def credential_source(
    reports: Callable[[], Sequence[Report]], requests: Callable[[], Mapping[TokenRequest, int]]
) -> Source:
    """Make the source that says how credentials are."""

    def families() -> Iterator[Metric]:
        now = reports()
        yield gauge(
            "omilia_monitor_credential_state",
            "1 for the state that a credential is in, 0 for the others.",
            {(one.name, state): float(state is one.supply) for one in now for state in Supply},
            ("credential", "state"),
        )
        yield gauge(
            "omilia_monitor_credential_expiry_timestamp_seconds",
            "The end of a credential that was written down, in Unix time.",
            {(one.name,): one.ends.timestamp() for one in now if one.ends is not None},
            ("credential",),
        )
        yield gauge(
            "omilia_monitor_token_expiry_timestamp_seconds",
            "The end of the access token in hand, in Unix time.",
            {(one.name,): one.token_ends.timestamp() for one in now if one.token_ends is not None},
            ("credential",),
        )
        yield counter(
            "omilia_monitor_token_requests_total",
            "Requests for tokens, by grant and by what came of them: given, refused, unavailable.",
            {key: float(count) for key, count in requests().items()},
            ("credential", "grant", "outcome"),
        )

    return families


def maintenance_source(board: Board, clock: Clock, upkeep: Upkeep, newsroom: Newsroom) -> Source:
    """Make the source of who is in maintenance, how calendars are, what is silenced and waits."""

    def families() -> Iterator[Metric]:
        now = clock.now()
        yield gauge(
            "omilia_monitor_maintenance",
            "Whether the endpoint is in maintenance.",
            {
                (entry.endpoint.id,): float(board.maintenance(entry.endpoint, now) is not None)
                for entry in board.entries()
            },
            ("endpoint",),
        )
        waiting = float(newsroom.announcer.waiting)
        yield gauge("omilia_monitor_incidents_held", "Incidents whose alerts wait.", waiting)
        states = Counter(one.state(now) for one in newsroom.silences.known())
        yield gauge(
            "omilia_monitor_silences",
            "Silences that are known, by how they stand: pending, active, expired.",
            {(state.value,): float(states[state]) for state in SilenceState},
            ("state",),
        )
        yield gauge(
            "omilia_monitor_calendar_failing",
            "Whether a calendar of maintenance cannot be read.",
            {(one.name,): float(one.failing_since is not None) for one in upkeep.calendars()},
            ("calendar",),
        )

    return families


def budget_source(reports: Callable[[], Sequence[BudgetReport]]) -> Source:
    """Make the source of the budgets: what is granted, asked and used, and who waits."""

    def families() -> Iterator[Metric]:
        now = reports()
        yield gauge(
            "omilia_monitor_budget_requests",
            "Requests that a budget grants in any of its stretches of time.",
            {(one.name,): float(one.requests) for one in now},
            ("budget",),
        )
        yield gauge(
            "omilia_monitor_budget_asked",
            "Requests that the configuration asks of a budget in each.",
            {(one.name,): one.asked for one in now},
            ("budget",),
        )
        yield gauge(
            "omilia_monitor_budget_used",
            "Requests that a budget granted in the stretch that ends now.",
            {(one.name,): float(one.used) for one in now},
            ("budget",),
        )
        yield gauge(
            "omilia_monitor_budget_waiting",
            "Probes that stand in line for their budget.",
            {(one.name,): float(one.waiting) for one in now},
            ("budget",),
        )
        yield counter(
            "omilia_monitor_budget_delayed_total",
            "Probes that had to wait for their budget.",
            {(one.name,): float(one.delayed) for one in now},
            ("budget",),
        )

    return families


def objective_source(held: Callable[[], Mapping[str, Held]]) -> Source:
    """Make the source of how objectives are held, of the endpoints that have one."""

    def families() -> Iterator[Metric]:
        now = held()
        yield gauge(
            "omilia_monitor_error_budget_left_ratio",
            "Share of the error budget of 30 days that is left; negative when overdrawn.",
            {(name,): one.left for name, one in now.items()},
            ("endpoint",),
        )
        yield gauge(
            "omilia_monitor_burn_rate",
            "How many times as fast as allowed the error budget burns, by window.",
            {
                (name, spelled(window)): rate
                for name, one in now.items()
                for window, rate in rates_of(one).items()
            },
            ("endpoint", "window"),
        )

    return families


def traffic_source(reporting: Reporting) -> Source:
    """Make the source of what is reported of real traffic."""

    def families() -> Iterator[Metric]:
        calls, said = reporting.calls(), reporting.said()
        yield counter(
            "omilia_monitor_reported_calls_total",
            "Real calls that were reported.",
            {(name,): float(count) for name, count in calls.items()},
            ("endpoint",),
        )
        yield gauge(
            "omilia_monitor_reported_failed_ratio",
            "Share of the reported calls that failed; absent while too little is reported.",
            {(n,): word.share / 100 for n, (word, _) in said.items() if word.share is not None},
            ("endpoint",),
        )
        yield gauge(
            "omilia_monitor_traffic_disagrees",
            "Whether probes and real traffic say different things.",
            {(name,): float(kind is not None) for name, (_, kind) in said.items()},
            ("endpoint",),
        )

    return families


def daemon_source(
    lag: Callable[[], float], reloaded_well: Callable[[], bool], offline: Callable[[], bool]
) -> Source:
    """Make the source of the daemon's own state."""

    def families() -> Iterator[Metric]:
        yield gauge(
            "omilia_monitor_loop_lag_seconds", "How late the event loop came round last.", lag()
        )
        yield gauge(
            "omilia_monitor_config_last_reload_successful",
            "Whether the last reload was accepted.",
            float(reloaded_well()),
        )
        yield gauge(
            "omilia_monitor_offline",
            "Whether our own network does not work, as the witnesses tell it.",
            float(offline()),
        )

    return families


def mirror_source(mirror: Mirror) -> Source:
    """Make the source that says whether the mirror in Redis can be written."""

    def families() -> Iterator[Metric]:
        yield gauge(
            "omilia_monitor_mirror_failing",
            "Whether the mirror in Redis cannot be written; 0 when there is none.",
            float(mirror.failing),
        )
        yield counter(
            "omilia_monitor_mirror_failures_total",
            "Rounds in which the mirror in Redis could not be written.",
            float(mirror.failures),
        )

    return families


def follower_source(followers: Followers) -> Source:
    """Make the source of the numbers about the event stream."""

    def families() -> Iterator[Metric]:
        yield gauge(
            "omilia_monitor_followers", "Who follows the event stream now.", float(len(followers))
        )
        yield counter(
            "omilia_monitor_followers_dropped_total",
            "Followers that took too long to take what they were sent.",
            float(followers.dropped),
        )

    return families
