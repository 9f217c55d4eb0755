"""The course of a conversation: its steps and what they took, against the time it may take."""

from collections.abc import Callable
from dataclasses import replace

from monitor.core.exchange import Complaint, NoReply, Phases, Reply, Step
from monitor.omilia.chat.script import ChatRequest


class Course:
    """Collects the steps. Times are in seconds."""

    def __init__(self, request: ChatRequest, measure: Callable[[], float]) -> None:
        self.steps: list[Step] = []
        self._measure = measure
        self._step_timeout = request.step_timeout
        self._ends = measure() + request.timeout
        self._latency = 0.0
        self._phases = Phases()

    def budget(self) -> float:
        """Return how long the next step may take; never nothing, so that it is a timeout's."""
        return max(min(self._step_timeout, self._ends - self._measure()), 0.001)

    def took(self, step: str, seconds: float) -> None:
        """Note a step."""
        self.steps.append(Step(step, seconds))

    def add(self, step: str, exchange: Reply | NoReply) -> None:
        """Note a step that was a request of its own."""
        self.took(step, exchange.latency)
        self._latency += exchange.latency
        self._phases += exchange.phases

    def concluded(self, last: Reply | NoReply, complaint: Complaint | None) -> Reply | NoReply:
        """Return the last request's exchange as that of the whole conversation."""
        steps = tuple(self.steps)
        whole = replace(last, latency=self._latency, phases=self._phases, steps=steps)
        return replace(whole, complaint=complaint) if isinstance(whole, Reply) else whole
