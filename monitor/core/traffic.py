"""Real traffic of one endpoint, as it was reported: counts in buckets, and what they say.

Bounded: so many buckets for a reporter, so many reporters for a token, as many tokens as are
configured. A token's reporters are its service's machines; they are folded first, so that one bad
machine does not speak for its service, and no token is more than one voice in the quorum.
"""

import math
from collections.abc import Iterator
from dataclasses import dataclass, field
from enum import StrEnum

from monitor.core.breaker import Sample
from monitor.core.category import Effect
from monitor.core.instant import Instant
from monitor.core.reports import Judged, lower_median
from monitor.core.traffic_policy import TrafficPolicy

FRESH = 15.0
"""Seconds in which calls are as new as a trial: only these can overrule it."""
WIDTH = 5.0
"""Seconds of a bucket."""
MOST_REPORTERS = 20
"""Reporters of one token; the one that was heard longest ago makes room."""


class Says(StrEnum):
    """What traffic says. Bounded: it is part of the HTTP contract."""

    TOO_LITTLE = "too_little"
    """Fewer than a quorum have reported enough calls."""
    FINE = "fine"
    MIXED = "mixed"
    FAILING = "failing"


@dataclass(frozen=True, slots=True)
class Voice:
    """What the reporters of one token say together: `share` of their calls failed, per cent."""

    name: str
    reporters: int
    calls: int
    failed: int
    share: float
    samples: tuple[Sample, ...] = ()
    latency: float | None = None


@dataclass(frozen=True, slots=True)
class Word:
    """What all say who have reported enough. `share` is the lower median of their shares."""

    says: Says = Says.TOO_LITTLE
    share: float | None = None
    voices: tuple[Voice, ...] = ()
    within: float = 0.0

    @property
    def calls(self) -> int:
        """How many calls they speak of."""
        return sum(voice.calls for voice in self.voices)

    @property
    def failed(self) -> int:
        """How many of these failed."""
        return sum(voice.failed for voice in self.voices)

    @property
    def names(self) -> str:
        """Who speaks, in one line."""
        shown = [voice.name for voice in self.voices[:3]]
        more = len(self.voices) - len(shown)
        return ", ".join(shown) + (f" and {more} more" if more else "")

    @property
    def samples(self) -> tuple[Sample, ...]:
        """The last failures that were reported."""
        found = (sample for voice in self.voices for sample in voice.samples)
        return tuple(sorted(found, key=lambda sample: sample.at)[-5:])


NOTHING_SAID = Word()


@dataclass(slots=True)
class _Bucket:
    calls: int = 0
    failed: int = 0
    seconds: float = 0.0
    timed: int = 0

    def add(self, other: "_Bucket") -> None:
        self.calls += other.calls
        self.failed += other.failed
        self.seconds += other.seconds
        self.timed += other.timed


@dataclass(slots=True)
class _Reporter:
    buckets: dict[int, _Bucket] = field(default_factory=dict)
    sample: Sample | None = None

    def counted(self, policy: TrafficPolicy, since: float) -> _Bucket:
        """Add up from the newest bucket back, until there are enough calls."""
        total = _Bucket()
        for number in sorted(self.buckets, reverse=True):
            if (number + 1) * WIDTH <= since or total.calls >= policy.of:
                break
            total.add(self.buckets[number])
        return total


