"""From settings to the values that the rooms work with."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from hashlib import blake2b

from monitor.adapters.assertions import body_check, header_checks, json_checks, signal_reader
from monitor.adapters.calendars import zone_of
from monitor.adapters.mirror import Place
from monitor.adapters.prober import ThreadPerNameResolver
from monitor.adapters.witness import Kind, NetworkWitnesses, Witness
from monitor.app import settings as file
from monitor.app.budgeting import budget_of
from monitor.app.kinds import request_of, requests_of, statuses_of
from monitor.core.availability import Contract
from monitor.core.breaker import Policy
from monitor.core.credential import Shown
from monitor.core.disagreement import key_of as traffic_key
from monitor.core.endpoint import Endpoint
from monitor.core.erosion import key_of as burn_key
from monitor.core.exchange import Reply
from monitor.core.expiry import age_key, certificate_key, host_of
from monitor.core.flapping import Flapping, thing_of
from monitor.core.marks import Counts, RegionDown, Terms
from monitor.core.network import NETWORK
from monitor.core.objective import Objective
from monitor.core.order import NOTHING, Mode, Order
from monitor.core.outcome import About, Check, Expectation
from monitor.core.signals import Otherwise, Signals
from monitor.core.stock_trouble import incident_key
from monitor.core.together import Together, key_of
from monitor.core.token import Grant
from monitor.core.traffic_policy import TrafficPolicy
from monitor.core.window import Rate
from monitor.web.context import Holder

_HALF_OPEN = Policy().max_half_open
_SLOW = Policy().slow_rate.over


def endpoints_of(settings: file.Settings) -> list[Endpoint]:
    """Return everything that the engine watches, with what the endpoints have in common."""
    shared = {name for name, one in settings.credentials.items() if one.throttled == "together"}
    return [
        replace(
            endpoint_of(one),
            quota=one.credential if one.credential in shared else None,
            budget=budget_of(settings.budgets, one),
            requests=requests_of(one),
        )
        for one in settings.endpoints
    ]


def endpoint_of(configured: file.Endpoint) -> Endpoint:
    """Return one endpoint as the engine watches it, but for what it has in common with others."""
    return Endpoint(
        id=configured.id,
        request=request_of(configured),
        expectation=_expectation(configured),
        policy=_policy(configured),
        every=configured.every,
        group=configured.group,
        region=configured.region,
        needs=tuple(configured.needs),
        critical=configured.critical,
        about=About(configured.about),
        order=_order(configured.breaker),
        traffic=TrafficPolicy(**configured.traffic.model_dump()),
    )


def credentials_of(settings: file.Settings) -> dict[str, Shown]:
    """Return what a probe shows of each credential that is carried. These values are secret."""
    return {
        name: credential.shown()
        for name, credential in settings.credentials.items()
        if isinstance(credential, file.Credential)
    }


def grants_of(settings: file.Settings) -> dict[str, Grant]:
    """Return what each credential's tokens are asked for with. These values are secret."""
    return {
        name: credential.as_grant()
        for name, credential in settings.credentials.items()
        if isinstance(credential, file.Keycloak)
    }


def holders_of(settings: file.Settings) -> list[Holder]:
    """Return who may change something over the API."""
    return [
        Holder(token.name, token.value.get_secret_value(), frozenset(token.scopes))
        for token in settings.access.tokens
    ]


def together_of(settings: file.Settings) -> Together:
    """Return when failures are one incident of the platform's."""
    configured = settings.platform
    return Together(configured.share / 100, configured.at_least, configured.within)


def flapping_of(settings: file.Settings) -> Flapping | None:
    """Return when outages are flapping, None for never."""
    asked = settings.flapping
    return None if asked is None else Flapping(asked.opens, asked.within, asked.digest)


def own_channels(settings: file.Settings) -> tuple[str, ...]:
    """Return the channels that are told of our own troubles."""
    chosen = settings.self_alerts
    return tuple(settings.channels.root if chosen is None else chosen)


def witnesses_of(settings: file.Settings) -> NetworkWitnesses | None:
    """Return whom we ask whether our own network works; None when nobody is named."""
    configured = settings.witnesses
    if not configured.ask:
        return None
    return NetworkWitnesses(
        [Witness(Kind(kind), where) for kind, where in (one.said for one in configured.ask)],
        ThreadPerNameResolver(),
        quorum=configured.needed,
        every=configured.every,
        timeout=configured.timeout,
    )


def contract_of(settings: file.Settings) -> Contract:
    """Return how the contract counts availability."""
    said = settings.availability
    terms = Terms(
        said.target, RegionDown(said.region_down), Counts(said.throttled), Counts(said.unclear)
    )
    return Contract(terms, zone_of(said.timezone))


