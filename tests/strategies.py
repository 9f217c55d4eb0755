"""Hypothesis strategies for the values that are stored and published."""

from datetime import UTC, datetime, timedelta

from hypothesis import strategies as st

from monitor.core.blame import Blame
from monitor.core.breaker import Move, Moved, Sample, Snapshot, State
from monitor.core.exchange import Fault, Phase, Phases, Step
from monitor.core.grounds import Grounds, Rule
from monitor.core.health import Health
from monitor.core.incident import Incident, Severity
from monitor.core.order import Mode, Order
from monitor.core.outcome import Category, Effect, Outcome
from monitor.core.shadow import Opening, Shadow
from monitor.core.signals import Followed, Seen, Service, Track
from monitor.core.standing import Standing
from monitor.core.stretch import Mark, Stretch
from monitor.core.window import Recent

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)

words = st.text(max_size=40)
ids = st.from_regex(r"[a-z0-9][a-z0-9-]{0,20}", fullmatch=True)
counts = st.integers(0, 2**31 - 1)
seconds = st.floats(0, 1e6)
moments = st.datetimes(
    min_value=datetime(2000, 1, 1),  # noqa: DTZ001  hypothesis adds the zone
    max_value=datetime(2100, 1, 1),  # noqa: DTZ001
    timezones=st.just(UTC),
)
moments_ms = st.integers(946_684_800_000, 4_102_444_800_000).map(
    lambda ms: EPOCH + timedelta(milliseconds=ms)
)
latencies_us = st.integers(0, 600_000_000).map(lambda us: us / 1e6)


def maybe(strategy: st.SearchStrategy[object]) -> st.SearchStrategy[object]:
    """Return the strategy, or None."""
    return st.none() | strategy


phases = st.builds(
    Phases,
    resolve=maybe(latencies_us),
    connect=maybe(latencies_us),
    tls=maybe(latencies_us),
    first_byte=maybe(latencies_us),
    transfer=maybe(latencies_us),
)

steps = st.builds(Step, name=words, seconds=latencies_us)


@st.composite
def outcomes(
    draw: st.DrawFn, endpoint: st.SearchStrategy[str] = ids, due: object = None
) -> Outcome:
    """Outcomes as precise as a raw row is: due and judged in ms, durations in us."""
    when = draw(moments_ms)
    return Outcome(
        endpoint=draw(endpoint),
        due=when if due is None else due,  # type: ignore[arg-type]
        at=when + timedelta(milliseconds=draw(st.integers(-1000, 600_000))),
        category=draw(st.sampled_from(Category)),
        effect=draw(st.sampled_from(Effect)),
        status=draw(st.none() | st.integers(100, 999)),
        fault=draw(st.none() | st.sampled_from(Fault)),
        phase=draw(st.none() | st.sampled_from(Phase)),
        detail=draw(words),
        latency=draw(st.none() | latencies_us),
        phases=draw(phases),
        retry_after=draw(st.none() | seconds),
        certificate_expiry=draw(st.none() | st.integers(0, 2**40).map(float)),
        steps=tuple(draw(st.lists(steps, max_size=3))),
        application=draw(st.booleans()),
    )


samples = st.builds(
    Sample,
    at=moments,
    category=st.sampled_from([category.value for category in Category]),
    status=st.none() | st.integers(100, 999),
    detail=words,
    fault=st.none() | st.sampled_from([fault.value for fault in Fault]),
    application=st.booleans(),
)

recents = st.lists(st.tuples(seconds, st.sampled_from(".sx")), max_size=5).map(
    lambda heard: Recent(tuple(sorted(at for at, _ in heard)), "".join(mark for _, mark in heard))
)

grounds = st.builds(
    Grounds,
    rule=st.sampled_from(Rule),
    count=counts,
    of=st.none() | counts,
    threshold=st.none() | seconds,
    within=st.none() | seconds,
    by=words,
)

snapshots = st.builds(
    Snapshot,
    state=st.sampled_from(State),
    failures=counts,
    successes=counts,
    trips=counts,
    epoch=counts,
    reason=words,
    throttled=st.booleans(),
    opened_at=st.none() | moments,
    open_for=seconds,
    retry_after=st.none() | seconds,
    closed_for=seconds,
    taken_at=st.none() | moments,
    samples=st.lists(samples, max_size=3).map(tuple),
    taken_mono=seconds,
    recent=recents,
    slow=st.booleans(),
    grounds=st.none() | grounds,
)

seen = st.builds(Seen, value=words, unseen=counts)
tracks = st.builds(Track, current=seen, others=st.lists(seen, max_size=3).map(tuple))
services = st.builds(Service, name=words, said=words, well=st.booleans())
followed = st.builds(
    Followed,
    source=words,
    release=tracks,
    started=tracks,
    services=st.lists(services, max_size=3).map(tuple),
)

orders = st.builds(
    Order,
    mode=st.sampled_from(Mode),
    by=words,
    since=st.none() | moments,
    reason=words,
    until=st.none() | moments,
)
openings = st.builds(Opening, begin=moments, end=st.none() | moments)
shadows = st.builds(
    Shadow,
    count=counts,
    seconds=seconds,
    openings=st.lists(openings, max_size=3).map(tuple),
)

standings = st.builds(
    Standing,
    endpoint=ids,
    breaker=snapshots,
    health=st.sampled_from(Health),
    since=st.none() | moments,
    reason=words,
    last=st.none() | outcomes(),
    streak=counts,
    last_good_at=st.none() | moments,
    evidence_at=st.none() | moments,
    turned_at=st.none() | moments,
    turned_from=st.none() | moments,
    signals=followed,
    order=st.none() | orders,
    shadow=st.none() | shadows,
)

moves = st.builds(
    Moved,
    move=st.sampled_from(Move),
    before=st.sampled_from(State),
    after=st.sampled_from(State),
    epoch=counts,
    at=moments,
    reason=words,
    samples=st.lists(samples, max_size=3).map(tuple),
    open_for=st.none() | seconds,
    grounds=st.none() | grounds,
)

incidents = st.builds(
    Incident,
    id=ids,
    key=ids,
    endpoint=ids,
    location=ids,
    group=ids,
    opened_at=moments,
    revision=st.integers(1, 1000),
    severity=st.sampled_from(Severity),
    health=st.sampled_from(Health),
    category=st.sampled_from(Category),
    reason=words,
    http_status=st.none() | st.integers(100, 999),
    closed_at=st.none() | moments,
    closed_because=words,
    last_good_at=st.none() | moments,
    trips=counts,
    grounds=st.none() | grounds,
    samples=st.lists(samples, max_size=3).map(tuple),
    notice=st.booleans(),
    inconclusive=counts,
    blame=st.sampled_from(Blame),
    sentence=words,
    parent=words,
    children=st.lists(ids, max_size=3).map(tuple),
    order=st.none() | orders,
)

stretches = st.builds(
    Stretch,
    endpoint=ids,
    mark=st.sampled_from(Mark),
    begin=moments,
    end=st.none() | moments,
    begin_after=st.none() | moments,
    end_after=st.none() | moments,
    region=words,
    critical=st.booleans(),
    cause=words,
    reason=words,
    incident=st.just("") | ids,
)