class Traffic:
    """Hears reports about one endpoint. Times are monotonic seconds."""

    def __init__(self) -> None:
        self._heard: dict[str, dict[str, _Reporter]] = {}
        self._since = -math.inf
        self.word = NOTHING_SAID
        """What was said when somebody last looked."""

    @property
    def is_silent(self) -> bool:
        """Whether nothing is remembered."""
        return not self._heard

    def hear(
        self, token: str, reporter: str, report: Judged, policy: TrafficPolicy, now: Instant
    ) -> None:
        """Count a report of one of a token's reporters; what is from before a renewal is late."""
        at = now.mono - (now.wall - report.at).total_seconds()
        late = at < max(self._since, now.mono - policy.within)
        if late or report.effect is Effect.NEUTRAL:
            return
        reporters = self._heard.setdefault(token, {})
        known = reporters.pop(reporter, None) or _Reporter()
        reporters[reporter] = known  # the last one was heard last
        if len(reporters) > MOST_REPORTERS:
            del reporters[next(iter(reporters))]
        bucket = known.buckets.setdefault(math.floor(at / WIDTH), _Bucket())
        bucket.calls += report.count
        if report.effect is Effect.FAILURE:
            bucket.failed += report.count
            known.sample = report.sample(reporter)
        if report.latency is not None:
            bucket.seconds += report.latency * report.count
            bucket.timed += report.count

    def renew(self, now: float) -> None:
        """Forget everything: the breaker moved, and what was before says nothing of now."""
        self._heard.clear()
        self._since = now
        self.word = NOTHING_SAID

    def tidy(self, policy: TrafficPolicy, now: float) -> None:
        """Forget what is older than the window."""
        oldest = math.floor((now - policy.within) / WIDTH)
        for token, reporters in list(self._heard.items()):
            for name, known in list(reporters.items()):
                for number in [one for one in known.buckets if one < oldest]:
                    del known.buckets[number]
                if not known.buckets:
                    del reporters[name]
            if not reporters:
                del self._heard[token]

    def look(self, policy: TrafficPolicy, now: float) -> Word:
        """Say what traffic says, and remember it as the last word."""
        self.word = self.listen(policy, now, policy.within)
        return self.word

    def listen(self, policy: TrafficPolicy, now: float, within: float) -> Word:
        """Say what the calls of the last `within` seconds say."""
        voices = tuple(self._voices(policy, now - within))
        if not voices:
            return Word(within=within)
        shares = [voice.share for voice in voices]
        share = lower_median(shares)
        return Word(_says(shares, share, policy), share, voices, within)

    def _voices(self, policy: TrafficPolicy, since: float) -> Iterator[Voice]:
        """Fold the reporters of each token; those with too few calls speak as one."""
        for token, reporters in self._heard.items():
            counted = [(known.counted(policy, since), known.sample) for known in reporters.values()]
            heard = [one for one, _ in counted if one.calls]
            total = _Bucket()
            for one in heard:
                total.add(one)
            if total.calls < policy.at_least:
                continue
            enough = [one for one in heard if one.calls >= policy.at_least] or [total]
            yield Voice(
                token,
                len(heard),
                total.calls,
                total.failed,
                lower_median(one.failed * 100 / one.calls for one in enough),
                tuple(sample for one, sample in counted if one.failed and sample is not None),
                total.seconds / total.timed if total.timed else None,
            )


def _says(shares: list[float], share: float, policy: TrafficPolicy) -> Says:
    """Ask a quorum: one alone never says anything for all."""
    if len(shares) < policy.quorum:
        return Says.TOO_LITTLE
    if share > policy.over and sum(one > policy.over for one in shares) >= policy.quorum:
        return Says.FAILING
    calm = policy.over / 2
    upper = sorted(shares)[len(shares) // 2]
    if upper <= calm and sum(one <= calm for one in shares) >= policy.quorum:
        return Says.FINE
    return Says.MIXED


def weighed(word: Word, failures: int, fail_max: int, policy: TrafficPolicy) -> float:
    """Return traffic and probes as one share, per cent: how far the probes are from tripping."""
    probes = min(failures / fail_max, 1.0) * 100
    return (policy.weight * (word.share or 0.0) + (100 - policy.weight) * probes) / 100


def trips(word: Word, failures: int, fail_max: int, policy: TrafficPolicy) -> bool:
    """Tell whether failing traffic opens a closed breaker.

    Not without a failed probe, unless the probes weigh nothing.
    """
    if word.says is not Says.FAILING or not (failures or policy.weight >= 100):  # noqa: PLR2004  per cent
        return False
    return weighed(word, failures, fail_max, policy) > policy.over


def suspects(word: Word, policy: TrafficPolicy) -> bool:
    """Tell whether anybody's calls fail so much that a probe had better look."""
    return policy.confirm and any(voice.share > policy.over for voice in word.voices)