def objectives_of(settings: file.Settings) -> dict[str, Objective]:
    """Return the objectives, by endpoint."""
    return {
        one.id: Objective(one.objective, tuple(rule.as_rule() for rule in one.burn))
        for one in settings.endpoints
        if one.objective is not None
    }


def place_of(settings: file.Settings) -> Place | None:
    """Return where the verdicts are mirrored, None when nowhere."""
    mirror = settings.mirror
    return None if mirror is None else Place(mirror.address, mirror.namespace)


def channels_for(settings: file.Settings, key: str) -> tuple[str, ...]:
    """Return the channels that are told about an incident's key.

    An endpoint tells its own channels, or all; a credential, its age and a host's certificate those
    of every endpoint that uses it, a platform those of every endpoint of its region; that we are
    offline those that hear of our own troubles, that something flaps those of its outages. Nobody
    is told first of what is no longer configured; who was told before hears its end.
    """
    if key == NETWORK:
        return own_channels(settings)
    named: dict[str, None] = {}
    for endpoint in concerned_by(settings, key):
        own = settings.channels.root if endpoint.alert is None else endpoint.alert
        named.update(dict.fromkeys(own))
    return tuple(named)


def concerned_by(settings: file.Settings, key: str) -> list[file.Endpoint]:
    """Return the endpoints that an incident's key is about."""
    thing = thing_of(key)
    return [endpoint for endpoint in settings.endpoints if thing in _keys_of(endpoint)]


def _keys_of(endpoint: file.Endpoint) -> tuple[str, ...]:
    """Return the keys of incidents that an endpoint can be in, or show."""
    credential, host = endpoint.credential, host_of(endpoint.url)
    keys = [endpoint.id, key_of(endpoint.region), traffic_key(endpoint.id), burn_key(endpoint.id)]
    if host is not None:
        keys.append(certificate_key(host))
    if credential is not None:
        keys += [incident_key(credential), age_key(credential), f"throttled:{credential}"]
    return tuple(keys)


def _expectation(configured: file.Endpoint) -> Expectation:
    expect = configured.expect
    checks: list[Check] = [*header_checks(expect.headers), *json_checks(expect.json_)]
    if expect.body is not None:
        checks.append(body_check(expect.body))
    return Expectation(
        status=statuses_of(configured),
        within=expect.within,
        checks=tuple(checks),
        count=frozenset(configured.breaker.count),
        application=_application_marks(configured),
        signals=_signals(configured),
    )


def _signals(configured: file.Endpoint) -> Callable[[Reply], Signals | None] | None:
    """Return what reads an endpoint's signals; who is asked, or for what, is their source."""
    signals = configured.signals
    if signals is None:
        return None
    source = " ".join((configured.url, *map(str, signals.paths.values())))
    return signal_reader(
        blake2b(source.encode(), digest_size=8).hexdigest(),
        **signals.paths,
        well=signals.words,
        otherwise=Otherwise(signals.otherwise),
    )


def _application_marks(configured: file.Endpoint) -> tuple[Check, ...] | None:
    """Return what tells an application's trouble from the platform's, None for the platform."""
    if configured.about == "platform":
        return None
    return tuple(json_checks(configured.expect.application or {}))


def _policy(configured: file.Endpoint) -> Policy:
    breaker = configured.breaker
    slow = breaker.slow_rate
    # Long enough for the trials that a reset takes, four times over.
    trials = breaker.success_threshold * (breaker.confirm_after + configured.timeout)
    return Policy(
        fail_max=breaker.fail_max,
        success_threshold=breaker.success_threshold,
        reset_timeout=breaker.reset_timeout,
        factor=breaker.factor,
        max_open=breaker.max_open,
        confirm_after=breaker.confirm_after,
        max_half_open=max(_HALF_OPEN, 4 * trials),
        failure_rate=_rate(breaker.failure_rate, breaker.failure_rate.over, configured.every),
        slow_rate=_rate(slow or file.SlowRate(), slow.over if slow else _SLOW, configured.every),
        slow_opens=slow is not None,
    )


def _order(breaker: file.Breaker) -> Order:
    if breaker.mode == "auto":
        return NOTHING
    until = breaker.mode_until
    ends = None if until is None else datetime.fromisoformat(until).astimezone(UTC)
    return Order(Mode(breaker.mode), reason=breaker.mode_reason, until=ends)


def _rate(rate: file.Rate, over: float, every: float) -> Rate:
    return Rate(rate.of, rate.reach(every), over, rate.at_least)
