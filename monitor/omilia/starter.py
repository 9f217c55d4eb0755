"""The first configuration for a region: short, complete, and commented where somebody may go on."""

from collections.abc import Iterator
from textwrap import wrap

from monitor.omilia.catalogue import CATALOGUE, Chosen, Probe
from monitor.omilia.regions import ASSETS, Region

_WIDTH = 98

_HEAD = """\
# omilia-monitor, watching Omilia's region {name} ({generation}, realm {realm}).
#
#   export OCP_PAT=...          a personal access token: Console, Access Management, Personal Tokens
#   omilia-monitor check-config every mistake of this file at once
#   omilia-monitor probe        one look at everything, told to nobody
#   omilia-monitor run          the daemon
#
# All of them read omilia-monitor.yml here, or the file after -c. What is commented out is for you
# to choose. Every key is explained in docs/configuration.md, every probe in docs/catalogue.md.

listen: 127.0.0.1:8080
store: sqlite:///omilia-monitor.db

omilia:
  region: {name}
  # What the region stands for. Each can be said here instead, for example with a proxy in between.
"""

_CREDENTIALS = """
  credentials:
    pat: {env: OCP_PAT}
    # A user of IAM's, for the services that do not take a PAT. Omilia suspends accounts that fail
    # again and again, therefore a password that was refused is not tried again by itself.
    # keycloak: {username: probe@example.org, password: {env: OCP_PASSWORD}}
    # The key of the app that synthetic conversations talk to: miniApps, the app, Chat.
    # chat: {env: OCP_CHAT_KEY}
"""

_APPS = """
  # Your apps, by the ids that Orchestrator gave them: whether each is started is probed by itself,
  # so that an application's trouble is not taken for the platform's.
  # apps:
  #   - {id: 00000000-0000-0000-0000-000000000000, name: front-desk}
"""

_TAIL = """
# What else to watch, and what is to be different about a probe of the catalogue.
# endpoints:
#   - {id: metrics-tables, every: 15m}
#   - {id: agents, url: "{api}/orchestrator/api/agents/", credential: pat, needs: [iam-discovery]}

# Who is told. Without any channel an outage is only shown.
channels:
  log: {kind: log}
  # ops: {kind: webhook, url: {env: OPS_WEBHOOK}, secret: {env: OPS_WEBHOOK_SECRET}}

# Who may change something over the HTTP API. Without a token nobody may.
# access:
#   tokens:
#     - {name: ops, value: {env: OPS_TOKEN}, scopes: [operate]}
"""


def starter(region: Region) -> str:
    """Return a file that watches a region, given the environment variable OCP_PAT."""
    head = _HEAD.format(name=region.name, generation=region.generation, realm=region.realm)
    return "".join((head, *_hosts(region), _CREDENTIALS, *_probes(), _APPS, _TAIL))


def _hosts(region: Region) -> Iterator[str]:
    for key in ("api", "auth", "analytics", "realm"):
        unsure = "   # inferred: no page of Omilia's says so" if key in region.inferred else ""
        yield f"  # {key}: {getattr(region, key)}{unsure}\n"
    yield f"  # assets: {ASSETS}\n"
    if region.note:
        yield f"  # About {region.name}: {region.note}.\n"


def _probes() -> Iterator[str]:
    yield "\n  probes:\n    - default\n"
    yield "    # These are the default ones. Tier 1 is worth waking somebody, tier 2 a ticket:\n"
    for probe in CATALOGUE.values():
        if probe.chosen is not Chosen.OPT_IN:
            yield from _explained(probe)
    yield "    # And these are only for who wants them:\n"
    for probe in CATALOGUE.values():
        if probe.chosen is Chosen.OPT_IN:
            yield f"    # - {probe.name}\n"
            yield from _explained(probe)


def _explained(probe: Probe) -> Iterator[str]:
    """Say in a comment why a probe is there, and what it does besides."""
    words = f"every {probe.every}, tier {probe.tier}: {probe.reason}"
    if probe.chosen is Chosen.WITH_KEYCLOAK:
        words += "; only where keycloak is configured"
    if probe.per_app and probe.chosen is Chosen.ALWAYS:
        words += "; for each of the apps below"
    name = "" if probe.chosen is Chosen.OPT_IN else f"{probe.name}, "
    yield from _comment(f"{name}{words}")
    if probe.side_effects:
        yield from _comment(f"SIDE EFFECTS: {probe.side_effects}")


def _comment(text: str) -> Iterator[str]:
    for n, line in enumerate(wrap(text, _WIDTH - 10)):
        yield f"    #   {'  ' * (n > 0)}{line}\n"
