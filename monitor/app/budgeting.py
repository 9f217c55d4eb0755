"""Budgets of the configuration: whose requests count against which, and what that costs."""

from collections.abc import Iterator, Mapping

import yarl

from monitor.app import settings as file
from monitor.app.kinds import requests_of
from monitor.app.problems import Problem
from monitor.core.budget import Allowance, Budget
from monitor.core.budget_report import Report, cost, report
from monitor.core.budgets import Budgets
from monitor.core.endpoint import Endpoint, Request


def allowances_of(settings: file.Settings) -> dict[str, Allowance]:
    """Return what each budget grants."""
    return {name: budget.allowance() for name, budget in settings.budgets.items()}


def budget_of(budgets: Mapping[str, file.Budget], endpoint: file.Endpoint) -> str | None:
    """Name the first budget that fits an endpoint."""
    return next((name for name, budget in budgets.items() if _fits(budget, endpoint)), None)


def _fits(budget: file.Budget, endpoint: file.Endpoint) -> bool:
    if budget.credential not in (None, endpoint.credential):
        return False
    url = yarl.URL(endpoint.url)
    return budget.host in (None, url.host, f"{url.host}:{url.port}")


def reports_of(
    settings: file.Settings, endpoints: list[Endpoint], budgets: Budgets, now: float
) -> list[Report]:
    """Report on every budget, in the order of the configuration."""
    reports = []
    for name, configured in settings.budgets.items():
        budget = budgets.named(name) or Budget(configured.allowance())
        members = [one for one in endpoints if one.budget == name]
        whose = {"host": configured.host, "credential": configured.credential}
        reports.append(report(name, budget, members, now, **whose))
    return reports


def costs(settings: file.Settings) -> Iterator[str]:
    """Yield what the configuration asks of each budget, a line each."""
    endpoints = [
        Endpoint(
            one.id,
            Request(one.url),
            every=one.every,
            budget=budget_of(settings.budgets, one),
            requests=requests_of(one),
        )
        for one in settings.endpoints
    ]
    for each in reports_of(settings, endpoints, Budgets(allowances_of(settings)), 0.0):
        yield f"budget {each.name}: {cost(each)}"


def check(settings: file.Settings) -> Iterator[Problem]:
    """Yield budgets that count nobody's requests, and probes that are larger than their budget."""
    chosen = [budget_of(settings.budgets, one) for one in settings.endpoints]
    for name, budget in settings.budgets.items():
        if name not in chosen:
            right = "correct its host or credential; the first budget that fits an endpoint has it"
            yield Problem(("budgets", name), "counts no endpoint's requests", right)
            continue
        allowance = budget.allowance()
        usual = allowance.requests - allowance.reserve
        for endpoint, its_own in zip(settings.endpoints, chosen, strict=True):
            if its_own == name and requests_of(endpoint) > usual:
                wrong = (
                    f"a probe of {endpoint.id} may send {requests_of(endpoint)} requests,"
                    f" more than the {usual} that are not kept for trials"
                )
                yield Problem(("budgets", name, "requests"), wrong, "grant more, or keep less")
